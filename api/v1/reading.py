"""/api/v1/readings, proposals, pages, learning: what a document proposes, and how it was read."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, File, Path, Query, UploadFile
from pydantic import BaseModel, Field

from api.deps import TheOffice
from api.v1 import opening
from api.v1.address import At
from api.v1.fields import Position
from api.v1.language import Language
from api.v1.security import Administrator, Reader, Registrar
from docflow import documents, registry, understanding
from docflow.understanding import (
    AheadState,
    LearnedState,
    Proposals,
    Source,
    Target,
    looking,
    outcomes,
    reading_ahead,
    trainings,
)

router = APIRouter(tags=["reading"])
RowId = Annotated[int, Path(ge=1, le=2**62)]
PageNumber = Annotated[int, Path(ge=1, le=100_000)]
_PAGE = "/entries/{book}/{year}/{number}/files/{position}/pages/{page}"


class ProposalShape(BaseModel):
    """What could stand in a field. Nothing is ever filled in by itself."""

    field: str = Field(examples=["sender_reference"])
    value: str = Field(
        description="As a form takes it: a date as dd/mm/yyyy, a unit by id, a kind by code.",
        examples=["7725/04-11-2025"],
    )
    shown: str = Field(description="As people read it.")
    confidence: float = Field(description="0 to 1.", examples=[0.95])
    source: Source
    page: int | None = Field(description="Where it stands; none for what was learned.")
    box: list[float] | None = Field(
        description="x0, y0, x1, y1 in points of the upright page, origin at the top left.",
        examples=[[388.5, 51.9, 460.5, 59.1]],
    )
    beside: dict[str, str] = Field(description="Fields that come with it, of a known party.")


class ProposalsShape(BaseModel):
    items: list[ProposalShape]
    numbers: list[ProposalShape] = Field(description="ΑΦΜ, IBAN and ΑΔΑ in the document.")


class ReadingShape(ProposalsShape):
    """A document that is read before it is registered."""

    id: int
    state: AheadState
    problem: str | None = Field(description="What is wrong, for people.")


def _proposals(made: Proposals) -> dict[str, list[ProposalShape]]:
    return {
        "items": [_shape(one) for one in made.fields.values()],
        "numbers": [_shape(one) for one in made.numbers],
    }


def _shape(one: understanding.Proposal) -> ProposalShape:
    return ProposalShape(
        field=one.field,
        value=one.value,
        shown=one.shown,
        confidence=one.confidence,
        source=one.source,
        page=one.page,
        box=list(one.box) if one.box else None,
        beside=dict(one.beside),
    )


class Begun(BaseModel):
    id: int


@router.post("/readings", status_code=202)
def begin(
    file: Annotated[UploadFile, File(description="PDF, TIFF or a picture.")],
    by: Registrar,
    office: TheOffice,
) -> Begun:
    """Have the first pages of a document read before it is registered. Forgotten after a day."""
    upload = documents.receive(office, file.file, file.filename or "", body_id=by.body_id)
    with office.db.begin() as session:
        languages = list(office.settings.ocr_languages)
        return Begun(id=reading_ahead.ask(session, upload, by=by, languages=languages))


@router.get("/readings/{reading_id}")
def show(
    reading_id: RowId,
    by: Registrar,
    office: TheOffice,
    language: Language,
    direction: Annotated[registry.Direction, Query()] = registry.Direction.INCOMING,
) -> ReadingShape:
    """How far it is, and what the document proposes; only for whoever brought it."""
    found, made = understanding.of_ahead(office, reading_id, by=by, direction=direction)
    return ReadingShape(
        id=found.id,
        state=found.state,
        problem=found.problem.in_language(language) if found.problem else None,
        **_proposals(made),
    )


@router.get("/entries/{book}/{year}/{number}/proposals")
def of_entry(entry: opening.OfText, by: Reader, office: TheOffice) -> ProposalsShape:
    """What the files of an entry propose for its description."""
    found = understanding.of_entry(office, entry, by=by)
    return ProposalsShape(**_proposals(found.proposals))


class WordShape(BaseModel):
    text: str
    x: float = Field(description="Points from the left of the upright page.")
    y: float
    width: float
    height: float
    level: looking.Level = Field(description="How surely it was read.")
    is_hit: bool = Field(description="Whether `q` means it.")


class PageShape(BaseModel):
    number: int
    width: float
    height: float
    source: Literal["ocr", "text-layer", "blank", "failed"]
    confidence: float | None = Field(description="0 to 100.")
    needs_a_person: bool
    words: list[WordShape]


@router.get(_PAGE)
def page(
    at: At,
    position: Position,
    page: PageNumber,
    by: Reader,
    office: TheOffice,
    q: Annotated[str, Query(max_length=500, description="Words to be marked.")] = "",
    read_reason: opening.Reason = None,
) -> PageShape:
    """The words of a page with their places, and how surely each was read."""
    with office.db.read() as session:
        entry = at.entry(session, by)
        documents.file_at(session, entry.id, position)
        info = next(one for one in documents.files(session, entry.id) if one.position == position)
        info.require_open()
        seen = looking.page(session, info.id, page, query=q)
    opening.opened(
        office, entry, by=by, reason=read_reason, what=opening.What.TEXT, position=position
    )
    return PageShape.model_validate(
        {
            "number": seen.number,
            "width": seen.width,
            "height": seen.height,
            "source": seen.source,
            "confidence": seen.confidence,
            "needs_a_person": seen.needs_a_person,
            "words": [
                WordShape(
                    text=word.text,
                    x=word.x,
                    y=word.y,
                    width=word.width,
                    height=word.height,
                    level=word.level,
                    is_hit=word.is_hit,
                )
                for word in seen.words
            ],
        }
    )


@router.post(f"{_PAGE}/checked", status_code=204)
def checked(at: At, position: Position, page: PageNumber, by: Registrar, office: TheOffice) -> None:
    """A person has looked at a page that was read badly: it leaves the list."""
    with office.db.begin() as session:
        entry = at.entry(session, by)
        looking.checked(session, documents.file_at(session, entry.id, position), page, by=by)


class ToCheckShape(BaseModel):
    book: str
    year: int
    number: int
    label: str = Field(examples=["1234/2026"])
    position: int
    page: int
    confidence: float | None
    problem: str | None


class ToCheckList(BaseModel):
    items: list[ToCheckShape]
    total: int


@router.get("/pages-to-check")
def to_check(
    by: Reader,
    office: TheOffice,
    language: Language,
    start: Annotated[int, Query(ge=0)] = 0,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> ToCheckList:
    """Pages that were read badly or not at all, of entries open to the caller, the newest first."""
    with office.db.read() as session:
        found, total = looking.to_check(session, by=by, start=start, limit=limit)
    return ToCheckList(
        items=[
            ToCheckShape(
                book=one.line.book,
                year=one.line.year,
                number=one.line.number,
                label=one.line.label,
                position=one.position,
                page=one.page,
                confidence=one.confidence,
                problem=one.problem.in_language(language) if one.problem else None,
            )
            for one in found
        ],
        total=total,
    )


class LearnedShape(BaseModel):
    """The training that holds for units, or for kinds."""

    target: Target
    state: LearnedState
    examples: int
    trained_at: datetime
    accuracy: float | None = Field(description="Share right in cross-validation.", examples=[0.8])
    majority: float | None = Field(description="Share of the most frequent class.")
    threshold: float | None = Field(description="Probability from which on it is proposed.")
    precision: float | None = Field(description="Share right of those proposed.")
    coverage: float | None = Field(description="Share of documents that get a proposal.")


class OutcomeShape(BaseModel):
    field: str
    source: str
    shown: int
    taken: int
    changed: int
    left_out: int


class LearningShape(BaseModel):
    trainings: list[LearnedShape]
    is_training: bool
    outcomes: list[OutcomeShape] = Field(description="Of proposals, last 90 days.")


@router.get("/learning")
def learning(by: Administrator, office: TheOffice) -> LearningShape:
    """What past entries taught, and what became of proposals; for administrators."""
    with office.db.read() as session:
        found = trainings.trained(session, by=by)
        tallies = outcomes.tallies(session, by=by)
        waits = trainings.is_waiting(session)
    names = ("accuracy", "majority", "threshold", "precision", "coverage")
    return LearningShape(
        trainings=[
            LearnedShape(
                target=one.target,
                state=one.state,
                examples=one.examples,
                trained_at=one.trained_at,
                **{name: one.figures.get(name) for name in names},
            )
            for one in found
        ],
        is_training=waits,
        outcomes=[
            OutcomeShape(
                field=one.field,
                source=one.source,
                shown=one.shown,
                taken=one.taken,
                changed=one.changed,
                left_out=one.left_out,
            )
            for one in tallies
        ],
    )


@router.post("/learning/training", status_code=202)
def train(by: Administrator, office: TheOffice) -> None:
    """Train the models of the body now."""
    with office.db.begin() as session:
        trainings.ask(session, by=by)
