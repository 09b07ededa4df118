"""Accounts of the body: made, given roles, locked, ended; by its administrators."""

from datetime import timedelta

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session
from starlette.datastructures import FormData

from api import problems
from api.deps import CurrentUser, TheOffice
from api.pages import TheForm
from api.web import forms
from api.web.address import RowId
from api.web.render import page
from docflow import clock, organization
from docflow.errors import Conflict, DocflowError, Invalid, NotFound
from docflow.i18n import t
from docflow.office import Office
from docflow.organization import (
    AccountData,
    Place,
    accounts,
    leaving,
    oidc,
    organogram,
    passwords,
    roles,
)
from docflow.principal import Principal, Role

router = APIRouter()
MOST_SHOWN = 100


@router.get("/users")
def listing(
    request: Request,
    by: CurrentUser,
    office: TheOffice,
    q: str = "",
    closed: bool = False,
) -> Response:
    """The accounts of the body by name."""
    typed = forms.clean(q)[:100]
    with office.db.read() as session:
        found = accounts.listing(session, by=by, query=typed, with_closed=closed)
    return page(request, "web/accounts/list.html", found=found, typed=typed, closed=closed)


@router.get("/users/new")
def blank(request: Request, by: CurrentUser, office: TheOffice) -> Response:
    accounts.require_administrator(by)
    return _new(request, office, {"way": "password"})


@router.post("/users/new")
def create(request: Request, form: TheForm, by: CurrentUser, office: TheOffice) -> Response:
    """Make an account; its first password is shown once."""
    way = forms.text(form, "way")
    password = passwords.random_password() if way == "password" else None
    through = way == "provider" and oidc.is_offered(office.settings)
    try:
        with office.db.begin() as session:
            user = accounts.create(
                session,
                forms.text(form, "username"),
                _data(form),
                by=by,
                password=password,
                issuer=office.settings.oidc_issuer if through else None,
            )
    except (Invalid, Conflict) as error:
        return _new(request, office, forms.as_typed(form), error)
    if password is None:
        return RedirectResponse(f"/users/{user.id}?done=account-created", 303)
    return _show(request, office, by, user.id, password=password)


@router.get("/users/{user_id}")
def show(request: Request, user_id: RowId, by: CurrentUser, office: TheOffice) -> Response:
    """An account with its roles, from when to when, and what can be done with it."""
    return _show(request, office, by, user_id)


@router.post("/users/{user_id}")
def change(
    request: Request, user_id: RowId, form: TheForm, by: CurrentUser, office: TheOffice
) -> Response:
    """One act on the account, named by `act`. On an error its form comes back as it was."""
    act = forms.text(form, "act")
    try:
        if act == "password":
            with office.db.begin() as session:
                made = accounts.new_password(session, user_id, by=by)
            return _show(request, office, by, user_id, password=made)
        done = _done(office, user_id, form, by, act)
    except (Invalid, Conflict, NotFound) as error:
        return _show(request, office, by, user_id, form=form, open_act=act, error=error)
    return RedirectResponse(f"/users/{user_id}?done={done}", 303)


def _done(office: Office, user_id: int, form: FormData, by: Principal, act: str) -> str:
    """What was done, as `?done=` says it."""
    with office.db.begin() as session:
        match act:
            case "change":
                accounts.change(session, user_id, _data(form), by=by)
                return "account-changed"
            case "role":
                roles.give(
                    session,
                    user_id,
                    forms.choice(form, "role", Role, otherwise=Role.EMPLOYEE),
                    by=by,
                    unit_id=forms.optional_id(form, "unit_id"),
                    valid_from=forms.day(form, "valid_from"),
                    valid_to=forms.day(form, "valid_to"),
                )
                return "role-given"
            case "take-role":
                roles.take(session, user_id, forms.optional_id(form, "grant_id") or 0, by=by)
                return "role-taken"
            case "lock":
                accounts.lock(session, user_id, by=by)
                return "account-locked"
            case "unlock":
                accounts.unlock(session, user_id, by=by)
                return "account-unlocked"
            case "provider":
                _move_to_provider(office, session, user_id, by)
                return "account-moved-to-provider"
            case "keep":
                leaving.keep_in_service(session, user_id, by=by)
                return "service-goes-on"
            case "leave":
                _leave(office, session, user_id, form, by)
                return "service-ends"
    raise forms.BadChoice(t("Choose one from the list."), field="form")


def _move_to_provider(office: Office, session: Session, user_id: int, by: Principal) -> None:
    issuer = office.settings.oidc_issuer
    if issuer is None or not oidc.is_offered(office.settings):
        raise forms.BadChoice(t("This installation has no identity provider."), field="form")
    accounts.move_to_provider(session, user_id, issuer, by=by)


def _leave(office: Office, session: Session, user_id: int, form: FormData, by: Principal) -> None:
    """An end at once, or after a last day."""
    today = clock.today(office.settings.zone)
    last = forms.day(form, "last_day")
    if last is None:
        raise forms.BadDate(t("Write the last day."), field="last_day")
    if forms.text(form, "at_once"):
        last = min(last, today - timedelta(days=1))
    placements = {
        name.removeprefix("place-"): place
        for name, value in form.multi_items()
        if name.startswith("place-") and isinstance(value, str) and (place := _place(value))
    }
    leaving.end_service(
        session,
        user_id,
        by=by,
        last_day=last,
        work_to=_place(forms.text(form, "work_to")),
        placements=placements,
    )


def _place(typed: str) -> Place | None:
    """A unit ("3"), or a person in it ("3:17"). Raises BadChoice."""
    if not typed:
        return None
    unit, _, person = typed.partition(":")
    if not all(one.isdecimal() and len(one) < 19 for one in (unit, person or "0")):
        raise forms.BadChoice(t("Choose one from the list."), field="work_to")
    return Place(int(unit), int(person) if person else None)


def _data(form: FormData) -> AccountData:
    return AccountData(
        full_name=forms.text(form, "full_name"),
        title=forms.text(form, "title"),
        email=forms.text(form, "email"),
        language=forms.text(form, "language") or "el",
    )


def _new(
    request: Request,
    office: Office,
    values: dict[str, str],
    error: DocflowError | None = None,
) -> Response:
    return page(
        request,
        "web/accounts/new.html",
        status_code=problems.status_of(error) if error else 200,
        values=values,
        has_provider=oidc.is_offered(office.settings),
        errors={(error.field or "form"): error.message} if error else {},
    )


def _show(
    request: Request,
    office: Office,
    by: Principal,
    user_id: int,
    *,
    form: FormData | None = None,
    open_act: str = "",
    error: DocflowError | None = None,
    password: str = "",
) -> Response:
    with office.db.read() as session:
        found = accounts.one(session, user_id, by=by)
        left = leaving.dry_run(session, user_id, by=by)
        units = organization.units(session, by.body_id)
        tree = organogram.tree(session, by=by, zone=office.settings.zone)
    people = {
        one.id: [who for who in (*one.heads, *one.people) if who.user_id != user_id] for one in tree
    }
    offered = [one for one in Role if by.opens_bodies or one != Role.INSTALLATION]
    return page(
        request,
        "web/accounts/account.html",
        status_code=problems.status_of(error) if error else 200,
        account=found,
        is_self=by.user_id == user_id,
        left=left,
        carriers={one.name: one.title for one in organization.work.carriers()},
        most=MOST_SHOWN,
        units=units,
        people=people,
        offered=offered,
        has_provider=oidc.is_offered(office.settings),
        today=clock.today(office.settings.zone),
        password=password,
        open_act=open_act,
        typed=forms.as_typed(form) if form else {},
        errors={(error.field or "form"): error.message} if error else {},
    )
