"""A letter of the public body, as it is signed.

Persons sign the original without a number; the number comes with the issue, on the exact copy
(copies.py). Nothing is ever printed on a signed file.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import groupby

from docflow.printing.issuer import Issuer, issuer_data
from docflow.printing.typeset import Letter, typeset
from docflow.printing.wording import clipped, line, long_date, paragraphs, plain, rows

# A last paragraph up to this many characters is kept on the page of the signatures.
_KEPT_TOGETHER = 1200
_GREEK_NUMERALS = ("α", "β", "γ", "δ", "ε", "στ", "ζ", "η", "θ", "ι", "ια", "ιβ", "ιγ", "ιδ", "ιε")
_UNTITLED = {"el": "Έγγραφο", "en": "Document"}


@dataclass(frozen=True)
class Recipient:
    """Whom the letter is for; `address` may have several lines."""

    name: str
    address: str = ""


@dataclass(frozen=True)
class Signer:
    """Who signs; `id` names the box of the signature, `capacity` may have several lines."""

    id: str
    name: str
    capacity: str


@dataclass(frozen=True)
class LetterData:
    """The fields of the letter template.

    `body` is plain text: blank lines part paragraphs, lines that begin with '- ' are a list.
    Without `number` (and `year`) the letter says that the number comes with the issue. `contact`,
    `phone` and `email` name the person who handles the matter; phone and email default to the
    issuer's. `marks` are printed at the top: ΕΠΕΙΓΟΝ, ΣΧΕΔΙΟ. The last signer signs last.
    """

    issuer: Issuer
    subject: str
    body: str
    recipients: tuple[Recipient, ...]
    signers: tuple[Signer, ...]
    place: str = ""
    number: int | None = None
    year: int | None = None
    dated_on: date | None = None
    contact: str = ""
    phone: str = ""
    email: str = ""
    copies: tuple[Recipient, ...] = ()
    internal_distribution: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    attachments: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()


def letter(data: LetterData, *, language: str = "el", made_at: datetime | None = None) -> Letter:
    """The letter to be signed, PDF/A-2a and PDF/UA-1; one box for each signer, by its id.

    `made_at` is the time in the file's metadata (now, if not given). Raises PrintingError.
    """
    content = letter_content(data, language=language)
    return typeset("letter", content, made_at=made_at or datetime.now(UTC), standard="a-2a")


def letter_content(data: LetterData, *, language: str) -> dict[str, object]:
    """The data of the letter's template, as an original."""
    number = f"{data.number}/{data.year}" if data.number and data.year else None
    subject = line(data.subject)
    return {
        "language": language,
        "title": clipped(plain(" – ".join(filter(None, (number, subject))))) or _UNTITLED[language],
        "author": clipped(plain(line(data.issuer.name))),
        "issuer": issuer_data(data.issuer),
        "date": _place_and_date(data, language),
        "number": number,
        "subject": subject,
        "contact": line(data.contact),
        "phone": line(data.phone) or line(data.issuer.phone),
        "email": line(data.email) or line(data.issuer.email),
        "recipients": [_person(person) for person in data.recipients],
        "copies": [_person(person) for person in data.copies],
        "internal": _lines(data.internal_distribution),
        "references": _numbered(_lines(data.references), language),
        "attachments": _lines(data.attachments),
        "marks": _lines(data.marks),
        "body": [part for text in paragraphs(data.body) for part in _parts(text)],
        **signers_data(data.signers),
        "front": False,
        "pages_after": 0,
        "copy": None,
    }


def signers_data(
    signers: tuple[Signer, ...], *, signed_at: Mapping[tuple[str, str], str] | None = None
) -> dict[str, object]:
    """The closing block as data of a template; `signed_at` by (name, capacity) where signed."""
    signed_at = signed_at or {}
    closing = [
        {
            "id": signer.id,
            "name": line(signer.name),
            "capacity": rows(signer.capacity),
            "signed_at": signed_at.get((signer.name, signer.capacity), ""),
        }
        for signer in signers
    ]
    lines = max((len(rows(signer.capacity)) for signer in signers), default=1)
    return {"signers": closing, "capacity_lines": lines}


def _place_and_date(data: LetterData, language: str) -> str:
    day = long_date(data.dated_on, language) if data.dated_on else ""
    return ", ".join(filter(None, (line(data.place), day))) if day else ""


def _person(person: Recipient) -> list[str]:
    return [line(person.name), *rows(person.address)]


def _lines(texts: Iterable[str]) -> list[str]:
    return [text for text in map(line, texts) if text]


def _numbered(texts: list[str], language: str) -> list[list[str]]:
    """α) β) … in Greek, 1) 2) … in English; a single reference bears no mark."""
    if len(texts) == 1:
        return [["", texts[0]]]
    numerals = _GREEK_NUMERALS if language == "el" else ()
    return [
        [f"{numerals[index] if index < len(numerals) else index + 1})", text]
        for index, text in enumerate(texts)
    ]


def _parts(paragraph: str) -> list[dict[str, object]]:
    """A paragraph as runs of plain lines and of list items (lines that begin with a hyphen)."""
    parts: list[dict[str, object]] = []
    for is_item, group in groupby(paragraph.split("\n"), lambda row: row.startswith("- ")):
        lines = [row[2:] if is_item else row for row in group]
        parts.append(
            {
                "kind": "list" if is_item else "text",
                "rows": lines,
                "short": sum(map(len, lines)) <= _KEPT_TOGETHER,
            }
        )
    return parts
