"""Logging in and out; a form that was under way when the login ended goes on afterwards."""

from datetime import timedelta

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import FormData

from api import problems
from api.deps import LANGUAGE_COOKIE, SESSION_COOKIE, Language, TheOffice
from api.pages import TheForm
from api.web import forms, interrupted, provider
from api.web.render import page
from docflow import audit, demo, organization, throttle
from docflow.errors import DocflowError
from docflow.i18n import PORTAL_LANGUAGES, Text, t
from docflow.office import Office
from docflow.principal import Principal, Via

router = APIRouter()
# Of one address: a whole town hall may share it, and each account rests after five wrong passwords.
TRIES, _WINDOW = 120, timedelta(minutes=5)


@router.get("/login")
def show(request: Request, office: TheOffice, language: Language, to: str = "/") -> Response:
    """The login page; `to` is where to go afterwards."""
    return _form(request, office, language, to=local(to))


@router.post("/login")
def log_in(request: Request, form: TheForm, office: TheOffice, language: Language) -> Response:
    """Begin a login. A form that an ended login interrupted is shown next, ready to be sent."""
    to, kept = local(forms.text(form, "to")), forms.text(form, "interrupted")
    username, error, status = forms.text(form, "username")[:100], None, 401
    opened = None
    try:
        opened = _open(office, username, str(form.get("password", "")), request)
    except (throttle.TooManyTries, organization.LoginFailed) as refused:
        error, status = refused.message, problems.status_of(refused)
    if opened is None:
        error = error or t("The user name or the password is not right.")
        return _form(
            request,
            office,
            language,
            to=to,
            interrupted=kept,
            username=username,
            error=error,
            status_code=status,
        )
    secret, principal = opened
    response = _resumed(request, office, kept, principal) if kept else None
    response = response or RedirectResponse(to, 303)
    set_session(response, office, secret)
    return response


def _open(
    office: Office, username: str, password: str, request: Request
) -> tuple[str, Principal] | None:
    """The secret of a new login and who it is; None where name or password is wrong.

    Raises TooManyTries and LoginFailed.
    """
    client = request.client.host if request.client else ""
    with office.db.begin() as session:
        throttle.count(session, f"login:{client}", limit=TRIES, every=_WINDOW)
    with office.db.begin() as session:
        user = organization.check_password(session, username, password)
        if user is None:
            return None
        secret = organization.open_session(
            session,
            user,
            hours=office.settings.session_hours,
            client=request.headers.get("user-agent", ""),
        )
        principal = organization.principal(session, user.id, via=Via.WEB)
        audit.record(session, "user.logged-in", by=principal, subject=("user", user.id))
        return secret, principal


def set_session(response: Response, office: Office, secret: str) -> None:
    response.set_cookie(
        SESSION_COOKIE,
        secret,
        httponly=True,
        samesite="lax",
        secure=is_https(office),
        max_age=office.settings.session_hours * 3600,
    )


@router.post("/logout")
def log_out(request: Request, office: TheOffice) -> Response:
    secret = request.cookies.get(SESSION_COOKIE)
    if secret:
        with office.db.begin() as session:
            organization.close_session(session, secret)
    response = RedirectResponse("/login", 303)
    response.delete_cookie(SESSION_COOKIE)
    return response


@router.get("/language/{language}")
def choose_language(office: TheOffice, language: str, to: str = "/") -> Response:
    """Remember the language of this browser."""
    response = RedirectResponse(local(to), 303)
    if language in PORTAL_LANGUAGES:
        response.set_cookie(
            LANGUAGE_COOKIE,
            language,
            max_age=365 * 86400,
            samesite="lax",
            secure=is_https(office),
        )
    return response


def _form(
    request: Request,
    office: Office,
    language: str,
    *,
    to: str = "/",
    interrupted: str = "",
    username: str = "",
    error: Text | None = None,
    message: Text | None = None,
    status_code: int = 200,
) -> Response:
    request.state.language = language
    with office.db.read() as session:
        body = organization.first_body(session)
        name = body.name if body else "Docflow"
    return page(
        request,
        "web/login.html",
        status_code=status_code,
        to=to,
        interrupted=interrupted,
        username=username,
        error=error,
        message=message,
        demo_logins=demo.logins() if office.settings.demo else (),
        demo_password=demo.PASSWORD,
        demo_key_password=demo.KEY_PASSWORD,
        body_name=name,
        provider=provider.name(office.settings),
    )


def refused(
    request: Request, office: Office, language: str, error: DocflowError, *, to: str = "/"
) -> Response:
    """The login page with the reason why another way in did not open."""
    status = problems.status_of(error)
    return _form(request, office, language, to=to, error=error.message, status_code=status)


def ended(request: Request, office: Office, form: FormData | None, language: str) -> Response:
    """The login page for a request that came without a login.

    A form that a person was filling in is kept in the page itself (see `interrupted`).
    """
    kept, message = "", None
    owner = _owner_of_ended(request, office) if form else None
    if form and owner is not None:
        # Only somebody whose login has ended may leave files here; a stranger may not.
        kept = interrupted.sealed(office, _kept(office, request.url.path, form, owner), owner)
        message = t("Your login has ended. Please log in again; nothing you typed is lost.")
    to = request.url.path if request.method == "GET" else "/"
    if request.method == "GET" and request.url.query:
        to += f"?{request.url.query}"
    return _form(
        request,
        office,
        language,
        to=to,
        interrupted=kept,
        message=message,
        status_code=200 if request.method == "GET" else 401,
    )


def _owner_of_ended(request: Request, office: Office) -> int | None:
    secret = request.cookies.get(SESSION_COOKIE)
    if not secret:
        return None
    with office.db.read() as session:
        return organization.owner_of_ended(session, secret)


def _kept(office: Office, path: str, form: FormData, owner: int) -> interrupted.KeptForm:
    with office.db.read() as session:
        body_id = session.get_one(organization.User, owner).body_id
    return interrupted.kept(office, path, form, body_id=body_id)


def _resumed(request: Request, office: Office, kept: str, principal: Principal) -> Response | None:
    """A page that shows the kept form and sends it on with one key; None where it is not his."""
    form = interrupted.opened(office, kept, principal.person_id)
    if form is None:
        return None
    request.state.principal, request.state.language = principal, principal.language
    return page(
        request,
        "web/resume.html",
        form=form,
        message=None,
        may_be_saved=False,
        is_test=office.settings.demo,
    )


def is_https(office: Office) -> bool:
    return office.settings.public_url.startswith("https:")


def local(to: str) -> str:
    """Where to go after the login: a path of this site."""
    return forms.local(to)
