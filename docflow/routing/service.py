"""The way of an entry through the house: marked, charged, accepted, refused, returned, passed on.

Exactly one unit or person is responsible at any time (the database enforces it); any number are
told for information. Who acts for somebody away acts in that one's place: the work stays the absent
person's, the event has both names. Each act takes `seen`, the version of the item's state on which
the person decided. Source: domain rows 51, 52, 54, 61; ν. 2690/1999 art. 12 (organ addressed).
"""

from collections.abc import Sequence
from datetime import date

from sqlalchemy.orm import Session

from docflow import audit, clock, registry
from docflow.errors import Conflict
from docflow.i18n import t
from docflow.notices import NoticeKind
from docflow.principal import Principal
from docflow.registry import Handling, HandlingState, Priority
from docflow.routing import telling
from docflow.routing.guards import (
    Item,
    NotResponsible,
    StateChanged,
    clean_reason,
    clean_text,
    end_live_charge,
    happened,
    held,
    live_charge,
    moved,
    require_addressee,
    require_head,
    require_open,
)
from docflow.routing.informing import add_information
from docflow.routing.models import Charge, ChargeKind, ChargeState
from docflow.routing.targets import (
    Target,
    check,
    open_to,
    require_another,
    require_instructions_after_refusal,
    require_no_circle,
)
from docflow.routing.terms import set_deadline


class ToOneself(Conflict):
    """What one charged to oneself is not returned to oneself."""


def mark(
    session: Session,
    entry_id: int,
    *,
    by: Principal,
    priority: Priority,
    instructions: str = "",
    due_on: date | None = None,
    seen: int | None = None,
) -> Handling:
    """The head's marking (χαρακτηρισμός): how urgent, what to do, until when."""
    item = held(session, entry_id, by, seen=seen)
    entry, handling = item.entry, item.handling
    by = require_head(item)
    require_open(session, handling)
    clean = clean_text(instructions, "instructions")
    set_deadline(session, entry, handling, due_on=due_on, priority=priority, by=by)
    handling.priority, handling.instructions = priority, clean
    handling.marked_by, handling.marked_at = by.person_id, clock.now()
    moved(handling)
    telling.tell(session, entry.id, NoticeKind.MARKED, [handling.user_id], by)
    audit.record(
        session,
        "entry.marked",
        by=by,
        subject=("entry", entry.id),
        priority=priority,
        instructions=handling.instructions,
        due_on=handling.due_on.isoformat() if handling.due_on else None,
    )
    return handling


def charge(
    session: Session,
    entry_id: int,
    *,
    by: Principal,
    to: Target,
    inform: Sequence[Target] = (),
    instructions: str = "",
    seen: int | None = None,
) -> Charge:
    """Make one unit or person responsible for action, and tell others for information.

    The head of the unit that has the item charges it; so does the head of a unit above.
    Raises NotResponsible, BadTarget, RefusedBefore, StateChanged.
    """
    item = held(session, entry_id, by, seen=seen)
    by = require_head(item)
    require_open(session, item.handling)
    require_another(item, to)
    require_instructions_after_refusal(session, entry_id, to, instructions)
    end_live_charge(session, entry_id, ChargeState.PASSED_ON, by, "")
    row = _hand_over(session, item, to, by=by, instructions=instructions)
    add_information(session, item, inform, by=by, instructions=instructions)
    return row


def direct(
    session: Session, entry: registry.Entry, to: Target, *, by: Principal, instructions: str = ""
) -> Charge:
    """Hand a request to the competent unit in the very transaction that registers it.

    For what a clerk writes down of a caller's request: it is for the unit that the clerk names,
    and nothing of it is for the secretariat to mark. The unit may return it there. Only who
    registered it does this, and only with what is open. Raises NotResponsible, BadTarget.
    """
    item = held(session, entry.id, by)
    is_new = item.handling.state == HandlingState.NEW and item.handling.version == 0
    is_open = not session.get_one(registry.Book, entry.book_id).is_confidential
    if not (is_new and is_open and entry.registered_by == by.user_id):
        raise NotResponsible(t("Only who registers a request hands it straight to a unit."))
    return _hand_over(session, item, to, by=by, instructions=instructions)


def accept(session: Session, entry_id: int, *, by: Principal, seen: int | None = None) -> Charge:
    """Take the item in hand. In a unit's charge, the first who accepts becomes responsible.

    Who accepts in the place of a person away makes that person responsible.
    """
    item = held(session, entry_id, by, seen=seen)
    handling, row = item.handling, live_charge(session, entry_id)
    if row is None or row.state != ChargeState.OPEN:
        raise StateChanged(
            t(
                "There is nothing to accept: somebody was faster. {what}",
                what=happened(session, entry_id),
            )
        )
    by = require_addressee(item, row)
    row.state, row.accepted_by, row.accepted_at = ChargeState.ACCEPTED, by.person_id, clock.now()
    holder = by.in_place_of.person_id if by.in_place_of else by.person_id
    handling.state, handling.user_id = HandlingState.ACCEPTED, holder
    moved(handling)
    registry.open_to_person(session, entry_id, holder)
    telling.settled(session, entry_id)
    audit.record(session, "charge.accepted", by=by, subject=("entry", entry_id), unit=row.unit_id)
    return row


def refuse(
    session: Session, entry_id: int, *, by: Principal, reason: str, seen: int | None = None
) -> Charge:
    """Not take the item, with a reason: it goes back to the unit that charged it.

    Raises StateChanged where it was accepted already, or is not charged to anybody any more.
    """
    item = held(session, entry_id, by, seen=seen)
    row = live_charge(session, entry_id)
    if row is None or row.state != ChargeState.OPEN:
        raise StateChanged(
            t("There is nothing to refuse any more. {what}", what=happened(session, entry_id))
        )
    return _give_back(session, item, row, reason)


def send_back(
    session: Session, entry_id: int, *, by: Principal, reason: str, seen: int | None = None
) -> Charge:
    """Return the item, with a reason, to the unit that charged it.

    What was not accepted yet counts as refused.
    """
    item = held(session, entry_id, by, seen=seen)
    row = live_charge(session, entry_id)
    if row is None:
        raise StateChanged(
            t("The item is not charged to anybody now. {what}", what=happened(session, entry_id))
        )
    return _give_back(session, item, row, reason)


def _give_back(session: Session, item: Item, row: Charge, reason: str) -> Charge:
    by, handling = require_addressee(item, row), item.handling
    if row.user_id is not None and row.user_id == row.charged_by == by.user_id:
        raise ToOneself(
            t("You charged the item to yourself: charge it to somebody else, or pass it on.")
        )
    refused = row.state == ChargeState.OPEN
    row.reason = clean_reason(reason)
    row.state = ChargeState.REFUSED if refused else ChargeState.RETURNED
    row.ended_by, row.ended_at = by.person_id, clock.now()
    handling.state, handling.unit_id, handling.user_id = HandlingState.NEW, row.from_unit_id, None
    moved(handling)
    telling.settled(session, item.entry.id)
    kind = NoticeKind.REFUSED if refused else NoticeKind.RETURNED
    telling.tell(session, item.entry.id, kind, [row.charged_by], by)
    audit.record(
        session,
        "charge.refused" if refused else "charge.returned",
        by=by,
        subject=("entry", item.entry.id),
        reason=row.reason,
    )
    return row


def pass_on(
    session: Session,
    entry_id: int,
    *,
    by: Principal,
    to: Target,
    instructions: str = "",
    seen: int | None = None,
) -> Charge:
    """Hand the item over to another unit or person. The receiver may return it."""
    item = held(session, entry_id, by, seen=seen)
    row = live_charge(session, entry_id)
    if row is None:
        raise StateChanged(
            t("The item is not charged to anybody now. {what}", what=happened(session, entry_id))
        )
    by = require_addressee(item, row)
    require_another(item, to)
    require_no_circle(session, item, to)
    require_instructions_after_refusal(session, entry_id, to, instructions)
    reason = clean_text(instructions, "instructions")
    end_live_charge(session, entry_id, ChargeState.PASSED_ON, by, reason)
    charged_by = row.charged_by
    new = _hand_over(session, item, to, by=by, instructions=instructions)
    telling.tell(session, entry_id, NoticeKind.PASSED_ON, [charged_by], by)
    return new


def _hand_over(
    session: Session, item: Item, to: Target, *, by: Principal, instructions: str
) -> Charge:
    entry, handling = item.entry, item.handling
    check(session, entry, to, by)
    session.flush()  # the end of the charge before, for the index "one responsible"
    row = Charge(
        entry_id=entry.id,
        kind=ChargeKind.ACTION,
        state=ChargeState.OPEN,
        unit_id=to.unit_id,
        user_id=to.user_id,
        instructions=clean_text(instructions, "instructions"),
        due_on=handling.due_on,
        from_unit_id=handling.unit_id,
        charged_by=by.person_id,
        charged_at=clock.now(),
    )
    session.add(row)
    handling.state, handling.unit_id, handling.user_id = (
        HandlingState.CHARGED,
        to.unit_id,
        to.user_id,
    )
    moved(handling)
    open_to(session, entry.id, to)
    telling.charged(session, entry.id, to, by)
    audit.record(
        session,
        "entry.charged",
        by=by,
        subject=("entry", entry.id),
        unit=to.unit_id,
        person=to.user_id,
        instructions=row.instructions,
    )
    return row
