"""A case file on paper: cover, contents, and the sheet that stands before each document.

Bound together with the documents by `binding`; cover and contents alone are what lies on top of the
paper file. PDF/A-2a, accessible.
"""

from dataclasses import dataclass
from datetime import datetime

from docflow.printing.issuer import Issuer, issuer_data
from docflow.printing.typeset import Letter, typeset
from docflow.printing.wording import clipped, line, moment, plain

_TITLES = {"el": "Φάκελος υπόθεσης", "en": "Case file"}


@dataclass(frozen=True)
class ContentRow:
    """A document in the contents; `page` is where it begins in what is printed, if it is in it."""

    number: str
    label: str
    day: str
    direction: str
    correspondent: str
    subject: str
    pages: str
    page: str = ""
    marks: tuple[str, ...] = ()


@dataclass(frozen=True)
class ContentPart:
    """A case file or sub-file with what lies in it."""

    code: str
    title: str
    rows: tuple[ContentRow, ...]
    note: str = ""  # of what is not in it, where that may be told


@dataclass(frozen=True)
class Slip:
    """The sheet before a document: its data, and what is said of each of its files."""

    title: str
    under: str
    facts: tuple[tuple[str, str], ...]
    files: tuple[tuple[str, str], ...]  # name, and where it is: bound here, attached, left out


@dataclass(frozen=True)
class CaseFileData:
    """`facts` are label and value on the cover; `made_at` bears the office's zone."""

    issuer: Issuer
    code: str
    title: str
    facts: tuple[tuple[str, str], ...]
    parts: tuple[ContentPart, ...]
    made_by: str
    made_at: datetime
    slips: tuple[Slip, ...] = ()
    is_export: bool = False


@dataclass(frozen=True)
class Sheets:
    """The printed sheets; `front` pages come before those of the slips."""

    pdf: bytes
    front: int
    slips: tuple[int, ...]  # the page of each slip, from 0


def case_file(data: CaseFileData, *, language: str) -> Sheets:
    """Cover, contents and slips. Raises PrintingError."""
    content = {
        "language": language,
        "title": clipped(plain(line(f"{_TITLES[language]} {data.code}"))),
        "author": clipped(plain(line(data.issuer.name))),
        "issuer": issuer_data(data.issuer),
        "code": line(data.code),
        "name": line(data.title),
        "facts": [[line(name), line(value)] for name, value in data.facts],
        "parts": [_part(part) for part in data.parts],
        "slips": [_slip(slip) for slip in data.slips],
        "by": line(data.made_by),
        "at": moment(data.made_at),
        "is_export": data.is_export,
    }
    printed = typeset("case-file", content, made_at=data.made_at, standard="a-2a")
    pages = _slip_pages(printed, len(data.slips))
    return Sheets(printed.pdf, printed.boxes["end"].page + 1, pages)


def _slip_pages(printed: Letter, count: int) -> tuple[int, ...]:
    return tuple(printed.boxes[f"slip-{n}"].page for n in range(count))


def _part(part: ContentPart) -> dict[str, object]:
    return {
        "code": line(part.code),
        "title": line(part.title),
        "note": line(part.note),
        "rows": [
            {
                "number": row.number,
                "label": line(row.label),
                "day": row.day,
                "direction": line(row.direction),
                "correspondent": line(row.correspondent),
                "subject": line(row.subject),
                "pages": row.pages,
                "page": row.page,
                "marks": [line(mark) for mark in row.marks],
            }
            for row in part.rows
        ],
    }


def _slip(slip: Slip) -> dict[str, object]:
    return {
        "title": line(slip.title),
        "under": line(slip.under),
        "facts": [[line(name), line(value)] for name, value in slip.facts],
        "files": [[line(name), line(where)] for name, where in slip.files],
    }
