"""The register of residents: the list that holds, and the form that replaces it."""

from collections.abc import Sequence

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import UploadFile

from api import problems
from api.deps import CurrentUser, TheOffice
from api.pages import TheForm
from api.web import forms
from api.web.render import page
from docflow import service_acts
from docflow.errors import Conflict, DocflowError, Invalid
from docflow.i18n import t
from docflow.office import Office
from docflow.principal import Principal
from docflow.service_acts import BadResidents, Fault, residents

router = APIRouter(prefix="/residents")


@router.get("")
def show(request: Request, by: CurrentUser, office: TheOffice) -> Response:
    """How many stand in the register, and which lists were given."""
    return _page(request, office, by)


@router.post("")
def take(request: Request, form: TheForm, by: CurrentUser, office: TheOffice) -> Response:
    """Let the list in the file hold, or say row by row why it cannot."""
    sent = form.get("file")
    is_meant = forms.text(form, "removal_is_meant") == "yes"
    try:
        if not isinstance(sent, UploadFile) or not sent.filename:
            raise BadResidents(t("Choose the file with the register of residents."))
        residents.take_stream(
            office, sent.file, name=sent.filename, by=by, removal_is_meant=is_meant
        )
    except (Invalid, Conflict) as error:
        return _page(request, office, by, error=error, is_meant=is_meant)
    return RedirectResponse("/residents?done=residents", 303)


def _page(
    request: Request,
    office: Office,
    by: Principal,
    *,
    error: DocflowError | None = None,
    is_meant: bool = False,
) -> Response:
    with office.db.read() as session:
        lists = residents.lists(session, by=by)
        count = residents.count(session, by.body_id)
    faults: Sequence[Fault] = error.faults if isinstance(error, BadResidents) else ()
    return page(
        request,
        "web/residents.html",
        status_code=problems.status_of(error) if error else 200,
        lists=lists,
        count=count,
        faults=faults,
        asks_removal=isinstance(error, service_acts.ManyRemoved),
        values={"removal_is_meant": "yes" if is_meant else ""},
        errors={error.field or "form": error.message} if error else {},
    )
