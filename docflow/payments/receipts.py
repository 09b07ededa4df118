"""The receipt of what was paid: numbered in the year of the body, sealed where there is a seal.

It is made once in each language, and kept.
"""

import logging
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

import signing
from docflow import clock, documents, organization, printing, registry
from docflow.errors import NotFound, Unavailable
from docflow.i18n import t
from docflow.office import Office
from docflow.payments import amounts, references
from docflow.payments.models import Payable, PaymentPaper, PaymentPart, PaymentReceipt
from docflow.words import word

log = logging.getLogger(__name__)


class NoReceipt(NotFound):
    """There is no receipt: the payment has not ended as paid."""


class ReceiptNotPrinted(Unavailable):
    """The receipt of the payment could not be printed."""


def pdf(office: Office, payable_id: int, *, language: str) -> bytes:
    """The receipt as PDF; the same bytes for whoever asks. The caller has checked the right.

    Raises NoReceipt, ReceiptNotPrinted, StoreUnavailable.
    """
    with office.db.read() as session:
        kept = session.get(PaymentPaper, (payable_id, language))
        data = None if kept else _data(session, office, payable_id, language)
        body_id = session.scalar(select(Payable.body_id).where(Payable.id == payable_id))
    if kept is not None:
        return documents.read_bytes(office, kept.sha256)
    assert data is not None
    try:
        made = printing.payment_receipt(data, language=language)
    except printing.PrintingError as error:
        raise ReceiptNotPrinted(
            t("The receipt could not be printed. The payment stands; try again in a minute.")
        ) from error
    assert body_id is not None  # the payable was just read
    made = _sealed(office, made, body_id)
    stored = documents.keep(office, made, body_id=body_id)
    with office.db.begin() as session:
        session.get_one(Payable, payable_id, with_for_update=True)
        before = session.get(PaymentPaper, (payable_id, language))
        if before is None:
            session.add(
                PaymentPaper(payable_id=payable_id, language=language, sha256=stored.sha256)
            )
            return made
        sha256 = before.sha256
    return documents.read_bytes(office, sha256)


def _data(
    session: Session, office: Office, payable_id: int, language: str
) -> printing.PaymentReceiptData:
    receipt = session.get(PaymentReceipt, payable_id)
    if receipt is None:
        raise NoReceipt(t("There is no receipt: the payment is not complete."))
    payable, zone = session.get_one(Payable, payable_id), office.settings.zone
    parts = session.scalars(
        select(PaymentPart)
        .where(PaymentPart.payable_id == payable_id)
        .order_by(PaymentPart.received_on, PaymentPart.id)
    ).all()
    unit = organization.unit_names(session, [payable.unit_id]).get(payable.unit_id)
    return printing.PaymentReceiptData(
        issuer=registry.issuer(session, payable.body_id, unit=unit),
        number=f"{receipt.number}/{receipt.year}",
        issued_at=clock.local(receipt.issued_at, zone),
        payer=payable.payer_name,
        tax_number=payable.payer_tax_number,
        reason=payable.reason.get(language) or payable.reason.get("el", ""),
        about=payable.shown_as,
        reference=references.grouped(payable.reference),
        lines=tuple(
            (label.get(language) or label.get("el", ""), amounts.shown(cents, language))
            for label, cents in receipt.lines
        ),
        total=amounts.shown(receipt.cents, language),
        payments=tuple(
            printing.PaidPart(
                day=part.received_on,
                way=word("payment_source", part.source, language),
                number=part.bank_number,
                amount=amounts.shown(cents, language),
            )
            for part, cents in _kept(parts, receipt.cents)
        ),
        address=f"{office.settings.public_url}/pay/{payable.token}",
    )


def _kept(parts: Sequence[PaymentPart], total: int) -> list[tuple[PaymentPart, int]]:
    """What of each part was kept; money that came after all that was owed went back."""
    kept: list[tuple[PaymentPart, int]] = []
    for part in parts:
        if cents := min(part.cents, total):
            kept.append((part, cents))
        total -= cents
    return kept


def _sealed(office: Office, made: bytes, body_id: int) -> bytes:
    """Under the body's seal where there is one; a receipt never waits for a time-stamp."""
    if not registry.has_seal(office, body_id):
        return made
    try:
        key = registry.seal_key(office, body_id)
        return signing.sign(made, key, field="Seal", level="B-B", lock=True)
    except (signing.SigningError, Unavailable):
        log.exception("the receipt of a payment was not sealed")
        return made
