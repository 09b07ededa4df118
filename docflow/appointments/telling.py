"""What the person is told of an appointment: booked, moved, cancelled, called off, reminded.

The subject of a mail says nothing of the matter. The calendar file goes with what one writes into
a diary. The words are the defaults; the office changes them with all others of its messages.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from docflow import clock, messages
from docflow.appointments import icalendar, slots
from docflow.appointments.models import Appointment, AppointmentState, DiaryCalendar
from docflow.i18n import Text, t
from docflow.mail import Attachment
from docflow.messages import Addressee, Channel, Kind, Message, Wording
from docflow.office import Office
from docflow.principal import Principal

BOOKED, MOVED = "appointment-booked", "appointment-moved"
CANCELLED, CALLED_OFF = "appointment-cancelled", "appointment-called-off"
REMINDER = "appointment-reminder"
OFFERED = 3  # hours that the message names when a day was called off
ABOUT = "appointment"

_LINK = {
    "el": "Αλλαγή ή ακύρωση: {portal}/appointments/{token}",
    "en": "Move or cancel it: {portal}/appointments/{token}",
    "hu": "Áthelyezés vagy lemondás: {portal}/appointments/{token}",
    "cs": "Přesunout nebo zrušit: {portal}/appointments/{token}",
}
_FACTS = {
    "el": "Πότε: {when}\nΓια: {what}\nΠού: {place}",
    "en": "When: {when}\nFor: {what}\nWhere: {place}",
    "hu": "Mikor: {when}\nMiért: {what}\nHol: {place}",
    "cs": "Kdy: {when}\nK čemu: {what}\nKde: {place}",
}
_SAMPLES = {
    "when": "30/11/2026 10:20",
    "what": "ΚΕΠ",
    "place": "Πλατεία Δημαρχείου 1, ισόγειο",
    "reason": "ασθένεια υπαλλήλου",
    "offered": "01/12/2026 09:00, 01/12/2026 09:20",
    "token": "kT3…",
}


def _kind(code: str, title: Text, **said: tuple[str, str, str]) -> None:
    """Subject, text and SMS by language; FACTS and LINK in a text stand for the usual lines."""
    words = {
        language: Wording(
            subject,
            text.replace("FACTS", _FACTS[language]).replace("LINK", _LINK[language]),
            sms,
        )
        for language, (subject, text, sms) in said.items()
    }
    whole = " ".join(f"{one.subject} {one.text} {one.sms}" for one in words.values())
    samples = {name: value for name, value in _SAMPLES.items() if "{" + name + "}" in whole}
    messages.declare(Kind(code, title, samples, words))


_kind(
    BOOKED,
    t("Appointment booked"),
    el=(
        "Το ραντεβού σας: {body}",
        "Το ραντεβού σας κλείστηκε.\n\nFACTS\n\nLINK",
        "{body}: ραντεβού {when}, {what}. Αλλαγή: {portal}/appointments/{token}",
    ),
    en=(
        "Your appointment at {body}",
        "Your appointment is booked.\n\nFACTS\n\nLINK",
        "{body}: appointment {when}, {what}. Change: {portal}/appointments/{token}",
    ),
    hu=(
        "Időpontja itt: {body}",
        "Az időpontot lefoglaltuk.\n\nFACTS\n\nLINK",
        "{body}: időpont {when}, {what}. Módosítás: {portal}/appointments/{token}",
    ),
    cs=(
        "Váš termín: {body}",
        "Termín je objednán.\n\nFACTS\n\nLINK",
        "{body}: termín {when}, {what}. Změna: {portal}/appointments/{token}",
    ),
)
_kind(
    MOVED,
    t("Appointment moved"),
    el=(
        "Νέα ώρα για το ραντεβού σας: {body}",
        "Το ραντεβού σας έχει νέα ώρα.\n\nFACTS\n\nLINK",
        "{body}: νέα ώρα ραντεβού {when}, {what}. {portal}/appointments/{token}",
    ),
    en=(
        "A new time for your appointment at {body}",
        "Your appointment has a new time.\n\nFACTS\n\nLINK",
        "{body}: new time of your appointment {when}, {what}. {portal}/appointments/{token}",
    ),
    hu=(
        "Új időpont itt: {body}",
        "Az időpont megváltozott.\n\nFACTS\n\nLINK",
        "{body}: új időpont {when}, {what}. {portal}/appointments/{token}",
    ),
    cs=(
        "Nový čas vašeho termínu: {body}",
        "Termín má nový čas.\n\nFACTS\n\nLINK",
        "{body}: nový čas termínu {when}, {what}. {portal}/appointments/{token}",
    ),
)
_kind(
    CANCELLED,
    t("Appointment cancelled"),
    el=(
        "Ακύρωση του ραντεβού σας: {body}",
        "Το ραντεβού σας της {when} ({what}) ακυρώθηκε. {reason}\n\n"
        "Νέο ραντεβού: {portal}/appointments",
        "{body}: το ραντεβού σας {when} ακυρώθηκε. {reason}",
    ),
    en=(
        "Your appointment at {body} is cancelled",
        "Your appointment of {when} ({what}) is cancelled. {reason}\n\n"
        "Book another one: {portal}/appointments",
        "{body}: your appointment {when} is cancelled. {reason}",
    ),
    hu=(
        "Időpontja törölve: {body}",
        "A(z) {when} időpontot ({what}) töröltük. {reason}\n\n"
        "Új időpont foglalása: {portal}/appointments",
        "{body}: a(z) {when} időpont törölve. {reason}",
    ),
    cs=(
        "Váš termín je zrušen: {body}",
        "Termín {when} ({what}) je zrušen. {reason}\n\nNový termín: {portal}/appointments",
        "{body}: termín {when} je zrušen. {reason}",
    ),
)
_kind(
    CALLED_OFF,
    t("Appointment called off, new time offered"),
    el=(
        "Το ραντεβού σας δεν μπορεί να γίνει: {body}",
        "Λυπούμαστε: το ραντεβού σας της {when} ({what}) δεν μπορεί να γίνει. {reason}\n\n"
        "Οι πρώτες ελεύθερες ώρες: {offered}\n\n"
        "Διαλέξτε νέα ώρα εδώ: {portal}/appointments/{token}",
        "{body}: το ραντεβού σας {when} δεν θα γίνει. Νέα ώρα: {portal}/appointments/{token}",
    ),
    en=(
        "Your appointment at {body} cannot take place",
        "We are sorry: your appointment of {when} ({what}) cannot take place. {reason}\n\n"
        "The first free times: {offered}\n\n"
        "Choose a new time here: {portal}/appointments/{token}",
        "{body}: your appointment {when} is off. New time: {portal}/appointments/{token}",
    ),
    hu=(
        "Időpontja elmarad: {body}",
        "Sajnáljuk, a(z) {when} időpont ({what}) elmarad. {reason}\n\n"
        "Az első szabad időpontok: {offered}\n\n"
        "Válasszon újat itt: {portal}/appointments/{token}",
        "{body}: a(z) {when} időpont elmarad. Új időpont: {portal}/appointments/{token}",
    ),
    cs=(
        "Váš termín se nekoná: {body}",
        "Litujeme, termín {when} ({what}) se nekoná. {reason}\n\n"
        "První volné časy: {offered}\n\n"
        "Nový čas si vyberte zde: {portal}/appointments/{token}",
        "{body}: termín {when} se nekoná. Nový čas: {portal}/appointments/{token}",
    ),
)
_kind(
    REMINDER,
    t("Reminder of an appointment"),
    el=(
        "Υπενθύμιση του ραντεβού σας: {body}",
        "Σας υπενθυμίζουμε το ραντεβού σας.\n\nFACTS\n\nLINK",
        "{body}: υπενθύμιση ραντεβού {when}, {what}. {portal}/appointments/{token}",
    ),
    en=(
        "Reminder of your appointment at {body}",
        "We remind you of your appointment.\n\nFACTS\n\nLINK",
        "{body}: reminder, appointment {when}, {what}. {portal}/appointments/{token}",
    ),
    hu=(
        "Emlékeztető az időpontjára: {body}",
        "Emlékeztetjük az időpontjára.\n\nFACTS\n\nLINK",
        "{body}: emlékeztető, időpont {when}, {what}. {portal}/appointments/{token}",
    ),
    cs=(
        "Připomenutí vašeho termínu: {body}",
        "Připomínáme váš termín.\n\nFACTS\n\nLINK",
        "{body}: připomenutí termínu {when}, {what}. {portal}/appointments/{token}",
    ),
)


def tell(
    session: Session, row: Appointment, calendar: DiaryCalendar, kind: str, *, by: Principal
) -> bool:
    """Queue the message in this transaction; False where none reaches the person."""
    session.flush()
    ids = messages.send(
        session,
        body_id=row.body_id,
        to=Addressee(row.email, row.phone, row.language, Channel(row.channel)),
        kind=kind,
        values=_values(session, row, calendar, kind),
        about=(ABOUT, row.id),
        by=by,
        once=f"{kind}-{row.id}-{row.version}",
    )
    return bool(ids)


def _values(
    session: Session, row: Appointment, calendar: DiaryCalendar, kind: str
) -> Mapping[str, str]:
    offered = ""
    if kind == CALLED_OFF:
        free = slots.bookable(session, calendar, by_citizen=True)
        offered = ", ".join(_shown(slot.starts_at) for slot in free[:OFFERED])
    title = calendar.title_in(row.language)
    return {
        "when": _shown(row.starts_at),
        "what": title,
        "place": calendar.place or "–",
        "reason": row.reason,
        "offered": offered or "–",
        "token": row.token,
    }


def _shown(instant: datetime) -> str:
    return f"{clock.local(instant):%d/%m/%Y %H:%M}"


def _files(office: Office, message: Message) -> Sequence[Attachment]:
    """The file with which the appointment goes into one's own diary."""
    with office.db.read() as session:
        row = session.get(Appointment, message.about_id)
        if row is None or row.state not in (AppointmentState.BOOKED, AppointmentState.CANCELLED):
            return ()
        calendar = session.get_one(DiaryCalendar, row.calendar_id)
        text = icalendar.of(row, calendar, url=office.settings.public_url)
    return [Attachment("appointment.ics", "text/calendar", text.encode())]


for _code in (BOOKED, MOVED, CANCELLED):
    messages.attaching(_code)(_files)


@messages.at_sending(REMINDER)
def _still_true(session: Session, message: Message) -> Mapping[str, str] | None:
    """Nobody is reminded of what was moved or cancelled while the mail server was away."""
    row = session.get(Appointment, message.about_id)
    if row is None or row.state != AppointmentState.BOOKED or row.starts_at <= clock.now():
        return None
    return {}
