"""Work lists: of a person, of units, sent, overdue, and how many items each has.

Built to stay fast at a million entries. The rows of a list come in its order straight from an
index of the open handlings (or charges); for each, one after the other until the page is full, the
entry is looked up and the right to see it asked. The inner LIMIT 1 keeps PostgreSQL to that way:
left to itself it hashes whatever a head of many units may see. A count stops at `MOST_COUNTED`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    ColumnElement,
    CompoundSelect,
    Date,
    FromClause,
    Select,
    SQLColumnExpression,
    and_,
    cast,
    func,
    literal,
    literal_column,
    select,
    true,
    tuple_,
    union,
)
from sqlalchemy.orm import QueryableAttribute, Session

from docflow import clock, registry
from docflow.principal import Principal
from docflow.registry import Annulment, Entry, Handling
from docflow.routing import asked
from docflow.routing.asked import among
from docflow.routing.models import Charge
from docflow.routing.narrowing import Narrowing, of_entry, of_handling

MOST_COUNTED = 1000  # a count that has reached this is "999+"
_EVERYTHING = Narrowing()
# In literals, so that PostgreSQL knows its partial indexes again whatever it plans ahead.
_OPEN: ColumnElement[bool] = literal_column("(handlings.state <> 'closed')", Boolean)
_CLOSED: ColumnElement[bool] = literal_column("(handlings.state = 'closed')", Boolean)
_UNASSIGNED: ColumnElement[bool] = literal_column(
    "(handlings.state = 'new' OR (handlings.state = 'charged' AND handlings.user_id IS NULL))",
    Boolean,
)


class Basket(StrEnum):
    """The lists of work of a person; drafts that await his signature are circulation's."""

    TO_CHARGE = "to-charge"  # with a unit that I head, to be marked and charged
    MINE = "mine"  # I am responsible, or who is away and whose deputy I am
    UNIT = "unit"  # charged to a unit of mine, or to somebody in it
    ASKED = "asked"  # an opinion or a part of the work is asked of me or my unit
    INFORMED = "informed"  # came to me or my unit for information
    SENT = "sent"  # I charged it to somebody, and it is open
    OVERDUE = "overdue"  # the deadline of mine or my unit's, or of an answer of ours, has passed


# As the expressions of the indexes say it, word for word (migration 0026). False stands before
# true: what is neither normal nor urgent is very urgent, and comes first.
IS_NORMAL: ColumnElement[bool] = literal_column("(handlings.priority = 'normal')", Boolean)
IS_URGENT: ColumnElement[bool] = literal_column("(handlings.priority = 'urgent')", Boolean)
DUE: ColumnElement[date] = literal_column("COALESCE(handlings.due_on, DATE '9999-12-31')", Date)


@dataclass(frozen=True, slots=True)
class _Order:
    """By what a list is ordered; the id of the entry decides where all else is the same."""

    keys: tuple[SQLColumnExpression[Any], ...]
    descending: bool = False

    def of(self, columns: Sequence[SQLColumnExpression[Any]]) -> list[ColumnElement[Any]]:
        return [one.desc() if self.descending else one.asc() for one in columns]


_URGENT_FIRST = _Order((IS_NORMAL, IS_URGENT, DUE, Handling.entry_id))
_NEWEST_FIRST = _Order((Handling.entry_id,), descending=True)
_LAST_CLOSED_FIRST = _Order((Handling.closed_at, Handling.entry_id), descending=True)


def basket(
    session: Session,
    wanted: Basket,
    *,
    by: Principal,
    narrowing: Narrowing = _EVERYTHING,
    after: int | None = None,
    limit: int = 50,
    zone: str = clock.OFFICIAL_ZONE,
) -> list[registry.Line]:
    """The items of a list: urgent ones first, then by deadline, then the oldest.

    What was sent or came for information has the newest first, what is closed the last closed.
    `after` is the entry of the last line of the page before.
    """
    by.require_scope("read")
    ids = _ids(session, wanted, by, narrowing, after, limit, zone)
    if not ids:
        return []
    rows = session.execute(registry.lines_query(by).where(Entry.id.in_(ids))).all()
    place = {entry_id: n for n, entry_id in enumerate(ids)}
    return sorted(registry.lines(session, rows), key=lambda line: place[line.id])


def counts(
    session: Session, *, by: Principal, zone: str = clock.OFFICIAL_ZONE
) -> dict[Basket, int]:
    """How many items each list has, `MOST_COUNTED` where there are more."""
    by.require_scope("read")
    seen = _seen(by, _EVERYTHING, zone)
    each = [
        _counted(wanted, by, _EVERYTHING, zone, seen).scalar_subquery().label(wanted.name)
        for wanted in Basket
    ]
    row = session.execute(select(*each)).one()
    return {wanted: int(n) for wanted, n in zip(Basket, row, strict=True)}


def basket_count(
    session: Session,
    wanted: Basket,
    *,
    by: Principal,
    narrowing: Narrowing,
    zone: str = clock.OFFICIAL_ZONE,
) -> int:
    """How many items of the list are so, `MOST_COUNTED` where there are more."""
    by.require_scope("read")
    seen = _seen(by, narrowing, zone)
    return session.scalar(_counted(wanted, by, narrowing, zone, seen)) or 0


def _ids(
    session: Session,
    wanted: Basket,
    by: Principal,
    narrowing: Narrowing,
    after: int | None,
    limit: int,
    zone: str,
) -> list[int]:
    order = _order(wanted, narrowing)
    begin = _position(session, order, after, by)
    seen = _seen(by, narrowing, zone)
    parts = [
        _rows(source, seen, order, begin, limit) for source in _sources(wanted, by, narrowing, zone)
    ]
    if not parts:
        return []
    found = union(*parts).subquery("found") if len(parts) > 1 else parts[0].subquery("found")
    keys = [found.c[f"key{n}"] for n in range(len(order.keys))]
    return list(session.scalars(select(found.c.entry_id).order_by(*order.of(keys)).limit(limit)))


def _counted(
    wanted: Basket, by: Principal, narrowing: Narrowing, zone: str, seen: FromClause
) -> Select[int]:
    parts = [
        _rows(source, seen, None, None, MOST_COUNTED)
        for source in _sources(wanted, by, narrowing, zone)
    ]
    if not parts:
        return select(literal(0))
    every = union(*parts).subquery() if len(parts) > 1 else parts[0].subquery()
    some = select(every.c.entry_id).limit(MOST_COUNTED).subquery()
    return select(func.count()).select_from(some)


@dataclass(frozen=True, slots=True)
class _Source:
    """One way to the items of a list.

    `walked` is a column of `handlings` and its values: their rows are taken from the index value
    by value, each in its order. `through` are the ids of entries behind charges.
    """

    conditions: tuple[ColumnElement[bool], ...]
    walked: tuple[QueryableAttribute[Any], frozenset[int]] | None = None
    through: Select[int] | CompoundSelect[int] | None = None


def _rows(
    source: _Source,
    seen: FromClause,
    order: _Order | None,
    begin: tuple[Any, ...] | None,
    limit: int,
) -> Select[Any]:
    """The entries of a source with the keys of the order, `limit` of each walked value."""
    keys = order.keys if order else ()
    columns: list[Any] = [key.label(f"key{n}") for n, key in enumerate(keys)]
    query = select(Handling.entry_id, *columns).where(*source.conditions)
    if source.through is not None:
        through = source.through.subquery()
        query = query.join(through, through.c.entry_id == Handling.entry_id)
    query = query.join(seen, true())
    if order and begin is not None:
        here, there = tuple_(*keys), tuple_(*begin)
        query = query.where(here < there if order.descending else here > there)
    if order:
        query = query.order_by(*order.of(keys))
    query = query.limit(limit)
    if source.walked is None:
        return select(query.subquery())
    column, values = source.walked
    if len(values) == 1:
        return select(query.where(column == next(iter(values))).subquery())
    ids = func.unnest(cast(sorted(values), ARRAY(BigInteger)))
    every = ids.table_valued("id", name="walked").render_derived()
    part = query.where(column == every.c.id).lateral()
    found = select(part).select_from(every.join(part, true()))
    # Counted are so many of all units together, and not of each.
    return found if order else select(found.limit(limit).subquery())


def _seen(by: Principal, narrowing: Narrowing, zone: str) -> FromClause:
    """Whether the person sees the entry of a handling, and it is so as he wants it."""
    struck = select(Annulment.entry_id).where(Annulment.entry_id == Entry.id).exists()
    return (
        select(Entry.id)
        .where(
            Entry.id == Handling.entry_id,
            ~struck,
            registry.visible_to(by),
            *of_entry(narrowing, zone),
        )
        .limit(1)
        .correlate(Handling)
        .lateral()
    )


def _order(wanted: Basket, narrowing: Narrowing) -> _Order:
    if narrowing.wants_closed:
        return _LAST_CLOSED_FIRST
    return _NEWEST_FIRST if wanted in (Basket.SENT, Basket.INFORMED) else _URGENT_FIRST


def _position(
    session: Session, order: _Order, after: int | None, by: Principal
) -> tuple[Any, ...] | None:
    """Where an entry stands in the order now; None where it stands nowhere in it, or is closed to
    the person: what follows it would tell of its urgency and its deadline.
    """
    if after is None:
        return None
    found = session.execute(
        select(*order.keys)
        .join(Entry, Entry.id == Handling.entry_id)
        .where(Handling.entry_id == after, registry.visible_to(by))
    ).one_or_none()
    return None if found is None or None in found else tuple(found)


def _sources(wanted: Basket, by: Principal, narrowing: Narrowing, zone: str) -> list[_Source]:
    people, units, headed = by.person_ids, asked.units_of(by), _headed(by)
    if narrowing.unit_id is not None:
        units, headed = units & {narrowing.unit_id}, headed & {narrowing.unit_id}
    narrow = tuple(of_handling(narrowing, zone))
    state = _CLOSED if narrowing.wants_closed else _OPEN
    mine = _Source((state, *narrow), (Handling.user_id, people))
    of_units = _Source((state, *narrow), (Handling.unit_id, units))
    today = clock.today(zone)
    late = Handling.due_on < today
    match wanted:
        case Basket.TO_CHARGE:
            found = [_Source((_OPEN, _UNASSIGNED, *narrow), (Handling.unit_id, headed))]
            if by.confidential_writes:
                secret = select(Entry.id).where(
                    Entry.id == Handling.entry_id, Entry.book_id.in_(by.confidential_writes)
                )
                found.append(_Source((_UNASSIGNED, secret.exists(), *narrow)))
        case Basket.MINE:
            found = [mine]
        case Basket.UNIT:
            found = [of_units]
        case Basket.OVERDUE:
            found = [replace(one, conditions=(*one.conditions, late)) for one in (mine, of_units)]
            if not narrowing.wants_closed:
                answers = asked.late(asked.within(people, units), today)
                found.append(_Source((_OPEN, *narrow), through=answers))
        case Basket.SENT:
            found = [_Source((state, *narrow), through=_sent(people))]
        case Basket.ASKED:
            answers = asked.entries(asked.of(people, units))
            found = [_Source((_OPEN, *narrow), through=answers)]
        case Basket.INFORMED:
            found = [_Source(narrow, through=_informed(people, units))]
    return [one for one in found if one.walked is None or one.walked[1]]


def _headed(by: Principal) -> frozenset[int]:
    return by.headed_unit_ids.union(*(one.headed_unit_ids for one in by.substitutions))


def _sent(people: frozenset[int]) -> Select[int]:
    return (
        select(Charge.entry_id)
        .where(among(Charge.charged_by, people), Charge.ended_at.is_(None))
        .distinct()
    )


def _informed(people: frozenset[int], units: frozenset[int]) -> CompoundSelect[int]:
    waiting = and_(Charge.kind == literal_column("'information'"), Charge.ended_at.is_(None))
    to_them = select(Charge.entry_id).where(waiting, among(Charge.user_id, people))
    to_unit = select(Charge.entry_id).where(
        waiting, Charge.user_id.is_(None), among(Charge.unit_id, units)
    )
    return union(to_them, to_unit)


def versions(session: Session, entry_ids: Iterable[int]) -> dict[int, int]:
    """The versions of the handlings that a list shows, by entry: on these one decides."""
    rows = session.execute(
        select(Handling.entry_id, Handling.version).where(Handling.entry_id.in_(entry_ids))
    )
    return {entry_id: version for entry_id, version in rows}
