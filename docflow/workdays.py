"""Working days: Monday to Friday but for holidays, those of the Orthodox Easter included.

National holidays come from the library `holidays`; what a body adds to them (the town's patron
saint, a day on which all work in place of another) is in its `Calendar`. Periods are counted as
Regulation 1182/71 art. 3 and art. 241-242 of the Greek Civil Code count them: the day of the event
is not counted, and a period that would end on a holiday ends on the next working day.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import cache

_LONGEST = 10_000  # days that are looked at; no period of ours is longer
_NAMED_IN = {"GR": ("el", "en_US"), "HU": ("hu", "en_US"), "CZ": ("cs", "en_US")}


class Country(StrEnum):
    """Whose national holidays hold."""

    GREECE = "GR"
    HUNGARY = "HU"
    CZECHIA = "CZ"


class DayUnit(StrEnum):
    """What a period is counted in."""

    WORKING = "working"
    CALENDAR = "calendar"


@dataclass(frozen=True, slots=True)
class OwnDay:
    """A day of the body's own: a holiday, or a working day in place of one.

    Either one date (`on`), or each year on `day`.`month` from `valid_from` to `valid_to`.
    """

    name: str
    is_working: bool = False
    on: date | None = None
    month: int = 0
    day: int = 0
    valid_from: date | None = None
    valid_to: date | None = None

    def falls_on(self, day: date) -> bool:
        if self.on is not None:
            return self.on == day
        return (
            (day.month, day.day) == (self.month, self.day)
            and (self.valid_from is None or self.valid_from <= day)
            and (self.valid_to is None or day <= self.valid_to)
        )


@dataclass(frozen=True, slots=True)
class Calendar:
    """The working days of a body."""

    country: Country = Country.GREECE
    own: tuple[OwnDay, ...] = ()

    def is_working(self, day: date) -> bool:
        """Whether offices work on this day. What the body says of its own counts first."""
        for one in self.own:
            if one.is_working and one.falls_on(day):
                return True
        if self.holiday(day) is not None:
            return False
        return day.weekday() < 5 or day in _national(self.country, day.year).worked

    def holiday(self, day: date, language: str = "el") -> str | None:
        """The name of the holiday that falls on the day; None where none does."""
        for one in self.own:
            if one.falls_on(day):
                return None if one.is_working else one.name
        names = _national(self.country, day.year).names
        local, english = _NAMED_IN[self.country]
        return names[english if language == "en" else local].get(day)

    def next_working_day(self, day: date) -> date:
        """The first working day after this one."""
        return self.at_or_after(day + timedelta(days=1))

    def at_or_after(self, day: date) -> date:
        """The day itself where it is a working day, else the next that is one."""
        for _ in range(_LONGEST):
            if self.is_working(day):
                return day
            day += timedelta(days=1)
        raise ValueError("a calendar without working days")

    def end(self, first: date, days: int, unit: DayUnit) -> date:
        """The day on which so many days after `first` are over; the first day is not counted.

        May be a holiday where the days are calendar days: see `at_or_after`.
        """
        if unit is DayUnit.CALENDAR:
            return first + timedelta(days=days)
        for _ in range(days):
            first = self.next_working_day(first)
        return first

    def count(self, first: date, last: date, unit: DayUnit) -> int:
        """How many days lie after `first` up to `last`; 0 where `last` is not later."""
        span = max(0, (last - first).days)
        if unit is DayUnit.CALENDAR:
            return span
        return sum(self.is_working(first + timedelta(days=n)) for n in range(1, span + 1))

    def before(self, day: date, count: int) -> date:
        """The working day that is so many working days before the day."""
        while count:
            day -= timedelta(days=1)
            count -= self.is_working(day)
        return day

    def holidays(self, year: int, language: str = "el") -> list[tuple[date, str]]:
        """All days of the year that bear the name of a holiday, in order."""
        first = date(year, 1, 1)
        days = (first + timedelta(days=n) for n in range((date(year + 1, 1, 1) - first).days))
        return [(day, name) for day in days if (name := self.holiday(day, language)) is not None]


@dataclass(frozen=True, slots=True)
class _National:
    """A country's holidays of a year by language, and weekend days that all work in exchange."""

    names: Mapping[str, Mapping[date, str]]
    worked: frozenset[date]


@cache
def _national(country: Country, year: int) -> _National:
    # Imported here: the library takes half a second, and most processes need no holidays.
    from holidays import country_holidays

    found = {
        language: country_holidays(country.value, years=year, language=language)
        for language in _NAMED_IN[country]
    }
    some = next(iter(found.values()))
    return _National(
        {language: dict(days) for language, days in found.items()},
        frozenset(some.weekend_workdays),
    )
