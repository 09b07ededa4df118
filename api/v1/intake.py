"""/api/v1: files that wait for a person, and the quarantine."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, Field

from api.closed import closed_file
from api.deps import TheOffice
from api.v1 import shapes
from api.v1.address import At
from api.v1.fields import Body, Needed, Position
from api.v1.language import Language
from api.v1.reads import ReadRoute
from api.v1.security import Administrator, Reader, Registrar
from docflow import documents, registry
from docflow.documents import QuarantineAct, ReadingState, ScreeningState

router = APIRouter(tags=["files"], route_class=ReadRoute)
FileId = Annotated[int, Path(ge=1, le=2**62, description="As `GET /quarantine` names it.")]


class WaitingShape(BaseModel):
    """A file that could not be read, only in part, or is kept closed."""

    book: str
    year: int
    number: int
    label: str = Field(examples=["15/2026"])
    position: int
    name: str
    media_type: str
    state: ReadingState
    problem: str | None = Field(description="A code for programs.", examples=["encrypted"])
    problem_detail: str | None = Field(description="What is wrong and what to do, for people.")
    notes: list[str] = Field(
        description="Pages and parts that were left out, and why.",
        examples=[["“plan.dwg” is locked with a password and was left in the archive."]],
    )
    tried_again: bool = Field(description="Whether it is tried again by itself.")


class WaitingList(BaseModel):
    items: list[WaitingShape]
    total: int


@router.get("/files-to-check")
def to_check(
    by: Reader,
    office: TheOffice,
    language: Language,
    start: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> WaitingList:
    """Files that wait for a person, of entries open to the caller, the newest first."""
    with office.db.read() as session:
        found, total = registry.files_to_check(session, by=by, start=start, limit=limit)
    return WaitingList(items=[_waiting(one, language) for one in found], total=total)


def _waiting(one: registry.FileToCheck, language: str) -> WaitingShape:
    return WaitingShape(
        book=one.line.book,
        year=one.line.year,
        number=one.line.number,
        label=one.line.label,
        position=one.position,
        name=one.name,
        media_type=one.media_type,
        state=ReadingState(one.state),
        problem=one.problem_code,
        problem_detail=one.problem.in_language(language) if one.problem else None,
        notes=[note.in_language(language) for note in one.notes],
        tried_again=one.is_passing,
    )


@router.post("/entries/{book}/{year}/{number}/files/{position}/settled", status_code=200)
def settle(
    at: At, position: Position, by: Registrar, office: TheOffice, language: Language
) -> shapes.FileShape:
    """Leave a file as it is: a person saw that it could not be read, or only in part."""
    with office.db.begin() as session:
        entry = at.entry(session, by)
        documents.settle(session, documents.file_at(session, entry.id, position), by=by)
        session.flush()
        found = shapes.files(session, entry.id, language=language)
        return next(one for one in found if one.position == position)


class NoteShape(BaseModel):
    act: QuarantineAct
    reason: str
    acted_at: datetime


class ClosedShape(BaseModel):
    """A file in quarantine, or one that was let out."""

    id: int
    entry: str = Field(description="The entry’s number alone.", examples=["15/2026"])
    name: str = Field(description="Empty for a file of a confidential entry.")
    size: int
    media_type: str
    sha256: str
    state: ScreeningState
    finding: str = Field(description="Name of the virus, or a code.", examples=["executable"])
    problem_detail: str | None
    added_at: datetime
    notes: list[NoteShape]


class Quarantine(BaseModel):
    items: list[ClosedShape]


@router.get("/quarantine")
def quarantine(by: Administrator, office: TheOffice, language: Language) -> Quarantine:
    """Files that are kept closed, the newest first; for administrators."""
    with office.db.read() as session:
        found = documents.quarantined(session, by=by)
    return Quarantine(
        items=[
            ClosedShape(
                id=one.id,
                entry=one.label,
                name=one.name,
                size=one.size,
                media_type=one.media_type,
                sha256=one.sha256,
                state=ScreeningState(one.state),
                finding=one.finding,
                problem_detail=one.problem.in_language(language) if one.problem else None,
                added_at=one.added_at,
                notes=[
                    NoteShape(
                        act=QuarantineAct(note.act), reason=note.reason, acted_at=note.acted_at
                    )
                    for note in one.notes
                ],
            )
            for one in found
        ]
    )


class Why(Body):
    reason: Annotated[Needed, Field(max_length=500, examples=["False alarm: own macro"])]


@router.post(
    "/quarantine/{file_id}/content",
    response_class=Response,
    responses={200: {"content": {"application/octet-stream": {}}, "description": "The bytes."}},
)
def open_closed(file_id: FileId, body: Why, by: Administrator, office: TheOffice) -> Response:
    """The bytes of a closed file; the reason is kept."""
    with office.db.begin() as session:
        held = documents.open_quarantined(session, file_id, reason=body.reason, by=by)
    return closed_file(office, held)


@router.post("/quarantine/{file_id}/release", status_code=204)
def release(file_id: FileId, body: Why, by: Administrator, office: TheOffice) -> None:
    """Let a closed file out: it is read, and open to those who see its entry."""
    with office.db.begin() as session:
        documents.release(session, file_id, reason=body.reason, by=by)
