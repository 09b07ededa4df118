"""The proof of a delivery for staff, as PDF: who got what and when, and every act and try.

Source: domain rows 81 and 99 (evidence of collection).
"""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow import audit, clock, documents, printing, reads, registry
from docflow.dispatch.models import Delivery
from docflow.dispatch.service import NoSuchDelivery
from docflow.i18n import Text, t
from docflow.office import Office
from docflow.principal import Principal
from docflow.words import WORDS

_ACTS: Mapping[str, Text] = {
    "delivery.notified": t("Recipient notified"),
    "delivery.notified-again": t("Recipient notified again"),
    "delivery.reminded": t("Recipient reminded"),
    "delivery.failed": t("Could not be sent"),
    "delivery.handed-over": t("Handed over"),
    "delivery.expired": t("Not picked up in time: goes by post"),
    "pickup.collected": t("Picked up by the recipient"),
    "pickup.collected-again": t("Picked up again"),
    "pickup.refused": t("Pick-up refused: wrong code"),
}


def entry_of(session: Session, delivery_id: int, *, by: Principal) -> int:
    """The entry of a delivery. Raises NoSuchDelivery, also where it is not open to the person."""
    entry_id = session.scalar(
        select(Delivery.entry_id)
        .join(registry.Entry, registry.Entry.id == Delivery.entry_id)
        .where(Delivery.id == delivery_id, registry.visible_to(by))
    )
    if entry_id is None:
        raise NoSuchDelivery(t("There is no such delivery."))
    return entry_id


def proof(
    office: Office, delivery_id: int, *, by: Principal, language: str = "el"
) -> tuple[str, bytes]:
    """A name for the file, and the proof as PDF. Raises NoSuchDelivery, registry.PrintingFailed.

    Of what is confidential only after its reader said why he opens it (reads.ReasonNeeded).
    """
    by.require_scope("read")
    with office.db.read() as session:
        entry = registry.get(session, entry_of(session, delivery_id, by=by), by=by)
        reads.require_reason(session, entry, by=by)
        data = _data(session, delivery_id, entry, by, language, office.settings.zone)
    reads.opened(office.db, entry, by=by)
    try:
        pdf = printing.delivery_proof(data, language=language)
    except printing.PrintingError as error:
        raise registry.PrintingFailed(
            t("The proof could not be printed. Try again in a minute.")
        ) from error
    with office.db.begin() as session:
        audit.record(
            session,
            "delivery.proof-made",
            by=by,
            subject=("entry", entry.id),
            delivery=delivery_id,
        )
    return f"delivery-{delivery_id}.pdf", pdf


def _data(
    session: Session,
    delivery_id: int,
    entry: registry.Entry,
    by: Principal,
    language: str,
    zone: str,
) -> printing.DeliveryProofData:
    row = session.get_one(Delivery, delivery_id)
    sha256 = session.scalar(
        select(documents.File.sha256)
        .where(
            documents.File.entry_id == entry.id,
            documents.File.role == documents.FileRole.EXACT_COPY,
        )
        .order_by(documents.File.position)
        .limit(1)
    )
    return printing.DeliveryProofData(
        issuer=registry.issuer(session, entry.body_id),
        number=entry.label,
        subject=registry.current(session, entry).subject,
        recipient=row.recipient_name,
        channel=_word("channel", row.channel, language),
        state=_word("delivery", row.state, language),
        sha256=sha256 or "–",
        expires_at=clock.local(row.expires_at, zone),
        collected_at=clock.local(row.picked_up_at, zone) if row.picked_up_at else None,
        tries=tuple(_tries(session, row, language, zone)),
        made_by=by.full_name,
        made_at=clock.local(clock.now(), zone),
    )


def _tries(
    session: Session, row: Delivery, language: str, zone: str
) -> list[tuple[datetime, str, str]]:
    lines = audit.history(session, [("entry", row.entry_id)])
    return [
        (clock.local(one.at, zone), _ACTS[one.action].in_language(language), one.actor_name or "–")
        for one in lines
        if one.action in _ACTS and one.details.get("delivery") == row.id
    ]


def _word(group: str, code: str, language: str) -> str:
    text = WORDS[group].get(code)
    return text.in_language(language) if text else code
