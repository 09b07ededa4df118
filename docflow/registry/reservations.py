"""Numbers that are promised before their document is there; none leaves a hole.

The number is taken from its series at once and held by the reservation. The document fills it; a
promise that is not kept in time, or is given back, becomes an annulled entry with the reason. So
each number that a series gave is borne by an entry, or held by a reservation, at every moment.
Source: domain row 24.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from docflow import audit, clock, organization
from docflow.errors import Conflict, Forbidden, Invalid, NotFound
from docflow.folding import line
from docflow.i18n import t, translate
from docflow.principal import Principal, system
from docflow.registry import codes, indexing, numbering
from docflow.registry.access import book_named, books_open_to, may_write
from docflow.registry.annulment import strike_out
from docflow.registry.digests import Beside, core_digest
from docflow.registry.models import Annulment, Book, DeliveryMethod, Direction, Entry
from docflow.registry.queries import midnight
from docflow.registry.waiting import Reservation

MAX_AT_ONCE, MAX_REASON = 100, 500


class BadReservation(Invalid):
    """A reservation has a reason, 1 to 100 numbers, and ends in the year of its numbers."""


class NoSuchReservation(NotFound):
    """There is no such reservation open to this person."""


class ReservationUsed(Conflict):
    """The reserved number has its entry already."""


class ReservationExpired(Conflict):
    """The time of the reservation is over."""


class NotYourReservation(Forbidden):
    """Only the owner, or a clerk of the book, gives a reserved number back."""


class ReservationDiffers(Invalid):
    """The number was reserved for another book or another direction."""


@dataclass(frozen=True, slots=True)
class Held:
    """A reservation as a row of a list."""

    id: int
    book: str
    year: int
    label: str
    direction: str
    taken_at: datetime
    owner: str
    reason: str
    expires_at: datetime
    entry_id: int | None
    is_annulled: bool

    @property
    def is_held(self) -> bool:
        return self.entry_id is None

    @property
    def last_moment(self) -> datetime:
        """Within the last day on which the document can still come."""
        return self.expires_at - timedelta(seconds=1)


def reserve(
    session: Session,
    book: str | None,
    *,
    direction: Direction,
    count: int = 1,
    reason: str,
    last_day: date,
    owner_id: int | None = None,
    by: Principal,
    zone: str,
) -> list[Reservation]:
    """Take `count` numbers of the book for documents still to come; `last_day` is their last.

    Raises NoSuchBook, BadReservation, YearClosed, YearNotOpened, BookClosed.
    """
    by.require_scope("register")
    home = book_named(session, book, by, to_write=True)
    reason = line(reason)
    if not reason or len(reason) > MAX_REASON:
        raise BadReservation(
            t("Write for what the number is reserved (at most {max} characters).", max=MAX_REASON),
            field="reason",
        )
    if not 1 <= count <= MAX_AT_ONCE:
        raise BadReservation(
            t("Between 1 and {max} numbers are reserved at once.", max=MAX_AT_ONCE), field="count"
        )
    owner = organization.person(session, owner_id or by.person_id, body_id=by.body_id)
    made = []
    for _ in range(count):
        given = numbering.take(session, home, direction=direction, zone=zone)
        # The year first: the day after the last day of all cannot be counted.
        if last_day.year != given.year or last_day < clock.local(given.instant, zone).date():
            raise BadReservation(
                t("The last day lies in {year} and is not past.", year=given.year),
                field="last_day",
            )
        expires_at = midnight(last_day + timedelta(days=1), zone)
        row = Reservation(
            body_id=by.body_id,
            book_id=home.id,
            year=given.year,
            series=given.series,
            number=given.number,
            sub_number=given.sub_number,
            label=given.label,
            direction=direction,
            taken_at=given.instant,
            owner_id=owner.id,
            reserved_by=by.person_id,
            reason=reason,
            expires_at=expires_at,
        )
        session.add(row)
        session.flush()  # the row, before the series moves on
        made.append(row)
    audit.record(
        session,
        "numbers.reserved",
        by=by,
        subject=("book", home.id),
        book=home.code,
        numbers=[row.label for row in made],
        owner=owner.full_name,
        reason=reason,
        last_day=last_day.isoformat(),
    )
    return made


def get(session: Session, reservation_id: int, *, by: Principal) -> Reservation:
    """A reservation in a book that is open to the person, or his own. Raises NoSuchReservation."""
    row = session.get(Reservation, reservation_id)
    books = {book.id for book in books_open_to(session, by)}
    if row is None or row.body_id != by.body_id:
        raise _missing()
    if row.owner_id != by.user_id and not (row.book_id in books and _sees_books(by, row.book_id)):
        raise _missing()
    return row


def fillable(
    session: Session, reservation_id: int, *, book: Book, direction: Direction, by: Principal
) -> Reservation:
    """The reservation that a document of this book and direction fills now.

    Raises NoSuchReservation, ReservationDiffers.
    """
    row = get(session, reservation_id, by=by)
    if row.book_id != book.id or row.direction != direction:
        raise ReservationDiffers(
            t("{label} was reserved for another book or direction.", label=row.label),
            field="reservation",
        )
    return row


def require_held(session: Session, row: Reservation, *, at: datetime) -> None:
    """The book's year is held. Raises ReservationUsed, ReservationExpired."""
    if session.scalar(select(Entry.id).where(Entry.reservation_id == row.id)) is not None:
        raise ReservationUsed(t("{label} has its document already.", label=row.label))
    if row.expires_at <= at:
        raise ReservationExpired(
            t("The reservation of {label} is over. Take a new number.", label=row.label)
        )


def bear(entry: Entry, row: Reservation, instant: datetime) -> None:
    """Let the entry bear the reserved number, from this instant on."""
    entry.year, entry.series, entry.label = row.year, row.series, row.label
    entry.number, entry.sub_number = row.number, row.sub_number
    entry.reservation_id, entry.registered_at = row.id, instant


def give_back(session: Session, reservation_id: int, *, reason: str, by: Principal) -> Entry:
    """End a reservation before its time: the number becomes an annulled entry with the reason.

    Raises NoSuchReservation, NotYourReservation, BadReservation, ReservationUsed, YearClosed.
    """
    by.require_scope("register")
    row = get(session, reservation_id, by=by)
    book = session.get_one(Book, row.book_id)
    if row.owner_id != by.user_id and not may_write(by, book):
        raise NotYourReservation(
            t("Only its owner, or a clerk of the book, gives a reserved number back.")
        )
    reason = line(reason)
    if not reason or len(reason) > MAX_REASON:
        raise BadReservation(
            t("Write why the number is not used (at most {max} characters).", max=MAX_REASON),
            field="reason",
        )
    entry = _strike(session, row, book, reason=reason)
    audit.record(
        session,
        "number.given-back",
        by=by,
        subject=("entry", entry.id),
        label=row.label,
        reason=reason,
    )
    return entry


def end_expired(session: Session, *, limit: int = 200) -> list[Entry]:
    """Annul the numbers whose time is over; done again and again by a job."""
    rows = session.scalars(
        _held().where(Reservation.expires_at <= clock.now()).order_by(Reservation.id).limit(limit)
    ).all()
    reason = translate("The number was reserved and was not used in time.", "el")
    return [
        _strike(session, row, session.get_one(Book, row.book_id), reason=reason) for row in rows
    ]


def end_all(session: Session, book: Book, year: int, *, reason: str) -> list[Entry]:
    """Annul every number of the year that is promised and not used: for its closing."""
    rows = session.scalars(
        _held()
        .where(Reservation.book_id == book.id, Reservation.year == year)
        .order_by(Reservation.id)
    ).all()
    return [_strike(session, row, book, reason=reason) for row in rows]


def held_in(session: Session, book_id: int, year: int) -> list[Reservation]:
    """The reservations of a book's year that no entry has filled, by number."""
    query = _held().where(Reservation.book_id == book_id, Reservation.year == year)
    return list(session.scalars(query.order_by(Reservation.series, Reservation.number)))


def listing(
    session: Session, *, by: Principal, book: str | None = None, only_held: bool = True
) -> list[Held]:
    """Reservations in the books open to a clerk, registrar or auditor; others see their own."""
    codes_by_id = {one.id: one.code for one in books_open_to(session, by)}
    if by.is_clerk or by.is_registrar or by.is_auditor:
        seen: ColumnElement[bool] = Reservation.book_id.in_(codes_by_id)
    else:
        own = set(by.confidential_reads) & set(codes_by_id)
        seen = Reservation.book_id.in_(own) | (Reservation.owner_id == by.user_id)
    query = (
        select(Reservation, Entry.id, Annulment.entry_id, Book.code)
        .join(Book, Book.id == Reservation.book_id)
        .outerjoin(Entry, Entry.reservation_id == Reservation.id)
        .outerjoin(Annulment, Annulment.entry_id == Entry.id)
        .where(Reservation.body_id == by.body_id, seen)
        .order_by(Reservation.id.desc())
        .limit(500)
    )
    if book:
        query = query.where(Book.code == book)
    if only_held:
        query = query.where(Entry.id.is_(None)).order_by(None).order_by(Reservation.expires_at)
    rows = session.execute(query).all()
    people = organization.names(session, (row.owner_id for row, *_ in rows))
    return [
        Held(
            id=row.id,
            book=code,
            year=row.year,
            label=row.label,
            direction=row.direction,
            taken_at=row.taken_at,
            owner=people.get(row.owner_id, ""),
            reason=row.reason,
            expires_at=row.expires_at,
            entry_id=entry_id,
            is_annulled=annulled is not None,
        )
        for row, entry_id, annulled, code in rows
    ]


def _held() -> Select[Reservation]:
    filled = select(Entry.id).where(Entry.reservation_id == Reservation.id)
    return select(Reservation).where(~filled.exists())


def _strike(session: Session, row: Reservation, book: Book, *, reason: str) -> Entry:
    """The annulled entry that bears a number which was promised and is not used.

    The installation writes it, in the name of nobody: no document was ever seen.
    """
    instant, _ = numbering.take_in(session, book, row.year)
    if session.scalar(select(Entry.id).where(Entry.reservation_id == row.id)) is not None:
        raise ReservationUsed(t("{label} has its document already.", label=row.label))
    by = system(row.body_id)
    entry_id = session.execute(select(func.nextval("entries_id_seq"))).scalar_one()
    entry = Entry(
        id=entry_id,
        body_id=row.body_id,
        book_id=row.book_id,
        direction=row.direction,
        received_at=instant,
        subject=translate("Reserved number: {reason}", "el", reason=row.reason),
        sender_name="—" if row.direction == Direction.INCOMING else "",
        sender_address="",
        sender_email="",
        sender_reference="",
        sender_reference_key="",
        delivery_method=DeliveryMethod.SYSTEM,
        delivery_detail="",
        attachments_count=0,
        attachments_note="",
        verification_code=codes.new(),
    )
    bear(entry, row, instant)
    session.add(entry)
    session.flush()
    indexing.index(session, entry, named=[])
    audit.record(
        session,
        "entry.registered",
        by=by,
        subject=("entry", entry.id),
        at=instant,
        book=book.code,
        year=entry.year,
        number=entry.number,
        core=core_digest(entry),
        beside=Beside().digest(),
        files=[],
    )
    strike_out(session, entry, reason=reason, by=by)
    session.flush()
    return entry


def _sees_books(by: Principal, book_id: int) -> bool:
    return by.is_clerk or by.is_registrar or by.is_auditor or book_id in by.confidential_reads


def _missing() -> NoSuchReservation:
    return NoSuchReservation(
        t("There is no such reservation, or it is not open to you."), field="reservation"
    )
