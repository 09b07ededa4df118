"""The place that a new entry takes: a new number, a promised one, a case's next, a shared one.

What was asked for is looked at before the series is held (`wanted`), and settled while it is held
(`give`), so that nobody waits longer than the number takes. Source: domain rows 9, 10, 11, 24.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow import clock
from docflow.errors import Conflict, Invalid, NotFound
from docflow.i18n import t
from docflow.principal import Principal
from docflow.registry import arrivals, numbering, reservations, snapshots
from docflow.registry.annulment import require_not_annulled
from docflow.registry.models import Book, BookYear, Direction, Entry, Relation
from docflow.registry.policies import Policy, Scheme, policy_of
from docflow.registry.queries import get
from docflow.registry.waiting import Arrival, Reservation


class NotAsTheBookNumbers(Invalid):
    """The book does not number in this way (no cases, no shared numbers)."""


class NoSuchCase(NotFound):
    """There is no case with this number in this year of the book."""


class CannotShareNumber(Conflict):
    """The answer cannot take the number of the document that it answers."""


@dataclass(frozen=True, slots=True)
class Place:
    """What was asked for, checked as far as it can be before the series is held."""

    case: int | None = None
    shares: Entry | None = None
    reservation: Reservation | None = None
    arrival: Arrival | None = None

    def relations(self, named: Sequence[tuple[int, Relation]]) -> Sequence[tuple[int, Relation]]:
        """What the shared number says besides those named: that it is the answer."""
        if self.shares is None or (self.shares.id, Relation.ANSWERS) in named:
            return ()
        return ((self.shares.id, Relation.ANSWERS),)


def policy_now(session: Session, book: Book, *, zone: str) -> Policy:
    """How the book numbers this year; before its first entry, as the book says for new years."""
    year = clock.local(clock.now(), zone).year
    row = session.get(BookYear, (book.id, year))
    return policy_of(row if row is not None else book)


def wanted(
    session: Session,
    *,
    book: Book,
    direction: Direction,
    case: int | None,
    same_number: bool,
    same_number_as: int | None,
    reservation_id: int | None,
    arrival_id: int | None,
    relations: Sequence[tuple[int, Relation]],
    by: Principal,
    zone: str,
) -> Place:
    """Check what the person asks for. Raises Invalid, Conflict and NotFound of this module."""
    shared = same_number or same_number_as is not None
    # Most documents take the next number, and nothing is asked for them.
    policy = policy_now(session, book, zone=zone) if shared or case is not None else None
    if policy and case is not None and policy.scheme is not Scheme.CASE:
        raise NotAsTheBookNumbers(
            t("The book “{book}” has no cases.", book=book.title), field="case"
        )
    if policy and shared and not policy.shares_numbers:
        raise NotAsTheBookNumbers(
            t("In the book “{book}” each document has its own number.", book=book.title),
            field="same_number_as",
        )
    if reservation_id is not None and (case is not None or shared):
        raise NotAsTheBookNumbers(
            t("A reserved number is taken alone: no case and no shared number with it."),
            field="reservation",
        )
    shares = None
    if shared:
        answered = [other for other, kind in relations if kind is Relation.ANSWERS]
        if same_number_as is not None:
            answered = [_numbered(session, book, same_number_as, zone)]
        if direction is not Direction.OUTGOING or len(answered) != 1:
            raise CannotShareNumber(
                t("Only an outgoing answer to one document takes its number."),
                field="same_number_as",
            )
        shares = get(session, answered[0], by=by)
        require_not_annulled(session, shares)
        _require_shareable(session, shares, book, zone)
    reservation = None
    if reservation_id is not None:
        reservation = reservations.fillable(
            session, reservation_id, book=book, direction=direction, by=by
        )
    arrival = None
    if arrival_id is not None:
        arrival = arrivals.registrable(session, arrival_id, direction=direction, by=by)
    return Place(case, shares, reservation, arrival)


def of_answer(
    session: Session, book: Book, answered: Entry, *, zone: str
) -> tuple[int | None, bool]:
    """The case, and whether the number is shared, of an answer that is issued in this book.

    Where the letter's number cannot be shared (another book, another year, shared already) the
    answer takes a new one. The caller holds the letter, so that two answers do not both share.
    """
    policy = policy_now(session, book, zone=zone)
    year = clock.local(clock.now(), zone).year
    if answered.book_id != book.id or answered.year != year:
        return None, False
    if policy.scheme is Scheme.CASE and answered.sub_number:
        return answered.number, False
    if not policy.shares_numbers or answered.direction != Direction.INCOMING:
        return None, False
    return None, _sharer(session, answered) is None


def give(
    session: Session,
    entry: Entry,
    place: Place,
    *,
    book: Book,
    received_at: datetime | None,
    by: Principal,
    zone: str,
) -> None:
    """Give the entry its number, label and times; the book's year is held from here on.

    Raises YearClosed, YearNotOpened, BookClosed, NoSuchCase, CannotShareNumber,
    ReservationUsed, ReservationExpired.
    """
    arrival = place.arrival
    if place.reservation is not None:
        uses_arrivals = _fill(session, entry, place.reservation, book)
    else:
        uses_arrivals = _next(session, entry, place, book, zone)
    entry.received_at = received_at or (arrival.arrived_at if arrival else entry.registered_at)
    if arrival is None and uses_arrivals and entry.direction == Direction.INCOMING:
        private = snapshots.is_private(book, entry.grade)
        arrival = arrivals.of_entry(session, entry, is_private=private, by=by, zone=zone)
    entry.arrival_id = arrival.id if arrival else None


def _fill(session: Session, entry: Entry, reservation: Reservation, book: Book) -> bool:
    """Bear the reserved number; whether the year uses arrival numbers."""
    instant, uses_arrivals = numbering.take_in(session, book, reservation.year)
    reservations.require_held(session, reservation, at=instant)
    reservations.bear(entry, reservation, instant)
    return uses_arrivals


def _next(
    session: Session,
    entry: Entry,
    place: Place,
    book: Book,
    zone: str,
) -> bool:
    """Bear the number that the series gives; whether the year uses arrival numbers."""
    given = numbering.take(
        session,
        book,
        direction=Direction(entry.direction),
        zone=zone,
        case=place.case,
        shares=place.shares,
    )
    if place.case is not None and given.sub_number < 2:
        raise NoSuchCase(
            t(
                "There is no case {case} in the book of {year}.",
                case=place.case,
                year=given.year,
            ),
            field="case",
        )
    if place.shares is not None:
        if given.year != place.shares.year:
            raise _other_year()
        sharer = _sharer(session, place.shares)
        if sharer is not None:
            raise _shared_already(place.shares, sharer)
        entry.shares_number_of = place.shares.id
    entry.year, entry.series, entry.label = given.year, given.series, given.label
    entry.number, entry.sub_number = given.number, given.sub_number
    entry.registered_at = given.instant
    return given.uses_arrivals


def _numbered(session: Session, book: Book, number: int, zone: str) -> int:
    """The id of this year's incoming document with the number. Raises CannotShareNumber."""
    entry_id = session.scalar(
        select(Entry.id).where(
            Entry.book_id == book.id,
            Entry.year == clock.local(clock.now(), zone).year,
            Entry.number == number,
            Entry.direction == Direction.INCOMING,
        )
    )
    if entry_id is None:
        raise CannotShareNumber(
            t("There is no incoming document {number} of this year in the book.", number=number),
            field="same_number_as",
        )
    return entry_id


def _require_shareable(session: Session, answered: Entry, book: Book, zone: str) -> None:
    if answered.direction != Direction.INCOMING or answered.book_id != book.id:
        raise CannotShareNumber(
            t("Only the number of an incoming document of the same book can be taken again."),
            field="same_number_as",
        )
    if answered.year != clock.local(clock.now(), zone).year:
        raise _other_year()
    sharer = _sharer(session, answered)
    if sharer is not None:
        raise _shared_already(answered, sharer)


def _sharer(session: Session, answered: Entry) -> str | None:
    """The label of the answer that has the letter's number already."""
    return session.scalar(select(Entry.label).where(Entry.shares_number_of == answered.id))


def _other_year() -> CannotShareNumber:
    return CannotShareNumber(
        t("The document is of another year; the answer takes a number of this year."),
        field="same_number_as",
    )


def _shared_already(answered: Entry, sharer: str) -> CannotShareNumber:
    return CannotShareNumber(
        t(
            "An answer ({answer}) has the number of {label} already. Take a new number.",
            answer=sharer,
            label=answered.label,
        ),
        field="same_number_as",
    )
