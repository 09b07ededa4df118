"""What stands beside an entry on its page: kind, grade, likenesses, what it waits for."""

from typing import Any

from sqlalchemy.orm import Session

from docflow import registry
from docflow.principal import Principal


def context(session: Session, entry: registry.Entry, *, by: Principal) -> dict[str, Any]:
    """For `web/entry/_kind.html`; the caller got the entry through `registry.get`."""
    waits = registry.provisional.waiting_for(session, entry.id)
    reason, alike = registry.duplicates.noted(session, entry.id, by=by)
    return {
        "kind_now": registry.kind_of(session, entry),
        "waits": waits,
        "may_describe": waits is not None
        and registry.provisional.may_describe(session, entry, waits, by=by),
        "duplicate_reason": reason,
        "alike": alike,
    }
