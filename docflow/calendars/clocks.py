"""The clocks of entries: each event is written once, and says how the clock stands after it.

Who may do what with a clock is asked above (`routing`, `deadlines`); here the days are computed.
Whoever calls holds the entry, and shows the standing in `handlings`.
"""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, Select, SQLColumnExpression, func, select
from sqlalchemy.orm import Session, aliased

from docflow import clock, organization
from docflow.calendars.models import ClockEvent, ClockEventKind
from docflow.calendars.reckoning import ClockState, Standing, Step, after, read, replayed
from docflow.principal import Principal, system
from docflow.workdays import Calendar, DayUnit


@dataclass(frozen=True, slots=True)
class ClockLine:
    """An event of a clock as the history shows it; `moved_for` names the holiday, in Greek, for
    which the day that was asked, or that the period gave, moved to the next working day.
    """

    position: int
    kind: ClockEventKind
    on: date
    starts_on: date | None
    days: int | None
    unit: DayUnit | None
    is_statutory: bool
    asked_on: date | None
    due_on: date | None
    reason: str
    person: str
    at: datetime
    is_moved: bool
    moved_for: str | None


@dataclass(frozen=True, slots=True)
class Known:
    """A clock as it stands; `position` of its last event is 0 where it has none."""

    standing: Standing
    position: int


def known(session: Session, entry_id: int, *, shown: date | None = None) -> Known:
    """How the clock of an entry stands.

    An entry that got its deadline before there were clocks has the day that its handling shows
    (`shown`) and no event yet.
    """
    row = session.execute(
        select(ClockEvent.standing, ClockEvent.position)
        .where(ClockEvent.entry_id == entry_id)
        .order_by(ClockEvent.position.desc())
        .limit(1)
    ).first()
    if row is not None:
        return Known(read(row.standing), row.position)
    adopted = Standing(state=ClockState.RUNNING, starts_on=shown, limit_on=shown)
    return Known(adopted if shown else Standing(), 0)


def is_statutory(entry_id: SQLColumnExpression[int]) -> ColumnElement[bool]:
    """The condition that the clock of an entry runs by a time limit of the law; see `known`."""
    event = aliased(ClockEvent)
    last = (
        select(event.standing["is_statutory"].as_boolean())
        .where(event.entry_id == entry_id)
        .order_by(event.position.desc())
        .limit(1)
        .scalar_subquery()
    )
    return func.coalesce(last, False)


def begin(
    session: Session, entry_id: int, step: Step, *, calendar: Calendar, by: Principal
) -> Standing:
    """Write the first event of an entry that is being registered; how the clock stands."""
    standing = after(Standing(), step, calendar)
    session.add(_row(entry_id, 1, step, standing, by, ""))
    return standing


def note(
    session: Session,
    entry_id: int,
    step: Step,
    *,
    calendar: Calendar,
    by: Principal,
    reason: str = "",
    shown: date | None = None,
) -> Standing:
    """Write what happened to the clock; how it stands now. `shown` as in `known`."""
    before = known(session, entry_id, shown=shown)
    place = before.position + 1
    if shown is not None and not before.position:
        adopted = Step(ClockEventKind.SET, shown, asked_on=shown)
        session.add(_row(entry_id, place, adopted, before.standing, system(by.body_id), ""))
        place += 1
    standing = after(before.standing, step, calendar)
    session.add(_row(entry_id, place, step, standing, by, reason))
    session.flush()  # the next event counts on from this one
    return standing


def reckon(
    session: Session,
    entry_id: int,
    *,
    calendar: Calendar,
    by: Principal,
    shown: date | None = None,
) -> Standing | None:
    """Compute the deadline anew after the calendar changed; None where it is the same."""
    rows = session.scalars(_of(entry_id)).all()
    steps = [_step(row) for row in rows]
    if not rows and shown is not None:
        steps = [Step(ClockEventKind.SET, shown, asked_on=shown)]
    standing = replayed(steps, calendar)
    before = read(rows[-1].standing) if rows else known(session, entry_id, shown=shown).standing
    if standing == before:
        return None
    step = Step(ClockEventKind.RECKONED, clock.today()) if rows else steps[0]
    session.add(_row(entry_id, len(rows) + 1, step, standing, by, ""))
    session.flush()
    return standing


def history(session: Session, entry_id: int, *, calendar: Calendar) -> list[ClockLine]:
    """All events of a clock, oldest first; the caller got the entry through `registry.get`."""
    rows = session.scalars(_of(entry_id)).all()
    people = organization.names(session, [row.user_id for row in rows])
    return [_line(row, people.get(row.user_id or 0, ""), calendar) for row in rows]


def _of(entry_id: int) -> Select[ClockEvent]:
    return select(ClockEvent).where(ClockEvent.entry_id == entry_id).order_by(ClockEvent.position)


def _step(row: ClockEvent) -> Step:
    return Step(
        kind=ClockEventKind(row.kind),
        on=row.happened_on,
        starts_on=row.starts_on,
        days=row.days,
        unit=DayUnit(row.unit) if row.unit else None,
        is_statutory=row.is_statutory,
        asked_on=row.asked_on,
    )


def _row(
    entry_id: int, position: int, step: Step, standing: Standing, by: Principal, reason: str
) -> ClockEvent:
    return ClockEvent(
        entry_id=entry_id,
        position=position,
        kind=step.kind,
        happened_on=step.on,
        starts_on=step.starts_on,
        days=step.days,
        unit=step.unit,
        is_statutory=step.is_statutory,
        asked_on=step.asked_on,
        reason=reason,
        standing=standing.as_json(),
        due_on=standing.due_on,
        user_id=by.user_id,
    )


def _line(row: ClockEvent, person: str, calendar: Calendar) -> ClockLine:
    step, standing = _step(row), read(row.standing)
    asked = step.asked_on
    if step.kind is ClockEventKind.STARTED:
        first, unit = step.starts_on or step.on, step.unit or DayUnit.CALENDAR
        asked = calendar.end(first, step.days or 0, unit)
    ends = standing.target_on or standing.limit_on
    is_moved = asked is not None and ends is not None and asked != ends
    return ClockLine(
        position=row.position,
        kind=step.kind,
        on=step.on,
        starts_on=step.starts_on,
        days=step.days,
        unit=step.unit,
        is_statutory=step.is_statutory,
        asked_on=asked,
        due_on=row.due_on if step.kind is not ClockEventKind.FORWARDED else standing.theirs_on,
        reason=row.reason,
        person=person,
        at=row.at,
        is_moved=is_moved,
        moved_for=calendar.holiday(asked) if is_moved and asked else None,
    )
