"""Work lists: narrowed, page by page, over several units, and never past the rights."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from docflow import clock, organization, registry, routing
from docflow.registry import DeliveryMethod, Direction, Entry, HandlingState, Priority
from docflow.routing import Age, Basket, Deadline, Narrowing, Timeliness
from tests import factories
from tests.docflow.steps import athens
from tests.factories import Town

NOW = athens(2026, 5, 20)


@pytest.fixture
def shown(session: Session, town: Town) -> Callable[..., list[int]]:
    """The numbers of the entries that a list shows, and its count is the same."""

    def of(who: str, basket: Basket, **wanted: object) -> list[int]:
        by, narrowing = town.person(session, who), Narrowing(**wanted)  # type: ignore[arg-type]
        lines = routing.basket(session, basket, by=by, narrowing=narrowing)
        counted = routing.basket_count(session, basket, by=by, narrowing=narrowing)
        assert counted == len(lines)
        return [line.number for line in lines]

    return of


def marked(session: Session, town: Town, entry: Entry, priority: Priority, days: int) -> None:
    routing.mark(
        session,
        entry.id,
        by=town.person(session, "secretary"),
        priority=priority,
        due_on=clock.today() + timedelta(days=days),
    )


def test_a_list_is_narrowed_by_what_the_handling_says(session, town, shown):
    with clock.pretend(NOW):
        for days in (1, 0, 30):
            marked(session, town, factories.letter(session, town), Priority.NORMAL, days)
        urgent = factories.letter(session, town)
        marked(session, town, urgent, Priority.URGENT, 40)
        factories.letter(session, town)
        session.flush()
    with clock.pretend(NOW + timedelta(days=1)):
        assert shown("secretary", Basket.UNIT) == [4, 2, 1, 3, 5]
        assert shown("secretary", Basket.UNIT, deadline=Deadline.OVERDUE) == [2]
        assert shown("secretary", Basket.UNIT, deadline=Deadline.TODAY) == [1]
        assert shown("secretary", Basket.UNIT, deadline=Deadline.WEEK) == [1]
        assert shown("secretary", Basket.UNIT, deadline=Deadline.NONE) == [5]
        assert shown("secretary", Basket.UNIT, priority=Priority.URGENT) == [4]
        assert shown("secretary", Basket.UNIT, state=HandlingState.ACCEPTED) == []
        assert shown("secretary", Basket.OVERDUE) == [2]
        assert shown("lawyer", Basket.UNIT) == []


def test_a_list_is_narrowed_by_what_the_register_says(session, town, shown):
    with clock.pretend(NOW - timedelta(days=40)):
        factories.letter(session, town, delivery_method=DeliveryMethod.EMAIL)
    with clock.pretend(NOW - timedelta(days=6)):
        factories.letter(session, town, direction=Direction.INTERNAL)
    with clock.pretend(NOW):
        factories.letter(session, town, delivery_method=DeliveryMethod.COUNTER)
        assert shown("secretary", Basket.UNIT, channel=DeliveryMethod.EMAIL) == [1]
        assert shown("secretary", Basket.UNIT, direction=Direction.INTERNAL) == [2]
        assert shown("secretary", Basket.UNIT, age=Age.DAYS_50) == [1]
        assert shown("secretary", Basket.UNIT, age=Age.DAYS_15) == [2]
        assert shown("secretary", Basket.UNIT, age=Age.DAYS_5) == [3]
        assert shown("secretary", Basket.UNIT, age=Age.OLDER) == []
        assert shown("secretary", Basket.UNIT, book="koino") == [1, 2, 3]
        assert shown("secretary", Basket.UNIT, book="empisteftiko") == []
        assert shown("secretary", Basket.UNIT, kind="none-such") == []
        assert shown("secretary", Basket.UNIT, first_day=date(2026, 5, 14)) == [2, 3]
        assert shown("secretary", Basket.UNIT, last_day=date(2026, 5, 14)) == [1, 2]


def test_closed_items_are_listed_with_how_they_kept_their_deadline(session, town, shown):
    with clock.pretend(NOW):
        for days in (10, 1):
            entry = factories.letter(session, town)
            marked(session, town, entry, Priority.NORMAL, days)
            factories.accepted(session, town, entry)
    engineer = town.person(session, "engineer")
    for n, entry_id in enumerate(session.scalars(text("SELECT id FROM entries ORDER BY id"))):
        with clock.pretend(NOW + timedelta(days=3 + n)):
            routing.file(session, entry_id, by=engineer, reason="Τέλος")
    session.flush()
    assert shown("engineer", Basket.MINE) == []
    assert shown("engineer", Basket.MINE, state=HandlingState.CLOSED) == [2, 1]
    assert shown("director", Basket.UNIT, timeliness=Timeliness.ON_TIME) == [1]
    assert shown("director", Basket.UNIT, timeliness=Timeliness.LATE) == [2]
    assert shown("director", Basket.UNIT, closed_last=date(2026, 5, 23)) == [1]
    assert shown("director", Basket.UNIT, unit_id=town.units["ΤΥ"]) == []
    assert shown("director", Basket.TO_CHARGE, state=HandlingState.CLOSED) == []


def test_a_head_of_several_units_sees_them_in_one_order(session, town, shown):
    with clock.pretend(NOW):
        secretary = town.person(session, "secretary")
        for priority, unit in (
            (Priority.NORMAL, "ΟΔΟΠ"),
            (Priority.URGENT, "ΤΥ"),
            (Priority.VERY_URGENT, "ΟΔΟΠ"),
        ):
            entry = factories.letter(session, town)
            routing.mark(session, entry.id, by=secretary, priority=priority)
            routing.charge(session, entry.id, by=secretary, to=town.target(unit))
        session.flush()
        assert shown("director", Basket.TO_CHARGE) == [3, 2, 1]
        assert shown("director", Basket.UNIT, unit_id=town.units["ΟΔΟΠ"]) == [3, 1]
        assert shown("director", Basket.UNIT, unassigned=True) == [3, 2, 1]
        assert shown("secretary", Basket.SENT) == [3, 2, 1]


@pytest.mark.parametrize("basket", [Basket.UNIT, Basket.SENT])
def test_pages_follow_each_other_without_gap_or_repetition(session, town, basket):
    with clock.pretend(NOW):
        secretary = town.person(session, "secretary")
        for n in range(7):
            entry = factories.letter(session, town)
            marked(session, town, entry, list(Priority)[n % 3], n % 2 + 1)
            if basket is Basket.SENT:
                routing.charge(session, entry.id, by=secretary, to=town.target("ΟΔΟΠ"))
        session.flush()
        whole = [line.id for line in routing.basket(session, basket, by=secretary)]
        pages: list[int] = []
        after = None
        while page := routing.basket(session, basket, by=secretary, after=after, limit=3):
            pages += [line.id for line in page]
            after = page[-1].id
    assert len(whole) == 7
    assert pages == whole


def test_a_page_behind_what_is_closed_to_him_tells_nothing_of_it(session, town, shown):
    """Whether the list goes on at the first row, or at that of an item that he may not see."""
    with clock.pretend(NOW):
        secretary = town.person(session, "secretary")
        for n in range(4):
            marked(session, town, factories.letter(session, town), list(Priority)[n % 3], n + 1)
        secret = factories.secret_letter(session, town)
        for priority, days in ((Priority.VERY_URGENT, 1), (Priority.NORMAL, 9)):
            handling = session.get_one(registry.Handling, secret.id)
            handling.priority, handling.due_on = priority, clock.today() + timedelta(days=days)
            session.flush()
            behind = routing.basket(session, Basket.UNIT, by=secretary, after=secret.id)
            assert len(behind) == 4
            assert routing.basket(session, Basket.UNIT, by=secretary) == behind


def test_a_count_stops_where_exactness_would_cost(session, town, monkeypatch):
    monkeypatch.setattr(routing.lists, "MOST_COUNTED", 2)
    for _ in range(3):
        factories.letter(session, town)
    secretary = town.person(session, "secretary")
    assert routing.counts(session, by=secretary)[Basket.UNIT] == 2


def test_what_is_confidential_is_in_no_list_and_no_count_of_others(session, town, shown):
    secret = factories.secret_letter(session, town)
    graded = factories.letter(session, town, grade=registry.Grade.CONFIDENTIAL)
    secretary, confidant = (town.person(session, who) for who in ("secretary", "confidant"))
    assert shown("confidant", Basket.TO_CHARGE) == [secret.number]
    assert shown("secretary", Basket.TO_CHARGE) == [graded.number]  # the head of its unit
    assert shown("registrar", Basket.UNIT) == []
    routing.charge(session, secret.id, by=confidant, to=town.target("ΟΔΟΠ", "engineer"))
    session.flush()
    assert shown("engineer", Basket.MINE) == [secret.number]
    assert shown("colleague", Basket.UNIT) == []
    assert shown("director", Basket.UNIT) == []
    assert routing.counts(session, by=secretary)[Basket.UNIT] == 1


def test_what_was_annulled_is_in_no_list(session, town, shown):
    entry = factories.letter(session, town)
    factories.annulled(session, town, entry.id)
    assert shown("secretary", Basket.UNIT) == []


def test_what_is_asked_of_a_unit_is_in_the_list_until_it_is_given(session, town, shown):
    entry = factories.letter(session, town)
    [asked] = routing.contributions.ask(
        session,
        entry.id,
        by=town.person(session, "secretary"),
        kind=routing.ContributionKind.OPINION,
        requests=[routing.Request(to=town.target("ΝΟΜ"), question="Είναι νόμιμο;")],
    )
    session.flush()
    assert shown("lawyer", Basket.ASKED) == [entry.number]
    assert shown("engineer", Basket.ASKED) == []
    routing.contributions.give(session, asked.id, by=town.person(session, "lawyer"), answer="Ναι")
    session.flush()
    assert shown("lawyer", Basket.ASKED) == []


def test_an_answer_that_is_late_is_in_the_list_of_overdue_work(session, town, shown):
    with clock.pretend(NOW):
        entry = factories.letter(session, town)
        routing.contributions.ask(
            session,
            entry.id,
            by=town.person(session, "secretary"),
            kind=routing.ContributionKind.PART,
            requests=[routing.Request(town.target("ΝΟΜ"), "Έλεγχος", clock.today())],
        )
        session.flush()
        assert shown("lawyer", Basket.OVERDUE) == []
    with clock.pretend(NOW + timedelta(days=1)):
        assert shown("lawyer", Basket.OVERDUE) == [entry.number]
        assert shown("lawyer", Basket.OVERDUE, state=HandlingState.CLOSED) == []
        assert shown("engineer", Basket.OVERDUE) == shown("secretary", Basket.OVERDUE) == []
    by = town.person(session, "lawyer")
    assert routing.asked.days(session, [entry.id], by=by) == {entry.id: NOW.date()}


def test_a_deputy_has_the_work_of_who_is_away_and_nothing_confidential(session, town, shown):
    factories.accepted(session, town, factories.letter(session, town))
    secret = factories.secret_letter(session, town)
    confidant = town.person(session, "confidant")
    routing.charge(session, secret.id, by=confidant, to=town.target("ΟΔΟΠ", "engineer"))
    session.flush()
    assert shown("lawyer", Basket.MINE) == []
    today = clock.today()
    organization.deputies.appoint(
        session,
        organization.Appointment(
            person_id=town.users["engineer"],
            deputy_id=town.users["lawyer"],
            valid_from=today,
            valid_to=today,
            scope=organization.DeputyScope.ALL,
            acts_as=organization.ActsAs.DEPUTY,
            authority="ΑΔΑ ΨΧΨΧ",
        ),
        by=town.person(session, "director"),
    )
    session.flush()
    assert len(shown("engineer", Basket.MINE)) == 2
    assert len(shown("lawyer", Basket.MINE)) == 1
