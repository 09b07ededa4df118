"""A year that takes over an old register: numbers as they were, gaps declared, sealed for good.

Between `begin` and `seal` the database accepts entries with any number in the year, and nobody
registers in it; after `seal` none. The work of reading the old register is an upper package's.
Source: domain (b) 32.
"""

from collections.abc import Sequence

from sqlalchemy import text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from docflow import audit, clock
from docflow.errors import Conflict
from docflow.i18n import t
from docflow.principal import Principal
from docflow.registry import books
from docflow.registry.models import Book, BookYear, YearState
from docflow.registry.policies import Policy

Gap = tuple[str, int, int]  # series, first and last of the numbers that the old register lacks


class YearInUse(Conflict):
    """The year of the book has entries, or was opened, closed or taken over already."""


def begin(session: Session, book: Book, year: int, *, policy: Policy, by: Principal) -> BookYear:
    """Make the year of the book one that takes over an old register.

    Raises NotAllowed, YearInUse, BadPolicy, BadMask.
    """
    by.require(
        books.may_keep(by, book) or by.is_administrator,
        t("Only the head of the registry or the administrator takes over an old register."),
    )
    policy = books.checked(policy)
    made = session.execute(
        insert(BookYear)
        .values(
            book_id=book.id,
            year=year,
            numbering=str(policy.numbering),
            scheme=str(policy.scheme),
            shares_numbers=policy.shares_numbers,
            first_number=policy.first_number,
            mask=policy.mask,
            uses_arrivals=policy.uses_arrivals,
            opened_at=clock.now(),
            opened_by=by.user_id,
            state=YearState.IMPORTING,
        )
        .on_conflict_do_nothing()
        .returning(BookYear.year)
    ).first()
    if made is None:
        raise YearInUse(
            t("The book “{book}” has its own year {year} already.", book=book.title, year=year)
        )
    return session.get_one(BookYear, (book.id, year))


def seal(
    session: Session, book: Book, year: int, *, gaps: Sequence[Gap], by: Principal
) -> BookYear:
    """The old register is in: no number is added to the year from now on.

    Each series ends at its last entry, or at the last number that is declared missing; the time is
    that of the last entry. Raises YearInUse.
    """
    lasts = session.execute(
        text(
            "SELECT series, max(number) AS last, max(registered_at) AS at FROM entries "
            "WHERE book_id = :book_id AND year = :year GROUP BY series"
        ),
        {"book_id": book.id, "year": year},
    ).all()
    ends = {name: last for name, last, _ in lasts}
    for name, _, last in gaps:
        ends[name] = max(last, ends.get(name, 0))
    counters = {
        ("last_number" if name == "common" else f"last_{name}"): last for name, last in ends.items()
    }
    sealed = session.execute(
        update(BookYear)
        .where(
            BookYear.book_id == book.id,
            BookYear.year == year,
            BookYear.state == YearState.IMPORTING,
        )
        .values(
            **counters,
            last_registered_at=max((at for _, _, at in lasts), default=None),
            declared_gaps=[list(gap) for gap in gaps],
            state=YearState.SEALED,
            closed_at=clock.now(),
            closed_by=by.user_id,
        )
        .returning(BookYear.year)
        .execution_options(synchronize_session=False)
    ).first()
    if sealed is None:
        raise YearInUse(
            t(
                "The year {year} of the book “{book}” takes over no old register.",
                book=book.title,
                year=year,
            )
        )
    audit.record(
        session,
        "year.taken-over",
        by=by,
        subject=("book", book.id),
        book=book.code,
        year=year,
        last=counters,
        gaps=[list(gap) for gap in gaps],
    )
    return session.get_one(BookYear, (book.id, year), populate_existing=True)
