"""What a calendar offers: hours as typed, holidays, days that differ, the change of summer time."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from docflow import appointments, clock
from docflow.appointments import BadHours, hours, slots
from tests.docflow.appointments.conftest import MONDAY, Desk

ATHENS = ZoneInfo("Europe/Athens")


@pytest.mark.parametrize(
    ("typed", "spans"),
    [
        ("", []),
        ("09:00-13:00", [(540, 780)]),
        ("9-13, 17:30–19", [(540, 780), (1050, 1140)]),
        ("8.30 - 24:00", [(510, 1440)]),
    ],
)
def test_hours_are_read_as_people_type_them(typed: str, spans: list[tuple[int, int]]) -> None:
    assert hours.read(typed, field="day1") == spans
    assert hours.read(hours.write(spans), field="day1") == spans


@pytest.mark.parametrize("typed", ["x", "13-9", "09:00-09:00", "9:75-10", "9-25", "9-12, 11-13"])
def test_hours_that_cannot_be_are_told(typed: str) -> None:
    with pytest.raises(BadHours) as refused:
        hours.read(typed, field="day1")
    assert refused.value.field == "day1"


def test_the_hours_of_the_week_are_cut_into_appointments(desk: Desk) -> None:
    found = slots.on_day(desk.session, desk.calendar, MONDAY.date())
    assert [slot.starts_at - MONDAY for slot in found] == [
        timedelta(minutes=20 * n) for n in range(3)
    ]
    assert {(slot.places, slot.free) for slot in found} == {(1, 1)}
    assert slots.on_day(desk.session, desk.calendar, date(2026, 12, 3)) == []  # no Thursday


def test_holidays_are_closed_unless_hours_are_opened(desk: Desk) -> None:
    holiday = date(2027, 1, 6)  # Epiphany, a Wednesday
    assert slots.on_day(desk.session, desk.calendar, holiday) == []
    appointments.keeping.open_day(
        desk.session, desk.calendar.id, holiday, "11-11:40", reason="", by=desk.head
    )
    shown = [
        clock.local(slot.starts_at).hour
        for slot in slots.on_day(desk.session, desk.calendar, holiday)
    ]
    assert shown == [11, 11]


def test_an_appointment_is_at_the_same_hour_after_the_clocks_change(desk: Desk) -> None:
    for day in (date(2027, 3, 22), date(2027, 3, 29)):  # Mondays around 28 March
        first = slots.on_day(desk.session, desk.calendar, day)[0].starts_at
        assert clock.local(first).hour == 9
    summer = slots.on_day(desk.session, desk.calendar, date(2027, 3, 29))[0].starts_at
    assert summer == datetime(2027, 3, 29, 6, 0, tzinfo=UTC)


def test_the_hour_that_is_left_out_is_not_offered_and_the_one_twice_there_once() -> None:
    opened: list[tuple[slots.Hours, list[slots.Hours]]] = [((2 * 60, 6 * 60), [])]
    spring = slots.cut(opened, 30, date(2027, 3, 28), ATHENS)
    assert [f"{start.astimezone(ATHENS):%H:%M}" for start, _ in spring] == [
        "02:00",
        "02:30",
        "04:00",
        "04:30",
        "05:00",
        "05:30",
    ]
    autumn = slots.cut(opened, 30, date(2027, 10, 31), ATHENS)
    assert len(autumn) == 8
    assert all(one[1] <= other[0] for one, other in pairwise(autumn))


def test_citizens_keep_the_lead_time_and_nobody_books_what_is_over(desk: Desk) -> None:
    with clock.pretend(MONDAY - timedelta(hours=2)):
        own = appointments.bookable(desk.session, desk.calendar, by_citizen=True)
        by_phone = appointments.bookable(desk.session, desk.calendar, by_citizen=False)
    assert own[0].starts_at.date() == date(2026, 12, 1)
    assert by_phone[0].starts_at == MONDAY
    with clock.pretend(MONDAY + timedelta(minutes=5)):
        later = appointments.bookable(desk.session, desk.calendar, by_citizen=False)
    assert later[0].starts_at == MONDAY + timedelta(minutes=20)
