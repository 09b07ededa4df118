"""Bodies of the installation: what stands on their paper, and a new one with its first account."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import FormData

from api import problems
from api.deps import CurrentUser, TheOffice
from api.pages import TheForm
from api.web import forms
from api.web.address import RowId
from api.web.render import page
from docflow import organization, registry
from docflow.errors import Conflict, DocflowError, Invalid
from docflow.i18n import t
from docflow.organization import BodyData, legal_bodies, passwords
from docflow.principal import Principal

router = APIRouter()


def _require(by: Principal) -> None:
    by.require(by.is_administrator or by.opens_bodies, t("Only an administrator changes the body."))


@router.get("/bodies")
def listing(request: Request, by: CurrentUser, office: TheOffice) -> Response:
    """All bodies to who opens them, his own to another administrator."""
    _require(by)
    with office.db.read() as session:
        found = [
            one for one in organization.bodies(session) if by.opens_bodies or one.id == by.body_id
        ]
    return page(request, "web/organogram/bodies.html", found=found)


@router.get("/bodies/new")
def blank(request: Request, by: CurrentUser) -> Response:
    legal_bodies.require_may_open(by)
    return _form(request, None, {"letterhead": "ΕΛΛΗΝΙΚΗ ΔΗΜΟΚΡΑΤΙΑ"})


@router.post("/bodies/new")
def create(request: Request, form: TheForm, by: CurrentUser, office: TheOffice) -> Response:
    """Open a body; the password of its first administrator is shown once."""
    password = passwords.random_password()
    first = registry.new_bodies.FirstAdministrator(
        forms.text(form, "username"), forms.text(form, "full_name"), password
    )
    try:
        with office.db.begin() as session:
            body = registry.new_bodies.begin(
                session,
                forms.text(form, "code"),
                _data(form),
                first,
                by=by,
                secretariat=forms.text(form, "secretariat") or registry.new_bodies.SECRETARIAT,
            )
    except (Invalid, Conflict) as error:
        return _form(request, None, forms.as_typed(form), error)
    values = _typed(body)
    return _form(request, body, values, password=password, username=first.username)


@router.get("/bodies/{body_id}")
def show(request: Request, body_id: RowId, by: CurrentUser, office: TheOffice) -> Response:
    """What stands on the paper of a body."""
    _require(by)
    with office.db.read() as session:
        if not by.opens_bodies and body_id != by.body_id:
            raise organization.NoSuchBody(t("There is no such body."))
        body = organization.body(session, body_id)
    return _form(request, body, _typed(body))


@router.post("/bodies/{body_id}")
def change(
    request: Request, body_id: RowId, form: TheForm, by: CurrentUser, office: TheOffice
) -> Response:
    """Say anew what stands on paper."""
    try:
        with office.db.begin() as session:
            legal_bodies.change(session, body_id, _data(form), by=by)
    except Invalid as error:
        with office.db.read() as session:
            body = organization.body(session, body_id)
        return _form(request, body, forms.as_typed(form), error)
    return RedirectResponse("/bodies?done=body-changed", 303)


def _data(form: FormData) -> BodyData:
    return BodyData(
        name=forms.text(form, "name"),
        letterhead=tuple(forms.text(form, "letterhead").splitlines()),
        city=forms.text(form, "city"),
        address=forms.text(form, "address"),
        phone=forms.text(form, "phone"),
        email=forms.text(form, "email"),
        website=forms.text(form, "website"),
    )


def _typed(body: organization.Body) -> dict[str, str]:
    said = legal_bodies.data_of(body)
    return {
        "name": said.name,
        "letterhead": "\n".join(said.letterhead),
        "city": said.city,
        "address": said.address,
        "phone": said.phone,
        "email": said.email,
        "website": said.website,
    }


def _form(
    request: Request,
    body: organization.Body | None,
    values: dict[str, str],
    error: DocflowError | None = None,
    *,
    password: str = "",
    username: str = "",
) -> Response:
    return page(
        request,
        "web/organogram/body.html",
        status_code=problems.status_of(error) if error else 200,
        body=body,
        values=values,
        password=password,
        first_username=username,
        errors={(error.field or "form"): error.message} if error else {},
    )
