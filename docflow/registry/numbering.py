"""Giving numbers: one unbroken series a book and year, from a locked row, in the year of the place.

The number is taken last in the caller's transaction, so that a rollback gives it back; the time is
read after the lock and never lies before the previous entry's, so that times follow numbers.
Source: ν. 2690/1999 art. 12 («κατ' αύξοντα αριθμό»), ν. 4727/2020 art. 19; domain rows 1 to 4.
"""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from docflow import clock
from docflow.errors import Conflict
from docflow.i18n import t
from docflow.registry.models import Book, BookYear


class YearClosed(Conflict):
    """The book of this year is closed; it takes no more numbers."""


def take(session: Session, book: Book, *, zone: str) -> tuple[int, int, datetime]:
    """The next (year, number) of the book, and the instant of registration.

    Holds the book-year's row until the caller's transaction ends. Raises YearClosed.
    """
    year = clock.local(clock.now(), zone).year
    while True:
        last_number, last_time, closed_at = _lock(session, book.id, year)
        now = clock.now()
        if clock.local(now, zone).year > year:  # midnight of New Year passed while we waited
            year += 1
            continue
        if closed_at is not None:
            raise YearClosed(
                t("The book “{book}” of {year} is closed.", book=book.title, year=year)
            )
        number, instant = last_number + 1, max(now, last_time or now)
        # At once and not at the next flush: a trigger compares the entry with its series.
        session.execute(
            update(BookYear)
            .where(BookYear.book_id == book.id, BookYear.year == year)
            .values(last_number=number, last_registered_at=instant)
            .execution_options(synchronize_session=False)
        )
        return year, number, instant


Series = tuple[int, datetime | None, datetime | None]


def _lock(session: Session, book_id: int, year: int) -> Series:
    """Last number, last time and time of closing of the series, its row held."""
    query = (
        select(BookYear.last_number, BookYear.last_registered_at, BookYear.closed_at)
        .where(BookYear.book_id == book_id, BookYear.year == year)
        .with_for_update()
    )
    row = session.execute(query).first()
    if row is None:
        # The first entry of a year opens its series; two at once insert one row.
        session.execute(
            insert(BookYear).values(book_id=book_id, year=year).on_conflict_do_nothing()
        )
        row = session.execute(query).one()
    return row.last_number, row.last_registered_at, row.closed_at
