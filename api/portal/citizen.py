"""Who visits the citizens' pages: the login of this browser, and the pages that ask for one."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import Depends, Request, Response
from fastapi.responses import RedirectResponse

from api import forms
from api.deps import LANGUAGE_COOKIE, office_of
from docflow import accounts
from docflow.accounts import ANONYMOUS, Citizen, Level, LevelNeeded
from docflow.office import Office

COOKIE = "docflow_citizen"
FORMS_COOKIE = "docflow_forms"  # of the browser that began a form
KEY_COOKIE = "docflow_application"  # the secret of an application, on its page alone
OPENED_COOKIE = "docflow_opened"  # the ids of those whose secret this browser has


def current_citizen(request: Request) -> Citizen:
    """Who is logged in here; ANONYMOUS for nobody, and for a login that has ended.

    A citizen who chose no language in this browser gets that of his account.
    """
    known: Citizen | None = getattr(request.state, "citizen", None)
    if known is not None:
        return known
    office, secret = office_of(request), request.cookies.get(COOKIE, "")
    citizen = ANONYMOUS
    if secret:
        with office.db.read() as session:
            found = accounts.by_session(
                session, secret, idle_minutes=office.settings.citizen_idle_minutes
            )
        if found is not None:
            citizen, is_stale = found
            if is_stale:
                with office.db.begin() as session:
                    accounts.touch(session, secret)
            if LANGUAGE_COOKIE not in request.cookies:
                request.state.language = citizen.language
    request.state.citizen = citizen
    return citizen


TheCitizen = Annotated[Citizen, Depends(current_citizen)]


def shown_the_way(request: Request, error: LevelNeeded) -> Response:
    """To the ways in that can give the proof that a page demands, and back to it afterwards."""
    usual = str(request.url.path) if request.method == "GET" else "/account"
    if request.method == "GET" and request.url.query:
        usual += f"?{request.url.query}"
    asked = urlencode({"level": error.demanded, "to": forms.local(error.to or usual)})
    return RedirectResponse(f"/account/login?{asked}", 303)


def set_login(response: Response, office: Office, secret: str) -> None:
    """The cookie of a login; a browser that is closed forgets it."""
    response.set_cookie(
        COOKIE, secret, httponly=True, samesite="lax", secure=is_https(office), path="/"
    )


def forget_login(request: Request, response: Response) -> None:
    """Nothing of who leaves opens for the next one at this browser: no login, form or key."""
    for name in (COOKIE, FORMS_COOKIE, OPENED_COOKIE):
        response.delete_cookie(name, path="/")
    for application_id in opened_by_key(request):
        response.delete_cookie(KEY_COOKIE, path=page_of(application_id))


def opened_by_key(request: Request) -> list[int]:
    """The applications whose pages were opened here by a secret, the last one last.

    A page sees its own key alone, so that another cookie tells which there are; a key that it does
    not name opens nothing (see `key_of`).
    """
    named = request.cookies.get(OPENED_COOKIE, "")[:2000].split(".")
    return [int(one) for one in named if one.isascii() and one.isdecimal() and len(one) < 19]


def key_of(request: Request, application_id: int) -> str:
    """The secret with which this browser opens the page of an application, or nothing."""
    if application_id not in opened_by_key(request):
        return ""
    return request.cookies.get(KEY_COOKIE, "")[:60]


def page_of(application_id: int) -> str:
    return f"/applications/{application_id}"


def is_https(office: Office) -> bool:
    return office.settings.public_url.startswith("https:")


def local(to: str) -> str:
    return forms.local(to, otherwise="/account")


def way_back(to: str) -> str:
    """The query that carries a place to come back to."""
    return urlencode({"to": local(to)})


def demanded_level(typed: str) -> Level:
    """The level that an address names; a visitor's where it names none."""
    try:
        found = Level(typed)
    except ValueError:
        return Level.VISITOR
    return Level.VISITOR if found is Level.NONE else found


def sender(request: Request) -> str:
    """From where somebody comes, for limits."""
    return request.client.host if request.client else ""


def agent(request: Request) -> str:
    """What the browser says of itself, for the list of logins."""
    return request.headers.get("user-agent", "")[:200]
