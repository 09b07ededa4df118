"""The clerk is ill: a day, or several, are closed, and all who were to come are told at once.

Their appointments are not cancelled but wait for a new hour: the message has the first free ones
and the link at which the person takes one. Whoever has neither mailbox nor telephone is in the
answer, for somebody to call.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow import audit, clock
from docflow.appointments import changing, hours, keeping, telling
from docflow.appointments.keeping import BadCalendar
from docflow.appointments.models import Appointment, AppointmentState, DiaryCalendar
from docflow.i18n import t
from docflow.principal import Principal

MOST_DAYS = 31


@dataclass(frozen=True, slots=True)
class CalledOff:
    """How many were told, and who must be called because no message reaches them."""

    told: int
    to_call: Sequence[Appointment]


def call_off(
    session: Session,
    calendar_id: int,
    first: date,
    last: date,
    *,
    typed_hours: str = "",
    reason: str = "",
    by: Principal,
) -> CalledOff:
    """Close these days (or hours of one) and call off what is booked in them.

    For a person's own calendar: all open calendars of that person, since one who is ill is ill for
    everybody. Raises NoSuchCalendar, NotYourCalendar, BadCalendar, BadHours.
    """
    by.require_scope("register")
    if not 0 <= (last - first).days < MOST_DAYS:
        raise BadCalendar(
            t("Choose at most {max} days, the last not before the first.", max=MOST_DAYS),
            field="last",
        )
    told, to_call = 0, []
    for calendar in _held(session, calendar_id, by):
        for n in range((last - first).days + 1):
            keeping.except_day(
                session,
                calendar,
                first + timedelta(days=n),
                is_closed=True,
                typed_hours=typed_hours,
                reason=reason,
                by=by,
            )
        spans = hours.read(typed_hours, field="hours")
        for row in changing.on_days(session, [calendar.id], first, last):
            if row.state != AppointmentState.BOOKED or row.starts_at < clock.now():
                continue
            if spans and not _within(row, spans):
                continue
            if _call_off(session, row, calendar, reason, by):
                told += 1
            else:
                to_call.append(row)
    return CalledOff(told, to_call)


def _held(session: Session, calendar_id: int, by: Principal) -> list[DiaryCalendar]:
    """The calendars that are closed together, held in the order of their ids.

    Whoever sees a calendar may say that its person is ill: a colleague of the unit, the registry.
    """
    chosen = keeping.get(session, calendar_id, by=by)
    if chosen.user_id is None:
        return [keeping.get(session, calendar_id, by=by, lock=True)]
    rows = session.scalars(
        select(DiaryCalendar)
        .where(
            DiaryCalendar.body_id == by.body_id,
            DiaryCalendar.user_id == chosen.user_id,
            DiaryCalendar.is_open | (DiaryCalendar.id == chosen.id),
        )
        .order_by(DiaryCalendar.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return list(rows)


def _within(row: Appointment, spans: list[tuple[int, int]]) -> bool:
    local = clock.local(row.starts_at)
    begin = local.hour * 60 + local.minute
    end = begin + int((row.ends_at - row.starts_at).total_seconds() // 60)
    return any(start < end and begin < stop for start, stop in spans)


def _call_off(
    session: Session, row: Appointment, calendar: DiaryCalendar, reason: str, by: Principal
) -> bool:
    row.state, row.reason = AppointmentState.CALLED_OFF, reason.strip()
    row.version += 1
    row.changed_by, row.changed_at = by.person_id, clock.now()
    session.flush()
    audit.record(
        session,
        "appointment.called-off",
        by=by,
        subject=("appointment", row.id),
        calendar=calendar.id,
        starts_at=row.starts_at.isoformat(),
    )
    return telling.tell(session, row, calendar, telling.CALLED_OFF, by=by)
