"""The charges of an entry, what others were asked for, and what a person may do now."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow import organization
from docflow.principal import Principal
from docflow.registry import Annulment, Entry, Handling, HandlingState
from docflow.routing import notes
from docflow.routing.contributions import answers
from docflow.routing.guards import (
    as_addressee,
    as_head,
    as_responsible,
    for_whom,
    live_charge,
    own_rights,
)
from docflow.routing.models import (
    Charge,
    ChargeKind,
    ChargeState,
    Contribution,
    ContributionState,
    Forwarding,
)


@dataclass(frozen=True, slots=True)
class ChargeInfo:
    id: int
    kind: str
    state: str
    unit_id: int
    unit: str  # as it was called then
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
class ContributionInfo:
    """What somebody was asked for. `is_mine`: the reader may answer; see `contributions`."""

    id: int
    kind: str
    state: str
    unit_id: int
    unit: str
    person: str
    question: str
    due_on: date | None
    is_awaited: bool
    asked_by: str
    asked_at: datetime
    taken_by: str
    ended_by: str
    ended_at: datetime | None
    answer: str
    is_mine: bool
    may_take: bool
    may_withdraw: bool


@dataclass(frozen=True, slots=True)
class ForwardingInfo:
    id: int
    to_name: str
    to_address: str
    to_email: str
    reason: str
    forwarded_by: str
    forwarded_at: datetime


@dataclass(frozen=True, slots=True)
class Acts:
    """What the person may do with the entry now; a page shows just these."""

    mark: bool = False
    charge: bool = False
    accept: bool = False
    refuse: bool = False
    send_back: bool = False
    pass_on: bool = False
    inform: bool = False
    ask: bool = False
    file: bool = False
    forward: bool = False
    answer: bool = False
    reopen: bool = False
    note: bool = False


def version(session: Session, entry_id: int) -> int | None:
    """The version of the item's state, for whoever decides on it; None for what is no item."""
    return session.scalar(select(Handling.version).where(Handling.entry_id == entry_id))


def charges(session: Session, entry_id: int, *, by: Principal) -> list[ChargeInfo]:
    """The charges of an entry in their order; the caller got the entry through `registry.get`."""
    rows = session.scalars(
        select(Charge).where(Charge.entry_id == entry_id).order_by(Charge.charged_at, Charge.id)
    ).all()
    if not rows:
        return []
    handling = session.get_one(Handling, entry_id)
    mine = own_rights(session, session.get_one(Entry, entry_id), by)
    units = organization.unit_names_at(session, [(row.unit_id, row.charged_at) for row in rows])
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
            unit=units.get((row.unit_id, row.charged_at), ""),
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
            is_mine=_is_addressee(mine, row, handling),
        )
        for row in rows
    ]


def _is_addressee(by: Principal, row: Charge, handling: Handling) -> bool:
    if row.kind == ChargeKind.INFORMATION or row.ended_at is not None:
        return for_whom(by, row.unit_id, row.user_id) is not None
    return as_addressee(by, row, handling) is not None


def contributions(session: Session, entry: Entry, *, by: Principal) -> list[ContributionInfo]:
    """What others were asked for, in their order; the caller got the entry through the registry."""
    rows = session.scalars(
        select(Contribution).where(Contribution.entry_id == entry.id).order_by(Contribution.id)
    ).all()
    if not rows:
        return []
    mine = own_rights(session, entry, by)
    handling = session.get_one(Handling, entry.id)
    leads = as_head(mine, entry, handling) or as_responsible(mine, handling)
    units = organization.unit_names_at(session, [(row.unit_id, row.asked_at) for row in rows])
    people = organization.names(
        session,
        (i for row in rows for i in (row.user_id, row.asked_by, row.taken_by, row.ended_by)),
    )
    found = []
    for row in rows:
        is_open = row.state == ContributionState.ASKED
        answerable = is_open and answers(mine, row) is not None
        found.append(
            ContributionInfo(
                id=row.id,
                kind=row.kind,
                state=row.state,
                unit_id=row.unit_id,
                unit=units.get((row.unit_id, row.asked_at), ""),
                person=people.get(row.user_id or 0, ""),
                question=row.question,
                due_on=row.due_on,
                is_awaited=row.is_awaited,
                asked_by=people.get(row.asked_by, ""),
                asked_at=row.asked_at,
                taken_by=people.get(row.taken_by or 0, ""),
                ended_by=people.get(row.ended_by or 0, ""),
                ended_at=row.ended_at,
                answer=row.answer,
                is_mine=answerable,
                may_take=answerable and row.taken_by is None and row.user_id is None,
                may_withdraw=is_open and (row.asked_by in by.person_ids or leads is not None),
            )
        )
    return found


def forwardings(session: Session, entry_id: int) -> list[ForwardingInfo]:
    """To which bodies the entry was forwarded; the caller got it through the registry."""
    rows = session.scalars(
        select(Forwarding).where(Forwarding.entry_id == entry_id).order_by(Forwarding.id)
    ).all()
    people = organization.names(session, (row.forwarded_by for row in rows))
    return [
        ForwardingInfo(
            id=row.id,
            to_name=row.to_name,
            to_address=row.to_address,
            to_email=row.to_email,
            reason=row.reason,
            forwarded_by=people.get(row.forwarded_by, ""),
            forwarded_at=row.forwarded_at,
        )
        for row in rows
    ]


def acts(session: Session, entry: Entry, *, by: Principal) -> Acts:
    """What the person may do now. The acts check the same again under a lock."""
    handling = session.get(Handling, entry.id)
    if session.get(Annulment, entry.id) is not None:
        return Acts()
    note = notes.may_write(by)
    if handling is None:
        return Acts(note=note)
    by = own_rights(session, entry, by)
    heads = as_head(by, entry, handling) is not None
    if handling.state == HandlingState.CLOSED:
        return Acts(reopen=heads, note=note)
    live = live_charge(session, entry.id)
    addressed = live is not None and (
        as_addressee(by, live, handling) is not None
        or by.heads(live.unit_id)
        or by.heads_for(live.unit_id) is not None
    )
    untaken = live is not None and live.state == ChargeState.OPEN
    responsible = as_responsible(by, handling) is not None
    leads = heads or responsible
    return Acts(
        mark=heads,
        charge=heads,
        accept=addressed and untaken,
        refuse=addressed and untaken,
        send_back=addressed and not untaken,
        pass_on=addressed,
        inform=leads,
        ask=leads,
        file=leads,
        forward=leads,
        answer=responsible and handling.state == HandlingState.ACCEPTED,
        reopen=False,
        note=note,
    )
