"""Picking a decision up on the page of the application that it answers.

Whoever opened that page has shown who he is (his account, or the secret of his receipt), so no
second code is asked; the time of the collection is noted as on the pick-up page.
Source: domain row 99.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow import circulation, clock, registry
from docflow.citizens.pickup import Collected, NoSuchPickup, PickupClosed, hand_out
from docflow.dispatch import Delivery, DeliveryState
from docflow.folding import fold
from docflow.i18n import t
from docflow.principal import Via, system

# Also where the notice could not be sent: the document waits, whoever knows of it.
_WAITS = (DeliveryState.QUEUED, DeliveryState.SENT, DeliveryState.FAILED)


@dataclass(frozen=True, slots=True)
class Decision:
    """A document that answers an application; `is_open` where it can be picked up now."""

    delivery_id: int
    number: str
    issued_at: datetime
    expires_at: datetime
    picked_up_at: datetime | None
    is_open: bool
    is_annulled: bool


def decisions(session: Session, entry_id: int, *, name: str, email: str) -> list[Decision]:
    """What answers the entry and goes to this person, the newest first."""
    rows = session.execute(
        select(Delivery, registry.Entry, registry.Annulment.entry_id)
        .join(registry.Entry, registry.Entry.id == Delivery.entry_id)
        .join(registry.EntryRelation, registry.EntryRelation.entry_id == registry.Entry.id)
        .outerjoin(
            registry.RelationRemoval,
            registry.RelationRemoval.relation_id == registry.EntryRelation.id,
        )
        .outerjoin(registry.Annulment, registry.Annulment.entry_id == registry.Entry.id)
        .where(
            registry.EntryRelation.other_id == entry_id,
            registry.EntryRelation.kind == registry.Relation.ANSWERS,
            registry.RelationRemoval.relation_id.is_(None),
            Delivery.channel == circulation.Channel.PICKUP,
        )
        .order_by(Delivery.id.desc())
    ).all()
    return [
        Decision(
            row.id,
            entry.label,
            entry.registered_at,
            row.expires_at,
            row.picked_up_at,
            is_open=_is_open(row) and annulled is None,
            is_annulled=annulled is not None,
        )
        for row, entry, annulled in rows
        if _is_his(row, name, email)
    ]


def collect(
    session: Session, delivery_id: int, *, answers_id: int, name: str, email: str
) -> Collected:
    """Hand the decision out and note when. Raises NoSuchPickup, PickupClosed.

    `answers_id` is the entry of the application whose page is open.
    """
    known = {one.delivery_id: one for one in decisions(session, answers_id, name=name, email=email)}
    row = session.scalar(
        select(Delivery)
        .where(Delivery.id == delivery_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None or delivery_id not in known:
        raise NoSuchPickup(t("There is no such document on this page."))
    if known[delivery_id].is_annulled:
        raise PickupClosed(t("The document was annulled. Ask the office that wrote to you."))
    if not _is_open(row):
        raise PickupClosed(t("The time to pick this document up is over. Ask the office for it."))
    entry = session.get_one(registry.Entry, row.entry_id)
    visitor = system(entry.body_id, via=Via.PUBLIC)
    return hand_out(session, row, entry, by=visitor, way="application")


def _is_open(row: Delivery) -> bool:
    if row.state == DeliveryState.PICKED_UP:
        return True
    return row.state in _WAITS and row.expires_at > clock.now()


def _is_his(row: Delivery, name: str, email: str) -> bool:
    """A document may go to several; each picks up his own."""
    same_mail = bool(email) and row.email.strip().lower() == email.strip().lower()
    return same_mail or fold(row.recipient_name) == fold(name)
