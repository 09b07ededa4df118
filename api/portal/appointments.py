"""Appointments on the portal: choose for what and when, book; move or cancel by the link.

Choosing a time needs no login; booking it asks for the mailbox at least, and comes back to the very
time that was chosen. The link in the message opens the one appointment and nothing else.
"""

from datetime import date, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session
from starlette.datastructures import FormData

from api import forms, pages, problems
from api.deps import TheOffice
from api.pages import TheForm
from api.portal.citizen import TheCitizen
from api.portal.render import page
from docflow import appointments, clock, messages, organization, services, throttle
from docflow.accounts import Citizen, Level
from docflow.appointments import DiaryCalendar, Slot, Wanted
from docflow.errors import Conflict, DocflowError, Invalid, NotFound
from docflow.i18n import Text, t
from docflow.office import Office

router = APIRouter(prefix="/appointments")
Token = Annotated[str, Path(pattern=r"^[\w-]{20,100}$")]
Typed = Annotated[str, Query(max_length=100)]
OptionalId = Annotated[int | None, Query(ge=1, le=2**62)]
TRIES, _WINDOW = 60, timedelta(minutes=5)  # of one address: looking and choosing
_DAYS = 14  # that a choice of times shows at once


@router.get("")
def choose(
    request: Request,
    office: TheOffice,
    citizen: TheCitizen,
    service: Typed = "",
    calendar: OptionalId = None,
    start: Typed = "",
) -> Response:
    """For what, then when; one's own appointments stand on the page too."""
    with office.db.read() as session:
        body = organization.first_body(session)
        body_id = body.id if body else 0
        offered = appointments.for_service(session, body_id, forms.clean(service))
        chosen = next((one for one in offered if one.id == calendar), None)
        if chosen is None and len(offered) == 1 and calendar is None:
            chosen = offered[0]
        own = appointments.of_account(session, citizen.known_id) if citizen.is_known else []
        titles = {
            row.calendar_id: appointments.keeping.held(
                session, row.calendar_id, body_id=row.body_id, lock=False
            )
            for row in own
        }
        first = _first(start)
        return page(
            request,
            "portal/appointments/choose.html",
            offered=offered,
            chosen=chosen,
            service=service,
            service_title=_service_title(request, session, body_id, service),
            days=_free(session, chosen, first) if chosen else [],
            first=first,
            next_start=first + timedelta(days=_DAYS),
            previous_start=first - timedelta(days=_DAYS),
            is_first=first <= clock.today(),
            own=[(row, titles[row.calendar_id]) for row in own],
            now=clock.now(),
        )


def _first(start: str) -> date:
    """The day from which times are shown; old links lead to today."""
    try:
        return max(clock.today(), date.fromisoformat(start))
    except ValueError:
        return clock.today()


def _free(session: Session, calendar: DiaryCalendar, first: date) -> list[tuple[date, list[Slot]]]:
    found = appointments.bookable(session, calendar, by_citizen=True, first=first, days=_DAYS)
    return appointments.by_day(found)


def _service_title(request: Request, session: Session, body_id: int, code: str) -> str:
    if not code:
        return ""
    try:
        version = services.deployed(session, body_id, code)
    except DocflowError:
        return ""  # an old link: the choice of times is there all the same
    return version.title(pages.reader_of(request).language)


@router.get("/book")
def ask(
    request: Request,
    office: TheOffice,
    citizen: TheCitizen,
    calendar: OptionalId = None,
    at: Typed = "",
    service: Typed = "",
) -> Response:
    """The chosen time, and who comes."""
    if calendar is None or not at:
        return RedirectResponse("/appointments", 303)
    citizen.require(Level.VISITOR, to=f"/appointments/book?{request.url.query}")
    typed = {
        "calendar": str(calendar),
        "at": at,
        "service": service,
        "name": citizen.full_name,
        "phone": citizen.phone,
    }
    return _booking(request, office, citizen, typed=typed)


@router.post("/book")
def book(request: Request, form: TheForm, office: TheOffice, citizen: TheCitizen) -> Response:
    """Book it; where somebody was faster the other times are offered."""
    typed = forms.as_typed(form)
    chosen = f"calendar={forms.text(form, 'calendar')[:20]}&at={forms.text(form, 'at')[:40]}"
    citizen.require(Level.VISITOR, to=f"/appointments/book?{chosen}")
    _count(office, request)
    try:
        with office.db.begin() as session:
            row = appointments.book_own(session, _wanted(form, citizen), citizen=citizen)
            token = row.token
    except (Invalid, Conflict) as error:
        return _booking(request, office, citizen, typed=typed, error=error)
    return RedirectResponse(f"/appointments/{token}?done=appointment-booked", 303)


def _wanted(form: FormData, citizen: Citizen) -> Wanted:
    return Wanted(
        calendar_id=forms.optional_id(form, "calendar") or 0,
        starts_at=_moment(forms.text(form, "at")),
        full_name=forms.text(form, "name"),
        email=citizen.email,  # the one that he proved to be his
        phone=forms.text(form, "phone"),
        language=citizen.language,
        channel=messages.Channel(citizen.channel),
        subject=forms.text(form, "subject"),
        service_code=forms.text(form, "service"),
    )


def _moment(typed: str) -> datetime:
    try:
        found = datetime.fromisoformat(typed)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise appointments.NotOffered(t("Choose one of the times that are offered."), field="at")
    return found


def _booking(
    request: Request,
    office: Office,
    citizen: Citizen,
    *,
    typed: dict[str, str],
    error: DocflowError | None = None,
) -> Response:
    calendar_id = typed.get("calendar", "")
    with office.db.read() as session:
        if not calendar_id.isdecimal() or len(calendar_id) > 18:
            raise appointments.NoSuchCalendar(t("There is no such calendar."))
        chosen = appointments.keeping.held(
            session, int(calendar_id), body_id=citizen.body_id or 0, lock=False
        )
        if not (chosen.is_open and chosen.is_public):
            raise appointments.NoSuchCalendar(t("There is no such calendar."))
        days: list[tuple[date, list[Slot]]] = []
        try:
            at: datetime | None = _moment(typed.get("at", ""))
        except Invalid as wrong:
            at, error = None, error or wrong
        is_gone = isinstance(error, appointments.SlotTaken | appointments.NotOffered)
        if is_gone:
            first = clock.local(at).date() if at else clock.today()
            days = _free(session, chosen, max(first, clock.today()))
        return page(
            request,
            "portal/appointments/book.html",
            status_code=problems.status_of(error) if error else 200,
            chosen=chosen,
            at=at,
            days=days,
            is_gone=is_gone,
            values=typed,
            errors=_errors(error),
        )


@router.get("/{token}.ics")
def file(request: Request, token: Token, office: TheOffice) -> Response:
    """The appointment for one's own diary."""
    with office.db.read() as session:
        found = appointments.by_token(session, token)
        text = appointments.icalendar.of(found.row, found.calendar, url=office.settings.public_url)
    headers = {
        "Content-Disposition": 'attachment; filename="appointment.ics"',
        "Cache-Control": "no-store",
    }
    return Response(text, media_type="text/calendar; charset=utf-8", headers=headers)


@router.get("/{token}")
def show(
    request: Request,
    token: Token,
    office: TheOffice,
    _: TheCitizen,
    start: Typed = "",
    act: Annotated[str, Query(pattern=r"^(move|)$")] = "",
) -> Response:
    """The one appointment; with `act=move` the times to which it can be moved."""
    _count(office, request)
    try:
        return _shown(request, office, token, act=act, start=start)
    except NotFound:
        with office.db.begin() as session:
            throttle.wrong(session, "appointment", _client(request))
        raise


@router.post("/{token}/{act}")
def do(
    request: Request, token: Token, act: str, form: TheForm, office: TheOffice, _: TheCitizen
) -> Response:
    """Move or cancel it."""
    _count(office, request)
    try:
        seen = forms.whole(form, "version")
        with office.db.begin() as session:
            found = appointments.by_token(session, token, lock=True)
            if act == "move":
                appointments.move(session, found, _moment(forms.text(form, "at")), seen=seen)
                done = "appointment-moved"
            elif act == "cancel":
                appointments.cancel(session, found, seen=seen)
                done = "appointment-cancelled"
            else:
                raise appointments.NoSuchAppointment(t("There is no such page."))
    except (Invalid, Conflict) as error:
        start = forms.text(form, "start")
        return _shown(request, office, token, act=act, start=start, error=error)
    return RedirectResponse(f"/appointments/{token}?done={done}", 303)


def _shown(
    request: Request,
    office: Office,
    token: str,
    *,
    act: str = "",
    start: str = "",
    error: DocflowError | None = None,
) -> Response:
    with office.db.read() as session:
        found = appointments.by_token(session, token)
        row = found.row
        can_change = row.state == "called-off" or (
            row.state == "booked" and row.starts_at > clock.now()
        )
        moves = can_change and (act == "move" or row.state == "called-off")
        first = _first(start)
        days = _free(session, found.calendar, first) if moves else []
        return page(
            request,
            "portal/appointments/own.html",
            status_code=problems.status_of(error) if error else 200,
            row=row,
            calendar=found.calendar,
            token=token,
            can_change=can_change,
            moves=moves,
            days=days,
            first=first,
            next_start=first + timedelta(days=_DAYS),
            previous_start=first - timedelta(days=_DAYS),
            is_first=first <= clock.today(),
            errors=_errors(error),
        )


def _errors(error: DocflowError | None) -> dict[str, Text]:
    if error is None:
        return {}
    return {"at" if error.field == "starts_at" else error.field or "form": error.message}


def _count(office: Office, request: Request) -> None:
    with office.db.begin() as session:
        throttle.count(session, f"appointment:{_client(request)}", limit=TRIES, every=_WINDOW)


def _client(request: Request) -> str:
    return request.client.host if request.client else ""
