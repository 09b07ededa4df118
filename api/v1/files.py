"""/api/v1/entries/…/files and /text: bytes of an entry, and what was read in them."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from api.deps import TheOffice
from api.streams import stored_file
from api.v1 import opening, shapes
from api.v1.address import At
from api.v1.fields import Body, Position
from api.v1.language import Language
from api.v1.reads import ReadRoute, is_known, not_modified
from api.v1.security import Reader, Registrar
from docflow import documents
from docflow.i18n import t

router = APIRouter(prefix="/entries/{book}/{year}/{number}", tags=["files"], route_class=ReadRoute)
_PDF = "application/pdf"
_BYTES: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {"application/octet-stream": {}, _PDF: {}},
        "description": "The bytes.",
    }
}


class Files(BaseModel):
    items: list[shapes.FileShape]


@router.get("/files")
def listing(entry: opening.OfEntry, office: TheOffice, language: Language) -> Files:
    """The files of an entry, with how far each was read."""
    with office.db.read() as session:
        return Files(items=shapes.files(session, entry.id, language=language))


@router.get("/files/{position}", response_class=Response, responses=_BYTES)
def content(
    request: Request,
    at: At,
    position: Position,
    by: Reader,
    office: TheOffice,
    rendition: Annotated[
        Literal["original", "searchable"],
        Query(description="`searchable`: a PDF with the text that was read lying under it."),
    ] = "original",
    read_reason: opening.Reason = None,
) -> Response:
    """The bytes of a file, as they came, or made searchable. The ETag is their SHA-256."""
    with office.db.read() as session:
        entry = at.entry(session, by)
        documents.file_at(session, entry.id, position)
        info = next(f for f in documents.files(session, entry.id) if f.position == position)
        info.require_open()
    sha256, media_type = info.sha256, info.media_type
    if rendition == "searchable":
        if info.shown_sha256 is None:
            raise documents.NoSuchFile(
                t("This file has no searchable form (yet): see the state of its reading.")
            )
        sha256, media_type = info.shown_sha256, _PDF
    opening.opened(
        office, entry, by=by, reason=read_reason, what=opening.What.FILE, position=position
    )
    if is_known(request, f'"{sha256}"'):
        return not_modified(f'"{sha256}"')
    return stored_file(office, sha256=sha256, name=info.name, media_type=media_type)


class ReadAgain(Body):
    pages: list[Annotated[int, Field(ge=1)]] | None = Field(
        None, min_length=1, max_length=1000, description="Only these pages, counted from 1."
    )
    languages: list[Literal["ell", "eng", "deu", "fra", "hun", "ces"]] | None = Field(
        None,
        min_length=1,
        max_length=4,
        description="Other languages than the first time.",
    )


@router.post("/files/{position}/reading", status_code=202)
def read_again(
    at: At,
    position: Position,
    body: ReadAgain,
    by: Registrar,
    office: TheOffice,
    language: Language,
) -> shapes.FileShape:
    """Have a file read once more, or some of its pages."""
    with office.db.begin() as session:
        entry = at.entry(session, by)
        file = documents.file_at(session, entry.id, position)
        chosen = [str(one) for one in body.languages] if body.languages else None
        documents.read_again(session, file, by=by, languages=chosen, pages=body.pages)
        session.flush()  # what the answer reads again
        found = shapes.files(session, entry.id, language=language)
        return next(one for one in found if one.position == position)


class PageOfText(BaseModel):
    file: int = Field(description="Position of the file.")
    page: int
    source: str = Field(
        description="text-layer, ocr, blank, failed, or text (a file without pages)."
    )
    confidence: float | None
    rotation: int
    problem: str | None
    text: str


class WholeText(BaseModel):
    complete: bool = Field(description="Whether every file has been read.")
    pages: list[PageOfText]


@router.get("/text")
def text(entry: opening.OfText, office: TheOffice, language: Language) -> WholeText:
    """What was read in the files, page by page."""
    with office.db.read() as session:
        files = documents.files(session, entry.id)
        pages = [
            PageOfText(
                file=file.position,
                page=page.page,
                source=page.source,
                confidence=page.confidence,
                rotation=page.rotation,
                problem=page.problem.in_language(language) if page.problem else None,
                text=page.text,
            )
            for file in files
            if not file.is_closed
            for page in documents.pages(session, file.id)
        ]
        complete = all(file.state not in ("pending", "running") for file in files)
        return WholeText(complete=complete, pages=pages)
