"""Every row of an old register, read and judged: what it says, and what is wrong with it.

An error keeps the row out of the register; a warning is told and the row is taken as it is.
What shows only among all rows is told by `comparing`. (Domain (b) 32.)
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Protocol
from zoneinfo import ZoneInfo

from docflow.folding import fold
from docflow.imports.columns import Columns, Field
from docflow.imports.models import Duplicates
from docflow.registry import DeliveryMethod, Direction

MAX_SUBJECT, MAX_LINE, MAX_NUMBER = 1000, 300, 1_000_000_000
_DAY = re.compile(r"(\d{1,2})[/.\- ](\d{1,2})[/.\- ](\d{4}|\d{2})(?:[ ,T]+(.+))?")
_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:[ T](.+))?")
_SERIAL = re.compile(r"(\d{5})(\.\d+)?")
_TIME = re.compile(r"(\d{1,2})[:.](\d{2})(?:[:.](\d{2})(?:\.\d+)?)?\s*([πΠμΜaApP].*)?")
_EXCEL_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001  # a spreadsheet's day has no zone
_NUMBER = re.compile(r"(\d{1,10})(?:\s*/\s*(\d{4}|\d{2}))?")
_DIRECTIONS = (
    (Direction.INTERNAL, ("εσ", "int")),  # before "in"
    (Direction.INCOMING, ("εισ", "in", "ε")),
    (Direction.OUTGOING, ("εξ", "out")),
)
_DELIVERY = {
    "αυτοπροσωπως": DeliveryMethod.COUNTER,
    "ιδιοχειρως": DeliveryMethod.COUNTER,
    "counter": DeliveryMethod.COUNTER,
    "ταχυδρομειο": DeliveryMethod.POST,
    "ελτα": DeliveryMethod.POST,
    "post": DeliveryMethod.POST,
    "συστημενο": DeliveryMethod.REGISTERED_POST,
    "συστημενη": DeliveryMethod.REGISTERED_POST,
    "courier": DeliveryMethod.COURIER,
    "ταχυμεταφορα": DeliveryMethod.COURIER,
    "email": DeliveryMethod.EMAIL,
    "e-mail": DeliveryMethod.EMAIL,
    "ηλεκτρονικο ταχυδρομειο": DeliveryMethod.EMAIL,
    "fax": DeliveryMethod.FAX,
    "φαξ": DeliveryMethod.FAX,
    "τηλεομοιοτυπια": DeliveryMethod.FAX,
}


Cell = Callable[[Field], str]


class Problem(StrEnum):
    """What may be wrong with a row."""

    NUMBER_MISSING = "number-missing"
    NUMBER_BAD = "number-bad"
    NUMBER_TWICE = "number-twice"
    DATE_MISSING = "date-missing"
    DATE_BAD = "date-bad"
    DATE_FUTURE = "date-future"
    DATE_OTHER_YEAR = "date-other-year"
    DATE_FALLS = "date-falls"
    DIRECTION_UNKNOWN = "direction-unknown"
    SUBJECT_MISSING = "subject-missing"
    SENDER_MISSING = "sender-missing"
    RECIPIENT_MISSING = "recipient-missing"
    TOO_LONG = "too-long"
    COUNT_BAD = "count-bad"
    DATED_BAD = "dated-bad"
    UNREADABLE = "unreadable"


WARNINGS = frozenset(
    {Problem.DATE_FALLS, Problem.RECIPIENT_MISSING, Problem.COUNT_BAD, Problem.DATED_BAD}
)


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong in a row; `detail` is what stands there."""

    row: int
    number: str
    problem: Problem
    detail: str = ""

    @property
    def is_error(self) -> bool:
        return self.problem not in WARNINGS


class Blame(Protocol):
    """Adds a fault to the row that is judged."""

    def __call__(self, problem: Problem, detail: str = "") -> None: ...


@dataclass(slots=True)
class Judged:
    """A row as it would be registered. `number` is 0, `at` None where they cannot be read."""

    row: int
    number: int = 0
    sub_number: int = 0
    at: datetime | None = None
    direction: str = ""
    series: str = "common"
    subject: str = ""
    sender: str = ""
    recipient: str = ""
    reference: str = ""
    dated_on: date | None = None
    delivery: str = DeliveryMethod.SYSTEM
    delivery_detail: str = ""
    attachments: int = 0
    attachments_note: str = ""
    extra: tuple[str, ...] = ()  # unit, file, remarks: found by the search
    cells: Sequence[str] = ()
    faults: list[Fault] = field(default_factory=list)

    @property
    def is_bad(self) -> bool:
        return any(fault.is_error for fault in self.faults)


@dataclass(frozen=True, slots=True)
class Rules:
    """How rows are judged: the year, its zone, the chosen columns and policies."""

    year: int
    zone: str
    today: date
    columns: Columns
    direction: str | None = None
    duplicates: str = Duplicates.REFUSE
    by_direction: bool = False


def judge(number: int, cells: Sequence[str], rules: Rules) -> Judged:
    """One row by itself; what only shows among the others is found by `compare`."""
    found = Judged(row=number, cells=cells)

    def cell(field: Field) -> str:
        place = rules.columns.get(field)
        return cells[place] if place is not None and place < len(cells) else ""

    def blame(problem: Problem, detail: str = "") -> None:
        found.faults.append(Fault(number, cell(Field.NUMBER)[:40], problem, detail[:100]))

    if any("\ufffd" in one for one in cells):
        blame(Problem.UNREADABLE)
    _judge_number(found, cell(Field.NUMBER), rules, blame)
    _judge_date(found, cell(Field.DATE), cell(Field.TIME), rules, blame)
    found.direction = rules.direction or _direction(cell(Field.DIRECTION))
    if not found.direction:
        blame(Problem.DIRECTION_UNKNOWN, cell(Field.DIRECTION))
    found.series = found.direction if rules.by_direction else "common"
    _judge_words(found, cell, blame)
    _judge_extras(found, cell, blame)
    return found


def _judge_number(found: Judged, text: str, rules: Rules, blame: Blame) -> None:
    if not text:
        blame(Problem.NUMBER_MISSING)
        return
    match = _NUMBER.fullmatch(text)
    year = match[2] if match else None
    if not match or not 1 <= int(match[1]) <= MAX_NUMBER:
        blame(Problem.NUMBER_BAD, text)
    elif year and int(year) not in (rules.year, rules.year % 100):
        blame(Problem.DATE_OTHER_YEAR, text)
    else:
        found.number = int(match[1])


def _judge_date(found: Judged, text: str, clock_text: str, rules: Rules, blame: Blame) -> None:
    if not text:
        blame(Problem.DATE_MISSING)
        return
    try:
        day, at = read_moment(text)
        if clock_text:
            at = read_time(clock_text)
    except ValueError:
        blame(Problem.DATE_BAD, f"{text} {clock_text}".strip())
        return
    if day > rules.today:
        blame(Problem.DATE_FUTURE, text)
    elif day.year != rules.year:
        blame(Problem.DATE_OTHER_YEAR, text)
    else:
        # Of many old registers only the day is known: midday is within it in every season.
        found.at = datetime.combine(day, at or time(12), ZoneInfo(rules.zone))


def _judge_words(found: Judged, cell: Cell, blame: Blame) -> None:
    found.subject, found.sender = cell(Field.SUBJECT), cell(Field.SENDER)
    found.recipient, found.reference = cell(Field.RECIPIENT), cell(Field.REFERENCE)
    if not found.subject:
        blame(Problem.SUBJECT_MISSING)
    if len(found.subject) > MAX_SUBJECT:
        blame(Problem.TOO_LONG, found.subject)
    for short in (found.sender, found.recipient, found.reference):
        if len(short) > MAX_LINE:
            blame(Problem.TOO_LONG, short)
    if found.direction == Direction.INCOMING and not found.sender:
        blame(Problem.SENDER_MISSING)
    if found.direction == Direction.OUTGOING and not found.recipient:
        blame(Problem.RECIPIENT_MISSING)


def _judge_extras(found: Judged, cell: Cell, blame: Blame) -> None:
    dated = cell(Field.DATED)
    if dated:
        try:
            found.dated_on = read_moment(dated)[0]
        except ValueError:
            blame(Problem.DATED_BAD, dated)
    count, note = cell(Field.ATTACHMENTS), cell(Field.ATTACHMENTS_NOTE)
    if count.isdecimal() and len(count) <= 4:
        found.attachments = int(count)
    elif count:
        note = " ".join(filter(None, (count, note)))  # «3 φάκελοι»: kept in words
        blame(Problem.COUNT_BAD, count)
    found.attachments_note = note[:MAX_LINE]
    way = cell(Field.DELIVERY)
    found.delivery = _DELIVERY.get(fold(way), DeliveryMethod.SYSTEM)
    found.delivery_detail = way[:MAX_LINE]
    extras = (cell(Field.UNIT), cell(Field.FILE), cell(Field.REMARKS))
    found.extra = tuple(filter(None, extras))


def read_moment(text: str) -> tuple[date, time | None]:
    """A day, and a time where one stands with it: dd/mm/yyyy, ISO, or a spreadsheet's serial.

    ValueError for what is no date.
    """
    if match := _ISO.fullmatch(text):
        year, month, day = int(match[1]), int(match[2]), int(match[3])
    elif match := _DAY.fullmatch(text):
        day, month, year = int(match[1]), int(match[2]), int(match[3])
        year += 2000 if year < 70 else 1900 if year < 100 else 0
    elif match := _SERIAL.fullmatch(text):
        moment = _EXCEL_EPOCH + timedelta(days=float(text))
        seconds = round(moment.hour * 3600 + moment.minute * 60 + moment.second)
        return moment.date(), moment.time().replace(microsecond=0) if seconds else None
    else:
        raise ValueError(text)
    rest = match[4]
    return date(year, month, day), read_time(rest) if rest else None


def read_time(text: str) -> time:
    """A time of day: 14:05, 14.05, 2:05 μμ. ValueError for what is none."""
    match = _TIME.fullmatch(text.strip())
    if match is None:
        raise ValueError(text)
    hour, half = int(match[1]), fold(match[4] or "")
    if half.startswith(("μ", "p")) and hour < 12:
        hour += 12
    elif half.startswith(("π", "a")) and hour == 12:
        hour = 0
    return time(hour, int(match[2]), int(match[3] or 0))


def _direction(text: str) -> str:
    word = fold(text).strip(" .")
    for direction, beginnings in _DIRECTIONS:
        if word in beginnings or word.startswith(tuple(one for one in beginnings if len(one) > 1)):
            return direction
    return ""


def counted(faults: Iterable[Fault]) -> dict[str, int]:
    """How often each problem stands in the report."""
    return dict(sorted(Counter(fault.problem.value for fault in faults).items()))
