"""The proof that goes with a receipt: attached where the log has it, else where to get it.

A receipt is owed at once (ν. 2690/1999 art. 12), the leaf of its event comes about a second later.
So printing waits for it as long as a clerk would not notice, and no longer. See decision 0010.
"""

import time
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow import audit, clock
from docflow.errors import NotFound
from docflow.office import Office
from docflow.registry.digests import core
from docflow.registry.models import Entry
from docflow.registry.proof import registration

PATIENCE = 2.0  # seconds
_PAUSE = 0.2
_FRESH = timedelta(seconds=30)  # an older event without a leaf: the sequencer does not work


def awaited(office: Office, entry_id: int) -> str | None:
    """The proof of the entry's registration; None where there is none, or none in time."""
    until = time.monotonic() + PATIENCE
    while True:
        with office.db.read() as session:
            proof, is_coming = _proof(session, entry_id)
        if proof is not None or not is_coming or time.monotonic() > until:
            return proof
        time.sleep(_PAUSE)


def ready(office: Office, entry_id: int) -> str | None:
    """The proof where it is there already."""
    with office.db.read() as session:
        return _proof(session, entry_id)[0]


def is_coming(session: Session, entry_id: int) -> bool:
    """Whether the proof is not there yet and will be in a moment."""
    proof, coming = _proof(session, entry_id)
    return proof is None and coming


def public_proof(session: Session, entry: Entry) -> str:
    """The proof without the data of the entry: for whoever has no more than its code.

    Raises NoProof, audit.NotYetProven, audit.Erased.
    """
    return audit.prove(session, registration(session, entry.id))


def _proof(session: Session, entry_id: int) -> tuple[str | None, bool]:
    entry = session.get_one(Entry, entry_id)
    event_id = audit.event_id(session, "entry.registered", ("entry", entry_id))
    if event_id is None:
        return None, False
    try:
        return audit.prove(session, event_id, record=core(entry)), False
    except audit.NotYetProven:
        at = session.scalar(select(audit.Event.at).where(audit.Event.id == event_id))
        has_heads = audit.latest(session, entry.body_id) is not None
        is_fresh = at is not None and clock.now() - at < _FRESH
        return None, has_heads and is_fresh
    except NotFound:
        return None, False
