"""The ways in for citizens: a code by e-mail, a password, an identity provider.

A page that demands a surer proof sends people here with `level` and `to`; only the ways that can
give it are offered, and afterwards they are back where they were.
"""

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from api import forms, problems
from api.deps import Language, TheOffice
from api.pages import TheForm
from api.portal.citizen import (
    COOKIE,
    TheCitizen,
    agent,
    demanded_level,
    forget_login,
    is_https,
    local,
    sender,
    set_login,
    way_back,
)
from api.portal.render import page
from docflow import accounts, demo, mail, organization, throttle
from docflow.accounts import Citizen, Level
from docflow.errors import DocflowError
from docflow.i18n import t
from docflow.office import Office

router = APIRouter(prefix="/account")
CODE_COOKIE, _CODE_LIFE = "docflow_code", 1200  # seconds


@router.get("/login")
def ways(
    request: Request,
    office: TheOffice,
    citizen: TheCitizen,
    to: str = "/account",
    level: str = "visitor",
) -> Response:
    """The ways in that can count as so much; nothing to do for whoever is known so surely."""
    demanded = demanded_level(level)
    if citizen.level.reaches(demanded) and to != "/account":
        return RedirectResponse(local(to), 303)
    return show_ways(request, office, citizen, to=local(to), demanded=demanded)


@router.post("/login")
def enter(
    request: Request, form: TheForm, office: TheOffice, language: Language, citizen: TheCitizen
) -> Response:
    """Ask for a code, or enter with a password."""
    to, demanded = local(forms.text(form, "to")), demanded_level(forms.text(form, "level"))
    with_password = forms.text(form, "act") == "password"
    email = forms.text(form, "email")[:300]
    try:
        if not with_password:
            return _ask(request, office, email, to=to, language=language)
        secret = _log_in(request, office, email, forms.secret(form, "password"))
        if secret is not None:
            response = RedirectResponse(to, 303)
            set_login(response, office, secret)
            return response
        error: DocflowError = organization.LoginFailed(
            t("The address or the password is not right."), field="password"
        )
    except DocflowError as refused:
        error = refused
    return show_ways(
        request,
        office,
        citizen,
        to=to,
        demanded=demanded,
        email=email,
        error=error,
        with_password=with_password,
    )


def _ask(request: Request, office: Office, email: str, *, to: str, language: str) -> Response:
    address = accounts.codes.check_address(email)
    with office.db.begin() as session:
        accounts.codes.count_asked(session, address, sender=sender(request))
    with office.db.begin() as session:
        body = organization.body_named(session, None)
        token = accounts.codes.ask(session, address, body_id=body.id, language=language)
    return to_code(office, token, to)


def to_code(office: Office, token: str, to: str) -> Response:
    """On to the page where the code is typed; only this browser can use it."""
    response = RedirectResponse(f"/account/code?{way_back(to)}", 303)
    response.set_cookie(
        CODE_COOKIE,
        token,
        httponly=True,
        samesite="lax",
        secure=is_https(office),
        max_age=_CODE_LIFE,
        path="/account",
    )
    return response


def _log_in(request: Request, office: Office, email: str, password: str) -> str | None:
    count_login(request, office)
    with office.db.begin() as session:
        secret = accounts.owning.log_in(
            session,
            organization.body_named(session, None).id,
            email,
            password,
            hours=office.settings.citizen_hours,
            client=agent(request),
        )
        if secret is None:
            accounts.codes.count_wrong(session, sender=sender(request))
    return secret


@router.get("/code")
def code(request: Request, office: TheOffice, to: str = "/account") -> Response:
    """Where the code is typed."""
    return _code(request, office, to=local(to))


@router.post("/code")
def use_code(
    request: Request, form: TheForm, office: TheOffice, language: Language, citizen: TheCitizen
) -> Response:
    """Enter with the code, or take the new address over; or have another code sent."""
    to, token = local(forms.text(form, "to")), request.cookies.get(CODE_COOKIE, "")
    try:
        with office.db.read() as session:
            asked = accounts.codes.asked(session, token)
        if forms.text(form, "act") == "again":
            return _again(request, office, asked, citizen, to=to, language=language)
        with office.db.begin() as session:
            accounts.codes.count_try(session, sender=sender(request))
        typed = forms.text(form, "code")[:40]
        if asked.purpose == accounts.CodePurpose.CHANGE_EMAIL:
            done = _take_address(request, office, token, typed, citizen)
        else:
            done = _enter(request, office, token, typed, to)
    except DocflowError as error:
        return _code(request, office, to=to, error=error)
    if done is not None:
        done.delete_cookie(CODE_COOKIE, path="/account")
        return done
    wrong = organization.LoginFailed(
        t("The code is not right. Type the six digits of the newest message."), field="code"
    )
    return _code(request, office, to=to, error=wrong)


def _enter(request: Request, office: Office, token: str, typed: str, to: str) -> Response | None:
    with office.db.begin() as session:
        secret = accounts.owning.enter_by_code(
            session, token, typed, hours=office.settings.citizen_hours, client=agent(request)
        )
        if secret is None:
            accounts.codes.count_wrong(session, sender=sender(request))
            return None
    response = RedirectResponse(to, 303)
    set_login(response, office, secret)
    return response


def _take_address(
    request: Request, office: Office, token: str, typed: str, citizen: Citizen
) -> Response | None:
    refused: DocflowError | None = None
    is_taken = False
    with office.db.begin() as session:
        try:
            is_taken = accounts.owning.change_address(session, token, typed, citizen=citizen)
            if not is_taken:
                accounts.codes.count_wrong(session, sender=sender(request))
        except accounts.AddressTaken as error:
            refused = error  # the code is used up all the same
    if refused is not None:
        raise refused
    return RedirectResponse("/account?done=account-address", 303) if is_taken else None


def _again(
    request: Request,
    office: Office,
    asked: accounts.codes.Asked,
    citizen: Citizen,
    *,
    to: str,
    language: str,
) -> Response:
    with office.db.begin() as session:
        accounts.codes.count_asked(session, asked.email, sender=sender(request))
    with office.db.begin() as session:
        token = accounts.codes.ask(
            session,
            asked.email,
            body_id=organization.body_named(session, None).id,
            language=language,
            purpose=asked.purpose,
            citizen=citizen,
        )
    return to_code(office, token, to)


@router.post("/logout")
def log_out(request: Request, office: TheOffice) -> Response:
    secret = request.cookies.get(COOKIE)
    if secret:
        with office.db.begin() as session:
            accounts.leave(session, secret)
    response = RedirectResponse("/account/login?done=account-left", 303)
    forget_login(request, response)
    return response


def count_login(request: Request, office: Office) -> None:
    """Raises TooManyTries."""
    limit, every = accounts.owning.LOGINS, accounts.owning.LOGINS_EVERY
    with office.db.begin() as session:
        throttle.count(session, f"citizen-login:{sender(request)}", limit=limit, every=every)


def show_ways(
    request: Request,
    office: Office,
    citizen: Citizen,
    *,
    to: str,
    demanded: Level,
    email: str = "",
    error: DocflowError | None = None,
    with_password: bool = False,
) -> Response:
    """The page of the ways in."""
    # What is asked at the counter alone is shown too, so that nobody looks for it in vain.
    errors = {} if error is None else {error.field or "form": error.message}
    return page(
        request,
        "portal/login.html",
        status_code=200 if error is None else problems.status_of(error),
        to=to,
        demanded=demanded,
        providers=accounts.providers.offered(office.settings, demanded),
        by_code=Level.VISITOR.reaches(demanded),
        by_password=True,
        citizen=citizen,
        email=email,
        errors=errors,
        prefix="password-" if with_password else "",
        demo_citizens=demo.citizen_logins() if office.settings.demo else (),
        demo_password=demo.PASSWORD,
    )


def _code(
    request: Request, office: Office, *, to: str, error: DocflowError | None = None
) -> Response:
    with office.db.read() as session:
        try:
            asked = accounts.codes.asked(session, request.cookies.get(CODE_COOKIE, ""))
        except accounts.NoSuchCode:
            return RedirectResponse(f"/account/login?{way_back(to)}", 303)
    errors = {} if error is None else {error.field or "form": error.message}
    return page(
        request,
        "portal/code.html",
        status_code=200 if error is None else problems.status_of(error),
        to=to,
        asked=asked,
        errors=errors,
        is_kept_here=office.settings.demo and mail.is_kept(office.settings),
    )
