"""A service that nobody programmed: files alone, with a fee, a process, texts and a document."""

from datetime import timedelta

from sqlalchemy import select

from docflow import clock, payments
from docflow.applications import Application
from docflow.messages import Message
from docflow.registry import Entry
from docflow.service_acts import IssuedCertificate
from tests import filing
from tests.docflow import steps
from tests.stack import ROOT

HALL = ROOT / "tests" / "data" / "services" / "hall-booking"
ACTS = ("processes.act", "processes.act-sealed")


def asked(office, town, *, hours):
    version = filing.deployed(office, town, HALL)
    typed = {
        "full_name": "Σύλλογος Κατοίκων",
        "email": "katoikoi@example.gr",
        "hall": "big",
        "held_on": (clock.today() + timedelta(days=30)).isoformat(),
        "hours": str(hours),
    }
    return filing.filed(office, version, typed)


def test_no_file_of_the_service_is_a_program():
    assert {path.suffix for path in HALL.rglob("*") if path.is_file()} == {".json", ".bpmn"}


def test_it_is_filed_paid_confirmed_and_its_permit_issued(signing_office, town):
    office = signing_office
    made = asked(office, town, hours=5)
    filing.complete(office, town, made, "free", is_free="yes")
    with office.db.begin() as session:
        [payable] = payments.of_subject(session, ("application", made.id))
        assert payments.owed(session, payable).cents == 3000  # three hours beyond the free ones
    filing.answer(office, made, "pay", bank_number="777")
    filing.complete(office, town, made, "confirm", seen="on")
    steps.run_jobs(office, *ACTS)
    with office.db.begin() as session:
        issued = session.scalars(select(IssuedCertificate)).one()
        assert session.get_one(Entry, issued.entry_id).subject == (
            "Άδεια χρήσης αίθουσας Μεγάλη αίθουσα"
        )
        row = session.get_one(Application, made.id)
        assert (row.state, row.outcome) == ("ended", "granted")


def test_what_costs_nothing_asks_for_no_payment(signing_office, town):
    made = asked(signing_office, town, hours=2)
    filing.complete(signing_office, town, made, "free", is_free="yes")
    steps.run_jobs(signing_office, *ACTS)
    with signing_office.db.begin() as session:
        assert payments.of_subject(session, ("application", made.id)) == []
        assert session.get_one(Application, made.id).outcome == "granted"


def test_a_refusal_is_told_in_the_words_of_the_service(office, town):
    made = asked(office, town, hours=5)
    filing.complete(office, town, made, "free", is_free="", why_not="Γίνονται εργασίες.")
    with office.db.begin() as session:
        [message] = session.scalars(select(Message).where(Message.kind == "service-word"))
    assert message.values["subject.el"] == "Η αίθουσα δεν είναι διαθέσιμη"
    assert message.values["text.el"].endswith("Γίνονται εργασίες.")
    assert "Great hall is not free" in message.values["text.en"]
