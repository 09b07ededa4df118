"""The way of an entry through the house: marked, charged, accepted, returned, passed on.

Exactly one unit or person is responsible at any time (the database enforces it); any number are
told for information. Source: domain rows 51, 52, 54; ν. 2690/1999 art. 12 (organ addressed).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow import audit, clock, organization, registry
from docflow.errors import Invalid
from docflow.i18n import t
from docflow.principal import Principal
from docflow.registry import Entry, Handling, HandlingState, Priority
from docflow.routing.guards import (
    StateChanged,
    clean_reason,
    clean_text,
    deadline,
    end_live_charge,
    is_head,
    is_responsible,
    live_charge,
    locked,
    require_addressee,
    require_head,
    require_open,
)
from docflow.routing.models import Charge, ChargeKind, ChargeState


class BadTarget(Invalid):
    """The item cannot be charged to this unit or person."""


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
    entry, handling = locked(session, entry_id, by)
    require_head(by, entry, handling)
    require_open(handling)
    clean, day = clean_text(instructions, "instructions"), deadline(due_on, handling.due_on)
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
    entry, handling = locked(session, entry_id, by)
    require_head(by, entry, handling)
    require_open(handling)
    end_live_charge(session, entry.id, ChargeState.PASSED_ON, by, "")
    row = _hand_over(session, entry, handling, to, by=by, instructions=instructions)
    _inform(session, entry, handling, inform, by=by, instructions=instructions)
    return row


def accept(session: Session, entry_id: int, *, by: Principal) -> Charge:
    """Take the item in hand. In a unit's charge, the first who accepts becomes responsible."""
    entry, handling = locked(session, entry_id, by)
    row = live_charge(session, entry.id)
    if row is None or row.state != ChargeState.OPEN:
        raise StateChanged(t("There is nothing to accept: somebody was faster. Look again."))
    require_addressee(by, row)
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
    entry, handling = locked(session, entry_id, by)
    row = live_charge(session, entry.id)
    if row is None:
        raise StateChanged(t("The item is not charged to anybody now. Look again."))
    require_addressee(by, row)
    row.reason, row.state = clean_reason(reason), ChargeState.RETURNED
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
    entry, handling = locked(session, entry_id, by)
    row = live_charge(session, entry.id)
    if row is None:
        raise StateChanged(t("The item is not charged to anybody now. Look again."))
    require_addressee(by, row)
    if to.user_id is not None and to.user_id == handling.user_id:
        raise BadTarget(t("The item is with this person already."), field="target")
    end_live_charge(
        session,
        entry.id,
        ChargeState.PASSED_ON,
        by,
        clean_text(instructions, "instructions"),
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
    entry, handling = locked(session, entry_id, by)
    by.require(
        is_head(by, entry, handling) or is_responsible(by, handling),
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
    registry.require_not_annulled(session, registry.get(session, row.entry_id, by=by))
    require_addressee(by, row)
    if row.ended_at is not None:
        raise StateChanged(t("This was noted already."))
    row.state, row.ended_by, row.ended_at = ChargeState.DONE, by.person_id, clock.now()
    audit.record(session, "charge.noted", by=by, subject=("entry", row.entry_id))


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
                instructions=clean_text(instructions, "instructions"),
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
    organization.person(session, target.user_id, body_id=by.body_id)
    if not organization.works_in(session, target.user_id, target.unit_id):
        raise BadTarget(
            t("This person does not work in the unit. Choose a person of the unit."),
            field="target",
        )
