"""The citizen's pick-up page: the link from the mail, and the code that came with it."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from api.deps import Language, TheOffice
from api.pages import TheForm
from api.portal.render import page
from api.streams import stored_file
from docflow import citizens, throttle
from docflow.i18n import Text, t
from docflow.office import Office

router = APIRouter()
Token = Annotated[str, Path(pattern=r"^[\w-]{1,100}$")]
TRIES, _WINDOW = 20, timedelta(minutes=5)  # of one address, whatever the link


@router.get("/pickup/{token}")
def ask(request: Request, token: Token, office: TheOffice, language: Language) -> Response:
    """Ask for the code. Opening the link alone tells nothing and collects nothing."""
    return _page(request, office, token, language)


@router.post("/pickup/{token}")
def collect(
    request: Request, token: Token, form: TheForm, office: TheOffice, language: Language
) -> Response:
    """The document, when the code is right; every try is recorded."""
    client = request.client.host if request.client else ""
    with office.db.begin() as session:
        throttle.count(session, f"pickup:{client}", limit=TRIES, every=_WINDOW)
    typed = form.get("code", "")
    code = typed[:40] if isinstance(typed, str) else ""
    if not code.strip():
        error = t("Type the code from the message.")
        return _page(request, office, token, language, error=error, status_code=422)
    with office.db.begin() as session:
        collected = citizens.try_code(session, token, code)
        if collected is None:
            throttle.wrong(session, "pickup", client)
    if collected is None:
        error = t("The code is not right. Type the eight digits from the message.")
        return _page(request, office, token, language, error=error, status_code=403)
    return stored_file(
        office,
        sha256=collected.sha256,
        name=collected.name,
        media_type="application/pdf",
        download=True,
    )


def _page(
    request: Request,
    office: Office,
    token: str,
    language: str,
    *,
    error: Text | None = None,
    status_code: int = 200,
) -> Response:
    request.state.language = language
    with office.db.read() as session:
        waiting = citizens.waiting(session, token)
    return page(
        request,
        "portal/pickup.html",
        status_code=status_code,
        waiting=waiting,
        token=token,
        error=error,
    )
