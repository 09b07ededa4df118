"""Work lists and the charges of an entry. Counts obey the same rights as the lists."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select
from sqlalchemy.orm import Session

from docflow import clock, organization, registry
from docflow.principal import Principal
from docflow.registry import Annulment, Entry, Handling, HandlingState, Priority
from docflow.routing.guards import is_head
from docflow.routing.models import Charge, ChargeKind


class Basket(StrEnum):
    """The lists of work of a person; drafts that await his signature are circulation's."""

    TO_CHARGE = "to-charge"  # with a unit that I head, to be marked and charged
    MINE = "mine"  # I am responsible
    UNIT = "unit"  # charged to a unit of mine, or to somebody in it
    INFORMED = "informed"  # came to me or my unit for information
    SENT = "sent"  # I charged it to somebody, and it is open
    OVERDUE = "overdue"  # the deadline of mine or my unit's has passed


@dataclass(frozen=True, slots=True)
class ChargeInfo:
    id: int
    kind: str
    state: str
    unit_id: int
    unit: str
    person: str
    instructions: str
    due_on: date | None
    charged_by: str
    charged_at: datetime
    accepted_by: str
    accepted_at: datetime | None
    ended_by: str
    ended_at: datetime | None
    reason: str
    is_mine: bool


@dataclass(frozen=True, slots=True)
class Acts:
    """What the person may do with the entry now; a page shows just these."""

    mark: bool = False
    charge: bool = False
    accept: bool = False
    send_back: bool = False
    pass_on: bool = False
    inform: bool = False
    file: bool = False
    answer: bool = False
    reopen: bool = False


def charges(session: Session, entry_id: int, *, by: Principal) -> list[ChargeInfo]:
    """The charges of an entry in their order; the caller got the entry through `registry.get`."""
    rows = session.scalars(
        select(Charge).where(Charge.entry_id == entry_id).order_by(Charge.charged_at, Charge.id)
    ).all()
    units = organization.unit_names(session, (row.unit_id for row in rows))
    people = organization.names(
        session,
        (i for row in rows for i in (row.user_id, row.charged_by, row.accepted_by, row.ended_by)),
    )
    return [
        ChargeInfo(
            id=row.id,
            kind=row.kind,
            state=row.state,
            unit_id=row.unit_id,
            unit=units.get(row.unit_id, ""),
            person=people.get(row.user_id or 0, ""),
            instructions=row.instructions,
            due_on=row.due_on,
            charged_by=people.get(row.charged_by, ""),
            charged_at=row.charged_at,
            accepted_by=people.get(row.accepted_by or 0, ""),
            accepted_at=row.accepted_at,
            ended_by=people.get(row.ended_by or 0, ""),
            ended_at=row.ended_at,
            reason=row.reason,
            is_mine=_is_addressee(by, row),
        )
        for row in rows
    ]


def acts(session: Session, entry: Entry, *, by: Principal) -> Acts:
    """What the person may do now. The acts check the same again under a lock."""
    handling = session.get(Handling, entry.id)
    if handling is None or session.get(Annulment, entry.id) is not None:
        return Acts()
    heads = is_head(by, entry, handling)
    if handling.state == HandlingState.CLOSED:
        return Acts(reopen=heads)
    live = session.scalar(
        select(Charge).where(
            Charge.entry_id == entry.id,
            Charge.kind == ChargeKind.ACTION,
            Charge.ended_at.is_(None),
        )
    )
    addressed = live is not None and (_is_addressee(by, live) or by.heads(live.unit_id))
    responsible = handling.user_id is not None and handling.user_id == by.user_id
    accepted = handling.state == HandlingState.ACCEPTED
    return Acts(
        mark=heads,
        charge=heads,
        accept=addressed and not accepted,
        send_back=addressed,
        pass_on=addressed,
        inform=heads or responsible,
        file=heads or responsible,
        answer=responsible and accepted,
        reopen=False,
    )


def _is_addressee(by: Principal, row: Charge) -> bool:
    if row.accepted_by is not None:
        return row.accepted_by == by.user_id
    return row.user_id == by.user_id if row.user_id else by.works_in(row.unit_id)


def basket(
    session: Session, wanted: Basket, *, by: Principal, offset: int = 0, limit: int = 50
) -> list[registry.Line]:
    """The open items of a list: urgent ones first, then by deadline, then the oldest."""
    urgency = (
        (Handling.priority == Priority.VERY_URGENT).desc(),
        (Handling.priority == Priority.URGENT).desc(),
        Handling.due_on.asc().nulls_last(),
        Entry.registered_at,
    )
    rows = session.execute(
        registry.lines_query(by)
        .where(_condition(wanted, by), Annulment.entry_id.is_(None))
        .order_by(*urgency)
        .offset(offset)
        .limit(limit)
    ).all()
    return registry.lines(session, rows)


def counts(session: Session, *, by: Principal) -> dict[Basket, int]:
    """How many open items each list has."""
    return {wanted: _count(session, wanted, by) for wanted in Basket}


def _count(session: Session, wanted: Basket, by: Principal) -> int:
    query = (
        select(func.count())
        .select_from(Handling)
        .join(Entry, Entry.id == Handling.entry_id)
        .outerjoin(Annulment, Annulment.entry_id == Entry.id)
        .where(
            _condition(wanted, by),
            Annulment.entry_id.is_(None),
            registry.visible_to(by),
        )
    )
    return session.scalar(query) or 0


def _condition(wanted: Basket, by: Principal) -> ColumnElement[bool]:
    is_open = Handling.state != HandlingState.CLOSED
    units = by.unit_ids | by.headed_unit_ids
    of_units = Handling.unit_id.in_(units) if units else false()
    mine = Handling.user_id == by.user_id
    match wanted:
        case Basket.TO_CHARGE:
            headed: ColumnElement[bool] = Handling.unit_id.in_(by.headed_unit_ids)
            if by.confidential_writes:
                headed = or_(headed, Entry.book_id.in_(by.confidential_writes))
            unassigned = and_(Handling.state == HandlingState.CHARGED, Handling.user_id.is_(None))
            return and_(headed, or_(Handling.state == HandlingState.NEW, unassigned))
        case Basket.MINE:
            return and_(is_open, mine)
        case Basket.UNIT:
            return and_(is_open, of_units)
        case Basket.OVERDUE:
            return and_(is_open, or_(mine, of_units), Handling.due_on < clock.today())
        case Basket.SENT:
            sent = select(Charge.entry_id).where(
                Charge.charged_by == by.user_id, Charge.ended_at.is_(None)
            )
            return and_(is_open, Handling.entry_id.in_(sent))
        case Basket.INFORMED:
            return Handling.entry_id.in_(_informed(by, units))


def _informed(by: Principal, units: frozenset[int]) -> Select[int]:
    to_me = Charge.user_id == by.user_id
    to_unit = and_(Charge.user_id.is_(None), Charge.unit_id.in_(units)) if units else false()
    return select(Charge.entry_id).where(
        Charge.kind == ChargeKind.INFORMATION,
        Charge.ended_at.is_(None),
        or_(to_me, to_unit),
    )
