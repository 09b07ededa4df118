"""The log of contacts as lists: what waits for somebody, and what was."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from docflow import clock, organization, registry
from docflow.contacts.log import LIVE, may_log
from docflow.contacts.models import Channel, Contact, ContactState
from docflow.errors import Forbidden
from docflow.i18n import t
from docflow.principal import Principal
from docflow.registry import Annulment, Entry, Handling, HandlingState


class NotYoursToRead(Forbidden):
    """The log of contacts is for those who serve the public."""


class Which(StrEnum):
    """Which contacts a list shows."""

    WAITING = "waiting"  # open, promised, or answered by the unit and not yet told
    MINE = "mine"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class ContactLine:
    """A contact as a row of a list. `label` is of its entry, where the reader may see that."""

    row: Contact
    taken_by: str
    label: str
    address: str  # of the entry's page
    is_answered: bool  # the unit has ended the entry: the person can be told
    is_late: bool


def listing(
    session: Session,
    which: Which,
    *,
    channel: Channel | None = None,
    party_ids: Sequence[int] = (),
    by: Principal,
    offset: int = 0,
    limit: int = 50,
) -> tuple[list[ContactLine], int]:
    """Contacts that the person may see, and how many: those to be called first, else the newest.

    Raises NotYoursToRead.
    """
    if not may_log(by):
        raise NotYoursToRead(t("The log of contacts is for those who serve the public."))
    where = [Contact.body_id == by.body_id, visible(by)]
    if which is Which.WAITING:
        where.append(_waiting())
    elif which is Which.MINE:
        where.append(Contact.taken_by.in_(by.person_ids))
    if channel is not None:
        where.append(Contact.channel == channel)
    if party_ids:
        where.append(Contact.party_id.in_(party_ids))
    total = session.scalar(select(func.count()).select_from(Contact).where(*where)) or 0
    order = (
        [Contact.call_at.asc().nulls_last(), Contact.began_at]
        if which is Which.WAITING
        else [Contact.began_at.desc(), Contact.id.desc()]
    )
    rows = session.scalars(
        select(Contact).where(*where).order_by(*order).offset(offset).limit(limit)
    ).all()
    return lines(session, rows, by=by), total


def waiting_count(session: Session, *, by: Principal) -> int:
    """How many wait for somebody, for the navigation."""
    if not may_log(by):
        return 0
    where = [Contact.body_id == by.body_id, visible(by), _waiting()]
    return session.scalar(select(func.count()).select_from(Contact).where(*where)) or 0


def last_channel(session: Session, *, by: Principal) -> Channel:
    """The channel of the contact that the person took last: who sits at the counter stays there."""
    last = session.scalar(
        select(Contact.channel)
        .where(Contact.body_id == by.body_id, Contact.taken_by == by.person_id)
        .order_by(Contact.id.desc())
        .limit(1)
    )
    return Channel(last) if last else Channel.PHONE


def visible(by: Principal) -> ColumnElement[bool]:
    """As `log.may_see`, for a query."""
    if by.is_clerk or by.is_registrar:
        return Contact.body_id == by.body_id
    units = by.unit_ids | by.headed_unit_ids
    mine = Contact.taken_by.in_(by.person_ids)
    return or_(mine, Contact.unit_id.in_(units)) if units else mine


def _waiting() -> ColumnElement[bool]:
    """What is with a unit waits for nobody here, until the unit has ended it."""
    ended = select(Handling.entry_id).where(
        Handling.entry_id == Contact.entry_id, Handling.state == HandlingState.CLOSED
    )
    annulled = select(Annulment.entry_id).where(Annulment.entry_id == Contact.entry_id)
    promised = and_(Contact.call_at.is_not(None), Contact.call_at <= clock.now())
    return and_(
        Contact.state.in_([str(state) for state in LIVE]),
        or_(
            Contact.state != ContactState.PASSED,
            promised,
            ended.exists(),
            annulled.exists(),
        ),
    )


def lines(session: Session, rows: Sequence[Contact], *, by: Principal) -> list[ContactLine]:
    """The contacts with what a list shows beside them."""
    people = organization.names(session, [row.taken_by for row in rows])
    ids = {row.entry_id for row in rows if row.entry_id is not None}
    entries = {
        one.id: one
        for one in registry.lines(
            session, session.execute(registry.lines_query(by).where(Entry.id.in_(ids))).all()
        )
    }
    ended = set(
        session.scalars(
            select(Handling.entry_id).where(
                Handling.entry_id.in_(ids), Handling.state == HandlingState.CLOSED
            )
        )
    )
    now = clock.now()
    found = []
    for row in rows:
        entry = entries.get(row.entry_id or 0)
        is_passed = row.state == ContactState.PASSED
        is_annulled = entry is not None and entry.is_annulled
        found.append(
            ContactLine(
                row,
                people.get(row.taken_by, ""),
                entry.label if entry else "",
                f"/entries/{entry.book}/{entry.year}/{entry.place}" if entry else "",
                is_passed and (row.entry_id in ended or is_annulled),
                row.state in LIVE and row.call_at is not None and row.call_at < now,
            )
        )
    return found


def one(session: Session, row: Contact, *, by: Principal) -> ContactLine:
    """One contact, which the person may see."""
    return lines(session, [row], by=by)[0]
