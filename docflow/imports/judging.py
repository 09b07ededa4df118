"""Every row of an old register, read and judged: what it says, and what is wrong with it.

An error keeps the row out of the register; a warning is told and the row is taken as it is.
Gaps are no faults of rows: they are declared with the year, so that the check of its numbers
explains them. (Domain (b) 32.)
"""

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
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


@dataclass(frozen=True, slots=True)
class Compared:
    """What shows only among all rows: numbers twice, dates that fall, gaps."""

    faults: tuple[Fault, ...]
    gaps: tuple[tuple[str, int, int], ...]  # series, first and last missing number
    numbers: int
    missing: int
    last: int


Key = tuple[str, int]


@dataclass(slots=True)
class Register:
    """The rows that can be read, kept small: for comparing them with each other."""

    rows: list[tuple[str, int, int, float]] = field(default_factory=list)

    def add(self, judged: Judged) -> None:
        """Remember a row that has a number."""
        if judged.number:
            at = judged.at.timestamp() if judged.at and not judged.is_bad else -1.0
            self.rows.append((judged.series, judged.number, judged.row, at))

    def compare(self, *, duplicates: str) -> Compared:
        """Faults of rows among the others, and the gaps of each series."""
        ordered = sorted(self.rows)
        faults = [] if duplicates == Duplicates.SUFFIX else list(_twice(ordered))
        faults += _falling(ordered)
        missing = gaps((row[0], row[1]) for row in ordered)
        return Compared(
            faults=tuple(faults),
            gaps=tuple(missing),
            numbers=len({row[:2] for row in ordered}),
            missing=sum(last - first + 1 for _, first, last in missing),
            last=max((row[1] for row in ordered), default=0),
        )


def gaps(numbers: Iterable[Key]) -> list[tuple[str, int, int]]:
    """Series, first and last of the numbers that are missing, from 1 to the last of each series."""
    found: list[tuple[str, int, int]] = []
    series, expected = "", 1
    for one, number in sorted(set(numbers)):
        if one != series:
            series, expected = one, 1
        if number > expected:
            found.append((one, expected, number - 1))
        expected = number + 1
    return found


def _twice(ordered: Iterable[tuple[str, int, int, float]]) -> Iterator[Fault]:
    """The second and further rows with a number, each told of the first."""
    first: dict[Key, int] = {}
    for series, number, row, _ in ordered:
        before = first.setdefault((series, number), row)
        if before != row:
            yield Fault(row, str(number), Problem.NUMBER_TWICE, str(before))


def _falling(ordered: Sequence[tuple[str, int, int, float]]) -> list[Fault]:
    """The fewest rows without which dates rise with numbers (all but a longest rising sequence).

    One date that is too late must not put the blame on the hundreds of rows after it.
    """
    faults: list[Fault] = []
    for series in sorted({row[0] for row in ordered}):
        own = [row for row in ordered if row[0] == series and row[3] >= 0]
        tails: list[float] = []  # the smallest last time of a rising sequence of each length
        ends: list[int] = []
        before: list[int] = []
        for place, row in enumerate(own):
            length = bisect_right(tails, row[3])
            before.append(ends[length - 1] if length else -1)
            if length == len(tails):
                tails.append(row[3])
                ends.append(place)
            else:
                tails[length], ends[length] = row[3], place
        rising: set[int] = set()
        place = ends[-1] if ends else -1
        while place >= 0:
            rising.add(place)
            place = before[place]
        faults += [
            Fault(row[2], str(row[1]), Problem.DATE_FALLS)
            for place, row in enumerate(own)
            if place not in rising
        ]
    return faults


def counted(faults: Iterable[Fault]) -> dict[str, int]:
    """How often each problem stands in the report."""
    return dict(sorted(Counter(fault.problem.value for fault in faults).items()))
