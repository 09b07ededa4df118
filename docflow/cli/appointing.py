"""`docflow appointments`."""

from pathlib import Path

from docflow import appointments, clock
from docflow.appointments import Appointment
from docflow.cli import finding
from docflow.cli.days import day as day_of
from docflow.cli.output import print_json, say
from docflow.i18n import t


def listing(
    data: Path | None, *, day: str, calendar: int, acting_as: str | None, as_json: bool
) -> int:
    """Raises CannotDo for what is no day."""
    with finding.office(data) as office, office.db.read() as session:
        by = finding.acting(session, acting_as)
        on = day_of(day) if day else clock.today(office.settings.zone)
        found = appointments.day_lists(session, on, calendar_id=calendar or None, by=by)
        rows = [(one, [row for hour in one.hours for row in hour.rows]) for one in found]
    if as_json:
        print_json(
            {
                "day": on.isoformat(),
                "calendars": [
                    {
                        "id": one.calendar.id,
                        "title": one.calendar.title,
                        "free": one.free,
                        "appointments": [_document(row) for row in [*coming, *one.called_off]],
                    }
                    for one, coming in rows
                ],
            }
        )
        return 0
    for one, coming in rows:
        say(f"{one.calendar.id:>4}  {one.calendar.title} · {on:%d/%m/%Y}")
        for row in coming:
            at = clock.local(row.starts_at)
            say(f"      {at:%H:%M}  {row.full_name}  {row.phone}  {row.subject}".rstrip())
    return 0


def call_off(
    data: Path | None,
    *,
    calendar: int,
    first: str,
    last: str,
    reason: str,
    acting_as: str | None,
) -> int:
    """Raises NoSuchCalendar, BadCalendar, CannotDo."""
    begin = day_of(first)
    end = day_of(last) if last else begin
    with finding.office(data) as office, office.db.begin() as session:
        done = appointments.call_off(
            session, calendar, begin, end, reason=reason, by=finding.acting(session, acting_as)
        )
        session.flush()
        to_call = [(clock.local(row.starts_at), row) for row in done.to_call]
    say(t("Told and offered a new time: {n}.", n=done.told))
    for at, row in to_call:
        say(
            t(
                "To be called: {at}, {who}, {phone}",
                at=f"{at:%d/%m/%Y %H:%M}",
                who=row.full_name,
                phone=row.phone or "–",
            )
        )
    return 0


def _document(row: Appointment) -> dict[str, object]:
    return {
        "id": row.id,
        "starts_at": row.starts_at.isoformat(),
        "state": row.state,
        "full_name": row.full_name,
        "phone": row.phone,
        "subject": row.subject,
    }
