"""The end of an item: answered, or filed with a reason; and its second life (domain row 63)."""

from sqlalchemy.orm import Session

from docflow import audit, clock, registry
from docflow.i18n import t
from docflow.principal import Principal
from docflow.registry import Disposal, Entry, Handling, HandlingState
from docflow.routing.guards import (
    StateChanged,
    clean_reason,
    end_live_charge,
    is_head,
    is_responsible,
    lock_handling,
    locked,
    require_head,
    require_open,
)
from docflow.routing.models import ChargeState


def file(session: Session, entry_id: int, *, by: Principal, reason: str) -> Handling:
    """Close the item without an answer: filed, with the reason (domain row 63)."""
    entry, handling = locked(session, entry_id, by)
    require_open(handling)
    registry.require_described(session, entry)
    by.require(
        is_head(by, entry, handling) or is_responsible(by, handling),
        t("Only the responsible person or the head of the unit can file the item."),
    )
    _close(session, entry, handling, Disposal.FILED, clean_reason(reason), by)
    return handling


def close_by_answer(session: Session, entry: Entry, *, answer: Entry, by: Principal) -> None:
    """The answer was issued: the item that it answers is closed. Called by circulation."""
    handling = lock_handling(session, entry.id)
    if handling is None or handling.state == HandlingState.CLOSED:
        return
    _close(session, entry, handling, Disposal.ANSWERED, answer.label, by)


def reopen(session: Session, entry_id: int, *, by: Principal, reason: str) -> Handling:
    """Take a closed item up again, with a reason; it goes back to its unit's head."""
    entry, handling = locked(session, entry_id, by)
    require_head(by, entry, handling)
    if handling.state != HandlingState.CLOSED:
        raise StateChanged(t("The item is open already."))
    reason = clean_reason(reason)
    handling.state, handling.user_id = HandlingState.NEW, None
    handling.disposal = handling.closed_reason = handling.closed_by = handling.closed_at = None
    audit.record(
        session,
        "entry.reopened",
        by=by,
        subject=("entry", entry.id),
        reason=reason,
    )
    return handling


def _close(
    session: Session,
    entry: Entry,
    handling: Handling,
    how: Disposal,
    reason: str,
    by: Principal,
) -> None:
    end_live_charge(session, entry.id, ChargeState.DONE, by, "")
    handling.state, handling.disposal, handling.closed_reason = (
        HandlingState.CLOSED,
        how,
        reason,
    )
    handling.closed_by, handling.closed_at = by.user_id, clock.now()
    audit.record(
        session,
        "entry.closed",
        by=by,
        subject=("entry", entry.id),
        disposal=how,
        reason=reason,
    )
