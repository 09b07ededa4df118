"""The rows of an old register among each other: numbers twice, dates that fall, gaps.

Gaps are no faults of rows: they are declared with the year, so that the check of its numbers
explains them. (Domain (b) 32.)
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from docflow.imports.judging import Fault, Judged, Problem
from docflow.imports.models import Duplicates

Key = tuple[str, int]
Gap = tuple[str, int, int]  # series, first and last missing number
Row = tuple[str, int, int, float | None]  # series, number, row; instant, None of a bad row


@dataclass(frozen=True, slots=True)
class Compared:
    """What shows only among all rows: numbers twice, dates that fall, gaps."""

    faults: tuple[Fault, ...]
    gaps: tuple[Gap, ...]  # numbers that stand nowhere in the file
    left_out: tuple[Gap, ...]  # numbers that stand only in rows with errors
    ends: dict[str, int]  # the last number of each series, also where its row has errors
    numbers: int
    missing: int
    last: int


@dataclass(slots=True)
class Register:
    """The rows that can be read, kept small: for comparing them with each other."""

    rows: list[Row] = field(default_factory=list)

    def add(self, judged: Judged) -> None:
        """Remember a row that has a number, and a series that it belongs to."""
        if judged.number and judged.series:
            at = judged.at.timestamp() if judged.at and not judged.is_bad else None
            self.rows.append((judged.series, judged.number, judged.row, at))

    def compare(self, *, duplicates: str) -> Compared:
        """Faults of rows among the others, and the gaps of each series."""
        ordered = sorted(self.rows, key=lambda row: row[:3])
        twice = [] if duplicates == Duplicates.SUFFIX else list(_twice(ordered))
        bad = {fault.row for fault in twice}
        every = {row[:2] for row in ordered}
        taken = {row[:2] for row in ordered if row[3] is not None and row[2] not in bad}
        ends = {series: number for series, number in sorted(every)}
        missing = gaps(every, ends)
        return Compared(
            faults=(*twice, *_falling(ordered)),
            gaps=tuple(missing),
            left_out=tuple(_spans(every - taken)),
            ends=ends,
            numbers=len(every),
            missing=sum(last - first + 1 for _, first, last in missing),
            last=max(ends.values(), default=0),
        )


def gaps(numbers: Iterable[Key], ends: Mapping[str, int]) -> list[Gap]:
    """The numbers that are missing, from 1 to the end of each series."""
    found: list[Gap] = []
    known = sorted(set(numbers))
    for series, end in sorted(ends.items()):
        expected = 1
        for number in (*(number for one, number in known if one == series), end + 1):
            if number > expected:
                found.append((series, expected, number - 1))
            expected = number + 1
    return found


def _spans(numbers: Iterable[Key]) -> Iterator[Gap]:
    """Numbers that follow each other, as one span."""
    span: Gap | None = None
    for series, number in sorted(numbers):
        if span and span[0] == series and span[2] == number - 1:
            span = (series, span[1], number)
            continue
        if span:
            yield span
        span = (series, number, number)
    if span:
        yield span


def _twice(ordered: Iterable[Row]) -> Iterator[Fault]:
    """The second and further rows with a number, each told of the first."""
    first: dict[Key, int] = {}
    for series, number, row, _ in ordered:
        before = first.setdefault((series, number), row)
        if before != row:
            yield Fault(row, str(number), Problem.NUMBER_TWICE, str(before))


def _falling(ordered: Sequence[Row]) -> list[Fault]:
    """The fewest rows without which dates rise with numbers (all but a longest rising sequence).

    One date that is too late must not put the blame on the hundreds of rows after it.
    """
    faults: list[Fault] = []
    for series in sorted({row[0] for row in ordered}):
        own = [(at, row, n) for name, n, row, at in ordered if name == series and at is not None]
        tails: list[float] = []  # the smallest last time of a rising sequence of each length
        ends: list[int] = []
        before: list[int] = []
        for place, (at, _, _) in enumerate(own):
            length = bisect_right(tails, at)
            before.append(ends[length - 1] if length else -1)
            if length == len(tails):
                tails.append(at)
                ends.append(place)
            else:
                tails[length], ends[length] = at, place
        rising: set[int] = set()
        place = ends[-1] if ends else -1
        while place >= 0:
            rising.add(place)
            place = before[place]
        faults += [
            Fault(row, str(number), Problem.DATE_FALLS)
            for place, (_, row, number) in enumerate(own)
            if place not in rising
        ]
    return faults
