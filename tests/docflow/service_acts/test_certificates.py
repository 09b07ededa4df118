"""Certificates under the seal alone: by themselves where the conditions hold, else by a person."""

import pytest
from sqlalchemy import func, select

import signing
from docflow import documents, outbox, processes, signatures
from docflow.accounts import Level
from docflow.applications import Application
from docflow.dispatch import Delivery
from docflow.messages import Message
from docflow.notices import Notice, NoticeKind
from docflow.outbox import Job, JobState
from docflow.principal import system
from docflow.registry import Direction, Disposal, Entry, Handling
from docflow.service_acts import IssuedCertificate, certificates, residents
from tests import accounts, filing
from tests.docflow import steps

ACTS = ("processes.act", "processes.act-sealed")
NUMBER = "123456783"
TYPED = {
    "full_name": "ΔΗΜΗΤΡΙΟΥ ΕΛΕΝΗ",
    "tax_number": NUMBER,
    "email": "eleni@example.gr",
    "address": "Ακαδημίας 12, Παράδειγμα",
    "purpose": "Εγγραφή σε σχολείο",
}


def registered(office, town, tmp_path, number=NUMBER, name="Ελένη Δημητρίου"):
    """The register of residents holds one person."""
    path = tmp_path / "katoikoi.csv"
    path.write_text(
        "ΑΦΜ;Ονοματεπώνυμο;Διεύθυνση;Κάτοικος από\n"
        f"{number};{name};Ακαδημίας 12, Παράδειγμα;03/05/2011\n"
    )
    with office.db.begin() as session:
        by = town.person(session, "administrator")
    residents.take(office, path, name=path.name, by=by)


def asked(office, town, *, files=None, **changes):
    """An application for a certificate of residence by a verified citizen."""
    version = filing.deployed(office, town, "permanent-residence")
    with office.db.begin() as session:
        citizen = accounts.citizen(session, town, level=Level.VERIFIED, tax_number=NUMBER)
    return filing.filed(office, version, {**TYPED, **changes}, citizen=citizen, files=files)


def told(office, filed):
    """What the applicant was told by the service, in Greek."""
    with office.db.begin() as session:
        query = select(Message).where(Message.kind == "service-word", Message.about_id == filed.id)
        return [row.values["text.el"] for row in session.scalars(query.order_by(Message.id))]


def certificate_of(office, filed):
    """The entry that was issued, its file and its delivery; None where nothing was."""
    with office.db.begin() as session:
        row = session.scalar(
            select(IssuedCertificate).where(IssuedCertificate.application_id == filed.id)
        )
        if row is None or row.issued_at is None:
            return None
        entry = session.get_one(Entry, row.entry_id)
        [file] = documents.files(session, entry.id)
        delivery = session.scalars(select(Delivery).where(Delivery.entry_id == entry.id)).one()
        return entry, file, delivery


def test_who_stands_in_the_register_gets_the_certificate_without_an_employee(
    signing_office, town, tmp_path
):
    office = signing_office
    registered(office, town, tmp_path)
    made = asked(office, town)
    steps.run_jobs(office, *ACTS)
    entry, file, delivery = certificate_of(office, made)
    assert (entry.direction, entry.subject) == (Direction.OUTGOING, "Βεβαίωση μόνιμης κατοικίας")
    pdf = documents.read_bytes(office, file.sha256)
    report = signing.validate(pdf, trust_roots=[office.settings.trust_roots.read_bytes()])
    [seal] = [one for one in report.signatures if one.kind != "timestamp"]
    assert (seal.signer, seal.integrity) == ("Δήμος Παραδείγματος (TEST)", "intact")
    assert (delivery.channel, delivery.email) == ("pickup", "eleni@example.gr")
    with office.db.begin() as session:
        row = session.get_one(Application, made.id)
        assert (row.state, row.outcome) == ("ended", "granted")
        handling = session.get_one(Handling, row.entry_id)
        assert (handling.disposal, handling.closed_reason) == (Disposal.ANSWERED, entry.label)
        tasks = session.scalars(
            select(processes.ProcessTask.id).where(processes.ProcessTask.kind == "employee")
        )
        assert list(tasks) == []


@pytest.mark.parametrize(
    ("listed", "typed", "why"),
    [
        ({}, {"tax_number": "090000045"}, "Ο ΑΦΜ δεν προκύπτει"),
        ({"number": "090000045"}, {}, "Δεν βρέθηκε"),
        ({"name": "Άλλος Άνθρωπος"}, {}, "Το όνομα δεν συμφωνεί"),
        ({}, {"address": "Ακακιών 3"}, "Η διεύθυνση δεν συμφωνεί"),
        ({}, {"files": {"": b"a lease"}}, "Επισυνάπτονται δικαιολογητικά"),
    ],
    ids=[
        "a number that the login did not prove",
        "not in the register",
        "another name",
        "another address",
        "with papers",
    ],
)
def test_whoever_is_not_found_goes_to_an_employee(office, town, tmp_path, listed, typed, why):
    registered(office, town, tmp_path, **listed)
    made = asked(office, town, **typed)
    steps.run_jobs(office, "processes.act")
    filing.step(office, made, "examine")
    with office.db.begin() as session:
        known = processes.data(session, ("application", made.id))
    assert known["look_up_result"].startswith(why)
    assert "resident_address" not in known
    [text] = told(office, made)
    assert "δεν εκδόθηκε αυτόματα. " in text
    assert "αυτόματα. ." not in text


def test_who_moved_is_told_why_nothing_is_issued_and_the_employee_sees_both_addresses(
    office, town, tmp_path
):
    registered(office, town, tmp_path)
    made = asked(office, town, address="Ακακιών 3")
    steps.run_jobs(office, *ACTS)
    assert certificate_of(office, made) is None
    [text] = told(office, made)
    assert "Η διεύθυνση που γράψατε δεν είναι αυτή του μητρώου κατοίκων." in text
    assert "Ακαδημίας" not in text
    with office.db.begin() as session:
        known = processes.data(session, ("application", made.id))
    assert (known["address"], known["register_address"]) == (
        "Ακακιών 3",
        "Ακαδημίας 12, Παράδειγμα",
    )


@pytest.mark.parametrize(
    ("decision", "missing"),
    [("issue", {"resident_address", "resident_since"}), ("refuse", {"why_not"})],
)
def test_an_employee_says_what_his_decision_needs(office, town, decision, missing):
    made = asked(office, town)
    steps.run_jobs(office, "processes.act")
    with pytest.raises(processes.BadAnswer) as refused:
        filing.complete(office, town, made, "examine", decision=decision)
    assert set(refused.value.errors) == missing


def test_an_employee_issues_what_he_found_himself(signing_office, town):
    office = signing_office
    made = asked(office, town)
    steps.run_jobs(office, *ACTS)
    filing.complete(
        office,
        town,
        made,
        "examine",
        decision="issue",
        resident_address="Ερμού 1",
        resident_since="01/02/2020",
    )
    steps.run_jobs(office, *ACTS)
    assert certificate_of(office, made) is not None


def test_without_the_seal_no_number_is_taken_and_the_job_waits(office, town, tmp_path):
    registered(office, town, tmp_path)
    made = asked(office, town)
    steps.run_jobs(office, "processes.act")
    [job_id] = steps.waiting_jobs(office, "processes.act-sealed")
    outbox.run(office, job_id)
    with office.db.begin() as session:
        job = session.get_one(Job, job_id)
        assert (job.state, job.attempts) == (JobState.WAITING, 1)
        outgoing = select(func.count()).where(Entry.direction == Direction.OUTGOING)
        assert session.scalar(outgoing) == 0
    assert certificate_of(office, made) is None


def test_a_document_that_cannot_be_sealed_keeps_its_number_for_the_next_try(
    signing_office, town, tmp_path, monkeypatch
):
    office = signing_office
    registered(office, town, tmp_path)
    made = asked(office, town)
    steps.run_jobs(office, "processes.act")

    def broken(*_, **__):
        raise signing.KeyUnusable("the token is gone")

    with monkeypatch.context() as patch:
        patch.setattr(signatures.seals, "sealed", broken)
        [job_id] = steps.waiting_jobs(office, "processes.act-sealed")
        outbox.run(office, job_id)
    assert certificate_of(office, made) is None
    with office.db.begin() as session:
        taken = session.scalars(select(IssuedCertificate)).one().entry_id
        instance = processes.instance(session, ("application", made.id))
        assert (instance.state, "the token is gone" in instance.problem) == ("stopped", True)
        by = town.person(session, "administrator")
        processes.repair(session, instance.id, by=by)
    steps.run_jobs(office, *ACTS)
    entry, *_ = certificate_of(office, made)
    assert entry.id == taken


@pytest.mark.parametrize("moment", [(certificates, "read"), (signatures.seals, "sealed")])
def test_who_withdraws_while_it_is_made_gets_no_certificate_and_a_number_left_is_told_of(
    signing_office, town, tmp_path, monkeypatch, moment
):
    office = signing_office
    registered(office, town, tmp_path)
    made = asked(office, town)
    steps.run_jobs(office, "processes.act")
    place, name = moment
    usual = getattr(place, name)

    def withdrawn(*given, **named):
        with office.db.begin() as session:
            about = ("application", made.id)
            processes.cancel(session, about, by=system(town.body_id), reason="Απόσυρση")
        return usual(*given, **named)

    monkeypatch.setattr(place, name, withdrawn)
    steps.run_jobs(office, *ACTS)
    assert certificate_of(office, made) is None
    with office.db.begin() as session:
        assert session.scalars(select(Delivery.id)).all() == []
        numbers = session.scalars(select(Entry.id).where(Entry.direction == Direction.OUTGOING))
        assert len(numbers.all()) == (1 if name == "sealed" else 0)
        left = session.scalars(select(Notice).where(Notice.kind == NoticeKind.NUMBER_LEFT)).all()
        taken = session.scalars(select(IssuedCertificate.entry_id)).all()
        assert [one.about_id for one in left] == taken
        assert {one.user_id for one in left} <= {town.person(session, "registrar").user_id}
