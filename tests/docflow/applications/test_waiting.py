"""While the next step is the applicant's, the application says so and the office's clock stands."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from docflow import applications, calendars, clock, deadlines, notices, registry, routing
from docflow.applications import Application, supplements, waiting
from docflow.calendars import ClockState
from docflow.office import Office
from tests import filing
from tests.accounts import citizen
from tests.docflow.steps import athens
from tests.factories import Town
from tests.filing import FINE, answer, complete

FILED_ON = athens(2026, 11, 16)  # a Monday


@pytest.fixture
def fine(office: Office, town: Town) -> applications.Filed:
    """A fine that the applicant is to pay."""
    version = filing.deployed(office, town, "traffic-fine")
    with office.db.begin() as session:
        visitor = citizen(session, town)
    with clock.pretend(FILED_ON):
        return filing.filed(office, version, FINE, citizen=visitor)


def stands(office: Office, filed: applications.Filed) -> tuple[str, ClockState]:
    with office.db.begin() as session:
        row = session.get_one(Application, filed.id)
        return row.state, calendars.clocks.known(session, row.entry_id).standing.state


def paid_and_told(office: Office, fine: applications.Filed) -> None:
    with clock.pretend(FILED_ON + timedelta(days=7)):
        answer(office, fine, "pay", bank_number="123456")


def test_who_is_to_pay_is_waited_for(office: Office, town: Town, fine: applications.Filed) -> None:
    assert stands(office, fine) == ("waiting", ClockState.SUSPENDED)
    with office.db.begin() as session:
        row = session.get_one(Application, fine.id)
        status = applications.status(session, row, language="el")
        assert (status.clock_stands, status.due_on) == (True, None)
        changed = notices.NoticeKind.DEADLINE_CHANGED
        told = select(notices.Notice.id).where(notices.Notice.kind == changed)
        assert session.scalars(told).all() == []  # of each fine anew, nobody wants to know
    paid_and_told(office, fine)
    assert stands(office, fine) == ("running", ClockState.RUNNING)
    with office.db.begin() as session:
        row = session.get_one(Application, fine.id)
        # The two working days of the service count from the day on which the number was told.
        assert f"{session.get_one(registry.Handling, row.entry_id).due_on}" == "2026-11-25"


def test_a_clock_runs_on_in_a_version_with_other_words(
    office: Office, fine: applications.Filed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "_REASON", "Other words than those that stand in the clock")
    paid_and_told(office, fine)
    assert stands(office, fine) == ("running", ClockState.RUNNING)


def test_a_payment_that_was_not_found_is_waited_for_again(
    office: Office, town: Town, fine: applications.Filed
) -> None:
    paid_and_told(office, fine)
    with clock.pretend(FILED_ON + timedelta(days=8)):
        ticks = {"number_read": "on", "found": "no", "amount_agrees": "no", "marked": "no"}
        complete(office, town, fine, "confirm", **ticks, why_not="Δεν βρέθηκε.")
    assert stands(office, fine) == ("waiting", ClockState.SUSPENDED)


def test_what_is_asked_meanwhile_keeps_the_clock_standing(
    office: Office, town: Town, fine: applications.Filed
) -> None:
    day = (FILED_ON + timedelta(days=20)).date()
    with office.db.begin() as session, clock.pretend(FILED_ON):
        by = town.person(session, "engineer")
        asked = supplements.ask(session, fine.id, text="Την κλήση", due_on=day, by=by).id
    paid_and_told(office, fine)  # the office waits for the paper still
    assert stands(office, fine) == ("waiting", ClockState.SUSPENDED)
    with office.db.begin() as session, clock.pretend(FILED_ON + timedelta(days=8)):
        row = session.get_one(Application, fine.id)
        supplements.answer(session, office, row, asked, "Ορίστε", [])
    assert stands(office, fine) == ("running", ClockState.RUNNING)


def test_an_answer_leaves_the_clock_standing_while_he_has_still_to_pay(
    office: Office, town: Town, fine: applications.Filed
) -> None:
    with office.db.begin() as session, clock.pretend(FILED_ON):
        by = town.person(session, "engineer")
        day = (FILED_ON + timedelta(days=3)).date()
        asked = supplements.ask(session, fine.id, text="Την κλήση", due_on=day, by=by)
        supplements.answer(
            session, office, session.get_one(Application, fine.id), asked.id, "Ορίστε", []
        )
    assert stands(office, fine) == ("waiting", ClockState.SUSPENDED)


def test_a_clock_that_a_person_stopped_is_left_to_him(
    office: Office, town: Town, fine: applications.Filed
) -> None:
    with office.db.begin() as session, clock.pretend(FILED_ON):
        row = session.get_one(Application, fine.id)
        by = town.person(session, "director")
        deadlines.resume(session, row.entry_id, by=by)
        deadlines.suspend(session, row.entry_id, by=by, reason="Περιμένουμε την Αστυνομία")
    paid_and_told(office, fine)
    assert stands(office, fine) == ("running", ClockState.SUSPENDED)


@pytest.mark.parametrize("way", ["forwarded", "filed"])
def test_what_was_closed_meanwhile_and_taken_up_again_has_its_clock(
    office: Office, town: Town, fine: applications.Filed, way: str
) -> None:
    with office.db.begin() as session, clock.pretend(FILED_ON):
        entry_id = session.get_one(Application, fine.id).entry_id
        by = town.person(session, "director")
        if way == "filed":
            routing.file(session, entry_id, by=by, reason="Εκ παραδρομής")
        else:
            routing.forward(session, entry_id, by=by, to_name="Τροχαία", reason="Αρμόδια")
            routing.reopen(session, entry_id, by=by, reason="Είναι δική μας")
    paid_and_told(office, fine)
    with office.db.begin() as session, clock.pretend(FILED_ON + timedelta(days=8)):
        if way == "filed":
            by = town.person(session, "director")
            routing.reopen(session, entry_id, by=by, reason="Νέα στοιχεία")
    assert stands(office, fine) == ("running", ClockState.RUNNING)
