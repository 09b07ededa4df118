"""The way of an entry through the house: marked, charged, accepted, returned, passed on, closed.

Exactly one unit or person is responsible at any time (the database enforces it); any number are
told for information. Two people who act at once on one item are put in order by the row lock of
its handling: the second finds the state changed and is told so.
Source: domain rows 51, 52, 54, 63; ν. 2690/1999 art. 12 (organ addressed).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow import audit, clock, organization, registry
from docflow.errors import Conflict, Forbidden, Invalid
from docflow.folding import lines
from docflow.i18n import t
from docflow.principal import Principal
from docflow.registry import Disposal, Entry, Handling, HandlingState, Priority
from docflow.routing.models import Charge, ChargeKind, ChargeState

MAX_TEXT = 2000


class NotResponsible(Forbidden):
    """Only those who are responsible for the item can do this."""


class StateChanged(Conflict):
    """Somebody else acted on the item in the meantime."""


class BadTarget(Invalid):
    """The item cannot be charged to this unit or person."""


class ReasonMissing(Invalid):
    """This act needs a reason."""


class BadDeadline(Invalid):
    """A deadline does not lie in the past."""


class TextTooLong(Invalid):
    """Instructions and reasons have at most 2,000 characters."""


@dataclass(frozen=True, slots=True)
class Target:
    """A unit, or a person in it."""

    unit_id: int
    user_id: int | None = None


def mark(
    session: Session,
    entry_id: int,
    *,
    by: Principal,
    priority: Priority,
    instructions: str = "",
    due_on: date | None = None,
) -> Handling:
    """The head's marking (χαρακτηρισμός): how urgent, what to do, until when."""
    entry, handling = _locked(session, entry_id, by)
    _require_head(by, entry, handling)
    _require_open(handling)
    clean, day = _text(instructions, "instructions"), _deadline(due_on, handling.due_on)
    handling.priority, handling.instructions, handling.due_on = priority, clean, day
    handling.marked_by, handling.marked_at = by.person_id, clock.now()
    audit.record(
        session,
        "entry.marked",
        by=by,
        subject=("entry", entry.id),
        priority=priority,
        instructions=handling.instructions,
        due_on=due_on.isoformat() if due_on else None,
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
) -> Charge:
    """Make one unit or person responsible for action, and tell others for information.

    The head of the unit that has the item charges it; so does the head of a unit above.
    Raises NotResponsible, BadTarget, StateChanged.
    """
    entry, handling = _locked(session, entry_id, by)
    _require_head(by, entry, handling)
    _require_open(handling)
    _end_live_charge(session, entry.id, ChargeState.PASSED_ON, by, "")
    row = _hand_over(session, entry, handling, to, by=by, instructions=instructions)
    _inform(session, entry, handling, inform, by=by, instructions=instructions)
    return row


def accept(session: Session, entry_id: int, *, by: Principal) -> Charge:
    """Take the item in hand. In a unit's charge, the first who accepts becomes responsible."""
    entry, handling = _locked(session, entry_id, by)
    row = _live_charge(session, entry.id)
    if row is None or row.state != ChargeState.OPEN:
        raise StateChanged(t("There is nothing to accept: somebody was faster. Look again."))
    _require_addressee(by, row)
    row.state, row.accepted_by, row.accepted_at = (
        ChargeState.ACCEPTED,
        by.person_id,
        clock.now(),
    )
    handling.state, handling.user_id = HandlingState.ACCEPTED, by.person_id
    registry.open_to_person(session, entry.id, by.person_id)
    audit.record(session, "charge.accepted", by=by, subject=("entry", entry.id), unit=row.unit_id)
    return row


def send_back(session: Session, entry_id: int, *, by: Principal, reason: str) -> Charge:
    """Return the item, with a reason, to the unit that charged it."""
    entry, handling = _locked(session, entry_id, by)
    row = _live_charge(session, entry.id)
    if row is None:
        raise StateChanged(t("The item is not charged to anybody now. Look again."))
    _require_addressee(by, row)
    row.reason, row.state = _required(reason), ChargeState.RETURNED
    row.ended_by, row.ended_at = by.person_id, clock.now()
    handling.state, handling.unit_id, handling.user_id = (
        HandlingState.NEW,
        row.from_unit_id,
        None,
    )
    audit.record(
        session,
        "charge.returned",
        by=by,
        subject=("entry", entry.id),
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
) -> Charge:
    """Hand the item over to another unit or person. The receiver may return it."""
    entry, handling = _locked(session, entry_id, by)
    row = _live_charge(session, entry.id)
    if row is None:
        raise StateChanged(t("The item is not charged to anybody now. Look again."))
    _require_addressee(by, row)
    if to.user_id is not None and to.user_id == handling.user_id:
        raise BadTarget(t("The item is with this person already."), field="target")
    _end_live_charge(
        session,
        entry.id,
        ChargeState.PASSED_ON,
        by,
        _text(instructions, "instructions"),
    )
    return _hand_over(session, entry, handling, to, by=by, instructions=instructions)


def inform(
    session: Session,
    entry_id: int,
    *,
    by: Principal,
    targets: Sequence[Target],
    instructions: str = "",
) -> None:
    """Tell further units or persons of the item, for information only."""
    entry, handling = _locked(session, entry_id, by)
    by.require(
        is_head(by, entry, handling) or _is_responsible(by, handling),
        t("Only the responsible person or the head of the unit can inform others."),
    )
    _inform(session, entry, handling, targets, by=by, instructions=instructions)


def acknowledge(session: Session, charge_id: int, *, by: Principal) -> None:
    """Take note of an item that came for information."""
    by.require_scope("route")
    row = session.scalar(
        select(Charge)
        .where(Charge.id == charge_id, Charge.kind == ChargeKind.INFORMATION)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise registry.NoSuchEntry(t("There is no such entry, or it is not open to you."))
    registry.get(session, row.entry_id, by=by)
    _require_addressee(by, row)
    if row.ended_at is not None:
        raise StateChanged(t("This was noted already."))
    row.state, row.ended_by, row.ended_at = ChargeState.DONE, by.person_id, clock.now()
    audit.record(session, "charge.noted", by=by, subject=("entry", row.entry_id))


def file(session: Session, entry_id: int, *, by: Principal, reason: str) -> Handling:
    """Close the item without an answer: filed, with the reason (domain row 63)."""
    entry, handling = _locked(session, entry_id, by)
    _require_open(handling)
    by.require(
        is_head(by, entry, handling) or _is_responsible(by, handling),
        t("Only the responsible person or the head of the unit can file the item."),
    )
    _close(session, entry, handling, Disposal.FILED, _required(reason), by)
    return handling


def close_by_answer(session: Session, entry: Entry, *, answer: Entry, by: Principal) -> None:
    """The answer was issued: the item that it answers is closed. Called by circulation."""
    handling = _lock_handling(session, entry.id)
    if handling is None or handling.state == HandlingState.CLOSED:
        return
    _close(session, entry, handling, Disposal.ANSWERED, answer.label, by)


def reopen(session: Session, entry_id: int, *, by: Principal, reason: str) -> Handling:
    """Take a closed item up again, with a reason; it goes back to its unit's head."""
    entry, handling = _locked(session, entry_id, by)
    _require_head(by, entry, handling)
    if handling.state != HandlingState.CLOSED:
        raise StateChanged(t("The item is open already."))
    reason = _required(reason)
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
    _end_live_charge(session, entry.id, ChargeState.DONE, by, "")
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


def _hand_over(
    session: Session,
    entry: Entry,
    handling: Handling,
    to: Target,
    *,
    by: Principal,
    instructions: str,
) -> Charge:
    _check_target(session, entry, to, by)
    session.flush()  # the end of the charge before, for the index "one responsible"
    row = Charge(
        entry_id=entry.id,
        kind=ChargeKind.ACTION,
        state=ChargeState.OPEN,
        unit_id=to.unit_id,
        user_id=to.user_id,
        instructions=_text(instructions, "instructions"),
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
    _open_to(session, entry.id, to)
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


def _inform(
    session: Session,
    entry: Entry,
    handling: Handling,
    targets: Sequence[Target],
    *,
    by: Principal,
    instructions: str,
) -> None:
    for target in targets:
        _check_target(session, entry, target, by)
        session.add(
            Charge(
                entry_id=entry.id,
                kind=ChargeKind.INFORMATION,
                state=ChargeState.OPEN,
                unit_id=target.unit_id,
                user_id=target.user_id,
                instructions=_text(instructions, "instructions"),
                from_unit_id=handling.unit_id,
                charged_by=by.person_id,
                charged_at=clock.now(),
            )
        )
        _open_to(session, entry.id, target)
        audit.record(
            session,
            "entry.informed",
            by=by,
            subject=("entry", entry.id),
            unit=target.unit_id,
            person=target.user_id,
        )


def _open_to(session: Session, entry_id: int, target: Target) -> None:
    registry.open_to_unit(session, entry_id, target.unit_id)
    if target.user_id is not None:
        registry.open_to_person(session, entry_id, target.user_id)


def _check_target(session: Session, entry: Entry, target: Target, by: Principal) -> None:
    organization.unit(session, target.unit_id, body_id=by.body_id)
    if target.user_id is None:
        if session.get_one(registry.Book, entry.book_id).is_confidential:
            raise BadTarget(
                t("An item of a confidential book is charged to a person by name."),
                field="target",
            )
        return
    organization.person(session, target.user_id)
    if not organization.works_in(session, target.user_id, target.unit_id):
        raise BadTarget(
            t("This person does not work in the unit. Choose a person of the unit."),
            field="target",
        )


def _locked(session: Session, entry_id: int, by: Principal) -> tuple[Entry, Handling]:
    by.require_scope("route")
    entry = registry.get(session, entry_id, by=by)
    registry.require_not_annulled(session, entry)
    handling = _lock_handling(session, entry.id)
    if handling is None:
        raise Conflict(t("An outgoing document is not charged to anybody."))
    return entry, handling


def _lock_handling(session: Session, entry_id: int) -> Handling | None:
    return session.scalar(
        select(Handling)
        .where(Handling.entry_id == entry_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def _live_charge(session: Session, entry_id: int) -> Charge | None:
    return session.scalar(
        select(Charge).where(
            Charge.entry_id == entry_id,
            Charge.kind == ChargeKind.ACTION,
            Charge.ended_at.is_(None),
        )
    )


def _end_live_charge(
    session: Session, entry_id: int, state: ChargeState, by: Principal, reason: str
) -> None:
    row = _live_charge(session, entry_id)
    if row is not None:
        row.state, row.reason = state, reason
        row.ended_by, row.ended_at = by.user_id, clock.now()


def _is_responsible(by: Principal, handling: Handling) -> bool:
    return handling.user_id is not None and handling.user_id == by.user_id


def is_head(by: Principal, entry: Entry, handling: Handling) -> bool:
    """Whether the person marks and charges the item: a head, of the unit that has it or above.

    In a confidential book it is whoever may write in it: no head of a unit sees it as such.
    """
    return by.heads(handling.unit_id) or entry.book_id in by.confidential_writes


def _require_head(by: Principal, entry: Entry, handling: Handling) -> None:
    if not is_head(by, entry, handling):
        raise NotResponsible(t("Only the head of the unit that has the item can do this."))


def _require_addressee(by: Principal, row: Charge) -> None:
    """A person's charge is for that person or a head; a unit's for everybody who works there."""
    mine = row.user_id == by.user_id if row.user_id else by.works_in(row.unit_id)
    taken = row.accepted_by is not None and row.accepted_by != by.user_id
    if not (mine and not taken) and not by.heads(row.unit_id):
        raise NotResponsible(t("The item is charged to somebody else."))


def _require_open(handling: Handling) -> None:
    if handling.state == HandlingState.CLOSED:
        raise StateChanged(t("The item is closed. Reopen it first."))


def _deadline(due_on: date | None, before: date | None) -> date | None:
    if due_on is not None and due_on != before and due_on < clock.today():
        raise BadDeadline(t("The deadline must not lie in the past."), field="due_on")
    return due_on


def _text(text: str, field: str) -> str:
    clean = lines(text)
    if len(clean) > MAX_TEXT:
        raise TextTooLong(t("At most {max} characters fit here.", max=MAX_TEXT), field=field)
    return clean


def _required(reason: str) -> str:
    clean = _text(reason, "reason")
    if not clean:
        raise ReasonMissing(t("Write the reason."), field="reason")
    return clean
