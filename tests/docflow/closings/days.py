"""Days of the past in which letters are registered, and the closing of them."""

from contextlib import AbstractContextManager
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow import clock, closings
from docflow.closings.days import DueDay, due
from docflow.office import Office
from docflow.registry import Book, Entry
from tests import factories
from tests.factories import Town

MONDAY = date(2026, 2, 2)
TUESDAY, WEDNESDAY, THURSDAY, FRIDAY, SATURDAY, SUNDAY = (
    MONDAY + timedelta(days=n) for n in range(1, 7)
)
NEXT_MONDAY = MONDAY + timedelta(days=7)


def at(day: date, hour: int = 10, minute: int = 0) -> AbstractContextManager[None]:
    """Let it be this time of the office's day."""
    wall = datetime.combine(day, time(hour, minute), ZoneInfo(factories.ZONE))
    return clock.pretend(wall)


def letters(office: Office, town: Town, day: date, n: int = 1, **changes: object) -> list[Entry]:
    """`n` letters registered on a day."""
    with at(day), office.db.begin() as session:
        return [factories.letter(session, town, **changes) for _ in range(n)]


def close_until(office: Office, town: Town, day: date, *, book: str = "koino") -> int:
    """What the job of that day does; how many days it closed."""
    with at(day, 0, 5):
        return closings.close_due(office, town.books[book])


def waiting(office: Office, town: Town, day: date, *, book: str = "koino") -> list[DueDay]:
    with at(day, 9), office.db.read() as session:
        return due(session, session.get_one(Book, town.books[book]), settings=office.settings)


def registers(session: Session, town: Town, book: str = "koino") -> list[closings.DailyRegister]:
    return list(
        session.scalars(
            select(closings.DailyRegister)
            .where(closings.DailyRegister.book_id == town.books[book])
            .order_by(closings.DailyRegister.running)
        )
    )
