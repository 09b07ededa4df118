"""The pick-up page: link and code open an issued document; every try is an event.

Source: domain row 99 (secure temporary store, evidence of collection).
"""

import hmac
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow import audit, clock, dispatch, documents, organization, registry, signatures
from docflow.dispatch import Delivery, DeliveryState
from docflow.errors import Conflict, NotFound
from docflow.i18n import Text, t
from docflow.principal import Principal, Via, system

MAX_FAILED = 5


class NoSuchPickup(NotFound):
    """The link is unknown."""


class PickupClosed(Conflict):
    """The document can no longer be picked up here."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """What the page says before the code is given: nothing about the matter itself."""

    body: str
    number: str
    expires_at: datetime
    picked_up_at: datetime | None


@dataclass(frozen=True, slots=True)
class Collected:
    name: str
    sha256: str
    size: int


def waiting(session: Session, token: str) -> Waiting:
    """What waits behind the link. Raises NoSuchPickup, PickupClosed."""
    row = _behind(session, token, lock=False)
    closed = _why_closed(session, row)
    if closed is not None:
        raise PickupClosed(closed)
    entry = session.get_one(registry.Entry, row.entry_id)
    body = organization.body(session, entry.body_id)
    return Waiting(body.name, entry.label, row.expires_at, row.picked_up_at)


def try_code(session: Session, token: str, code: str) -> Collected | None:
    """The document when the code is right and the link is open, else None.

    Every try is recorded, so commit either way; `waiting` tells why a link is closed. After five
    wrong codes it is; the office sends a new code. Raises NoSuchPickup.
    """
    row = _behind(session, token, lock=True)
    entry = session.get_one(registry.Entry, row.entry_id)
    visitor = system(entry.body_id, via=Via.PUBLIC)
    digest = dispatch.code_digest(token, "".join(code.split()))
    is_closed = _why_closed(session, row) is not None
    if is_closed or not hmac.compare_digest(row.code_digest or "", digest):
        if not is_closed:
            row.failed_codes += 1
        audit.record(
            session,
            "pickup.refused",
            by=visitor,
            subject=("entry", entry.id),
            delivery=row.id,
            tries=row.failed_codes,
            closed=is_closed,
        )
        return None
    return hand_out(session, row, entry, by=visitor)


def hand_out(
    session: Session, row: Delivery, entry: registry.Entry, *, by: Principal, **details: Any
) -> Collected:
    """Note the proof of delivery and give the exact copy; the delivery is held and open."""
    first_time = row.picked_up_at is None
    if first_time:
        row.state, row.picked_up_at = DeliveryState.PICKED_UP, clock.now()
    audit.record(
        session,
        "pickup.collected" if first_time else "pickup.collected-again",
        by=by,
        subject=("entry", entry.id),
        delivery=row.id,
        **details,
    )
    file = session.scalars(
        select(documents.File)
        .where(
            documents.File.entry_id == entry.id,
            documents.File.role == documents.FileRole.EXACT_COPY,
        )
        .order_by(documents.File.position)
        .limit(1)
    ).one()
    sha256 = signatures.lasting.current(session, file.sha256)  # with the proofs added since
    return Collected(file.name, sha256, file.size)


def _behind(session: Session, token: str, *, lock: bool) -> Delivery:
    query = select(Delivery).where(Delivery.token == token)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    row = session.scalar(query)
    if row is None:
        raise NoSuchPickup(t("This link is unknown. Copy it from the message once more."))
    return row


def _why_closed(session: Session, row: Delivery) -> Text | None:
    """Why nothing can be picked up behind the link; None where it is open."""
    if session.get(registry.Annulment, row.entry_id) is not None:
        return t("The document was annulled. Ask the office that wrote to you.")
    if row.state == DeliveryState.EXPIRED:
        return t("The time to pick this document up is over. Ask the office for it.")
    if row.state not in (DeliveryState.SENT, DeliveryState.PICKED_UP):
        return t("Nothing waits behind this link now. Ask the office that wrote to you.")
    if row.expires_at < clock.now():
        return t("The time to pick this document up is over. Ask the office for it.")
    if row.failed_codes >= MAX_FAILED:
        return t("Too many wrong codes. Ask the office for a new code.")
    return None
