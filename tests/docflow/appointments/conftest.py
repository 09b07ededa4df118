"""A calendar of the roads department, and a Monday on which its hours are free."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy.orm import Session

from docflow import appointments, clock
from docflow.appointments import Appointment, CalendarData, DiaryCalendar, Wanted
from docflow.principal import Principal
from tests.factories import Town

NOW = datetime(2026, 11, 26, 8, 0, tzinfo=UTC)  # Thursday, ten o'clock in Athens
MONDAY = datetime(2026, 11, 30, 7, 0, tzinfo=UTC)  # nine o'clock there


@dataclass(frozen=True)
class Desk:
    """A calendar with its clerk, his head, and who answers the telephone."""

    session: Session
    town: Town
    calendar: DiaryCalendar
    head: Principal
    engineer: Principal
    clerk: Principal

    def book(self, at: datetime = MONDAY, **changes: Any) -> Appointment:
        typed: dict[str, Any] = {
            "calendar_id": self.calendar.id,
            "starts_at": at,
            "full_name": "Ελένη Γεωργίου",
            "email": "eleni@example.gr",
        }
        return appointments.book(self.session, Wanted(**{**typed, **changes}), by=self.clerk)


def data(town: Town, **changes: Any) -> CalendarData:
    typed: dict[str, Any] = {
        "title": "Άδειες τομής οδοστρώματος",
        "unit_id": town.units["ΟΔΟΠ"],
        "week": {1: "09:00-10:00", 2: "09:00-10:00", 3: "9-10"},
        "minutes": 20,
    }
    return CalendarData(**{**typed, **changes})


@pytest.fixture
def thursday() -> Iterator[None]:
    with clock.pretend(NOW):
        yield


@pytest.fixture
def desk(session: Session, town: Town, thursday: None) -> Desk:
    head = town.person(session, "director")
    calendar = appointments.keeping.create(session, data(town), by=head)
    return Desk(
        session,
        town,
        calendar,
        head,
        town.person(session, "engineer"),
        town.person(session, "clerk"),
    )
