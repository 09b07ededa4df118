"""What custody adds to the page of an entry: who read it, holds, erasures."""

from typing import Any

from sqlalchemy.orm import Session

from docflow import custody, reads, registry
from docflow.principal import Principal


def context(session: Session, entry: registry.Entry, *, by: Principal) -> dict[str, Any]:
    """Who read the entry, and what is kept from deletion, or was erased."""
    lines = reads.of_entry(session, entry.id, limit=50)
    return {
        "reads": [(line, reads.what(line)) for line in lines],
        "entry_holds": custody.holds.holds(session, by=by, entry_id=entry.id),
        "erasures": custody.erasure.requests(session, by=by, entry_id=entry.id),
        "erased_at": custody.erasure.erased_at(session, entry.id),
        "may_hold": custody.reach.may_decide(by),
    }
