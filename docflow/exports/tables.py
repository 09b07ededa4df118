"""Rows as CSV, XLSX and XML, written to a file row by row: memory does not grow with the book."""

import csv
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from docflow.exports.columns import COLUMNS, Cell, cells, heads
from docflow.exports.rows import NAMES, Row

SCHEMA = "urn:docflow:register:1"
# A cell that begins so is a formula to a spreadsheet; ours never are (OWASP, CSV injection).
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
# What XML 1.0 has no way to write.
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_XLSX_CELL = 32_767  # characters that a cell holds at most


@dataclass(frozen=True, slots=True)
class Heading:
    """What stands over an export: whose register, which part of it, made when and by whom."""

    body: str
    book: str  # title; empty for all books that are open to the person
    first_day: date
    last_day: date
    direction: str  # in words; empty for all
    made_at: datetime  # with the office's zone
    made_by: str
    rows: int


def write_csv(rows: Iterator[Row], path: Path, *, language: str, delimiter: str = ";") -> int:
    """UTF-8 with a byte order mark, as spreadsheet programs want it; the number of rows."""
    n = 0
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, delimiter=delimiter, quoting=csv.QUOTE_MINIMAL)
        writer.writerow(heads(language))
        for row in rows:
            writer.writerow([_text(cell) for cell in cells(row)])
            n += 1
    return n


def write_xlsx(rows: Iterator[Row], path: Path, heading: Heading, *, language: str) -> int:
    """One sheet, its head frozen, days and instants as such; the number of rows."""
    # Imported here: only who writes a sheet needs the library.
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter

    book = Workbook(write_only=True)
    sheet = book.create_sheet(f"{heading.first_day:%Y-%m-%d}")
    for place, column in enumerate(COLUMNS, start=1):
        sheet.column_dimensions[get_column_letter(place)].width = column.width
    sheet.freeze_panes = "B2"
    head = []
    for text in heads(language):
        cell = WriteOnlyCell(sheet, value=text)
        cell.font, cell.alignment = Font(bold=True), Alignment(wrap_text=True, vertical="top")
        head.append(cell)
    sheet.append(head)
    n = 0
    for row in rows:
        sheet.append([_sheet_cell(sheet, WriteOnlyCell, cell) for cell in cells(row)])
        n += 1
    book.save(path)
    return n


def write_xml(rows: Iterator[Row], path: Path, heading: Heading) -> int:
    """The form of docs/register-export.xsd; empty elements are left out; the number of rows."""
    attributes = {
        "xmlns": SCHEMA,
        "body": heading.body,
        "book": heading.book,
        "first-day": heading.first_day.isoformat(),
        "last-day": heading.last_day.isoformat(),
        "made-at": heading.made_at.isoformat(timespec="seconds"),
        "made-by": heading.made_by,
        "rows": str(heading.rows),
    }
    said = " ".join(f"{name}={quoteattr(_xml(value))}" for name, value in attributes.items())
    n = 0
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(f'<?xml version="1.0" encoding="UTF-8"?>\n<register {said}>\n')
        for row in rows:
            annulled = ' annulled="true"' if row.annulled_at else ""
            file.write(f"<entry{annulled}>{''.join(_elements(row))}</entry>\n")
            n += 1
        file.write("</register>\n")
    return n


def _elements(row: Row) -> Iterator[str]:
    for name in NAMES:
        value = getattr(row, name)
        element = name.replace("_", "-")
        for one in value if isinstance(value, tuple) else (value,):
            if one is None or one == "":
                continue
            said = one.isoformat() if isinstance(one, date) else str(one)
            yield f"<{element}>{escape(_xml(said))}</{element}>"


def _xml(text: str) -> str:
    return _NOT_XML.sub("\ufffd", text)


def _text(cell: Cell) -> str:
    """A cell as text: local times, days as dd/mm/yyyy, nothing that a program would compute."""
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return f"{cell:%d/%m/%Y %H:%M:%S}"
    if isinstance(cell, date):
        return f"{cell:%d/%m/%Y}"
    if isinstance(cell, int):
        return str(cell)
    return _harmless(cell)


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text


def _sheet_cell(sheet: Any, kind: Callable[[Any, str], Any], cell: Cell) -> object:
    if isinstance(cell, str):
        text = _NOT_XML.sub("\ufffd", cell)[:_XLSX_CELL]
        if not text.startswith(_FORMULA):
            return text
        made = kind(sheet, text)
        made.data_type = "s"  # text, whatever it begins with
        return made
    if isinstance(cell, datetime):
        return cell.replace(tzinfo=None)  # a sheet knows no zones: the wall clock of the office
    return cell
