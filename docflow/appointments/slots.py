"""The hours that a calendar offers on a day, by the wall clock of the office.

An appointment at ten is at ten, before and after the change to summer time. Of the hour that is
left out in March nothing is offered; the hour that comes twice in October is offered once, the
first time. Working days and holidays are the body's (`docflow.calendars`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow import calendars, clock
from docflow.appointments.models import (
    TAKES_PLACE,
    Appointment,
    DiaryCalendar,
    DiaryException,
)

Hours = tuple[int, int]  # minutes of the day: first, and end


@dataclass(frozen=True, slots=True)
class Slot:
    """A time that can be had; `free` places of `places`."""

    starts_at: datetime
    ends_at: datetime
    places: int
    taken: frozenset[int]  # the numbers of its places that somebody has

    @property
    def free(self) -> int:
        return max(0, self.places - len(self.taken))

    @property
    def place(self) -> int | None:
        """The first place that nobody has; None where all are taken."""
        return next((n for n in range(1, self.places + 1) if n not in self.taken), None)


def on_day(session: Session, calendar: DiaryCalendar, day: date) -> list[Slot]:
    """All slots of the day, also those that are full or over."""
    return between(session, calendar, day, day)


def between(session: Session, calendar: DiaryCalendar, first: date, last: date) -> list[Slot]:
    """All slots from the first day to the last, in order."""
    working = calendars.of(session, calendar.body_id)
    exceptions: dict[date, list[DiaryException]] = {}
    for row in session.scalars(
        select(DiaryException).where(
            DiaryException.calendar_id == calendar.id,
            DiaryException.on_date.between(first, last),
            DiaryException.removed_at.is_(None),
        )
    ):
        exceptions.setdefault(row.on_date, []).append(row)
    here = zone()
    times = [
        time
        for n in range((last - first).days + 1)
        for time in cut(
            hours_of(calendar, first + timedelta(days=n), working, exceptions),
            calendar.minutes,
            first + timedelta(days=n),
            here,
        )
    ]
    return _with_taken(session, calendar, times)


def hours_of(
    calendar: DiaryCalendar,
    day: date,
    working: calendars.Calendar,
    exceptions: dict[date, list[DiaryException]],
) -> list[tuple[Hours, list[Hours]]]:
    """The opening hours of a day, each with the hours that are closed on it."""
    opened: list[Hours] = []
    if working.is_working(day):
        opened = [
            (start, end) for weekday, start, end in calendar.week if weekday == day.isoweekday()
        ]
    closed: list[Hours] = []
    for row in exceptions.get(day, ()):
        hours = (row.from_minute or 0, row.to_minute or 24 * 60)
        (closed if row.is_closed else opened).append(hours)
    return [(hours, closed) for hours in sorted(set(opened))]


def cut(
    opened: Sequence[tuple[Hours, Sequence[Hours]]], minutes: int, day: date, here: tzinfo
) -> list[tuple[datetime, datetime]]:
    """The times of a day, as instants: each opening from its begin in steps of so many minutes."""
    found: dict[datetime, datetime] = {}
    end_before = datetime.min.replace(tzinfo=UTC)
    for (start, end), closed in opened:
        for minute in range(start, end - minutes + 1, minutes):
            if any(minute < shut and begin < minute + minutes for begin, shut in closed):
                continue
            starts_at = _instant(day, minute, here)
            if starts_at is None or starts_at < end_before:
                continue  # of the hour that is left out, or within another opening's slot
            found[starts_at] = end_before = starts_at + timedelta(minutes=minutes)
    return list(found.items())


def _instant(day: date, minute: int, here: tzinfo) -> datetime | None:
    """The instant of a time of the wall clock; None for one that the clock leaves out."""
    wall = datetime.combine(day, datetime.min.time()) + timedelta(minutes=minute)
    instant = wall.replace(tzinfo=here).astimezone(UTC)
    return instant if instant.astimezone(here).replace(tzinfo=None) == wall else None


def zone() -> tzinfo:
    """That of the office's wall clock."""
    return clock.local(clock.now()).tzinfo or UTC


def midnight(day: date) -> datetime:
    """The instant at which the day begins in the office."""
    return datetime.combine(day, datetime.min.time(), zone())


def _with_taken(
    session: Session, calendar: DiaryCalendar, times: list[tuple[datetime, datetime]]
) -> list[Slot]:
    if not times:
        return []
    rows = session.execute(
        select(Appointment.starts_at, Appointment.ends_at, Appointment.place_number).where(
            Appointment.calendar_id == calendar.id,
            Appointment.state.in_([str(state) for state in TAKES_PLACE]),
            Appointment.starts_at < times[-1][1],
            # No appointment is longer than a working day.
            Appointment.starts_at > times[0][0] - timedelta(days=1),
        )
    ).all()
    by_day: dict[date, list[tuple[datetime, datetime, int]]] = {}
    for starts_at, ends_at, place in rows:
        by_day.setdefault(starts_at.astimezone(UTC).date(), []).append((starts_at, ends_at, place))
    return [
        Slot(
            starts_at,
            ends_at,
            calendar.places,
            frozenset(
                place
                for near in (starts_at.date() - timedelta(days=1), starts_at.date(), ends_at.date())
                for begin, end, place in by_day.get(near, ())
                if begin < ends_at and starts_at < end
            ),
        )
        for starts_at, ends_at in times
    ]


def bookable(
    session: Session,
    calendar: DiaryCalendar,
    *,
    by_citizen: bool,
    first: date | None = None,
    days: int = 366,
) -> list[Slot]:
    """The slots with a free place that can be had now, from the day `first` on.

    A citizen keeps the calendar's lead time; the staff books until the hour itself.
    """
    if not calendar.is_open or (by_citizen and not calendar.is_public):
        return []
    today = clock.today()
    begin = max(today, first or today)
    last = min(begin + timedelta(days=days - 1), today + timedelta(days=calendar.horizon_days))
    earliest = clock.now() + timedelta(hours=calendar.lead_hours if by_citizen else 0)
    if last < begin:
        return []
    return [
        slot
        for slot in between(session, calendar, begin, last)
        if slot.free and slot.starts_at >= earliest
    ]
