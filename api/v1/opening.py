"""Opening entries by program: the reason for what is confidential, and who read what."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Literal
from urllib.parse import unquote

from fastapi import APIRouter, Depends, Header, Path, Query, Response
from pydantic import BaseModel, Field

from api.deps import TheOffice
from api.v1.address import Address, At
from api.v1.fields import Position, Year
from api.v1.reads import ReadRoute
from api.v1.security import Auditor, Reader
from docflow import reads, registry
from docflow.office import Office
from docflow.principal import Principal

router = APIRouter(tags=["reading"], route_class=ReadRoute)

Reason = Annotated[
    str | None,
    Header(
        alias="Read-Reason",
        max_length=3000,
        description=(
            "Why a confidential entry is opened, percent-encoded UTF-8; needed unless it is the "
            "person's own work. Kept for good; it holds for eight hours."
        ),
        examples=["Προετοιμασία απάντησης"],
    ),
]
What = reads.What


def opened(
    office: Office,
    entry: registry.Entry,
    *,
    by: Principal,
    reason: str | None,
    what: reads.What = reads.What.ENTRY,
    position: int | None = None,
) -> None:
    """Note the read before anything is answered. Raises ReasonNeeded, BadReason."""
    said = unquote(reason) if reason else ""
    reads.opened(office.db, entry, by=by, what=what, position=position, reason=said)


def entry_opened(
    office: Office,
    at: Address,
    *,
    by: Principal,
    reason: str | None,
    what: reads.What = reads.What.ENTRY,
    position: int | None = None,
) -> registry.Entry:
    """The entry at an address, its reading noted. Raises NoSuchEntry, ReasonNeeded, BadReason."""
    with office.db.read() as session:
        entry = at.entry(session, by)
    opened(office, entry, by=by, reason=reason, what=what, position=position)
    return entry


def _opening(what: reads.What) -> Callable[..., registry.Entry]:
    def entry(at: At, by: Reader, office: TheOffice, read_reason: Reason = None) -> registry.Entry:
        return entry_opened(office, at, by=by, reason=read_reason, what=what)

    return entry


def _file(
    at: At, position: Position, by: Reader, office: TheOffice, read_reason: Reason = None
) -> registry.Entry:
    return entry_opened(
        office, at, by=by, reason=read_reason, what=reads.What.FILE, position=position
    )


OfEntry = Annotated[registry.Entry, Depends(_opening(reads.What.ENTRY))]
OfText = Annotated[registry.Entry, Depends(_opening(reads.What.TEXT))]
OfFile = Annotated[registry.Entry, Depends(_file)]
# Without a position in the note: that of a copy is no file's.
OfCopy = Annotated[registry.Entry, Depends(_opening(reads.What.FILE))]


class ReadShape(BaseModel):
    """One reading."""

    at: datetime
    person: str
    via: str
    what: reads.What
    file: int | None = Field(description="Position of the file.")
    is_confidential: bool
    basis: reads.Basis
    reason: str
    entry: str = Field("", description="Number and book; in reports.")


class Reads(BaseModel):
    items: list[ReadShape]


class ReaderShape(BaseModel):
    """What one person read in the month."""

    person: str
    reads: int
    entries: int
    confidential: int
    odd_hours: int


class ReportShape(BaseModel):
    """A month: what was read, by whom, and each reading of something confidential."""

    year: int
    month: int
    is_over: bool
    reads: int
    people: int
    entries: int
    confidential: int
    odd_hours: int = Field(description="From 21:00 to 06:00, and on Sundays.")
    by_person: list[ReaderShape]
    confidential_reads: list[ReadShape]


@router.get("/entries/{book}/{year}/{number}/reads")
def of_entry(at: At, by: Auditor, office: TheOffice, read_reason: Reason = None) -> Reads:
    """Who read the entry, the newest first."""
    entry = entry_opened(office, at, by=by, reason=read_reason)
    with office.db.read() as session:
        return Reads(items=[_shape(line) for line in reads.of_entry(session, entry.id)])


Month = Annotated[int, Path(ge=1, le=12)]


@router.get("/reads/{year}/{month}", response_model=ReportShape)
def report(
    year: Year,
    month: Month,
    by: Auditor,
    office: TheOffice,
    form: Annotated[
        Literal["json", "csv", "pdf"], Query(description="As data, as table, as paper.")
    ] = "json",
) -> object:
    """Who read what in a month, for the data protection officer and auditors."""
    zone = office.settings.zone
    with office.db.begin() as session:
        found = reads.monthly(session, year, month, by=by, zone=zone)
        reads.record_report(session, found, form, by=by)
        if form == "csv":
            table = reads.report_csv(found, language=by.language, zone=zone)
            return Response(table, media_type="text/csv; charset=utf-8")
        if form == "pdf":
            pdf = reads.report_pdf(
                session, found, body_id=by.body_id, language=by.language, zone=zone
            )
            return Response(pdf, media_type="application/pdf")
    return ReportShape(
        year=found.year,
        month=found.month,
        is_over=found.is_over,
        reads=found.reads,
        people=found.people,
        entries=found.entries,
        confidential=found.confidential,
        odd_hours=found.odd_hours,
        by_person=[
            ReaderShape(
                person=one.person,
                reads=one.reads,
                entries=one.entries,
                confidential=one.confidential,
                odd_hours=one.odd_hours,
            )
            for one in found.by_person
        ],
        confidential_reads=[_shape(line) for line in found.confidential_reads],
    )


def _shape(line: reads.ReadLine) -> ReadShape:
    return ReadShape(
        at=line.at,
        person=line.person,
        via=line.via,
        what=reads.What(line.what),
        file=line.position,
        is_confidential=line.is_confidential,
        basis=reads.Basis(line.basis),
        reason=line.reason,
        entry=line.label,
    )
