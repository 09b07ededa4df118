"""Who may see and do what in the register. Every query on entries starts from `visible_to`.

- A clerk, the registrar or an auditor sees the books that are not confidential.
- Others see the entries that became work of their unit or of themselves, and what they draft
  an answer to; a head also those of the units below his.
- A confidential book is seen by those to whom it was opened by name, and by the persons (not the
  units) to whom one of its entries was charged. Nobody else sees so much as its count.
- An entry graded confidential (ΕΜΠ), in whatever book, is seen by the persons whose work it is and
  the heads of their units; by clerks, registrar and auditors only as an envelope not yet opened.
- A deputy sees the ordinary work of the person who is away, and nothing that is confidential.
"""

from sqlalchemy import ColumnElement, and_, exists, false, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from docflow.errors import NotFound
from docflow.i18n import t
from docflow.principal import Principal
from docflow.registry.entry_notes import Grade, Provisional, ProvisionalMode
from docflow.registry.models import Access, Book, Entry

NOT_A_CLERK = t("Only a clerk of the registry registers documents. Ask the administrator.")


class NoSuchBook(NotFound):
    """The body keeps no such book, or it is not open to this person."""


def visible_to(by: Principal) -> ColumnElement[bool]:
    """The condition on `entries` that the person may see the entry.

    `entries` must be joined with nothing for it: the condition is complete in itself.
    """
    open_books = select(Book.id).where(Book.body_id == by.body_id, ~Book.is_confidential)
    graded = Entry.grade == Grade.CONFIDENTIAL
    whole_books = Entry.book_id.in_(by.confidential_reads) if by.confidential_reads else false()
    mine = _became(Access.user_id == by.user_id) if by.user_id else false()
    if by.is_clerk or by.is_registrar or by.is_auditor:
        envelopes = select(Provisional.entry_id).where(
            Provisional.mode == ProvisionalMode.ENVELOPE, Provisional.described_at.is_(None)
        )
        ordinary: ColumnElement[bool] = and_(
            Entry.book_id.in_(open_books), or_(~graded, Entry.id.in_(envelopes))
        )
    else:
        units = by.unit_ids | by.headed_unit_ids
        ordinary = (
            and_(Entry.book_id.in_(open_books), ~graded, _became(Access.unit_id.in_(units)))
            if units
            else false()
        )
    headed = (
        and_(Entry.book_id.in_(open_books), _became(Access.unit_id.in_(by.headed_unit_ids)))
        if by.headed_unit_ids
        else false()
    )
    reasons = [ordinary, headed, whole_books, mine]
    if by.substitutions:
        reasons.append(and_(Entry.book_id.in_(open_books), ~graded, _of_the_absent(by)))
    return and_(Entry.body_id == by.body_id, or_(*reasons))


def _of_the_absent(by: Principal) -> ColumnElement[bool]:
    """The entry became work of somebody in whose place the person acts today."""
    people = [one.person_id for one in by.substitutions]
    units = {unit for one in by.substitutions for unit in one.unit_ids | one.headed_unit_ids}
    of_people = _became(Access.user_id.in_(people))
    return or_(of_people, _became(Access.unit_id.in_(units))) if units else of_people


def _became(whose: ColumnElement[bool]) -> ColumnElement[bool]:
    """The entry became work of somebody; EXISTS, so that PostgreSQL may probe an index for each of
    the few rows of a page, or hash the whole where it counts a million."""
    return exists().where(Access.entry_id == Entry.id, whose)


_MOST_KEYS = 10  # of more units it is cheaper to read the newest blocks than to join their lists


def search_keys(by: Principal) -> list[int] | None:
    """Keys of `search_texts` beside which the person sees nothing but whole confidential books.

    None where they would not narrow a search: a person who sees all the ordinary books, or the
    work of many units. Never the answer to what he may see: that is `visible_to`, and whoever adds
    a reason there adds its keys here.
    """
    if by.is_clerk or by.is_registrar or by.is_auditor:
        return None
    units = {unit for one in by.substitutions for unit in one.unit_ids | one.headed_unit_ids}
    people = {one.person_id for one in by.substitutions} | ({by.user_id} - {None})
    keys = by.unit_ids | by.headed_unit_ids | units | {-person for person in people if person}
    return sorted({0, *keys}) if len(keys) <= _MOST_KEYS else None


def books_open_to(session: Session, by: Principal, *, to_write: bool = False) -> list[Book]:
    """The books in which the person may search, or register, the default one first."""
    rows = session.scalars(
        select(Book).where(Book.body_id == by.body_id).order_by(~Book.is_default, Book.code)
    )
    return [book for book in rows if (may_write(by, book) if to_write else may_read(by, book))]


def may_read(by: Principal, book: Book) -> bool:
    return book.id in by.confidential_reads if book.is_confidential else True


def may_write(by: Principal, book: Book) -> bool:
    return book.id in by.confidential_writes if book.is_confidential else by.is_clerk


def book_named(
    session: Session, code: str | None, by: Principal, *, to_write: bool = False
) -> Book:
    """The book with this code, or the default book. Raises NoSuchBook, also for a hidden one."""
    for book in books_open_to(session, by, to_write=to_write):
        if code in (None, "", book.code):
            return book
    if code:
        raise NoSuchBook(t("There is no book “{code}” open to you.", code=code), field="book")
    raise NoSuchBook(t("No book is open to you. Ask the administrator."), field="book")


def open_to_unit(session: Session, entry_id: int, unit_id: int) -> None:
    """The entry became work of this unit."""
    session.execute(
        insert(Access).values(entry_id=entry_id, unit_id=unit_id).on_conflict_do_nothing()
    )


def open_to_person(session: Session, entry_id: int, user_id: int) -> None:
    """The entry became work of this person."""
    session.execute(
        insert(Access).values(entry_id=entry_id, user_id=user_id).on_conflict_do_nothing()
    )
