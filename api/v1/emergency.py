"""/api/v1/emergency: kits, what a file of the offline page would do, and taking it over."""

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, ConfigDict, Field

from api.deps import TheOffice
from api.v1.fields import Body, Code, Line, Needed
from api.v1.language import Language
from api.v1.reads import ReadRoute
from api.v1.security import Reader, Registrar
from api.v1.submission import Submitted, request_body
from docflow import clock, emergency
from docflow.emergency import Authorised
from docflow.i18n import t
from docflow.office import Office
from docflow.principal import Principal

router = APIRouter(prefix="/emergency", tags=["emergency"], route_class=ReadRoute)
RowId = Annotated[int, Path(ge=1, le=2**62)]


class NewKit(Body):
    """Numbers to be reserved while the system is up."""

    place: Annotated[Needed, Field(description="The workplace.", examples=["Γκισέ 1"])]
    numbers: int = Field(50, ge=1, le=1000)
    year: int | None = Field(None, ge=1900, le=2999, description="This year without it.")
    book: Code | None = None


class Kit(BaseModel):
    """A kit; its `code` stands on each sheet and in each file."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    code: str
    place: str
    book: str
    year: int
    first_label: str = Field(examples=["ΕΚΤ-2026-0001"])
    last_label: str = Field(examples=["ΕΚΤ-2026-0050"])
    used: int
    prepared_at: datetime


class Kits(BaseModel):
    items: list[Kit]


class Late(Body):
    """An authorisation that the head of the registry states only now."""

    authorised_by: Needed
    at: datetime
    note: Line = ""


class Recovery(Body):
    """How the file is taken over."""

    dry_run: bool = Field(True, description="Only say what would happen.")
    leave_out: list[int] = Field(
        default_factory=list, max_length=1000, description="Emergency numbers that wait."
    )
    late: list[Late] = Field(default_factory=list, max_length=20)


class Authorisations(Body):
    """Who allowed what nobody had allowed, stated by the head of the registry."""

    late: list[Late] = Field(min_length=1, max_length=20)


class Record(BaseModel):
    """A record of the file; `problem` says what stands in its way."""

    label: str
    noted_at: datetime
    subject: str
    problem: str | None


class Total(BaseModel):
    day: date
    counted: int
    stated: int | None
    agrees: bool


class Period(BaseModel):
    """One emergency of the file."""

    cause: str
    started_at: datetime
    ended_at: datetime
    new: list[Record]
    known: list[str] = Field(description="Emergency numbers that were taken over before.")
    totals: list[Total]
    is_authorised: bool
    problem: str | None


class Made(BaseModel):
    """An entry that was registered."""

    model_config = ConfigDict(from_attributes=True)

    label: str
    book: str
    year: int
    number: int
    entry_label: str


class Outcome(BaseModel):
    periods: list[Period]
    registered: list[Made]


@router.get("/kits")
def kits(by: Reader, office: TheOffice) -> Kits:
    """The kits of the body, the newest first."""
    with office.db.read() as session:
        found = emergency.kits(session, by=by)
        return Kits(items=[Kit.model_validate(one) for one in found])


@router.post("/kits", status_code=201)
def prepare(new: NewKit, by: Registrar, office: TheOffice) -> Kit:
    """Reserve the numbers of a kit (head of the registry)."""
    zone = office.settings.zone
    with office.db.begin() as session:
        kit_id = emergency.prepare(
            session,
            by=by,
            place=new.place,
            numbers=new.numbers,
            year=new.year or clock.today(zone).year,
            zone=zone,
            book=new.book,
        )
        return Kit.model_validate(emergency.kit(session, kit_id, by=by))


@router.get("/kits/{kit_id}/sheets", response_class=Response)
def sheets(kit_id: RowId, by: Registrar, office: TheOffice, language: Language) -> Response:
    """The kit on paper, as PDF (the registry's; scope `register`)."""
    pdf = emergency.sheets(office, kit_id, by=by, language=language)
    return Response(pdf, media_type="application/pdf")


@router.get("/kits/{kit_id}/page", response_class=Response)
def page(kit_id: RowId, by: Registrar, office: TheOffice, language: Language) -> Response:
    """The kit's offline page, one HTML file to be kept (the registry's; scope `register`)."""
    html = emergency.offline_page(office, kit_id, by=by, language=language)
    headers = {"Content-Disposition": "attachment; filename=docflow-emergency.html"}
    return Response(html, media_type="application/octet-stream", headers=headers)


@router.post(
    "/recovery", openapi_extra=request_body(Recovery, files="The file of the offline page.")
)
def recover(sent: Submitted, by: Registrar, office: TheOffice, language: Language) -> Outcome:
    """Take over what was noted in an emergency; the same file again registers nothing."""
    wanted, zone = sent.body(Recovery), office.settings.zone
    journal = _journal(sent, by, office)
    with office.db.read() as session:
        seen = emergency.examine(session, journal, by=by, zone=zone)
    made: list[emergency.Recovered] = []
    if not wanted.dry_run:
        with office.db.begin() as session:
            made = emergency.recover(
                session,
                journal,
                by=by,
                zone=zone,
                ocr_languages=office.settings.ocr_languages,
                leave_out=wanted.leave_out,
                late=_authorised(wanted.late),
            )
    return Outcome(
        periods=[_period(one, language) for one in seen],
        registered=[Made.model_validate(one) for one in made],
    )


@router.post(
    "/authorisations",
    openapi_extra=request_body(Authorisations, files="The file of the offline page."),
)
def authorise(sent: Submitted, by: Registrar, office: TheOffice, language: Language) -> Outcome:
    """Keep who allowed an emergency beyond its time, and register nothing (head of the registry).

    A clerk takes the same file over afterwards.
    """
    wanted = sent.body(Authorisations)
    journal = _journal(sent, by, office)
    with office.db.begin() as session:
        emergency.authorise(session, journal, _authorised(wanted.late), by=by)
    with office.db.read() as session:
        seen = emergency.examine(session, journal, by=by, zone=office.settings.zone)
    return Outcome(periods=[_period(one, language) for one in seen], registered=[])


def _journal(sent: Submitted, by: Principal, office: Office) -> emergency.Journal:
    if len(sent.files) != 1:
        raise emergency.NoJournal(t("Choose the file that the emergency page saved."), field="file")
    data = sent.files[0].file.read()
    sent.stored(office, by=by)  # the file itself is kept, as evidence
    with office.db.read() as session:
        kit = emergency.kit_of_code(session, emergency.kit_code(data), by=by)
    return emergency.read(data, kit)


def _authorised(late: list[Late]) -> list[Authorised]:
    return [Authorised(one.authorised_by, one.at, one.note) for one in late]


def _period(one: emergency.Examined, language: str) -> Period:
    return Period(
        cause=one.emergency.cause,
        started_at=one.emergency.started_at,
        ended_at=one.emergency.ended_at,
        new=[
            Record(
                label=found.label,
                noted_at=found.noted.at,
                subject=found.noted.subject,
                problem=found.problem.in_language(language) if found.problem else None,
            )
            for found in one.findings
        ],
        known=list(one.known),
        totals=[
            Total(day=day.day, counted=day.counted, stated=day.stated, agrees=day.agrees)
            for day in one.totals
        ],
        is_authorised=not one.uncovered,
        problem=one.problem.in_language(language) if one.problem else None,
    )
