"""What stands beside a new entry: kind with its fields, grade, priority, likenesses, what waits.

The defaults of a kind count where nothing else was said (domain rows 35 to 38).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from docflow import calendars, clock, kinds
from docflow.calendars import Calendar, ClockEventKind, Standing, Step
from docflow.errors import Invalid
from docflow.i18n import t
from docflow.principal import Principal
from docflow.registry.entry_notes import Grade, Provisional, ProvisionalMode
from docflow.registry.models import Book, Direction, Priority


class DeadlinePast(Invalid):
    """A deadline does not lie in the past."""


class AddresseeMissing(Invalid):
    """An envelope that stays closed is addressed to a unit."""


class ValuesWithoutKind(Invalid):
    """Fields belong to a kind of document; without one there are none."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a person said of it; None, or empty, where nothing was said."""

    direction: Direction
    kind: str | None
    kind_version: int | None
    values: Mapping[str, Any]
    priority: Priority | None
    due_on: date | None
    grade: Grade | None
    has_personal_data: bool | None
    provisional: ProvisionalMode | None
    addressee_unit_id: int | None
    received_at: datetime | None = None  # where that was earlier than now


@dataclass(frozen=True, slots=True)
class Settled:
    """What holds for the entry, checked."""

    kind: kinds.Chosen | None
    values: Mapping[str, Any]
    priority: Priority
    begins: tuple[Step, Calendar] | None  # of the entry's clock; None: it has no deadline
    grade: Grade
    has_personal_data: bool
    provisional: ProvisionalMode | None

    @property
    def standing(self) -> Standing:
        """How the clock of the entry stands at the registration."""
        return calendars.after(Standing(), *self.begins) if self.begins else Standing()

    @property
    def words(self) -> list[str]:
        """What the entry is found by, of the values."""
        return kinds.words(self.values)

    def event(self) -> dict[str, Any]:
        """What the registration's event says of it; nothing for an ordinary entry."""
        told: dict[str, Any] = {}
        if self.kind is not None:
            told["kind"] = [self.kind.code, self.kind.version]
            told["values"] = kinds.digest(self.values)
        if self.grade is not Grade.UNCLASSIFIED:
            told["grade"] = self.grade
        if self.provisional is not None:
            told["provisional"] = self.provisional
        if self.begins is not None and self.standing.due_on is not None:
            told["due_on"] = self.standing.due_on.isoformat()
        return told


def settle(session: Session, said: Said, *, book: Book, by: Principal, zone: str) -> Settled:
    """Kind, values and grade, checked, with the kind's defaults for what was not said.

    Raises NoSuchKind, KindChanged, KindNotHere, BadValues, DeadlinePast, AddresseeMissing.
    """
    kind, values = _kind(session, said, book, by)
    defaults = kind.definition.defaults if kind else kinds.Defaults()
    today = clock.today(zone)
    if said.due_on is not None and said.due_on < today:
        raise DeadlinePast(t("The deadline must not lie in the past."), field="due_on")
    priority = said.priority or Priority(defaults.priority or Priority.NORMAL)
    if said.provisional is ProvisionalMode.ENVELOPE:
        if said.addressee_unit_id is None:
            raise AddresseeMissing(
                t("An envelope that stays closed is addressed to a unit: choose it."),
                field="addressee_unit_id",
            )
        grade = Grade.CONFIDENTIAL
    else:
        grade = said.grade or Grade(defaults.grade or Grade.UNCLASSIFIED)
    personal = said.has_personal_data
    return Settled(
        kind=kind,
        values=values,
        priority=priority,
        begins=_begins(session, said, kind, priority, by=by, zone=zone),
        grade=grade,
        has_personal_data=defaults.has_personal_data if personal is None else personal,
        provisional=said.provisional,
    )


def _begins(
    session: Session,
    said: Said,
    kind: kinds.Chosen | None,
    priority: Priority,
    *,
    by: Principal,
    zone: str,
) -> tuple[Step, Calendar] | None:
    """With what the entry's clock begins: the day that was typed, or the period of the terms."""
    if said.direction is Direction.OUTGOING:
        return None
    today = clock.today(zone)
    if said.due_on is not None:
        step: Step | None = Step(ClockEventKind.SET, today, asked_on=said.due_on)
    else:
        # From the receipt: the emergency register, or a late registration, costs nobody days.
        received_on = clock.local(said.received_at, zone).date() if said.received_at else today
        step = calendars.terms.period(
            calendars.terms.current(session, by.body_id)[0],
            kind=kind.code if kind else "",
            priority=priority,
            kind_days=kind.definition.defaults.days if kind else None,
            first=received_on,
            today=today,
        )
    return (step, calendars.of(session, by.body_id)) if step else None


def keep_clock(session: Session, entry_id: int, settled: Settled, by: Principal) -> None:
    """The first event of the entry's clock, where it has a deadline."""
    if settled.begins is not None:
        step, calendar = settled.begins
        calendars.clocks.begin(session, entry_id, step, calendar=calendar, by=by)


def keep(session: Session, entry_id: int, settled: Settled) -> None:
    """The rows beside the entry; the entry itself has its grade."""
    if settled.kind is not None:
        keep_kind(session, entry_id, settled.kind, settled.values)
    if settled.provisional is not None:
        session.add(Provisional(entry_id=entry_id, mode=settled.provisional))


def keep_kind(
    session: Session, entry_id: int, kind: kinds.Chosen, values: Mapping[str, Any]
) -> None:
    session.add(
        kinds.EntryKind(
            entry_id=entry_id, kind_id=kind.kind_id, version=kind.version, values=dict(values)
        )
    )


def _kind(
    session: Session, said: Said, book: Book, by: Principal
) -> tuple[kinds.Chosen | None, dict[str, Any]]:
    if not said.kind:
        if said.values:
            raise ValuesWithoutKind(t("Choose the kind of document first."), field="kind")
        return None, {}
    chosen = kinds.choose(
        session,
        said.kind,
        version=said.kind_version,
        direction=said.direction,
        book=book.code,
        by=by,
    )
    is_whole = said.provisional is not ProvisionalMode.QUEUE  # that is described later
    return chosen, kinds.checked(chosen.definition.fields, said.values, is_whole=is_whole)
