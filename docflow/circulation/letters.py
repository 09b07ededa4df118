"""The papers of a draft: the original that persons sign, and the sealed exact copy that is issued.

Decision 0005: the original bears no number; the exact copy bears number and date, says who signed
and when, carries the signed original inside it, and is closed by the body's seal and a timestamp.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

import signing
from docflow import clock, documents, organization, printing, registry
from docflow.circulation.models import Draft, Step
from docflow.errors import Invalid, Unavailable
from docflow.i18n import t
from docflow.office import Office
from docflow.settings import Settings

SEAL = "Seal"


def field_name(position: int | str) -> str:
    """The signature field of a step, by its place in the round."""
    return f"Signer{position}"


class CannotPrint(Unavailable):
    """The document could not be made."""


class BadUpload(Invalid):
    """The uploaded PDF cannot be signed."""


class Signer(Protocol):
    @property
    def user_id(self) -> int: ...
    @property
    def name(self) -> str: ...
    @property
    def capacity(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Sheet:
    """All that printing needs of a draft, read in one transaction."""

    letter: printing.LetterData
    upload_sha256: str | None
    upload_name: str


def sheet(session: Session, draft: Draft, signers: Sequence[Signer], settings: Settings) -> Sheet:
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
            printing.Signer(id=str(position), name=signer.name, capacity=signer.capacity)
            for position, signer in enumerate(signers, start=1)
        ),
        place=body.city,
        contact=drafter,
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
    """The PDF that the persons sign, with an empty field for each, and the boxes by position.

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
    original_sha256: str
    signatures: tuple[printing.Signature, ...]
    number: int
    year: int
    registered_at: datetime
    code: str
    url: str


def issue_data(session: Session, office: Office, draft: Draft, entry: registry.Entry) -> Issue:
    """The numbered letter with who signed it, from the draft's last round."""
    steps = session.scalars(
        select(Step)
        .where(Step.draft_id == draft.id, Step.round == draft.round)
        .order_by(Step.position)
    ).all()
    names = organization.names(session, (step.user_id for step in steps))
    zone = office.settings.zone
    assert draft.current_sha256 is not None  # an issuing draft was signed
    return Issue(
        sheet=sheet(session, draft, _as_signers(steps, names), office.settings),
        original_sha256=draft.current_sha256,
        signatures=tuple(
            printing.Signature(
                name=names[step.user_id],
                capacity=step.capacity,
                signed_at=clock.local(step.acted_at, zone),
                certificate=step.certificate,
            )
            for step in steps
            if step.acted_at is not None
        ),
        number=entry.number,
        year=entry.year,
        registered_at=clock.local(entry.registered_at, zone),
        code=registry.codes.shown(entry.verification_code),
        url=registry.verification_url(office, entry.verification_code),
    )


@dataclass(frozen=True, slots=True)
class _Signed:
    user_id: int
    name: str
    capacity: str


def _as_signers(steps: Sequence[Step], names: dict[int, str]) -> list[_Signed]:
    return [_Signed(step.user_id, names[step.user_id], step.capacity) for step in steps]


def print_exact_copy(office: Office, issue: Issue) -> bytes:
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
    )


def _sealed(office: Office, pdf: bytes, box: printing.Box, issue: Issue) -> bytes:
    key = registry.seal_key(office)
    stamp = printing.stamp(
        printing.StampData(
            title="ΗΛΕΚΤΡΟΝΙΚΗ ΣΦΡΑΓΙΔΑ",
            name=issue.sheet.letter.issuer.name,
            capacity=f"Αρ. πρωτ. {issue.number}/{issue.year}",
            at=clock.local(clock.now(), office.settings.zone),
            is_test="TEST" in key.issuer_name,
        ),
        width=box.x1 - box.x0,
        height=box.y1 - box.y0,
    )
    prepared = signing.prepare(
        pdf,
        [signing.Field(SEAL, box.page + 1, (box.x0, box.y0, box.x1, box.y1), lock=True)],
    )
    return signing.sign(
        prepared,
        key,
        field=SEAL,
        stamp=stamp,
        reason="Ακριβές αντίγραφο",
        tsa_urls=office.settings.tsa_urls,
        tsa_timeout=office.settings.tsa_timeout,
        level="B-T",
        lock=True,
    )
