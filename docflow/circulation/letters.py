"""The papers of a draft: the original that persons sign, and the sealed exact copy that is issued.

Decision 0005: the original bears no number; the exact copy bears number and date, says who signed
and when, carries the signed original inside it, and is closed by the body's seal and a timestamp.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

import signing
from docflow import clock, documents, organization, printing, registry, signatures
from docflow.circulation import reissue
from docflow.circulation.models import Draft, Step, field_name
from docflow.circulation.signatories import signatories
from docflow.errors import Invalid, Unavailable
from docflow.i18n import t
from docflow.office import Office
from docflow.settings import Settings
from docflow.signatures import LEVELS, Level, Made

SEAL = "Seal"


class CannotPrint(Unavailable):
    """The document could not be made."""


class BadUpload(Invalid):
    """The uploaded PDF cannot be signed."""


@dataclass(frozen=True, slots=True)
class Placed:
    """Who stands on the signature page, and the number of his field there."""

    slot: int
    name: str
    capacity: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """All that printing needs of a draft, read in one transaction."""

    letter: printing.LetterData
    upload_sha256: str | None
    upload_name: str


def sheet(session: Session, draft: Draft, signers: Sequence[Placed], settings: Settings) -> Sheet:
    """The draft as a letter without number."""
    body = organization.body(session, draft.body_id)
    unit = organization.unit_names(session, [draft.unit_id])[draft.unit_id]
    drafter = organization.names(session, [draft.drafter_id])[draft.drafter_id]
    letter = printing.LetterData(
        issuer=registry.issuer(session, draft.body_id, unit=unit),
        subject=draft.subject,
        body=draft.body_text,
        recipients=(printing.Recipient(draft.recipient_name, draft.recipient_address),),
        copies=tuple(printing.Recipient(str(name)) for name in draft.copies_to),
        references=_references(session, draft, settings),
        signers=tuple(
            printing.Signer(id=str(signer.slot), name=signer.name, capacity=signer.capacity)
            for signer in signers
        ),
        place=body.city,
        contact=drafter,
        marks=reissue.marks(session, draft, settings.zone),
    )
    return Sheet(letter, draft.upload_sha256, draft.upload_name or "")


def _references(session: Session, draft: Draft, settings: Settings) -> tuple[str, ...]:
    if draft.answers_id is None:
        return ()
    entry = session.get_one(registry.Entry, draft.answers_id)
    day = clock.local(entry.registered_at, settings.zone)
    cited = f"Το με αρ. πρωτ. {entry.number}/{day:%d-%m-%Y} εισερχόμενο έγγραφό σας"
    reference = registry.current(session, entry).sender_reference
    if reference:
        cited += f" (αρ. {reference})"
    return (cited,)


def print_original(office: Office, sheet: Sheet) -> tuple[bytes, dict[int, list[float]]]:
    """The PDF that the persons sign, with an empty field for each, and the boxes by slot.

    Raises BadUpload, CannotPrint, BytesMissing.
    """
    try:
        if sheet.upload_sha256 is None:
            printed = printing.letter(sheet.letter)
        else:
            upload = documents.read_bytes(office, sheet.upload_sha256)
            printed = printing.with_signature_sheet(
                upload,
                printing.SheetData(
                    issuer=sheet.letter.issuer,
                    subject=sheet.letter.subject,
                    signers=sheet.letter.signers,
                    file_name=sheet.upload_name,
                    sha256=sheet.upload_sha256,
                    pages=printing.page_count(upload),
                ),
            )
        fields = [
            signing.Field(field_name(name), box.page + 1, (box.x0, box.y0, box.x1, box.y1))
            for name, box in printed.boxes.items()
        ]
        pdf = signing.prepare(printed.pdf, fields)
    except (printing.PrintingError, signing.SigningError) as error:
        raise _refusal(sheet) from error
    boxes = {
        int(name): [box.page + 1, box.x0, box.y0, box.x1, box.y1]
        for name, box in printed.boxes.items()
    }
    return pdf, boxes


def _refusal(sheet: Sheet) -> BadUpload | CannotPrint:
    if sheet.upload_sha256 is None:
        return CannotPrint(t("The letter could not be printed. Nothing was sent round; try again."))
    return BadUpload(
        t("The uploaded PDF cannot be used: it is locked, signed or damaged. Export it anew."),
        field="upload",
    )


@dataclass(frozen=True, slots=True)
class Issue:
    """All that the exact copy needs, read in one transaction."""

    sheet: Sheet
    body_id: int
    style: signatures.stamps.Style
    original_sha256: str
    original_level: Level  # of the signature that has the least
    signatures: tuple[printing.Signature, ...]
    number: int
    year: int
    registered_at: datetime
    code: str
    url: str


def issue_data(session: Session, office: Office, draft: Draft, entry: registry.Entry) -> Issue:
    """The numbered letter with who signed it, from the draft's last round."""
    signed = signatories(session, draft)
    zone = office.settings.zone
    assert draft.current_sha256 is not None  # an issuing draft was signed
    placed = [Placed(one.slot, one.name, one.printed) for one in signed]
    return Issue(
        sheet=sheet(session, draft, placed, office.settings),
        body_id=draft.body_id,
        style=signatures.stamps.of_body(session, draft.body_id),
        original_sha256=draft.current_sha256,
        original_level=_lowest(session, draft),
        signatures=tuple(
            printing.Signature(
                name=one.name,
                capacity=one.printed,
                signed_at=clock.local(one.signed_at, zone),
                certificate=one.certificate,
            )
            for one in signed
        ),
        number=entry.number,
        year=entry.year,
        registered_at=clock.local(entry.registered_at, zone),
        code=registry.codes.shown(entry.verification_code),
        url=registry.verification_url(office, entry.verification_code),
    )


def _lowest(session: Session, draft: Draft) -> Level:
    """The level of the signed original: that of the signature that has the least."""
    levels = session.scalars(
        select(Step.signature_level).where(
            Step.draft_id == draft.id,
            Step.round == draft.round,
            Step.signature_level.is_not(None),
        )
    )
    return min((Level(one) for one in levels if one), key=LEVELS.index, default=Level.B_B)


def lasting_original(office: Office, issue: Issue) -> Made:
    """The signed original with the proofs of all its signatures, as far as services answer now.

    Raises signing.SigningError, BytesMissing, StoreUnavailable.
    """
    original = documents.read_bytes(office, issue.original_sha256)
    return signatures.seals.completed(
        office, original, body_id=issue.body_id, level=issue.original_level
    )


def print_exact_copy(office: Office, issue: Issue) -> Made:
    """The numbered exact copy, the signed original inside it, sealed and timestamped.

    Raises signing.SigningError, printing.PrintingError, BytesMissing, StoreUnavailable.
    """
    original = documents.read_bytes(office, issue.original_sha256)
    letter = _numbered(issue)
    data = printing.ExactCopyData(
        letter=letter,
        signatures=issue.signatures,
        issued_at=issue.registered_at,
        verification_code=issue.code,
        verification_url=issue.url,
        original_sha256=issue.original_sha256,
    )
    if issue.sheet.upload_sha256 is None:
        printed = printing.exact_copy(data)
    else:
        upload = documents.read_bytes(office, issue.sheet.upload_sha256)
        printed = printing.exact_copy_of_pdf(data, upload)
    pdf = printing.attach(
        printed.pdf,
        name=f"prototypo-{issue.number}-{issue.year}.pdf",
        data=original,
        description="Το ψηφιακά υπογεγραμμένο πρωτότυπο",
    )
    return _sealed(office, pdf, printed.boxes["seal"], issue)


def _numbered(issue: Issue) -> printing.LetterData:
    return replace(
        issue.sheet.letter,
        number=issue.number,
        year=issue.year,
        dated_on=issue.registered_at.date(),
        marks=reissue.dated(issue.sheet.letter.marks, issue.registered_at.date()),
    )


def _sealed(office: Office, pdf: bytes, box: printing.Box, issue: Issue) -> Made:
    return signatures.seals.sealed(
        office,
        pdf,
        body_id=issue.body_id,
        style=issue.style,
        field=SEAL,
        box=[box.page + 1, box.x0, box.y0, box.x1, box.y1],
        name=issue.sheet.letter.issuer.name,
        capacity=f"Αρ. πρωτ. {issue.number}/{issue.year}",
        reason="Ακριβές αντίγραφο",
        url=issue.url,
    )
