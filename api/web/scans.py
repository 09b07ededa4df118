"""Scans: batches with their progress, and the documents that wait for a person, with pictures."""

import re
import threading
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session
from starlette.datastructures import FormData, UploadFile

import ocr
from api import problems
from api.deps import CurrentUser, TheOffice
from api.pages import TheForm
from api.streams import stored_file
from api.web import forms
from api.web.address import AfterId, RowId, Start
from api.web.render import block, page
from docflow import documents, organization, printing, registry, scans
from docflow.errors import Conflict, DocflowError, Invalid, NotFound
from docflow.i18n import Text, t
from docflow.office import Office
from docflow.principal import Principal

router = APIRouter()
_CITED = re.compile(r"\s*(\d{1,9}(?:-\w{1,4})?)\s*/\s*(\d{4})\s*")
PAGE_SIZE = 30
_REVIEW_SIZE = 10
# A browser asks for six pictures at once; each that is drawn needs a child process of its own.
_drawing = threading.BoundedSemaphore(2)
PageNumber = Annotated[int, Path(ge=1, le=100_000)]


class NotCited(Invalid):
    """An entry is cited by its number and year."""


class NoFileChosen(Invalid):
    """A batch is at least one file."""


@router.get("/scans")
def show(request: Request, by: CurrentUser, office: TheOffice, after: AfterId = None) -> Response:
    """Batches, the newest first, and the ways to bring a new one."""
    return _show(request, office, by, after=after)


def _show(
    request: Request,
    office: Office,
    by: Principal,
    *,
    after: int | None = None,
    errors: dict[str, Text] | None = None,
    typed: dict[str, str] | None = None,
    status_code: int = 200,
) -> Response:
    with office.db.read() as session:
        found = scans.queries.batches(session, by=by, before=after, limit=PAGE_SIZE + 1)
        waiting = scans.review_count(session, by=by)
    return page(
        request,
        "web/scans/list.html",
        status_code=status_code,
        batches=found[:PAGE_SIZE],
        next_after=found[PAGE_SIZE - 1].id if len(found) > PAGE_SIZE else None,
        is_busy=any(batch.is_busy for batch in found),
        waiting=waiting,
        folders=[folder.name for folder in office.settings.scan_folders],
        max_mb=office.settings.max_scan_mb,
        errors=errors or {},
        typed=typed or {},
    )


@router.get("/scans/batches")
def batches(request: Request, by: CurrentUser, office: TheOffice) -> Response:
    """The list alone, polled while a batch is being split."""
    with office.db.read() as session:
        found = scans.queries.batches(session, by=by, limit=PAGE_SIZE)
    return block(
        request,
        "web/scans/list.html",
        "batches",
        batches=found,
        is_busy=any(batch.is_busy for batch in found),
    )


@router.get("/scans/devices")
def devices(request: Request, by: CurrentUser, office: TheOffice) -> Response:
    """The form for a scanner: asked for apart, since SANE takes seconds to look around."""
    scans.require(by)
    problem: Text | None = None
    found: list[scans.Device] = []
    try:
        found = scans.devices(office)
    except scans.NoScannerProgram as error:
        problem = error.message
    return block(
        request,
        "web/scans/_devices.html",
        "devices",
        devices=found,
        problem=problem,
        resolutions=scans.RESOLUTIONS,
        modes=scans.MODES,
        sources=scans.SOURCES,
    )


@router.post("/scans")
def upload(request: Request, form: TheForm, by: CurrentUser, office: TheOffice) -> Response:
    """Take the chosen files, each a batch of its own."""
    try:
        taken = _upload(office, form, by)
    except (Invalid, documents.StoreUnavailable) as error:
        errors = {error.field or "files": error.message}
        status = problems.status_of(error)
        return _show(request, office, by, errors=errors, status_code=status)
    if len(taken) == 1:
        done = "scan-taken" if taken[0].is_new else "scan-known"
        return RedirectResponse(f"/scans/{taken[0].batch_id}?done={done}", 303)
    return RedirectResponse("/scans?done=scan-taken", 303)


def _upload(office: Office, form: FormData, by: Principal) -> list[scans.Taken]:
    is_private = bool(forms.text(form, "is_private"))
    taken = []
    for part in form.getlist("files"):
        if isinstance(part, UploadFile) and part.filename:
            part.file.seek(0)
            taken.append(
                scans.upload(office, part.file, part.filename, by=by, is_private=is_private)
            )
    if not taken:
        raise NoFileChosen(t("Choose at least one file."), field="files")
    return taken


@router.post("/scans/scanner")
def scanner(request: Request, form: TheForm, by: CurrentUser, office: TheOffice) -> Response:
    """Let a scanner of the server work."""
    try:
        batch_id = scans.start(
            office,
            by=by,
            device=forms.text(form, "device"),
            resolution=forms.whole(form, "resolution", otherwise=300),
            mode=forms.text(form, "mode") or "Gray",
            source=forms.text(form, "source") or "feeder",
            is_private=bool(forms.text(form, "is_private")),
        )
    except (Invalid, Conflict) as error:
        errors = {error.field or "form": error.message}
        status = problems.status_of(error)
        return _show(request, office, by, errors=errors, status_code=status)
    return RedirectResponse(f"/scans/{batch_id}", 303)


@router.get("/scans/separator.pdf")
def separator(
    by: CurrentUser, office: TheOffice, copies: Annotated[int, Query(ge=1, le=100)] = 1
) -> Response:
    """Sheets to lay between the documents of a batch."""
    scans.require(by)
    with office.db.read() as session:
        name = organization.body(session, by.body_id).name
    pdf = printing.separator_sheet(name, language=by.language, copies=copies)
    headers = {"Content-Disposition": 'inline; filename="separator.pdf"'}
    return Response(pdf, media_type="application/pdf", headers=headers)


@router.get("/scans/review")
def review(request: Request, by: CurrentUser, office: TheOffice, start: Start = 0) -> Response:
    """What waits for a decision, the oldest first."""
    return _review(request, office, by, start=start)


def _review(
    request: Request,
    office: Office,
    by: Principal,
    *,
    start: int = 0,
    document_id: int = 0,
    errors: dict[str, Text] | None = None,
    typed: dict[str, str] | None = None,
    status_code: int = 200,
) -> Response:
    with office.db.read() as session:
        found = scans.queries.review(session, by=by, start=start, limit=_REVIEW_SIZE)
        total = scans.review_count(session, by=by)
        books = registry.books_open_to(session, by, to_write=True)
    return page(
        request,
        "web/scans/review.html",
        status_code=status_code,
        documents=found,
        total=total,
        start=start,
        page_size=_REVIEW_SIZE,
        books=[(book.code, book.title) for book in books],
        open_id=document_id,
        errors=errors or {},
        typed=typed or {},
    )


@router.get("/scans/{batch_id}")
def batch(request: Request, batch_id: RowId, by: CurrentUser, office: TheOffice) -> Response:
    """One batch: its progress, its documents, and what was set aside."""
    return page(request, "web/scans/batch.html", **_batch(office, batch_id, by))


@router.get("/scans/{batch_id}/state")
def state(request: Request, batch_id: RowId, by: CurrentUser, office: TheOffice) -> Response:
    """The same as a block, polled while the batch is being split."""
    return block(request, "web/scans/batch.html", "state", **_batch(office, batch_id, by))


def _batch(office: Office, batch_id: int, by: Principal) -> dict[str, Any]:
    with office.db.read() as session:
        found = scans.queries.documents(session, batch_id, by=by)
        return {
            "batch": scans.queries.batch(session, batch_id, by=by),
            "documents": found,
            "aside": scans.queries.set_aside(session, batch_id, by=by),
            "is_filing": any(document.state == "filing" for document in found),
            "books": [
                (book.code, book.title)
                for book in registry.books_open_to(session, by, to_write=True)
            ],
            "open_id": 0,
            "errors": {},
            "typed": {},
        }


@router.get("/scans/{batch_id}/original")
def original(batch_id: RowId, by: CurrentUser, office: TheOffice) -> Response:
    """The bytes of a batch as they came."""
    with office.db.read() as session:
        found = scans.queries.source(session, batch_id, by=by)
    return stored_file(
        office,
        sha256=found.sha256,
        name=found.name,
        media_type=found.media_type,
        download=True,
    )


@router.get("/scans/{batch_id}/pages/{number}.jpg")
def picture(
    batch_id: RowId,
    number: PageNumber,
    by: CurrentUser,
    office: TheOffice,
    dpi: Annotated[int, Query(ge=20, le=150)] = 40,
) -> Response:
    """A page as a person should see it, turned upright."""
    with office.db.read() as session:
        found = scans.queries.picture(session, batch_id, number, by=by)
    try:
        with _drawing, office.store.local_copy(found.sha256) as path:
            data = ocr.page_picture(path, found.number, dpi=dpi, turn=found.rotation)
    except ocr.Unreadable as error:
        raise documents.BytesMissing(documents.PROBLEMS[error.code]) from error
    return Response(
        data,
        media_type="image/jpeg",
        headers={"Cache-Control": "private, max-age=600", "X-Content-Type-Options": "nosniff"},
    )


@router.post("/scans/{batch_id}/again")
def again(batch_id: RowId, by: CurrentUser, office: TheOffice) -> Response:
    """Let the scanner try once more."""
    with office.db.begin() as session:
        scans.scan_again(session, batch_id, by=by)
    return RedirectResponse(f"/scans/{batch_id}", 303)


@router.post("/scans/{batch_id}/pages/{number}/take-in")
def take_in(batch_id: RowId, number: PageNumber, by: CurrentUser, office: TheOffice) -> Response:
    """A page that was set aside belongs to a document after all."""
    with office.db.begin() as session:
        scans.take_in(session, batch_id, page=number, by=by)
    return RedirectResponse(f"/scans/{batch_id}?done=scan-decided", 303)


@router.get("/scans/documents/{document_id}/register")
def register(document_id: RowId, by: CurrentUser, office: TheOffice) -> Response:
    """The registration form with the scan in it; once registered, the scan is filed."""
    upload_ = scans.as_upload(office, document_id, by=by)
    [note] = forms.kept_notes(office, [upload_])
    return RedirectResponse(f"/register?kept={note.note}", 303)


@router.post("/scans/documents/{document_id}/{act}")
def decide(
    request: Request,
    document_id: RowId,
    act: str,
    form: TheForm,
    by: CurrentUser,
    office: TheOffice,
) -> Response:
    """Do what the person decided; on an error the queue comes back, saying why."""
    try:
        with office.db.begin() as session:
            found = scans.queries.document(session, document_id, by=by)
            _decide(session, document_id, act, form, by)
    except (Invalid, Conflict, registry.NoSuchEntry) as error:
        return _refused(request, office, by, document_id, form, error)
    to = f"/scans/{found.batch_id}" if forms.text(form, "back") == "batch" else "/scans/review"
    return RedirectResponse(f"{to}?done=scan-decided", 303)


def _refused(
    request: Request,
    office: Office,
    by: Principal,
    document_id: int,
    form: FormData,
    error: DocflowError,
) -> Response:
    return _review(
        request,
        office,
        by,
        document_id=document_id,
        errors={error.field or "number": error.message},
        typed=forms.as_typed(form),
        status_code=422 if isinstance(error, NotFound) else problems.status_of(error),
    )


def _decide(session: Session, document_id: int, act: str, form: FormData, by: Principal) -> None:
    match act:
        case "attach":
            place, year = _cited(forms.text(form, "number"))
            book = forms.text(form, "book") or None
            scans.attach(session, document_id, year=year, number=place, book=book, by=by)
        case "join":
            scans.join(session, document_id, by=by)
        case "split":
            scans.split(session, document_id, page=forms.whole(form, "page"), by=by)
        case "turn":
            number = forms.whole(form, "page")
            turn = forms.whole(form, "turn", otherwise=90)
            scans.rotate(session, document_id, page=number or None, turn=turn, by=by)
        case "discard":
            scans.discard(session, document_id, reason=forms.text(form, "reason"), by=by)
        case "take-back":
            scans.take_back(session, document_id, by=by)
        case "retry":
            scans.retry(session, document_id, by=by)
        case _:
            raise registry.NoSuchEntry(t("There is no such page."))


def _cited(typed: str) -> tuple[str, int]:
    """Number and year of 1234/2026. Raises NotCited."""
    found = _CITED.fullmatch(typed)
    if found is None:
        raise NotCited(t("Write the number with its year: 1234/2026"), field="number")
    return found[1], int(found[2])
