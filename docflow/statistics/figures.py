"""Counts, times and punctuality of the entries of a period, group by group and altogether.

The entries are those registered in the period; what is said of their handling is how it stands
now. Times run from the moment a document reached the body, by any gate, to the end of its handling,
in hours of the clock. Source: domain rows 95 and S1-12 (answers: mean, longest, share escalated).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Float, and_, cast, func, select, tuple_
from sqlalchemy.orm import Session

from docflow import clock, deadlines, registry, routing
from docflow.errors import Invalid
from docflow.i18n import t
from docflow.principal import Principal
from docflow.registry import Annulment, Direction, Disposal, Entry, Handling, HandlingState
from docflow.statistics import scope
from docflow.statistics.grouping import UNIT, By, joined, key, titles

LONGEST_PERIOD = 3660  # days
_HOUR = 3600


class BadStatisticsPeriod(Invalid):
    """The period of the statistics is not one."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """The period, days of the office, both included; what to group by; what to keep of it."""

    first_day: date
    last_day: date
    by: By = By.UNIT
    book: str | None = None
    direction: Direction | None = None
    unit_id: int | None = None


@dataclass(frozen=True, slots=True)
class Measures:
    """What is said of a group of entries. Times in hours; None where nothing was measured."""

    entries: int
    open: int
    closed: int
    overdue: int  # open, and the deadline has passed
    late: int  # closed after the deadline
    on_time: int  # closed by the deadline
    mean: float | None
    median: float | None
    p90: float | None
    answered: int
    answer_mean: float | None
    answer_longest: float | None
    escalated: int  # answered or open, and somebody above the handler had to be told

    @property
    def on_time_share(self) -> float | None:
        """Of those that were to be ready by now, the share that was; None where none was."""
        judged = self.on_time + self.late + self.overdue
        return self.on_time / judged if judged else None

    @property
    def escalated_share(self) -> float | None:
        """Of those that are handled, the share of which somebody above the handler was told."""
        handled = self.open + self.closed
        return self.escalated / handled if handled else None


@dataclass(frozen=True, slots=True)
class Group:
    """Entries of one unit, kind, channel, direction or month."""

    key: str  # id, code or month; empty for what has none
    title: str
    measures: Measures


@dataclass(frozen=True, slots=True)
class Figures:
    wanted: Wanted
    groups: Sequence[Group]
    total: Measures


def figures(
    session: Session,
    wanted: Wanted,
    *,
    by: Principal,
    language: str,
    zone: str = clock.OFFICIAL_ZONE,
) -> Figures:
    """The figures over what the person may see. Raises NotAllowed, BadStatisticsPeriod."""
    scope.require(by)
    _check(wanted)
    group = key(wanted.by, zone)
    query = (
        joined(select(group, func.grouping(group), *_measures(zone)).select_from(Entry), wanted.by)
        .where(*_conditions(wanted, by, zone))
        .group_by(func.grouping_sets(tuple_(group), tuple_()))
    )
    rows = session.execute(query).all()
    measured = {row[0]: _read(row[2:]) for row in rows if row[1] == 0}
    total = next(_read(row[2:]) for row in rows if row[1] == 1)
    names = titles(session, wanted.by, measured, language)
    groups = [
        Group("" if one is None else str(one), names.get(one, str(one)), measures)
        for one, measures in measured.items()
    ]
    groups.sort(key=_place if wanted.by is By.MONTH else _most_first)
    return Figures(wanted, groups, total)


def _place(group: Group) -> tuple[Any, ...]:
    return (group.key,)


def _most_first(group: Group) -> tuple[Any, ...]:
    return (not group.key, -group.measures.entries, group.title)


def _check(wanted: Wanted) -> None:
    if wanted.last_day < wanted.first_day:
        raise BadStatisticsPeriod(
            t("The last day lies before the first. Exchange them."), field="last"
        )
    if (wanted.last_day - wanted.first_day).days > LONGEST_PERIOD:
        raise BadStatisticsPeriod(t("Choose a period of at most ten years."), field="first")


def _conditions(wanted: Wanted, by: Principal, zone: str) -> list[ColumnElement[bool]]:
    struck = select(Annulment.entry_id).where(Annulment.entry_id == Entry.id).exists()
    found: list[ColumnElement[bool]] = [
        Entry.registered_at >= registry.midnight(wanted.first_day, zone),
        Entry.registered_at < registry.midnight(wanted.last_day + timedelta(days=1), zone),
        ~struck,
        scope.counted(by, UNIT),
    ]
    if wanted.book:
        books = select(registry.Book.id).where(registry.Book.code == wanted.book)
        found.append(Entry.book_id.in_(books))
    if wanted.direction:
        found.append(Entry.direction == wanted.direction)
    if wanted.unit_id is not None:
        found.append(UNIT.in_([wanted.unit_id]))
    return found


def _measures(zone: str) -> list[ColumnElement[Any]]:
    closed = Handling.state == HandlingState.CLOSED
    is_open = Handling.state != HandlingState.CLOSED
    has_due = Handling.due_on.is_not(None)
    in_time = routing.closed_on(zone) <= Handling.due_on
    took = cast(func.extract("epoch", Handling.closed_at - Entry.received_at), Float) / _HOUR
    answered = Handling.disposal == Disposal.ANSWERED
    return [
        func.count(),
        func.count().filter(is_open),
        func.count().filter(closed),
        func.count().filter(and_(is_open, Handling.due_on < clock.today(zone))),
        func.count().filter(and_(closed, has_due, ~in_time)),
        func.count().filter(and_(closed, has_due, in_time)),
        func.avg(took),  # of what is open there is no time, and it does not count
        func.percentile_cont(0.5).within_group(took),
        func.percentile_cont(0.9).within_group(took),
        func.count().filter(answered),
        func.avg(took).filter(answered),
        func.max(took).filter(answered),
        func.count().filter(Entry.id.in_(deadlines.escalated())),
    ]


def _read(row: Sequence[Any]) -> Measures:
    counts, times = (0, 1, 2, 3, 4, 5, 9, 12), (6, 7, 8, 10, 11)
    found: list[Any] = list(row)
    for place in counts:
        found[place] = int(found[place] or 0)
    for place in times:
        found[place] = None if found[place] is None else float(found[place])
    return Measures(*found)
