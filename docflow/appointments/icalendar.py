"""An appointment as a file for one's own diary. Format: RFC 5545; instants are UTC."""

from datetime import UTC, datetime
from urllib.parse import urlsplit

from docflow import clock
from docflow.appointments.models import Appointment, AppointmentState, DiaryCalendar
from docflow.deadlines import feeds


def of(row: Appointment, calendar: DiaryCalendar, *, url: str) -> str:
    """The file. A later one of the same appointment replaces it: same UID, higher SEQUENCE."""
    host = urlsplit(url).netloc or "docflow"
    is_off = row.state in (AppointmentState.CANCELLED, AppointmentState.CALLED_OFF)
    title = calendar.title_in(row.language)
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Docflow//Appointments//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        "BEGIN:VEVENT",
        f"UID:appointment-{row.id}@{host}",
        f"DTSTAMP:{_instant(clock.now())}",
        f"SEQUENCE:{row.version}",
        f"STATUS:{'CANCELLED' if is_off else 'CONFIRMED'}",
        f"DTSTART:{_instant(row.starts_at)}",
        f"DTEND:{_instant(row.ends_at)}",
        f"SUMMARY:{feeds.escaped(title)}",
        *([f"LOCATION:{feeds.escaped(calendar.place)}"] if calendar.place else []),
        f"URL:{url.rstrip('/')}/appointments/{row.token}",
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return "".join(feeds.folded(line) for line in lines)


def _instant(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"
