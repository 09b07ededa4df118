"""Copies that an authorised person issues later: an exact copy, or a digitised copy of a paper.

A front sheet says what it is a copy of, who says so and when; the pages follow, and the file that
was copied is inside, byte for byte.
Source: ν. 4727/2020 art. 13 par. 4 and 5; domain rows 76 and 78.
"""

import io
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Literal

import pikepdf

from docflow.printing.errors import PrintingError
from docflow.printing.issuer import Issuer, issuer_data
from docflow.printing.merging import append, attach, page_count
from docflow.printing.typeset import Letter, typeset
from docflow.printing.verification import verification_data
from docflow.printing.wording import clipped, line, moment, plain

Kind = Literal["exact", "digitised"]
_TITLES = {
    "exact": {"el": "ΑΚΡΙΒΕΣ ΑΝΤΙΓΡΑΦΟ", "en": "EXACT COPY"},
    "digitised": {"el": "ΨΗΦΙΟΠΟΙΗΜΕΝΟ ΑΝΤΙΓΡΑΦΟ", "en": "DIGITISED COPY"},
}
_ATTACHED = {"el": "Το αρχείο που αντιγράφηκε", "en": "The file that was copied"}


@dataclass(frozen=True)
class CertifiedData:
    """What the front sheet states. `issued_at` bears the office's zone; `sha256` is in hex."""

    kind: Kind
    issuer: Issuer
    number: str
    registered_at: datetime
    subject: str
    file_name: str
    sha256: str
    signers: tuple[str, ...]  # of the file that is copied, each with time and verdict
    name: str
    capacity: str
    issued_at: datetime
    position: int
    verification_code: str
    verification_url: str
    purpose: str = ""
    paper_place: str = ""
    destroy_after: date | None = None


def certified_copy(pdf: bytes, data: CertifiedData, *, language: str = "el") -> Letter:
    """Front sheet, pages, and the copied file inside; box 'seal' is the place of the seal.

    Signatures of the file become pictures on the pages: they hold in the file inside only, as the
    sheet says. No PDF/A is claimed, for the copied pages are what they are. Raises PrintingError.
    """
    pages = _as_pictures(pdf)
    content = {
        "language": language,
        "title": f"{plain(_TITLES[data.kind][language])} {plain(line(data.number))}",
        "author": clipped(plain(line(data.issuer.name))),
        "heading": _TITLES[data.kind][language],
        "kind": data.kind,
        "issuer": issuer_data(data.issuer),
        "number": line(data.number),
        "registered_at": moment(data.registered_at),
        "subject": line(data.subject),
        "file": line(data.file_name),
        "sha256": line(data.sha256.lower()),
        "pages": str(page_count(pages)),
        "signers": [line(one) for one in data.signers[:12]],
        "name": line(data.name),
        "capacity": line(data.capacity),
        "issued_at": moment(data.issued_at),
        "position": str(data.position),
        "purpose": line(data.purpose),
        "paper_place": line(data.paper_place),
        "destroy_after": f"{data.destroy_after:%d/%m/%Y}" if data.destroy_after else "",
        **verification_data(code=data.verification_code, url=data.verification_url),
    }
    sheet = typeset("certified", content, made_at=data.issued_at, standard="a-3a")
    whole = attach(
        append(sheet.pdf, pages),
        name=data.file_name if data.file_name.lower().endswith(".pdf") else "copied.pdf",
        data=pdf,
        description=_ATTACHED[language],
    )
    return replace(sheet, pdf=whole)


def _without_fields(page: pikepdf.Page) -> None:
    """The page without what is left of form fields: those that show nothing."""
    notes = page.obj.get("/Annots")
    if notes is not None:
        kept = [one for one in notes if str(one.get("/Subtype", "")) != "/Widget"]
        page.obj.Annots = pikepdf.Array(kept)


def _as_pictures(pdf: bytes) -> bytes:
    """The pages with forms and visible signatures drawn on them, and no signature left.

    Raises PrintingError 'damaged', 'encrypted'.
    """
    try:
        with pikepdf.Pdf.open(io.BytesIO(pdf)) as document:
            if document.is_encrypted:
                raise PrintingError("encrypted", "the PDF is encrypted")
            document.flatten_annotations("screen")
            for page in document.pages:
                _without_fields(page)
            for key in ("/AcroForm", "/Perms", "/DSS", "/AF", "/Names", "/StructTreeRoot"):
                if key in document.Root:
                    del document.Root[key]
            written = io.BytesIO()
            document.save(written, deterministic_id=True)
    except pikepdf.PasswordError as exc:
        raise PrintingError("encrypted", "the PDF asks for a password") from exc
    except (pikepdf.PdfError, pikepdf.DataDecodingError, ValueError, TypeError) as exc:
        raise PrintingError("damaged", str(exc)) from exc
    return written.getvalue()
