"""/api/v1/scans: batches of scans, what was found in them, and what a person decides."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, File, Form, Path, Query, Response, UploadFile
from pydantic import BaseModel, Field

import ocr
from api.deps import TheOffice
from api.v1.fields import Body, Code, Needed
from api.v1.language import Language
from api.v1.security import Registrar
from docflow import documents, scans

router = APIRouter(prefix="/scans", tags=["scans"])
_JPEG: dict[int | str, dict[str, Any]] = {
    200: {"content": {"image/jpeg": {}}, "description": "A picture of the page, upright."}
}
RowId = Annotated[int, Path(ge=1, le=2**62)]


class BatchShape(BaseModel):
    """A batch and how far it is."""

    id: int
    name: str = Field(examples=["scan-0001.pdf"])
    source: scans.Source
    state: scans.BatchState
    added_at: datetime
    is_private: bool
    pages_total: int | None
    pages_done: int
    documents: int
    review: int = Field(description="How many of its documents wait for a decision.")
    again: int = Field(description="How often the same file came again.")
    problem: str | None = Field(description="What is wrong, for people.")


class PageShape(BaseModel):
    number: int
    rotation: int = Field(description="Degrees, clockwise, that set it upright.")
    codes: list[str] = Field(description="What the QR codes on it say.")


class EntryShape(BaseModel):
    book: str
    year: int
    number: int
    label: str = Field(examples=["1234/2026"])


class DocumentShape(BaseModel):
    """A document of a batch. Until it is filed, `entry` is only a suggestion."""

    id: int
    batch_id: int
    state: scans.DocumentState
    reason: scans.Reason | None = Field(description="Why it waits for a decision.")
    problem: str | None
    entry: EntryShape | None
    pages: list[PageShape]


class BatchDetails(BatchShape):
    items: list[DocumentShape] = Field(description="Its documents, in the order of their pages.")
    set_aside: list[int] = Field(description="Numbers of separators and blank sheets.")


class Taken(BaseModel):
    batch_id: int
    is_new: bool = Field(description="False where the very same file is here already.")


class Batches(BaseModel):
    items: list[BatchShape]


class Documents(BaseModel):
    items: list[DocumentShape]
    total: int


@router.post("", status_code=202)
def upload(
    file: Annotated[UploadFile, File(description="PDF, TIFF or a picture.")],
    by: Registrar,
    office: TheOffice,
    is_private: Annotated[
        bool, Form(description="Nobody else sees it; needed for labels of confidential books.")
    ] = False,
) -> Taken:
    """Take a batch. Its documents go to their entries by the labels on them, afterwards."""
    taken = scans.upload(office, file.file, file.filename or "", by=by, is_private=is_private)
    return Taken(batch_id=taken.batch_id, is_new=taken.is_new)


@router.get("")
def listing(
    by: Registrar,
    office: TheOffice,
    language: Language,
    before: Annotated[int | None, Query(ge=1, description="Id of the last one seen.")] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 30,
) -> Batches:
    """Batches, the newest first."""
    with office.db.read() as session:
        found = scans.queries.batches(session, by=by, before=before, limit=limit)
    return Batches(items=[_batch(batch, language) for batch in found])


@router.get("/review")
def review(
    by: Registrar,
    office: TheOffice,
    language: Language,
    start: Annotated[int, Query(ge=0)] = 0,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> Documents:
    """What waits for a decision, the oldest first."""
    with office.db.read() as session:
        found = scans.queries.review(session, by=by, start=start, limit=limit)
        total = scans.review_count(session, by=by)
    return Documents(items=[_document(one, language) for one in found], total=total)


class Scanner(BaseModel):
    name: str = Field(description="As `POST /scans/scanner` takes it.", examples=["test:0"])
    label: str


class Scanners(BaseModel):
    items: list[Scanner]


@router.get("/scanners")
def scanners(by: Registrar, office: TheOffice) -> Scanners:
    """The scanners that the server sees. Takes some seconds."""
    scans.require(by)
    found = scans.devices(office)
    return Scanners(items=[Scanner(name=one.name, label=one.label) for one in found])


class ScanBody(Body):
    device: Annotated[Needed, Field(examples=["test:0"])]
    resolution: Literal[150, 200, 300, 400, 600] = 300
    mode: Literal["Gray", "Color", "Lineart"] = "Gray"
    source: Literal["feeder", "glass"] = "feeder"
    is_private: bool = False


@router.post("/scanner", status_code=202)
def scan(body: ScanBody, by: Registrar, office: TheOffice) -> Taken:
    """Let a scanner work; the batch fills as it goes."""
    batch_id = scans.start(office, by=by, **body.model_dump())
    return Taken(batch_id=batch_id, is_new=True)


@router.get("/{batch_id}")
def show(batch_id: RowId, by: Registrar, office: TheOffice, language: Language) -> BatchDetails:
    """One batch with its documents."""
    with office.db.read() as session:
        batch = scans.queries.batch(session, batch_id, by=by)
        found = scans.queries.documents(session, batch_id, by=by)
        aside = scans.queries.set_aside(session, batch_id, by=by)
    return BatchDetails(
        **_batch(batch, language).model_dump(),
        items=[_document(one, language) for one in found],
        set_aside=[page.number for page in aside],
    )


@router.get("/{batch_id}/pages/{number}", response_class=Response, responses=_JPEG)
def picture(
    batch_id: RowId,
    number: Annotated[int, Path(ge=1, le=100_000)],
    by: Registrar,
    office: TheOffice,
    dpi: Annotated[int, Query(ge=20, le=300)] = 100,
) -> Response:
    """A picture of a page, turned upright."""
    with office.db.read() as session:
        found = scans.queries.picture(session, batch_id, number, by=by)
    try:
        with office.store.local_copy(found.sha256) as path:
            data = ocr.page_picture(path, found.number, dpi=dpi, turn=found.rotation)
    except ocr.Unreadable as error:
        raise documents.BytesMissing(documents.PROBLEMS[error.code]) from error
    return Response(data, media_type="image/jpeg")


class AttachBody(Body):
    """The entry that the scan belongs to."""

    book: Code | None = None
    year: Annotated[int, Field(ge=1, le=9999)]
    number: Annotated[int, Field(ge=1, le=2**31 - 1)]


@router.post("/documents/{document_id}/attach", status_code=202)
def attach(
    document_id: RowId, body: AttachBody, by: Registrar, office: TheOffice, language: Language
) -> DocumentShape:
    """File it under this entry, beside any scan that it has already."""
    with office.db.begin() as session:
        scans.attach(session, document_id, by=by, **body.model_dump())
        session.flush()  # what the answer reads again
        return _document(scans.queries.document(session, document_id, by=by), language)


class PageBody(Body):
    page: Annotated[int, Field(ge=1, le=100_000, description="Its number in the batch.")]


@router.post("/documents/{document_id}/split")
def split(
    document_id: RowId, body: PageBody, by: Registrar, office: TheOffice, language: Language
) -> DocumentShape:
    """A new document begins with this page; the new one."""
    with office.db.begin() as session:
        new = scans.split(session, document_id, page=body.page, by=by)
        session.flush()  # as above
        return _document(scans.queries.document(session, new.id, by=by), language)


@router.post("/documents/{document_id}/join")
def join(document_id: RowId, by: Registrar, office: TheOffice, language: Language) -> DocumentShape:
    """Its pages go to the end of the document before; that one."""
    with office.db.begin() as session:
        before = scans.join(session, document_id, by=by)
        session.flush()  # as above
        return _document(scans.queries.document(session, before.id, by=by), language)


class TurnBody(Body):
    page: Annotated[int | None, Field(ge=1, description="All pages without one.")] = None
    turn: Literal[90, 180, 270] = 90


@router.post("/documents/{document_id}/turn")
def turn(
    document_id: RowId, body: TurnBody, by: Registrar, office: TheOffice, language: Language
) -> DocumentShape:
    """Turn a page, or all, clockwise."""
    with office.db.begin() as session:
        scans.rotate(session, document_id, page=body.page, turn=body.turn, by=by)
        session.flush()  # as above
        return _document(scans.queries.document(session, document_id, by=by), language)


class DiscardBody(Body):
    reason: Needed


@router.post("/documents/{document_id}/discard")
def discard(
    document_id: RowId, body: DiscardBody, by: Registrar, office: TheOffice, language: Language
) -> DocumentShape:
    """Set it aside with a reason. It stays in its batch, marked, and can be taken back."""
    with office.db.begin() as session:
        scans.discard(session, document_id, reason=body.reason, by=by)
        session.flush()  # as above
        return _document(scans.queries.document(session, document_id, by=by), language)


@router.post("/documents/{document_id}/retry", status_code=202)
def retry(document_id: RowId, by: Registrar, office: TheOffice) -> Response:
    """Try again what failed."""
    with office.db.begin() as session:
        scans.retry(session, document_id, by=by)
    return Response(status_code=202)


def _batch(batch: scans.BatchLine, language: str) -> BatchShape:
    return BatchShape(
        id=batch.id,
        name=batch.name,
        source=scans.Source(batch.source),
        state=scans.BatchState(batch.state),
        added_at=batch.added_at,
        is_private=batch.is_private,
        pages_total=batch.pages_total,
        pages_done=batch.pages_done,
        documents=batch.documents,
        review=batch.review,
        again=batch.again,
        problem=batch.problem.in_language(language) if batch.problem else None,
    )


def _document(one: scans.DocumentShown, language: str) -> DocumentShape:
    problem = one.problem
    return DocumentShape(
        id=one.id,
        batch_id=one.batch_id,
        state=scans.DocumentState(one.state),
        reason=scans.Reason(one.reason) if one.reason else None,
        problem=problem if isinstance(problem, str | None) else problem.in_language(language),
        entry=(
            EntryShape(
                book=one.entry.book,
                year=one.entry.year,
                number=one.entry.number,
                label=one.entry.label,
            )
            if one.entry
            else None
        ),
        pages=[
            PageShape(number=page.number, rotation=page.rotation, codes=list(page.codes))
            for page in one.pages
        ],
    )
