"""The citizen's own account: who he is, how surely, his logins; changed and closed by himself."""

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from api import forms, problems
from api.deps import LANGUAGE_COOKIE, Language, TheOffice
from api.pages import TheForm
from api.portal import browsers
from api.portal.citizen import TheCitizen, agent, forget_login, sender, set_login
from api.portal.entering import to_code
from api.portal.render import page
from docflow import accounts, throttle
from docflow.accounts import Account, Channel, Citizen, Details, Level
from docflow.errors import DocflowError
from docflow.i18n import Text, t
from docflow.office import Office
from docflow.organization import passwords

router = APIRouter(prefix="/account")


@router.get("")
def show(request: Request, office: TheOffice, citizen: TheCitizen) -> Response:
    """Everything about the account on one page."""
    citizen.require(Level.VISITOR, to="/account")
    idle = office.settings.citizen_idle_minutes
    with office.db.read() as session:
        account = session.get_one(Account, citizen.known_id)
        linked = set(accounts.providers.of_account(session, citizen))
        logins = accounts.logins.open_logins(session, citizen, idle_minutes=idle)
        representations = accounts.representations.of_citizen(session, citizen)
    return page(
        request,
        "portal/account.html",
        citizen=citizen,
        account=account,
        is_registered=account.password_hash is not None or bool(linked),
        logins=logins,
        browser=browsers.named,
        acting_for=[(str(one.id), one.name) for one in representations if one.holds],
        linked=linked,
        providers=accounts.providers.offered(office.settings),
    )


@router.get("/register")
def register_form(request: Request, office: TheOffice, citizen: TheCitizen) -> Response:
    """The form that makes a registered account of a visitor's."""
    citizen.require(Level.VISITOR, to="/account/register")
    account = _account(office, citizen)
    if account.password_hash is not None:
        return RedirectResponse("/account", 303)
    values = _typed_of(account)
    return _form(request, "register", values=values, citizen=citizen, **_freshness(office, citizen))


@router.post("/register")
def register(request: Request, form: TheForm, office: TheOffice, citizen: TheCitizen) -> Response:
    """Name, password, and how one wants to be told."""
    citizen.require(Level.VISITOR, to="/account/register")
    try:
        new = _repeated(form)
        with office.db.begin() as session:
            secret = accounts.owning.register(
                session,
                _details(form),
                new,
                citizen=citizen,
                hours=office.settings.citizen_hours,
                client=agent(request),
            )
    except DocflowError as error:
        fresh = _freshness(office, citizen)
        return _refused(request, "register", form, citizen, error, **fresh)
    response = RedirectResponse("/account?done=account-registered", 303)
    set_login(response, office, secret)
    return response


@router.get("/details")
def details_form(request: Request, office: TheOffice, citizen: TheCitizen) -> Response:
    citizen.require(Level.REGISTERED, to="/account/details")
    values = _typed_of(_account(office, citizen))
    return _form(request, "details", values=values, citizen=citizen)


@router.post("/details")
def change(request: Request, form: TheForm, office: TheOffice, citizen: TheCitizen) -> Response:
    """Say anew who one is and how one wants to be told."""
    citizen.require(Level.REGISTERED, to="/account/details")
    details = _details(form)
    try:
        with office.db.begin() as session:
            account = accounts.owning.change(session, details, citizen=citizen)
            language = account.language
    except DocflowError as error:
        return _refused(request, "details", form, citizen, error)
    response = RedirectResponse("/account?done=account-changed", 303)
    response.set_cookie(LANGUAGE_COOKIE, language, max_age=365 * 86400, samesite="lax")
    return response


@router.get("/password")
def password_form(request: Request, office: TheOffice, citizen: TheCitizen) -> Response:
    """A new password: with the old one, or soon after a code."""
    citizen.require(Level.VISITOR, to="/account/password")
    return _form(request, "password", values={}, citizen=citizen, **_freshness(office, citizen))


@router.post("/password")
def change_password(
    request: Request, form: TheForm, office: TheOffice, citizen: TheCitizen
) -> Response:
    """Whoever found a login open does not find out the password by trying."""
    citizen.require(Level.VISITOR, to="/account/password")
    try:
        _count(office, citizen)
        new = _repeated(form)
        with office.db.begin() as session:
            secret = accounts.owning.set_password(
                session,
                new,
                citizen=citizen,
                old=forms.secret(form, "password"),
                hours=office.settings.citizen_hours,
                client=agent(request),
            )
    except DocflowError as error:
        fresh = _freshness(office, citizen)
        return _refused(request, "password", form, citizen, error, **fresh)
    response = RedirectResponse("/account?done=account-password", 303)
    set_login(response, office, secret)
    return response


@router.get("/address")
def address_form(request: Request, citizen: TheCitizen) -> Response:
    """Another e-mail address: a code goes there first."""
    citizen.require(Level.VISITOR, to="/account/address")
    return _form(request, "address", values={"email": citizen.email}, citizen=citizen)


@router.post("/address")
def change_address(
    request: Request, form: TheForm, office: TheOffice, citizen: TheCitizen, language: Language
) -> Response:
    citizen.require(Level.VISITOR, to="/account/address")
    try:
        address = accounts.codes.check_address(forms.text(form, "email")[:300])
        with office.db.begin() as session:
            accounts.codes.count_asked(session, address, sender=sender(request))
        with office.db.begin() as session:
            account = accounts.owning.own(session, citizen)
            accounts.owning.require_owner(session, account, citizen)
            token = accounts.codes.ask(
                session,
                address,
                body_id=account.body_id,
                language=language,
                purpose=accounts.CodePurpose.CHANGE_EMAIL,
                citizen=citizen,
            )
    except DocflowError as error:
        return _refused(request, "address", form, citizen, error)
    return to_code(office, token, "/account")


@router.post("/logins")
def end_login(form: TheForm, office: TheOffice, citizen: TheCitizen) -> Response:
    """End one of the logins, or all but this one."""
    citizen.require(Level.VISITOR, to="/account")
    login_id = forms.optional_id(form, "login")
    with office.db.begin() as session:
        if login_id is None:
            accounts.logins.end_others(session, citizen)
        else:
            accounts.logins.end_login(session, login_id, citizen)
    return RedirectResponse("/account?done=account-login-ended", 303)


@router.get("/close")
def close_form(request: Request, office: TheOffice, citizen: TheCitizen) -> Response:
    citizen.require(Level.VISITOR, to="/account/close")
    has_password = _account(office, citizen).password_hash is not None
    return _form(request, "close", values={}, citizen=citizen, has_password=has_password)


@router.post("/close")
def close(request: Request, form: TheForm, office: TheOffice, citizen: TheCitizen) -> Response:
    """Close the account for good."""
    citizen.require(Level.VISITOR, to="/account/close")
    has_password = _account(office, citizen).password_hash is not None
    try:
        if forms.text(form, "sure") != "yes":
            raise accounts.BadDetails(t("Tick that you want this."), field="sure")
        _count(office, citizen)
        with office.db.begin() as session:
            accounts.owning.close(session, citizen=citizen, password=forms.secret(form, "password"))
        with office.db.begin() as session:
            closed = session.get_one(Account, citizen.known_id, with_for_update=True)
            accounts.erasing.forget_if_free(session, closed)
    except DocflowError as error:
        return _refused(request, "close", form, citizen, error, has_password=has_password)
    response = RedirectResponse("/account/login?done=account-closed", 303)
    forget_login(request, response)
    return response


def _account(office: Office, citizen: Citizen) -> Account:
    with office.db.read() as session:
        return session.get_one(Account, citizen.known_id)


def _freshness(office: Office, citizen: Citizen) -> dict[str, Any]:
    """Whether the old password is asked for, and what a new one after a code would end."""
    with office.db.read() as session:
        account = session.get_one(Account, citizen.known_id)
        return {
            "is_fresh": accounts.logins.is_fresh(session, citizen),
            "has_password": account.password_hash is not None,
            "ends_proof": accounts.proving.ends_by_code(session, account, citizen),
        }


def _count(office: Office, citizen: Citizen) -> None:
    """Raises TooManyTries."""
    limit, rest = accounts.owning.MAX_FAILED, accounts.owning.REST
    with office.db.begin() as session:
        throttle.count(session, f"citizen-password:{citizen.known_id}", limit=limit, every=rest)


def _repeated(form: TheForm) -> str:
    """The new password, typed twice. Raises BadPassword."""
    new = forms.secret(form, "new_password")
    if new != forms.secret(form, "repeated"):
        raise passwords.BadPassword(
            t("The two passwords are not the same. Nothing was done."), field="repeated"
        )
    passwords.require_long(new)
    return new


def _details(form: TheForm) -> Details:
    return Details(
        full_name=forms.text(form, "full_name"),
        phone=forms.text(form, "phone"),
        tax_number=forms.text(form, "tax_number"),
        language=forms.text(form, "language"),
        channel=forms.choice(form, "channel", Channel, otherwise=Channel.EMAIL),
    )


def _typed_of(account: Account) -> dict[str, str]:
    names = ("full_name", "phone", "tax_number", "language", "channel")
    return {name: str(getattr(account, name)) for name in names}


def _refused(
    request: Request,
    what: str,
    form: TheForm,
    citizen: Citizen,
    error: DocflowError,
    **context: Any,
) -> Response:
    typed = forms.as_typed(form)
    values = {name: typed[name] for name in typed if name not in forms.SECRET_FIELDS}
    return _form(
        request,
        what,
        values=values,
        citizen=citizen,
        errors={error.field or "form": error.message},
        status_code=problems.status_of(error),
        **context,
    )


def _form(
    request: Request,
    what: str,
    *,
    values: dict[str, str],
    citizen: Citizen,
    errors: dict[str, Text] | None = None,
    status_code: int = 200,
    **context: Any,
) -> Response:
    return page(
        request,
        f"portal/account_{what}.html",
        status_code=status_code,
        values=values,
        errors=errors or {},
        citizen=citizen,
        **context,
    )
