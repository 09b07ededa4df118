"""Who calls and who comes: calendars of appointments, those of the next days, contacts of today."""

from collections.abc import Iterator
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow import appointments, clock, contacts
from docflow.accounts import Account
from docflow.appointments import BookedVia, CalendarData, DiaryCalendar, Slot, Wanted
from docflow.contacts import Channel, Passing, Purpose, Said
from docflow.demo.house import House
from docflow.parties import Party, PartyKind

_COMING = (
    ("Ελένη Δημητρίου", "eleni.dimitriou@citizens.example", "6970000001", "Μόνιμη κατοικία"),
    ("Ιωάννα Ράπτη", "rapti@citizens.example", "6970000011", "Πιστοποιητικό γέννησης"),
    ("Θανάσης Μπέλλος", "", "6970000012", "Διόρθωση επωνύμου"),
    ("Νίκος Ιωάννου", "nikos.ioannou@citizens.example", "6970000002", "Ρύθμιση οφειλής"),
    ("Μαρία Παππά", "", "6970000015", "Βεβαίωση οφειλής"),
)


def begin(session: Session, house: House) -> None:
    """Calendars of two units, some appointments in them, and what the telephone brought today."""
    calendars = _calendars(session, house)
    _appointments(session, house, calendars)
    _contacts(session, house)


def _calendars(session: Session, house: House) -> list[DiaryCalendar]:
    mornings = dict.fromkeys(range(1, 6), "09:00-13:00")
    registry = appointments.keeping.create(
        session,
        CalendarData(
            title="Ληξιαρχικές πράξεις και δημοτολόγιο",
            title_en="Registry of births, marriages and residents",
            unit_id=house.units["12"],
            place="Πλατεία Δημαρχείου 1, ισόγειο, θυρίδα 2",
            week={**mornings, 3: "09:00-13:00, 15:00-18:00"},
            minutes=20,
            places=2,
            services=("permanent-residence",),
            lead_hours=2,
        ),
        by=house.head("12"),
    )
    revenue = appointments.keeping.create(
        session,
        CalendarData(
            title="Οφειλές και ρυθμίσεις",
            title_en="Debts and instalments",
            unit_id=house.units["21"],
            user_id=house.staff("21")[0].user_id,
            place="Πλατεία Δημαρχείου 1, 1ος όροφος, γραφείο 4",
            week={2: "10:00-13:00", 4: "10:00-13:00"},
            minutes=30,
            services=("no-debt-certificate",),
        ),
        by=house.staff("21")[0],
    )
    return [registry, revenue]


def _appointments(session: Session, house: House, calendars: list[DiaryCalendar]) -> None:
    clerk = house.clerks()[0]
    emails = [email for _, email, _, _ in _COMING if email]
    accounts = {
        row.email: row.id
        for row in session.scalars(select(Account).where(Account.email.in_(emails)))
    }
    for calendar, people in zip(calendars, (_COMING[:3], _COMING[3:]), strict=True):
        times = _spread(appointments.bookable(session, calendar, by_citizen=False))
        for (name, email, phone, subject), slot in zip(people, times, strict=False):
            wanted = Wanted(
                calendar.id, slot.starts_at, name, email=email, phone=phone, subject=subject
            )
            row = appointments.book(session, wanted, via=BookedVia.PHONE, by=clerk)
            if email in accounts:
                row.account_id, row.booked_via = accounts[email], BookedVia.PORTAL


def _spread(slots: list[Slot]) -> Iterator[Slot]:
    """Some of the first times, not one after the other."""
    return iter(slots[1:20:4])


def _contacts(session: Session, house: House) -> None:
    clerk, other = house.clerks()[0], house.clerks()[-1]
    answered = contacts.take(session, Said(full_name="Κυρία Αλεξίου", phone="2000000011"), by=clerk)
    contacts.solve(
        session,
        answered.id,
        Said(
            full_name="Κυρία Αλεξίου",
            phone="2000000011",
            subject="Ώρες λειτουργίας του πρωτοκόλλου",
            note="Της είπαμε τις ώρες και ότι καταθέτει και ηλεκτρονικά.",
        ),
        seen=answered.version,
        by=clerk,
    )
    waiting = Said(
        channel=Channel.PHONE,
        full_name="Γιώργος Σταθάκης",
        phone="6970000013",
        subject="Πότε ολοκληρώνεται η αποκατάσταση στην οδό Μουσών;",
    )
    promised = contacts.take(session, waiting, by=other)
    contacts.promise(
        session,
        promised.id,
        waiting,
        call_at=clock.now() + timedelta(hours=4),
        seen=promised.version,
        by=other,
    )
    request = Said(
        full_name="Αγγελική Ρήγα",
        phone="6970000014",
        subject="Αποκομιδή ογκωδών αντικειμένων στην οδό Ακαδημίας 14",
        note="Δύο έπιπλα στο πεζοδρόμιο από το πρωί.",
    )
    passed = contacts.take(session, request, by=clerk)
    contacts.pass_on(
        session,
        passed.id,
        request,
        Passing(house.units["40"]),
        seen=passed.version,
        by=clerk,
        zone=house.settings.zone,
        ocr_languages=house.settings.ocr_languages,
    )
    known = session.scalars(
        select(Party)
        .where(Party.body_id == house.body_id, Party.kind == PartyKind.PERSON)
        .order_by(Party.uses.desc(), Party.id)
        .limit(1)
    ).first()
    if known is not None:
        row = contacts.take(session, Said(), party_id=known.id, by=clerk)
        contacts.open_for(session, known.id, Purpose.SERVING, contact=row, by=clerk)
