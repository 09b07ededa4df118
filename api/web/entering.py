"""The ways in besides the form: through the identity provider, and with a new password."""

from datetime import datetime

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from api import problems
from api.deps import SESSION_COOKIE, CurrentUser, Language, TheOffice
from api.pages import TheForm
from api.web import login, provider
from api.web.render import page
from docflow import throttle
from docflow.errors import DocflowError, Forbidden, Unavailable
from docflow.i18n import t
from docflow.office import Office
from docflow.organization import MAX_FAILED, REST, oidc, passwords
from docflow.principal import Principal

router = APIRouter()


@router.get("/login/provider")
def leave(request: Request, office: TheOffice, language: Language, to: str = "/") -> Response:
    """Send the browser to the provider."""
    settings = office.settings
    try:
        address, attempt = oidc.begin(settings, redirect_uri=provider.redirect_uri(settings))
    except (Forbidden, Unavailable) as error:
        return login.refused(request, office, language, error, to=login.local(to))
    response = RedirectResponse(address, 303)
    response.set_cookie(
        provider.COOKIE,
        provider.sealed(office, attempt, login.local(to)),
        httponly=True,
        samesite="lax",
        secure=login.is_https(office),
        max_age=provider.LIFE,
        path="/login/provider",
    )
    return response


@router.get(provider.BACK)
def come_back(
    request: Request,
    office: TheOffice,
    language: Language,
    state: str = "",
    code: str = "",
) -> Response:
    """Take up the login that began in this browser, and no other."""
    kept = provider.opened(office, request.cookies.get(provider.COOKIE, ""), state[:200])
    client = request.client.host if request.client else ""
    try:
        provider.count(office, client)
        if kept is None or not code:
            raise oidc.ProviderRefused(
                t("The login at the provider was not finished, or took too long. Begin again.")
            )
        attempt, to = kept
        agent = request.headers.get("user-agent", "")
        secret = provider.enter(office, attempt, code[:4000], client=agent)
    except (Forbidden, Unavailable, throttle.TooManyTries) as error:
        response: Response = login.refused(request, office, language, error)
    else:
        response = RedirectResponse(to, 303)
        login.set_session(response, office, secret)
    response.delete_cookie(provider.COOKIE, path="/login/provider")
    return response


@router.get("/password")
def password(request: Request, by: CurrentUser) -> Response:
    """The form of one's own new password."""
    return page(request, "web/organogram/password.html", errors={}, must=by.must_change_password)


@router.post("/password")
def change_password(
    request: Request, form: TheForm, by: CurrentUser, office: TheOffice
) -> Response:
    """Set it; nothing that was typed comes back on an error."""
    names = ("password", "new_password", "repeated")
    old, new, again = (str(form.get(name, ""))[:1000] for name in names)
    try:
        if new != again:
            raise passwords.BadPassword(
                t("The two passwords are not the same. Nothing was done."), field="repeated"
            )
        _change(office, old, new, by, login_now=request.cookies.get(SESSION_COOKIE, ""))
    except DocflowError as error:
        return page(
            request,
            "web/organogram/password.html",
            status_code=problems.status_of(error),
            errors={(error.field or "form"): error.message},
            must=by.must_change_password,
        )
    return RedirectResponse("/?done=password", 303)


def _change(office: Office, old: str, new: str, by: Principal, *, login_now: str) -> None:
    """Whoever found a login open does not find out the password by trying.

    Raises TooManyTries, BadPassword.
    """
    key = f"password:{by.person_id}"
    with office.db.begin() as session:  # counted even if the change fails
        window = throttle.count(session, key, limit=MAX_FAILED, every=REST)
    try:
        with office.db.begin() as session:
            passwords.change_own(session, old, new, by=by, login=login_now)
    except passwords.BadPassword as error:
        if error.field == "password":
            raise
        _forget(office, key, window)
        raise
    _forget(office, key, window)


def _forget(office: Office, key: str, window: datetime) -> None:
    with office.db.begin() as session:
        throttle.take_back(session, key, window)
