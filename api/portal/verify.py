"""The public check of a document: by its code or QR, or by the file itself. No login."""

import hashlib
from datetime import timedelta

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import UploadFile

from api.deps import Language, TheOffice
from api.pages import TheForm
from api.portal.render import page
from docflow import citizens, throttle
from docflow.i18n import Text, t
from docflow.office import Office

router = APIRouter()
MAX_FILE = 25 << 20  # signing.md section 7
CODES, FILES, _WINDOW = 60, 15, timedelta(minutes=5)  # checks of one address
_MAX_CODE = 60


@router.get("/verify")
def ask(request: Request, language: Language) -> Response:
    """The empty page."""
    return _page(request, language)


@router.post("/verify")
def check(request: Request, form: TheForm, office: TheOffice, language: Language) -> Response:
    """Check what was sent: the file if there is one, else the code."""
    part = form.get("file")
    if isinstance(part, UploadFile) and part.filename:
        return _check_file(request, office, language, part)
    typed = form.get("code", "")
    code = typed.strip() if isinstance(typed, str) else ""
    if not code:
        error = t("Type the code that stands on the document, or choose the file.")
        return _page(request, language, error=error, status_code=422)
    plain = "".join(char for char in code if char.isalnum() or char in "- ")[:_MAX_CODE]
    return RedirectResponse(f"/verify/{plain or '-'}", 303)


@router.get("/verify/{code}")
def by_code(request: Request, code: str, office: TheOffice, language: Language) -> Response:
    """What a QR code opens."""
    _count(office, request, what="code", limit=CODES)
    with office.db.begin() as session:
        verdict = citizens.by_code(session, code[:_MAX_CODE])
        citizens.record(session, verdict, by_upload=False)
    return _page(request, language, verdict=verdict, code=code[:_MAX_CODE])


def _check_file(request: Request, office: Office, language: str, part: UploadFile) -> Response:
    _count(office, request, what="file", limit=FILES)
    data = part.file.read(MAX_FILE + 1)
    if len(data) > MAX_FILE:
        error = t("Files of up to {max} MB are checked here.", max=MAX_FILE >> 20)
        return _page(request, language, error=error, status_code=413)
    verdict = citizens.by_file(office, data, hashlib.sha256(data).hexdigest())
    with office.db.begin() as session:
        citizens.record(session, verdict, by_upload=True)
    return _page(request, language, verdict=verdict, file_name=part.filename or "")


def _count(office: Office, request: Request, *, what: str, limit: int) -> None:
    """Raises TooManyTries."""
    client = request.client.host if request.client else ""
    with office.db.begin() as session:
        throttle.count(session, f"verify-{what}:{client}", limit=limit, every=_WINDOW)


def _page(
    request: Request,
    language: str,
    *,
    verdict: citizens.Verdict | None = None,
    code: str = "",
    file_name: str = "",
    error: Text | None = None,
    status_code: int = 200,
) -> Response:
    request.state.language = language
    return page(
        request,
        "portal/verify.html",
        status_code=status_code,
        verdict=verdict,
        code=code,
        file_name=file_name,
        error=error,
    )
