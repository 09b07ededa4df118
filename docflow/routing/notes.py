"""What people note while they handle an entry: in order of time, never changed (domain row 56).

For the staff alone: not part of the public record, of papers or of exports of the register.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow import audit, clock, db, organization, registry
from docflow.errors import Conflict, DocflowError
from docflow.i18n import t
from docflow.notices import NoticeKind
from docflow.principal import Principal, Role
from docflow.routing import telling
from docflow.routing.guards import ReasonMissing, clean_text
from docflow.routing.models import HandlingNote

_WRITERS = frozenset(
    {Role.CLERK, Role.REGISTRAR, Role.HEAD, Role.EMPLOYEE, Role.SIGNER, Role.FINAL_SIGNER}
)


class Erased(Conflict):
    """The data of this entry were erased: nothing is added to it."""


def _erased() -> DocflowError:
    return Erased(t("The data of this entry were erased: nothing is added to it."))


db.explain("not_of_erased", _erased)


@dataclass(frozen=True, slots=True)
class NoteInfo:
    id: int
    text: str
    written_by: str
    written_at: datetime


def write(session: Session, entry_id: int, *, by: Principal, text: str) -> HandlingNote:
    """Add a note to an entry that the person may see, closed or not, but not annulled.

    Raises NotAllowed, AlreadyAnnulled.
    """
    by.require_scope("route")
    entry = registry.get(session, entry_id, by=by)
    registry.require_not_annulled(session, entry)
    by.require(may_write(by), t("Only those who handle entries write notes."))
    clean = clean_text(text, "text")
    if not clean:
        raise ReasonMissing(t("Write the note."), field="text")
    row = HandlingNote(
        entry_id=entry.id, text=clean, written_by=by.person_id, written_at=clock.now()
    )
    session.add(row)
    session.flush()
    audit.record(session, "note.written", by=by, subject=("entry", entry.id), note=row.id)
    handling = session.get(registry.Handling, entry.id)
    if handling is not None:
        telling.tell(session, entry.id, NoticeKind.NOTED, [handling.user_id], by)
    return row


def may_write(by: Principal) -> bool:
    """Whether the person handles entries at all; whoever only reads them adds nothing."""
    return bool(by.roles & _WRITERS)


def of_entry(session: Session, entry_id: int) -> list[NoteInfo]:
    """The notes, the oldest first; the caller got the entry through `registry.get`."""
    rows = session.scalars(
        select(HandlingNote).where(HandlingNote.entry_id == entry_id).order_by(HandlingNote.id)
    ).all()
    people = organization.names(session, (row.written_by for row in rows))
    return [
        NoteInfo(row.id, row.text, people.get(row.written_by, ""), row.written_at) for row in rows
    ]
