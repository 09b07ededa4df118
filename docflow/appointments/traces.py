"""Appointments in the one view of a person."""

from collections.abc import Sequence

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from docflow import accounts, clock, parties
from docflow.appointments import keeping
from docflow.appointments.models import Appointment, AppointmentState, DiaryCalendar
from docflow.parties import Trace, TraceKind, Whose
from docflow.principal import Principal

_TO_COME = (AppointmentState.BOOKED, AppointmentState.CALLED_OFF)


@parties.traces.source(TraceKind.APPOINTMENT)
def traces(session: Session, whose: Whose, by: Principal, limit: int) -> Sequence[Trace]:
    """Those of the person, in calendars that this principal sees."""
    rows = session.execute(
        select(Appointment, DiaryCalendar)
        .join(DiaryCalendar, DiaryCalendar.id == Appointment.calendar_id)
        .where(
            Appointment.body_id == whose.body_id,
            or_(
                Appointment.party_id.in_(whose.party_ids),
                func.lower(Appointment.email).in_(whose.emails),
            ),
        )
        .order_by(Appointment.starts_at.desc())
        .limit(limit)
    ).all()
    now = clock.now()
    return [
        Trace(
            TraceKind.APPOINTMENT,
            row.starts_at,
            calendar.title,
            state=row.state,
            state_group="appointment",
            href=f"/diary/appointments/{row.id}",
            channel=row.booked_via,
            about=("appointment", row.id),
            is_open=row.state in _TO_COME and row.ends_at > now,
        )
        for row, calendar in rows
        if keeping.may_see(by, calendar)
    ]


@accounts.needed_by
def is_needed(session: Session, account_id: int) -> bool:
    """A closed account keeps its name as long as somebody waits for the person."""
    to_come = select(Appointment.id).where(
        Appointment.account_id == account_id,
        Appointment.state.in_(_TO_COME),
        Appointment.ends_at > func.now(),
    )
    return session.scalar(to_come.limit(1)) is not None


@accounts.after_merge
def follow(session: Session, stays: int, goes: int, by: Principal) -> None:
    """Two accounts are one person's: so are their appointments."""
    for row in session.scalars(select(Appointment).where(Appointment.account_id == goes)):
        row.account_id = stays
