"""A charge for a day to come: made on the day, unless the item went another way before."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from docflow import clock, organization, outbox, routing
from docflow.db import DatabaseUnavailable
from docflow.i18n import t
from docflow.notices import Notice
from docflow.office import Office
from docflow.registry import Entry, Handling, HandlingState
from docflow.routing import PlannedCharge, PlanState, Target, planned
from tests import factories
from tests.docflow.steps import athens, run_jobs
from tests.factories import Town

TODAY, THE_DAY = athens(2026, 5, 4), athens(2026, 5, 6, 7)


@pytest.fixture
def letter(session: Session, town: Town) -> Entry:
    with clock.pretend(TODAY):
        return factories.letter(session, town)


def plan(session: Session, town: Town, letter: Entry, to: Target, **more: Any) -> None:
    given = {"on": THE_DAY.date(), "by": town.person(session, "secretary"), **more}
    with clock.pretend(TODAY):
        planned.charge(session, letter.id, to=to, **given)


def the_day_comes(office: Office, session: Session) -> None:
    with clock.pretend(THE_DAY):
        outbox.enqueue(session, planned.TASK)
        session.flush()
        run_jobs(office, planned.TASK)
    session.expire_all()


def plan_of(session: Session, letter: Entry) -> PlannedCharge:
    query = select(PlannedCharge).where(PlannedCharge.entry_id == letter.id)
    return session.scalars(query.order_by(PlannedCharge.id.desc())).one()


def test_it_is_charged_on_the_day_in_the_name_of_who_planned_it(office, session, town, letter):
    plan(session, town, letter, town.target("ΟΔΟΠ"), instructions="Μετά τις γιορτές")
    with clock.pretend(athens(2026, 5, 5, 23, 59)):
        outbox.enqueue(session, planned.TASK)
        session.flush()
        run_jobs(office, planned.TASK)
    handling = session.get_one(Handling, letter.id)
    assert handling.state == HandlingState.NEW
    the_day_comes(office, session)
    the_day_comes(office, session)  # once more: nothing is left to do
    assert plan_of(session, letter).state == PlanState.DONE
    assert (handling.state, handling.unit_id) == (HandlingState.CHARGED, town.units["ΟΔΟΠ"])
    secretary = town.person(session, "secretary")
    [charge] = routing.charges(session, letter.id, by=secretary)
    assert charge.charged_by == secretary.full_name
    assert charge.instructions == "Μετά τις γιορτές"


@pytest.mark.parametrize("on", [None, TODAY.date()])
def test_without_a_day_or_for_today_it_is_charged_at_once(session, town, letter, on):
    plan(session, town, letter, town.target("ΟΔΟΠ"), on=on)
    assert session.get_one(Handling, letter.id).state == HandlingState.CHARGED
    assert session.scalar(select(PlannedCharge.id)) is None


@pytest.mark.parametrize("on", [date(2026, 5, 3), TODAY.date() + timedelta(days=400)])
def test_a_day_is_neither_past_nor_far(session, town, letter, on):
    with pytest.raises(planned.BadPlanDay):
        plan(session, town, letter, town.target("ΟΔΟΠ"), on=on)


def test_who_is_no_head_plans_nothing_and_a_second_plan_waits(session, town, letter):
    with pytest.raises(routing.NotResponsible):
        plan(session, town, letter, town.target("ΟΔΟΠ"), by=town.person(session, "clerk"))
    plan(session, town, letter, town.target("ΟΔΟΠ"))
    with pytest.raises(planned.AlreadyPlanned, match="06/05/2026"):
        plan(session, town, letter, town.target("ΝΟΜ"))


def test_what_went_another_way_is_left_alone(office, session, town, letter):
    plan(session, town, letter, town.target("ΟΔΟΠ"))
    routing.charge(session, letter.id, by=town.person(session, "secretary"), to=town.target("ΝΟΜ"))
    by = town.person(session, "secretary")
    assert planned.of_entry(session, letter, by=by) is None
    the_day_comes(office, session)
    assert plan_of(session, letter).state == PlanState.OVERTAKEN
    assert session.get_one(Handling, letter.id).unit_id == town.units["ΝΟΜ"]


def test_a_plan_is_withdrawn_by_a_head_alone(office, session, town, letter):
    plan(session, town, letter, town.target("ΟΔΟΠ"))
    with pytest.raises(routing.NotResponsible):
        planned.withdraw(session, letter.id, by=town.person(session, "clerk"))
    planned.withdraw(session, letter.id, by=town.person(session, "secretary"))
    with pytest.raises(routing.StateChanged):
        planned.withdraw(session, letter.id, by=town.person(session, "secretary"))
    the_day_comes(office, session)
    assert session.get_one(Handling, letter.id).state == HandlingState.NEW
    assert plan_of(session, letter).state == PlanState.WITHDRAWN


def test_what_cannot_be_charged_on_its_day_is_told_and_shown(office, session, town, letter):
    plan(session, town, letter, town.target("ΟΔΟΠ", "engineer"))
    engineer = session.get_one(organization.User, town.users["engineer"])
    engineer.locked_at = clock.now()
    session.flush()
    the_day_comes(office, session)
    assert plan_of(session, letter).state == PlanState.FAILED
    assert session.get_one(Handling, letter.id).state == HandlingState.NEW
    secretary = town.person(session, "secretary")
    shown = planned.of_entry(session, letter, by=secretary)
    assert shown is not None
    assert "λογαριασμός" in shown.problem  # in the language of who planned it
    told = session.scalars(select(Notice.kind).where(Notice.user_id == secretary.user_id)).all()
    assert "plan-failed" in told


def test_a_database_that_is_away_for_a_moment_ends_no_plan(
    office, session, town, letter, monkeypatch
):
    with clock.pretend(TODAY):
        others = [factories.letter(session, town) for _ in range(2)]
    for one in (letter, *others):
        plan(session, town, one, town.target("ΟΔΟΠ"))
    faults = [DatabaseUnavailable(t("away")), IntegrityError("", None, Exception())]
    charging = planned.service.charge

    def charge(*given: Any, **more: Any) -> None:
        if faults:
            raise faults.pop(0)
        charging(*given, **more)

    monkeypatch.setattr(planned.service, "charge", charge)
    the_day_comes(office, session)
    states = [plan_of(session, one).state for one in (letter, *others)]
    assert states == [PlanState.WAITING, PlanState.WAITING, PlanState.DONE]
    the_day_comes(office, session)
    assert plan_of(session, letter).state == plan_of(session, others[0]).state == PlanState.DONE


def test_many_are_planned_at_once(office, session, town, letter):
    with clock.pretend(TODAY):
        [outcome] = routing.charge_many(
            office.db,
            [letter.id],
            by=town.person(session, "secretary"),
            to=town.target("ΟΔΟΠ"),
            on=THE_DAY.date(),
        )
    assert outcome.error is None
    assert planned.days(session, [letter.id]) == {letter.id: THE_DAY.date()}
