"""Deputies: who acts for whom, from when to when."""

from collections.abc import Mapping

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import FormData

from api import problems
from api.deps import CurrentUser, TheOffice
from api.pages import TheForm
from api.web import forms
from api.web.address import RowId
from api.web.render import page
from docflow.errors import Conflict, DocflowError, Invalid
from docflow.i18n import t
from docflow.office import Office
from docflow.organization import ActsAs, Appointment, DeputyScope, NoSuchUser, deputies
from docflow.principal import Principal

router = APIRouter()


@router.get("/deputies")
def listing(request: Request, by: CurrentUser, office: TheOffice, past: bool = False) -> Response:
    """The appointments that concern the person, and the form for a new one."""
    return _show(request, office, by, values={"scope": DeputyScope.ALL}, with_past=past)


@router.post("/deputies")
def appoint(request: Request, form: TheForm, by: CurrentUser, office: TheOffice) -> Response:
    """Appoint a deputy. On an error the form comes back as it was."""
    try:
        wanted = _wanted(form)
        with office.db.begin() as session:
            deputies.appoint(session, wanted, by=by)
    except (Invalid, Conflict, NoSuchUser) as error:
        return _show(request, office, by, values=forms.as_typed(form), error=error)
    return RedirectResponse("/deputies?done=deputy", 303)


@router.post("/deputies/{appointment_id}/end")
def end(request: Request, appointment_id: RowId, by: CurrentUser, office: TheOffice) -> Response:
    """End an appointment now."""
    try:
        with office.db.begin() as session:
            deputies.end(session, appointment_id, by=by)
    except Invalid as error:
        return _show(request, office, by, values={}, error=error)
    return RedirectResponse("/deputies?done=deputy-ended", 303)


def _wanted(form: FormData) -> Appointment:
    person, deputy = forms.optional_id(form, "person"), forms.optional_id(form, "deputy")
    if person is None:
        raise forms.BadChoice(t("Choose who is away."), field="person")
    if deputy is None:
        raise forms.BadChoice(t("Choose who acts for him."), field="deputy")
    first, last = forms.day(form, "valid_from"), forms.day(form, "valid_to")
    if first is None:
        raise forms.BadDate(t("Write the first day."), field="valid_from")
    if last is None:
        raise forms.BadDate(t("Write the last day."), field="valid_to")
    return Appointment(
        person_id=person,
        deputy_id=deputy,
        valid_from=first,
        valid_to=last,
        scope=forms.choice(form, "scope", DeputyScope, otherwise=DeputyScope.ALL),
        acts_as=forms.choice(form, "acts_as", ActsAs, otherwise=ActsAs.DEPUTY),
        authority=forms.text(form, "authority"),
    )


def _show(
    request: Request,
    office: Office,
    by: Principal,
    *,
    values: Mapping[str, str],
    with_past: bool = False,
    error: DocflowError | None = None,
) -> Response:
    with office.db.read() as session:
        found = deputies.deputies(session, by=by, with_past=with_past)
        people = deputies.may_appoint_for(session, by=by)
        others = deputies.colleagues(session, by=by) if people else []
    return page(
        request,
        "web/signing/deputies.html",
        status_code=problems.status_of(error) if error else 200,
        found=found,
        with_past=with_past,
        people=people,
        others=[(one, name) for one, name in others if one != by.user_id],
        scopes=list(DeputyScope),
        ways=list(ActsAs),
        values=values,
        errors={(error.field or "form"): error.message} if error else {},
    )
