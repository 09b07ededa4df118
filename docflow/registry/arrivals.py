"""Arrivals: an item gets its arrival number at the counter or gateway at once.

The registry number follows when the item was opened and checked; junk ends with a reason. One
unbroken series a body and year, apart from the books. An arrival is not withdrawn: it is
registered, or it ends. Source: domain row 11 (érkeztetés), row 20 (legal time of receipt).
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from docflow import audit, clock, organization
from docflow.errors import Conflict, Invalid, NotFound
from docflow.folding import line
from docflow.i18n import t
from docflow.principal import Principal
from docflow.registry.access import NOT_A_CLERK, visible_to
from docflow.registry.models import DeliveryMethod, Direction, Entry
from docflow.registry.waiting import Arrival, ArrivalEnd, ArrivalYear
from docflow.registry.waiting import ArrivalOutcome as ArrivalOutcome

MAX_NAME, MAX_DETAIL, MAX_NOTE, MAX_REASON = 300, 300, 1000, 1000


class NoSuchArrival(NotFound):
    """The body has no such arrival."""


class ArrivalDone(Conflict):
    """The arrival is registered already, or it ended."""


class ArrivalTooLong(Invalid):
    """A field of the arrival is too long."""


class ArrivalReasonMissing(Invalid):
    """An arrival ends with a reason."""


class OnlyIncomingArrive(Invalid):
    """Only an incoming document is registered from an arrival."""


@dataclass(frozen=True, slots=True)
class NewArrival:
    """What the envelope says. Number and instant are given by the server."""

    delivery_method: DeliveryMethod
    sender_name: str = ""
    sender_email: str = ""
    delivery_detail: str = ""
    is_openable: bool = True
    note: str = ""


@dataclass(frozen=True, slots=True)
class Waiting:
    """An arrival as a row of a list.

    Of one whose entry is not open to the person there is only that it was registered.
    """

    id: int
    label: str
    arrived_at: datetime
    sender_name: str
    sender_email: str
    delivery_method: str
    delivery_detail: str
    is_openable: bool
    note: str
    received_by: str
    entry_id: int | None  # None too where the entry is not open to the person
    entry_label: str
    outcome: str | None
    reason: str
    is_waiting: bool


def label(arrival: Arrival) -> str:
    """The arrival number as people cite it; it cannot be mistaken for one of a book."""
    return f"ΠΑΡ-{arrival.number}/{arrival.year}"


def arrive(session: Session, new: NewArrival, *, by: Principal, zone: str) -> Arrival:
    """Note an item that reached the body, with its arrival number. For clerks.

    Raises NotAllowed, ArrivalTooLong.
    """
    by.require_scope("register")
    by.require(by.is_clerk or by.is_registrar, NOT_A_CLERK)
    clean = NewArrival(
        delivery_method=new.delivery_method,
        sender_name=_short(new.sender_name, MAX_NAME, "sender_name"),
        sender_email=_short(new.sender_email, MAX_DETAIL, "sender_email"),
        delivery_detail=_short(new.delivery_detail, MAX_DETAIL, "delivery_detail"),
        is_openable=new.is_openable,
        note=_short(new.note, MAX_NOTE, "note"),
    )
    arrival = _write(session, clean, by=by, zone=zone)
    audit.record(
        session,
        "arrival.noted",
        by=by,
        subject=("arrival", arrival.id),
        at=arrival.arrived_at,
        label=label(arrival),
        method=arrival.delivery_method,
    )
    return arrival


def of_entry(
    session: Session, entry: Entry, *, is_private: bool, by: Principal, zone: str
) -> Arrival:
    """The arrival of a document that is registered at once, in a book that uses arrival numbers.

    Its event is that of the registration. Of a private entry (see `snapshots.is_private`) the
    arrival, which all the registry reads, says neither sender nor detail.
    """
    new = NewArrival(
        delivery_method=DeliveryMethod(entry.delivery_method),
        sender_name="" if is_private else entry.sender_name,
        sender_email="" if is_private else entry.sender_email,
        delivery_detail="" if is_private else entry.delivery_detail,
    )
    return _write(session, new, by=by, zone=zone)


def _write(session: Session, new: NewArrival, *, by: Principal, zone: str) -> Arrival:
    year, number, instant = _take(session, by.body_id, zone)
    arrival = Arrival(
        body_id=by.body_id,
        year=year,
        number=number,
        arrived_at=instant,
        received_by=by.user_id,
        sender_name=new.sender_name,
        sender_email=new.sender_email,
        delivery_method=new.delivery_method,
        delivery_detail=new.delivery_detail,
        is_openable=new.is_openable,
        note=new.note,
    )
    session.add(arrival)
    session.flush()
    return arrival


def _take(session: Session, body_id: int, zone: str) -> tuple[int, int, datetime]:
    """The next arrival number; its row is held until the transaction ends."""
    year = clock.local(clock.now(), zone).year
    while True:
        session.execute(
            insert(ArrivalYear).values(body_id=body_id, year=year).on_conflict_do_nothing()
        )
        row = session.execute(
            select(ArrivalYear.last_number, ArrivalYear.last_arrived_at)
            .where(ArrivalYear.body_id == body_id, ArrivalYear.year == year)
            .with_for_update()
        ).one()
        now = clock.now()
        if clock.local(now, zone).year > year:  # midnight of New Year passed while we waited
            year += 1
            continue
        number, instant = row.last_number + 1, max(now, row.last_arrived_at or now)
        session.execute(
            update(ArrivalYear)
            .where(ArrivalYear.body_id == body_id, ArrivalYear.year == year)
            .values(last_number=number, last_arrived_at=instant)
            .execution_options(synchronize_session=False)
        )
        return year, number, instant


def get(session: Session, arrival_id: int, *, by: Principal) -> Arrival:
    """An arrival of the body, for clerks, registrar and auditors.

    Raises NoSuchArrival, also for one whose entry is not open to the person.
    """
    arrival = _noted(session, arrival_id, by)
    entry = _entry_of(session, arrival, by)
    if entry is not None and not entry[1]:
        raise _missing()
    return arrival


def _noted(session: Session, arrival_id: int, by: Principal) -> Arrival:
    arrival = session.get(Arrival, arrival_id)
    may_read = by.is_clerk or by.is_registrar or by.is_auditor
    if arrival is None or arrival.body_id != by.body_id or not may_read:
        raise _missing()
    return arrival


def _missing() -> NoSuchArrival:
    return NoSuchArrival(t("There is no such arrival, or it is not open to you."))


def _entry_of(session: Session, arrival: Arrival, by: Principal) -> tuple[str, bool] | None:
    """The label of the arrival's entry, and whether the person may see it; None without one."""
    row = session.execute(
        select(Entry.label, visible_to(by)).where(Entry.arrival_id == arrival.id)
    ).first()
    return (row[0], row[1]) if row else None


def registrable(
    session: Session, arrival_id: int, *, direction: Direction, by: Principal
) -> Arrival:
    """The arrival that is registered now, held until the transaction ends.

    Raises NoSuchArrival, OnlyIncomingArrive, ArrivalDone.
    """
    if direction is not Direction.INCOMING:
        raise OnlyIncomingArrive(
            t("Only an incoming document is registered from an arrival."), field="arrival"
        )
    arrival = _noted(session, arrival_id, by)
    _require_waiting(session, arrival, by)
    return arrival


def end(
    session: Session, arrival_id: int, outcome: ArrivalOutcome, *, reason: str, by: Principal
) -> ArrivalEnd:
    """End an arrival that gets no entry, with the reason.

    Raises NoSuchArrival, NotAllowed, ArrivalDone, ArrivalReasonMissing, ArrivalTooLong.
    """
    by.require_scope("register")
    arrival = _noted(session, arrival_id, by)
    by.require(by.is_clerk or by.is_registrar, NOT_A_CLERK)
    reason = _short(reason, MAX_REASON, "reason")
    if not reason:
        raise ArrivalReasonMissing(t("Write why it gets no number."), field="reason")
    _require_waiting(session, arrival, by)
    row = ArrivalEnd(
        arrival_id=arrival.id,
        outcome=outcome,
        reason=reason,
        ended_by=by.person_id,
        ended_at=clock.now(),
    )
    session.add(row)
    audit.record(
        session,
        "arrival.ended",
        by=by,
        subject=("arrival", arrival.id),
        label=label(arrival),
        outcome=str(outcome),
        reason=reason,
    )
    session.flush()
    return row


def _require_waiting(session: Session, arrival: Arrival, by: Principal) -> None:
    key = func.hashtextextended(f"arrival:{arrival.id}", 0)  # the key of the database's own guard
    session.execute(select(func.pg_advisory_xact_lock(key)))
    entry = _entry_of(session, arrival, by)
    if entry is not None and entry[1]:
        raise ArrivalDone(
            t("{arrival} is registered already: {entry}.", arrival=label(arrival), entry=entry[0])
        )
    if entry is not None:
        raise ArrivalDone(t("{arrival} is registered already.", arrival=label(arrival)))
    if session.get(ArrivalEnd, arrival.id) is not None:
        raise ArrivalDone(t("{arrival} has ended already.", arrival=label(arrival)))


def listing(
    session: Session,
    *,
    by: Principal,
    only_waiting: bool = True,
    before: int | None = None,
    limit: int = 50,
) -> list[Waiting]:
    """Arrivals of the body: those that wait, the oldest first; or all, the newest first.

    `before` is the id of the last of the page before (of all). What is registered in an entry that
    is not open to the person shows neither sender nor entry. Raises NotAllowed.
    """
    by.require(
        by.is_clerk or by.is_registrar or by.is_auditor,
        t("Only the registry and the auditors see the arrivals."),
    )
    query = (
        select(Arrival, Entry, ArrivalEnd, visible_to(by))
        .outerjoin(Entry, Entry.arrival_id == Arrival.id)
        .outerjoin(ArrivalEnd, ArrivalEnd.arrival_id == Arrival.id)
        .where(Arrival.body_id == by.body_id)
        .limit(limit)
    )
    if only_waiting:
        query = query.where(_waits()).order_by(Arrival.arrived_at, Arrival.id)
    else:
        query = query.order_by(Arrival.id.desc())
        if before is not None:
            query = query.where(Arrival.id < before)
    rows = session.execute(query).all()
    people = organization.names(session, (arrival.received_by for arrival, *_ in rows))
    return [
        _row(arrival, entry, ended, people.get(arrival.received_by or 0, ""), is_open=bool(seen))
        for arrival, entry, ended, seen in rows
    ]


def _row(
    arrival: Arrival,
    entry: Entry | None,
    ended: ArrivalEnd | None,
    received_by: str,
    *,
    is_open: bool,
) -> Waiting:
    shown = entry is None or is_open
    return Waiting(
        id=arrival.id,
        label=label(arrival),
        arrived_at=arrival.arrived_at,
        sender_name=arrival.sender_name if shown else "",
        sender_email=arrival.sender_email if shown else "",
        delivery_method=arrival.delivery_method,
        delivery_detail=arrival.delivery_detail if shown else "",
        is_openable=arrival.is_openable,
        note=arrival.note if shown else "",
        received_by=received_by,
        entry_id=entry.id if entry and is_open else None,
        entry_label=entry.label if entry and is_open else "",
        outcome=ended.outcome if ended else None,
        reason=ended.reason if ended else "",
        is_waiting=entry is None and ended is None,
    )


def count_waiting(session: Session, *, body_id: int) -> int:
    """How many arrivals have neither entry nor end."""
    query = (
        select(func.count())
        .select_from(Arrival)
        .outerjoin(Entry, Entry.arrival_id == Arrival.id)
        .outerjoin(ArrivalEnd, ArrivalEnd.arrival_id == Arrival.id)
        .where(Arrival.body_id == body_id, _waits())
    )
    return session.scalar(query) or 0


def _waits() -> ColumnElement[bool]:
    return Entry.id.is_(None) & ArrivalEnd.arrival_id.is_(None)


def _short(text: str, limit: int, field: str) -> str:
    clean = line(text)
    if len(clean) > limit:
        raise ArrivalTooLong(t("At most {max} characters fit here.", max=limit), field=field)
    return clean
