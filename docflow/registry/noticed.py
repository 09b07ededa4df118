"""Entries as notices name them, by number and subject (confidential ones by the number alone), and
what the register itself tells of them.
"""

from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow import documents, notices
from docflow.principal import Principal, system
from docflow.registry.entry_notes import Grade
from docflow.registry.models import Book, Entry
from docflow.registry.queries import lines, lines_query


@notices.describes("entry")
def describe(session: Session, ids: Sequence[int], by: Principal) -> Mapping[int, notices.Subject]:
    """Those of the entries that the person may see."""
    rows = session.execute(lines_query(by).where(Entry.id.in_(ids))).all()
    if not rows:
        return {}
    closed = set(
        session.scalars(select(Book.code).where(Book.body_id == by.body_id, Book.is_confidential))
    )
    found = {}
    for one in lines(session, rows):
        is_closed = one.book in closed or one.grade == Grade.CONFIDENTIAL
        found[one.id] = notices.Subject(
            name=one.label if is_closed else f"{one.label} · {one.subject}",
            page=f"/entries/{one.book}/{one.year}/{one.place}",
            mark=one.label,
            is_closed=is_closed,
        )
    return found


@documents.after_trouble
def tell_unreadable(session: Session, file: documents.File, _: str) -> None:
    """Who registered the entry is told that a file of it could not be read, or stays closed."""
    entry = session.get_one(Entry, file.entry_id)
    notices.tell(
        session,
        [entry.registered_by],
        kind=notices.NoticeKind.READING_FAILED,
        about=("entry", entry.id),
        by=system(entry.body_id),
    )
