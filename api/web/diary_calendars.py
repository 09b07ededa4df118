"""When citizens can come: the calendars of units and persons, days that differ, days called off."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session
from starlette.datastructures import FormData

from api import problems
from api.deps import CurrentUser, TheOffice
from api.pages import TheForm
from api.web import forms
from api.web.address import RowId
from api.web.diary import require_server
from api.web.render import page
from docflow import appointments, clock, organization, services
from docflow.appointments import CalendarData, CalledOff, keeping
from docflow.errors import Conflict, DocflowError, Invalid
from docflow.i18n import t
from docflow.office import Office
from docflow.principal import Principal

router = APIRouter(prefix="/diary/calendars")
_NUMBERS = {
    "minutes": 20,
    "places": 1,
    "lead_hours": 12,
    "horizon_days": 60,
    "remind_hours": 24,
}
Told = Annotated[int, Query(ge=0, le=10_000)]


@router.get("")
def listing(request: Request, by: CurrentUser, office: TheOffice) -> Response:
    """The calendars that the person sees or keeps."""
    require_server(by)
    with office.db.read() as session:
        found = appointments.listing(session, by=by)
        return page(
            request,
            "web/diary/calendars.html",
            found=[
                (row, appointments.may_keep(by, row.unit_id, row.user_id), keeping.typed_week(row))
                for row in found
            ],
            units={unit.id: unit.name for unit in organization.units(session, by.body_id)},
            people=organization.names(session, [row.user_id for row in found]),
            may_make=by.is_administrator or bool(by.headed_unit_ids) or bool(by.unit_ids),
        )


@router.get("/new")
def blank(request: Request, by: CurrentUser, office: TheOffice) -> Response:
    """The form of a new calendar, with usual hours in it."""
    require_server(by)
    typed = {name: str(value) for name, value in _NUMBERS.items()}
    typed |= {f"day{day}": "09:00-13:00" for day in range(1, 6)} | {"is_public": "yes"}
    return _form(request, office, by, typed=typed)


@router.post("/new")
def create(request: Request, form: TheForm, by: CurrentUser, office: TheOffice) -> Response:
    try:
        with office.db.begin() as session:
            row = keeping.create(session, _data(form), by=by)
    except (Invalid, Conflict) as error:
        return _form(request, office, by, typed=forms.as_typed(form), error=error)
    return RedirectResponse(f"/diary/calendars/{row.id}?done=diary-kept", 303)


@router.get("/{calendar_id}")
def show(request: Request, calendar_id: RowId, by: CurrentUser, office: TheOffice) -> Response:
    """A calendar: what it says, and the days that differ."""
    with office.db.read() as session:
        typed = _typed(session, calendar_id, by)
    return _form(request, office, by, calendar_id=calendar_id, typed=typed)


@router.post("/{calendar_id}")
def change(
    request: Request, calendar_id: RowId, form: TheForm, by: CurrentUser, office: TheOffice
) -> Response:
    try:
        with office.db.begin() as session:
            keeping.change(
                session,
                calendar_id,
                _data(form),
                is_open=forms.text(form, "is_open") == "yes",
                seen=forms.whole(form, "version"),
                by=by,
            )
    except (Invalid, Conflict) as error:
        typed = forms.as_typed(form)
        if isinstance(error, appointments.CalendarChanged):
            with office.db.read() as session:  # what he typed, over the version that holds now
                now = keeping.get(session, calendar_id, by=by, to_keep=True)
                typed["version"] = str(now.version)
        return _form(request, office, by, calendar_id=calendar_id, typed=typed, error=error)
    return RedirectResponse(f"/diary/calendars/{calendar_id}?done=diary-kept", 303)


@router.post("/{calendar_id}/open-day")
def open_day(
    request: Request, calendar_id: RowId, form: TheForm, by: CurrentUser, office: TheOffice
) -> Response:
    """Hours on one day beside those of the week."""
    try:
        on = forms.day(form, "on")
        if on is None:
            raise appointments.BadCalendar(t("Write the date."), field="on")
        with office.db.begin() as session:
            keeping.open_day(
                session,
                calendar_id,
                on,
                forms.text(form, "hours"),
                reason=forms.text(form, "reason"),
                by=by,
            )
    except (Invalid, Conflict) as error:
        return _again(request, office, calendar_id, form, "open-day", error, by)
    return RedirectResponse(f"/diary/calendars/{calendar_id}?done=diary-day", 303)


@router.post("/{calendar_id}/as-usual")
def as_usual(
    request: Request, calendar_id: RowId, form: TheForm, by: CurrentUser, office: TheOffice
) -> Response:
    """Take a day that differs away."""
    with office.db.begin() as session:
        exception_id = forms.optional_id(form, "exception_id") or 0
        keeping.take_away(session, calendar_id, exception_id, by=by)
    return RedirectResponse(f"/diary/calendars/{calendar_id}?done=diary-day", 303)


@router.get("/{calendar_id}/call-off")
def ask_call_off(
    request: Request, calendar_id: RowId, by: CurrentUser, office: TheOffice, day: str = ""
) -> Response:
    """The form that calls days off."""
    shown = day[:10] or f"{clock.today():%d/%m/%Y}"
    typed = {"first": shown, "last": shown}
    return _call_off(request, office, calendar_id, by, typed=typed)


@router.post("/{calendar_id}/call-off")
def call_off(
    request: Request, calendar_id: RowId, form: TheForm, by: CurrentUser, office: TheOffice
) -> Response:
    """Close the days, tell everybody; then who could not be told is shown, to be called."""
    try:
        first = forms.day(form, "first")
        last = forms.day(form, "last") or first
        if first is None or last is None:
            raise appointments.BadCalendar(t("Write the date."), field="first")
        with office.db.begin() as session:
            done = appointments.call_off(
                session,
                calendar_id,
                first,
                last,
                typed_hours=forms.text(form, "hours"),
                reason=forms.text(form, "reason"),
                by=by,
            )
    except (Invalid, Conflict) as error:
        typed = forms.as_typed(form)
        return _call_off(request, office, calendar_id, by, typed=typed, error=error)
    return _call_off(request, office, calendar_id, by, typed={}, done=done)


def _call_off(
    request: Request,
    office: Office,
    calendar_id: int,
    by: Principal,
    *,
    typed: dict[str, str],
    error: DocflowError | None = None,
    done: CalledOff | None = None,
) -> Response:
    with office.db.read() as session:
        calendar = keeping.get(session, calendar_id, by=by)
        whose = organization.names(session, [calendar.user_id]).get(calendar.user_id or 0, "")
    return page(
        request,
        "web/diary/call_off.html",
        status_code=problems.status_of(error) if error else 200,
        calendar=calendar,
        whose=whose,
        values=typed,
        done=done,
        errors=_errors(error, {"on": "first"}),
    )


def _again(
    request: Request,
    office: Office,
    calendar_id: int,
    form: FormData,
    act: str,
    error: DocflowError,
    by: Principal,
) -> Response:
    with office.db.read() as session:
        typed = _typed(session, calendar_id, by)
    return _form(
        request,
        office,
        by,
        calendar_id=calendar_id,
        typed=typed,
        act=act,
        act_typed=forms.as_typed(form),
        error=error,
    )


def _typed(session: Session, calendar_id: int, by: Principal) -> dict[str, str]:
    row = keeping.get(session, calendar_id, by=by, to_keep=True)
    place = f"{row.unit_id}:{row.user_id}" if row.user_id else str(row.unit_id)
    return {
        "title": row.title,
        "title_en": row.title_en,
        "place": row.place,
        "unit": place,
        "is_public": "yes" if row.is_public else "",
        "is_open": "yes" if row.is_open else "",
        "version": str(row.version),
        **{f"day{day}": typed for day, typed in keeping.typed_week(row).items()},
        **{name: str(getattr(row, name)) for name in _NUMBERS},
        **{f"service-{code}": "yes" for code in row.services},
    }


def _data(form: FormData) -> CalendarData:
    unit, _, person = forms.text(form, "unit").partition(":")
    numbers = {name: forms.whole(form, name, otherwise=value) for name, value in _NUMBERS.items()}
    chosen = [
        name.removeprefix("service-")
        for name, value in form.items()
        if name.startswith("service-") and value == "yes"
    ]
    return CalendarData(
        title=forms.text(form, "title"),
        title_en=forms.text(form, "title_en"),
        place=forms.text(form, "place"),
        unit_id=int(unit) if unit.isdecimal() and len(unit) < 19 else 0,
        user_id=int(person) if person.isdecimal() and len(person) < 19 else None,
        week={day: forms.text(form, f"day{day}") for day in range(1, 8)},
        services=tuple(chosen),
        is_public=forms.text(form, "is_public") == "yes",
        **numbers,
    )


def _form(
    request: Request,
    office: Office,
    by: Principal,
    *,
    typed: dict[str, str],
    calendar_id: int | None = None,
    act: str = "",
    act_typed: dict[str, str] | None = None,
    error: DocflowError | None = None,
) -> Response:
    with office.db.read() as session:
        units = organization.units(session, by.body_id)
        mine = [
            unit
            for unit in units
            if by.is_administrator or by.heads(unit.id) or unit.id in by.unit_ids
        ]
        people = {unit.id: organization.people_of(session, unit.id) for unit in mine}
        cards = services.catalogue(session, by.body_id, by.language).cards
        exceptions = (
            keeping.exceptions(session, calendar_id, first=clock.today()) if calendar_id else []
        )
    return page(
        request,
        "web/diary/calendar.html",
        status_code=problems.status_of(error) if error else 200,
        calendar_id=calendar_id,
        values=typed,
        units=mine,
        people=people,
        services=[(card.code, card.title) for card in cards],
        exceptions=exceptions,
        open_act=act,
        act_typed=act_typed or {},
        errors=_errors(error, {}),
    )


def _errors(error: DocflowError | None, names: dict[str, str]) -> dict[str, object]:
    if error is None:
        return {}
    field = error.field or "form"
    return {names.get(field, field): error.message}
