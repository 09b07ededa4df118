"""Who began with an old register is told how it ended: checked, taken over, or not."""

from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow import notices, registry
from docflow.imports.models import ImportState, OldRegister
from docflow.notices import NoticeKind
from docflow.principal import Principal, system


def tell(session: Session, import_id: int) -> None:
    """The work on it has ended; who confirmed is told beside who began."""
    row = session.get_one(OldRegister, import_id, populate_existing=True)
    is_failed = row.state == ImportState.FAILED
    notices.tell(
        session,
        [row.begun_by, row.confirmed_by],
        kind=NoticeKind.IMPORT_FAILED if is_failed else NoticeKind.IMPORT_ENDED,
        about=("old-register", row.id),
        by=system(row.body_id),
    )


@notices.describes("old-register")
def describe(session: Session, ids: Sequence[int], by: Principal) -> Mapping[int, notices.Subject]:
    """The old registers of the body, for its registrar and its auditors."""
    if not (by.is_registrar or by.is_auditor):
        return {}
    rows = session.execute(
        select(OldRegister, registry.Book)
        .join(registry.Book, registry.Book.id == OldRegister.book_id)
        .where(OldRegister.id.in_(ids), OldRegister.body_id == by.body_id)
    ).all()
    return {
        row.id: notices.Subject(
            name=f"{book.title} {row.year}",
            page=f"/imports/{row.id}",
            mark=f"{book.code} {row.year}",
            is_closed=book.is_confidential,
        )
        for row, book in rows
    }
