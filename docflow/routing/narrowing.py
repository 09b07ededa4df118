"""By what a work list can be narrowed, and the conditions that each wish becomes.

Conditions on the handling decide before an entry is looked at; those on the entry are asked of each
entry that is still in question, together with the right to see it (see `lists`).
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Date, cast, func, select, type_coerce
from sqlalchemy.sql.elements import ColumnElement

from docflow import clock, registry
from docflow.kinds import EntryKind, Kind
from docflow.registry import (
    Book,
    Corrected,
    DeliveryMethod,
    Direction,
    Entry,
    Handling,
    HandlingState,
    Priority,
)

SOON = 7  # days: what is due "within a week"


class Deadline(StrEnum):
    """How an item stands to its deadline."""

    OVERDUE = "overdue"
    TODAY = "today"
    WEEK = "week"  # from today to seven days on
    NONE = "none"


class Age(StrEnum):
    """Days since the registration. A citizen's request is answered within 50 (ν. 2690/1999, 4)."""

    DAYS_5 = "0-5"
    DAYS_15 = "6-15"
    DAYS_30 = "16-30"
    DAYS_50 = "31-50"
    OLDER = "over-50"

    @property
    def days(self) -> tuple[int, int | None]:
        """From so many days to so many, both included."""
        if self is Age.OLDER:
            return 51, None
        first, _, last = self.value.partition("-")
        return int(first), int(last)


class Timeliness(StrEnum):
    """Whether a closed item was closed by its deadline."""

    ON_TIME = "on-time"
    LATE = "late"


@dataclass(frozen=True, slots=True)
class Narrowing:
    """What of a list is wanted; days are those of the office. Nothing given is everything open."""

    book: str | None = None
    kind: str | None = None
    unit_id: int | None = None
    person_id: int | None = None
    unassigned: bool = False  # with a unit, and with no person in it
    priority: Priority | None = None
    deadline: Deadline | None = None
    channel: DeliveryMethod | None = None
    direction: Direction | None = None
    state: HandlingState | None = None
    first_day: date | None = None  # of the registration
    last_day: date | None = None
    age: Age | None = None
    closed_first: date | None = None
    closed_last: date | None = None
    timeliness: Timeliness | None = None

    @property
    def wants_closed(self) -> bool:
        """Whether the closed items are asked for, and not the open ones."""
        closed = (self.closed_first, self.closed_last, self.timeliness)
        return self.state == HandlingState.CLOSED or any(one is not None for one in closed)

    def __bool__(self) -> bool:
        return any(getattr(self, field.name) for field in fields(self))


def of_handling(wanted: Narrowing, zone: str) -> Iterator[ColumnElement[bool]]:
    """The conditions on `handlings`."""
    if wanted.state and wanted.state != HandlingState.CLOSED:
        yield Handling.state == wanted.state
    if wanted.unit_id is not None:
        yield Handling.unit_id == wanted.unit_id
    if wanted.person_id is not None:
        yield Handling.user_id == wanted.person_id
    if wanted.unassigned:
        yield Handling.user_id.is_(None)
    if wanted.priority:
        yield Handling.priority == wanted.priority
    if wanted.deadline:
        yield _deadline(wanted.deadline, zone)
    if wanted.closed_first:
        yield Handling.closed_at >= registry.midnight(wanted.closed_first, zone)
    if wanted.closed_last:
        yield Handling.closed_at < registry.midnight(wanted.closed_last + timedelta(days=1), zone)
    if wanted.timeliness:
        on_time = closed_on(zone) <= Handling.due_on
        yield on_time if wanted.timeliness == Timeliness.ON_TIME else ~on_time


def closed_on(zone: str) -> ColumnElement[date]:
    """The day of the office on which an item was closed."""
    return type_coerce(cast(func.timezone(zone, Handling.closed_at), Date), Date)


def _deadline(wanted: Deadline, zone: str) -> ColumnElement[bool]:
    today = clock.today(zone)
    match wanted:
        case Deadline.OVERDUE:
            return Handling.due_on < today
        case Deadline.TODAY:
            return Handling.due_on == today
        case Deadline.WEEK:
            return Handling.due_on.between(today, today + timedelta(days=SOON))
        case Deadline.NONE:
            return Handling.due_on.is_(None)


def of_entry(wanted: Narrowing, zone: str) -> Iterator[ColumnElement[bool]]:
    """The conditions on `entries`, each complete in itself."""
    if wanted.book:
        yield Entry.book_id.in_(select(Book.id).where(Book.code == wanted.book))
    if wanted.kind:
        yield (
            select(EntryKind.entry_id)
            .join(Kind, Kind.id == EntryKind.kind_id)
            .where(EntryKind.entry_id == Entry.id, Kind.code == wanted.kind)
            .exists()
        )
    if wanted.direction:
        yield Entry.direction == wanted.direction
    if wanted.channel:
        yield func.coalesce(_corrected("delivery_method"), Entry.delivery_method) == wanted.channel
    if wanted.first_day:
        yield Entry.registered_at >= registry.midnight(wanted.first_day, zone)
    if wanted.last_day:
        yield Entry.registered_at < registry.midnight(wanted.last_day + timedelta(days=1), zone)
    if wanted.age:
        youngest, oldest = wanted.age.days
        today = clock.today(zone)
        yield Entry.registered_at < registry.midnight(today - timedelta(days=youngest - 1), zone)
        if oldest is not None:
            yield Entry.registered_at >= registry.midnight(today - timedelta(days=oldest), zone)


def _corrected(field: str) -> ColumnElement[Any]:
    """The value of now of a field that was corrected; NULL where it was not."""
    return (
        select(Corrected.fields[field].astext)
        .where(Corrected.entry_id == Entry.id)
        .scalar_subquery()
    )
