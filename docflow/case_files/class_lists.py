"""The classes of a plan as a list: read from CSV or JSON, judged as a whole, compared, written.

A row: code, parent, title, retention_years, action, note. Where the column `parent` is missing a
class lies under the longest code that begins it («20.3» under «20»). CSV is UTF-8, or the Greek
code page; the sign between columns is found. Source: domain rows 88 and 89.
"""

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from docflow.case_files.models import RetentionAction
from docflow.errors import Invalid
from docflow.folding import fold, line
from docflow.i18n import Text, t

COLUMNS = ("code", "parent", "title", "retention_years", "action", "note")
MOST_CLASSES = 5000
MOST_LEVELS = 6
_LONGEST = {"code": 40, "title": 300, "note": 1000}
_MOST_YEARS = 200
_MOST_BYTES = 5 << 20
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_NAMES = {  # of columns, folded, as offices write them
    "κωδικοσ": "code",
    "φακελοσ": "code",
    "ανωτεροσ": "parent",
    "τιτλοσ": "title",
    "θεμα": "title",
    "ετη": "retention_years",
    "χρονοσ διατηρησησ": "retention_years",
    "ενεργεια": "action",
    "παρατηρησεισ": "note",
}
_ACTIONS = {
    "καταστροφη": RetentionAction.DESTROY,
    "εκκαθαριση": RetentionAction.DESTROY,
    "γακ": RetentionAction.TRANSFER,
    "παραδοση": RetentionAction.TRANSFER,
    "διηνεκησ": RetentionAction.PERMANENT,
    "διηνεκεσ": RetentionAction.PERMANENT,
    "επανεξεταση": RetentionAction.REVIEW,
    "": RetentionAction.REVIEW,
}


class BadPlan(Invalid):
    """The list of classes has mistakes.

    `faults` are its rows, from 1, and what is wrong there.
    """

    def __init__(self, faults: Sequence[tuple[int, Text]]) -> None:
        row, first = faults[0]
        message = first if row == 0 else t("Row {row}: {what}", row=row, what=first)
        if len(faults) > 1:
            message = t("{n} rows have mistakes. The first: {what}", n=len(faults), what=message)
        super().__init__(message, field="file")
        self.faults = tuple(faults)


@dataclass(frozen=True, slots=True)
class Class:
    """A class of a plan. `parent` is the code of the one above, empty at the top."""

    code: str
    parent: str
    title: str
    retention_years: int | None
    action: RetentionAction
    note: str = ""

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "action": self.action.value}


@dataclass(frozen=True, slots=True)
class Difference:
    """What a new list changes: codes that come, go, and say something else than before."""

    added: tuple[Class, ...]
    removed: tuple[Class, ...]
    changed: tuple[tuple[Class, Class], ...]  # before, now
    same: int


def read(data: bytes) -> list[Class]:
    """The classes of a file, JSON or CSV by its content, in order. Raises BadPlan."""
    if len(data) > _MOST_BYTES:
        raise _no_list(t("The file is too large for a classification plan."))
    text = _decoded(data)
    if not text.strip() or "\x00" in text:
        raise _no_list(t("The file is empty, or is no list of classes: CSV or JSON."))
    is_json = text.lstrip()[:1] in "[{"
    return of_rows(_json_rows(text) if is_json else _csv_rows(text))


def of_rows(rows: Iterable[tuple[int, Mapping[str, Any]]]) -> list[Class]:
    """Classes of rows with the names of `COLUMNS`, numbered as people count. Raises BadPlan."""
    found: list[tuple[int, Class, bool]] = []
    faults: list[tuple[int, Text]] = []
    for number, row in rows:
        try:
            found.append((number, _class(row), "parent" in row))
        except Invalid as error:
            faults.append((number, error.message))
        if len(found) > MOST_CLASSES:
            raise _no_list(t("A plan has at most {max} classes.", max=MOST_CLASSES))
    known = {one.code for _, one, _ in found}
    placed = [
        (number, one if has_parent else _under(one, known)) for number, one, has_parent in found
    ]
    faults += _misplaced(placed)
    if faults:
        raise BadPlan(sorted(faults, key=lambda fault: fault[0]))
    if not placed:
        raise _no_list(t("The file is empty, or is no list of classes: CSV or JSON."))
    return _from_the_top([one for _, one in placed])


def stored(content: Iterable[Mapping[str, Any]]) -> list[Class]:
    """Classes as a version keeps them."""
    return [Class(**{**row, "action": RetentionAction(row["action"])}) for row in content]


def compared(before: Sequence[Class], now: Sequence[Class]) -> Difference:
    """What is different in the list of now."""
    old, new = ({one.code: one for one in said} for said in (before, now))
    changed = [(old[code], one) for code, one in new.items() if code in old and old[code] != one]
    return Difference(
        added=tuple(one for code, one in new.items() if code not in old),
        removed=tuple(one for code, one in old.items() if code not in new),
        changed=tuple(changed),
        same=len(set(old) & set(new)) - len(changed),
    )


def depths(classes: Sequence[Class]) -> dict[str, int]:
    """How deep each code lies, from 0; the list is one from the top."""
    found: dict[str, int] = {}
    for one in classes:
        found[one.code] = found[one.parent] + 1 if one.parent else 0
    return found


def as_csv(classes: Sequence[Class]) -> bytes:
    """UTF-8 with a byte order mark, `;` between columns; nothing that a program would compute."""
    written = io.StringIO()
    writer = csv.writer(written, delimiter=";", lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for one in classes:
        years = "" if one.retention_years is None else str(one.retention_years)
        cells = (one.code, one.parent, one.title, years, one.action.value, one.note)
        writer.writerow([f"'{c}" if c.startswith(_FORMULA) else c for c in cells])
    return written.getvalue().encode("utf-8-sig")


def as_json(classes: Sequence[Class]) -> bytes:
    rows = [one.as_json() for one in classes]
    return json.dumps(rows, ensure_ascii=False, indent=1).encode()


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1253", errors="replace")


def _json_rows(text: str) -> list[tuple[int, Mapping[str, Any]]]:
    try:
        said = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _no_list(t("This is no JSON: {why}", why=str(error)[:200])) from error
    rows = said.get("classes") if isinstance(said, dict) else said
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise _no_list(t("The JSON must be a list of classes with code and title."))
    return list(enumerate(rows, start=1))


def _csv_rows(text: str) -> list[tuple[int, Mapping[str, Any]]]:
    first = text.lstrip().splitlines()[0]
    delimiter = max(";,\t", key=first.count)
    try:
        rows = list(csv.reader(io.StringIO(text.strip("\ufeff")), delimiter=delimiter))
    except csv.Error as error:
        raise _no_list(t("This is no table: {why}", why=str(error)[:200])) from error
    head = [_column(cell) for cell in rows[0]] if rows else []
    if not {"code", "title"} <= set(head):
        raise _no_list(t("The first row must name the columns; code and title must be there."))
    found: list[tuple[int, Mapping[str, Any]]] = []
    for number, cells in enumerate(rows[1:], start=2):
        if any(cell.strip() for cell in cells):
            named = zip(head, [*cells, *[""] * len(head)], strict=False)
            found.append((number, {name: _plain(cell) for name, cell in named if name}))
    return found


def _plain(cell: str) -> str:
    """A cell without the sign that keeps spreadsheets from computing it."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_FORMULA) else cell


def _column(cell: str) -> str:
    name = " ".join(fold(cell).split())
    return name if name in COLUMNS else _NAMES.get(name, "")


def _class(row: Mapping[str, Any]) -> Class:
    said = {name: _text(row, name) for name in COLUMNS}
    for name, most in _LONGEST.items():
        if len(said[name]) > most:
            raise Invalid(t("At most {max} characters fit here.", max=most))
    if not said["code"] or not said["title"]:
        raise Invalid(t("A class needs a code and a title."))
    if not all(char.isalnum() or char in ".-/" for char in said["code"]):
        raise Invalid(
            t("A code has letters, digits, dots, dashes and slashes: “{code}”.", code=said["code"])
        )
    if said["parent"] == said["code"]:
        raise Invalid(t("The class {code} cannot lie under itself.", code=said["code"]))
    return Class(
        code=said["code"],
        parent=said["parent"],
        title=said["title"],
        retention_years=_years(said["retention_years"]),
        action=_action(said["action"]),
        note=said["note"],
    )


def _text(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise Invalid(t("“{name}” must be text.", name=name))
    return line(str(value))


def _years(said: str) -> int | None:
    if not said:
        return None
    number = said.split()[0]  # «5 έτη»
    is_number = number.isascii() and number.isdecimal() and len(number) <= 6
    if not is_number or not 0 < int(number) <= _MOST_YEARS:
        raise Invalid(
            t("“{said}” is not a number of years from 1 to {max}.", said=said[:40], max=_MOST_YEARS)
        )
    return int(number)


def _action(said: str) -> RetentionAction:
    if said in set(RetentionAction):
        return RetentionAction(said)
    known = _ACTIONS.get(fold(said))
    if known is None:
        raise Invalid(
            t(
                "“{said}” is no action: write destroy, transfer, permanent or review.",
                said=said[:40],
            )
        )
    return known


def _under(one: Class, known: set[str]) -> Class:
    """The class under the longest code that begins its own."""
    pieces = one.code.split(".")
    starts = (".".join(pieces[:n]) for n in range(len(pieces) - 1, 0, -1))
    parent = next((start for start in starts if start in known), "")
    return Class(one.code, parent, one.title, one.retention_years, one.action, one.note)


def _misplaced(rows: Sequence[tuple[int, Class]]) -> list[tuple[int, Text]]:
    """Codes that stand twice, that lie under nothing known, in a circle, or too deep."""
    above = {one.code: one.parent for _, one in rows}
    faults: list[tuple[int, Text]] = []
    seen: set[str] = set()
    for number, one in rows:
        if one.code in seen:
            faults.append((number, t("The code {code} stands in the list twice.", code=one.code)))
        seen.add(one.code)
        if one.parent and one.parent not in above:
            faults.append((number, t("There is no class {code} to lie under.", code=one.parent)))
            continue
        way, current = {one.code}, one.parent
        while current and current not in way:
            way.add(current)
            current = above.get(current, "")
        if current:
            faults.append((number, t("The class {code} lies under itself.", code=one.code)))
        elif len(way) > MOST_LEVELS:
            faults.append((number, t("A plan has at most {max} levels.", max=MOST_LEVELS)))
    return faults


def _from_the_top(classes: Sequence[Class]) -> list[Class]:
    """Each class followed by those under it, otherwise as the list has them."""
    below: dict[str, list[Class]] = {}
    for one in classes:
        below.setdefault(one.parent, []).append(one)
    found: list[Class] = []

    def add(parent: str) -> None:
        for one in below.get(parent, ()):
            found.append(one)
            add(one.code)

    add("")
    return found


def _no_list(message: Text) -> BadPlan:
    return BadPlan([(0, message)])
