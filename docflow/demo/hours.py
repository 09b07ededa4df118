"""When the office works: Greek working days, half past seven to half past three."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from docflow import clock

OPENS = 7 * 60 + 30  # minutes after midnight
CLOSES = 15 * 60 + 30


class OfficeHours:
    """The working time of the office in its zone, over the years that the demo spans."""

    def __init__(self, zone: str, years: Iterable[int]) -> None:
        # Imported here: the library takes half a second, and the login page, which asks the demo
        # for its names, needs no holidays.
        from holidays import country_holidays

        self.zone = zone
        self._holidays = frozenset(country_holidays("GR", years=years))

    def is_working(self, day: date) -> bool:
        return day.weekday() < 5 and day not in self._holidays

    def days(self, first: date, last: date) -> list[date]:
        """The working days from `first` to `last`, both included."""
        span = (first + timedelta(days=n) for n in range((last - first).days + 1))
        return [day for day in span if self.is_working(day)]

    def at(self, day: date, minute: float) -> datetime:
        """The instant at so many minutes after the local midnight of `day`."""
        midnight = datetime.combine(day, time())
        wall = midnight + timedelta(minutes=minute)
        return wall.replace(tzinfo=ZoneInfo(self.zone)).astimezone(UTC)

    def after(self, instant: datetime, minutes: float) -> datetime:
        """The instant after so many minutes of work."""
        wall = clock.local(instant, self.zone)
        day, minute = wall.date(), wall.hour * 60 + wall.minute + wall.second / 60
        if not self.is_working(day) or minute >= CLOSES:
            day, minute = self.ahead(day, 1), OPENS
        minute = max(minute, OPENS) + minutes
        while minute >= CLOSES:
            day, minute = self.ahead(day, 1), minute - (CLOSES - OPENS)
        return self.at(day, minute)

    def ahead(self, day: date, count: int) -> date:
        """The working day that is `count` working days after `day`."""
        return self._step(day, count, timedelta(days=1))

    def back(self, day: date, count: int) -> date:
        """The working day that is `count` working days before `day`."""
        return self._step(day, count, timedelta(days=-1))

    def _step(self, day: date, count: int, one: timedelta) -> date:
        while count:
            day += one
            count -= self.is_working(day)
        return day
