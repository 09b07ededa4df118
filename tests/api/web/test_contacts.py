"""The desk of whoever answers the telephone, the view of a person, the diary: over their pages."""

import re
from collections.abc import Callable
from datetime import timedelta
from itertools import count

import pytest
from sqlalchemy import select

from docflow import appointments, clock, contacts, parties, registry, routing
from docflow.appointments import Appointment, CalendarData
from docflow.contacts import Contact
from tests.api.browsing import Browser, words
from tests.api.conftest import House

Browsing = Callable[..., Browser]
_numbers = count(1)


def known(house: House) -> tuple[int, str]:
    """Somebody whom a letter has brought into the directory: id and name."""
    name = f"Θεοδώρα Τηλεφωνίδου {next(_numbers)}ή"
    address = house.register(sender=parties.Contact(name, phone="2105559876"))
    with house.office.db.read() as session:
        entry = session.get_one(registry.Entry, house.entry_id(address))
        assert entry.sender_party_id is not None
        return entry.sender_party_id, name


def version(page: object) -> str:
    found = re.search(r'name="version" value="(\d+)"', str(getattr(page, "text", "")))
    assert found
    return found[1]


def test_a_call_from_the_first_word_to_the_protocol_number(
    browsing: Browsing, house: House
) -> None:
    clerk = browsing("clerk")
    party_id, name = known(house)
    found = clerk.get("/contacts/new", params={"q": name})
    assert name in words(found)
    taken = clerk.post("/contacts", data={"party_id": str(party_id), "channel": "phone"})
    path = taken.headers["location"].partition("?")[0]
    page = clerk.get(path)
    assert "Αίτηση επισκευής οδοστρώματος" in words(page)  # what we know of her
    typed = {"channel": "phone", "name": name, "phone": "2105559876", "version": version(page)}
    wrong = clerk.post(path, data={**typed, "note": "Σπασμένο φανάρι", "act": "solve"})
    assert wrong.status_code == 422
    assert "Σπασμένο φανάρι" in wrong.text
    unit = str(house.town.units["ΟΔΟΠ"])
    typed["subject"] = "Σπασμένο φανάρι στην πλατεία"
    without = clerk.post(path, data={**typed, "act": "pass"})
    assert "Choose the unit" in words(without)
    done = clerk.post(path, data={**typed, "act": "pass", "unit": unit})
    assert done.headers["location"] == f"{path}?done=contact-passed"
    with house.office.db.read() as session:
        row = session.get_one(Contact, int(path.rpartition("/")[2]))
        entry = session.get_one(registry.Entry, row.entry_id)
    assert entry.label in words(clerk.get(path))
    again = clerk.post(path, data={**typed, "act": "solve"})
    assert again.status_code == 409
    assert "Μαρία Νικολάου went on with this contact" in words(again)
    with house.office.db.read() as session:
        engineer = house.town.person(session, "engineer")
        todo = routing.basket(session, routing.Basket.UNIT, by=engineer, limit=routing.MOST_COUNTED)
    assert entry.id in {line.id for line in todo}
    assert path in clerk.get("/contacts", params={"which": "all"}).text


def test_what_is_open_comes_first_and_the_channel_goes_with_the_choice(
    browsing: Browsing, house: House
) -> None:
    clerk = browsing("clerk")
    party_id, name = known(house)
    clerk.post("/contacts", data={"party_id": str(party_id), "channel": "counter"})
    page = clerk.get("/contacts/new", params={"q": name})
    assert page.text.count('value="counter" selected') == 2  # of the search, and of who is unknown
    assert re.search(
        rf'name="party_id" value="{party_id}"[^>]*formaction="/contacts"'
        rf'|formaction="/contacts"[^>]*name="party_id" value="{party_id}"',
        page.text,
    )
    taken = clerk.post("/contacts", data={"party_id": str(party_id), "channel": "counter"})
    path = taken.headers["location"].partition("?")[0]
    said = words(clerk.get(path))
    assert said.index("Open now") < said.index("Everything else")
    assert said.index("Everything else") < said.index("Αίτηση επισκευής οδοστρώματος")


def test_the_view_of_a_person_asks_why_and_the_officer_reads_it(
    browsing: Browsing, house: House
) -> None:
    party_id, name = known(house)
    clerk = browsing("clerk")
    asked = clerk.get(f"/people/{party_id}")
    assert "Why do you open this view?" in words(asked)
    assert "Αίτηση επισκευής" not in words(asked)
    without = clerk.post(f"/people/{party_id}/open")
    assert without.status_code == 422
    clerk.post(f"/people/{party_id}/open", data={"purpose": "serving"})
    assert "Αίτηση επισκευής" in words(clerk.get(f"/people/{party_id}"))
    assert browsing("lawyer").get(f"/people/{party_id}").status_code == 404
    report = words(browsing("auditor").get("/reads"))
    assert name in report
    month = f"{clock.today():%Y-%m}"
    table = browsing("auditor").get("/reads/report.csv", params={"month": month})
    assert name in table.content.decode("utf-8-sig")
    assert browsing("auditor").get("/contacts").status_code == 403


@pytest.fixture
def calendar(house: House) -> appointments.DiaryCalendar:
    """Every working day, from early to late."""
    with house.office.db.begin() as session:
        return appointments.keeping.create(
            session,
            CalendarData(
                title="Πολεοδομικά θέματα",
                title_en="Planning matters",
                unit_id=house.town.units["ΟΔΟΠ"],
                week=dict.fromkeys(range(1, 6), "06:00-22:00"),
                lead_hours=0,
            ),
            by=house.town.person(session, "director"),
        )


def test_the_clerk_books_moves_and_cancels(
    browsing: Browsing, house: House, calendar: appointments.DiaryCalendar
) -> None:
    clerk = browsing("clerk")
    with house.office.db.read() as session:
        slots = appointments.bookable(session, calendar, by_citizen=True)[-2:]
    at, later = (slot.starts_at.isoformat() for slot in slots)
    typed = {"calendar": str(calendar.id), "person": "Νίκος Αργυρίου", "at": at, "act": "book"}
    look = clerk.post("/diary/book", data={**typed, "act": "look"})
    assert look.status_code == 200
    assert "Νίκος Αργυρίου" in look.text
    booked = clerk.post("/diary/book", data=typed)
    path = booked.headers["location"].partition("?")[0]
    twice = clerk.post("/diary/book", data=typed)
    assert twice.status_code == 409
    assert "Μαρία Νικολάου gave this time away" in words(twice)
    page = clerk.get(path)
    moved = clerk.post(f"{path}/move", data={"at": later, "version": version(page)})
    assert moved.headers["location"].endswith("done=appointment-moved")
    stale = clerk.post(f"{path}/cancel", data={"reason": "x", "version": version(page)})
    assert stale.status_code == 409
    day = f"{clock.local(slots[1].starts_at):%d/%m/%Y}"
    assert "Νίκος Αργυρίου" in words(browsing("engineer").get("/diary", params={"day": day}))
    done = browsing("director").post(
        f"/diary/calendars/{calendar.id}/call-off", data={"first": day, "last": day}
    )
    assert "No message reaches these" in words(done)
    assert browsing("lawyer").get(path).status_code == 404
    with house.office.db.read() as session:
        row = session.scalars(
            select(Appointment).where(Appointment.full_name == "Νίκος Αργυρίου")
        ).one()
        assert row.state == "called-off"


def test_a_person_put_into_the_form_by_hand_is_refused(
    browsing: Browsing, house: House, calendar: appointments.DiaryCalendar
) -> None:
    party_id, name = known(house)
    with house.office.db.read() as session:
        [*_, slot] = appointments.bookable(session, calendar, by_citizen=True)
    typed = {"calendar": str(calendar.id), "person": name, "at": slot.starts_at.isoformat()}
    typed |= {"person_party_id": str(party_id), "act": "book"}
    engineer = browsing("engineer")
    assert engineer.post("/diary/book", data=typed).status_code == 404
    assert engineer.get(f"/people/{party_id}").status_code == 404
    assert browsing("clerk").post("/diary/book", data=typed).status_code == 303


def test_the_calendar_keeps_what_was_typed_and_says_what_is_wrong(
    browsing: Browsing, calendar: appointments.DiaryCalendar
) -> None:
    director = browsing("director")
    path = f"/diary/calendars/{calendar.id}"
    page = director.get(path)
    assert "06:00-22:00" in page.text
    typed = {
        "title": "Νέος τίτλος",
        "unit": str(calendar.unit_id),
        "day1": "9-ένα",
        "minutes": "20",
    }
    wrong = director.post(path, data={**typed, "version": "1", "is_open": "yes"})
    assert wrong.status_code == 422
    assert "9-ένα" in wrong.text
    typed |= {"day1": "09:00-11:00", "is_public": "yes", "is_open": "yes"}
    assert director.post(path, data={**typed, "version": "1"}).status_code == 303
    stale = director.post(path, data={**typed, "version": "1"})
    assert stale.status_code == 409
    assert "Γιώργος Αλεξίου changed this calendar" in words(stale)
    day = clock.today() + timedelta(days=3)
    opened = director.post(f"{path}/open-day", data={"on": f"{day:%d/%m/%Y}", "hours": ""})
    assert "Write the hours of this day" in words(opened)
    assert browsing("lawyer").get(path).status_code in (403, 404)


def test_contacts_that_are_not_ones_own_are_not_there(browsing: Browsing, house: House) -> None:
    with house.office.db.begin() as session:
        said = contacts.Said(full_name="Κρυφή Κυρία")
        row = contacts.take(session, said, by=house.town.person(session, "engineer"))
        row_id = row.id
    assert browsing("lawyer").get(f"/contacts/{row_id}").status_code == 404
    assert "Κρυφή Κυρία" in words(browsing("colleague").get(f"/contacts/{row_id}"))
