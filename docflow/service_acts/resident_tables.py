"""The register of residents as a table: CSV or XLSX read row by row, each fault by its row.

Columns are known by their names, in whatever order: ΑΦΜ and ΑΜΚΑ (one of them suffices),
Ονοματεπώνυμο (or Επώνυμο and Όνομα), Διεύθυνση, Κάτοικος από.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path

from docflow import imports, parties
from docflow.errors import Invalid
from docflow.folding import fold, line
from docflow.i18n import Text, t

MOST_FAULTS = 50
_LONGEST = 300
_HEADER_ROWS = 5  # above the names of the columns may stand a title
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ].*)?")
_GREEK = re.compile(r"(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4})")


class BadResidents(Invalid):
    """The register of residents cannot be taken over as it stands in the file."""

    def __init__(self, message: Text, faults: Sequence["Fault"] = ()) -> None:
        super().__init__(message, field="file")
        self.faults = tuple(faults)


class Column(StrEnum):
    """What a column of the table holds."""

    TAX_NUMBER = "tax_number"
    SOCIAL_NUMBER = "social_number"
    NAME = "name"
    SURNAME = "surname"
    FIRST_NAME = "first_name"
    ADDRESS = "address"
    SINCE = "since"


_NAMES = {
    Column.TAX_NUMBER: ("αφμ", "α.φ.μ.", "afm", "tax number", "tax_number"),
    Column.SOCIAL_NUMBER: ("αμκα", "α.μ.κ.α.", "amka", "social_number"),
    Column.NAME: ("ονοματεπωνυμο", "name", "full name"),
    Column.SURNAME: ("επωνυμο", "surname"),
    Column.FIRST_NAME: ("ονομα", "first name", "first_name"),
    Column.ADDRESS: ("διευθυνση", "διευθυνση κατοικιασ", "address"),
    Column.SINCE: ("κατοικοσ απο", "απο", "ημερομηνια εγγραφησ", "since", "resident since"),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong in a row of the file, counted from 1 as a spreadsheet does."""

    row: int
    message: Text


@dataclass(frozen=True, slots=True)
class Person:
    """A row that can be taken over; numbers are digits, empty where the row has none."""

    row: int
    tax_number: str
    social_number: str
    name: str
    address: str
    lives_since: date


def read(path: Path, *, today: date) -> list[Person]:
    """Everybody in the file. Raises BadResidents with the faults, NoTable, TableTooLarge."""
    form = imports.sheets.recognise(path)
    columns: dict[Column, int] = {}
    people: list[Person] = []
    faults: list[Fault] = []
    seen: dict[str, int] = {}
    for number, cells in imports.sheets.rows(path, form):
        if not columns:
            columns = _columns(cells)
            if not columns and number >= _HEADER_ROWS:
                break
            continue
        try:
            person = _person(number, cells, columns, today)
            for known in filter(None, (person.tax_number, person.social_number)):
                if known in seen:
                    raise _Wrong(t("The same person stands in row {row} too.", row=seen[known]))
                seen[known] = number
        except _Wrong as wrong:
            faults.append(Fault(number, wrong.message))
            if len(faults) == MOST_FAULTS:
                break
            continue
        people.append(person)
    if not columns:
        raise BadResidents(
            t(
                "The first row must name the columns: ΑΦΜ or ΑΜΚΑ, Ονοματεπώνυμο, Διεύθυνση, "
                "Κάτοικος από. Nothing was taken over."
            )
        )
    if faults:
        raise BadResidents(
            t(
                "Nothing was taken over. Row {row}: {fault} Mend the file and send it again.",
                row=faults[0].row,
                fault=faults[0].message,
            ),
            faults,
        )
    if not people:
        raise BadResidents(t("The file names nobody. Nothing was taken over."))
    return people


def is_social_number(digits: str) -> bool:
    """Whether these are the eleven digits of an ΑΜΚΑ: a day, four more, and Luhn's check digit."""
    if not (len(digits) == 11 and digits.isascii() and digits.isdecimal()):
        return False
    if not (1 <= int(digits[:2]) <= 31 and 1 <= int(digits[2:4]) <= 12):
        return False
    doubled = (int(d) * 2 if place % 2 else int(d) for place, d in enumerate(reversed(digits)))
    return sum(n - 9 if n > 9 else n for n in doubled) % 10 == 0


class _Wrong(ValueError):
    def __init__(self, message: Text) -> None:
        super().__init__(str(message))
        self.message = message


def _columns(cells: Sequence[str]) -> dict[Column, int]:
    """Where each column stands; empty where this is no row of their names."""
    found: dict[Column, int] = {}
    for place, cell in enumerate(cells):
        name = fold(line(cell))
        for column, names in _NAMES.items():
            if name in names and column not in found:
                found[column] = place
    has_number = Column.TAX_NUMBER in found or Column.SOCIAL_NUMBER in found
    has_name = Column.NAME in found or {Column.SURNAME, Column.FIRST_NAME} <= found.keys()
    rest = {Column.ADDRESS, Column.SINCE} <= found.keys()
    return found if has_number and has_name and rest else {}


def _person(row: int, cells: Sequence[str], columns: dict[Column, int], today: date) -> Person:
    def cell(column: Column) -> str:
        place = columns.get(column, -1)
        return line(cells[place]) if 0 <= place < len(cells) else ""

    tax_number = _digits(cell(Column.TAX_NUMBER), 9)
    social_number = _digits(cell(Column.SOCIAL_NUMBER), 11)
    if not tax_number and not social_number:
        raise _Wrong(t("Neither ΑΦΜ nor ΑΜΚΑ stands here."))
    if tax_number and not parties.is_tax_number(tax_number):
        raise _Wrong(t("The ΑΦΜ is not valid: check its nine digits."))
    if social_number and not is_social_number(social_number):
        raise _Wrong(t("The ΑΜΚΑ is not valid: check its eleven digits."))
    name = cell(Column.NAME) or f"{cell(Column.SURNAME)} {cell(Column.FIRST_NAME)}".strip()
    address = cell(Column.ADDRESS)
    if not 2 <= len(name) <= _LONGEST:
        raise _Wrong(t("The name is missing or longer than {max} characters.", max=_LONGEST))
    if not 2 <= len(address) <= _LONGEST:
        raise _Wrong(t("The address is missing or longer than {max} characters.", max=_LONGEST))
    since = _day(cell(Column.SINCE))
    if since is None or since.year < 1900 or since > today:
        raise _Wrong(t("The day since when is missing, is no date, or lies ahead."))
    return Person(row, tax_number, social_number, name, address, since)


def _digits(typed: str, length: int) -> str:
    """Without blanks; a spreadsheet that took it for a number has lost leading zeros."""
    digits = "".join(typed.split()).removesuffix(".0")
    return digits.zfill(length) if digits else ""


def _day(typed: str) -> date | None:
    if match := _ISO.fullmatch(typed):
        year, month, day = match.groups()
    elif match := _GREEK.fullmatch(typed):
        day, month, year = match.groups()
    else:
        return None
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None
