"""Moving and cancelling, by the person through the link and by the staff; who came and who did not.

Each act names the version of the appointment that was shown: who decides on something that is not
so any more is told what happened.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow import audit, clock, organization
from docflow.appointments import keeping, slots, telling
from docflow.appointments.booking import (
    AppointmentChanged,
    BadAppointment,
    NoSuchAppointment,
    place_in,
)
from docflow.appointments.models import (
    TAKES_PLACE,
    Appointment,
    AppointmentState,
    DiaryCalendar,
)
from docflow.folding import line
from docflow.i18n import Text, t
from docflow.principal import Principal, Via, system

MAX_REASON = 300
STATES_TO_COME = (AppointmentState.BOOKED, AppointmentState.CALLED_OFF)


@dataclass(frozen=True, slots=True)
class Changing:
    """An appointment with its calendar, both held, and in whose name it is changed."""

    row: Appointment
    calendar: DiaryCalendar
    by: Principal
    is_own: bool


def by_token(session: Session, token: str, *, lock: bool = False) -> Changing:
    """The appointment behind a link. Raises NoSuchAppointment."""
    row = session.scalar(select(Appointment).where(Appointment.token == token))
    if row is None:
        raise NoSuchAppointment(t("This link is unknown. Copy it from the message once more."))
    calendar = keeping.held(session, row.calendar_id, body_id=row.body_id, lock=lock)
    if lock:
        _hold(session, row)
    return Changing(row, calendar, system(row.body_id, via=Via.PUBLIC), is_own=True)


def by_staff(
    session: Session, appointment_id: int, *, by: Principal, lock: bool = False
) -> Changing:
    """An appointment in a calendar that the person sees. Raises NoSuchAppointment."""
    row = session.scalar(
        select(Appointment).where(
            Appointment.id == appointment_id, Appointment.body_id == by.body_id
        )
    )
    if row is None:
        raise NoSuchAppointment(t("There is no such appointment."))
    calendar = keeping.held(session, row.calendar_id, body_id=row.body_id, lock=lock)
    if not keeping.may_see(by, calendar):
        raise NoSuchAppointment(t("There is no such appointment."))
    if lock:
        _hold(session, row)
    return Changing(row, calendar, by, is_own=False)


def _hold(session: Session, row: Appointment) -> None:
    session.flush()
    session.execute(
        select(Appointment)
        .where(Appointment.id == row.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def move(session: Session, found: Changing, to: datetime, *, seen: int) -> Appointment:
    """Another hour of the same calendar. One that was called off is booked again by it.

    Raises AppointmentChanged, SlotTaken, NotOffered.
    """
    row = found.row
    _require_scope(found)
    require_seen(session, row, seen)
    _require_to_come(session, row)
    if row.state == AppointmentState.BOOKED and to == row.starts_at:
        return row
    before = row.starts_at
    # Its own place is free for itself, where the new hour overlaps the old one.
    row.state = AppointmentState.CALLED_OFF
    session.flush()
    row.starts_at, row.ends_at, row.place_number = place_in(
        session, found.calendar, to, by_citizen=found.is_own
    )
    row.state, row.reason, row.reminded_at = AppointmentState.BOOKED, "", None
    _changed(row, found.by)
    _record(session, found, "appointment.moved", before=before.isoformat())
    telling.tell(session, row, found.calendar, telling.MOVED, by=found.by)
    return row


def cancel(session: Session, found: Changing, *, reason: str = "", seen: int) -> Appointment:
    """Nobody comes. The staff says why; the person need not. Raises AppointmentChanged."""
    row = found.row
    _require_scope(found)
    require_seen(session, row, seen)
    _require_to_come(session, row)
    clean = line(reason)
    if not found.is_own and not clean:
        raise BadAppointment(t("Write why. The person is told it."), field="reason")
    if len(clean) > MAX_REASON:
        raise BadAppointment(
            t("At most {max} characters fit here.", max=MAX_REASON), field="reason"
        )
    row.state, row.reason, row.cancelled_at = AppointmentState.CANCELLED, clean, clock.now()
    _changed(row, found.by)
    _record(session, found, "appointment.cancelled", by_person=found.is_own)
    telling.tell(session, row, found.calendar, telling.CANCELLED, by=found.by)
    return row


def mark(
    session: Session, appointment_id: int, state: AppointmentState, *, seen: int, by: Principal
) -> Appointment:
    """Whether the person came (KEPT or MISSED); BOOKED takes a wrong mark back.

    From the hour itself on. Raises AppointmentChanged, BadAppointment.
    """
    by.require_scope("register")
    found = by_staff(session, appointment_id, by=by, lock=True)
    row = found.row
    require_seen(session, row, seen)
    if state not in TAKES_PLACE or row.state not in TAKES_PLACE:
        raise AppointmentChanged(_what_happened(session, row))
    if row.starts_at > clock.now() + timedelta(minutes=15):
        raise BadAppointment(t("This can be noted when the time has come."))
    row.state = state
    _changed(row, by)
    _record(session, found, f"appointment.{state}")
    return row


def _require_scope(found: Changing) -> None:
    if not found.is_own:  # the link is the right of the person
        found.by.require_scope("register")


def require_seen(session: Session, row: Appointment, seen: int) -> None:
    """Raises AppointmentChanged where it is another version than the one that was shown."""
    if row.version != seen:
        raise AppointmentChanged(_what_happened(session, row))


def _require_to_come(session: Session, row: Appointment) -> None:
    if row.state not in STATES_TO_COME:
        raise AppointmentChanged(_what_happened(session, row))
    is_over = row.state == AppointmentState.BOOKED and row.starts_at <= clock.now()
    if is_over:
        raise AppointmentChanged(t("The time of this appointment is over. Book a new one."))


def _what_happened(session: Session, row: Appointment) -> Text:
    at = f"{clock.local(row.changed_at):%d/%m/%Y %H:%M}"
    who: Text | str = organization.names(session, [row.changed_by]).get(row.changed_by or 0, "")
    return t(
        "Meanwhile the appointment was changed, by {who} on {at}. It is shown as it is now.",
        who=who or t("the person"),
        at=at,
    )


def _changed(row: Appointment, by: Principal) -> None:
    row.version += 1
    row.changed_by, row.changed_at = by.user_id, clock.now()


def _record(session: Session, found: Changing, action: str, **details: Any) -> None:
    row = found.row
    session.flush()
    audit.record(
        session,
        action,
        by=found.by,
        subject=("appointment", row.id),
        calendar=row.calendar_id,
        starts_at=row.starts_at.isoformat(),
        **details,
    )


def on_days(
    session: Session, calendar_ids: Sequence[int], first: date, last: date
) -> list[Appointment]:
    """The appointments of these days, cancelled ones left out. The caller may see the calendars."""
    from_instant = slots.midnight(first)
    to_instant = slots.midnight(last + timedelta(days=1))
    rows = session.scalars(
        select(Appointment)
        .where(
            Appointment.calendar_id.in_(calendar_ids),
            Appointment.starts_at >= from_instant,
            Appointment.starts_at < to_instant,
            Appointment.state != AppointmentState.CANCELLED,
        )
        .order_by(Appointment.starts_at, Appointment.place_number, Appointment.id)
    )
    return list(rows)


def of_account(session: Session, account_id: int, *, limit: int = 50) -> list[Appointment]:
    """A citizen's own appointments, the next one first; those over a month ago are left out."""
    rows = session.scalars(
        select(Appointment)
        .where(
            Appointment.account_id == account_id,
            Appointment.ends_at > clock.now() - timedelta(days=30),
        )
        .order_by(Appointment.starts_at.desc())
        .limit(limit)
    )
    return list(rows)


def of_entry(session: Session, entry_id: int) -> list[Appointment]:
    """The appointments about an entry; the caller got the entry through `registry.get`."""
    rows = session.scalars(
        select(Appointment)
        .where(Appointment.entry_id == entry_id, Appointment.state != AppointmentState.CANCELLED)
        .order_by(Appointment.starts_at)
    )
    return list(rows)
