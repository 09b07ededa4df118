"""The last page of a PDF that was uploaded instead of written in the template: the signatures."""

from dataclasses import dataclass
from datetime import UTC, datetime

from docflow.printing.issuer import Issuer, issuer_data
from docflow.printing.letter import Signer, signers_data
from docflow.printing.merging import append_sheet, page_count
from docflow.printing.typeset import Letter, typeset
from docflow.printing.wording import clipped, line, plain

_TITLES = {"el": "Φύλλο υπογραφών", "en": "Signature sheet"}


@dataclass(frozen=True)
class SheetData:
    """`sha256` (hex) and `pages` are those of the uploaded PDF that is being signed."""

    issuer: Issuer
    subject: str
    signers: tuple[Signer, ...]
    file_name: str
    sha256: str
    pages: int


def signature_sheet(
    data: SheetData, *, language: str = "el", made_at: datetime | None = None
) -> Letter:
    """The sheet alone, PDF/A-2a; one box for each signer, by its id. Raises PrintingError."""
    content = {
        "language": language,
        "title": clipped(plain(f"{_TITLES[language]} – {line(data.subject)}")),
        "author": clipped(plain(line(data.issuer.name))),
        "issuer": issuer_data(data.issuer),
        "subject": line(data.subject),
        "file": line(data.file_name),
        "sha256": line(data.sha256.lower()),
        "pages": str(data.pages),
        "copy": None,
        **signers_data(data.signers),
    }
    return typeset("sheet", content, made_at=made_at or datetime.now(UTC), standard="a-2a")


def with_signature_sheet(
    pdf: bytes,
    data: SheetData,
    *,
    language: str = "el",
    made_at: datetime | None = None,
) -> Letter:
    """The uploaded PDF with the sheet as its last page, ready to be signed.

    The boxes' pages are those of the whole. Raises PrintingError as `append`.
    """
    page_count(pdf)  # refuses what cannot be signed before anything is typeset
    return append_sheet(pdf, signature_sheet(data, language=language, made_at=made_at))
