"""Working time: Greek holidays, weekends, and days that end at half past three."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from docflow.demo.hours import OfficeHours

ATHENS = ZoneInfo("Europe/Athens")


@pytest.fixture(scope="module")
def hours() -> OfficeHours:
    return OfficeHours("Europe/Athens", [2025, 2026])


@pytest.mark.parametrize(
    "day",
    [
        date(2026, 3, 25),  # Annunciation and day of the revolution
        date(2026, 4, 10),  # Orthodox Good Friday
        date(2026, 2, 23),  # Clean Monday
        date(2026, 11, 21),  # a Saturday
    ],
)
def test_the_office_is_closed(hours: OfficeHours, day: date) -> None:
    assert not hours.is_working(day)


@pytest.mark.parametrize(
    ("begun", "minutes", "done"),
    [
        ((2026, 11, 19, 9, 0), 60, (2026, 11, 19, 10, 0)),
        ((2026, 11, 19, 15, 0), 60, (2026, 11, 20, 8, 0)),
        ((2026, 11, 20, 15, 0), 60, (2026, 11, 23, 8, 0)),  # over a weekend
        ((2026, 11, 21, 12, 0), 15, (2026, 11, 23, 7, 45)),  # begun on a Saturday
        ((2026, 11, 19, 5, 0), 15, (2026, 11, 19, 7, 45)),  # begun before the office opens
        ((2026, 3, 27, 15, 0), 60, (2026, 3, 30, 8, 0)),  # over the change to summer time
        ((2026, 11, 19, 9, 0), 960, (2026, 11, 23, 9, 0)),  # two whole days
    ],
)
def test_work_ends_after_so_many_minutes_of_work(
    hours: OfficeHours, begun: tuple[int, ...], minutes: int, done: tuple[int, ...]
) -> None:
    year, month, day, hour, minute = begun
    instant = hours.after(datetime(year, month, day, hour, minute, tzinfo=ATHENS), minutes)
    year, month, day, hour, minute = done
    assert instant == datetime(year, month, day, hour, minute, tzinfo=ATHENS)
    assert instant.tzinfo is UTC


def test_working_days_are_counted_both_ways(hours: OfficeHours) -> None:
    assert hours.ahead(date(2026, 4, 9), 1) == date(2026, 4, 14)
    assert hours.back(date(2026, 4, 14), 1) == date(2026, 4, 9)
