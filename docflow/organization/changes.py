"""A change of the organogram, carried out as one act: at once, or on the day it takes effect.

The body's row is held first, so that two changes come one after the other, then the rows of the
units that end, so that nobody puts work into them meanwhile (`service.hold_unit`). What ended keeps
its row, its names and its dates; entries of the time before show the units as they were.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from docflow import audit, clock, outbox, schedule
from docflow.db import TwoAtOnce
from docflow.errors import Conflict, DocflowError, Invalid, NotFound
from docflow.folding import line
from docflow.i18n import Text, t
from docflow.organization import applying, own_reach, planning
from docflow.organization.accounts import OwnRights
from docflow.organization.models import Body, ChangeState, OrganogramChange, User
from docflow.organization.planning import Plan
from docflow.organization.principals import principal
from docflow.organization.service import names, works_in
from docflow.organization.steps import NewHead, Placing, Step, as_json, from_json
from docflow.principal import Principal, Via, system

log = logging.getLogger(__name__)
MAX_AUTHORITY = 500
_FARTHEST = timedelta(days=5 * 366)
NOT_ADMINISTRATOR = t("Only an administrator changes the organogram.")


class BadChange(Invalid):
    """The organogram cannot be changed in this way."""


class UnitHasWork(Conflict):
    """A unit with open work, or people, ends only with a successor."""


class OrganogramMoved(Conflict):
    """Somebody changed the organogram in the meantime."""


class NoSuchChange(NotFound):
    """There is no such change of the organogram."""


@dataclass(frozen=True, slots=True)
class ChangeInfo:
    """A change as lists show it."""

    id: int
    takes_effect_on: date
    authority: str
    steps: tuple[Step, ...]
    state: str
    made_by: str
    made_at: datetime
    done_at: datetime | None
    outcome: Mapping[str, Any]
    problem: str


def dry_run(session: Session, steps: Sequence[Step], *, by: Principal) -> Plan:
    """What the steps would do today. Raises NotAllowed."""
    _require_administrator(by)
    return planning.plan(session, by.body_id, steps)


def change(
    session: Session,
    steps: Sequence[Step],
    *,
    by: Principal,
    on: date | None = None,
    authority: str = "",
    placements: Mapping[str, Placing] | None = None,
    seen: str | None = None,
) -> OrganogramChange:
    """Carry the steps out, today or on a day to come.

    `placements` says where single items go (by `OpenItem.key`); the others go to the successor of
    their unit, with the person who follows there. `seen` is `Plan.seen` of the dry run.
    Raises NotAllowed, BadChange, UnitHasWork, OrganogramMoved.
    """
    _require_administrator(by)
    session.get_one(Body, by.body_id, with_for_update={"key_share": True})
    today = clock.today()
    day = on or today
    if day < today:
        raise BadChange(
            t("A change takes effect today at the earliest: what was, stays as it was."),
            field="on",
        )
    if day > today + _FARTHEST:
        raise BadChange(t("This day is too far away."), field="on")
    if not steps:
        raise BadChange(t("A change has at least one step."), field="steps")
    _require_not_himself(steps, by)
    found = planning.plan(session, by.body_id, steps)
    if seen is not None and seen != found.seen:
        raise OrganogramMoved(
            t("Somebody changed the organogram in the meantime. Look at the dry run again.")
        )
    require_possible(found)
    own_reach.require_none_gained(session, steps, found, by=by)
    chosen = dict(placements or {})
    _check_placements(session, chosen, found)
    row = OrganogramChange(
        body_id=by.body_id,
        takes_effect_on=day,
        authority=line(authority)[:MAX_AUTHORITY],
        steps=as_json(steps),
        placements={key: [place.code, place.user_id] for key, place in chosen.items()},
        state=ChangeState.PLANNED,
        made_by=by.person_id,
    )
    session.add(row)
    session.flush()  # its id, for the events
    audit.record(
        session,
        "organogram.planned",
        by=by,
        subject=("body", by.body_id),
        change=row.id,
        takes_effect_on=day.isoformat(),
        steps=len(steps),
    )
    if day == today:
        _carry_out(session, row, by)
    return row


def require_possible(found: Plan) -> None:
    """Raises UnitHasWork or BadChange with the first problem of the dry run."""
    if found.is_possible:
        return
    first = found.problems[0]
    if found.unplaced == len(found.problems):
        raise UnitHasWork(first.text, field="successor")
    raise BadChange(first.text, field=None if first.step is None else f"steps.{first.step}")


def cancel(session: Session, change_id: int, *, by: Principal) -> None:
    """Give up a change before its day. Raises NotAllowed, NoSuchChange, BadChange."""
    _require_administrator(by)
    row = _held(session, change_id, by.body_id)
    if row.state not in (ChangeState.PLANNED, ChangeState.FAILED):
        raise BadChange(t("This change is over: it was carried out or cancelled."))
    row.state, row.cancelled_by, row.problem = ChangeState.CANCELLED, by.person_id, None
    audit.record(
        session, "organogram.cancelled", by=by, subject=("body", by.body_id), change=row.id
    )


def listing(session: Session, *, by: Principal, limit: int = 50) -> list[ChangeInfo]:
    """The changes of the body, those to come first, then the newest."""
    rows = session.scalars(
        select(OrganogramChange)
        .where(OrganogramChange.body_id == by.body_id)
        .order_by(OrganogramChange.state != ChangeState.PLANNED, OrganogramChange.id.desc())
        .limit(limit)
    ).all()
    people = names(session, (row.made_by for row in rows))
    return [
        ChangeInfo(
            id=row.id,
            takes_effect_on=row.takes_effect_on,
            authority=row.authority,
            steps=tuple(from_json(row.steps)),
            state=row.state,
            made_by=people.get(row.made_by, ""),
            made_at=row.made_at,
            done_at=row.done_at,
            outcome=row.outcome,
            problem=row.problem or "",
        )
        for row in rows
    ]


def one(session: Session, change_id: int, *, by: Principal) -> ChangeInfo:
    """A change of the body. Raises NoSuchChange."""
    for info in listing(session, by=by, limit=1000):
        if info.id == change_id:
            return info
    raise NoSuchChange(t("There is no such change of the organogram."))


def _require_administrator(by: Principal) -> None:
    by.require_scope("administer")
    by.require(by.is_administrator, NOT_ADMINISTRATOR)


def _require_not_himself(steps: Sequence[Step], by: Principal) -> None:
    """Nobody makes himself a head, by whatever door. Raises OwnRights."""
    for step in steps:
        if isinstance(step, NewHead) and step.username and step.username == by.username:
            raise OwnRights(
                t("Nobody does this to his own account. Ask another administrator."),
                field="steps",
            )


def _held(session: Session, change_id: int, body_id: int) -> OrganogramChange:
    row = session.scalar(
        select(OrganogramChange)
        .where(OrganogramChange.id == change_id, OrganogramChange.body_id == body_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise NoSuchChange(t("There is no such change of the organogram."))
    return row


def _check_placements(session: Session, chosen: Mapping[str, Placing], found: Plan) -> None:
    """The units stand after the change, and the persons work there."""
    standing = {unit.code: unit for unit in found.units if unit.mark != "dissolved"}
    for key, place in chosen.items():
        unit = standing.get(place.code)
        if unit is None:
            raise BadChange(
                t("There is no unit with the code “{code}” today.", code=place.code),
                field=f"place-{key}",
            )
        if place.user_id is None:
            continue
        if unit.id is None or not works_in(session, place.user_id, unit.id):
            raise BadChange(
                t("This person does not work in the unit. Choose a person of the unit."),
                field=f"place-{key}",
            )


def _carry_out(session: Session, row: OrganogramChange, by: Principal) -> None:
    steps = from_json(row.steps)
    found = planning.plan(session, row.body_id, steps)
    require_possible(found)
    own_reach.require_none_gained(session, steps, found, by=by)
    placements = {key: Placing(*value) for key, value in row.placements.items()}
    _check_placements(session, placements, found)  # weeks may lie between the plan and its day
    row.outcome = applying.apply(session, row.body_id, steps, found, placements, by=by)
    row.state, row.done_at, row.problem = ChangeState.DONE, clock.now(), None
    audit.record(
        session,
        "organogram.changed",
        by=by,
        subject=("body", row.body_id),
        change=row.id,
        **row.outcome,
    )


schedule.every("organization.changes", timedelta(minutes=10))


@outbox.job("organization.changes")
def carry_out_due(run: outbox.Run) -> None:
    """Carry out the changes whose day has come, each in its own transaction."""
    today = clock.today(run.office.settings.zone)
    with run.office.db.read() as session:
        due = session.execute(
            select(OrganogramChange.id, OrganogramChange.body_id)
            .where(
                OrganogramChange.state == ChangeState.PLANNED,
                OrganogramChange.takes_effect_on <= today,
            )
            .order_by(OrganogramChange.takes_effect_on, OrganogramChange.id)
        ).all()
    for change_id, body_id in due:
        try:
            with run.office.db.begin() as session:
                session.get_one(Body, body_id, with_for_update={"key_share": True})
                row = _held(session, change_id, body_id)
                if row.state == ChangeState.PLANNED:
                    _carry_out(session, row, _who_planned(session, row))
        except (Invalid, Conflict, NotFound) as error:
            _failed(run, change_id, body_id, error)
        except (TwoAtOnce, IntegrityError):
            # Two at once: it stays planned for the next run, and the others are not kept waiting.
            log.exception("change %s of the organogram is tried again", change_id)


def _who_planned(session: Session, row: OrganogramChange) -> Principal:
    """Who made the change, acting through the job; his account may be closed by now."""
    try:
        return principal(session, row.made_by, via=Via.JOB)
    except DocflowError:
        user = session.get_one(User, row.made_by)
        return replace(
            system(row.body_id), user_id=user.id, username=user.username, full_name=user.full_name
        )


def _failed(run: outbox.Run, change_id: int, body_id: int, error: DocflowError) -> None:
    """The administrator sees why on the page; nothing of the change was done."""
    why: Text = error.message
    log.error("change %s of the organogram is not possible: %s", change_id, why)
    with run.office.db.begin() as session:
        row = _held(session, change_id, body_id)
        if row.state == ChangeState.PLANNED:
            row.state, row.problem = ChangeState.FAILED, why.in_language("el")
            audit.record(
                session,
                "organogram.failed",
                by=system(body_id),
                subject=("body", body_id),
                change=row.id,
            )
