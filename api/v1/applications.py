"""/api/v1/applications: what citizens filed, the messages about it, what is asked of them."""

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from api.deps import TheOffice
from api.v1 import opening, shapes
from api.v1.fields import Body, Code, Day, Needed, Typed
from api.v1.reads import ReadRoute
from api.v1.security import Reader, Router
from docflow import applications, registry
from docflow.accounts import Level
from docflow.applications import ApplicationState, Filter, Outcome
from docflow.office import Office
from docflow.principal import Principal

router = APIRouter(tags=["applications"], route_class=ReadRoute)
AnyId = Annotated[int, Path(ge=1, le=2**62)]
_MOST = 200


class ApplicationLine(shapes.Shape):
    """An application in a list."""

    id: int
    number: str = Field(examples=["1234/2026"])
    entry_id: int
    service: str = Field(examples=["traffic-fine"])
    title: str = Field(examples=["Πληρωμή κλήσης ΚΟΚ"])
    state: ApplicationState
    outcome: Outcome | None
    filed_at: datetime
    full_name: str = Field(examples=["Ελένη Δημητρίου"])
    unread: int = Field(description="Messages of the applicant that nobody of the office saw.")


class Applications(BaseModel):
    items: list[ApplicationLine]
    total: int


class Answered(shapes.Shape):
    """A field of the form, as people read it."""

    label: str = Field(examples=["Ποσό"])
    text: str = Field(examples=["50,00 €"])


class AnsweredGroup(shapes.Shape):
    title: str
    answers: list[Answered]


class ThreadFile(shapes.Shape):
    position: int = Field(description="Among the files of the entry.")
    name: str
    size: int
    is_open: bool = Field(description="False while it waits for the virus check.")


class ThreadMessage(shapes.Shape):
    id: int
    is_from_office: bool
    author: str
    text: str = Field(examples=["Ποια οδός είναι;"])
    sent_at: datetime
    files: list[ThreadFile]


class SupplementAsked(shapes.Shape):
    id: int
    text: str = Field(examples=["Στείλτε αντίγραφο της ταυτότητας."])
    due_on: date
    asked_at: datetime
    asked_by: str
    answered_at: datetime | None
    answer: str
    answer_number: str = Field(description="The number under which the answer was registered.")
    cancelled_at: datetime | None


class OneApplication(BaseModel):
    """An application with all that was said of it."""

    id: int
    version: int = Field(description="Sent back as `seen` with an act.")
    number: str
    entry_id: int
    service: str
    title: str
    state: ApplicationState
    outcome: Outcome | None
    outcome_note: str
    full_name: str
    filed_by: str = Field(description="Who filed it for the applicant; empty: he himself.")
    level: Level = Field(description="How surely it was known who filed it.")
    filed_at: datetime
    ended_at: datetime | None
    withdrawal_reason: str
    due_on: date | None = Field(description="Until when it is to be answered.")
    filed: list[AnsweredGroup]
    messages: list[ThreadMessage]
    supplements: list[SupplementAsked]
    may_handle: bool = Field(description="Whether the caller may write to the applicant.")


@router.get("/applications")
def listed(
    by: Reader,
    office: TheOffice,
    service: Annotated[Code | None, Query()] = None,
    state: Annotated[ApplicationState | None, Query()] = None,
    text: Annotated[Typed, Query(description="Number, name, ΑΦΜ or e-mail address.")] = "",
    unread: Annotated[bool, Query(description="Only those with new messages.")] = False,
    start: Annotated[int, Query(ge=0, le=10_000_000)] = 0,
    limit: Annotated[int, Query(ge=1, le=_MOST)] = 50,
) -> Applications:
    """The applications whose entries the caller may see, the newest first."""
    wanted = Filter(service=service or "", state=state or "", text=text, unread=unread)
    with office.db.read() as session:
        found, total = applications.listing(session, by=by, wanted=wanted, start=start, limit=limit)
    items = [ApplicationLine.model_validate(one) for one in found]
    return Applications(items=items, total=total)


@router.get("/applications/{application_id}")
def one(
    application_id: AnyId, by: Reader, office: TheOffice, read_reason: opening.Reason = None
) -> OneApplication:
    """One application. Noted as a reading of its entry."""
    _opened(office, application_id, by, read_reason)
    return _shown(office, application_id, by)


class MessageBody(Body):
    text: Annotated[Needed, Field(examples=["Ποια οδός είναι;"])]


@router.post("/applications/{application_id}/messages", status_code=201)
def write(
    application_id: AnyId,
    body: MessageBody,
    by: Router,
    office: TheOffice,
    read_reason: opening.Reason = None,
) -> OneApplication:
    """Write to the applicant; he is told only that a message waits. Noted as a reading."""
    _opened(office, application_id, by, read_reason)
    with office.db.begin() as session:
        applications.write(session, office, application_id, body.text, by=by)
    return _shown(office, application_id, by)


class SupplementBody(Body):
    text: Annotated[Needed, Field(examples=["Στείλτε αντίγραφο της ταυτότητας."])]
    due_on: Day = Field(description="Until when he may answer; the clock stands still meanwhile.")


Seen = Annotated[
    int | None,
    Query(ge=0, le=2**62, description="The `version` on which you decided; another gives 409."),
]


@router.post("/applications/{application_id}/supplement", status_code=201)
def ask(
    application_id: AnyId,
    body: SupplementBody,
    by: Router,
    office: TheOffice,
    seen: Seen = None,
    read_reason: opening.Reason = None,
) -> OneApplication:
    """Ask the applicant for something. Noted as a reading."""
    _opened(office, application_id, by, read_reason)
    with office.db.begin() as session:
        applications.supplements.ask(
            session, application_id, text=body.text, due_on=body.due_on, by=by, seen=seen
        )
    return _shown(office, application_id, by)


@router.delete("/applications/{application_id}/supplement")
def take_back(
    application_id: AnyId,
    by: Router,
    office: TheOffice,
    seen: Seen = None,
    read_reason: opening.Reason = None,
) -> OneApplication:
    """What was asked for is not needed any more; the clock runs on. Noted as a reading."""
    _opened(office, application_id, by, read_reason)
    with office.db.begin() as session:
        applications.supplements.take_back(session, application_id, by=by, seen=seen)
    return _shown(office, application_id, by)


def _opened(office: Office, application_id: int, by: Principal, reason: str | None) -> None:
    """Note the reading first: each answer here, also to an act, is the whole application."""
    with office.db.read() as session:
        row = applications.of_staff(session, application_id, by=by)
        entry = session.get_one(registry.Entry, row.entry_id)
    opening.opened(office, entry, by=by, reason=reason)


def _shown(office: Office, application_id: int, by: Principal) -> OneApplication:
    with office.db.read() as session:
        return _one(session, application_id, by)


def _one(session: Session, application_id: int, by: Principal) -> OneApplication:
    row = applications.of_staff(session, application_id, by=by)
    status = applications.status(session, row, language=by.language, for_staff=True)
    return OneApplication(
        id=row.id,
        version=row.version,
        number=status.number,
        entry_id=row.entry_id,
        service=row.service_code,
        title=status.title,
        state=status.state,
        outcome=status.outcome,
        outcome_note=status.outcome_note,
        full_name=row.full_name,
        filed_by=row.filed_by,
        level=Level(row.level),
        filed_at=row.filed_at,
        ended_at=status.ended_at,
        withdrawal_reason=row.withdrawal_reason,
        due_on=status.due_on,
        filed=[AnsweredGroup.model_validate(group) for group in status.filed],
        messages=[ThreadMessage.model_validate(line) for line in status.thread],
        supplements=[SupplementAsked.model_validate(info) for info in status.supplements],
        may_handle=applications.may_handle(session, row, by),
    )
