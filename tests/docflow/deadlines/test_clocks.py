"""The clock of an entry: begun, moved off holidays, stopped, run on, extended, forwarded."""

from datetime import date

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from docflow import audit, calendars, clock, deadlines, kinds, registry, routing
from docflow.calendars import ClockEventKind, DayUnit, OwnDay, Rule, Terms
from docflow.office import Office
from docflow.principal import NotAllowed
from docflow.registry import Entry, Handling, Priority
from tests import factories
from tests.docflow.steps import athens, run_jobs
from tests.factories import Town

MONDAY = athens(2026, 5, 4)
FIFTY = Rule(kind="aitisi", days=50, unit=DayUnit.CALENDAR, is_statutory=True)
LIMIT = date(2026, 6, 23)  # fifty days after 4 May


@pytest.fixture
def terms(session: Session, town: Town) -> Terms:
    by = town.person(session, "administrator")
    kinds.define(session, "aitisi", kinds.Definition("Αίτηση"), by=by)
    made = Terms(
        rules=(
            FIFTY,
            Rule(kind="aitisi", priority="urgent", days=5, is_statutory=True),
            Rule(priority="very-urgent", days=1),
        ),
        extension_days=10,
        extensions=2,
        competent_days=50,
    )
    calendars.terms.define(session, made, version=0, by=by)
    return made


@pytest.fixture
def entry(session: Session, town: Town, terms: Terms) -> Entry:
    """An application that came on 4 May, accepted by the engineer."""
    with clock.pretend(MONDAY):
        made = factories.letter(session, town, kind="aitisi")
        factories.accepted(session, town, made)
    return made


def due(session: Session, entry: Entry) -> date | None:
    return session.get_one(Handling, entry.id, populate_existing=True).due_on


def view(session: Session, town: Town, entry: Entry, who: str = "engineer") -> deadlines.ClockView:
    shown = deadlines.view(session, entry, by=town.person(session, who))
    assert shown is not None
    return shown


def marked(session: Session, town: Town, entry: Entry, day: date | None, how: str = "normal"):
    by = town.person(session, "director")
    routing.mark(session, entry.id, by=by, priority=Priority(how), due_on=day)


def suspended(session: Session, town: Town, entry: Entry) -> None:
    by = town.person(session, "engineer")
    deadlines.suspend(session, entry.id, by=by, reason="Λείπει η υπεύθυνη δήλωση")


def test_the_clock_begins_at_the_receipt(session: Session, town: Town, terms: Terms) -> None:
    with clock.pretend(athens(2026, 5, 6)):
        entry = factories.letter(session, town, kind="aitisi", received_at=MONDAY)
        other = factories.letter(session, town)
    assert due(session, entry) == LIMIT
    assert due(session, other) is None
    assert deadlines.view(session, other, by=town.person(session, "clerk")) is None
    [line] = view(session, town, entry, "clerk").history
    assert (line.kind, line.starts_on, line.days, line.is_statutory, line.is_moved) == (
        ClockEventKind.STARTED,
        date(2026, 5, 4),
        50,
        True,
        False,
    )


def test_a_deadline_on_a_holiday_moves_to_the_next_working_day_and_says_so(
    session: Session, town: Town
) -> None:
    with clock.pretend(athens(2026, 10, 20)):
        entry = factories.letter(session, town, due_on=date(2026, 10, 28))
        assert due(session, entry) == date(2026, 10, 29)
        factories.accepted(session, town, entry)
        marked(session, town, entry, date(2026, 11, 1))
    first, second = view(session, town, entry).history
    assert (first.asked_on, first.due_on, first.moved_for) == (
        date(2026, 10, 28),
        date(2026, 10, 29),
        "Ημέρα του Όχι",
    )
    assert (second.due_on, second.is_moved, second.moved_for) == (date(2026, 11, 2), True, None)


def test_another_priority_brings_the_period_of_the_terms(
    session: Session, town: Town, entry: Entry
) -> None:
    with clock.pretend(athens(2026, 5, 5)):
        marked(session, town, entry, LIMIT, "urgent")
        assert due(session, entry) == date(2026, 5, 11)
        marked(session, town, entry, date(2026, 5, 8), "normal")
        marked(session, town, entry, date(2026, 5, 8), "urgent")  # the head’s day stays
    assert due(session, entry) == date(2026, 5, 8)


def test_a_limit_of_the_law_is_not_marked_away(session: Session, town: Town, entry: Entry) -> None:
    with clock.pretend(athens(2026, 5, 5)):
        with pytest.raises(routing.BadDeadline, match="23/06/2026"):
            marked(session, town, entry, date(2026, 6, 24))
        marked(session, town, entry, date(2026, 5, 20))
        assert due(session, entry) == date(2026, 5, 20)
        marked(session, town, entry, None)
        assert due(session, entry) == LIMIT
        marked(session, town, entry, None)  # says nothing new
    kinds_of_steps = [line.kind for line in view(session, town, entry).history]
    assert kinds_of_steps == ["started", "set", "set"]


def test_while_the_applicant_is_waited_for_the_clock_stands_still(
    session: Session, town: Town, entry: Entry
) -> None:
    with clock.pretend(athens(2026, 5, 14)):
        suspended(session, town, entry)
    line = registry.details(session, entry, by=town.person(session, "engineer")).line
    assert (line.due_on, line.is_suspended) == (None, True)
    with clock.pretend(athens(2026, 9, 1)):
        assert (
            routing.basket(session, routing.Basket.OVERDUE, by=town.person(session, "engineer"))
            == []
        )
        shown = view(session, town, entry)
        assert (shown.standing.remaining, shown.may_resume, shown.may_suspend) == (40, True, False)
        assert (shown.suspended_by, shown.history[-1].reason) == (
            "Άννα Βλάχου",
            "Λείπει η υπεύθυνη δήλωση",
        )
        deadlines.resume(session, entry.id, by=town.person(session, "engineer"))
    assert due(session, entry) == date(2026, 10, 12)  # forty days on is a Sunday


def test_a_clock_is_not_suspended_twice(session: Session, town: Town, entry: Entry) -> None:
    with clock.pretend(athens(2026, 5, 14)):
        suspended(session, town, entry)
        with pytest.raises(deadlines.AlreadySuspended, match="Άννα Βλάχου"):
            suspended(session, town, entry)
        with pytest.raises(routing.ClockStandsStill):
            marked(session, town, entry, date(2026, 6, 1))
        deadlines.resume(session, entry.id, by=town.person(session, "engineer"))
        with pytest.raises(deadlines.NotSuspended):
            deadlines.resume(session, entry.id, by=town.person(session, "engineer"))


def test_what_has_passed_or_was_never_set_does_not_stand_still(
    session: Session, town: Town, entry: Entry
) -> None:
    with clock.pretend(athens(2026, 7, 1)), pytest.raises(deadlines.DeadlinePassed):
        suspended(session, town, entry)
    free = factories.letter(session, town)
    factories.accepted(session, town, free)
    with pytest.raises(deadlines.NoDeadline):
        suspended(session, town, free)


def test_a_head_extends_within_the_terms(session: Session, town: Town, entry: Entry) -> None:
    head = town.person(session, "director")

    def extend(days: int, reason: str = "Αναμένεται γνωμοδότηση") -> None:
        deadlines.extend(session, entry.id, by=head, days=days, reason=reason)

    with clock.pretend(athens(2026, 6, 1)):
        with pytest.raises(deadlines.ExtensionTooLong, match="1 to 10"):
            extend(11)
        with pytest.raises(routing.ReasonMissing):
            extend(6, " ")
        extend(6)
        assert due(session, entry) == date(2026, 6, 29)
        with pytest.raises(deadlines.ExtensionTooLong, match="1 to 4"):
            extend(5)
        extend(2)
        with pytest.raises(deadlines.ExtensionTooLong, match="2 times, by 8 days"):
            extend(1)
    assert due(session, entry) == date(2026, 7, 1)
    [told] = [
        e for e in audit.history(session, [("entry", entry.id)]) if e.action == "deadline.extended"
    ][:1]
    assert told.details == {"due_on": "2026-06-29", "days": 6}


def test_only_a_head_extends_and_only_who_has_the_item_stops_the_clock(
    session: Session, town: Town, entry: Entry
) -> None:
    with clock.pretend(athens(2026, 6, 1)):
        engineer = town.person(session, "engineer")
        with pytest.raises(routing.NotResponsible):
            deadlines.extend(session, entry.id, by=engineer, days=1, reason="Όχι")
        assert not view(session, town, entry).may_extend
        for who in ("clerk", "auditor"):
            with pytest.raises(NotAllowed):
                deadlines.suspend(
                    session, entry.id, by=town.person(session, who), reason="Όχι δικό μου"
                )
        with pytest.raises(registry.NoSuchEntry):
            deadlines.suspend(
                session, entry.id, by=town.person(session, "lawyer"), reason="Όχι δικό μου"
            )


def test_who_decides_on_what_has_changed_is_told_by_whom(
    session: Session, town: Town, entry: Entry
) -> None:
    with clock.pretend(athens(2026, 6, 1)):
        seen = session.get_one(Handling, entry.id).version
        suspended(session, town, entry)
        head = town.person(session, "director")
        with pytest.raises(routing.StateChanged, match="Άννα Βλάχου stopped its deadline"):
            deadlines.extend(session, entry.id, by=head, days=1, reason="Λόγος", seen=seen)


def test_the_clock_begins_anew_at_the_competent_body(
    session: Session, town: Town, entry: Entry
) -> None:
    with clock.pretend(athens(2026, 5, 8)):
        routing.forward(
            session,
            entry.id,
            by=town.person(session, "engineer"),
            to_name="Περιφέρεια Αττικής",
            reason="Αρμόδια για το επαρχιακό οδικό δίκτυο",
        )
        shown = view(session, town, entry)
        assert shown.standing.theirs_on == date(2026, 6, 29)  # fifty days on is a Saturday
        assert due(session, entry) == LIMIT
        routing.reopen(session, entry.id, by=town.person(session, "director"), reason="Επεστράφη")
        again = view(session, town, entry, "director")
    assert (again.standing.state, again.standing.theirs_on) == ("running", None)
    assert [line.kind for line in again.history][-2:] == ["forwarded", "taken-back"]


def test_a_holiday_that_is_added_later_moves_open_deadlines(
    office: Office, session: Session, town: Town, entry: Entry
) -> None:
    with clock.pretend(athens(2026, 5, 8)):
        old = factories.letter(session, town)
        session.execute(  # as it was before there were clocks
            text("UPDATE handlings SET due_on = :day WHERE entry_id = :id"),
            {"day": LIMIT, "id": old.id},
        )
        saint = OwnDay("Έκτακτη αργία", on=LIMIT)
        calendars.add(session, saint, by=town.person(session, "administrator"))
        session.flush()
        run_jobs(office, "deadlines.reckon")
        assert due(session, entry) == due(session, old) == date(2026, 6, 24)
        assert view(session, town, entry).history[-1].kind == "reckoned"
        [adopted] = view(session, town, old, "clerk").history
        assert (adopted.asked_on, adopted.moved_for) == (LIMIT, "Έκτακτη αργία")
        run_jobs(office, "deadlines.reckon")
        assert len(view(session, town, entry).history) == 2


def test_the_deadline_is_what_the_events_say(session: Session, town: Town, entry: Entry) -> None:
    """Computed anew from what was written once, the deadline is the one that lists show."""
    with clock.pretend(athens(2026, 5, 14)):
        suspended(session, town, entry)
    with clock.pretend(athens(2026, 6, 1)):
        deadlines.resume(session, entry.id, by=town.person(session, "engineer"))
        head = town.person(session, "director")
        deadlines.extend(session, entry.id, by=head, days=7, reason="Αυτοψία")
        marked(session, town, entry, date(2026, 7, 3))
        calendar = calendars.of(session, town.body_id)
        same = calendars.clocks.reckon(session, entry.id, calendar=calendar, by=head)
    assert same is None
    assert due(session, entry) == date(2026, 7, 3)
    with pytest.raises(DatabaseError), session.begin_nested():
        session.execute(text("UPDATE clock_events SET due_on = NULL"))
