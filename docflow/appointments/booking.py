"""Booking an hour: two at once for the last place, and exactly one of them gets it.

The calendar's row is held while a place is given, so that all wait in turn and see the days that
were closed just now; the unique index over hour and place stands behind it.
"""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from docflow import accounts, audit, clock, organization, parties, registry
from docflow.appointments import keeping, slots, telling
from docflow.appointments.keeping import NoSuchCalendar
from docflow.appointments.models import (
    TAKES_PLACE,
    Appointment,
    AppointmentState,
    BookedVia,
    DiaryCalendar,
)
from docflow.db import explain
from docflow.errors import Conflict, Invalid, NotFound
from docflow.folding import line
from docflow.i18n import Text, t
from docflow.messages import Channel
from docflow.principal import Principal

MAX_SUBJECT = 500
LAST_YEAR = 2999
MOST_OPEN = 3  # appointments to come that one person books by himself


class NoSuchAppointment(NotFound):
    """There is no such appointment."""


class SlotTaken(Conflict):
    """Somebody else has this hour now."""


def _faster() -> SlotTaken:
    return SlotTaken(
        t("Somebody else has just taken this time. Choose another one."), field="starts_at"
    )


explain("ux_appointments_place", _faster)


class NotOffered(Invalid):
    """The calendar does not offer this hour."""


class TooManyAppointments(Conflict):
    """Who has three appointments to come keeps or cancels one first."""


class AppointmentChanged(Conflict):
    """The appointment is not any more as it was shown."""


class BadAppointment(Invalid):
    """Something about the appointment is missing or too long."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Who comes, when, and for what."""

    calendar_id: int
    starts_at: datetime
    full_name: str
    email: str = ""
    phone: str = ""
    language: str = ""
    channel: Channel = Channel.EMAIL
    subject: str = ""
    service_code: str = ""
    entry_id: int | None = None
    party_id: int | None = None


def book(
    session: Session,
    wanted: Wanted,
    *,
    via: BookedVia = BookedVia.PHONE,
    by: Principal,
) -> Appointment:
    """Book for somebody who calls or stands at the counter.

    The caller has checked that he may look at the person whom `party_id` names.
    Raises NoSuchCalendar, SlotTaken, NotOffered, BadAppointment, NoSuchEntry.
    """
    by.require_scope("register")
    calendar = keeping.get(session, wanted.calendar_id, by=by, lock=True)
    if wanted.entry_id is not None:
        registry.get(session, wanted.entry_id, by=by)  # what he may not see he names to nobody
    if wanted.party_id is not None:
        party = session.get(parties.Party, wanted.party_id)
        if party is None or party.body_id != by.body_id:
            raise BadAppointment(t("Choose the person from the list."), field="person")
    row = _booked(session, calendar, wanted, by_citizen=False)
    row.booked_via, row.booked_by, row.changed_by = via, by.person_id, by.person_id
    _record(session, row, "appointment.booked", by)
    telling.tell(session, row, calendar, telling.BOOKED, by=by)
    return row


def book_own(
    session: Session,
    wanted: Wanted,
    *,
    citizen: accounts.Citizen,
) -> Appointment:
    """Book for oneself on the portal; at least the mailbox is known.

    Raises LevelNeeded, NoSuchCalendar, SlotTaken, NotOffered, TooManyAppointments, BadAppointment.
    """
    account_id = citizen.known_id
    body_id = citizen.body_id or 0
    calendar = keeping.held(session, wanted.calendar_id, body_id=body_id, lock=True)
    if not calendar.is_public or not calendar.is_open:
        raise NoSuchCalendar(t("There is no such calendar."))
    _require_few(session, account_id, wanted.email or citizen.email, body_id)
    row = _booked(session, calendar, wanted, by_citizen=True)
    row.booked_via, row.account_id = BookedVia.PORTAL, account_id
    by = accounts.acting(citizen, body_id=body_id)
    _record(session, row, "appointment.booked", by)
    telling.tell(session, row, calendar, telling.BOOKED, by=by)
    return row


def _require_few(session: Session, account_id: int, email: str, body_id: int) -> None:
    # One at a time for each mailbox, or two forms at once would pass the limit together.
    session.execute(
        select(func.pg_advisory_xact_lock(func.hashtext(f"appointments:{email.lower()}")))
    )
    count = session.scalar(
        select(func.count())
        .select_from(Appointment)
        .where(
            Appointment.body_id == body_id,
            or_(
                Appointment.account_id == account_id, func.lower(Appointment.email) == email.lower()
            ),
            Appointment.state.in_([AppointmentState.BOOKED, AppointmentState.CALLED_OFF]),
            Appointment.ends_at > clock.now(),
        )
    )
    if (count or 0) >= MOST_OPEN:
        raise TooManyAppointments(
            t(
                "You have {max} appointments to come already. Cancel one that you do not need.",
                max=MOST_OPEN,
            )
        )


def _booked(
    session: Session, calendar: DiaryCalendar, wanted: Wanted, *, by_citizen: bool
) -> Appointment:
    name, subject = line(wanted.full_name), line(wanted.subject)
    if not 2 <= len(name) <= 200:
        raise BadAppointment(t("Write the name of who comes."), field="name")
    if len(subject) > MAX_SUBJECT:
        raise BadAppointment(
            t("At most {max} characters fit here.", max=MAX_SUBJECT), field="subject"
        )
    email = line(wanted.email)
    if email:
        parties.check_email(email, field="email")
    starts_at, ends_at, place = place_in(session, calendar, wanted.starts_at, by_citizen=by_citizen)
    row = Appointment(
        body_id=calendar.body_id,
        calendar_id=calendar.id,
        starts_at=starts_at,
        ends_at=ends_at,
        place_number=place,
        state=AppointmentState.BOOKED,
        service_code=line(wanted.service_code)[:100],
        entry_id=wanted.entry_id,
        party_id=wanted.party_id,
        full_name=name,
        email=email,
        phone=line(wanted.phone)[:40],
        language=wanted.language,
        channel=wanted.channel,
        subject=subject,
        token=secrets.token_urlsafe(24),
        booked_via=BookedVia.PORTAL,
        booked_at=clock.now(),
        version=1,
        changed_at=clock.now(),
    )
    session.add(row)
    session.flush()
    return row


def place_in(
    session: Session,
    calendar: DiaryCalendar,
    starts_at: datetime,
    *,
    by_citizen: bool,
) -> tuple[datetime, datetime, int]:
    """Begin, end and place of an hour that can be had; the calendar is held.

    Raises SlotTaken where others have it, NotOffered where the calendar has no such hour now.
    """
    if starts_at.tzinfo is None or not 2000 < starts_at.year < LAST_YEAR:
        raise NotOffered(t("Choose one of the times that are offered."), field="starts_at")
    instant = starts_at.astimezone(UTC)
    day = clock.local(instant).date()
    found = [slot for slot in slots.on_day(session, calendar, day) if slot.starts_at == instant]
    if found and found[0].place is None:
        raise SlotTaken(_taken(session, calendar, instant, by_citizen), field="starts_at")
    offered = slots.bookable(session, calendar, by_citizen=by_citizen, first=day, days=1)
    for slot in offered:
        if slot.starts_at == instant and slot.place is not None:
            return slot.starts_at, slot.ends_at, slot.place
    raise NotOffered(t("This time is not offered any more. Choose another one."), field="starts_at")


def _taken(
    session: Session, calendar: DiaryCalendar, starts_at: datetime, by_citizen: bool
) -> Text:
    """Who was faster is for the staff alone to know."""
    if by_citizen:
        return t("Somebody else has just taken this time. Choose another one.")
    row = session.scalars(
        select(Appointment)
        .where(
            Appointment.calendar_id == calendar.id,
            Appointment.starts_at <= starts_at,
            Appointment.ends_at > starts_at,
            Appointment.state.in_([str(state) for state in TAKES_PLACE]),
        )
        .order_by(Appointment.changed_at.desc())
        .limit(1)
    ).first()
    if row is None:
        return t("Somebody else has just taken this time. Choose another one.")
    at = f"{clock.local(row.changed_at):%d/%m/%Y %H:%M}"
    who = organization.names(session, [row.changed_by]).get(row.changed_by or 0, "")
    if who:
        return t("{who} gave this time away on {at}. Choose another one.", who=who, at=at)
    return t("A citizen took this time on the portal on {at}. Choose another one.", at=at)


def _record(session: Session, row: Appointment, action: str, by: Principal) -> None:
    audit.record(
        session,
        action,
        by=by,
        subject=("appointment", row.id),
        calendar=row.calendar_id,
        starts_at=row.starts_at.isoformat(),
        entry=row.entry_id,
        service=row.service_code,
    )
