"""Citizens' pages: the frame with the body's name, no login and no navigation."""

from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse

from api import pages
from api.deps import office_of
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
    return {"body_name": body.name if body else "", "is_test": office.settings.demo}
