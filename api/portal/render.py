"""Citizens' pages: the frame with the body's name, who is logged in, and what an act has done."""

from collections.abc import Mapping
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse

from api import account_words, contact_words, pages
from api.deps import office_of
from api.portal.citizen import current_citizen
from docflow import organization
from docflow.i18n import Text


def page(
    request: Request, template: str, *, status_code: int = 200, **context: Any
) -> HTMLResponse:
    """A citizens' page in its frame."""
    return pages.page(request, template, status_code=status_code, **{**_frame(request), **context})


def error_page(request: Request, status: int, message: Text) -> HTMLResponse:
    """The page of an error. It asks the database nothing: that may be what does not answer."""
    return pages.error_page(request, status, message, template="portal/error.html")


def _frame(request: Request) -> dict[str, Any]:
    office = office_of(request)
    with office.db.read() as session:
        body = organization.first_body(session)
    done = _DONE.get(request.query_params.get("done", ""))
    return {
        "body_name": body.name if body else "",
        "is_test": office.settings.demo,
        "citizen": current_citizen(request),
        "notices": (done,) if done else (),
    }


_DONE: Mapping[str, Text] = {**account_words.PORTAL_DONE, **contact_words.PORTAL_DONE}
