"""Files that could not be read, or only in part, and the quarantine: what a person does there."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

import ocr
from api import problems
from api.closed import closed_file
from api.deps import CurrentUser, TheOffice
from api.pages import TheForm
from api.web import forms
from api.web.address import At, RowId, Start
from api.web.render import page
from docflow import documents, registry
from docflow.errors import Conflict, Invalid
from docflow.i18n import Text, t
from docflow.office import Office
from docflow.principal import Principal

router = APIRouter()
PAGE_SIZE = 50


@router.get("/files-to-check")
def listing(request: Request, by: CurrentUser, office: TheOffice, start: Start = 0) -> Response:
    """Files that wait for a person, of entries open to him."""
    with office.db.read() as session:
        found, total = registry.files_to_check(session, by=by, start=start, limit=PAGE_SIZE)
    return page(
        request,
        "web/intake/to_check.html",
        found=found,
        total=total,
        start=start,
        page_size=PAGE_SIZE,
        may_act=not by.is_auditor,
        languages=ocr.languages.installed(),
    )


@router.post("/entries/{book}/{year}/{number}/files/{position}/read-again")
def read_again(
    at: At, position: int, form: TheForm, by: CurrentUser, office: TheOffice
) -> Response:
    """Let a file be read once more, or one page of it, in another language if one was chosen."""
    language, number = forms.text(form, "language"), forms.text(form, "page")
    with office.db.begin() as session:
        entry = at.entry(session, by)
        documents.read_again(
            session,
            documents.file_at(session, entry.id, position),
            by=by,
            languages=[language] if language else None,
            pages=[_page(number)] if number else None,
        )
    if forms.text(form, "back") == "list":
        return RedirectResponse("/files-to-check?done=read-again", 303)
    return RedirectResponse(f"{at.path}?done=read-again#files", 303)


def _page(number: str) -> int:
    if not number.isdecimal() or len(number) > 6:
        raise documents.NoSuchPage(
            t("There is no page {page} that was read before.", page=number[:20]), field="page"
        )
    return int(number)


@router.post("/entries/{book}/{year}/{number}/files/{position}/settle")
def settle(at: At, position: int, form: TheForm, by: CurrentUser, office: TheOffice) -> Response:
    """A person saw the outcome and leaves the file as it is."""
    with office.db.begin() as session:
        entry = at.entry(session, by)
        documents.settle(session, documents.file_at(session, entry.id, position), by=by)
    if forms.text(form, "back") == "list":
        return RedirectResponse("/files-to-check?done=settled", 303)
    return RedirectResponse(f"{at.path}?done=settled#files", 303)


@router.get("/quarantine")
def quarantine(request: Request, by: CurrentUser, office: TheOffice) -> Response:
    """Files that are kept closed; for administrators."""
    return _quarantine(request, office, by)


def _quarantine(
    request: Request,
    office: Office,
    by: Principal,
    *,
    file_id: int = 0,
    errors: dict[str, Text] | None = None,
    typed: dict[str, str] | None = None,
    status: int = 200,
) -> Response:
    with office.db.read() as session:
        found = documents.quarantined(session, by=by)
    return page(
        request,
        "web/intake/quarantine.html",
        status_code=status,
        found=found,
        is_checking=bool(office.settings.clamd),
        open_file=file_id,
        errors=errors or {},
        typed=typed or {},
    )


@router.post("/quarantine/{file_id}/open")
def open_closed(
    request: Request, file_id: RowId, form: TheForm, by: CurrentUser, office: TheOffice
) -> Response:
    """Hand an administrator the bytes of a closed file, with a name that nothing opens."""
    reason = forms.text(form, "reason")
    try:
        with office.db.begin() as session:
            held = documents.open_quarantined(session, file_id, reason=reason, by=by)
    except (Invalid, Conflict) as error:
        return _refused(request, office, by, file_id, reason, error)
    return closed_file(office, held)


@router.post("/quarantine/{file_id}/release")
def release(
    request: Request, file_id: RowId, form: TheForm, by: CurrentUser, office: TheOffice
) -> Response:
    """Let a closed file out: it is read, and open to those who see its entry."""
    reason = forms.text(form, "reason")
    try:
        with office.db.begin() as session:
            documents.release(session, file_id, reason=reason, by=by)
    except (Invalid, Conflict) as error:
        return _refused(request, office, by, file_id, reason, error)
    return RedirectResponse("/quarantine?done=released", 303)


def _refused(
    request: Request,
    office: Office,
    by: Principal,
    file_id: int,
    reason: str,
    error: Invalid | Conflict,
) -> Response:
    return _quarantine(
        request,
        office,
        by,
        file_id=file_id,
        errors={error.field or "form": error.message},
        typed={"reason": reason},
        status=problems.status_of(error),
    )
