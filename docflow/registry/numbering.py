"""Giving numbers: unbroken series of a book and year, from a locked row, in the year of the place.

The number is taken last in the caller's transaction, so that a rollback gives it back; the time is
read after the lock and never lies before the previous entry's, so that times follow numbers.
Source: ν. 2690/1999 art. 12 («κατ' αύξοντα αριθμό»), ν. 4727/2020 art. 19; domain rows 1 to 4, 6,
9 and 10. The triggers of migration 0003 hold all of it against direct SQL.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from docflow import clock
from docflow.errors import Conflict
from docflow.i18n import t
from docflow.registry import masks
from docflow.registry.models import Book, BookYear, Direction, Entry, YearState
from docflow.registry.policies import Policy, Scheme, policy_of, series_of

_COUNTERS = {
    "common": "last_number",
    "incoming": "last_incoming",
    "outgoing": "last_outgoing",
    "internal": "last_internal",
}


class YearClosed(Conflict):
    """The book of this year is closed; it takes no more numbers."""


class YearNotOpened(Conflict):
    """This book is opened by hand each year, and nobody opened it yet."""


class BookClosed(Conflict):
    """The book is closed for good."""


@dataclass(frozen=True, slots=True)
class Given:
    """A number that its series gave: it must be used in the same transaction."""

    year: int
    series: str
    number: int
    sub_number: int
    label: str
    instant: datetime
    uses_arrivals: bool  # of the year: each incoming document has an arrival number too


def take(
    session: Session,
    book: Book,
    *,
    direction: Direction,
    zone: str,
    case: int | None = None,
    shares: Entry | None = None,
) -> Given:
    """The next number of the book, and the instant of registration.

    In a book of cases `case` is the number of an open case of this year, which gives its next
    sub-number; without it a new case begins. `shares` is the entry whose number is taken again
    (the caller checked that it may be). Holds the book-year's row until the caller's transaction
    ends. Raises YearClosed, YearNotOpened, BookClosed.
    """
    if book.closed_at is not None:
        raise BookClosed(t("The book “{book}” is closed for good.", book=book.title))
    year = clock.local(clock.now(), zone).year
    while True:
        row = locked(session, book, year)
        now = clock.now()
        if clock.local(now, zone).year > year:  # midnight of New Year passed while we waited
            year += 1
            continue
        _require_open(row, book)
        return _give(session, book, row, now, direction, zone, case, shares)


def take_in(session: Session, book: Book, year: int) -> tuple[datetime, bool]:
    """The instant at which a number that was taken before gets its entry; `Given.uses_arrivals`.

    Holds the book-year's row; its time moves on. Raises YearClosed.
    """
    row = locked(session, book, year)
    _require_open(row, book)
    instant = max(clock.now(), row.last_registered_at or clock.now())
    _move(session, row, {"last_registered_at": instant})
    return instant, row.uses_arrivals


def locked(session: Session, book: Book, year: int) -> BookYear:
    """The book's year, held until the transaction ends; opened by itself where the book says so.

    Raises YearNotOpened.
    """
    query = (
        select(BookYear)
        .where(BookYear.book_id == book.id, BookYear.year == year)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    row = session.scalar(query)
    if row is None:
        if book.opens_by_hand:
            raise YearNotOpened(
                t(
                    "The book “{book}” of {year} is not opened. "
                    "The head of the registry opens it on the page “Books”.",
                    book=book.title,
                    year=year,
                )
            )
        # The first entry of a year opens it with the book's policy; two at once insert one row.
        open_row(session, book, year, policy=policy_of(book), opened_by=None)
        row = session.scalars(query).one()
    return row


def open_row(
    session: Session, book: Book, year: int, *, policy: Policy, opened_by: int | None
) -> bool:
    """Begin a year of the book; false where it was begun before."""
    done = session.execute(
        insert(BookYear)
        .values(
            book_id=book.id,
            year=year,
            numbering=policy.numbering,
            scheme=policy.scheme,
            shares_numbers=policy.shares_numbers,
            first_number=policy.first_number,
            mask=policy.mask,
            uses_arrivals=policy.uses_arrivals,
            opened_at=clock.now(),
            opened_by=opened_by,
        )
        .on_conflict_do_nothing()
        .returning(BookYear.year)
    )
    return done.first() is not None


def last_of(row: BookYear, series: str) -> int:
    """The last number that the series of this year gave; `first_number` - 1 before the first."""
    last: int = getattr(row, _COUNTERS[series])
    return last


def _require_open(row: BookYear, book: Book) -> None:
    if row.closed_at is not None or row.state != YearState.OPEN:
        raise YearClosed(
            t("The book “{book}” of {year} is closed.", book=book.title, year=row.year)
        )


def _give(
    session: Session,
    book: Book,
    row: BookYear,
    now: datetime,
    direction: Direction,
    zone: str,
    case: int | None,
    shares: Entry | None,
) -> Given:
    policy = policy_of(row)
    series = series_of(policy, direction)
    instant = max(now, row.last_registered_at or now)
    moved: dict[str, object] = {"last_registered_at": instant}
    number, sub_number = last_of(row, series) + 1, 1 if policy.scheme is Scheme.CASE else 0
    if shares is not None:
        number = shares.number
    elif case is not None:
        number, sub_number = case, _next_sub_number(session, row, case)
    else:
        moved[_COUNTERS[series]] = number
    _move(session, row, moved)
    label = masks.render(
        policy.mask,
        number=number,
        sub_number=sub_number,
        year=row.year,
        day=clock.local(instant, zone).date(),
        direction=direction,
        book=book.code,
    )
    return Given(row.year, series, number, sub_number, label, instant, row.uses_arrivals)


def _next_sub_number(session: Session, row: BookYear, case: int) -> int:
    """The row of the year is held, so nobody else takes it."""
    last = session.scalar(
        select(func.max(Entry.sub_number)).where(
            Entry.book_id == row.book_id,
            Entry.year == row.year,
            Entry.series == "common",
            Entry.number == case,
            Entry.shares_number_of.is_(None),
        )
    )
    return (last or 0) + 1


def _move(session: Session, row: BookYear, values: dict[str, object]) -> None:
    # At once and not at the next flush: a trigger compares the entry with its series.
    session.execute(
        update(BookYear)
        .where(BookYear.book_id == row.book_id, BookYear.year == row.year)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
