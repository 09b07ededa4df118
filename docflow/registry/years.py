"""The years of a book: opened, looked over, closed for good.

A year opens by itself with its first entry, so that midnight of New Year needs nobody, unless the
book is opened by hand. Closing is the last act; the database refuses every number after it. The
act around it (proof, declaration, seal) is the work of an upper package. Source: domain rows 4, 6,
22; IT88 art. 23 as model.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow import audit, clock
from docflow.errors import Conflict, Invalid
from docflow.i18n import t
from docflow.principal import Principal
from docflow.registry import books, numbering, reservations
from docflow.registry.access import may_read
from docflow.registry.models import Book, BookYear, YearState
from docflow.registry.policies import Numbering, Policy, policy_of

AHEAD = timedelta(minutes=10)  # a last number later than this is told; less is the clocks' play


class YearOpenAlready(Conflict):
    """The year of the book was opened before."""


class BadYear(Invalid):
    """A year is opened when it is the present one or the next."""


class YearNotOver(Conflict):
    """A year is closed when it is over."""


class NumbersPromised(Conflict):
    """Reserved numbers of the year are not used yet."""


class NoSuchYear(Conflict):
    """The book has no such year."""


@dataclass(frozen=True, slots=True)
class Year:
    """A year of a book as its page shows it."""

    book: str
    year: int
    policy: Policy
    lasts: dict[str, int]  # series: last number given
    given: int  # numbers given in all series; a shared number and sub-numbers do not count
    held: int  # reserved and not used
    opened_at: datetime
    last_registered_at: datetime | None
    closed_at: datetime | None
    state: str
    ahead_until: datetime | None  # the time that numbers bear until the clock comes up to it

    @property
    def is_open(self) -> bool:
        return self.closed_at is None and self.state == YearState.OPEN


def series_names(policy: Policy) -> tuple[str, ...]:
    """The series that a year with this policy has."""
    if policy.numbering is Numbering.COMMON:
        return ("common",)
    return ("incoming", "outgoing", "internal")


def listing(session: Session, book: Book, *, by: Principal) -> list[Year]:
    """The years of a book, the newest first; none where the person may not read it."""
    if not may_read(by, book):
        return []
    rows = session.scalars(
        select(BookYear).where(BookYear.book_id == book.id).order_by(BookYear.year.desc())
    )
    return [_year(session, book, row) for row in rows]


def find(session: Session, book: Book, year: int, *, by: Principal) -> Year:
    """One year of a book. Raises NoSuchYear."""
    row = session.get(BookYear, (book.id, year)) if may_read(by, book) else None
    if row is None:
        raise NoSuchYear(
            t("The book “{book}” has no year {year}.", book=book.title, year=year), field="year"
        )
    return _year(session, book, row)


def _year(session: Session, book: Book, row: BookYear) -> Year:
    policy = policy_of(row)
    lasts = {name: numbering.last_of(row, name) for name in series_names(policy)}
    return Year(
        book=book.code,
        year=row.year,
        policy=policy,
        lasts=lasts,
        given=sum(last - policy.first_number + 1 for last in lasts.values()),
        held=len(reservations.held_in(session, book.id, row.year)),
        opened_at=row.opened_at,
        last_registered_at=row.last_registered_at,
        closed_at=row.closed_at,
        state=row.state,
        ahead_until=_ahead(row),
    )


def _ahead(row: BookYear) -> datetime | None:
    """The time of the last number, where the clock was ahead when it was given.

    Times never fall while numbers rise, so the numbers of meanwhile bear it too: people must know.
    """
    last = row.last_registered_at
    is_ahead = last is not None and row.closed_at is None and last > clock.now() + AHEAD
    return last if is_ahead else None


def open_year(
    session: Session,
    book: Book,
    year: int,
    *,
    policy: Policy | None = None,
    by: Principal,
    zone: str,
) -> BookYear:
    """Open a year of the book, with its policy or another one.

    Raises NotAllowed, BadYear, YearOpenAlready, BadPolicy, BadMask, BookClosed.
    """
    by.require_scope("register")
    _require_keeper(book, by)
    if book.closed_at is not None:
        raise numbering.BookClosed(t("The book “{book}” is closed for good.", book=book.title))
    present = clock.local(clock.now(), zone).year
    if year not in (present, present + 1):
        raise BadYear(
            t("Only the year {year} or the next can be opened.", year=present), field="year"
        )
    policy = books.checked(policy or policy_of(book))
    if not numbering.open_row(session, book, year, policy=policy, opened_by=by.person_id):
        raise YearOpenAlready(
            t("The book “{book}” of {year} is open already.", book=book.title, year=year)
        )
    audit.record(
        session,
        "year.opened",
        by=by,
        subject=("book", book.id),
        book=book.code,
        year=year,
        mask=policy.mask,
        numbering=str(policy.numbering),
        scheme=str(policy.scheme),
        shares_numbers=policy.shares_numbers,
        first_number=policy.first_number,
    )
    return session.get_one(BookYear, (book.id, year))


def close_year(
    session: Session, book: Book, year: int, *, by: Principal, zone: str, **declared: Any
) -> BookYear:
    """Close a year for good; the caller proved before that nothing is missing in it.

    `declared` goes into the event: what the closing's declaration is known by.

    Raises NotAllowed, NoSuchYear, YearClosed, YearNotOver, NumbersPromised.
    """
    by.require_scope("annul")  # what a program needs for acts that cannot be undone
    _require_keeper(book, by)
    row = session.scalar(
        select(BookYear)
        .where(BookYear.book_id == book.id, BookYear.year == year)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise NoSuchYear(
            t("The book “{book}” has no year {year}.", book=book.title, year=year), field="year"
        )
    if row.closed_at is not None or row.state != YearState.OPEN:
        raise numbering.YearClosed(
            t("The book “{book}” of {year} is closed.", book=book.title, year=year)
        )
    if clock.local(clock.now(), zone).year <= year:
        raise YearNotOver(t("The year {year} is not over yet.", year=year), field="year")
    promised = reservations.held_in(session, book.id, year)
    if promised:
        raise NumbersPromised(
            t(
                "{n} reserved numbers of {year} are not used: {labels}",
                n=len(promised),
                year=year,
                labels=", ".join(one.label for one in promised[:10]),
            )
        )
    row.closed_at, row.closed_by = clock.now(), by.person_id
    session.flush()
    audit.record(
        session,
        "year.closed",
        by=by,
        subject=("book", book.id),
        book=book.code,
        year=year,
        last={name: numbering.last_of(row, name) for name in series_names(policy_of(row))},
        **declared,
    )
    return row


def open_now(session: Session, book: Book, *, zone: str) -> bool:
    """Whether a document could be registered in the book at this moment."""
    if book.closed_at is not None:
        return False
    row = session.get(BookYear, (book.id, clock.local(clock.now(), zone).year))
    if row is None:
        return not book.opens_by_hand
    return row.closed_at is None and row.state == YearState.OPEN


def _require_keeper(book: Book, by: Principal) -> None:
    by.require(
        books.may_keep(by, book),
        t("Only the head of the registry opens and closes the years of a book."),
    )
