"""Entries as people may see them: one, the day's, the book's, and the numbers of the register."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import Row, Select, func, or_, select, tuple_
from sqlalchemy.orm import Session

from docflow import organization
from docflow.errors import NotFound
from docflow.i18n import t
from docflow.principal import Principal
from docflow.registry.access import books_open_to, visible_to
from docflow.registry.models import (
    Annulment,
    Book,
    BookYear,
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
    state: str | None  # of the handling; None for outgoing documents
    unit: str
    person: str
    priority: str
    due_on: date | None

    def is_overdue(self, today: date) -> bool:
        return self.due_on is not None and self.due_on < today and self.state != "closed"


@dataclass(frozen=True, slots=True)
class Details:
    """All that the page of an entry shows besides files, charges and history."""

    entry: Entry
    book: Book
    line: Line
    recipients: Sequence[Recipient]
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


def numbered(session: Session, book: str | None, year: int, number: int, *, by: Principal) -> Entry:
    """The entry with this number, in the named book or in the first open one that has it."""
    query = (
        select(Entry)
        .join(Book, Book.id == Entry.book_id)
        .where(Entry.year == year, Entry.number == number, visible_to(by))
        .order_by(~Book.is_default, Book.code)
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


# What `lines_query` asks for; outer joins leave the last three None where there is nothing.
LineQuery = Select[Entry, str, Handling, datetime, str]
LineRow = Row[Entry, str, Handling, datetime, str]


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
        select(Entry, Book.code, Handling, Annulment.annulled_at, recipient)
        .join(Book, Book.id == Entry.book_id)
        .outerjoin(Handling, Handling.entry_id == Entry.id)
        .outerjoin(Annulment, Annulment.entry_id == Entry.id)
        .where(visible_to(by))
    )


def lines(session: Session, rows: Sequence[LineRow]) -> list[Line]:
    """Rows of `lines_query` as lines, with names of units and persons filled in."""
    handlings = [row[2] for row in rows if row[2] is not None]
    units = organization.unit_names(session, (h.unit_id for h in handlings))
    people = organization.names(session, (h.user_id for h in handlings))
    return [_line(row, units, people) for row in rows]


def _line(row: LineRow, units: dict[int, str], people: dict[int, str]) -> Line:
    entry, book, handling, annulled_at, recipient = row
    return Line(
        id=entry.id,
        book=book,
        year=entry.year,
        number=entry.number,
        label=entry.label,
        direction=entry.direction,
        registered_at=entry.registered_at,
        subject=entry.subject,
        correspondent=(recipient or "") if entry.direction == "outgoing" else entry.sender_name,
        sender_reference=entry.sender_reference,
        sender_dated_on=entry.sender_dated_on,
        delivery_method=entry.delivery_method,
        attachments_count=entry.attachments_count,
        is_annulled=annulled_at is not None,
        state=handling.state if handling else None,
        unit=units.get(handling.unit_id, "") if handling else "",
        person=people.get(handling.user_id or 0, "") if handling else "",
        priority=handling.priority if handling else "normal",
        due_on=handling.due_on if handling else None,
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
        query = query.where(Handling.state == wanted.state)
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
    units = organization.unit_names(session, [entry.addressee_unit_id])
    return Details(
        entry=entry,
        book=session.get_one(Book, entry.book_id),
        line=lines(session, [row])[0],
        recipients=session.scalars(
            select(Recipient).where(Recipient.entry_id == entry.id).order_by(Recipient.position)
        ).all(),
        relations=_relations(session, entry, by),
        annulment=annulment,
        annulled_by=people.get(annulment.annulled_by or 0, "") if annulment else "",
        handling=session.get(Handling, entry.id),
        addressee_unit=units.get(entry.addressee_unit_id or 0, ""),
        registered_by=people.get(entry.registered_by or 0, ""),
    )


def _relations(session: Session, entry: Entry, by: Principal) -> list[tuple[str, bool, Line]]:
    rows = session.scalars(
        select(EntryRelation).where(
            or_(EntryRelation.entry_id == entry.id, EntryRelation.other_id == entry.id)
        )
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


@dataclass(frozen=True, slots=True)
class Contiguity:
    """Whether a book-year is one unbroken series; `problems` names what is not."""

    book: str
    year: int
    last_number: int
    entries: int
    annulled: int
    problems: tuple[str, ...]


def contiguity(session: Session, *, by: Principal) -> list[Contiguity]:
    """Check every book-year that is open to the person: numbers 1 to last, times not falling."""
    outcome = []
    for book in books_open_to(session, by):
        years = session.scalars(
            select(BookYear).where(BookYear.book_id == book.id).order_by(BookYear.year)
        ).all()
        outcome += [_check_series(session, book, series) for series in years]
    return outcome


def _check_series(session: Session, book: Book, series: BookYear) -> Contiguity:
    own = (Entry.book_id == series.book_id, Entry.year == series.year)
    entries, first, last = session.execute(
        select(func.count(), func.min(Entry.number), func.max(Entry.number)).where(*own)
    ).one()
    problems = []
    if entries and (first != 1 or last != entries):
        before = func.lag(Entry.number, 1, 0).over(order_by=Entry.number)
        steps = select(Entry.number.label("number"), before.label("before")).where(*own).subquery()
        gaps = session.execute(
            select(steps.c.before, steps.c.number)
            .where(steps.c.number != steps.c.before + 1)
            .limit(20)
        ).all()
        problems += [f"numbers {a + 1} to {b - 1} are missing" for a, b in gaps]
    if (last or 0) != series.last_number:
        problems.append(f"the counter says {series.last_number}, the last entry is {last or 0}")
    earlier = func.lag(Entry.registered_at).over(order_by=Entry.number)
    times = (
        select(
            Entry.number.label("number"),
            Entry.registered_at.label("at"),
            earlier.label("prev"),
        )
        .where(*own)
        .subquery()
    )
    falling = session.scalars(
        select(times.c.number).where(times.c.at < times.c.prev).limit(20)
    ).all()
    problems += [f"number {number} is older than the one before it" for number in falling]
    annulled = session.scalar(
        select(func.count())
        .select_from(Annulment)
        .join(Entry, Entry.id == Annulment.entry_id)
        .where(*own)
    )
    return Contiguity(
        book.code,
        series.year,
        series.last_number,
        entries,
        annulled or 0,
        tuple(problems),
    )
