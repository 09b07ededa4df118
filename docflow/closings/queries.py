"""Closed days and years as people look at them: what waits, what is late, what was closed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from docflow import audit, clock, organization
from docflow.closings.access import books, may_close
from docflow.closings.days import DueDay, due
from docflow.closings.models import DailyRegister, YearClosing
from docflow.errors import NotFound
from docflow.i18n import t
from docflow.office import Office
from docflow.principal import Principal
from docflow.registry import Book, BookYear


class NoSuchRegister(NotFound):
    """The day has no register (yet)."""


class NoSuchClosing(NotFound):
    """The year of the book was not closed (yet)."""


@dataclass(frozen=True, slots=True)
class DayLine:
    """A closed day as a row of a list."""

    day: date
    identifier: str
    entries: int
    first_number: int | None
    last_number: int | None
    corrections: int
    annulments: int
    late: int  # entries registered on a later day than received
    content_sha256: str
    previous_sha256: str
    pdf_sha256: str
    pdf_size: int
    is_late: bool
    closed_at: datetime
    closed_by: str  # empty: by the system
    erased: frozenset[int]  # entries that it tells of and whose data were erased since


@dataclass(frozen=True, slots=True)
class YearLine:
    """A year of a book: open, closed, or taken over from an older register."""

    year: int
    state: str
    closed_at: datetime | None
    is_over: bool
    has_declaration: bool


@dataclass(frozen=True, slots=True)
class BookState:
    """How a book stands: its days that wait, its last register, its years."""

    book: Book
    waiting: Sequence[DueDay]
    overdue: int
    last: DayLine | None
    registers: int
    years: Sequence[YearLine]
    may_close: bool


def overview(session: Session, office: Office, *, by: Principal) -> list[BookState]:
    """The books whose closings the person may read."""
    return [state_of(session, office, book, by=by) for book in books(session, by)]


def state_of(session: Session, office: Office, book: Book, *, by: Principal) -> BookState:
    waiting = due(session, book, settings=office.settings)
    newest = listing(session, book, limit=1)
    return BookState(
        book=book,
        waiting=waiting,
        overdue=sum(one.is_overdue for one in waiting),
        last=newest[0] if newest else None,
        registers=session.scalar(
            select(func.count()).select_from(DailyRegister).where(DailyRegister.book_id == book.id)
        )
        or 0,
        years=_years(session, office, book),
        may_close=may_close(by, book),
    )


def listing(session: Session, book: Book, *, start: int = 0, limit: int = 50) -> list[DayLine]:
    """The closed days of a book, the newest first. The caller has checked the right."""
    rows = session.scalars(
        select(DailyRegister)
        .where(DailyRegister.book_id == book.id)
        .order_by(DailyRegister.running.desc())
        .offset(start)
        .limit(limit)
    ).all()
    return _lines(session, rows)


def register_of(session: Session, book: Book, day: date) -> tuple[DayLine, dict[str, Any]]:
    """A closed day with its content. Raises NoSuchRegister. The caller has checked the right."""
    row = session.scalar(
        select(DailyRegister).where(DailyRegister.book_id == book.id, DailyRegister.day == day)
    )
    if row is None:
        raise NoSuchRegister(t("There is no register of {day} yet.", day=f"{day:%d/%m/%Y}"))
    return _lines(session, [row])[0], row.content


def closing_of(session: Session, book: Book, year: int) -> YearClosing:
    """The act that closed a year. Raises NoSuchClosing. The caller has checked the right."""
    row = session.get(YearClosing, (book.id, year))
    if row is None:
        raise NoSuchClosing(
            t("The book “{book}” of {year} was not closed yet.", book=book.title, year=year)
        )
    return row


def _years(session: Session, office: Office, book: Book) -> list[YearLine]:
    this_year = clock.today(office.settings.zone).year
    rows = session.execute(
        select(BookYear, YearClosing.year)
        .outerjoin(
            YearClosing,
            (YearClosing.book_id == BookYear.book_id) & (YearClosing.year == BookYear.year),
        )
        .where(BookYear.book_id == book.id)
        .order_by(BookYear.year.desc())
    )
    return [
        YearLine(row.year, row.state, row.closed_at, row.year < this_year, closed is not None)
        for row, closed in rows
    ]


def _lines(session: Session, rows: Sequence[DailyRegister]) -> list[DayLine]:
    people = organization.names(session, (row.closed_by for row in rows))
    erased = audit.erased_subjects(session) if rows else set()
    return [
        DayLine(
            day=row.day,
            identifier=row.identifier,
            entries=row.entries,
            first_number=row.first_number,
            last_number=row.last_number,
            corrections=len(row.content["corrections"]),
            annulments=len(row.content["annulments"]),
            late=sum(1 for one in row.content["entries"] if one["late_days"]),
            content_sha256=row.content_sha256,
            previous_sha256=row.previous_sha256,
            pdf_sha256=row.pdf_sha256,
            pdf_size=row.pdf_size,
            is_late=row.is_late,
            closed_at=row.closed_at,
            closed_by=people.get(row.closed_by or 0, ""),
            erased=frozenset(_told_of(row.content) & erased if erased else ()),
        )
        for row in rows
    ]


def _told_of(content: Mapping[str, Any]) -> set[int]:
    lists = (content["entries"], content["corrections"], content["annulments"])
    return {int(one["id"]) for rows in lists for one in rows}
