"""The register of a day on paper, and the declaration that closes a year: PDF/A-3a with tags.

Source: DPCM 3-12-2013 art. 7 par. 5 (daily register), regional regulation of 1988 art. 23 (closing
declaration) as models; domain rows 21 and 22.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from docflow.printing.issuer import Issuer, issuer_data
from docflow.printing.typeset import Letter, typeset
from docflow.printing.wording import clipped, line, long_date, plain, rows

_DAILY = {"el": "Ημερήσιο πρωτόκολλο", "en": "Daily register"}
_YEAR = {"el": "Δήλωση κλεισίματος έτους", "en": "Declaration of the closing of a year"}


@dataclass(frozen=True)
class RegisterRow:
    """An entry of the day; `marks` are words under the subject (late, annulled …)."""

    number: str
    at: str
    direction: str
    correspondent: tuple[str, ...]
    reference: tuple[str, ...]
    subject: str
    attachments: str
    delivery: str
    unit: str
    by: str
    marks: tuple[str, ...] = ()


@dataclass(frozen=True)
class ActRow:
    """A correction, annulment or reservation of the day."""

    number: str
    at: str
    act: str
    content: tuple[str, ...]
    reason: str
    by: str


@dataclass(frozen=True)
class Section:
    title: str
    rows: tuple[ActRow, ...]


@dataclass(frozen=True)
class DailyRegisterData:
    """A day of a book. `facts` are label and value; digests in hex; `so_far` marks a day not over.

    `made_at` bears the office's zone. `statement` says who closed the day, and when.
    """

    issuer: Issuer
    book: str
    day: date
    identifier: str
    facts: tuple[tuple[str, str], ...]
    rows: tuple[RegisterRow, ...]
    sections: tuple[Section, ...]
    statement: str
    digest: str
    previous: str
    trail: str
    made_at: datetime
    so_far: bool = False
    is_extract: bool = False
    """Whether it leaves out what was erased; it is then no sealed register, and says so."""


def daily_register(data: DailyRegisterData, *, language: str = "el") -> Letter:
    """The register; box 'seal' is the place of the visible seal. Raises PrintingError.

    Identifier and digest stand in the metadata of the file too.
    """
    content = {
        **_frame(data.issuer, f"{_DAILY[language]} {data.identifier}", language),
        "keywords": [data.identifier, f"sha256:{data.digest}"] if data.digest else [],
        "book": line(data.book),
        "day": line(long_date(data.day, language)),
        "identifier": line(data.identifier),
        "facts": [[line(name), line(value)] for name, value in data.facts],
        "rows": [_row(row) for row in data.rows],
        "sections": [
            {"title": line(section.title), "rows": [_act(row) for row in section.rows]}
            for section in data.sections
        ],
        "so-far": data.so_far,
        "extract": data.is_extract,
        "statement": line(data.statement),
        "digest": line(data.digest),
        "previous": line(data.previous),
        "trail": line(data.trail),
    }
    return typeset("register", content, made_at=data.made_at, standard="a-3a")


@dataclass(frozen=True)
class DeclarationData:
    """The closing of a book's year. `counts` are label and number; `lists` title and lines.

    `made_at` bears the office's zone.
    """

    issuer: Issuer
    book: str
    year: int
    identifier: str
    declarant: str
    capacity: str
    declaration: tuple[str, ...]
    counts: tuple[tuple[str, str], ...]
    lists: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    digest: str
    made_at: datetime


def declaration(data: DeclarationData, *, language: str = "el") -> Letter:
    """The declaration; boxes 'signature' and 'seal'. Raises PrintingError."""
    content = {
        **_frame(data.issuer, f"{_YEAR[language]} {data.identifier}", language),
        "keywords": [data.identifier, f"sha256:{data.digest}"],
        "book": line(data.book),
        "year": str(data.year),
        "identifier": line(data.identifier),
        "date": line(long_date(data.made_at.date(), language)),
        "declarant": line(data.declarant),
        "capacity": rows(data.capacity),
        "declaration": [line(text) for text in data.declaration],
        "counts": [[line(name), line(value)] for name, value in data.counts],
        "lists": [
            {"title": line(title), "rows": [[line(a), line(b)] for a, b in entries]}
            for title, entries in data.lists
        ],
        "digest": line(data.digest),
    }
    return typeset("declaration", content, made_at=data.made_at, standard="a-3a")


def _frame(issuer: Issuer, title: str, language: str) -> dict[str, object]:
    return {
        "language": language,
        "title": clipped(plain(line(title))),
        "author": clipped(plain(line(issuer.name))),
        "issuer": issuer_data(issuer),
    }


def _row(row: RegisterRow) -> dict[str, object]:
    return {
        "number": line(row.number),
        "at": line(row.at),
        "direction": line(row.direction),
        "correspondent": _lines(row.correspondent),
        "reference": _lines(row.reference),
        "subject": line(row.subject),
        "attachments": line(row.attachments),
        "delivery": line(row.delivery),
        "unit": line(row.unit),
        "by": line(row.by),
        "marks": [line(mark) for mark in row.marks],
    }


def _act(row: ActRow) -> dict[str, object]:
    return {
        "number": line(row.number),
        "at": line(row.at),
        "act": line(row.act),
        "content": _lines(row.content),
        "reason": line(row.reason),
        "by": line(row.by),
    }


def _lines(texts: Sequence[str]) -> list[str]:
    """Printable lines; at least an empty one, for the template joins them."""
    return [line(text) for text in texts if text] or [""]
