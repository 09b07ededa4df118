"""The calendar of deadlines: what is due in a month, for a person or his units."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, false, func, or_, select
from sqlalchemy.orm import Session, aliased

from docflow import clock, registry, routing
from docflow.principal import Principal
from docflow.registry import Annulment, Entry, Handling, HandlingState, Priority

MOST = 500  # of a month on one page


class Whose(StrEnum):
    """Whose deadlines are wanted."""

    MINE = "mine"
    UNIT = "unit"  # of my units, mine among them


@dataclass(frozen=True, slots=True)
class Agenda:
    """The open items with a deadline in some days, by day, and the answers that are due on them.

    `total` may be more than are shown.
    """

    first: date
    last: date
    lines: list[registry.Line]
    asked: list[routing.Asked]  # answers to others that are due, at most as many as lines
    total: int  # of the items
    overdue: int  # due before today, whenever
    suspended: int

    def on(self, day: date) -> list[registry.Line]:
        return [line for line in self.lines if line.due_on == day]

    def asked_on(self, day: date) -> list[routing.Asked]:
        return [one for one in self.asked if one.due_on == day]


def agenda(
    session: Session, first: date, last: date, *, whose: Whose, by: Principal, limit: int = MOST
) -> Agenda:
    """What is due from `first` to `last`, both included, of what the person may see."""
    by.require_scope("read")
    span = Handling.due_on.between(first, last)
    rows = session.execute(
        registry.lines_query(by)
        .where(_open(whose, by), span)
        .order_by(
            Handling.due_on,
            (Handling.priority == Priority.VERY_URGENT).desc(),
            (Handling.priority == Priority.URGENT).desc(),
            Entry.registered_at,
        )
        .limit(limit)
    ).all()
    lines = registry.lines(session, rows)
    total = len(lines) if len(lines) < limit else _count(session, whose, by, span)
    return Agenda(
        first,
        last,
        lines,
        routing.asked.due(session, _asked(whose, by), first, last, by=by, limit=limit),
        total,
        overdue=_overdue(session, whose, by),
        suspended=_count(session, whose, by, Handling.is_suspended.is_(True)),
    )


def month(day: date) -> tuple[date, date]:
    """The Monday on or before the first of the month, and the Sunday on or after its last day."""
    first = day.replace(day=1)
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    return first - timedelta(days=first.weekday()), last + timedelta(days=6 - last.weekday())


def _asked(whose: Whose, by: Principal) -> ColumnElement[bool]:
    if whose is Whose.MINE:
        return routing.asked.of(by.person_ids, ())
    return routing.asked.within(by.person_ids, routing.asked.units_of(by))


def _overdue(session: Session, whose: Whose, by: Principal) -> int:
    """How many items are late, or wait for an answer that is: each counts once."""
    today = clock.today()
    late = Handling.due_on < today
    answers = Handling.entry_id.in_(routing.asked.late(_asked(whose, by), today))
    struck = select(Annulment.entry_id).where(Annulment.entry_id == Handling.entry_id)
    beside = (
        select(func.count())
        .select_from(Handling)
        .join(Entry, Entry.id == Handling.entry_id)
        .where(
            answers,
            ~func.coalesce(and_(_open(whose, by), late), False),
            ~struck.exists(),
            registry.visible_to(by),
        )
    )
    return _count(session, whose, by, late) + (session.scalar(beside) or 0)


def _open(whose: Whose, by: Principal) -> ColumnElement[bool]:
    mine = Handling.user_id.in_(by.person_ids)
    units = routing.asked.units_of(by)
    of_units = Handling.unit_id.in_(units) if units and whose is Whose.UNIT else false()
    struck = aliased(Annulment)
    annulled = select(struck.entry_id).where(struck.entry_id == Handling.entry_id)
    return and_(Handling.state != HandlingState.CLOSED, or_(mine, of_units), ~annulled.exists())


def _count(session: Session, whose: Whose, by: Principal, wanted: ColumnElement[bool]) -> int:
    query = (
        select(func.count())
        .select_from(Handling)
        .join(Entry, Entry.id == Handling.entry_id)
        .where(_open(whose, by), wanted, registry.visible_to(by))
    )
    return session.scalar(query) or 0
