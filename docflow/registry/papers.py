"""The receipt that the person at the counter takes away. (Labels: see `labels`.)

The receipt is made once, sealed where the installation has a seal, and kept: whoever asks again
gets the same bytes, and the verification page knows them. One that was owed before the log had its
proof is followed by one with it, as soon as somebody asks again; both stay known.
Source: ν. 4727/2020 art. 19 par. 3; ν. 2690/1999 art. 12 («οφείλει να χορηγεί βεβαίωση»).
"""

import logging
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

import signing
from docflow import audit, clock, documents, organization, printing
from docflow.errors import Unavailable
from docflow.folding import fold
from docflow.i18n import t
from docflow.office import Office
from docflow.principal import Principal
from docflow.registry import attached_proof, codes, origins, queries, seal_keys
from docflow.registry.changes import Correction
from docflow.registry.deposits import depositor
from docflow.registry.models import Annulment, Paper
from docflow.words import word

log = logging.getLogger(__name__)

RECEIPT = "receipt"
_UNPROVEN = "-unproven"  # behind the kind of a receipt that went out without a proof
PROOF_NAMES = {"el": "Απόδειξη καταχώρισης", "en": "Proof of registration"}
MOST_TRIES = 3  # to print an entry that somebody goes on correcting


class PrintingFailed(Unavailable):
    """The document could not be printed."""


def receipt(office: Office, entry_id: int, *, by: Principal, language: str) -> bytes:
    """The receipt of an entry as PDF, as it stands now: after a correction with the new values.

    An annulled entry gets one that says so above all; what happens to the entry while the paper is
    printed is printed too. Raises NoSuchEntry, StoreUnavailable, PrintingFailed.
    """
    for _ in range(MOST_TRIES):
        pdf = _receipt(office, entry_id, by=by, language=language)
        if pdf is not None:
            return pdf
    raise PrintingFailed(
        t("The receipt could not be made. The entry stands; print it again in a minute.")
    )


def _receipt(office: Office, entry_id: int, *, by: Principal, language: str) -> bytes | None:
    """The receipt; None where the entry was corrected or annulled while it was printed."""
    with office.db.begin() as session:
        entry = queries.get(session, entry_id, by=by)
        kind = _kind(session, entry.id)
        kept = session.get(Paper, (entry.id, kind, language))
        unproven = session.get(Paper, (entry.id, kind + _UNPROVEN, language))
        data = _receipt_data(office, session, entry_id, by, language) if kept is None else None
    if kept is not None:
        return documents.read_bytes(office, kept.sha256)
    assert data is not None
    if unproven is not None:
        proof = attached_proof.ready(office, entry_id)
        if proof is None:
            return documents.read_bytes(office, unproven.sha256)
    else:
        proof = attached_proof.awaited(office, entry_id)
    try:
        pdf = printing.receipt(_with_proof(office, data, proof), language=language)
        if proof is not None:
            pdf = printing.attach(
                pdf,
                name=f"{data.number}-{data.year}.tlog-proof",
                data=proof.encode(),
                description=PROOF_NAMES[language],
                mime_type="text/plain",
            )
    except printing.PrintingError as error:
        raise PrintingFailed(
            t("The receipt could not be made. The entry stands; print it again in a minute.")
        ) from error
    pdf = _sealed(office, pdf, by.body_id)
    stored = documents.keep(office, pdf, body_id=by.body_id)
    with office.db.begin() as session:
        entry = queries.get(session, entry_id, by=by, lock=True)
        if _kind(session, entry.id) != kind:
            return None
        kind += "" if proof is not None else _UNPROVEN
        already = session.get(Paper, (entry_id, kind, language))
        if already is None:
            session.add(
                Paper(
                    entry_id=entry_id,
                    kind=kind,
                    language=language,
                    sha256=stored.sha256,
                )
            )
            audit.record(
                session,
                "entry.receipt-made",
                by=by,
                subject=("entry", entry_id),
                sha256=stored.sha256,
                language=language,
            )
    return pdf if already is None else documents.read_bytes(office, already.sha256)


def _with_proof(
    office: Office, data: printing.ReceiptData, proof: str | None
) -> printing.ReceiptData:
    """What the receipt says of its proof; one that is too large for a QR code is attached alone."""
    if proof is None:
        return data
    return replace(
        data,
        has_proof=True,
        proof_address=f"{office.settings.public_url}/log/check#",
        proof_digits=audit.packed(proof) or "",
    )


def verification_url(office: Office, code: str) -> str:
    return codes.url(office.settings.public_url, code)


def issuer(session: Session, body_id: int, *, unit: str | None = None) -> printing.Issuer:
    """The body as it stands at the head of its papers."""
    body = organization.body(session, body_id)
    return printing.Issuer(
        name=body.name,
        region=_letterhead(body),
        unit=unit,
        address=body.address,
        postal_code_city=body.city,
        phone=body.phone,
        email=body.email,
        website=body.website,
    )


def _letterhead(body: organization.Body) -> tuple[str, ...]:
    """The lines above the unit, the body's own name at the latest as their last one."""
    lines = [str(line) for line in body.letterhead]
    if fold(body.name) not in {fold(line) for line in lines}:
        lines.append(printing.capitals(body.name))
    return tuple(lines)


def _receipt_data(
    office: Office, session: Session, entry_id: int, by: Principal, language: str
) -> printing.ReceiptData:
    entry = queries.get(session, entry_id, by=by)
    known = queries.details(session, entry, by=by)
    now, zone = known.current, office.settings.zone
    last = _last_correction(session, entry.id)
    earlier = origins.find(session, entry_id)
    return printing.ReceiptData(
        issuer=issuer(session, entry.body_id),
        book=known.book.title,
        number=entry.number,
        year=entry.year,
        shown_number=entry.label,
        registered_at=clock.local(entry.registered_at, zone),
        subject=now.subject,
        sender=now.sender_name,
        addressee=known.addressee_unit,
        attachments=now.attachments_count,
        attachments_description=now.attachments_note,
        depositor=depositor(session, entry.id),
        verification_code=codes.shown(entry.verification_code),
        verification_url=verification_url(office, entry.verification_code),
        sender_reference=now.sender_reference,
        sender_dated_on=now.sender_dated_on,
        received_by=word("delivery_method", now.delivery_method, language),
        registered_by=known.registered_by,
        files=tuple(
            printing.ReceiptFile(f.name, f.size, f.sha256)
            for f in documents.files(session, entry.id)
            if f.parent is None  # parts of a mail are told by its own digest
        ),
        corrected_at=clock.local(last.corrected_at, zone) if last else None,
        annulled_at=clock.local(known.annulment.annulled_at, zone) if known.annulment else None,
        annulment_reason=known.annulment.reason if known.annulment else "",
        earlier_number=earlier.label if earlier else "",
        earlier_at=clock.local(earlier.noted_at, zone) if earlier else None,
    )


def _kind(session: Session, entry_id: int) -> str:
    """Of the receipt that says what holds now; the ones handed out before stay as they are."""
    if session.get(Annulment, entry_id) is not None:
        return f"{RECEIPT}-annulled"
    last = _last_correction(session, entry_id)
    return f"{RECEIPT}-corrected-{last.id}" if last else RECEIPT


def _last_correction(session: Session, entry_id: int) -> Correction | None:
    return session.scalar(
        select(Correction)
        .where(Correction.entry_id == entry_id)
        .order_by(Correction.id.desc())
        .limit(1)
    )


def _sealed(office: Office, pdf: bytes, body_id: int) -> bytes:
    """The PDF with the body's seal; without a timestamp where no service answers.

    A receipt is owed at once (ν. 2690/1999 art. 12): a seal that cannot be used is an alarm for
    the administrator and no reason to send the citizen away.
    """
    if not seal_keys.has_seal(office, body_id):
        return pdf
    try:
        key = seal_keys.seal_key(office, body_id)
        return signing.sign(
            pdf,
            key,
            field="Seal",
            level="B-T" if office.settings.tsa_urls else "B-B",
            tsa_urls=office.settings.tsa_urls,
            tsa_timeout=2,
            lock=True,
        )
    except signing.TsaUnavailable:
        return signing.sign(pdf, key, field="Seal", level="B-B", lock=True)
    except signing.SigningError:
        log.exception("a receipt was not sealed")
        return pdf
