"""Books as the administrator keeps them: created, renamed, opened to persons, closed for good.

An ordinary book (common or thematic) is written by the clerks and read by clerks, registrar and
auditors, by role. A confidential one is open only to those who are named. The policy of a book is
what its new years begin with; see `years` for the years. Source: domain rows 5 and 6.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from docflow import audit, clock, organization
from docflow.errors import Conflict, Invalid
from docflow.folding import line
from docflow.i18n import Text, t
from docflow.principal import Principal
from docflow.registry import masks
from docflow.registry.access import NoSuchBook, may_read, may_write
from docflow.registry.models import Book, BookGrant, BookYear
from docflow.registry.numbering import BookClosed
from docflow.registry.policies import Numbering, Policy, Scheme

MAX_TITLE = 120
_WORDS = {"new", "preview"}  # of addresses
_CODE = re.compile(r"[a-z0-9][a-z0-9.-]{0,19}")
ADMINISTRATOR = t("Only the administrator keeps the books. Ask him.")


class BookKind(StrEnum):
    COMMON = "common"
    THEMATIC = "thematic"
    CONFIDENTIAL = "confidential"


class BadBook(Invalid):
    """A book has a code of small Latin letters and digits, and a title."""


class BadPolicy(Invalid):
    """The parts of the policy do not go together."""


class BookExists(Conflict):
    """The body has a book with this code already."""


class BookInUse(Conflict):
    """The default book, or one with open years, is not closed for good."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody to whom a confidential book is open by name."""

    user_id: int
    name: str
    can_write: bool


def kind_of(book: Book) -> BookKind:
    if book.is_confidential:
        return BookKind.CONFIDENTIAL
    return BookKind.THEMATIC if book.is_thematic else BookKind.COMMON


def listing(session: Session, *, by: Principal) -> list[Book]:
    """The books that the person may know of: his own, and all for the administrator.

    What an administrator sees of a confidential book is its title and policy, never its numbers.
    Raises NotAllowed for those who have nothing to do with books.
    """
    require_keeper(by)
    rows = session.scalars(
        select(Book)
        .where(Book.body_id == by.body_id)
        .order_by(Book.closed_at.is_not(None), ~Book.is_default, Book.code)
    )
    return [book for book in rows if by.is_administrator or may_read(by, book)]


def require_keeper(by: Principal) -> None:
    """Raise NotAllowed for those who neither keep nor check books."""
    by.require(
        by.is_clerk
        or by.is_registrar
        or by.is_auditor
        or by.is_administrator
        or bool(by.confidential_reads),
        t("Only the registry, the auditors and the administrator see the books."),
    )


def find(session: Session, code: str, *, by: Principal) -> Book:
    """A book of `listing`. Raises NoSuchBook, NotAllowed."""
    for book in listing(session, by=by):
        if book.code == code:
            return book
    raise NoSuchBook(no_such(code), field="book")


def no_such(code: str) -> Text:
    """That there is no such book, or that it is not for this person: the same words."""
    return t("There is no book “{code}” open to you.", code=code)


def checked(policy: Policy) -> Policy:
    """The policy, if its parts go together. Raises BadPolicy, masks.BadMask."""
    one_series = policy.numbering is Numbering.COMMON
    if not one_series and (policy.shares_numbers or policy.scheme is Scheme.CASE):
        raise BadPolicy(
            t("Shared numbers and cases need one common series for all directions."),
            field="numbering",
        )
    if policy.shares_numbers and policy.scheme is Scheme.CASE:
        raise BadPolicy(
            t(
                "In a book of cases the answer is the next document of the case: "
                "no number is shared."
            ),
            field="shares_numbers",
        )
    if not 1 <= policy.first_number <= 1_000_000_000:
        raise BadPolicy(
            t("The first number is a whole number from 1 to 1000000000."), field="first_number"
        )
    return masks.check(policy)


def create(
    session: Session,
    *,
    code: str,
    title: str,
    kind: BookKind,
    policy: Policy,
    opens_by_hand: bool = False,
    by: Principal,
) -> Book:
    """A new book of the body. Raises NotAllowed, BadBook, BadPolicy, BadMask, BookExists."""
    _require_administrator(by)
    if _CODE.fullmatch(code) is None or code in _WORDS:
        raise BadBook(
            t("A code has 1 to 20 small Latin letters, digits, dots or hyphens, such as koino."),
            field="code",
        )
    policy = checked(policy)
    row = session.execute(
        insert(Book)
        .values(
            body_id=by.body_id,
            code=code,
            title=_title(title),
            is_confidential=kind is BookKind.CONFIDENTIAL,
            is_thematic=kind is BookKind.THEMATIC,
            opens_by_hand=opens_by_hand,
            **_columns(policy),
        )
        .on_conflict_do_nothing()
        .returning(Book.id)
    ).first()
    if row is None:
        raise BookExists(t("There is a book with the code “{code}” already.", code=code))
    book = session.get_one(Book, row.id)
    audit.record(
        session,
        "book.created",
        by=by,
        subject=("book", book.id),
        book=code,
        title=book.title,
        kind=str(kind),
        policy=_columns(policy),
    )
    return book


def rename(session: Session, code: str, *, title: str, by: Principal) -> Book:
    """Give a book another title; its code stays. Raises NotAllowed, NoSuchBook, BadBook."""
    book = _held(session, code, by)
    before, book.title = book.title, _title(title)
    audit.record(
        session,
        "book.renamed",
        by=by,
        subject=("book", book.id),
        book=code,
        before=before,
        title=book.title,
    )
    return book


def set_policy(
    session: Session, code: str, *, policy: Policy, opens_by_hand: bool, by: Principal
) -> list[int]:
    """Set how the book numbers from its next year on; the open years that take it at once.

    A year in which numbers were given keeps its policy to its end; one without takes the new one.
    Raises NotAllowed, NoSuchBook, BadPolicy, BadMask, BookClosed.
    """
    book = _held(session, code, by)
    policy = checked(policy)
    for name, value in _columns(policy).items():
        setattr(book, name, value)
    book.opens_by_hand = opens_by_hand
    years = session.scalars(
        update(BookYear)
        .where(
            BookYear.book_id == book.id,
            BookYear.last_registered_at.is_(None),
            BookYear.closed_at.is_(None),
            BookYear.state == "open",
        )
        .values(**_columns(policy))
        .returning(BookYear.year)
        .execution_options(synchronize_session=False)
    ).all()
    audit.record(
        session,
        "book.policy-set",
        by=by,
        subject=("book", book.id),
        book=code,
        policy=_columns(policy),
        opens_by_hand=opens_by_hand,
        years=sorted(years),
    )
    return sorted(years)


def readers(session: Session, book: Book) -> list[Reader]:
    """To whom a confidential book is open."""
    rows = session.scalars(select(BookGrant).where(BookGrant.book_id == book.id)).all()
    names = organization.names(session, (row.user_id for row in rows))
    found = [Reader(row.user_id, names.get(row.user_id, ""), row.can_write) for row in rows]
    return sorted(found, key=lambda reader: reader.name)


def open_to(session: Session, code: str, user_id: int, *, can_write: bool, by: Principal) -> None:
    """Open a confidential book to a person by name. Raises NotAllowed, BadBook, NoSuchUser."""
    book = _held(session, code, by)
    _require_confidential(book)
    person = organization.person(session, user_id, body_id=by.body_id)
    session.execute(
        insert(BookGrant)
        .values(book_id=book.id, user_id=user_id, can_write=can_write)
        .on_conflict_do_update(index_elements=["book_id", "user_id"], set_={"can_write": can_write})
    )
    audit.record(
        session,
        "book.opened-to",
        by=by,
        subject=("book", book.id),
        book=code,
        person=person.full_name,
        can_write=can_write,
    )


def shut_to(session: Session, code: str, user_id: int, *, by: Principal) -> None:
    """Take a confidential book from a person. Raises NotAllowed, BadBook."""
    book = _held(session, code, by)
    _require_confidential(book)
    gone = session.execute(
        delete(BookGrant)
        .where(BookGrant.book_id == book.id, BookGrant.user_id == user_id)
        .returning(BookGrant.user_id)
    ).first()
    if gone is not None:
        audit.record(
            session,
            "book.shut-to",
            by=by,
            subject=("book", book.id),
            book=code,
            person=organization.names(session, [user_id]).get(user_id, ""),
        )


def make_default(session: Session, code: str, *, by: Principal) -> Book:
    """Let new documents go to this book where nobody says otherwise. Raises BadBook."""
    book = _held(session, code, by)
    if book.is_confidential:
        raise BadBook(t("A confidential book is not the one for everything."), field="book")
    session.execute(
        update(Book)
        .where(Book.body_id == by.body_id)
        .values(is_default=Book.id == book.id)
        .execution_options(synchronize_session="fetch")
    )
    audit.record(session, "book.made-default", by=by, subject=("book", book.id), book=code)
    return book


def close_for_good(session: Session, code: str, *, by: Principal) -> Book:
    """Close a book: it takes no number in any year from now on, and stays readable.

    Raises NotAllowed, BookInUse (the default book, or a year not closed yet), BookClosed.
    """
    book = _held(session, code, by)
    if book.is_default:
        raise BookInUse(t("The default book is not closed. Make another the default first."))
    # The rows of the years are what registration holds: nobody is in the middle of a number now.
    years = session.scalars(
        select(BookYear).where(BookYear.book_id == book.id).with_for_update()
    ).all()
    waiting = [row.year for row in years if row.closed_at is None and row.last_registered_at]
    if waiting:
        raise BookInUse(
            t("Close the year {year} of the book first.", year=min(waiting)), field="book"
        )
    book.closed_at, book.closed_by = clock.now(), by.person_id
    audit.record(session, "book.closed", by=by, subject=("book", book.id), book=code)
    return book


def may_keep(by: Principal, book: Book) -> bool:
    """Whether the person opens and closes the years of the book.

    The registrar keeps the ordinary books; a confidential one is kept by those who may write in it.
    """
    return may_write(by, book) if book.is_confidential else by.is_registrar


def _held(session: Session, code: str, by: Principal) -> Book:
    """The book, held, for the administrator. Raises NotAllowed, NoSuchBook, BookClosed."""
    _require_administrator(by)
    book = session.scalar(
        select(Book).where(Book.body_id == by.body_id, Book.code == code).with_for_update()
    )
    if book is None:
        raise NoSuchBook(t("There is no book “{code}” open to you.", code=code), field="book")
    if book.closed_at is not None:
        raise BookClosed(t("The book “{book}” is closed for good.", book=book.title))
    return book


def _require_administrator(by: Principal) -> None:
    by.require_scope("administer")
    by.require(by.is_administrator, ADMINISTRATOR)


def _require_confidential(book: Book) -> None:
    if not book.is_confidential:
        raise BadBook(
            t("An ordinary book is open by role: the clerks write in it. Grant the role instead."),
            field="book",
        )


def _title(text: str) -> str:
    title = line(text)
    if not 3 <= len(title) <= MAX_TITLE:
        raise BadBook(t("A title has 3 to {max} characters.", max=MAX_TITLE), field="title")
    return title


def _columns(policy: Policy) -> dict[str, object]:
    return {
        "numbering": str(policy.numbering),
        "scheme": str(policy.scheme),
        "shares_numbers": policy.shares_numbers,
        "first_number": policy.first_number,
        "mask": policy.mask.strip(),
        "uses_arrivals": policy.uses_arrivals,
    }
