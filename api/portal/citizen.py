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
