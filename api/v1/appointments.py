"""/api/v1/appointments: calendars, free times, booking for citizens, the list of a day."""

from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from api.deps import TheOffice
from api.v1.fields import Body, Day, Id, Line, Needed
from api.v1.reads import ReadRoute
from api.v1.security import Administrator, Reader, Registrar
from docflow import appointments, clock, contacts
from docflow.appointments import (
    Appointment,
    AppointmentState,
    BookedVia,
    CalendarData,
    DiaryCalendar,
    Wanted,
    keeping,
)
from docflow.messages import Channel

router = APIRouter(tags=["appointments"], route_class=ReadRoute)
RowId = Annotated[int, Path(ge=1, le=2**62)]
Version = Annotated[int, Field(ge=1, le=2**62, description="The `version` on which you decided.")]
Hours = Annotated[Line, Field(examples=["09:00-13:00, 17:00-19:00"])]


class CalendarBody(Body):
    """When one can come to a unit, or to one person of it. `week`: 1 is Monday."""

    title: Needed = Field(examples=["Πολεοδομικά θέματα"])
    title_en: Line = ""
    unit_id: Id
    user_id: Id | None = Field(None, description="Whose hours they are.")
    place: Line = ""
    week: dict[Annotated[int, Field(ge=1, le=7)], Hours] = Field(examples=[{"1": "09:00-13:00"}])
    minutes: int = Field(20, ge=5, le=480)
    places: int = Field(1, ge=1, le=50, description="How many may come at the same time.")
    services: list[Line] = Field([], max_length=200, description="Codes; none means any matter.")
    lead_hours: int = Field(12, ge=0, le=720)
    horizon_days: int = Field(60, ge=1, le=366)
    remind_hours: int = Field(24, ge=0, le=168)
    is_public: bool = True

    def data(self) -> CalendarData:
        values = self.model_dump(include=set(CalendarBody.model_fields))
        return CalendarData(**{**values, "services": tuple(self.services)})


class ChangedCalendar(CalendarBody):
    is_open: bool = True
    version: Version


class CalendarShape(CalendarBody):
    """A calendar as it holds now."""

    model_config = ConfigDict(extra="ignore")

    id: int
    is_open: bool
    version: int


class SlotShape(BaseModel):
    starts_at: datetime
    ends_at: datetime
    free: int


class NewAppointment(Body):
    """Who comes, and when: one of the times of `GET …/times`."""

    calendar_id: Id
    starts_at: AwareDatetime = Field(examples=["2026-11-30T07:00:00Z"])
    full_name: Needed
    email: Line = ""
    phone: Line = ""
    language: Line = Field("", max_length=2, description="Empty: Greek and English together.")
    channel: Channel = Channel.EMAIL
    subject: Line = ""
    service_code: Line = ""
    entry_id: Id | None = None
    party_id: Id | None = None
    via: BookedVia = BookedVia.PHONE


class AppointmentShape(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    calendar_id: int
    starts_at: datetime
    ends_at: datetime
    state: AppointmentState
    full_name: str
    email: str
    phone: str
    subject: str
    service_code: str
    entry_id: int | None
    party_id: int | None
    booked_via: BookedVia
    reason: str
    version: int


class MoveBody(Body):
    starts_at: AwareDatetime
    version: Version


class CancellationBody(Body):
    reason: Needed
    version: Version


class MarkBody(Body):
    state: AppointmentState = Field(description="`kept`, `missed`, or `booked` to take it back.")
    version: Version


class CallingOff(Body):
    """Both days included; `hours` for a part of one day."""

    first: Day
    last: Day
    hours: Hours = ""
    reason: Line = ""


class CalledOffShape(BaseModel):
    told: int
    to_call: list[AppointmentShape] = Field(description="No message reaches these.")


@router.get("/appointment-calendars")
def calendars(by: Reader, office: TheOffice) -> list[CalendarShape]:
    """The calendars that the caller sees or keeps."""
    with office.db.read() as session:
        return [_calendar(row) for row in appointments.listing(session, by=by)]


@router.post("/appointment-calendars", status_code=201)
def create(body: CalendarBody, by: Administrator, office: TheOffice) -> CalendarShape:
    """A new calendar: by the head of the unit, the person whose hours they are, or an
    administrator."""
    with office.db.begin() as session:
        return _calendar(keeping.create(session, body.data(), by=by))


@router.put("/appointment-calendars/{calendar_id}")
def change(
    calendar_id: RowId, body: ChangedCalendar, by: Administrator, office: TheOffice
) -> CalendarShape:
    """What holds from now on; appointments that were made stay."""
    with office.db.begin() as session:
        row = keeping.change(
            session, calendar_id, body.data(), is_open=body.is_open, seen=body.version, by=by
        )
        return _calendar(row)


@router.get("/appointment-calendars/{calendar_id}/times")
def times(
    calendar_id: RowId,
    by: Reader,
    office: TheOffice,
    first: Day | None = None,
    days: Annotated[int, Query(ge=1, le=366)] = 14,
) -> list[SlotShape]:
    """The free times from a day on."""
    with office.db.read() as session:
        calendar = keeping.get(session, calendar_id, by=by)
        found = appointments.bookable(session, calendar, by_citizen=False, first=first, days=days)
    return [SlotShape(starts_at=one.starts_at, ends_at=one.ends_at, free=one.free) for one in found]


@router.post("/appointment-calendars/{calendar_id}/calling-off")
def call_off(
    calendar_id: RowId, body: CallingOff, by: Registrar, office: TheOffice
) -> CalledOffShape:
    """Close days and tell who was to come; for a person's calendar, all of that person's."""
    with office.db.begin() as session:
        done = appointments.call_off(
            session,
            calendar_id,
            body.first,
            body.last,
            typed_hours=body.hours,
            reason=body.reason,
            by=by,
        )
        session.flush()
        shown = [AppointmentShape.model_validate(row) for row in done.to_call]
    return CalledOffShape(told=done.told, to_call=shown)


@router.get("/appointments")
def of_day(
    by: Reader, office: TheOffice, day: Day | None = None, calendar_id: Id | None = None
) -> list[AppointmentShape]:
    """Who comes on a day; today without one. Cancelled appointments are left out."""
    on: date = day or clock.today()
    with office.db.read() as session:
        found = appointments.day_lists(session, on, calendar_id=calendar_id, by=by)
        rows = [
            row
            for one in found
            for row in [*(row for hour in one.hours for row in hour.rows), *one.called_off]
        ]
        return [AppointmentShape.model_validate(row) for row in rows]


@router.post("/appointments", status_code=201)
def book(body: NewAppointment, by: Registrar, office: TheOffice) -> AppointmentShape:
    """Book for somebody; he is told. Of two at once for the last place one gets it, the other 409
    `slot-taken`."""
    with office.db.begin() as session:
        if body.party_id is not None:
            contacts.reach(session, body.party_id, by=by)
        wanted = Wanted(**body.model_dump(exclude={"via"}))
        row = appointments.book(session, wanted, via=body.via, by=by)
        session.flush()
        return AppointmentShape.model_validate(row)


@router.post("/appointments/{appointment_id}/move")
def move(
    appointment_id: RowId, body: MoveBody, by: Registrar, office: TheOffice
) -> AppointmentShape:
    """Another time of the same calendar; he is told."""
    with office.db.begin() as session:
        found = appointments.by_staff(session, appointment_id, by=by, lock=True)
        row: Appointment = appointments.move(session, found, body.starts_at, seen=body.version)
        session.flush()
        return AppointmentShape.model_validate(row)


@router.post("/appointments/{appointment_id}/cancellation")
def cancel(
    appointment_id: RowId, body: CancellationBody, by: Registrar, office: TheOffice
) -> AppointmentShape:
    """Nobody comes; he is told why."""
    with office.db.begin() as session:
        found = appointments.by_staff(session, appointment_id, by=by, lock=True)
        row = appointments.cancel(session, found, reason=body.reason, seen=body.version)
        session.flush()
        return AppointmentShape.model_validate(row)


@router.put("/appointments/{appointment_id}/state")
def mark(
    appointment_id: RowId, body: MarkBody, by: Registrar, office: TheOffice
) -> AppointmentShape:
    """Whether he came, from the hour itself on."""
    with office.db.begin() as session:
        row = appointments.mark(session, appointment_id, body.state, seen=body.version, by=by)
        session.flush()
        return AppointmentShape.model_validate(row)


def _calendar(row: DiaryCalendar) -> CalendarShape:
    plain: dict[str, Any] = {
        name: getattr(row, name) for name in CalendarShape.model_fields if name != "week"
    }
    week = {day: hours for day, hours in keeping.typed_week(row).items() if hours}
    return CalendarShape(**plain, week=week)
