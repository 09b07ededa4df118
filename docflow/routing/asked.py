"""What answers are due when: opinions and parts of the work that are asked of people and units.

A request ends with its item, so that one which is open belongs to an item that is.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import QueryableAttribute, Session

from docflow import registry
from docflow.principal import Principal
from docflow.registry import Annulment, Entry
from docflow.routing.models import Contribution


@dataclass(frozen=True, slots=True)
class Asked:
    """An answer that is due on a day, and the item for which it is."""

    id: int
    kind: str
    due_on: date
    line: registry.Line


def of(people: Collection[int], units: Collection[int]) -> ColumnElement[bool]:
    """What is asked of a person, or of a unit where nobody has taken it, or one of them has."""
    free = and_(Contribution.user_id.is_(None), Contribution.taken_by.is_(None))
    return _open(people, and_(free, among(Contribution.unit_id, units)))


def within(people: Collection[int], units: Collection[int]) -> ColumnElement[bool]:
    """What is asked of a person, or of anybody in a unit."""
    return _open(people, among(Contribution.unit_id, units))


def due(
    session: Session,
    wanted: ColumnElement[bool],
    first: date,
    last: date,
    *,
    by: Principal,
    limit: int,
) -> list[Asked]:
    """What is due from `first` to `last`, both included, of what the person may see."""
    struck = select(Annulment.entry_id).where(Annulment.entry_id == Entry.id).exists()
    rows = session.execute(
        select(Contribution.id, Contribution.kind, Contribution.due_on, Contribution.entry_id)
        .join(Entry, Entry.id == Contribution.entry_id)
        .where(wanted, Contribution.due_on.between(first, last), ~struck, registry.visible_to(by))
        .order_by(Contribution.due_on, Contribution.id)
        .limit(limit)
    ).all()
    if not rows:
        return []
    ids = {row.entry_id for row in rows}
    found = session.execute(registry.lines_query(by).where(Entry.id.in_(ids))).all()
    lines = {line.id: line for line in registry.lines(session, found)}
    return [
        Asked(row.id, row.kind, row.due_on, lines[row.entry_id])
        for row in rows
        if row.due_on is not None and row.entry_id in lines
    ]


def late(wanted: ColumnElement[bool], today: date) -> Select[int]:
    """The entries for which such an answer is overdue."""
    return entries(and_(wanted, Contribution.due_on < today))


def entries(wanted: ColumnElement[bool]) -> Select[int]:
    return select(Contribution.entry_id).where(wanted).distinct()


def days(session: Session, entry_ids: Collection[int], *, by: Principal) -> dict[int, date]:
    """The first day on which an answer of the person, or of his units, is due, by entry."""
    rows = session.execute(
        select(Contribution.entry_id, func.min(Contribution.due_on))
        .where(
            Contribution.entry_id.in_(entry_ids),
            within(by.person_ids, units_of(by)),
        )
        .group_by(Contribution.entry_id)
    )
    return {entry_id: day for entry_id, day in rows if day is not None}


def units_of(by: Principal) -> frozenset[int]:
    """The units of the person, and of those in whose place he acts."""
    return (by.unit_ids | by.headed_unit_ids).union(
        *(one.unit_ids | one.headed_unit_ids for one in by.substitutions)
    )


def among(column: QueryableAttribute[Any], values: Collection[int]) -> ColumnElement[bool]:
    """One value said as such: PostgreSQL then takes the order of an index as well."""
    return column == next(iter(values)) if len(values) == 1 else column.in_(values)


def _open(people: Collection[int], of_units: ColumnElement[bool]) -> ColumnElement[bool]:
    return and_(
        Contribution.ended_at.is_(None),
        or_(
            among(Contribution.user_id, people),
            among(Contribution.taken_by, people),
            of_units,
        ),
    )
