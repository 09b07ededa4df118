"""The deliveries that somebody must see to, over the entries that he may see."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from docflow import circulation, registry
from docflow.dispatch.models import Delivery, DeliveryState
from docflow.principal import Principal

PAGE_SIZE = 50


class Pile(StrEnum):
    """A list of deliveries."""

    TO_SEND = "to-send"  # by post, or over the counter
    WAITING = "waiting"  # to be picked up
    FAILED = "failed"  # the notice did not arrive
    COLLECTED = "collected"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class DeliveryLine:
    """A delivery as a row."""

    id: int
    entry_id: int
    number: str
    subject: str
    recipient: str
    channel: str
    state: str
    created_at: datetime
    expires_at: datetime
    picked_up_at: datetime | None
    after_expiry: bool  # it follows a pick-up that nobody came for
    problem: str


def _in(pile: Pile) -> ColumnElement[bool]:
    pickup = Delivery.channel == circulation.Channel.PICKUP
    conditions: dict[Pile, ColumnElement[bool]] = {
        Pile.TO_SEND: and_(~pickup, Delivery.state == DeliveryState.QUEUED),
        Pile.WAITING: and_(pickup, Delivery.state == DeliveryState.SENT),
        Pile.FAILED: Delivery.state == DeliveryState.FAILED,
        Pile.COLLECTED: Delivery.state == DeliveryState.PICKED_UP,
        Pile.EXPIRED: Delivery.state == DeliveryState.EXPIRED,
    }
    return conditions[pile]


def lines(
    session: Session, pile: Pile, *, by: Principal, start: int = 0, limit: int = PAGE_SIZE
) -> Sequence[DeliveryLine]:
    """A pile, the oldest first where something is to be done, else the newest."""
    by.require_scope("read")
    is_open = pile in (Pile.TO_SEND, Pile.WAITING, Pile.FAILED)
    rows = session.execute(
        select(Delivery, registry.Entry)
        .join(registry.Entry, registry.Entry.id == Delivery.entry_id)
        .where(_in(pile), registry.Entry.body_id == by.body_id, registry.visible_to(by))
        .order_by(Delivery.id.asc() if is_open else Delivery.id.desc())
        .offset(start)
        .limit(limit)
    ).all()
    return [
        DeliveryLine(
            id=row.id,
            entry_id=entry.id,
            number=entry.label,
            subject=entry.subject,
            recipient=row.recipient_name,
            channel=row.channel,
            state=row.state,
            created_at=row.created_at,
            expires_at=row.expires_at,
            picked_up_at=row.picked_up_at,
            after_expiry=row.follows_id is not None,
            problem=row.problem or "",
        )
        for row, entry in rows
    ]


def counts(session: Session, *, by: Principal) -> dict[Pile, int]:
    """How many stand in each pile, of what the person may see."""
    by.require_scope("read")
    return {
        pile: session.scalar(
            select(func.count())
            .select_from(Delivery)
            .join(registry.Entry, registry.Entry.id == Delivery.entry_id)
            .where(_in(pile), registry.Entry.body_id == by.body_id, registry.visible_to(by))
        )
        or 0
        for pile in (Pile.TO_SEND, Pile.WAITING, Pile.FAILED)
    }
