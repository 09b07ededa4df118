"""The receipt that the law owes to everybody who hands in a document.

Law 2690/1999, article 12: running number, subject, number of attachments, addressed organ, date
of entry. Law 4727/2020, article 19: issuing body, subject, date and time, unique number.
"""

from dataclasses import dataclass
from datetime import date, datetime

from docflow.printing.issuer import Issuer, issuer_data
from docflow.printing.typeset import typeset
from docflow.printing.verification import long_qr_svg, verification_data
from docflow.printing.wording import clipped, line, moment, plain, rows, short_date

_TITLES = {"el": "Αποδεικτικό καταχώρισης", "en": "Registration receipt"}
_NO_ATTACHMENTS = {"el": "Κανένα", "en": "None"}
_DATED = {"el": "της", "en": "of"}


@dataclass(frozen=True)
class ReceiptFile:
    """A digital file of the entry; `sha256` in hex, `size` in bytes."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True)
class ReceiptData:
    """What the receipt states. `registered_at` bears the office's own time zone.

    `attachments` is the number of items that came with the document, on paper or as files;
    `addressee` the unit that it is addressed to; `depositor` the person at the counter.
    """

    issuer: Issuer
    book: str
    number: int
    year: int
    registered_at: datetime
    subject: str
    sender: str
    addressee: str
    attachments: int
    verification_code: str
    verification_url: str
    attachments_description: str = ""
    depositor: str = ""
    sender_reference: str = ""
    sender_dated_on: date | None = None
    received_by: str = ""
    registered_by: str = ""
    files: tuple[ReceiptFile, ...] = ()
    corrected_at: datetime | None = None  # of the last correction that the receipt shows
    annulled_at: datetime | None = None
    annulment_reason: str = ""
    earlier_number: str = ""  # of the emergency register, with the instant that counts
    earlier_at: datetime | None = None
    has_proof: bool = False
    """Whether the proof of the registration is attached to the paper's file."""
    proof_address: str = ""
    proof_digits: str = ""
    """The proof itself, for a QR code: the address that checks it, and the number behind its #."""
    shown_number: str = ""
    """The number as the book's mask writes it; number/year without one."""


def receipt(data: ReceiptData, *, language: str) -> bytes:
    """The receipt as PDF/A-3a and PDF/UA-1, in 'el' or 'en'. Raises PrintingError."""
    number = line(data.shown_number) or f"{data.number}/{data.year}"
    content = {
        "language": language,
        "title": f"{_TITLES[language]} {number}",
        "author": clipped(plain(line(data.issuer.name))),
        "issuer": issuer_data(data.issuer),
        "number": number,
        "at": moment(data.registered_at),
        "corrected": moment(data.corrected_at) if data.corrected_at else "",
        "annulled": moment(data.annulled_at) if data.annulled_at else "",
        "reason": line(data.annulment_reason),
        "proof": "attached" if data.has_proof else "online",
        "rows": [[key, value] for key, value in _rows(data, language) if value],
        "files": [
            {
                "name": line(file.name),
                "size": _size(file.size, language),
                "digest": line(file.sha256[:16].lower()),
            }
            for file in data.files
        ],
        "proof_qr": long_qr_svg(data.proof_address, data.proof_digits) if data.proof_digits else "",
        **verification_data(code=data.verification_code, url=data.verification_url),
    }
    return typeset("receipt", content, made_at=data.registered_at, standard="a-3a").pdf


def _rows(data: ReceiptData, language: str) -> list[tuple[str, list[str]]]:
    dated = short_date(data.sender_dated_on) if data.sender_dated_on else ""
    reference = line(data.sender_reference)
    if reference and dated:
        reference = f"{reference} {_DATED[language]} {dated}"
    count = str(data.attachments) if data.attachments else _NO_ATTACHMENTS[language]
    description = line(data.attachments_description)
    return [
        ("issuer", rows(data.issuer.name)),
        ("book", rows(data.book)),
        ("subject", rows(data.subject)),
        ("sender", rows(data.sender)),
        ("depositor", rows(data.depositor)),
        ("reference", [reference or dated] if reference or dated else []),
        ("way", rows(data.received_by)),
        ("attachments", [f"{count} ({description})" if description else count]),
        ("addressee", rows(data.addressee)),
        ("by", rows(data.registered_by)),
        ("earlier", [_earlier(data)] if data.earlier_number else []),
    ]


def _earlier(data: ReceiptData) -> str:
    at = f", {moment(data.earlier_at)}" if data.earlier_at else ""
    return line(data.earlier_number) + at


def _size(size: int, language: str) -> str:
    """12,345 bytes as people read it: 12,1 KB."""
    if size < 1024:
        return f"{size} bytes"
    power = min((size.bit_length() - 1) // 10, 3)
    shown = f"{size / 1024**power:.1f}"
    return f"{shown.replace('.', ',') if language == 'el' else shown} {' KMG'[power]}B"
