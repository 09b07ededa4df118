"""Movements out of a bank's CSV file. Each bank writes it its own way: the profile says how.

A profile names, for each thing, the headings under which it may stand. The lines above the headings
(account, period) and below the movements (totals) are passed over where they hold no amount.
"""

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from io import StringIO
from typing import Any

from docflow.errors import Invalid
from docflow.folding import fold, line
from docflow.i18n import t
from docflow.payments import amounts
from docflow.payments.movements import (
    BadBankFile,
    Contents,
    Faults,
    Movement,
    is_plausible,
    require_count,
    require_size,
)

COLUMNS = (
    "booked_on",
    "amount",
    "credit",
    "debit",
    "sign",
    "bank_number",
    "payer_name",
    "payer_iban",
    "text",
    "reference",
)
ENCODINGS = ("auto", "utf-8", "cp1253", "iso8859-7", "utf-16")
SEPARATORS = {"auto": "", "semicolon": ";", "comma": ",", "tab": "\t", "bar": "|"}
DAYS = {
    "dd/mm/yyyy": "%d/%m/%Y",
    "dd-mm-yyyy": "%d-%m-%Y",
    "dd.mm.yyyy": "%d.%m.%Y",
    "yyyy-mm-dd": "%Y-%m-%d",
    "yyyymmdd": "%Y%m%d",
}
GENERAL: Mapping[str, Any] = {
    "encoding": "auto",
    "separator": "auto",
    "decimal": ",",
    "day": "dd/mm/yyyy",
    "outgoing": ["Χ", "Χρέωση", "D", "DBIT", "Debit"],
    "columns": {
        "booked_on": ["Ημερομηνία", "Ημ/νία", "Ημ. συναλλαγής", "Ημερομηνία συναλλαγής", "Date"],
        "amount": ["Ποσό", "Ποσό συναλλαγής", "Amount"],
        "credit": ["Πίστωση", "Credit"],
        "debit": ["Χρέωση", "Debit"],
        "sign": ["Χ/Π", "Πρόσημο ποσού", "Debit/Credit"],
        "bank_number": ["Αρ. συναλλαγής", "Αριθμός συναλλαγής", "Transaction number", "Α/Α"],
        "payer_name": ["Καταθέτης", "Ονοματεπώνυμο", "Εντολέας", "Payer", "Name"],
        "payer_iban": ["IBAN εντολέα", "IBAN", "Payer IBAN"],
        "text": ["Αιτιολογία", "Περιγραφή", "Σχόλια", "Description", "Details"],
        "reference": ["Κωδικός πληρωμής", "Κωδικός RF", "Payment code", "Reference"],
    },
}
_MOST_ABOVE = 40  # lines above the headings


class BadProfile(Invalid):
    """The description of the bank’s file is not right."""


@dataclass(frozen=True, slots=True)
class Profile:
    """How a bank writes its CSV files, checked; `columns` are headings by what stands below."""

    encoding: str
    separator: str
    decimal: str
    day: str
    outgoing: tuple[str, ...]
    columns: Mapping[str, tuple[str, ...]]

    def as_json(self) -> dict[str, Any]:
        return {
            "encoding": self.encoding,
            "separator": self.separator,
            "decimal": self.decimal,
            "day": self.day,
            "outgoing": list(self.outgoing),
            "columns": {name: list(headings) for name, headings in self.columns.items()},
        }


def read_profile(written: Mapping[str, Any]) -> Profile:
    """The profile as a person or program wrote it. Raises BadProfile, with the field."""
    given = {**GENERAL, **written}
    for name, allowed in (
        ("encoding", ENCODINGS),
        ("separator", tuple(SEPARATORS)),
        ("decimal", (",", ".")),
        ("day", tuple(DAYS)),
    ):
        if given[name] not in allowed:
            raise BadProfile(t("Choose one of: {values}.", values="  ".join(allowed)), field=name)
    columns = {}
    for name, headings in dict(given["columns"]).items():
        if name not in COLUMNS or not _are_words(headings):
            raise BadProfile(t("Write headings as they stand in the file."), field=str(name)[:40])
        columns[name] = tuple(line(heading) for heading in headings if line(heading))
    if not columns.get("booked_on") or not (columns.get("amount") or columns.get("credit")):
        raise BadProfile(
            t("The headings of the date and of the amount are needed."), field="booked_on"
        )
    if not _are_words(given["outgoing"]):
        raise BadProfile(t("Write headings as they stand in the file."), field="outgoing")
    return Profile(
        given["encoding"],
        given["separator"],
        given["decimal"],
        given["day"],
        tuple(given["outgoing"]),
        columns,
    )


def _are_words(given: object) -> bool:
    return isinstance(given, list | tuple) and all(
        isinstance(one, str) and len(one) <= 100 for one in given
    )


def read(data: bytes, profile: Profile) -> Contents:
    """The movements in a bank's CSV file. Raises BadBankFile, which names the lines at fault."""
    require_size(data)
    text = _decoded(data, profile.encoding)
    rows = list(_rows(text, SEPARATORS[profile.separator] or _separator(text)))
    start, places = _headings(rows, profile)
    faults, movements = Faults(), []
    for file_line, cells in rows[start + 1 :]:
        movement = _movement(file_line, cells, places, profile, faults)
        if movement is not None:
            movements.append(movement)
    faults.refuse()
    require_count(movements)
    return Contents("csv", "", tuple(movements))


def _decoded(data: bytes, encoding: str) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = "utf-16"
    exact = encoding.replace("utf-8", "utf-8-sig")
    tried = ["utf-8-sig", "cp1253"] if encoding == "auto" else [exact]
    for one in tried:
        try:
            text = data.decode(one)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text
    raise BadBankFile(
        t("The letters of the file cannot be read: is it the bank’s CSV file?"), field="file"
    )


def _rows(text: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    """The rows with the line of the file that each begins in."""
    reader = csv.reader(StringIO(text, newline=""), delimiter=separator, strict=True)
    begins = 1
    try:
        for cells in reader:
            yield begins, [line(cell) for cell in cells]
            begins = reader.line_num + 1
    except csv.Error as error:
        raise BadBankFile(
            t(
                "Line {line} of the file cannot be read: a quotation mark is not closed.",
                line=begins,
            ),
            field="file",
        ) from error


def _separator(text: str) -> str:
    """The one that stands most often in the first lines."""
    head = "\n".join(text.splitlines()[:_MOST_ABOVE])
    return max(";,\t|", key=head.count)


def _headings(
    rows: Sequence[tuple[int, list[str]]], profile: Profile
) -> tuple[int, dict[str, int]]:
    """Which row holds the headings, and where each column stands."""
    wanted = {
        fold(heading): name for name, headings in profile.columns.items() for heading in headings
    }
    for at, (_, cells) in enumerate(rows[:_MOST_ABOVE]):
        places: dict[str, int] = {}
        for place, cell in enumerate(cells):
            name = wanted.get(fold(cell))
            if name is not None:
                places.setdefault(name, place)
        if "booked_on" in places and ("amount" in places or "credit" in places):
            return at, places
    of_amount = profile.columns.get("amount", ()) + profile.columns.get("credit", ())
    raise BadBankFile(
        t(
            "The headings of the date (one of: {days}) and of the amount (one of: {amounts}) do "
            "not stand in the file. Choose the account of this bank, or have its file described "
            "under “Account”.",
            days=", ".join(profile.columns["booked_on"]),
            amounts=", ".join(of_amount),
        ),
        field="file",
    )


def _movement(
    file_line: int,
    cells: Sequence[str],
    places: Mapping[str, int],
    profile: Profile,
    faults: Faults,
) -> Movement | None:
    """The movement of a row; None where it is none, or where a fault was noted."""

    def cell(name: str) -> str:
        place = places.get(name)
        return cells[place] if place is not None and place < len(cells) else ""

    money = [cell(name) for name in ("amount", "credit", "debit")]
    if not cell("booked_on") or not any(money):
        return None  # a heading between, a total, an empty line
    booked_on = _day(cell("booked_on"), profile)
    if booked_on is None:
        faults.add(
            file_line,
            t("“{typed}” is no date like {day}", typed=cell("booked_on")[:40], day=profile.day),
        )
        return None
    try:
        if money[0]:
            cents = _cents(money[0], profile)
            outgoing = {fold(one) for one in profile.outgoing}
            if fold(cell("sign")) in outgoing:
                cents = -abs(cents)
        else:
            cents = abs(_cents(money[1] or "0", profile)) - abs(_cents(money[2] or "0", profile))
    except amounts.BadAmount as error:
        faults.add(file_line, error.message)
        return None
    return Movement(
        file_line=file_line,
        booked_on=booked_on,
        cents=cents,
        bank_number=cell("bank_number")[:100],
        payer_name=cell("payer_name")[:200],
        payer_iban=cell("payer_iban").replace(" ", "").upper()[:40],
        text=cell("text")[:1000],
        reference=cell("reference")[:100],
    )


def _day(typed: str, profile: Profile) -> date | None:
    try:
        # The day alone; a time of day behind it does not matter, and no zone is meant.
        found = datetime.strptime(typed.split(" ")[0], DAYS[profile.day]).date()  # noqa: DTZ007
    except ValueError:
        return None
    return found if is_plausible(found) else None


def _cents(typed: str, profile: Profile) -> int:
    """The bank says which sign is the decimal one: nothing is ambiguous here."""
    clean = typed.replace("€", "").replace("EUR", "").replace(" ", "").replace("\xa0", "")
    other = "." if profile.decimal == "," else ","
    clean = clean.replace(other, "").replace(profile.decimal, ".").removeprefix("+")
    if clean.endswith("-"):
        clean = f"-{clean[:-1]}"
    try:
        return amounts.exact(clean)
    except amounts.BadAmount as error:
        raise amounts.BadAmount(
            t("“{typed}” is no amount of money", typed=typed[:40]), field="file"
        ) from error
