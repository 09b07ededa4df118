"""Entries as people may see them: one, the day's, the book's, and the numbers of the register."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Row, Select, func, or_, select, tuple_
from sqlalchemy.orm import Session, aliased

from docflow import organization
from docflow.errors import NotFound
from docflow.i18n import t
from docflow.principal import Principal
from docflow.registry import places
from docflow.registry.access import visible_to
from docflow.registry.changes import Corrected, RelationRemoval
from docflow.registry.current import Correspondent, Current, current, plain_now
from docflow.registry.models import (
    Annulment,
    Book,
    Direction,
    Entry,
    EntryRelation,
    Handling,
    HandlingState,
    Recipient,
)

Q = TypeVar("Q", bound=Select[*tuple[Any, ...]])


class NoSuchEntry(NotFound):
    """No entry that this person may see has this number."""


@dataclass(frozen=True, slots=True)
class Line:
    """An entry as a row of a list."""

    id: int
    book: str
    year: int
    number: int
    place: str  # the number as addresses have it; more than the number where others share it
    label: str
    direction: str
    registered_at: datetime
    subject: str
    correspondent: str  # sender of an incoming, first recipient of an outgoing document
    sender_reference: str
    sender_dated_on: date | None
    delivery_method: str
    attachments_count: int
    is_annulled: bool
    is_corrected: bool  # a field differs from what was registered, on somebody's authority
    state: str | None  # of the handling; None for outgoing documents
    unit: str
    person: str
    priority: str
    due_on: date | None
    grade: str = "unclassified"
    has_personal_data: bool = False
    is_suspended: bool = False  # the clock of the deadline stands still

    def is_overdue(self, today: date) -> bool:
        return self.due_on is not None and self.due_on < today and self.state != "closed"


@dataclass(frozen=True, slots=True)
class Details:
    """All that the page of an entry shows besides files, charges and history."""

    entry: Entry
    book: Book
    line: Line
    current: Current  # the fields as they are now; `entry` has them as registered
    recipients: Sequence[Correspondent]
    relations: Sequence[tuple[str, bool, Line]]  # kind, whether it points from here, the other
    annulment: Annulment | None
    annulled_by: str
    handling: Handling | None
    addressee_unit: str
    registered_by: str


def get(session: Session, entry_id: int, *, by: Principal, lock: bool = False) -> Entry:
    """An entry that the person may see; `lock` holds it until the transaction ends (see `hold`).

    Raises NoSuchEntry, also where the person may not know that it exists.
    """
    entry = session.scalar(select(Entry).where(Entry.id == entry_id, visible_to(by)))
    if entry is None:
        raise NoSuchEntry(t("There is no such entry, or it is not open to you."))
    if lock:
        hold(session, entry.id)
    return entry


def hold(session: Session, entry_id: int) -> None:
    """Let nobody else annul, or act on, the entry until the transaction ends.

    A row lock would need the right to UPDATE, which nobody has on entries: hence an advisory lock.
    Taken before any row lock that belongs to the entry (handling), so that two acts cannot block
    each other for good.
    """
    key = func.hashtextextended(f"entry:{entry_id}", 0)
    session.execute(select(func.pg_advisory_xact_lock(key)))


def numbered(
    session: Session,
    book: str | None,
    year: int,
    number: int | str,
    *,
    by: Principal,
    within: ColumnElement[bool] | None = None,
) -> Entry:
    """The entry with this number, in the named book or in the first open one that has it.

    `within` is a condition on `entries` in place of what the person may see (see `custody`).

    `number` may be a place (15-2, 15-out; see `places`). The number alone of a case is its first
    document; of a shared number the letter; of three series the incoming document.
    """
    place = places.parse(str(number))
    entry = None
    if place is not None:
        query = (
            select(Entry)
            .join(Book, Book.id == Entry.book_id)
            .where(
                Entry.year == year,
                place.condition(),
                visible_to(by) if within is None else within,
            )
            .order_by(
                ~Book.is_default,
                Book.code,
                Entry.shares_number_of.is_not(None),
                Entry.sub_number,
                Entry.series,  # incoming stands before internal and outgoing
            )
            .limit(1)
        )
        if book:
            query = query.where(Book.code == book)
        entry = session.scalar(query)
    if entry is None:
        raise NoSuchEntry(
            t(
                "There is no entry {number}/{year} open to you.",
                number=number,
                year=year,
            )
        )
    return entry


# What `lines_query` asks for; outer joins leave the last ones None where there is nothing.
LineQuery = Select[Entry, str, Handling, datetime, str, dict[str, Any], bool]
LineRow = Row[Entry, str, Handling, datetime, str, dict[str, Any], bool]


def lines_query(by: Principal) -> LineQuery:
    """Entries that the person may see, with what a list shows of each; see `line`."""
    recipient = (
        select(Recipient.name)
        .where(Recipient.entry_id == Entry.id)
        .order_by(Recipient.position)
        .limit(1)
        .scalar_subquery()
    )
    return (
        select(
            Entry,
            Book.code,
            Handling,
            Annulment.annulled_at,
            recipient,
            Corrected.fields,
            Corrected.is_corrected,
        )
        .join(Book, Book.id == Entry.book_id)
        .outerjoin(Handling, Handling.entry_id == Entry.id)
        .outerjoin(Annulment, Annulment.entry_id == Entry.id)
        .outerjoin(Corrected, Corrected.entry_id == Entry.id)
        .where(visible_to(by))
    )


def lines(session: Session, rows: Sequence[LineRow]) -> list[Line]:
    """Rows of `lines_query` as lines, with names of units and persons filled in."""
    handlings = [row[2] for row in rows if row[2] is not None]
    units = organization.unit_names(session, (h.unit_id for h in handlings))
    people = organization.names(session, (h.user_id for h in handlings))
    return [_line(row, units, people) for row in rows]


def _line(row: LineRow, units: dict[int, str], people: dict[int, str]) -> Line:
    entry, book, handling, annulled_at, recipient, overlay, is_corrected = row
    now = plain_now(entry, overlay)
    if overlay and overlay.get("recipients"):
        recipient = overlay["recipients"][0]["name"]
    return Line(
        id=entry.id,
        book=book,
        year=entry.year,
        number=entry.number,
        place=places.word(entry),
        label=entry.label,
        direction=entry.direction,
        registered_at=entry.registered_at,
        subject=now.subject,
        correspondent=(recipient or "") if entry.direction == "outgoing" else now.sender_name,
        sender_reference=now.sender_reference,
        sender_dated_on=now.sender_dated_on,
        delivery_method=now.delivery_method,
        attachments_count=now.attachments_count,
        is_annulled=annulled_at is not None,
        is_corrected=bool(is_corrected),
        state=handling.state if handling else None,
        unit=units.get(handling.unit_id, "") if handling else "",
        person=people.get(handling.user_id or 0, "") if handling else "",
        priority=handling.priority if handling else "normal",
        due_on=handling.due_on if handling else None,
        is_suspended=handling.is_suspended if handling else False,
        grade=entry.grade,
        has_personal_data=entry.has_personal_data,
    )


@dataclass(frozen=True, slots=True)
class Filter:
    """What to list of the register; days are those of the office."""

    book: str | None = None
    direction: Direction | None = None
    first_day: date | None = None
    last_day: date | None = None
    state: HandlingState | None = None
    unit_id: int | None = None


def listing(
    session: Session,
    by: Principal,
    wanted: Filter,
    *,
    zone: str,
    after: int | None = None,
    limit: int = 50,
) -> list[Line]:
    """Entries, the newest first; `after` is the id of the last line of the page before."""
    query = filtered(lines_query(by), wanted, zone)
    if after is not None:
        last = select(Entry.registered_at, Entry.id).where(Entry.id == after).subquery()
        query = query.where(
            tuple_(Entry.registered_at, Entry.id)
            < tuple_(
                select(last.c.registered_at).scalar_subquery(),
                select(last.c.id).scalar_subquery(),
            )
        )
    rows = session.execute(
        query.order_by(Entry.registered_at.desc(), Entry.id.desc()).limit(limit)
    ).all()
    return lines(session, rows)


def count(session: Session, by: Principal, wanted: Filter, *, zone: str) -> int:
    """How many entries of the listing the person may see."""
    query = filtered(
        select(func.count())
        .select_from(Entry)
        .join(Book, Book.id == Entry.book_id)
        .outerjoin(Handling, Handling.entry_id == Entry.id)
        .where(visible_to(by)),
        wanted,
        zone,
    )
    return session.scalar(query) or 0


def filtered(query: Q, wanted: Filter, zone: str) -> Q:
    """The query over entries, books and handlings with the conditions of the filter."""
    if wanted.book:
        query = query.where(Book.code == wanted.book)
    if wanted.direction:
        query = query.where(Entry.direction == wanted.direction)
    if wanted.first_day:
        query = query.where(Entry.registered_at >= midnight(wanted.first_day, zone))
    if wanted.last_day:
        query = query.where(
            Entry.registered_at < midnight(wanted.last_day + timedelta(days=1), zone)
        )
    if wanted.state:
        struck = aliased(Annulment)  # what is annulled waits for nobody
        annulled = select(struck.entry_id).where(struck.entry_id == Entry.id).exists()
        query = query.where(Handling.state == wanted.state, ~annulled)
    if wanted.unit_id:
        query = query.where(Handling.unit_id == wanted.unit_id)
    return query


def midnight(day: date, zone: str) -> datetime:
    """The instant at which a day of the office begins."""
    return datetime.combine(day, time(), ZoneInfo(zone))


def details(session: Session, entry: Entry, *, by: Principal) -> Details:
    """All that stands of an entry in the register; the caller got it through `get`."""
    row = session.execute(lines_query(by).where(Entry.id == entry.id)).one()
    annulment = session.get(Annulment, entry.id)
    people = organization.names(
        session, [entry.registered_by, annulment.annulled_by if annulment else None]
    )
    now = current(session, entry)
    units = organization.unit_names(session, [now.addressee_unit_id])
    return Details(
        entry=entry,
        book=session.get_one(Book, entry.book_id),
        line=lines(session, [row])[0],
        current=now,
        recipients=now.recipients,
        relations=_relations(session, entry, by),
        annulment=annulment,
        annulled_by=people.get(annulment.annulled_by or 0, "") if annulment else "",
        handling=session.get(Handling, entry.id),
        addressee_unit=units.get(now.addressee_unit_id or 0, ""),
        registered_by=people.get(entry.registered_by or 0, ""),
    )


def _relations(session: Session, entry: Entry, by: Principal) -> list[tuple[str, bool, Line]]:
    rows = session.scalars(
        select(EntryRelation)
        .outerjoin(RelationRemoval, RelationRemoval.relation_id == EntryRelation.id)
        .where(
            or_(EntryRelation.entry_id == entry.id, EntryRelation.other_id == entry.id),
            RelationRemoval.relation_id.is_(None),
        )
        .order_by(EntryRelation.id)
    ).all()
    others = {row.other_id if row.entry_id == entry.id else row.entry_id for row in rows}
    found = session.execute(lines_query(by).where(Entry.id.in_(others))).all() if others else []
    by_id = {line.id: line for line in lines(session, found)}
    tied = []
    for row in rows:
        from_here = row.entry_id == entry.id
        other = by_id.get(row.other_id if from_here else row.entry_id)
        if other is not None:  # an entry that is not open to the person is not shown here either
            tied.append((row.kind, from_here, other))
    return tied
