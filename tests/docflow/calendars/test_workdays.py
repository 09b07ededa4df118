"""Working days: national ones, those of the Orthodox Easter, and a body's own."""

from datetime import date

import pytest

from docflow.workdays import Calendar, Country, DayUnit, OwnDay

MAUNDY_THURSDAY = date(2026, 4, 9)


def test_the_orthodox_easter_is_kept() -> None:
    calendar = Calendar()
    assert calendar.holiday(date(2026, 4, 10)) == "Μεγάλη Παρασκευή"
    assert calendar.holiday(date(2026, 4, 13), "en") == "Easter Monday"
    assert calendar.holiday(date(2026, 6, 1)) == "Δευτέρα του Αγίου Πνεύματος"
    assert calendar.end(MAUNDY_THURSDAY, 1, DayUnit.WORKING) == date(2026, 4, 14)
    assert calendar.before(date(2026, 4, 14), 1) == MAUNDY_THURSDAY
    assert calendar.count(MAUNDY_THURSDAY, date(2026, 4, 14), DayUnit.WORKING) == 1
    assert calendar.count(MAUNDY_THURSDAY, date(2026, 4, 14), DayUnit.CALENDAR) == 5


@pytest.mark.parametrize(
    ("country", "day", "works"),
    [
        (Country.CZECHIA, date(2026, 4, 10), True),  # the Western Easter was a week before
        (Country.CZECHIA, date(2026, 4, 6), False),
        (Country.HUNGARY, date(2026, 10, 23), False),
        (Country.HUNGARY, date(2026, 1, 2), False),  # free in exchange …
        (Country.HUNGARY, date(2026, 1, 10), True),  # … for a Saturday on which all work
    ],
)
def test_each_country_has_its_holidays(country: Country, day: date, works: bool) -> None:
    assert Calendar(country).is_working(day) is works


def test_the_day_of_the_patron_saint_holds_each_year_of_its_validity() -> None:
    saint = OwnDay("Πολιούχος", month=11, day=30, valid_from=date(2026, 1, 1))
    calendar = Calendar(own=(saint,))
    assert calendar.is_working(date(2023, 11, 30))
    assert not calendar.is_working(date(2026, 11, 30))
    assert calendar.at_or_after(date(2026, 11, 28)) == date(2026, 12, 1)


def test_a_working_day_of_its_own_counts_before_holiday_and_weekend() -> None:
    own = (
        OwnDay("Απογραφή", is_working=True, on=date(2026, 10, 28)),
        OwnDay("Εκλογές", is_working=True, on=date(2026, 10, 31)),
        OwnDay("Έκτακτη αργία", on=date(2026, 10, 29)),
    )
    calendar = Calendar(own=own)
    worked = [calendar.is_working(date(2026, 10, day)) for day in (28, 29, 30, 31)]
    assert worked == [True, False, True, True]
    assert calendar.holiday(date(2026, 10, 28)) is None
    assert (date(2026, 10, 29), "Έκτακτη αργία") in calendar.holidays(2026)
