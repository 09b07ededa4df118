"""When a timer goes off: periods and moments of a definition, in the time of the office.

A timer is written as `P10D` (ISO 8601: years to minutes), as `2026-12-31T14:00` (the wall clock of
the office) or as `working:10` (over when ten working days of the body are over).
"""

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from docflow import clock
from docflow.calendars import Calendar, DayUnit
from docflow.i18n import Text, t

MAX_DAYS = 3660
_PERIOD = re.compile(
    r"P(?:(?P<years>\d{1,2})Y)?(?:(?P<months>\d{1,3})M)?(?:(?P<weeks>\d{1,3})W)?"
    r"(?:(?P<days>\d{1,4})D)?(?:T(?:(?P<hours>\d{1,4})H)?(?:(?P<minutes>\d{1,5})M)?)?"
)
_WORKING = re.compile(r"working:(\d{1,4})")


def problem(timer: str) -> Text | None:
    """What is wrong with a timer; None where it is good."""
    working = _WORKING.fullmatch(timer)
    if working:
        if 1 <= int(working[1]) <= MAX_DAYS:
            return None
        return t("Working days are between 1 and {max}.", max=MAX_DAYS)
    period = _PERIOD.fullmatch(timer)
    if period:
        if any(int(value or 0) for value in period.groups()):
            return None
        return t("“{timer}” is no time at all: a timer waits a minute at least.", timer=timer)
    try:
        datetime.fromisoformat(timer)
    except ValueError:
        return t(
            "“{timer}” is not a period (P10D, PT2H) or a moment (2026-12-31T14:00).",
            timer=timer[:40],
        )
    return None


def moment(timer: str, begin: datetime, calendar: Calendar, zone: str | None = None) -> datetime:
    """The instant at which a timer that began at `begin` goes off."""
    here = clock.local(begin, zone)
    working = _WORKING.fullmatch(timer)
    if working:
        last = calendar.end(here.date(), int(working[1]), DayUnit.WORKING)
        return _midnight(last + timedelta(days=1), here)
    period = _PERIOD.fullmatch(timer)
    if period is None:
        wanted = datetime.fromisoformat(timer)
        return (wanted if wanted.tzinfo else wanted.replace(tzinfo=here.tzinfo)).astimezone(UTC)
    parts = {name: int(value or 0) for name, value in period.groupdict().items()}
    day = _months_later(here.date(), parts["years"] * 12 + parts["months"])
    day += timedelta(days=parts["weeks"] * 7 + parts["days"])
    # Days are days of the wall clock, hours are hours: only these differ when the clocks change.
    then = datetime.combine(day, here.time(), here.tzinfo).astimezone(UTC)
    return then + timedelta(hours=parts["hours"], minutes=parts["minutes"])


def due_on(begin: datetime, days: int, *, is_working: bool, calendar: Calendar) -> date:
    """The last day for a task of so many days; never a holiday."""
    unit = DayUnit.WORKING if is_working else DayUnit.CALENDAR
    return calendar.at_or_after(calendar.end(clock.local(begin).date(), days, unit))


def _midnight(day: date, here: datetime) -> datetime:
    zone = here.tzinfo
    assert isinstance(zone, ZoneInfo)  # as `clock.local` makes it
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _months_later(day: date, months: int) -> date:
    """The same day so many months later, or the last of a shorter month."""
    if not months:
        return day
    year, month = divmod(day.month - 1 + months, 12)
    following = date(day.year + year + (month + 1) // 12, (month + 1) % 12 + 1, 1)
    return min(
        date(day.year + year, month + 1, 1) + timedelta(days=day.day - 1),
        following - timedelta(days=1),
    )
