"""The list of a day: who comes when, and what is free."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from docflow.appointments import changing, keeping, slots
from docflow.appointments.models import TAKES_PLACE, Appointment, DiaryCalendar
from docflow.principal import Principal


@dataclass(frozen=True, slots=True)
class Hour:
    """One time of a day with those who come; `free` places beside them."""

    starts_at: datetime
    ends_at: datetime
    free: int
    rows: Sequence[Appointment]


@dataclass(frozen=True, slots=True)
class DayList:
    """A calendar on one day."""

    calendar: DiaryCalendar
    hours: Sequence[Hour]
    called_off: Sequence[Appointment]  # they wait for a new time

    @property
    def booked(self) -> int:
        return sum(len(hour.rows) for hour in self.hours)

    @property
    def free(self) -> int:
        return sum(hour.free for hour in self.hours)


def day_lists(
    session: Session, day: date, *, calendar_id: int | None = None, by: Principal
) -> list[DayList]:
    """The calendars that the person sees on this day, or the one that is named.

    What was booked in hours that are not those of the week any more stands there all the same.
    """
    chosen = [
        row
        for row in keeping.listing(session, by=by)
        if keeping.may_see(by, row) and calendar_id in (None, row.id)
    ]
    rows = changing.on_days(session, [row.id for row in chosen], day, day)
    found = []
    for calendar in chosen:
        mine = [row for row in rows if row.calendar_id == calendar.id]
        if not calendar.is_open and not mine and calendar_id is None:
            continue
        found.append(_list(session, calendar, day, mine))
    return found


def _list(
    session: Session, calendar: DiaryCalendar, day: date, rows: Sequence[Appointment]
) -> DayList:
    coming: dict[tuple[datetime, datetime], list[Appointment]] = {}
    for row in rows:
        if row.state in TAKES_PLACE:
            coming.setdefault((row.starts_at, row.ends_at), []).append(row)
    free = {
        (slot.starts_at, slot.ends_at): slot.free
        for slot in (slots.on_day(session, calendar, day) if calendar.is_open else ())
    }
    times = sorted({*coming, *free})
    return DayList(
        calendar,
        [Hour(*time, free.get(time, 0), coming.get(time, [])) for time in times],
        [row for row in rows if row.state not in TAKES_PLACE],
    )


def by_day(found: Sequence[slots.Slot]) -> list[tuple[date, list[slots.Slot]]]:
    """Slots under the day of the office on which they are."""
    here = slots.zone()
    days: dict[date, list[slots.Slot]] = {}
    for slot in found:
        days.setdefault(slot.starts_at.astimezone(here).date(), []).append(slot)
    return sorted(days.items())
