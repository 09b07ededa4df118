"""The deadline that a head marks, and what the terms say when the priority of an item changes."""

from datetime import date

from sqlalchemy.orm import Session

from docflow import calendars, clock, kinds
from docflow.calendars import ClockEventKind, ClockState, Standing, Step
from docflow.errors import Conflict
from docflow.i18n import t
from docflow.principal import Principal
from docflow.registry import Entry, Handling, Priority
from docflow.routing.guards import BadDeadline, deadline


class ClockStandsStill(Conflict):
    """The deadline is suspended."""


def set_deadline(
    session: Session,
    entry: Entry,
    handling: Handling,
    *,
    due_on: date | None,
    priority: Priority,
    by: Principal,
) -> None:
    """Let the clock of the item follow the marking; the handling is held by the caller.

    A day on which nobody works moves to the next working day. Where the head left the day as it
    was and changed the priority, the period of the body's terms for the new one holds. A time
    limit of the law is not marked away: only a nearer day can be set within it.
    Raises BadDeadline, ClockStandsStill.
    """
    asked = deadline(due_on, handling.due_on)
    today = clock.today()
    standing = calendars.clocks.known(session, entry.id, shown=handling.due_on).standing
    # Without a day of the head's own, a time limit of the law is what it is.
    is_as_it_was = asked is None and standing.is_statutory and standing.target_on is None
    if is_as_it_was or asked == handling.due_on:
        if priority == handling.priority or handling.is_suspended:
            return
        step = _of_priority(session, entry, standing, priority, today)
        if step is None:
            return
    else:
        if standing.state is ClockState.SUSPENDED:
            raise ClockStandsStill(
                t("The deadline is suspended. Let it run on first, then set another day."),
                field="due_on",
            )
        if standing.is_statutory and asked and standing.limit_on and asked > standing.limit_on:
            raise BadDeadline(
                t(
                    "The law’s time limit ends on {day}. Extend it, with a reason, or mark a "
                    "nearer day.",
                    day=f"{standing.limit_on:%d/%m/%Y}",
                ),
                field="due_on",
            )
        step = Step(ClockEventKind.SET, today, asked_on=asked)
    handling.follow(_noted(session, entry, handling, step, by))


def _noted(
    session: Session, entry: Entry, handling: Handling, step: Step, by: Principal
) -> Standing:
    calendar = calendars.of(session, entry.body_id)
    return calendars.clocks.note(
        session, entry.id, step, calendar=calendar, by=by, shown=handling.due_on
    )


def _of_priority(
    session: Session, entry: Entry, standing: Standing, priority: Priority, today: date
) -> Step | None:
    """The period for another priority; None where the terms give none, or the clock was touched.

    A day that a person set, and a period that was suspended or extended, stay as they are.
    """
    untouched = Standing(
        state=ClockState.RUNNING,
        starts_on=standing.starts_on,
        days=standing.days,
        unit=standing.unit,
        is_statutory=standing.is_statutory,
        limit_on=standing.limit_on,
    )
    is_set = standing.limit_on is not None and standing.days is None
    if standing.state is not ClockState.NONE and (is_set or standing != untouched):
        return None
    kind = kinds.of_entry(session, entry.id)
    terms = calendars.terms.current(session, entry.body_id)[0]
    step = calendars.terms.period(
        terms,
        kind=kind.code if kind else "",
        priority=priority,
        kind_days=kind.definition.defaults.days if kind else None,
        first=clock.local(entry.received_at).date(),
        today=today,
    )
    same = (standing.days, standing.unit, standing.is_statutory)
    if step is None or (step.days, step.unit, step.is_statutory) == same:
        return None
    return step
