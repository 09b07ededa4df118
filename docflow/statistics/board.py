"""A head's board: who has how much, how old it is, what is late, and what was ready in time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from docflow import clock, organization, registry, routing
from docflow.i18n import t
from docflow.principal import Principal
from docflow.registry import Annulment, Entry, Handling, HandlingState
from docflow.routing import Age
from docflow.statistics import scope

AGES = tuple(Age)
_OPEN_WIDTH = 4 + len(AGES)  # numbers of what is open; two more of what was closed
_WIDTH = _OPEN_WIDTH + 2
LOOKED_BACK = 90  # days of closed work of which the punctuality is told


@dataclass(frozen=True, slots=True)
class Load:
    """The open work of a unit, or of one person in it, and how he kept his deadlines lately.

    Each number is that of a list: `routing.basket` of the unit, narrowed to it.
    """

    unit_id: int
    unit: str
    person_id: int | None  # None: with the unit alone, or all of it
    person: str
    open: int
    new: int  # not accepted yet
    ages: Mapping[Age, int]
    overdue: int
    due_soon: int  # within a week
    on_time: int
    late: int

    @property
    def on_time_share(self) -> float | None:
        """Of what was closed lately and had a deadline; None where nothing was."""
        judged = self.on_time + self.late
        return self.on_time / judged if judged else None


@dataclass(frozen=True, slots=True)
class Board:
    """The units that a person heads, each with the people who have its work."""

    units: Sequence[Load]
    people: Mapping[int, Sequence[Load]]  # by unit; what is with the unit alone comes first
    total: Load
    closed_since: date


@dataclass(slots=True)
class _Sum:
    """Numbers that are added up."""

    numbers: list[int] = field(default_factory=lambda: [0] * _WIDTH)

    def add(self, more: Sequence[int], at: int = 0) -> None:
        for n, one in enumerate(more, at):
            self.numbers[n] += one


def board(session: Session, *, by: Principal, zone: str = clock.OFFICIAL_ZONE) -> Board:
    """The board over the units that the person heads. Raises NotAllowed."""
    by.require_scope("read")
    by.require(scope.sees_board(by), t("The board is for heads of units."))
    since = clock.today(zone) - timedelta(days=LOOKED_BACK)
    loads: dict[tuple[int, int | None], _Sum] = {}
    for unit_id, user_id, *numbers in _open(session, by, zone):
        loads.setdefault((unit_id, user_id), _Sum()).add(numbers)
    for unit_id, user_id, *numbers in _closed(session, by, since, zone):
        loads.setdefault((unit_id, user_id), _Sum()).add(numbers, _OPEN_WIDTH)
    of_units = {unit.id: _Sum() for unit in _standing(session, by)}
    total = _Sum()
    for (unit_id, _), one in loads.items():
        of_units.setdefault(unit_id, _Sum()).add(one.numbers)
        total.add(one.numbers)
    units = organization.unit_names(session, of_units)
    people = organization.names(session, (user_id for _, user_id in loads))
    of_people: dict[int, list[Load]] = {}
    for (unit_id, user_id), one in loads.items():
        person = people.get(user_id or 0, "")
        load = _load(unit_id, units.get(unit_id, ""), user_id, person, one)
        of_people.setdefault(unit_id, []).append(load)
    for rows in of_people.values():
        rows.sort(key=lambda load: (load.person_id is not None, -load.open, load.person))
    return Board(
        units=[
            _load(unit_id, units.get(unit_id, ""), None, "", one)
            for unit_id, one in of_units.items()
        ],
        people=of_people,
        total=_load(0, "", None, "", total),
        closed_since=since,
    )


def _standing(session: Session, by: Principal) -> list[organization.UnitInfo]:
    """The units of the board in the order of the organogram, those without work too."""
    headed = scope.headed(by)
    return [one for one in organization.units(session, by.body_id) if one.id in headed]


def _load(unit_id: int, unit: str, person_id: int | None, person: str, summed: _Sum) -> Load:
    has, new, overdue, soon, *rest = summed.numbers
    return Load(
        unit_id=unit_id,
        unit=unit,
        person_id=person_id,
        person=person,
        open=has,
        new=new,
        ages=dict(zip(AGES, rest[: len(AGES)], strict=True)),
        overdue=overdue,
        due_soon=soon,
        on_time=rest[-2],
        late=rest[-1],
    )


def _open(session: Session, by: Principal, zone: str) -> Sequence[Any]:
    today = clock.today(zone)
    soon = Handling.due_on.between(today, today + timedelta(days=routing.SOON))
    numbers = [
        func.count(),
        func.count().filter(Handling.state != HandlingState.ACCEPTED),
        func.count().filter(Handling.due_on < today),
        func.count().filter(soon),
        *(func.count().filter(_of_age(age, today, zone)) for age in AGES),
    ]
    return _each(session, by, Handling.state != HandlingState.CLOSED, numbers)


def _closed(session: Session, by: Principal, since: date, zone: str) -> Sequence[Any]:
    in_time = routing.closed_on(zone) <= Handling.due_on
    lately = and_(
        Handling.state == HandlingState.CLOSED,
        Handling.closed_at >= registry.midnight(since, zone),
        Handling.due_on.is_not(None),
    )
    return _each(session, by, lately, [func.count().filter(in_time), func.count().filter(~in_time)])


def _each(
    session: Session,
    by: Principal,
    condition: ColumnElement[bool],
    numbers: Sequence[ColumnElement[int]],
) -> Sequence[Any]:
    """The numbers for each unit and person in the units that the person heads."""
    struck = select(Annulment.entry_id).where(Annulment.entry_id == Entry.id).exists()
    headed = scope.headed(by)
    return session.execute(
        select(Handling.unit_id, Handling.user_id, *numbers)
        .join(Entry, Entry.id == Handling.entry_id)
        .where(
            condition,
            Handling.unit_id.in_(headed),
            ~struck,
            scope.counted(by, Handling.unit_id),
        )
        .group_by(Handling.unit_id, Handling.user_id)
    ).all()


def _of_age(age: Age, today: date, zone: str) -> ColumnElement[bool]:
    youngest, oldest = age.days
    young = Entry.registered_at < registry.midnight(today - timedelta(days=youngest - 1), zone)
    if oldest is None:
        return young
    return and_(
        young, Entry.registered_at >= registry.midnight(today - timedelta(days=oldest), zone)
    )
