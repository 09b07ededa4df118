"""/api/v1/entries/…/contributions and /notes: opinions, parts of the work, notes of the staff."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from api.deps import TheOffice
from api.v1 import opening, shapes
from api.v1.address import At
from api.v1.fields import (
    Body,
    Day,
    Id,
    Needed,
    ReasonBody,
    Seen,
    TargetBody,
)
from api.v1.reads import ReadRoute
from api.v1.security import Reader, Router
from docflow import registry, routing
from docflow.i18n import t
from docflow.principal import Principal
from docflow.routing import ContributionKind, ContributionState, contributions

router = APIRouter(
    prefix="/entries/{book}/{year}/{number}", tags=["handling"], route_class=ReadRoute
)
ContributionId = Annotated[Id, Path(description="As `GET …/contributions` names it.")]


class Contribution(shapes.Shape):
    """What somebody was asked for beside the one who is responsible."""

    id: int
    kind: ContributionKind
    state: ContributionState
    unit_id: int
    unit: str
    person: str
    question: str = Field(examples=["Είναι σύννομη η παράταση;"])
    due_on: Day | None
    is_awaited: bool = Field(description="The entry is not closed before the answer came.")
    asked_by: str
    asked_at: datetime
    taken_by: str
    ended_by: str
    ended_at: datetime | None
    answer: str = Field(description="The answer, or why it was refused or taken back.")
    is_mine: bool = Field(description="Whether the caller may answer.")
    may_withdraw: bool


class Contributions(BaseModel):
    items: list[Contribution]


@router.get("/contributions")
def listing(entry: opening.OfEntry, by: Reader, office: TheOffice) -> Contributions:
    """Opinions and parts that others were asked for, in their order."""
    with office.db.read() as session:
        return _listed(session, session.get_one(registry.Entry, entry.id), by)


class RequestBody(Body):
    to: TargetBody
    question: Needed = Field(examples=["Είναι σύννομη η παράταση;"])
    due_on: Day | None = None
    is_awaited: bool = True


class Asking(Body):
    """Of one kind, of any number side by side: all are asked, or none."""

    kind: ContributionKind = ContributionKind.OPINION
    requests: list[RequestBody] = Field(min_length=1, max_length=contributions.MOST_AT_ONCE)


@router.post("/contributions", status_code=201)
def ask(at: At, body: Asking, by: Router, office: TheOffice, seen: Seen = None) -> Contributions:
    """Ask others for their opinion, or split off parts of the work."""
    requests = [
        routing.Request(one.to.target(), one.question, one.due_on, one.is_awaited)
        for one in body.requests
    ]

    with office.db.begin() as session:
        entry = at.entry(session, by)
        contributions.ask(session, entry.id, by=by, kind=body.kind, requests=requests, seen=seen)
        return _listed(session, entry, by)


@router.post("/contributions/{contribution_id}/taking")
def take(at: At, contribution_id: ContributionId, by: Router, office: TheOffice) -> Contributions:
    """Take in hand what the unit was asked for."""

    with office.db.begin() as session:
        entry = at.entry(session, by)
        contributions.take(session, _of(session, entry.id, contribution_id), by=by)
        return _listed(session, entry, by)


class Answer(Body):
    answer: Needed


@router.post("/contributions/{contribution_id}/answer")
def give(
    at: At, contribution_id: ContributionId, body: Answer, by: Router, office: TheOffice
) -> Contributions:
    """Give the opinion, or say what was done in the part; it is not changed afterwards."""

    with office.db.begin() as session:
        entry = at.entry(session, by)
        asked = _of(session, entry.id, contribution_id)
        contributions.give(session, asked, by=by, answer=body.answer)
        return _listed(session, entry, by)


@router.post("/contributions/{contribution_id}/refusal")
def decline(
    at: At, contribution_id: ContributionId, body: ReasonBody, by: Router, office: TheOffice
) -> Contributions:
    """Refuse what one was asked for."""

    with office.db.begin() as session:
        entry = at.entry(session, by)
        asked = _of(session, entry.id, contribution_id)
        contributions.decline(session, asked, by=by, reason=body.reason)
        return _listed(session, entry, by)


@router.post("/contributions/{contribution_id}/withdrawal")
def withdraw(
    at: At, contribution_id: ContributionId, body: ReasonBody, by: Router, office: TheOffice
) -> Contributions:
    """Ask no more."""

    with office.db.begin() as session:
        entry = at.entry(session, by)
        asked = _of(session, entry.id, contribution_id)
        contributions.withdraw(session, asked, by=by, reason=body.reason)
        return _listed(session, entry, by)


class Note(shapes.Shape):
    """What somebody noted while he handled the entry; for the staff alone."""

    id: int
    text: str
    written_by: str
    written_at: datetime


class Notes(BaseModel):
    items: list[Note]


class NewNote(Body):
    text: Needed = Field(examples=["Τηλεφώνησα στον αιτούντα."])


@router.get("/notes")
def notes(entry: opening.OfEntry, by: Reader, office: TheOffice) -> Notes:
    """The notes of the staff, the oldest first."""
    with office.db.read() as session:
        return _notes(session, entry.id)


@router.post("/notes", status_code=201)
def write_note(at: At, body: NewNote, by: Router, office: TheOffice) -> Notes:
    """Add a note; it is never changed."""
    with office.db.begin() as session:
        entry = at.entry(session, by)
        routing.notes.write(session, entry.id, by=by, text=body.text)
        return _notes(session, entry.id)


def _notes(session: Session, entry_id: int) -> Notes:
    found = routing.notes.of_entry(session, entry_id)
    return Notes(items=[Note.model_validate(one) for one in found])


def _listed(session: Session, entry: registry.Entry, by: Principal) -> Contributions:
    session.flush()  # what the answer reads again
    found = routing.contributions_of(session, entry, by=by)
    return Contributions(items=[Contribution.model_validate(one) for one in found])


def _of(session: Session, entry_id: int, contribution_id: int) -> int:
    """The request, if it is of this entry. Raises NoSuchContribution."""
    row = session.get(routing.Contribution, contribution_id)
    if row is None or row.entry_id != entry_id:
        raise routing.NoSuchContribution(t("There is no such request, or it is not open to you."))
    return contribution_id
