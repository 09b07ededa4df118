"""/api/v1/closings/{book}/days, years: daily registers, and the closing of a year."""

from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from api.deps import TheOffice
from api.streams import stored_file
from api.v1.fields import Body, BookCode, Year
from api.v1.language import Language
from api.v1.reads import Limit, ReadRoute
from api.v1.security import Annuller, Reader
from docflow import closings
from docflow.office import Office
from docflow.principal import Principal

router = APIRouter(prefix="/closings/{book}", tags=["closings"], route_class=ReadRoute)
_A_PDF: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/pdf": {}}, "description": "A sealed PDF/A-3."}
}


class Shape(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class ClosedDay(Shape):
    """A day of a book with its sealed register."""

    day: date
    identifier: str = Field(examples=["paradeigma-koino-20261121-017"])
    entries: int
    first_number: int | None
    last_number: int | None
    corrections: int
    annulments: int
    late: int = Field(description="Entries registered on a later day than they were received.")
    content_sha256: str = Field(description="Digest of the canonical JSON of `content`.")
    previous_sha256: str = Field(description="That of the register before: a chain.")
    is_late: bool = Field(description="Made after the next working day.")
    closed_at: datetime
    closed_by: str = Field(description="Empty: by the system.")


class WaitingDay(Shape):
    """A day that is over and has no register yet."""

    day: date
    deadline: date
    is_overdue: bool
    problem: str = Field(description="What the last try met; empty before it.")


class Days(BaseModel):
    waiting: list[WaitingDay]
    items: list[ClosedDay]
    total: int


@router.get("/days")
def days(
    book: BookCode,
    by: Reader,
    office: TheOffice,
    start: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
    limit: Limit = 50,
) -> Days:
    """The days of a book: those that wait, and those that were closed, the newest first."""
    with office.db.read() as session:
        found = closings.book_named(session, book, by)
        state = closings.state_of(session, office, found, by=by)
        lines = closings.listing(session, found, start=start, limit=limit)
    return Days(
        waiting=[WaitingDay.model_validate(one) for one in state.waiting],
        items=[ClosedDay.model_validate(one) for one in lines],
        total=state.registers,
    )


class DayWithContent(ClosedDay):
    content: dict[str, Any] = Field(description="What the register says; see docs/closings.md.")


@router.get("/days/{day}")
def one_day(book: BookCode, day: date, by: Reader, office: TheOffice) -> DayWithContent:
    """A closed day with its content."""
    with office.db.read() as session:
        found = closings.book_named(session, book, by)
        line, content = closings.content_of(session, found, day)
    return DayWithContent(**ClosedDay.model_validate(line).model_dump(), content=content)


@router.get("/days/{day}/register", response_class=Response, responses=_A_PDF)
def register(
    book: BookCode, day: date, by: Reader, office: TheOffice, sealed: bool = False
) -> Response:
    """The sealed register of a day.

    Where data of the day were erased since, an extract without them; `sealed=true` gives the
    register as it was sealed to who closes the book's days, and is noted in the trail.
    """
    with office.db.begin() as session:
        found = closings.book_named(session, book, by)
        given = closings.paper(session, office, found, day, by=by, sealed=sealed)
    if given.extract is not None:
        return Response(
            closings.printed(given.extract),
            media_type="application/pdf",
            headers={"Cache-Control": "no-store"},
        )
    line = given.line
    return stored_file(
        office,
        sha256=line.pdf_sha256,
        name=f"{line.identifier}.pdf",
        media_type="application/pdf",
    )


@router.post("/days/{day}", status_code=201)
def close_day(book: BookCode, day: date, by: Annuller, office: TheOffice) -> ClosedDay:
    """Close a day that is over, before the system does; the registrar's act."""
    with office.db.read() as session:
        found = closings.book_named(session, book, by)
        closings.require_close(by, found)
    closings.close_day(office, found.id, day, by=by)
    with office.db.read() as session:
        line, _ = closings.content_of(session, found, day)
    return ClosedDay.model_validate(line)


class Numbered(Shape):
    label: str
    reason: str


class YearReport(BaseModel):
    """What stands in a year, and what is in the way of its closing."""

    book: str
    year: int
    entries: int
    by_direction: dict[str, int]
    annulled: list[Numbered]
    unused: list[Numbered] = Field(description="Reservations that the closing annuls.")
    days: int
    days_since: date | None = Field(
        description="Where the year has entries older than the book's first daily register."
    )
    obstacles: list[str]
    closed_at: datetime | None


@router.get("/years/{year}")
def year_report(
    book: BookCode, year: Year, by: Reader, office: TheOffice, language: Language
) -> YearReport:
    """The report before the closing of a year."""
    return _report(office, book, year, by, language)


class CloseBody(Body):
    """Nothing is undone: say that the report was read."""

    confirmed: bool = Field(examples=[True])


@router.post("/years/{year}/closing", status_code=201)
def close_year(
    book: BookCode,
    year: Year,
    body: CloseBody,
    by: Annuller,
    office: TheOffice,
    language: Language,
) -> YearReport:
    """Close a year: sealed declaration, then no number any more; the registrar's act."""
    closings.require_confirmed(body.confirmed)
    closings.close_year(office, book, year, by=by)
    return _report(office, book, year, by, language)


@router.get("/years/{year}/declaration", response_class=Response, responses=_A_PDF)
def declaration(book: BookCode, year: Year, by: Reader, office: TheOffice) -> Response:
    """The sealed declaration of a closed year."""
    with office.db.read() as session:
        found = closings.book_named(session, book, by)
        closing = closings.closing_of(session, found, year)
    return stored_file(
        office,
        sha256=closing.pdf_sha256,
        name=f"{closing.content['identifier']}.pdf",
        media_type="application/pdf",
    )


def _report(office: Office, book: str, year: int, by: Principal, language: str) -> YearReport:
    with office.db.read() as session:
        found = closings.prepare_year(session, office, book, year, by=by)
    return YearReport(
        book=book,
        year=year,
        entries=found.entries,
        by_direction=found.by_direction,
        annulled=[Numbered.model_validate(one) for one in found.annulled],
        unused=[Numbered.model_validate(one) for one in found.unused],
        days=found.days,
        days_since=found.days_since,
        obstacles=[one.in_language(language) for one in found.obstacles],
        closed_at=found.closed_at,
    )
