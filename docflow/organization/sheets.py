"""The organogram as a file: CSV for a spreadsheet, JSON for a program, and back as a change.

What comes in is compared with what stands; the difference is a list of steps, tried and carried
out like any other change. Nothing is taken over in silence: a unit that the file does not name
stays, unless its row says that it is dissolved.
"""

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from docflow import clock
from docflow.errors import Invalid
from docflow.folding import line
from docflow.i18n import Text, t
from docflow.organization import organogram
from docflow.organization.organogram import UnitView
from docflow.organization.steps import (
    MAX_STEPS,
    BadStep,
    ChangedUnit,
    DissolvedUnit,
    NewHead,
    NewUnit,
    Step,
    checked,
)
from docflow.principal import Principal

COLUMNS = (
    "code",
    "name",
    "parent",
    "phone",
    "email",
    "valid_from",
    "valid_to",
    "successor",
    "head",
)
MAX_BYTES = 2 << 20
_FORMULA = ("=", "+", "-", "@")  # a cell that begins so is a formula to a spreadsheet
# Greek heads of columns, as people write them into their own sheets
_ALSO = {
    "κωδικος": "code",
    "ονομα": "name",
    "ονομασια": "name",
    "μοναδα": "name",
    "υπαγεται": "parent",
    "υπαγεται σε": "parent",
    "τηλεφωνο": "phone",
    "email": "email",
    "ισχυει απο": "valid_from",
    "ισχυει εως": "valid_to",
    "διαδοχος": "successor",
    "προϊσταμενος": "head",
}


class BadSheet(Invalid):
    """The file does not hold an organogram."""


@dataclass(frozen=True, slots=True)
class Row:
    """A unit as the file says it; `head` is a user name. None: the file has no such column."""

    code: str
    name: str
    parent: str | None = None
    phone: str | None = None
    email: str | None = None
    valid_to: str = ""
    successor: str = ""
    head: str | None = None


def as_csv(units: Iterable[UnitView]) -> bytes:
    """With a semicolon and a byte order mark: so spreadsheets open it in Greek as it is."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for one in units:
        writer.writerow([_harmless(value) for value in _values(one).values()])
    return ("\ufeff" + text.getvalue()).encode()


def as_json(units: Iterable[UnitView], *, body: str, on: date) -> bytes:
    """The same with posts and people, who are not read back."""
    told = [
        {
            **_values(one),
            "positions": [
                {
                    "title": post.title,
                    "role": post.role,
                    "holder": post.holder.username if post.holder else None,
                }
                for post in one.posts
            ],
            "people": [
                {
                    "username": who.username,
                    "full_name": who.full_name,
                    "role": who.role,
                    "valid_from": who.valid_from.isoformat(),
                    "valid_to": who.valid_to.isoformat() if who.valid_to else None,
                }
                for who in (*one.heads, *one.people)
            ],
        }
        for one in units
    ]
    made = {"body": body, "on": on.isoformat(), "units": told}
    return json.dumps(made, ensure_ascii=False, indent=1).encode()


def _values(one: UnitView) -> dict[str, str]:
    return {
        "code": one.code,
        "name": one.name,
        "parent": one.parent,
        "phone": one.phone,
        "email": one.email,
        "valid_from": one.valid_from.isoformat(),
        "valid_to": one.valid_to.isoformat() if one.valid_to else "",
        "successor": one.successor,
        "head": one.head.username if one.head else "",
    }


def _harmless(value: str) -> str:
    """A text that a spreadsheet does not take for a formula."""
    return f"'{value}" if value.startswith(_FORMULA) else value


def read(data: bytes) -> list[Row]:
    """The rows of a file, CSV or JSON. Raises BadSheet with the line to blame."""
    if len(data) > MAX_BYTES:
        raise BadSheet(t("The file is larger than {mb} MB.", mb=MAX_BYTES >> 20), field="file")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        wrong = t("The file is not text in UTF-8. Save it as such.")
        raise BadSheet(wrong, field="file") from error
    rows = _from_json(text) if text.lstrip().startswith(("{", "[")) else _from_csv(text)
    if not rows:
        raise BadSheet(t("The file names no unit."), field="file")
    if len(rows) > MAX_STEPS:
        raise BadSheet(t("The file has more than {n} units.", n=MAX_STEPS), field="file")
    seen: dict[str, int] = {}
    for number, row in enumerate(rows, start=1):
        if row.code in seen:
            raise BadSheet(
                t(
                    "Row {row}: the code “{code}” stands in row {other} too.",
                    row=number,
                    code=row.code,
                    other=seen[row.code],
                ),
                field="file",
            )
        seen[row.code] = number
    return rows


def _from_csv(text: str) -> list[Row]:
    first = text.split("\n", 1)[0]
    delimiter = max(";,\t", key=first.count)
    try:
        table = list(csv.reader(io.StringIO(text), delimiter=delimiter))
    except csv.Error as error:
        raise BadSheet(t("The file cannot be read as a table."), field="file") from error
    names = [_column(name) for name in table[0]] if table else []
    if "code" not in names or "name" not in names:
        raise BadSheet(t("The first row must name the columns “code” and “name”."), field="file")
    return [
        _row({n: v for n, v in zip(names, values, strict=False) if n}, number)
        for number, values in enumerate(table[1:], start=1)
        if any(value.strip() for value in values)
    ]


def _column(name: str) -> str:
    from_greek = _ALSO.get(_plain(name))
    clean = name.strip().lower()
    return from_greek or (clean if clean in COLUMNS else "")


def _plain(name: str) -> str:
    """Blind to case and accents."""
    accents = str.maketrans("άέήίόύώϊΐ", "αεηιουωϊϊ")
    return name.strip().lower().translate(accents)


def _from_json(text: str) -> list[Row]:
    try:
        given = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadSheet(t("The file is not JSON as we write it."), field="file") from error
    units = given.get("units") if isinstance(given, dict) else given
    if not isinstance(units, list) or not all(isinstance(one, dict) for one in units):
        raise BadSheet(t("The file is not JSON as we write it."), field="file")
    return [_row(one, number) for number, one in enumerate(units, start=1)]


def _row(values: Mapping[str, Any], number: int) -> Row:
    def told(name: str) -> str | None:
        value = values.get(name)
        if value is None:
            return None
        if not isinstance(value, str):
            raise BadSheet(_at(number, t("“{name}” is not text.", name=name)), field="file")
        return line(value.removeprefix("'") if value[:2] in _GUARDED else value)

    row = Row(
        code=told("code") or "",
        name=told("name") or "",
        parent=told("parent"),
        phone=told("phone"),
        email=told("email"),
        valid_to=told("valid_to") or "",
        successor=told("successor") or "",
        head=told("head"),
    )
    try:
        checked(NewUnit(row.code, row.name, row.parent or "", row.phone or "", row.email or ""))
        if row.valid_to:
            date.fromisoformat(row.valid_to)
    except BadStep as error:
        raise BadSheet(_at(number, error.message), field="file") from error
    except ValueError as error:
        wrong = t("“{typed}” is not a date. Write it as 2026-12-31.", typed=row.valid_to)
        raise BadSheet(_at(number, wrong), field="file") from error
    return row


_GUARDED = {f"'{sign}" for sign in _FORMULA}


def _at(number: int, what: Text) -> Text:
    return t("Row {row}: {what}", row=number, what=what)


def compare(session: Session, rows: Sequence[Row], *, by: Principal, zone: str) -> list[Step]:
    """The steps from what stands to what the file says; none where both say the same."""
    now = {one.code: one for one in organogram.tree(session, by=by, zone=zone)}
    over = {one.code for one in organogram.every_unit(session, by=by, zone=zone)} - set(now)
    begun: list[Step] = []
    changed: list[Step] = []
    heads: list[Step] = []
    dissolved: list[Step] = []
    for row in rows:
        known = now.get(row.code)
        if row.valid_to and (row.code in over or (known is None and _is_over(row, zone))):
            continue  # it ended, and the file says so
        if row.valid_to and not _is_over(row, zone):
            raise BadSheet(
                t(
                    "The unit “{code}” ends on {day}: a day to come is no part of a file. Leave "
                    "it empty, and plan the change for the day after.",
                    code=row.code,
                    day=f"{date.fromisoformat(row.valid_to):%d/%m/%Y}",
                ),
                field="file",
            )
        if row.valid_to and known is not None:
            dissolved.append(DissolvedUnit(row.code, row.successor))
            continue
        if known is None:
            begun.append(
                NewUnit(row.code, row.name, row.parent or "", row.phone or "", row.email or "")
            )
        else:
            changed += _difference(known, row)
        had = known.head.username if known is not None and known.head else ""
        if row.head is not None and row.head != had:
            heads.append(NewHead(row.code, row.head))
    return [*begun, *changed, *dissolved, *heads]


def _is_over(row: Row, zone: str) -> bool:
    return date.fromisoformat(row.valid_to) < clock.today(zone)


def _difference(known: UnitView, row: Row) -> list[Step]:
    told: dict[str, str] = {}
    for name in ("name", "parent", "phone", "email"):
        new: str | None = getattr(row, name)
        if new is not None and new != getattr(known, name):
            told[name] = new
    return [ChangedUnit(row.code, **told)] if told else []
