"""The body's calendar: the country's holidays of a year, and the days of its own."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import FormData

from api import problems
from api.deps import CurrentUser, TheOffice
from api.pages import TheForm
from api.web import forms
from api.web.address import RowId
from api.web.render import page
from docflow import calendars, clock
from docflow.calendars import Country, OwnDay
from docflow.errors import Conflict, DocflowError, Invalid, NotFound
from docflow.i18n import t
from docflow.office import Office
from docflow.principal import Principal

router = APIRouter(prefix="/workdays")
NOT_YOURS = t("Only the administrator keeps the calendar.")
_HALF_A_CENTURY = 50


@router.get("")
def show(
    request: Request,
    by: CurrentUser,
    office: TheOffice,
    year: Annotated[int, Query(ge=1, le=9999)] = 0,
) -> Response:
    """The days of a year on which nobody works, and the form for another one."""
    return _page(request, office, by, year=year, typed={"how": "yearly"})


@router.post("")
def add(request: Request, form: TheForm, by: CurrentUser, office: TheOffice) -> Response:
    """Put a day into the calendar; the form comes back with what is wrong in it."""
    try:
        wanted = _wanted(form)
        with office.db.begin() as session:
            calendars.add(session, wanted, by=by)
    except (Invalid, Conflict) as error:
        return _page(request, office, by, typed=forms.as_typed(form), error=error)
    return RedirectResponse("/workdays?done=workday", 303)


@router.post("/country")
def choose_country(request: Request, form: TheForm, by: CurrentUser, office: TheOffice) -> Response:
    try:
        country = forms.choice(form, "country", Country, otherwise=Country.GREECE)
        with office.db.begin() as session:
            calendars.choose_country(session, country, by=by)
    except Invalid as error:
        return _page(request, office, by, typed={"how": "yearly"}, error=error)
    return RedirectResponse("/workdays?done=workday", 303)


@router.post("/{day_id}/remove")
def remove(request: Request, day_id: RowId, by: CurrentUser, office: TheOffice) -> Response:
    try:
        with office.db.begin() as session:
            calendars.remove(session, day_id, by=by)
    except NotFound as error:  # somebody else was faster: the list shows it
        return _page(request, office, by, typed={"how": "yearly"}, error=error)
    return RedirectResponse("/workdays?done=workday", 303)


def _wanted(form: FormData) -> OwnDay:
    """Raises BadDay, BadDate."""
    name, is_working = forms.text(form, "name"), forms.text(form, "effect") == "working"
    if forms.text(form, "how") == "once":
        on = forms.day(form, "on")
        if on is None:
            raise calendars.BadDay(t("Write the date."), field="on")
        return OwnDay(name, is_working, on=on)
    day, _, month = forms.text(form, "day").replace(".", "/").replace("-", "/").partition("/")
    return OwnDay(
        name,
        is_working,
        month=int(month) if month.isdecimal() and len(month) < 3 else 0,
        day=int(day) if day.isdecimal() and len(day) < 3 else 0,
        valid_from=forms.day(form, "valid_from"),
        valid_to=forms.day(form, "valid_to"),
    )


def _page(
    request: Request,
    office: Office,
    by: Principal,
    *,
    typed: dict[str, str],
    year: int = 0,
    error: DocflowError | None = None,
) -> Response:
    by.require(by.is_administrator, NOT_YOURS)
    this = clock.today(office.settings.zone).year
    shown = year if abs(year - this) <= _HALF_A_CENTURY else this
    with office.db.read() as session:
        calendar = calendars.of(session, by.body_id)
        own = calendars.own_days(session, by=by)
    return page(
        request,
        "web/deadlines/workdays.html",
        status_code=problems.status_of(error) if error else 200,
        calendar=calendar,
        holidays=calendar.holidays(shown, by.language),
        own=own,
        countries=list(Country),
        year=shown,
        years=range(this - 1, this + 3),
        values=typed,
        errors={error.field or "form": error.message} if error else {},
    )
