"""The register on paper: set in parts, so that memory does not grow with the book, then joined.

PDF/A-2b, untagged: tags of a hundred thousand rows would cost more than the rows.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path

import pikepdf

from docflow.printing.errors import PrintingError
from docflow.printing.issuer import Issuer, issuer_data
from docflow.printing.typeset import Letter, typeset
from docflow.printing.wording import clipped, line, plain

_PART = 80  # rows set at a time; the typesetter remembers ten parts, some 300 MB
_FOOTERS = 500  # pages whose footers are set at a time
_TITLES = {"el": "Βιβλίο πρωτοκόλλου", "en": "Protocol book"}


@dataclass(frozen=True)
class BookRow:
    """An entry of the book; `mark` is printed in red under the subject, where it is annulled."""

    number: str
    registered: tuple[str, ...]
    direction: str
    correspondent: tuple[str, ...]
    reference: tuple[str, ...]
    subject: str
    attachments: str
    unit: tuple[str, ...]
    related: str
    state: tuple[str, ...]
    notes: tuple[str, ...] = ()
    mark: str = ""


@dataclass(frozen=True)
class BookData:
    """What stands over the rows; `scope` are lines (book, period …), `made_at` has a zone."""

    issuer: Issuer
    scope: tuple[str, ...]
    footer: str
    made_at: datetime


def printed_book(data: BookData, rows: Iterable[BookRow], path: Path, *, language: str) -> int:
    """Print the register into `path`; the number of pages. Raises PrintingError."""
    parts = path.with_suffix(".parts")
    parts.mkdir()
    try:
        names = list(_parts(data, rows, parts, language))
        return _join(data, names, path, language)
    except pikepdf.PdfError as exc:
        raise PrintingError("not-joined", str(exc)) from exc
    finally:
        for left in parts.iterdir():
            left.unlink()
        parts.rmdir()


def _parts(
    data: BookData, rows: Iterable[BookRow], folder: Path, language: str
) -> Iterator[tuple[Path, int]]:
    """The files of the parts, each with how many of its pages count.

    The last page of a part is seldom full: its rows go to the next part, where they begin a page.
    """
    source = iter(rows)
    part = list(islice(source, _PART))
    number = 0
    while part or number == 0:
        goes_on = len(part) >= _PART
        content = {
            "language": language,
            "title": clipped(plain(line(f"{_TITLES[language]} {' '.join(data.scope)}"))),
            "author": clipped(plain(line(data.issuer.name))),
            "issuer": issuer_data(data.issuer),
            "first": number == 0,
            "scope": [line(text) for text in data.scope],
            "rows": [_row(row, place) for place, row in enumerate(part)],
        }
        name = folder / f"{number:06}.pdf"
        set_part = typeset("book", content, made_at=data.made_at, standard="a-2b")
        name.write_bytes(set_part.pdf)
        done, pages = _full(set_part, len(part)) if goes_on else (len(part), 0)
        yield name, pages
        number += 1
        part = part[done:]
        part += islice(source, _PART - len(part))


def _full(part: Letter, rows: int) -> tuple[int, int]:
    """How many rows stand on full pages, and how many pages these are; all rows where the last
    page begins within a row, or is the only one.
    """
    boxes = [part.boxes[str(place)] for place in range(rows)]
    last = boxes[-1].page
    first_there = next(place for place, box in enumerate(boxes) if box.page == last)
    # Every page after the first begins with the head of the table: a row right under it stands
    # as high as the first row of any such page, and nothing of the row before is on the page.
    top = max(box.y1 for box in boxes if box.page > 0) if last else 0.0
    if last == 0 or boxes[first_there].y1 < top - 1:
        return rows, 0
    return first_there, last


def _join(data: BookData, parts: list[tuple[Path, int]], path: Path, language: str) -> int:
    """Join the parts, as many pages of each as count (0: all), and lay the footers over them."""
    (first, count), *others = parts
    with pikepdf.open(first) as whole:
        if count:
            del whole.pages[count:]
        for name, count in others:
            with pikepdf.open(name) as part:
                whole.pages.extend(part.pages[: count or None])
        pages = list(whole.pages)
        for begin in range(0, len(pages), _FOOTERS):
            some = pages[begin : begin + _FOOTERS]
            over = first.with_name(f"footers-{begin:06}.pdf")
            over.write_bytes(_footers(data, begin + 1, len(some), len(pages), language))
            with pikepdf.open(over) as footers:
                for page, footer in zip(some, footers.pages, strict=True):
                    page.add_overlay(footer, None)
        whole.save(path, deterministic_id=True)
    return len(pages)


def _footers(data: BookData, first: int, count: int, total: int, language: str) -> bytes:
    """The footers of `count` pages from page `first` on, each on an empty page."""
    content = {
        "language": language,
        "title": _TITLES[language],
        "first": first,
        "last": first + count - 1,
        "pages": total,
        "left": line(data.issuer.name),
        "middle": line(data.footer),
    }
    return typeset("book-footer", content, made_at=data.made_at, standard="a-2b").pdf


def _row(row: BookRow, place: int) -> dict[str, object]:
    return {
        "id": str(place),
        "number": line(row.number),
        "registered": [line(text) for text in row.registered],
        "direction": line(row.direction),
        "correspondent": [line(text) for text in row.correspondent] or [""],
        "reference": [line(text) for text in row.reference] or [""],
        "subject": line(row.subject),
        "attachments": line(row.attachments),
        "unit": [line(text) for text in row.unit] or [""],
        "related": line(row.related),
        "state": [line(text) for text in row.state] or [""],
        "notes": [line(text) for text in row.notes],
        "mark": line(row.mark),
        "struck": bool(row.mark),
    }
