"""Confidential entries: the reason that is asked before one is opened, and who read it."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from api import problems
from api.deps import CurrentUser, TheOffice
from api.pages import TheForm
from api.web import forms
from api.web.address import At
from api.web.render import page
from docflow import reads, registry
from docflow.errors import Invalid
from docflow.i18n import Text

router = APIRouter()


def ask(request: Request, error: reads.ReasonNeeded) -> Response:
    """The page that asks; where it stands in place of a page, it leads back there."""
    is_page = request.method == "GET"
    back = request.url.path if is_page else ""
    return _page(request, back=back, message=error.message, typed="", errors={}, status=403)


@router.post("/entries/{book}/{year}/{number}/reading-reason")
def give(request: Request, at: At, form: TheForm, by: CurrentUser, office: TheOffice) -> Response:
    """Keep the reason, and open what was asked for."""
    reason, back = forms.text(form, "reason"), forms.text(form, "back")
    if not (back == at.path or back.startswith(f"{at.path}/")) or not back.isprintable():
        back = at.path
    try:
        with office.db.begin() as session:
            entry = registry.numbered(session, at.book, at.year, at.number, by=by)
            reads.give_reason(session, entry, reason, by=by)
    except Invalid as error:
        return _page(
            request,
            back=back,
            message=None,
            typed=reason,
            errors={error.field or "reason": error.message},
            status=problems.status_of(error),
        )
    return RedirectResponse(back, 303)


def _page(
    request: Request,
    *,
    back: str,
    message: Text | None,
    typed: str,
    errors: dict[str, Text],
    status: int,
) -> Response:
    parts = request.url.path.split("/")
    address = "/".join(parts[:5])
    return page(
        request,
        "web/reading_reason.html",
        status_code=status,
        action=f"{address}/reading-reason",
        label="/".join(reversed(parts[3:5])),
        back=back or address,
        message=message,
        typed={"reason": typed},
        errors=errors,
    )
