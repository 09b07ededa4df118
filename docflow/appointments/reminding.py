"""Reminders: so many hours before an appointment as its calendar says, each once."""

from datetime import timedelta

from sqlalchemy import Integer, cast, func, select
from sqlalchemy.orm import Session

from docflow import clock, outbox, schedule
from docflow.appointments import telling
from docflow.appointments.models import Appointment, AppointmentState, DiaryCalendar
from docflow.principal import system

TASK = "appointments.remind"
_AT_ONCE = 100  # of a transaction; a run goes on until nothing is left


@outbox.job(TASK)
def remind(run: outbox.Run) -> None:
    """Remind of what is near."""
    while True:
        with run.office.db.begin() as session:
            if remind_some(session) < _AT_ONCE:
                return


def remind_some(session: Session) -> int:
    """Queue reminders in this transaction; how many appointments were looked at.

    Who booked within that time is not reminded: he was told just now.
    """
    span = func.make_interval(0, 0, 0, 0, cast(DiaryCalendar.remind_hours, Integer))
    now = clock.now()
    rows = session.execute(
        select(Appointment, DiaryCalendar)
        .join(DiaryCalendar, DiaryCalendar.id == Appointment.calendar_id)
        .where(
            Appointment.state == AppointmentState.BOOKED,
            Appointment.reminded_at.is_(None),
            Appointment.starts_at > now,
            Appointment.starts_at <= now + timedelta(days=7),
            DiaryCalendar.remind_hours > 0,
            Appointment.starts_at - span <= now,
        )
        .order_by(Appointment.starts_at)
        .limit(_AT_ONCE)
        .with_for_update(of=Appointment, skip_locked=True)
    ).all()
    for row, calendar in rows:
        row.reminded_at = now
        told_late = row.starts_at - timedelta(hours=calendar.remind_hours) <= row.changed_at
        if not told_late:
            telling.tell(session, row, calendar, telling.REMINDER, by=system(row.body_id))
    return len(rows)


schedule.every(TASK, timedelta(minutes=10))
