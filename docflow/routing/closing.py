"""The end of an item, in one of four ways, and its second life (domain row 63).

Answered, forwarded to the body that is competent, filed, or taken note of: with who, when and why.
What upper packages do in the same transaction hangs on `after_forwarding`, `after_closing` and
`after_reopening`.
"""

from collections.abc import Callable

from sqlalchemy.orm import Session

from docflow import audit, clock, registry
from docflow.errors import Invalid
from docflow.folding import line
from docflow.i18n import t
from docflow.notices import NoticeKind
from docflow.principal import Principal
from docflow.registry import Disposal, Entry, Handling, HandlingState
from docflow.routing import telling
from docflow.routing.awaiting import end_contributions, require_nothing_awaited
from docflow.routing.guards import (
    Item,
    StateChanged,
    clean_reason,
    end_live_charge,
    happened,
    held,
    lock_handling,
    moved,
    require_head,
    require_head_or_responsible,
    require_open,
)
from docflow.routing.models import ChargeState, Forwarding

MAX_LINE = 500


class CompetentBodyMissing(Invalid):
    """A forwarding names the body that is competent."""


class NotClosedSo(Invalid):
    """An item is answered or forwarded by an act of its own."""


# session, entry, handling, who, the competent body
AfterForwarding = Callable[[Session, Entry, Handling, Principal, str], None]
After = Callable[[Session, Entry, Handling, Principal], None]
_after_forwarding: list[AfterForwarding] = []
_after_closing: list[After] = []
_after_reopening: list[After] = []


def after_forwarding(function: AfterForwarding) -> AfterForwarding:
    """Call it in the transaction in which an item was forwarded and closed."""
    _after_forwarding.append(function)
    return function


def after_closing(function: After) -> After:
    """Call it in the transaction in which an item was closed, in whatever way."""
    _after_closing.append(function)
    return function


def after_reopening(function: After) -> After:
    """Call it in the transaction in which an item was opened again."""
    _after_reopening.append(function)
    return function


def file(
    session: Session,
    entry_id: int,
    *,
    by: Principal,
    reason: str,
    how: Disposal = Disposal.FILED,
    seen: int | None = None,
) -> Handling:
    """Close the item without an answer, with the reason: filed, or taken note of.

    Raises NotAllowed, StateChanged, StillAwaited, NotDescribed, ReasonMissing, NotClosedSo.
    """
    if how not in (Disposal.FILED, Disposal.INFORMATION):
        raise NotClosedSo(t("Choose whether it is filed or was for information."), field="how")
    item, by = _closable(session, entry_id, by, seen)
    _close(session, item.entry, item.handling, how, clean_reason(reason), by)
    return item.handling


def forward(
    session: Session,
    entry_id: int,
    *,
    by: Principal,
    to_name: str,
    reason: str,
    to_address: str = "",
    to_email: str = "",
    seen: int | None = None,
) -> Forwarding:
    """Close the item since another body is competent, to which it goes (ν. 2690/1999 art. 4).

    Raises as `file`, and CompetentBodyMissing.
    """
    item, by = _closable(session, entry_id, by, seen)
    name = line(to_name)[:MAX_LINE]
    if not name:
        raise CompetentBodyMissing(
            t("Write which body is competent: it gets the document."), field="to_name"
        )
    row = Forwarding(
        entry_id=entry_id,
        to_name=name,
        to_address=line(to_address)[:MAX_LINE],
        to_email=line(to_email)[:MAX_LINE],
        reason=clean_reason(reason),
        forwarded_by=by.person_id,
        forwarded_at=clock.now(),
    )
    session.add(row)
    session.flush()
    audit.record(session, "entry.forwarded", by=by, subject=("entry", entry_id), forwarding=row.id)
    _close(session, item.entry, item.handling, Disposal.FORWARDED, row.reason, by)
    for after in _after_forwarding:
        after(session, item.entry, item.handling, by, row.to_name)
    return row


def _closable(
    session: Session, entry_id: int, by: Principal, seen: int | None
) -> tuple[Item, Principal]:
    """The item, that the person may close now."""
    item = held(session, entry_id, by, seen=seen)
    require_open(session, item.handling)
    registry.provisional.require_described(session, item.entry)
    by = require_head_or_responsible(
        item, t("Only the responsible person or the head of the unit can close the item.")
    )
    require_nothing_awaited(session, entry_id)
    return item, by


def close_by_answer(session: Session, entry: Entry, *, answer: Entry, by: Principal) -> None:
    """The answer was issued: the item that it answers is closed. Called by circulation."""
    handling = lock_handling(session, entry.id)
    if handling is None or handling.state == HandlingState.CLOSED:
        return
    _close(session, entry, handling, Disposal.ANSWERED, answer.label, by)


def close_by_process(
    session: Session,
    entry: Entry,
    *,
    by: Principal,
    reason: str,
    how: Disposal = Disposal.FILED,
) -> bool:
    """The application that the entry is has come to its end: its item is closed, where it is open.

    Called by packages that checked the right; whether there was something to close.
    """
    handling = lock_handling(session, entry.id)
    if handling is None or handling.state == HandlingState.CLOSED:
        return False
    _close(session, entry, handling, how, line(reason)[:MAX_LINE], by)
    return True


def reopen(
    session: Session, entry_id: int, *, by: Principal, reason: str, seen: int | None = None
) -> Handling:
    """Take a closed item up again, with a reason; it goes back to its unit's head."""
    item = held(session, entry_id, by, seen=seen)
    by, handling = require_head(item), item.handling
    if handling.state != HandlingState.CLOSED:
        raise StateChanged(t("The item is open already. {what}", what=happened(session, entry_id)))
    reason = clean_reason(reason)
    former = handling.user_id
    handling.state, handling.user_id = HandlingState.NEW, None
    handling.disposal = handling.closed_reason = handling.closed_by = handling.closed_at = None
    moved(handling)
    who = [former, *telling.heads(session, handling.unit_id)]
    telling.tell(session, entry_id, NoticeKind.REOPENED, who, by)
    audit.record(session, "entry.reopened", by=by, subject=("entry", entry_id), reason=reason)
    for after in _after_reopening:
        after(session, item.entry, handling, by)
    return handling


def _close(
    session: Session,
    entry: Entry,
    handling: Handling,
    how: Disposal,
    reason: str,
    by: Principal,
) -> None:
    who = [handling.user_id, telling.who_charged(session, entry.id)]
    end_live_charge(session, entry.id, ChargeState.DONE, by, "")
    end_contributions(session, entry.id, by)
    handling.state, handling.disposal, handling.closed_reason = (
        HandlingState.CLOSED,
        how,
        reason,
    )
    handling.closed_by, handling.closed_at = by.user_id, clock.now()
    moved(handling)
    telling.settled(session, entry.id)
    kind = NoticeKind.ANSWERED if how == Disposal.ANSWERED else NoticeKind.CLOSED
    telling.tell(session, entry.id, kind, who, by)
    audit.record(
        session,
        "entry.closed",
        by=by,
        subject=("entry", entry.id),
        disposal=how,
        reason=reason,
    )
    for after in _after_closing:
        after(session, entry, handling, by)
