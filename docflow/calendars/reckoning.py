"""How the clock of an entry stands after what happened to it: no database, only days.

The rule is that of ν. 2690/1999 art. 4: the period begins when the application reaches the
competent body, stands still while the applicant must bring something, and begins anew at the body
to which an application is forwarded. How many days it has is said in the body's terms.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Any

from docflow.calendars.models import ClockEventKind
from docflow.workdays import Calendar, DayUnit


class ClockState(StrEnum):
    NONE = "none"  # no deadline
    RUNNING = "running"
    SUSPENDED = "suspended"
    FORWARDED = "forwarded"  # it runs at another body


@dataclass(frozen=True, slots=True)
class Standing:
    """How a clock stands. `limit_on` is the end of the period; `target_on` the nearer day that the
    head set within a statutory one; `theirs_on` when the competent body's own period ends.
    """

    state: ClockState = ClockState.NONE
    starts_on: date | None = None
    days: int | None = None
    unit: DayUnit = DayUnit.CALENDAR
    is_statutory: bool = False
    limit_on: date | None = None
    target_on: date | None = None
    suspended_on: date | None = None
    remaining: int | None = None  # days that are left while it stands still
    extended_days: int = 0
    extensions: int = 0
    theirs_on: date | None = None

    @property
    def due_on(self) -> date | None:
        """The day until when; None where there is none, or while the clock stands still."""
        if self.state is ClockState.SUSPENDED or self.remaining is not None:
            return None
        return self.target_on or self.limit_on

    @property
    def is_suspended(self) -> bool:
        return self.state is ClockState.SUSPENDED

    def as_json(self) -> dict[str, Any]:
        """What differs from no clock at all; days as ISO dates."""
        said = {name: getattr(self, name) for name in self.__slots__}
        plain = {name: getattr(Standing(), name) for name in self.__slots__}
        return {
            name: value.isoformat() if isinstance(value, date) else value
            for name, value in said.items()
            if value != plain[name]
        }


def read(stored: Mapping[str, Any]) -> Standing:
    """A stored standing."""
    days = {"starts_on", "limit_on", "target_on", "suspended_on", "theirs_on"}
    said: dict[str, Any] = {
        name: date.fromisoformat(value) if name in days else value for name, value in stored.items()
    }
    if "state" in said:
        said["state"] = ClockState(said["state"])
    if "unit" in said:
        said["unit"] = DayUnit(said["unit"])
    return Standing(**said)


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happens to a clock; `on` is the day in the office."""

    kind: ClockEventKind
    on: date
    starts_on: date | None = None
    days: int | None = None
    unit: DayUnit | None = None
    is_statutory: bool = False
    asked_on: date | None = None


def after(standing: Standing, step: Step, calendar: Calendar) -> Standing:
    """How the clock stands after the step. The caller has asked whether the step is allowed."""
    match step.kind:
        case ClockEventKind.STARTED:
            return _started(step, calendar)
        case ClockEventKind.SET:
            return _set(standing, step, calendar)
        case ClockEventKind.SUSPENDED:
            left = calendar.count(step.on, standing.limit_on or step.on, standing.unit)
            return replace(
                standing,
                state=ClockState.SUSPENDED,
                suspended_on=step.on,
                remaining=left,
                target_on=None,
            )
        case ClockEventKind.RESUMED:
            ends = calendar.end(step.on, standing.remaining or 0, standing.unit)
            return replace(
                standing,
                state=ClockState.RUNNING,
                suspended_on=None,
                remaining=None,
                limit_on=calendar.at_or_after(ends),
            )
        case ClockEventKind.EXTENDED:
            days = step.days or 0
            ends = calendar.end(standing.limit_on or step.on, days, standing.unit)
            return replace(
                standing,
                limit_on=calendar.at_or_after(ends),
                target_on=None,
                extended_days=standing.extended_days + days,
                extensions=standing.extensions + 1,
            )
        case ClockEventKind.FORWARDED:
            theirs = _started(step, calendar).limit_on if step.days is not None else None
            return replace(standing, state=ClockState.FORWARDED, theirs_on=theirs)
        case ClockEventKind.TAKEN_BACK:
            state = ClockState.RUNNING if standing.limit_on else ClockState.NONE
            if standing.remaining is not None:
                state = ClockState.SUSPENDED
            return replace(standing, state=state, theirs_on=None)
        case ClockEventKind.RECKONED:
            return standing


def replayed(steps: Iterable[Step], calendar: Calendar) -> Standing:
    """How the clock stands, computed from the beginning by the calendar as it is now."""
    standing = Standing()
    for step in steps:
        standing = after(standing, step, calendar)
    return standing


def _started(step: Step, calendar: Calendar) -> Standing:
    first, unit = step.starts_on or step.on, step.unit or DayUnit.CALENDAR
    ends = calendar.end(first, step.days or 0, unit)
    return Standing(
        state=ClockState.RUNNING,
        starts_on=first,
        days=step.days,
        unit=unit,
        is_statutory=step.is_statutory,
        limit_on=calendar.at_or_after(ends),
    )


def _set(standing: Standing, step: Step, calendar: Calendar) -> Standing:
    day = calendar.at_or_after(step.asked_on) if step.asked_on else None
    if standing.is_statutory:
        return replace(standing, target_on=day)
    if day is None:
        return Standing()
    return Standing(state=ClockState.RUNNING, starts_on=step.on, limit_on=day)
