"""Entries, informations and contributions that wait for a unit or a person, moved with the house.

A move ends the charge that was and begins another, so that the way of the entry tells both.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Select, or_, select, update
from sqlalchemy.orm import Session

from docflow import audit, clock, registry
from docflow.i18n import t
from docflow.notices import NoticeKind
from docflow.organization import Carrier, OpenItem, Place, work
from docflow.principal import Principal
from docflow.registry import Annulment, Book, Entry, Grade, Handling, HandlingState
from docflow.routing import telling
from docflow.routing.guards import live_charge, lock_handling, moved
from docflow.routing.models import (
    Charge,
    ChargeKind,
    ChargeState,
    Contribution,
    ContributionState,
)

ENTRY, INFORMATION, CONTRIBUTION = "entry", "information", "contribution"


def _is_hidden() -> ColumnElement[bool]:
    """What nobody but those who work on it may know of."""
    return or_(Book.is_confidential, Entry.grade == Grade.CONFIDENTIAL)


def _entries(where: ColumnElement[bool]) -> Select[Handling, str, bool, datetime]:
    return (
        select(Handling, Entry.label, _is_hidden(), Entry.registered_at)
        .join(Entry, Entry.id == Handling.entry_id)
        .join(Book, Book.id == Entry.book_id)
        .outerjoin(Annulment, Annulment.entry_id == Entry.id)
        .where(Handling.state != HandlingState.CLOSED, Annulment.entry_id.is_(None), where)
    )


def _open_entries(session: Session, where: ColumnElement[bool]) -> list[OpenItem]:
    return [
        OpenItem(ENTRY, row.entry_id, label, row.unit_id, row.user_id, at, hidden)
        for row, label, hidden, at in session.execute(_entries(where)).all()
    ]


def _entries_of_units(session: Session, unit_ids: Collection[int]) -> Sequence[OpenItem]:
    return _open_entries(session, Handling.unit_id.in_(unit_ids))


def _entries_of_person(session: Session, user_id: int) -> Sequence[OpenItem]:
    return _open_entries(session, Handling.user_id == user_id)


def _move_entry(session: Session, item: OpenItem, to: Place, by: Principal) -> None:
    """The charge that lives ends as passed on, and another begins; nobody's item stays nobody's.

    An item of a confidential book is charged to persons alone: without one it waits, uncharged,
    for those who may write in the book.
    """
    handling = lock_handling(session, item.id)
    if handling is None or handling.state == HandlingState.CLOSED:
        return
    entry = session.get_one(Entry, item.id)
    row, is_closed_book = live_charge(session, item.id), _in_closed_book(session, entry)
    goes_along = to.user_id is not None and to.user_id == handling.user_id
    was_accepted = handling.state == HandlingState.ACCEPTED
    if row is not None:
        row.state, row.ended_by, row.ended_at = ChargeState.PASSED_ON, by.person_id, clock.now()
        session.flush()  # before the next, for the index "one responsible"
    handling.unit_id, handling.user_id = to.unit_id, to.user_id
    if (row is None and to.user_id is None) or (is_closed_book and to.user_id is None):
        handling.state = HandlingState.NEW
    else:
        stays = goes_along and was_accepted
        handling.state = HandlingState.ACCEPTED if stays else HandlingState.CHARGED
        session.add(_next_charge(handling, row, to, by, accepted=stays))
    moved(handling)
    _open_to(session, entry, to, is_closed_book)
    audit.record(
        session,
        "entry.moved",
        by=by,
        subject=("entry", entry.id),
        unit=to.unit_id,
        person=to.user_id,
    )
    told = [to.user_id] if to.user_id is not None else telling.heads(session, to.unit_id)
    telling.tell(session, entry.id, NoticeKind.WORK_MOVED, told, by)


def _next_charge(
    handling: Handling, before: Charge | None, to: Place, by: Principal, *, accepted: bool
) -> Charge:
    return Charge(
        entry_id=handling.entry_id,
        kind=ChargeKind.ACTION,
        state=ChargeState.ACCEPTED if accepted else ChargeState.OPEN,
        unit_id=to.unit_id,
        user_id=to.user_id,
        instructions=before.instructions if before else handling.instructions,
        due_on=handling.due_on,
        from_unit_id=before.from_unit_id if before else to.unit_id,
        charged_by=by.person_id,
        charged_at=clock.now(),
        accepted_by=to.user_id if accepted else None,
        accepted_at=clock.now() if accepted else None,
    )


def _in_closed_book(session: Session, entry: Entry) -> bool:
    return session.get_one(Book, entry.book_id).is_confidential


def _open_to(session: Session, entry: Entry, to: Place, is_closed_book: bool) -> None:
    if not is_closed_book:
        registry.open_to_unit(session, entry.id, to.unit_id)
    if to.user_id is not None:
        registry.open_to_person(session, entry.id, to.user_id)


def _inherit_returns(session: Session, old: int, new: int, by: Principal) -> None:
    """What another unit returns goes to the unit that took over."""
    session.execute(
        update(Charge)
        .where(Charge.from_unit_id == old, Charge.ended_at.is_(None))
        .values(from_unit_id=new)
    )


def _informed(session: Session, where: ColumnElement[bool]) -> list[OpenItem]:
    rows = session.execute(
        select(Charge, Entry.label, _is_hidden())
        .join(Entry, Entry.id == Charge.entry_id)
        .join(Book, Book.id == Entry.book_id)
        .outerjoin(Annulment, Annulment.entry_id == Entry.id)
        .where(
            Charge.kind == ChargeKind.INFORMATION,
            Charge.ended_at.is_(None),
            Annulment.entry_id.is_(None),
            where,
        )
    ).all()
    return [
        OpenItem(INFORMATION, row.id, label, row.unit_id, row.user_id, row.charged_at, hidden)
        for row, label, hidden in rows
    ]


def _informed_units(session: Session, unit_ids: Collection[int]) -> Sequence[OpenItem]:
    return _informed(session, Charge.unit_id.in_(unit_ids))


def _informed_person(session: Session, user_id: int) -> Sequence[OpenItem]:
    return _informed(session, Charge.user_id == user_id)


def _move_information(session: Session, item: OpenItem, to: Place, by: Principal) -> None:
    row = session.scalar(
        select(Charge)
        .where(Charge.id == item.id, Charge.ended_at.is_(None))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None:
        return
    entry = session.get_one(Entry, row.entry_id)
    is_closed_book = _in_closed_book(session, entry)
    row.state, row.ended_by, row.ended_at = ChargeState.PASSED_ON, by.person_id, clock.now()
    if is_closed_book and to.user_id is None:
        return  # a book that is opened by name is told to nobody else
    session.add(
        Charge(
            entry_id=row.entry_id,
            kind=ChargeKind.INFORMATION,
            state=ChargeState.OPEN,
            unit_id=to.unit_id,
            user_id=to.user_id,
            instructions=row.instructions,
            from_unit_id=row.from_unit_id,
            charged_by=by.person_id,
            charged_at=clock.now(),
        )
    )
    _open_to(session, entry, to, is_closed_book)
    audit.record(
        session,
        "entry.informed",
        by=by,
        subject=("entry", entry.id),
        unit=to.unit_id,
        person=to.user_id,
    )


def _asked(session: Session, where: ColumnElement[bool]) -> list[OpenItem]:
    rows = session.execute(
        select(Contribution, Entry.label, _is_hidden())
        .join(Entry, Entry.id == Contribution.entry_id)
        .join(Book, Book.id == Entry.book_id)
        .outerjoin(Annulment, Annulment.entry_id == Entry.id)
        .where(
            Contribution.state == ContributionState.ASKED,
            Annulment.entry_id.is_(None),
            where,
        )
    ).all()
    return [
        OpenItem(CONTRIBUTION, row.id, label, row.unit_id, row.user_id, row.asked_at, hidden)
        for row, label, hidden in rows
    ]


def _asked_of_units(session: Session, unit_ids: Collection[int]) -> Sequence[OpenItem]:
    return _asked(session, Contribution.unit_id.in_(unit_ids))


def _asked_of_person(session: Session, user_id: int) -> Sequence[OpenItem]:
    return _asked(session, or_(Contribution.user_id == user_id, Contribution.taken_by == user_id))


def _move_contribution(session: Session, item: OpenItem, to: Place, by: Principal) -> None:
    """The same question to another; whoever took it up has to do so anew, unless it is he."""
    row = session.scalar(
        select(Contribution)
        .where(Contribution.id == item.id, Contribution.ended_at.is_(None))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None:
        return
    entry = session.get_one(Entry, row.entry_id)
    row.unit_id, row.user_id = to.unit_id, to.user_id
    if row.taken_by != to.user_id:
        row.taken_by = row.taken_at = None
    _open_to(session, entry, to, _in_closed_book(session, entry))
    audit.record(
        session,
        "contribution.moved",
        by=by,
        subject=("entry", entry.id),
        unit=to.unit_id,
        person=to.user_id,
    )


work.carried_by(
    Carrier(
        ENTRY,
        t("Entries"),
        _entries_of_units,
        _entries_of_person,
        _move_entry,
        _inherit_returns,
    )
)
work.carried_by(
    Carrier(
        INFORMATION,
        t("Sent for information"),
        _informed_units,
        _informed_person,
        _move_information,
    )
)
work.carried_by(
    Carrier(
        CONTRIBUTION,
        t("Opinions and parts"),
        _asked_of_units,
        _asked_of_person,
        _move_contribution,
    )
)
