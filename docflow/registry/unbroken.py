"""Is each series unbroken? Numbers 1 to last, each once, times that do not fall with the numbers.

One walk of PostgreSQL over an index for each series, so that ten million numbers take seconds and
no row leaves the database but those that are wrong. A number is borne by an entry or held by a
reservation; an answer under a shared number stands beside; a year that was taken over from an old
register may lack the numbers that were declared missing, and its times are those of the old clerks.
Source: domain rows 1 and 25; IT88 («not allowed to leave blank or skip»).
"""

import sys
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from docflow import audit
from docflow.i18n import Text, t
from docflow.principal import Principal
from docflow.registry import books, numbering
from docflow.registry.access import books_open_to
from docflow.registry.models import Book, BookYear
from docflow.registry.policies import Numbering, Scheme

SHOWN = 20  # problems of one kind that are named one by one


@dataclass(frozen=True, slots=True)
class Contiguity:
    """Whether a series of a book's year is unbroken; `problems` names what is not."""

    book: str
    year: int
    last_number: int
    entries: int  # with sub-numbers and answers under a shared number
    annulled: int
    problems: tuple[Text, ...]
    series: str = "common"
    reserved: int = 0  # numbers held by reservations
    declared: tuple[tuple[int, int], ...] = ()  # first and last of what an old register lacked

    @property
    def is_sound(self) -> bool:
        return not self.problems


# The numbers of a series in order, each with its step from the one before. The instant of a number
# that was reserved is that of the reservation.
_HELD = """
    UNION ALL
    SELECT r.number, r.sub_number, r.taken_at FROM reservations r
     WHERE r.book_id = :book_id AND r.year = :year AND r.series = :series
       AND NOT EXISTS (SELECT 1 FROM entries e WHERE e.reservation_id = r.id)
"""
_NUMBERS = """
    SELECT e.number, e.sub_number, {at} AS at FROM entries e
     WHERE e.book_id = :book_id AND e.year = :year AND e.series = :series
       AND e.shares_number_of IS NULL {heads} {held}
"""
_AT = {
    False: "e.registered_at",
    True: "CASE WHEN e.reservation_id IS NULL THEN e.registered_at ELSE "
    "(SELECT r.taken_at FROM reservations r WHERE r.id = e.reservation_id) END",
}
_STEPS = """
    SELECT number, sub_number, at, lag(number, 1, :before) OVER w AS number_before,
           lag(sub_number, 1, 0::bigint) OVER w AS sub_before, lag(at) OVER w AS at_before
      FROM ({numbers}) numbered WINDOW w AS (ORDER BY number, sub_number)
"""
_GAP = "number > number_before + 1"
_TWICE = "number = number_before AND (NOT :has_cases OR sub_number <> sub_before + 1)"
_LATE_START = "number > number_before AND :has_cases AND sub_number <> 1"
_FALLING = "at < at_before AND NOT :is_imported"
_SUMMARY = """
    SELECT count(*), max(number), count(*) FILTER (WHERE {gap}), count(*) FILTER (WHERE {twice}),
           count(*) FILTER (WHERE {late}), count(*) FILTER (WHERE {falling})
      FROM ({steps}) steps
"""
_COUNT = "SELECT count(*) FROM ({steps}) steps WHERE {condition}"
_WRONG = """
    SELECT number, sub_number, number_before, sub_before FROM ({steps}) steps
     WHERE {condition} ORDER BY number, sub_number LIMIT :shown
"""


def contiguity(session: Session, *, by: Principal) -> list[Contiguity]:
    """Check every series that is open to the person. Raises NotAllowed."""
    return [
        check_series(session, book, row, series)
        for book, row, series in series_open_to(session, by)
    ]


def series_open_to(session: Session, by: Principal) -> Iterator[tuple[Book, BookYear, str]]:
    """Each series of each year of the books that the person may read.

    Raises NotAllowed for those who neither keep nor check books.
    """
    books.require_keeper(by)
    for book in books_open_to(session, by):
        for row in _years(session, book):
            for series in series_of_year(row):
                yield book, row, series


def check_year(session: Session, book: Book, year: int) -> list[Contiguity]:
    """Check the series of one year, whoever asks; empty where the book has no such year."""
    row = session.get(BookYear, (book.id, year))
    if row is None:
        return []
    return [check_series(session, book, row, series) for series in series_of_year(row)]


def series_of_year(row: BookYear) -> tuple[str, ...]:
    """The names of the series of a book's year."""
    if row.numbering == Numbering.COMMON:
        return ("common",)
    return ("incoming", "outgoing", "internal")


def check_series(session: Session, book: Book, row: BookYear, series: str) -> Contiguity:
    """Walk one series from its first to its last number."""
    check = _Check(session, row, series)
    count, last, gaps, twice, late, falling = check.summary()
    problems: list[Text] = []
    if gaps:
        problems += check.gaps()
    if twice:
        problems += check.twice()
    if late:
        problems += check.late_starts()
    if falling or check.falling_heads():
        problems += check.falling()
    problems += check.end(last)
    shared, wrong = check.shared()
    problems += wrong
    return Contiguity(
        book=book.code,
        year=row.year,
        last_number=numbering.last_of(row, series),
        entries=count - check.held + shared,
        annulled=check.annulled(),
        problems=tuple(problems),
        series=series,
        reserved=check.held,
        declared=check.declared,
    )


class _Check:
    """The questions about one series; each is one statement."""

    def __init__(self, session: Session, row: BookYear, series: str) -> None:
        self._session, self._row, self._series = session, row, series
        self._has_cases = row.scheme == Scheme.CASE or row.is_imported
        self._values: dict[str, Any] = {
            "book_id": row.book_id,
            "year": row.year,
            "series": series,
            "before": row.first_number - 1,
            "has_cases": row.scheme == Scheme.CASE,
            "is_imported": row.is_imported,
            "shown": SHOWN,
        }
        reserved, held = self._one(
            "SELECT count(*), count(*) FILTER (WHERE NOT EXISTS "
            "(SELECT 1 FROM entries e WHERE e.reservation_id = r.id)) FROM reservations r "
            "WHERE r.book_id = :book_id AND r.year = :year AND r.series = :series"
        )
        self.held: int = held
        self.declared: tuple[tuple[int, int], ...] = tuple(
            sorted((first, last) for name, first, last in row.declared_gaps if name == series)
        )
        self._numbers = _NUMBERS.format(
            at=_AT[bool(reserved)], heads="{heads}", held=_HELD if held else ""
        )

    def summary(self) -> Any:
        """Count, last number, and how many steps are wrong in each way."""
        falling = _FALLING
        if self._has_cases:  # within a case; the first documents of cases are compared apart
            falling = f"number = number_before AND {_FALLING}"
        return self._one(
            _SUMMARY.format(
                gap=_GAP,
                twice=self._twice(),
                late=_LATE_START,
                falling=falling,
                steps=self._steps(),
            )
        )

    def gaps(self) -> list[Text]:
        """The missing numbers, but for those that the old register lacked."""
        found = self._wrong(_GAP, shown=100_000 if self._row.declared_gaps else SHOWN)
        missing = [(before + 1, number - 1) for number, _, before, _ in found]
        undeclared = [gap for gap in missing if not _covered(gap, self.declared)]
        return [
            t("numbers {first} to {last} are missing", first=first, last=last)
            for first, last in undeclared[:SHOWN]
        ]

    def twice(self) -> list[Text]:
        if self._has_cases:
            return [
                t("sub-number {number}-{sub} does not follow", number=number, sub=sub)
                for number, sub, _, _ in self._wrong(self._twice())
            ]
        return [
            t("number {number} stands twice", number=number)
            for number, _, _, _ in self._wrong(self._twice())
        ]

    def late_starts(self) -> list[Text]:
        return [
            t("case {number} does not begin with 1", number=number)
            for number, _, _, _ in self._wrong(_LATE_START)
        ]

    def falling_heads(self) -> bool:
        """Whether cases are older than the ones before them, by their first documents."""
        if not self._has_cases or self._row.is_imported:
            return False
        steps = self._steps(heads="AND e.sub_number = 1")
        return bool(self._one(_COUNT.format(steps=steps, condition=_FALLING))[0])

    def falling(self) -> list[Text]:
        heads = "AND e.sub_number = 1" if self._has_cases else ""
        within = []
        if self._has_cases:
            within = self._wrong(f"number = number_before AND {_FALLING}")
        found = [*self._wrong(_FALLING, heads=heads), *within]
        return [
            t("number {number} is older than the one before it", number=number)
            for number, _, _, _ in found[:SHOWN]
        ]

    def end(self, last: int | None) -> list[Text]:
        """The counter and the last number agree; declared gaps may stand at the end too."""
        counter = numbering.last_of(self._row, self._series)
        reached = last if last is not None else self._row.first_number - 1
        if counter == reached or (
            counter > reached and _covered((reached + 1, counter), self.declared)
        ):
            return []
        return [
            t("the counter says {counter}, the last entry is {last}", counter=counter, last=reached)
        ]

    def shared(self) -> tuple[int, list[Text]]:
        """Answers under the number of their letter: how many, and those that do not fit to it."""
        rows = self._session.execute(
            text(
                "SELECT a.label, a.number = e.number AND a.series = e.series "
                "AND a.book_id = e.book_id AND a.year = e.year AND a.direction = 'outgoing' "
                "AND e.direction = 'incoming' AND a.registered_at >= e.registered_at "
                "FROM entries a JOIN entries e ON e.id = a.shares_number_of "
                "WHERE a.book_id = :book_id AND a.year = :year AND a.series = :series "
                "AND a.shares_number_of IS NOT NULL"
            ),
            self._values,
        ).all()
        wrong = [
            t("{label} shares a number that is not that of its letter", label=label)
            for label, fits in rows
            if not fits
        ]
        return len(rows), wrong[:SHOWN]

    def annulled(self) -> int:
        found: int = self._one(
            "SELECT count(*) FROM annulments a JOIN entries e ON e.id = a.entry_id "
            "WHERE e.book_id = :book_id AND e.year = :year AND e.series = :series"
        )[0]
        return found

    def _twice(self) -> str:
        # An old register may have a number twice, told apart by a suffix that the import gave.
        if self._row.is_imported:
            return "number = number_before AND sub_number = sub_before"
        return _TWICE

    def _steps(self, *, heads: str = "") -> str:
        return _STEPS.format(numbers=self._numbers.format(heads=heads))

    def _wrong(self, condition: str, *, heads: str = "", shown: int = SHOWN) -> Any:
        """The first rows of the walk for which the condition holds."""
        return self._session.execute(
            text(_WRONG.format(steps=self._steps(heads=heads), condition=condition)),
            {**self._values, "shown": shown},
        ).all()

    def _one(self, statement: str) -> Any:
        return self._session.execute(text(statement), self._values).one()


def _covered(gap: tuple[int, int], declared: Sequence[tuple[int, int]]) -> bool:
    """Whether every number of the gap was declared missing; `declared` is in order."""
    first, last = gap
    place = max(bisect_right(declared, (first, sys.maxsize)) - 1, 0)
    while first <= last and place < len(declared):
        begin, end = declared[place]
        if begin > first:
            return False
        first = max(first, end + 1)
        place += 1
    return first > last


def _years(session: Session, book: Book) -> list[BookYear]:
    query = session.query(BookYear).where(BookYear.book_id == book.id)
    return query.order_by(BookYear.year).all()


@audit.check
def numbers_are_contiguous(session: Session) -> Iterator[audit.Finding]:
    """Every series of every book is unbroken and ends where its counter says."""
    for book in session.query(Book).order_by(Book.id):
        for row in _years(session, book):
            for series in series_of_year(row):
                for problem in check_series(session, book, row, series).problems:
                    detail = f"book {book.code} of {row.year} ({series}): {problem}"
                    what = "missing" if "missing" in problem.msgid else "altered"
                    yield audit.Finding(what, None, None, detail)
