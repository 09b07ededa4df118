"""Exact copies: what the citizen gets, with number, date, seal and code.

Law 4727/2020, article 13: electronic public documents are issued as originals (paragraph 3) or as
electronic exact copies (paragraph 4). The original without a number stays in the archive.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from docflow.printing.letter import LetterData, letter_content, signers_data
from docflow.printing.merging import append, page_count
from docflow.printing.typeset import Letter, typeset
from docflow.printing.verification import verification_data
from docflow.printing.wording import line, moment, rows

_COPY = {"el": "ΑΚΡΙΒΕΣ ΑΝΤΙΓΡΑΦΟ", "en": "EXACT COPY"}
_SEALED = {
    "el": "Το αντίγραφο φέρει την ηλεκτρονική σφραγίδα του φορέα «{name}» και χρονοσφραγίδα.",
    "en": "This copy bears the electronic seal of {name} and a time stamp.",
}


@dataclass(frozen=True)
class Signature:
    """A signature of the original; `signed_at` in the office's zone, `certificate` its subject."""

    name: str
    capacity: str
    signed_at: datetime
    certificate: str


@dataclass(frozen=True)
class ExactCopyData:
    """What an exact copy states. `letter` bears number, year and date.

    `seal_statement` replaces the sentence on the seal. `original_sha256` is in hex.
    """

    letter: LetterData
    signatures: tuple[Signature, ...]
    issued_at: datetime
    verification_code: str
    verification_url: str
    original_sha256: str
    seal_statement: str = ""


def exact_copy(data: ExactCopyData, *, language: str = "el") -> Letter:
    """The exact copy of a letter made from the template.

    PDF/A-3a and PDF/UA-1 (part 3, since the signed original is attached to it, see `attach`).
    Box 'seal' is the place of the visible seal. Raises PrintingError.
    """
    return typeset("letter", _content(data, language), made_at=data.issued_at, standard="a-3a")


def exact_copy_of_pdf(data: ExactCopyData, pdf: bytes, *, language: str = "el") -> Letter:
    """A front sheet with number, date, statement and seal, then the pages of an uploaded PDF.

    `pdf` is the draft as it was uploaded, before any signature. The body of `data.letter` is not
    printed. No PDF/A: the uploaded pages are what they are. Raises PrintingError as `append`.
    """
    content = _content(replace(data, letter=replace(data.letter, body="")), language)
    content |= {"front": True, "pages_after": page_count(pdf)}
    sheet = typeset("letter", content, made_at=data.issued_at, standard="a-3a")
    return replace(sheet, pdf=append(sheet.pdf, pdf))


def _content(data: ExactCopyData, language: str) -> dict[str, object]:
    content = letter_content(data.letter, language=language)
    signed_at = {(one.name, one.capacity): moment(one.signed_at) for one in data.signatures}
    closing = signers_data(data.letter.signers, signed_at=signed_at)
    statement = data.seal_statement or _SEALED[language].format(name=data.letter.issuer.name)
    copy = {
        "title": _COPY[language],
        "signatures": [
            {
                "name": line(one.name),
                "capacity": ", ".join(rows(one.capacity)),
                "signed_at": moment(one.signed_at),
                "certificate": line(one.certificate),
            }
            for one in data.signatures
        ],
        "original_sha256": line(data.original_sha256.lower()),
        "seal_statement": line(statement),
    }
    checked = verification_data(code=data.verification_code, url=data.verification_url)
    return content | closing | checked | {"copy": copy}
