"""Charges for a day to come: chosen today, made on the day, in the name of who chose them.

What happens to the item in between goes before: where somebody else charged, passed on or closed
it, the plan is overtaken. On the day the same is asked as of any charge; where it cannot be made,
who planned it is told why. Source: domain row 55.
"""

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from docflow import audit, clock, organization, outbox, schedule
from docflow.errors import Conflict, DocflowError, Invalid, Unavailable
from docflow.i18n import t
from docflow.notices import NoticeKind
from docflow.principal import Principal, Via, system
from docflow.registry import Entry, Handling, HandlingState
from docflow.routing import service, telling
from docflow.routing.guards import (
    StateChanged,
    as_head,
    clean_text,
    held,
    live_charge,
    moved,
    own_rights,
    require_head,
    require_open,
)
from docflow.routing.models import PlannedCharge, PlanState
from docflow.routing.targets import (
    Target,
    check,
    require_another,
    require_instructions_after_refusal,
)

log = logging.getLogger(__name__)

FARTHEST = timedelta(days=366)
TASK = "routing.charge-planned"


class BadPlanDay(Invalid):
    """A charge is made today or on a day within a year."""


class AlreadyPlanned(Conflict):
    """Another charge of the item waits for its day."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A charge that waits for its day, as people read it."""

    id: int
    on_day: date
    unit: str
    person: str
    instructions: str
    planned_by: str
    problem: str  # why it could not be made on its day
    may_withdraw: bool


def charge(
    session: Session,
    entry_id: int,
    *,
    by: Principal,
    to: Target,
    on: date | None,
    inform: Sequence[Target] = (),
    instructions: str = "",
    seen: int | None = None,
) -> None:
    """Charge the item on a day: at once without one, or where it is today.

    Raises what `charge` raises, BadPlanDay, AlreadyPlanned.
    """
    require_day(on)
    if on is None or on == clock.today():
        service.charge(
            session,
            entry_id,
            by=by,
            to=to,
            inform=inform,
            instructions=instructions,
            seen=seen,
        )
        return
    _plan(session, entry_id, by, to, on, inform, instructions, seen)


def require_day(on: date | None) -> None:
    """Raises BadPlanDay for a day that is past, or farther than a year."""
    today = clock.today()
    if on is not None and not today <= on <= today + FARTHEST:
        raise BadPlanDay(t("Choose today, or a later day within a year."), field="on_day")


def _plan(
    session: Session,
    entry_id: int,
    by: Principal,
    to: Target,
    on: date,
    inform: Sequence[Target],
    instructions: str,
    seen: int | None,
) -> None:
    item = held(session, entry_id, by, seen=seen)
    by = require_head(item)
    require_open(session, item.handling)
    require_another(item, to)
    require_instructions_after_refusal(session, entry_id, to, instructions)
    for target in (to, *inform):
        check(session, item.entry, target, by)
    _end_overtaken(session, item.handling)
    standing = _waiting(session, entry_id)
    if standing is not None:
        names = organization.names(session, [standing.planned_by])
        raise AlreadyPlanned(
            t(
                "{person} planned a charge for {day} already. Withdraw that one first.",
                person=names.get(standing.planned_by, ""),
                day=f"{standing.on_day:%d/%m/%Y}",
            )
        )
    live = live_charge(session, entry_id)
    session.add(
        PlannedCharge(
            entry_id=entry_id,
            charge_id=live.id if live else None,
            unit_id=to.unit_id,
            user_id=to.user_id,
            inform=[[one.unit_id, one.user_id] for one in inform],
            instructions=clean_text(instructions, "instructions"),
            on_day=on,
            planned_by=by.person_id,
            planned_at=clock.now(),
        )
    )
    moved(item.handling)
    audit.record(
        session,
        "charge.planned",
        by=by,
        subject=("entry", entry_id),
        unit=to.unit_id,
        person=to.user_id,
        day=on.isoformat(),
    )


def withdraw(session: Session, entry_id: int, *, by: Principal, seen: int | None = None) -> None:
    """Let a planned charge be. Who planned it does this, or a head of the unit that has the item.

    Raises NotResponsible, StateChanged.
    """
    item = held(session, entry_id, by, seen=seen)
    row = _waiting(session, entry_id)
    if row is None:
        raise StateChanged(t("No charge waits for its day any more. Look at the entry again."))
    by = item.by if row.planned_by == item.by.user_id else require_head(item)
    _end(row, PlanState.WITHDRAWN, by.person_id)
    moved(item.handling)
    audit.record(session, "charge.plan-withdrawn", by=by, subject=("entry", entry_id))


def of_entry(session: Session, entry: Entry, *, by: Principal) -> Plan | None:
    """The charge that waits for its day, or that could not be made while nothing else was done.

    The caller got the entry through the registry.
    """
    row = session.scalar(
        select(PlannedCharge)
        .where(
            PlannedCharge.entry_id == entry.id,
            PlannedCharge.state.in_([PlanState.WAITING, PlanState.FAILED]),
        )
        .order_by(PlannedCharge.id.desc())
        .limit(1)
    )
    handling = session.get(Handling, entry.id)
    if row is None or handling is None or _is_overtaken(session, row, handling):
        return None
    people = organization.names(session, (row.user_id, row.planned_by))
    mine = own_rights(session, entry, by)
    return Plan(
        id=row.id,
        on_day=row.on_day,
        unit=organization.unit_names(session, [row.unit_id]).get(row.unit_id, ""),
        person=people.get(row.user_id or 0, ""),
        instructions=row.instructions,
        planned_by=people.get(row.planned_by, ""),
        problem=row.problem,
        may_withdraw=row.ended_at is None
        and (row.planned_by == by.user_id or as_head(mine, entry, handling) is not None),
    )


def days(session: Session, entry_ids: Collection[int]) -> dict[int, date]:
    """The day on which each of the entries is charged, where one is planned."""
    rows = session.execute(
        select(PlannedCharge.entry_id, PlannedCharge.on_day).where(
            PlannedCharge.entry_id.in_(entry_ids), PlannedCharge.ended_at.is_(None)
        )
    )
    return {entry_id: day for entry_id, day in rows}


@outbox.job(TASK)
def charge_due(run: outbox.Run) -> None:
    """Make the charges whose day has come, each in a transaction of its own."""
    due = select(PlannedCharge.id).where(
        PlannedCharge.on_day <= clock.today(), PlannedCharge.ended_at.is_(None)
    )
    with run.office.db.read() as session:
        ids = session.scalars(due.order_by(PlannedCharge.id)).all()
    for plan_id in ids:
        try:
            with run.office.db.begin() as session:
                _carry_out(session, plan_id)
        except Unavailable:
            continue  # it waits still, and the next run finds it
        except IntegrityError:  # two at once: those that come after it are not kept waiting
            log.exception("planned charge %s is tried again", plan_id)
        except DocflowError as error:
            log.info("planned charge %s could not be made: %s", plan_id, type(error).__name__)
            with run.office.db.begin() as session:
                _fail(session, plan_id, error)


schedule.every(TASK, timedelta(minutes=15))


def _carry_out(session: Session, plan_id: int) -> None:
    row = _locked(session, plan_id)
    if row is None:
        return
    by = organization.principal(session, row.planned_by, via=Via.JOB)
    item = held(session, row.entry_id, by)
    if _is_overtaken(session, row, item.handling):
        _end(row, PlanState.OVERTAKEN, None)
        return
    _end(row, PlanState.DONE, None)
    service.charge(
        session,
        row.entry_id,
        by=by,
        to=Target(row.unit_id, row.user_id),
        inform=[Target(unit_id, user_id) for unit_id, user_id in row.inform],
        instructions=row.instructions,
    )


def _fail(session: Session, plan_id: int, error: DocflowError) -> None:
    row = _locked(session, plan_id)
    if row is None:
        return
    _end(row, PlanState.FAILED, None)
    planner = session.get_one(organization.User, row.planned_by)
    row.problem = error.message.in_language(planner.language)[:500]
    entry = session.get_one(Entry, row.entry_id)
    handling = session.get(Handling, row.entry_id)
    heads = telling.heads(session, handling.unit_id) if handling and handling.unit_id else []
    by = system(entry.body_id)
    telling.tell(session, entry.id, NoticeKind.PLAN_FAILED, [row.planned_by, *heads], by)
    audit.record(session, "charge.plan-failed", by=by, subject=("entry", entry.id))


def _locked(session: Session, plan_id: int) -> PlannedCharge | None:
    """The plan, its handling held first as by every other act; None where it waits no more."""
    entry_id = session.scalar(select(PlannedCharge.entry_id).where(PlannedCharge.id == plan_id))
    session.execute(
        select(Handling.entry_id).where(Handling.entry_id == entry_id).with_for_update()
    )
    return session.scalar(
        select(PlannedCharge)
        .where(PlannedCharge.id == plan_id, PlannedCharge.ended_at.is_(None))
        .with_for_update()
    )


def _waiting(session: Session, entry_id: int) -> PlannedCharge | None:
    return session.scalar(
        select(PlannedCharge).where(
            PlannedCharge.entry_id == entry_id, PlannedCharge.ended_at.is_(None)
        )
    )


def _is_overtaken(session: Session, row: PlannedCharge, handling: Handling) -> bool:
    live = live_charge(session, row.entry_id)
    return handling.state == HandlingState.CLOSED or row.charge_id != (live.id if live else None)


def _end_overtaken(session: Session, handling: Handling) -> None:
    row = _waiting(session, handling.entry_id)
    if row is not None and _is_overtaken(session, row, handling):
        _end(row, PlanState.OVERTAKEN, None)
        session.flush()  # for the index "one waits"


def _end(row: PlannedCharge, state: PlanState, by: int | None) -> None:
    row.state, row.ended_by, row.ended_at = state, by, clock.now()
