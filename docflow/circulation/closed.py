"""Drafts that are closed to most: of a confidential book, or about an entry graded ΕΜΠ.

A draft repeats what its letter says: who may not see the letter is not let in by way of the answer,
neither by a chain, nor by forwarding, nor as somebody's deputy. Source: domain row 36.
"""

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from docflow import registry
from docflow.circulation.models import Draft
from docflow.principal import Principal


def is_of_closed_book(session: Session, draft: Draft, by: Principal) -> bool:
    book = session.get_one(registry.Book, draft.book_id)
    return book.is_confidential and book.id not in by.confidential_reads


def is_about_closed_entry(session: Session, draft: Draft, by: Principal) -> bool:
    """Whether it answers, or corrects, an entry graded ΕΜΠ that is not open to the person."""
    return bool(
        session.scalar(select(select(Draft.id).where(Draft.id == draft.id, _graded(by)).exists()))
    )


def to(by: Principal) -> ColumnElement[bool]:
    """The condition on `drafts` that either holds for the person."""
    books = select(registry.Book.id).where(
        registry.Book.is_confidential, registry.Book.id.not_in(by.confidential_reads)
    )
    return or_(Draft.book_id.in_(books), _graded(by))


def is_confidential() -> ColumnElement[bool]:
    """The condition on `drafts` that its book, or the entry that it is about, is confidential."""
    books = select(registry.Book.id).where(registry.Book.is_confidential)
    entry = registry.Entry
    about = (
        select(entry.id)
        .where(
            or_(entry.id == Draft.answers_id, entry.id == Draft.corrects_id),
            entry.grade == registry.Grade.CONFIDENTIAL,
        )
        .correlate(Draft)
    )
    return or_(Draft.book_id.in_(books), about.exists())


def _graded(by: Principal) -> ColumnElement[bool]:
    entry = registry.Entry
    return (
        select(entry.id)
        .where(
            or_(entry.id == Draft.answers_id, entry.id == Draft.corrects_id),
            entry.grade == registry.Grade.CONFIDENTIAL,
            ~registry.visible_to(by),
        )
        .correlate(Draft)
        .exists()
    )
