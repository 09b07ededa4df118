"""Showing an outsider, with one small file, that an entry stood in the register at a time."""

from sqlalchemy.orm import Session

from docflow import audit
from docflow.errors import NotFound
from docflow.i18n import t
from docflow.principal import Principal
from docflow.registry import queries
from docflow.registry.digests import core


class NoProof(NotFound):
    """The entry was taken over from an old register; its registration is no event of its own."""


def prove(session: Session, entry_id: int, *, by: Principal) -> str:
    """A C2SP tlog-proof of the entry's registration, with its data and what makes its leaf again.

    Whoever holds it can show, offline, that this entry with this number, time, content and files
    stood in the log when its head was signed. Raises NoSuchEntry, NoProof, audit.NotYetProven.
    """
    entry = queries.get(session, entry_id, by=by)
    return audit.prove(session, registration(session, entry.id), record=core(entry))


def registration(session: Session, entry_id: int) -> int:
    """The event of the entry's registration. Raises NoProof."""
    event_id = audit.event_id(session, "entry.registered", ("entry", entry_id))
    if event_id is None:
        raise NoProof(
            t("This entry was taken over from an old register; the log has no proof of it.")
        )
    return event_id
