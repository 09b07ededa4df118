"""Figures and the head's board: right, over what the person may see, and equal to the lists."""

import csv
import io
import json
from datetime import date, timedelta

import openpyxl
import pytest

from docflow import clock, registry, routing, statistics
from docflow.deadlines import Addressee, DeadlineReminder
from docflow.organization import Appointment, deputies
from docflow.principal import NotAllowed
from docflow.registry import DeliveryMethod, HandlingState, Priority
from docflow.routing import Age, Basket, Deadline, Narrowing, Timeliness
from docflow.statistics import By, StatisticsFormat
from tests import factories
from tests.docflow.steps import athens

BEGIN = athens(2026, 5, 4, 10)
MAY = {"first_day": date(2026, 5, 1), "last_day": date(2026, 5, 31)}


def letter(session, town, *, due, closed=None, by="engineer", **changes):
    """A letter of the first of the days, due and closed so many hours and days later."""
    with clock.pretend(BEGIN):
        entry = factories.letter(session, town, **changes)
        if due is not None:
            routing.mark(
                session,
                entry.id,
                by=town.person(session, "secretary"),
                priority=Priority.NORMAL,
                due_on=clock.today() + timedelta(days=due),
            )
        factories.accepted(session, town, entry, by=by)
    if closed is not None:
        with clock.pretend(BEGIN + timedelta(hours=closed)):
            routing.file(session, entry.id, by=town.person(session, by), reason="Τέλος")
    session.flush()
    return entry


@pytest.fixture
def worked(session, town):
    """Of five letters of one morning, two were closed in time, one late, one is overdue."""
    letter(session, town, due=2, closed=2, delivery_method=DeliveryMethod.EMAIL)
    letter(session, town, due=2, closed=10)
    letter(session, town, due=1, closed=72)
    letter(session, town, due=1, by="colleague")
    letter(session, town, due=None, by="colleague")


def figures(session, town, who, by=By.UNIT, **wanted):
    with clock.pretend(BEGIN + timedelta(days=9)):
        return statistics.figures(
            session,
            statistics.Wanted(**{**MAY, "by": by, **wanted}),
            by=town.person(session, who),
            language="el",
        )


@pytest.mark.usefixtures("worked")
def test_the_figures_of_a_group_are_those_of_its_entries(session, town):
    found = figures(session, town, "auditor")
    [roads] = found.groups
    assert roads.title == "Τμήμα Οδοποιίας"
    assert roads.measures == found.total
    total = found.total
    assert (total.entries, total.open, total.closed) == (5, 2, 3)
    assert (total.overdue, total.late, total.on_time) == (1, 1, 2)
    assert total.on_time_share == 0.5
    assert total.median == pytest.approx(10)
    assert total.mean == pytest.approx(28)
    assert total.p90 == pytest.approx(10 + 0.8 * 62)
    assert (total.answered, total.answer_mean, total.answer_longest) == (0, None, None)


@pytest.mark.usefixtures("worked")
@pytest.mark.parametrize(
    ("by", "expected"),
    [
        (By.CHANNEL, {"counter": 4, "email": 1}),
        (By.DIRECTION, {"incoming": 5}),
        (By.MONTH, {"2026-05": 5}),
        (By.KIND, {"": 5}),
    ],
)
def test_entries_are_grouped_by_each_of_their_sides(session, town, by, expected):
    found = figures(session, town, "auditor", by)
    assert {group.key: group.measures.entries for group in found.groups} == expected


@pytest.mark.usefixtures("worked")
def test_the_period_is_that_of_the_registration_by_the_days_of_the_office(session, town):
    day = {"first_day": date(2026, 5, 5), "last_day": date(2026, 5, 31)}
    assert figures(session, town, "auditor", **day).total.entries == 0
    day = {"first_day": date(2026, 5, 4), "last_day": date(2026, 5, 4)}
    assert figures(session, town, "auditor", **day).total.entries == 5


def test_an_answer_counts_with_its_time(session, town):
    entry = letter(session, town, due=None)
    with clock.pretend(BEGIN + timedelta(hours=3)):
        answer = factories.letter(session, town)
        routing.close_by_answer(session, entry, answer=answer, by=town.person(session, "engineer"))
    session.flush()
    total = figures(session, town, "auditor").total
    assert (total.answered, total.answer_mean, total.answer_longest) == (1, 3.0, 3.0)


def test_what_was_told_above_the_handler_counts_as_escalated(session, town):
    late, told_before = (letter(session, town, due=1) for _ in range(2))
    for entry, days, addressee in (
        (late, 2, Addressee.HEAD),
        (late, 4, Addressee.DIRECTOR),
        (told_before, -1, Addressee.HANDLER),
    ):
        session.add(
            DeadlineReminder(
                entry_id=entry.id,
                due_on=date(2026, 5, 5),
                days=days,
                addressee=addressee,
                user_ids=[town.person(session, "director").person_id],
            )
        )
    session.flush()
    total = figures(session, town, "auditor").total
    assert (total.escalated, total.escalated_share) == (1, 0.5)


def test_heads_have_the_figures_of_their_units_alone(session, town):
    letter(session, town, due=None)
    with clock.pretend(BEGIN):
        factories.letter(session, town)
    assert figures(session, town, "auditor").total.entries == 2
    assert figures(session, town, "administrator").total.entries == 2
    assert figures(session, town, "mayor").total.entries == 2
    assert figures(session, town, "director").total.entries == 1
    assert figures(session, town, "secretary").total.entries == 1
    for who in ("engineer", "clerk", "lawyer"):
        with pytest.raises(NotAllowed):
            figures(session, town, who)
        with pytest.raises(NotAllowed):
            statistics.board(session, by=town.person(session, who))


def test_what_is_confidential_counts_for_those_who_may_see_it(session, town):
    with clock.pretend(BEGIN):
        factories.secret_letter(session, town)
        factories.letter(session, town, grade=registry.Grade.CONFIDENTIAL)
    for who in ("auditor", "administrator", "mayor", "director"):
        assert figures(session, town, who).total.entries == 0, who
    assert figures(session, town, "secretary").total.entries == 1  # the head of its unit
    board = statistics.board(session, by=town.person(session, "secretary"))
    assert board.total.open == 1


def test_what_is_confidential_does_not_count_for_a_deputy(session, town):
    with clock.pretend(BEGIN):
        factories.letter(session, town)
        factories.letter(session, town, grade=registry.Grade.CONFIDENTIAL)
    today = clock.today()
    wanted = Appointment(town.users["secretary"], town.users["lawyer"], today, today)
    deputies.appoint(session, wanted, by=town.person(session, "administrator"))
    lawyer = town.person(session, "lawyer")
    assert statistics.board(session, by=lawyer).total.open == 1
    total = statistics.figures(session, statistics.Wanted(**MAY), by=lawyer, language="el").total
    assert total.entries == 1


def test_a_period_that_is_none_is_refused(session, town):
    for days in ((date(2026, 5, 2), date(2026, 5, 1)), (date(1990, 1, 1), date(2026, 5, 1))):
        with pytest.raises(statistics.BadStatisticsPeriod):
            figures(session, town, "auditor", first_day=days[0], last_day=days[1])


@pytest.mark.usefixtures("worked")
def test_an_export_says_what_the_page_says(session, town):
    found = figures(session, town, "auditor")
    read = json.loads(statistics.written(found, StatisticsFormat.JSON, language="el"))
    assert read["total"]["on_time_share"] == 0.5
    assert read["groups"][0]["title"] == "Τμήμα Οδοποιίας"
    data = statistics.written(found, StatisticsFormat.CSV, language="el").decode("utf-8-sig")
    head, roads, total = csv.reader(io.StringIO(data), delimiter=";")
    assert dict(zip(head, roads, strict=True))["Εμπρόθεσμα (%)"] == "50,0"
    assert total[0] == "Σύνολο"
    book = openpyxl.load_workbook(
        io.BytesIO(statistics.written(found, StatisticsFormat.XLSX, language="el"))
    )
    assert [cell.value for cell in book.worksheets[0][2]][:3] == ["Τμήμα Οδοποιίας", 5, 2]


@pytest.mark.usefixtures("worked")
def test_each_number_of_the_board_is_that_of_its_list(session, town):
    director = town.person(session, "director")
    with clock.pretend(BEGIN + timedelta(days=9)):
        board = statistics.board(session, by=director)

        def listed(**narrowing):
            return routing.basket_count(
                session, Basket.UNIT, by=director, narrowing=Narrowing(**narrowing)
            )

        assert [load.unit for load in board.units] == [
            "Διεύθυνση Τεχνικών Υπηρεσιών",
            "Τμήμα Οδοποιίας",
        ]
        roads = board.units[1]
        assert (roads.open, roads.overdue, roads.on_time, roads.late) == (2, 1, 2, 1)
        assert roads.ages == {**dict.fromkeys(Age, 0), Age.DAYS_15: 2}
        for load in (*board.units, *(one for rows in board.people.values() for one in rows)):
            whose = {"unit_id": load.unit_id, "person_id": load.person_id}
            assert load.open == listed(**whose)
            assert load.overdue == listed(**whose, deadline=Deadline.OVERDUE)
            assert load.due_soon == listed(**whose, deadline=Deadline.WEEK)
            assert load.ages == {age: listed(**whose, age=age) for age in Age}
            for timeliness, number in (
                (Timeliness.ON_TIME, load.on_time),
                (Timeliness.LATE, load.late),
            ):
                assert number == listed(
                    **whose, timeliness=timeliness, closed_first=board.closed_since
                )
        assert {load.person: load.open for load in board.people[roads.unit_id]} == {
            "Πέτρος Δήμου": 2,
            "Άννα Βλάχου": 0,
        }
    assert listed(state=HandlingState.CLOSED) == 3
