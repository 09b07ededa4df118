"""What a route may ask for: the office, who is logged in, and the language of the answer."""

from typing import Annotated, cast

from fastapi import Depends, Request

from docflow import organization
from docflow.i18n import DEFAULT_LANGUAGE, LANGUAGES, language_of, t
from docflow.office import Office
from docflow.principal import Principal

SESSION_COOKIE = "docflow_session"
LANGUAGE_COOKIE = "docflow_language"
_WITH_OLD_PASSWORD = ("/password", "/logout")


def office_of(request: Request) -> Office:
    return cast(Office, request.app.state.office)


def spoken_languages(request: Request) -> tuple[str, ...]:
    """The languages of the app that answers: the citizens' pages have more than the staff's."""
    app = request.scope.get("app")
    spoken: tuple[str, ...] = getattr(getattr(app, "state", None), "languages", LANGUAGES)
    return spoken


def chosen_language(request: Request) -> str:
    """The language that the visitor chose, else the first of his browser that we speak."""
    spoken = spoken_languages(request)
    chosen = request.cookies.get(LANGUAGE_COOKIE)
    if chosen in spoken:
        return str(chosen)
    return language_of(request.headers.get("accept-language"), DEFAULT_LANGUAGE, spoken)


def current_user(request: Request) -> Principal:
    """Who is logged in. Raises NotLoggedIn; the page app turns it into the login page.

    A person who chose no language in this browser gets that of his account.
    """
    office = office_of(request)
    secret = request.cookies.get(SESSION_COOKIE)
    if not secret:
        raise organization.NotLoggedIn(t("Please log in."))
    chosen = request.cookies.get(LANGUAGE_COOKIE)
    with office.db.read() as session:
        principal, stale = organization.by_session(
            session,
            secret,
            idle_minutes=office.settings.session_idle_minutes,
            language=chosen if chosen in LANGUAGES else None,
        )
    if stale:
        with office.db.begin() as session:
            organization.touch(session, secret)
    request.state.language = principal.language
    request.state.principal = principal
    if principal.must_change_password and request.url.path not in _WITH_OLD_PASSWORD:
        raise organization.PasswordHandedOver(t("Choose a password of your own first."))
    return principal


TheOffice = Annotated[Office, Depends(office_of)]
CurrentUser = Annotated[Principal, Depends(current_user)]
Language = Annotated[str, Depends(chosen_language)]
