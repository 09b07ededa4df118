"""Tables as people have them: CSV in the encodings of Greek offices, and XLSX, row by row.

A cell becomes text; a date of a spreadsheet becomes ISO. Nothing is judged here.
"""

import codecs
import csv
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import asdict, dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from docflow.errors import Invalid
from docflow.i18n import t

ENCODINGS = ("utf-8", "windows-1253", "iso8859-7", "utf-16")
SEPARATORS = {";": ";", ",": ",", "tab": "\t"}
MAX_ROWS = 500_000
MAX_COLUMNS = 100
_MAX_CELL = 20_000
_MAX_EXPANDED = 2 << 30
_SAMPLE = 200_000
_XLS = b"\xd0\xcf\x11\xe0"


class NoTable(Invalid):
    """The file is neither CSV text nor an XLSX workbook."""


class TableTooLarge(Invalid):
    """A register to be taken over has 500,000 rows and 100 columns at most."""


@dataclass(frozen=True, slots=True)
class Form:
    """How the file is to be read; `header` is the row with the names of the columns, from 1."""

    kind: str  # csv or xlsx
    encoding: str = "utf-8"
    separator: str = ";"
    sheet: str = ""
    sheets: tuple[str, ...] = ()
    header: int = 1

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "sheets": list(self.sheets)}

    @staticmethod
    def of(stored: Mapping[str, Any]) -> "Form":
        return Form(**{**stored, "sheets": tuple(stored.get("sheets", ()))})


Row = tuple[int, list[str]]


def recognise(path: Path) -> Form:
    """How the file seems to be written. Raises NoTable."""
    with path.open("rb") as stream:
        start = stream.read(_SAMPLE)
    if start.startswith(_XLS):
        raise NoTable(
            t("This is an old Excel file (.xls). Save it as .xlsx or CSV, and upload that."),
            field="file",
        )
    if start.startswith(b"PK"):
        with _workbook(path) as book:
            names = tuple(str(name) for name in book.sheetnames)
            return Form("xlsx", sheet=names[0], sheets=names)
    encoding = _encoding(start)
    text = start.decode(encoding, errors="replace").removeprefix("\ufeff")
    if not text.strip() or "\x00" in text:
        raise NoTable(t("The file is empty, or is no table: CSV or XLSX."), field="file")
    return Form("csv", encoding=encoding, separator=_separator(text))


def rows(path: Path, form: Form) -> Iterator[Row]:
    """Number (from 1, as a person counts them) and cells of each row that is not empty.

    Raises NoTable and TableTooLarge.
    """
    found = _xlsx_rows(path, form) if form.kind == "xlsx" else _csv_rows(path, form)
    for number, cells in found:
        if number > MAX_ROWS + form.header or len(cells) > MAX_COLUMNS:
            raise TableTooLarge(
                t(
                    "At most {rows} rows and {columns} columns are taken over at once.",
                    rows=MAX_ROWS,
                    columns=MAX_COLUMNS,
                ),
                field="file",
            )
        if any(cells):
            yield number, cells


def _encoding(start: bytes) -> str:
    """UTF-8 where it is that; else the Greek code page that its bytes speak for.

    The two differ in 0xA2 and 0xB6, either of which is Ά in one of them, and in 0x80 to 0x9F,
    which only windows-1253 uses (dashes, quotes, the euro).
    """
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    decoder = codecs.getincrementaldecoder("utf-8")()
    with suppress(UnicodeDecodeError):
        decoder.decode(start)
        return "utf-8"
    if any(0x80 <= byte <= 0x9F for byte in start):
        return "windows-1253"
    return "iso8859-7" if start.count(0xB6) > start.count(0xA2) else "windows-1253"


def _separator(text: str) -> str:
    """The sign that parts the most columns in the first rows."""
    lines = [line for line in text.splitlines()[:20] if line.strip()]
    return max(SEPARATORS, key=lambda name: sum(line.count(SEPARATORS[name]) for line in lines))


def _csv_rows(path: Path, form: Form) -> Iterator[Row]:
    encoding = "utf-8-sig" if form.encoding == "utf-8" else form.encoding
    # What the encoding does not have becomes U+FFFD; the check names the rows that have it.
    with path.open(encoding=encoding, errors="replace", newline="") as stream:
        reader = csv.reader(
            (line.replace("\x00", " ") for line in stream),
            delimiter=SEPARATORS[form.separator],
            strict=False,
        )
        number = 0
        try:
            for cells in reader:
                number += 1
                yield number, [_line(cell) for cell in cells]
        except csv.Error as error:
            raise NoTable(
                t("Row {n} cannot be read as CSV: {problem}", n=number + 1, problem=str(error)),
                field="file",
            ) from error


def _workbook(path: Path) -> "closing[Any]":
    # Imported here: a web process that takes nothing over need not hold it.
    import openpyxl
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        with zipfile.ZipFile(path) as archive:
            if sum(info.file_size for info in archive.infolist()) > _MAX_EXPANDED:
                raise TableTooLarge(t("The workbook is too large. Save it as CSV."), field="file")
        return closing(openpyxl.load_workbook(path, read_only=True, data_only=True))
    except (zipfile.BadZipFile, InvalidFileException, KeyError, OSError, ValueError) as error:
        raise NoTable(
            t("The workbook cannot be opened. Save it anew as .xlsx or CSV."), field="file"
        ) from error


def _xlsx_rows(path: Path, form: Form) -> Iterator[Row]:
    with _workbook(path) as book:
        names = book.sheetnames
        sheet = book[form.sheet if form.sheet in names else names[0]]
        for number, values in enumerate(sheet.iter_rows(values_only=True), start=1):
            cells = [_cell(value) for value in values]
            while cells and not cells[-1]:
                cells.pop()  # spreadsheets remember columns that once had something
            yield number, cells


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return _line(str(value))


def _line(text: str) -> str:
    """The cell in one line, blanks trimmed."""
    return " ".join(text[:_MAX_CELL].split())
