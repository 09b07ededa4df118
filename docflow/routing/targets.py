"""To whom an item can be given: who exists today, who has not had it in this round already.

An item that comes back to where it was without anybody's decision goes in a circle; so who had it
gets it again from a head alone, and what was refused goes there again only with instructions.
"""

from dataclasses import dataclass

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from docflow import clock, organization, registry
from docflow.errors import Invalid
from docflow.i18n import t
from docflow.principal import Principal
from docflow.registry import Entry, HandlingState
from docflow.routing.guards import Item
from docflow.routing.models import Charge, ChargeKind, ChargeState


class BadTarget(Invalid):
    """The item cannot be charged to this unit or person."""


class RefusedBefore(Invalid):
    """The item was refused there before: it goes there again only with instructions."""


@dataclass(frozen=True, slots=True)
class Target:
    """A unit, or a person in it."""

    unit_id: int
    user_id: int | None = None


def check(session: Session, entry: Entry, target: Target, by: Principal) -> None:
    """Whether the target exists today and may have the item; they are held until it is given.

    Raises NoSuchUnit, NoSuchUser (also of an account that is locked or closed), BadTarget.
    """
    organization.hold_unit(session, target.unit_id, body_id=by.body_id)
    if target.user_id is None:
        if session.get_one(registry.Book, entry.book_id).is_confidential:
            raise BadTarget(
                t("An item of a confidential book is charged to a person by name."),
                field="target",
            )
        return
    organization.hold_person(session, target.user_id, body_id=by.body_id)
    if not organization.works_in(session, target.user_id, target.unit_id):
        raise BadTarget(
            t("This person does not work in the unit. Choose a person of the unit."),
            field="target",
        )


def open_to(session: Session, entry_id: int, target: Target) -> None:
    registry.open_to_unit(session, entry_id, target.unit_id)
    if target.user_id is not None:
        registry.open_to_person(session, entry_id, target.user_id)


def require_another(item: Item, to: Target) -> None:
    """Nobody is given what he has already: not by another, and not by himself. Raises BadTarget."""
    handling = item.handling
    if handling.state == HandlingState.NEW:
        return
    same_person = to.user_id is not None and to.user_id == handling.user_id
    if same_person and to.user_id == item.by.user_id:
        raise BadTarget(t("You have the item already. Choose somebody else."), field="target")
    if same_person:
        raise BadTarget(t("The item is with this person already."), field="target")
    if to.user_id is None and handling.user_id is None and to.unit_id == handling.unit_id:
        raise BadTarget(t("The item is with this unit already."), field="target")


def require_no_circle(session: Session, item: Item, to: Target) -> None:
    """Who had the item since it came back to a head last does not get it by being passed on.

    Raises BadTarget, saying who passed it on, and when.
    """
    begun = (
        select(func.max(Charge.id))
        .where(
            Charge.entry_id == item.entry.id,
            Charge.kind == ChargeKind.ACTION,
            Charge.state.in_([ChargeState.REFUSED, ChargeState.RETURNED, ChargeState.DONE]),
        )
        .scalar_subquery()
    )
    to_unit = Charge.user_id.is_(None) & Charge.accepted_by.is_(None)
    same = (
        or_(Charge.user_id == to.user_id, Charge.accepted_by == to.user_id)
        if to.user_id is not None
        else to_unit & (Charge.unit_id == to.unit_id)
    )
    row = session.scalar(
        select(Charge)
        .where(
            Charge.entry_id == item.entry.id,
            Charge.kind == ChargeKind.ACTION,
            Charge.state == ChargeState.PASSED_ON,
            Charge.id > func.coalesce(begun, 0),
            same,
        )
        .order_by(Charge.id.desc())
        .limit(1)
    )
    if row is not None:
        raise BadTarget(
            t(
                "The item was there until {at} and would go in a circle. Return it with a reason: "
                "the head decides.",
                at=f"{clock.local(row.ended_at or row.charged_at):%d/%m/%Y %H:%M}",
            ),
            field="target",
        )


def require_instructions_after_refusal(
    session: Session, entry_id: int, to: Target, instructions: str
) -> None:
    """What was refused there goes there again only if one says why. Raises RefusedBefore."""
    person = Charge.user_id.is_(None) if to.user_id is None else Charge.user_id == to.user_id
    row = session.scalar(
        select(Charge)
        .where(
            Charge.entry_id == entry_id,
            Charge.kind == ChargeKind.ACTION,
            Charge.state == ChargeState.REFUSED,
            Charge.unit_id == to.unit_id,
            person,
        )
        .order_by(Charge.id.desc())
        .limit(1)
    )
    if row is None or instructions.strip():
        return
    name = organization.names(session, [row.ended_by]).get(row.ended_by or 0, "")
    raise RefusedBefore(
        t(
            "{name} refused the item on {at}: “{reason}” Say in the instructions why it goes there "
            "again.",
            name=name,
            at=f"{clock.local(row.ended_at or row.charged_at):%d/%m/%Y %H:%M}",
            reason=row.reason,
        ),
        field="instructions",
    )
