"""/api/v1/arrivals, reservations, contiguity, and the years of a book."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from api.deps import TheOffice
from api.v1.fields import Body, BookCode, Code, Day, Id, Line, Needed, ReasonBody, Year
from api.v1.language import Language
from api.v1.reads import ReadRoute
from api.v1.security import Auditor, Reader, Registrar
from docflow import registry
from docflow.registry import arrivals, books, reservations, years

router = APIRouter(tags=["books"], route_class=ReadRoute)
RowId = Annotated[int, Path(ge=1, le=2**62)]


class Shape(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class PolicyShape(Shape):
    """How a year numbers; fixed once a number was given."""

    numbering: registry.Numbering
    scheme: registry.Scheme
    shares_numbers: bool = Field(description="An answer may take the number of its letter.")
    first_number: int
    mask: str = Field(examples=["{n}/{year}"])
    uses_arrivals: bool


class YearShape(Shape):
    """A year of a book."""

    year: int
    policy: PolicyShape
    lasts: dict[str, int] = Field(
        description="The last number of each series.", examples=[{"common": 1234}]
    )
    given: int = Field(description="Numbers given in all series.")
    held: int = Field(description="Numbers that are reserved and not used.")
    opened_at: datetime
    closed_at: datetime | None
    state: registry.YearState
    ahead_until: datetime | None = Field(
        description="The last number bears this time, which lies ahead of the clock: so do those "
        "that are given until then."
    )


class Years(BaseModel):
    items: list[YearShape]


@router.get("/books/{book}/years")
def book_years(book: BookCode, by: Reader, office: TheOffice) -> Years:
    """The years of a book, the newest first; none where its numbers are not for the caller."""
    with office.db.read() as session:
        found = years.listing(session, books.find(session, book, by=by), by=by)
        return Years(items=[YearShape.model_validate(one) for one in found])


@router.post("/books/{book}/years/{year}", status_code=201)
def open_year(book: BookCode, year: Year, by: Registrar, office: TheOffice) -> YearShape:
    """Open a year of a book with the book's policy. For the head of the registry."""
    with office.db.begin() as session:
        row = books.find(session, book, by=by)
        registry.open_year(session, row, year, by=by, zone=office.settings.zone)
        return YearShape.model_validate(years.find(session, row, year, by=by))


class SeriesCheck(BaseModel):
    """Whether a series is unbroken."""

    book: str
    year: int
    series: str = Field(examples=["common"])
    last_number: int
    entries: int
    reserved: int
    annulled: int
    declared: list[tuple[int, int]] = Field(
        description="First and last of the numbers that an old register lacked.",
        examples=[[(12, 12), (40, 44)]],
    )
    is_sound: bool
    problems: list[str] = Field(description="What is wrong, in the language of the caller.")


class Checks(BaseModel):
    items: list[SeriesCheck]


@router.get("/contiguity")
def contiguity(
    by: Auditor,
    office: TheOffice,
    language: Language,
    book: Annotated[str | None, Query(max_length=64)] = None,
    year: Annotated[int | None, Query(ge=1, le=9999)] = None,
) -> Checks:
    """Walk every series that is open to the caller, or those of one book or year."""
    with office.db.read() as session:
        found = [
            registry.check_series(session, home, row, series)
            for home, row, series in registry.series_open_to(session, by)
            if book in (None, home.code) and year in (None, row.year)
        ]
    return Checks(
        items=[
            SeriesCheck(
                book=one.book,
                year=one.year,
                series=one.series,
                last_number=one.last_number,
                entries=one.entries,
                reserved=one.reserved,
                annulled=one.annulled,
                declared=list(one.declared),
                is_sound=one.is_sound,
                problems=[problem.in_language(language) for problem in one.problems],
            )
            for one in found
        ]
    )


class NewReservation(Body):
    """Numbers for documents that are still to come."""

    book: Code | None = Field(None, description="Code of the book; the default one without it.")
    direction: registry.Direction
    count: int = Field(1, ge=1, le=100)
    reason: Annotated[Needed, Field(examples=["Απόφαση Δημοτικού Συμβουλίου 12/2026"])]
    last_day: Annotated[Day, Field(description="In the year of the numbers.")]
    owner_id: Id | None = Field(None, description="The person for whom; the caller without it.")


class ReservationShape(Shape):
    """A reserved number. `entry_id` is there when it was used or annulled."""

    id: int
    book: str
    year: int
    label: str = Field(examples=["1234/2026"])
    direction: registry.Direction
    taken_at: datetime
    owner: str
    reason: str
    expires_at: datetime
    entry_id: int | None
    is_annulled: bool


class Reservations(BaseModel):
    items: list[ReservationShape]


@router.get("/reservations")
def reserved(
    by: Reader,
    office: TheOffice,
    book: Annotated[str | None, Query(max_length=64)] = None,
    only_held: bool = True,
) -> Reservations:
    """Reserved numbers that are open to the caller, those not used yet."""
    with office.db.read() as session:
        rows = reservations.listing(session, by=by, book=book, only_held=only_held)
    return Reservations(items=[ReservationShape.model_validate(row) for row in rows])


@router.post("/reservations", status_code=201)
def reserve(body: NewReservation, by: Registrar, office: TheOffice) -> Reservations:
    """Take numbers of a book now. A number that is not used in time is annulled."""
    with office.db.begin() as session:
        made = reservations.reserve(
            session,
            body.book,
            direction=body.direction,
            count=body.count,
            reason=body.reason,
            last_day=body.last_day,
            owner_id=body.owner_id,
            by=by,
            zone=office.settings.zone,
        )
        wanted = {row.id for row in made}
        rows = reservations.listing(session, by=by, only_held=True)
        return Reservations(
            items=[ReservationShape.model_validate(row) for row in rows if row.id in wanted]
        )


class GivenBack(BaseModel):
    """The annulled entry that bears the number now."""

    label: str
    entry_id: int


@router.post("/reservations/{reservation_id}/return", status_code=201)
def give_back(
    reservation_id: RowId, body: ReasonBody, by: Registrar, office: TheOffice
) -> GivenBack:
    """Give a reserved number back: it is annulled with the reason."""
    with office.db.begin() as session:
        entry = reservations.give_back(session, reservation_id, reason=body.reason, by=by)
        return GivenBack(label=entry.label, entry_id=entry.id)


class NewArrivalBody(Body):
    """What the envelope says. Number and instant are given by the server."""

    delivery_method: registry.DeliveryMethod = registry.DeliveryMethod.SYSTEM
    sender_name: Line = Field("", description="As far as it is known.")
    sender_email: Line = ""
    delivery_detail: Line = ""
    is_openable: bool = Field(True, description="Whether the registry may open it.")
    note: Line = ""


class ArrivalShape(Shape):
    """An arrival: waiting, registered (`entry_label`) or ended (`outcome`).

    One whose entry is not open to the caller does not wait, and shows neither sender nor label.
    """

    id: int
    label: str = Field(examples=["ΠΑΡ-17/2026"])
    arrived_at: datetime
    sender_name: str
    sender_email: str
    delivery_method: registry.DeliveryMethod
    delivery_detail: str
    is_openable: bool
    note: str
    received_by: str
    entry_label: str
    outcome: arrivals.ArrivalOutcome | None
    reason: str
    is_waiting: bool


class Arrivals(BaseModel):
    items: list[ArrivalShape]


@router.get("/arrivals")
def arrived(
    by: Reader,
    office: TheOffice,
    only_waiting: bool = True,
    before: Annotated[int | None, Query(ge=1, description="Id of the last one seen.")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Arrivals:
    """Arrivals: those that wait, the oldest first, or all, the newest first."""
    with office.db.read() as session:
        rows = arrivals.listing(
            session, by=by, only_waiting=only_waiting, before=before, limit=limit
        )
    return Arrivals(items=[ArrivalShape.model_validate(row) for row in rows])


@router.post("/arrivals", status_code=201)
def arrive(body: NewArrivalBody, by: Registrar, office: TheOffice) -> ArrivalShape:
    """Give an item its arrival number at once; register it later with `arrival_id`."""
    with office.db.begin() as session:
        new = arrivals.NewArrival(**body.model_dump())
        row = arrivals.arrive(session, new, by=by, zone=office.settings.zone)
        return _arrival(row)


class End(ReasonBody):
    outcome: arrivals.ArrivalOutcome


class Ended(BaseModel):
    """The arrival ended without a number of a book."""

    arrival_id: int
    outcome: arrivals.ArrivalOutcome
    reason: str
    ended_at: datetime


@router.post("/arrivals/{arrival_id}/end", status_code=201)
def end(arrival_id: RowId, body: End, by: Registrar, office: TheOffice) -> Ended:
    """End an arrival that gets no number, with the reason."""
    with office.db.begin() as session:
        row = arrivals.end(session, arrival_id, body.outcome, reason=body.reason, by=by)
        return Ended(
            arrival_id=row.arrival_id,
            outcome=arrivals.ArrivalOutcome(row.outcome),
            reason=row.reason,
            ended_at=row.ended_at,
        )


def _arrival(row: registry.Arrival) -> ArrivalShape:
    return ArrivalShape(
        id=row.id,
        label=arrivals.label(row),
        arrived_at=row.arrived_at,
        sender_name=row.sender_name,
        sender_email=row.sender_email,
        delivery_method=registry.DeliveryMethod(row.delivery_method),
        delivery_detail=row.delivery_detail,
        is_openable=row.is_openable,
        note=row.note,
        received_by="",
        entry_label="",
        outcome=None,
        reason="",
        is_waiting=True,
    )
