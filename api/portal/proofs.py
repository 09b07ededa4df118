"""The public page that checks a proof: in the browser, or by us where the browser cannot."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Form, Path, Request, Response, UploadFile
from fastapi.responses import PlainTextResponse
from sqlalchemy.orm import Session

from api.deps import Language, TheOffice
from api.portal.render import page
from docflow import audit, citizens, organization, throttle
from docflow.i18n import Text, t
from docflow.office import Office

router = APIRouter()
_LARGEST = 1 << 20
_PROOFS, _WINDOW = 30, timedelta(minutes=5)  # of one address


@router.get("/log/check")
def ask(request: Request, office: TheOffice, language: Language) -> Response:
    """The page. Its script checks in the browser; nothing is sent then."""
    return _page(request, office, language)


@router.post("/log/check")
def check(
    request: Request,
    office: TheOffice,
    language: Language,
    proof: UploadFile | None = None,
    document: UploadFile | None = None,
    code: Annotated[str, Form(max_length=8000)] = "",
    key: Annotated[str, Form(max_length=8000)] = "",
) -> Response:
    """Check what was sent, for browsers without script or without Ed25519."""
    _count(office, request)
    has_file = proof is not None and bool(proof.filename)
    if not has_file and not code.strip():
        error = t("Choose the file of the proof (.tlog-proof), or paste the text of the QR code.")
        return _page(request, office, language, key=key, error=error, status=422)
    with office.db.read() as session:
        keys = key.split() or _keys(session)
    text = code.strip()
    if proof is not None and has_file:
        text = proof.file.read(_LARGEST).decode("utf-8", "replace")
    data = document.file.read() if document is not None and document.filename else None
    outcome = audit.judged(text, keys=keys, document=data)
    return _page(request, office, language, key=key, code=code.strip(), outcome=outcome)


@router.get("/verify/{code}/proof")
def of_code(
    request: Request, code: Annotated[str, Path(max_length=64)], office: TheOffice
) -> Response:
    """The proof of the registration with this code, without what was registered."""
    _count(office, request)
    with office.db.read() as session:
        text, name = citizens.proof_by_code(session, code)
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "no-store",
    }
    return PlainTextResponse(text, headers=headers)


def _keys(session: Session) -> list[str]:
    """Of every body's log: each proof names the one that it is of."""
    bodies = organization.bodies(session)
    return [key for body in bodies for key in audit.verifiers(session, body.id)]


def _count(office: Office, request: Request) -> None:
    """Raises TooManyTries."""
    client = request.client.host if request.client else ""
    with office.db.begin() as session:
        throttle.count(session, f"proof:{client}", limit=_PROOFS, every=_WINDOW)


def _page(
    request: Request,
    office: Office,
    language: str,
    *,
    key: str = "",
    code: str = "",
    outcome: audit.Judgement | None = None,
    error: Text | None = None,
    status: int = 200,
) -> Response:
    request.state.language = language
    with office.db.read() as session:
        keys = _keys(session)
    return page(
        request,
        "portal/proof.html",
        status_code=status,
        key=key or "\n".join(keys),
        code=code,
        outcome=outcome,
        error=error,
    )
