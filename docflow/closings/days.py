"""Which days of a book are over and have no register yet, and until when they must have one.

Each working day has a register, also an empty one; another day has one where something happened.
A register is made by the next working day at the latest (DPCM 3-12-2013 art. 7 par. 5 as model).
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, Date, cast, func, select, union
from sqlalchemy.orm import InstrumentedAttribute, Session

from docflow import calendars, clock, registry
from docflow.calendars import Calendar
from docflow.closings.models import DailyRegister, DayWait, RegisterStart
from docflow.registry import Annulment, Book, BookYear, Correction, Entry, YearState
from docflow.settings import Settings

SETTLING = timedelta(minutes=1)  # clocks of several machines differ a little


@dataclass(frozen=True, slots=True)
class DueDay:
    """A day that is over and not closed; `problem` is what the last try met."""

    book_id: int
    day: date
    deadline: date
    is_overdue: bool
    problem: str = ""
    since: datetime | None = None


def due(session: Session, book: Book, *, settings: Settings) -> list[DueDay]:
    """The days of the book that wait for their register, the oldest first."""
    first = start_of(session, book, settings.zone)
    if first is None:
        return []
    closed = session.scalar(
        select(func.max(DailyRegister.day)).where(DailyRegister.book_id == book.id)
    )
    if closed is not None:
        first = max(first, closed + timedelta(days=1))
    over = clock.local(clock.now() - SETTLING, settings.zone).date()  # the first not over yet
    span = [first + timedelta(days=n) for n in range((over - first).days)]
    busy = _busy(session, book, first, settings.zone) if span else set()
    waits = {
        row.day: row for row in session.scalars(select(DayWait).where(DayWait.book_id == book.id))
    }
    calendar = calendars.of(session, book.body_id)
    found = []
    for day in span:
        if day in busy or calendar.is_working(day):
            wait, until = waits.get(day), deadline(day, calendar)
            found.append(
                DueDay(
                    book_id=book.id,
                    day=day,
                    deadline=until,
                    is_overdue=until < clock.today(settings.zone),
                    problem=wait.problem if wait else "",
                    since=wait.since if wait else None,
                )
            )
    return found


def deadline(day: date, calendar: Calendar) -> date:
    """The day by whose end the register of `day` stands: the next working day."""
    return calendar.next_working_day(day)


def start_of(session: Session, book: Book, zone: str) -> date | None:
    """The first day that has a register: as it was set, or that of the first own entry.

    Years that were taken over from an older register have none.
    """
    known = session.get(RegisterStart, book.id)
    if known is not None:
        return known.first_day
    own = select(BookYear.year).where(BookYear.book_id == book.id, BookYear.state == YearState.OPEN)
    at = session.scalar(
        select(Entry.registered_at)
        .where(Entry.book_id == book.id, Entry.year.in_(own))
        .order_by(Entry.year, Entry.registered_at)
        .limit(1)
    )
    return clock.local(at, zone).date() if at else None


def _busy(session: Session, book: Book, first: date, zone: str) -> set[date]:
    """The days since `first` on which something happened in the book."""
    since = registry.midnight(first, zone)

    def days_of(column: InstrumentedAttribute[datetime]) -> ColumnElement[date]:
        return cast(func.timezone(zone, column), Date)

    entries = select(days_of(Entry.registered_at)).where(
        Entry.book_id == book.id, Entry.registered_at >= since
    )
    annulments = (
        select(days_of(Annulment.annulled_at))
        .join(Entry, Entry.id == Annulment.entry_id)
        .where(Entry.book_id == book.id, Annulment.annulled_at >= since)
    )
    corrections = (
        select(days_of(Correction.corrected_at))
        .join(Entry, Entry.id == Correction.entry_id)
        .where(Entry.book_id == book.id, Correction.corrected_at >= since)
    )
    return set(session.scalars(union(entries, annulments, corrections)))
