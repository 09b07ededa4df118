"""What every act on an item begins with: its rows held, its state and the person's right checked.

Two people who act at once on one item are put in order by the row lock of its handling: the second
finds the state changed and is told so.
"""

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow import clock, registry
from docflow.errors import Conflict, Forbidden, Invalid
from docflow.folding import lines
from docflow.i18n import t
from docflow.principal import Principal
from docflow.registry import Entry, Handling, HandlingState
from docflow.routing.models import Charge, ChargeKind, ChargeState

MAX_TEXT = 2000


class NotResponsible(Forbidden):
    """Only those who are responsible for the item can do this."""


class StateChanged(Conflict):
    """Somebody else acted on the item in the meantime."""


class ReasonMissing(Invalid):
    """This act needs a reason."""


class BadDeadline(Invalid):
    """A deadline does not lie in the past."""


class TextTooLong(Invalid):
    """Instructions and reasons have at most 2,000 characters."""


def locked(session: Session, entry_id: int, by: Principal) -> tuple[Entry, Handling]:
    """An entry that the person may see, with its handling held until the transaction ends."""
    by.require_scope("route")
    entry = registry.get(session, entry_id, by=by)
    registry.require_not_annulled(session, entry)
    handling = lock_handling(session, entry.id)
    if handling is None:
        raise Conflict(t("An outgoing document is not charged to anybody."))
    return entry, handling


def lock_handling(session: Session, entry_id: int) -> Handling | None:
    return session.scalar(
        select(Handling)
        .where(Handling.entry_id == entry_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def live_charge(session: Session, entry_id: int) -> Charge | None:
    return session.scalar(
        select(Charge).where(
            Charge.entry_id == entry_id,
            Charge.kind == ChargeKind.ACTION,
            Charge.ended_at.is_(None),
        )
    )


def end_live_charge(
    session: Session, entry_id: int, state: ChargeState, by: Principal, reason: str
) -> None:
    row = live_charge(session, entry_id)
    if row is not None:
        row.state, row.reason = state, reason
        row.ended_by, row.ended_at = by.user_id, clock.now()


def is_responsible(by: Principal, handling: Handling) -> bool:
    return handling.user_id is not None and handling.user_id == by.user_id


def is_head(by: Principal, entry: Entry, handling: Handling) -> bool:
    """Whether the person marks and charges the item: a head, of the unit that has it or above.

    In a confidential book it is whoever may write in it: no head of a unit sees it as such.
    """
    return by.heads(handling.unit_id) or entry.book_id in by.confidential_writes


def require_head(by: Principal, entry: Entry, handling: Handling) -> None:
    if not is_head(by, entry, handling):
        raise NotResponsible(t("Only the head of the unit that has the item can do this."))


def require_addressee(by: Principal, row: Charge) -> None:
    """A person's charge is for that person or a head; a unit's for everybody who works there."""
    mine = row.user_id == by.user_id if row.user_id else by.works_in(row.unit_id)
    taken = row.accepted_by is not None and row.accepted_by != by.user_id
    if not (mine and not taken) and not by.heads(row.unit_id):
        raise NotResponsible(t("The item is charged to somebody else."))


def require_open(handling: Handling) -> None:
    if handling.state == HandlingState.CLOSED:
        raise StateChanged(t("The item is closed. Reopen it first."))


def deadline(due_on: date | None, before: date | None) -> date | None:
    if due_on is not None and due_on != before and due_on < clock.today():
        raise BadDeadline(t("The deadline must not lie in the past."), field="due_on")
    return due_on


def clean_text(text: str, field: str) -> str:
    clean = lines(text)
    if len(clean) > MAX_TEXT:
        raise TextTooLong(t("At most {max} characters fit here.", max=MAX_TEXT), field=field)
    return clean


def clean_reason(reason: str) -> str:
    clean = clean_text(reason, "reason")
    if not clean:
        raise ReasonMissing(t("Write the reason."), field="reason")
    return clean
