"""Appointments on the staff's side: the list of a day, booking for others, one appointment."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session
from starlette.datastructures import FormData

from api import problems
from api.deps import CurrentUser, TheOffice
from api.pages import TheForm
from api.web import forms, history
from api.web.address import RowId, path_of
from api.web.render import page
from docflow import (
    appointments,
    clock,
    contacts,
    messages,
    organization,
    parties,
    registry,
    services,
)
from docflow.appointments import AppointmentState, BookedVia, DiaryCalendar, Slot, Wanted
from docflow.errors import Conflict, DocflowError, Forbidden, Invalid
from docflow.i18n import Text, t
from docflow.office import Office
from docflow.principal import Principal

router = APIRouter(prefix="/diary")
Typed = Annotated[str, Query(max_length=300)]
OptionalId = Annotated[int | None, Query(ge=1, le=2**62)]
_DAYS = 10  # that a choice of times shows at once


class NoDiary(Forbidden):
    """Appointments are for those who serve the public."""


@router.get("")
def day_list(
    request: Request,
    by: CurrentUser,
    office: TheOffice,
    day: Typed = "",
    calendar: OptionalId = None,
) -> Response:
    """Who comes on a day."""
    require_server(by)
    try:
        chosen = forms.parse_day(day, field="day") or clock.today()
    except forms.BadDate:
        chosen = clock.today()
    with office.db.read() as session:
        found = appointments.day_lists(session, chosen, calendar_id=calendar, by=by)
        choices = _calendars(session, by)
        kept = [
            one
            for one in appointments.listing(session, by=by)
            if appointments.may_keep(by, one.unit_id, one.user_id)
        ]
        entries = {
            row.id: path_of(session, row.entry_id, by)
            for one in found
            for hour in one.hours
            for row in hour.rows
        }
    return page(
        request,
        "web/diary/day.html",
        found=found,
        on=chosen,
        before=chosen - timedelta(days=1),
        after=chosen + timedelta(days=1),
        calendars=choices,
        calendar=calendar,
        entries=entries,
        keeps=bool(kept) or by.is_administrator or bool(by.headed_unit_ids),
        now=clock.now(),
    )


@router.get("/book")
def ask(
    request: Request,
    by: CurrentUser,
    office: TheOffice,
    calendar: OptionalId = None,
    at: Typed = "",
    party: OptionalId = None,
    entry: Typed = "",
    service: Typed = "",
) -> Response:
    """The form of a booking: the calendar, a free time, who comes."""
    require_server(by)
    typed = {"calendar": str(calendar or ""), "at": at, "entry": entry, "service": service}
    with office.db.read() as session:
        if party is not None and parties.directory.may_read(by):
            known = parties.directory.get(session, party, by=by)
            typed |= {
                "person": known.name,
                "person_party_id": str(known.id),
                "email": known.email,
                "phone": known.phone,
            }
    return _booking(request, office, by, typed=typed)


@router.post("/book")
def book(request: Request, form: TheForm, by: CurrentUser, office: TheOffice) -> Response:
    """Book it, or show the form again with what was typed."""
    require_server(by)
    typed = forms.as_typed(form)
    if forms.text(form, "act") == "look":
        return _booking(request, office, by, typed=typed)
    try:
        with office.db.begin() as session:
            wanted = _wanted(session, form, by)
            if wanted.party_id is not None:
                contacts.reach(session, wanted.party_id, by=by)
            via = forms.choice(form, "via", BookedVia, otherwise=BookedVia.PHONE)
            row = appointments.book(session, wanted, via=via, by=by)
            session.flush()
    except (Invalid, Conflict) as error:
        return _booking(request, office, by, typed=typed, error=error)
    return RedirectResponse(f"/diary/appointments/{row.id}?done=appointment-booked", 303)


def _wanted(session: Session, form: FormData, by: Principal) -> Wanted:
    label = forms.text(form, "entry")
    return Wanted(
        calendar_id=forms.optional_id(form, "calendar") or 0,
        starts_at=moment(forms.text(form, "at")),
        full_name=forms.text(form, "person"),
        email=forms.text(form, "email"),
        phone=forms.text(form, "phone"),
        channel=forms.choice(form, "channel", messages.Channel, otherwise=messages.Channel.EMAIL),
        subject=forms.text(form, "subject"),
        service_code=forms.text(form, "service"),
        entry_id=registry.cited(session, label, by=by).id if label else None,
        party_id=forms.optional_id(form, "person_party_id"),
    )


def moment(typed: str) -> datetime:
    """The instant that a choice of times carries. Raises NotOffered."""
    try:
        found = datetime.fromisoformat(typed)
    except ValueError as error:
        raise appointments.NotOffered(
            t("Choose one of the times that are offered."), field="at"
        ) from error
    if found.tzinfo is None:
        raise appointments.NotOffered(t("Choose one of the times that are offered."), field="at")
    return found


def _booking(
    request: Request,
    office: Office,
    by: Principal,
    *,
    typed: dict[str, str],
    error: DocflowError | None = None,
) -> Response:
    with office.db.read() as session:
        choices = _calendars(session, by)
        given = typed.get("calendar", "")
        known = {str(value) for value, _ in choices}
        calendar_id = int(given) if given in known else None
        if calendar_id is None and len(choices) == 1:
            calendar_id = choices[0][0]
        days: Sequence[tuple[date, list[Slot]]] = ()
        if calendar_id is not None:
            calendar = appointments.keeping.get(session, calendar_id, by=by)
            days = free_days(session, calendar, _from(typed), by_citizen=False)
        offered = services.catalogue(session, by.body_id, by.language).cards
    return page(
        request,
        "web/diary/book.html",
        status_code=problems.status_of(error) if error else 200,
        calendars=choices,
        values={**typed, "calendar": str(calendar_id or "")},
        days=days,
        services=[(card.code, card.title) for card in offered],
        vias=[BookedVia.PHONE, BookedVia.COUNTER],
        channels=list(messages.Channel),
        errors=_errors(error),
    )


def _from(typed: dict[str, str]) -> date:
    try:
        chosen = forms.parse_day(typed.get("from", ""), field="from")
        return chosen or moment(typed["at"]).astimezone(appointments.slots.zone()).date()
    except (DocflowError, KeyError):
        return clock.today()


def free_days(
    session: Session, calendar: DiaryCalendar, first: date, *, by_citizen: bool
) -> list[tuple[date, list[Slot]]]:
    """Free times from a day on; where these weeks have none, the first that there are."""
    found = appointments.bookable(session, calendar, by_citizen=by_citizen, first=first, days=_DAYS)
    if not found:
        found = appointments.bookable(session, calendar, by_citizen=by_citizen, first=first)[:20]
    return appointments.by_day(found)


@router.get("/appointments/{appointment_id}")
def show(request: Request, appointment_id: RowId, by: CurrentUser, office: TheOffice) -> Response:
    """One appointment, what can be done with it, and what happened."""
    return _shown(request, office, appointment_id, by)


@router.post("/appointments/{appointment_id}/{act}")
def do(
    request: Request,
    appointment_id: RowId,
    act: str,
    form: TheForm,
    by: CurrentUser,
    office: TheOffice,
) -> Response:
    """Move, cancel, or note whether the person came."""
    try:
        seen = forms.whole(form, "version")
        with office.db.begin() as session:
            done = _do(session, appointment_id, act, form, seen, by)
    except (Invalid, Conflict) as error:
        return _shown(
            request,
            office,
            appointment_id,
            by,
            act=act,
            typed=forms.as_typed(form),
            error=error,
        )
    back = forms.text(form, "back")
    to = back if back.startswith("/diary?") else f"/diary/appointments/{appointment_id}"
    return RedirectResponse(f"{to}{'&' if '?' in to else '?'}done={done}", 303)


def _do(
    session: Session, appointment_id: int, act: str, form: FormData, seen: int, by: Principal
) -> str:
    if act in ("kept", "missed", "booked"):
        state = AppointmentState(act)
        appointments.mark(session, appointment_id, state, seen=seen, by=by)
        return "appointment-marked"
    by.require_scope("register")
    found = appointments.by_staff(session, appointment_id, by=by, lock=True)
    if act == "move":
        appointments.move(session, found, moment(forms.text(form, "at")), seen=seen)
        return "appointment-moved"
    if act == "cancel":
        appointments.cancel(session, found, reason=forms.text(form, "reason"), seen=seen)
        return "appointment-cancelled"
    raise appointments.NoSuchAppointment(t("There is no such page."))


def _shown(
    request: Request,
    office: Office,
    appointment_id: int,
    by: Principal,
    *,
    act: str = "",
    typed: dict[str, str] | None = None,
    error: DocflowError | None = None,
) -> Response:
    with office.db.read() as session:
        found = appointments.by_staff(session, appointment_id, by=by)
        row = found.row
        is_to_come = row.state in ("booked", "called-off") and row.ends_at > clock.now()
        is_to_come = is_to_come or row.state == "called-off"
        days = (
            free_days(session, found.calendar, clock.today(), by_citizen=False)
            if is_to_come
            else []
        )
        return page(
            request,
            "web/diary/appointment.html",
            status_code=problems.status_of(error) if error else 200,
            row=row,
            calendar=found.calendar,
            booked_by=organization.names(session, [row.booked_by]).get(row.booked_by or 0, ""),
            entry=path_of(session, row.entry_id, by),
            days=days,
            is_to_come=is_to_come,
            can_mark=row.state in ("booked", "kept", "missed")
            and row.starts_at <= clock.now() + timedelta(minutes=15),
            events=history.told(session, [("appointment", row.id)], by=by),
            sent=messages.about(session, "appointment", row.id),
            open_act=act,
            typed=typed or {},
            errors=_errors(error),
        )


def _errors(error: DocflowError | None) -> dict[str, Text]:
    if error is None:
        return {}
    names = {"starts_at": "at", "name": "person", "other": "entry"}
    return {names.get(error.field or "", error.field or "form"): error.message}


def _calendars(session: Session, by: Principal) -> list[tuple[int, str]]:
    return [
        (row.id, row.title)
        for row in appointments.listing(session, by=by)
        if row.is_open and appointments.may_see(by, row)
    ]


def require_server(by: Principal) -> None:
    """Raises NoDiary."""
    if not appointments.serves(by):
        raise NoDiary(t("Appointments are for those who serve the public."))
