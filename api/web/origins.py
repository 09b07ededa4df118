"""Where an entry comes from that was not registered here at once, for its page."""

from typing import Any

from sqlalchemy.orm import Session

from docflow import emergency, imports, registry
from docflow.principal import Principal


def context(session: Session, entry: registry.Entry, *, by: Principal) -> dict[str, Any]:
    """For `web/entry/_origin.html`; the caller got the entry through `registry.get`."""
    return {
        "emergency_origin": emergency.origin(session, entry.id),
        "may_see_emergencies": emergency.may_read(by),
        "old_origin": imports.origin(session, entry.id),
    }
