"""The shipped services: their files are right, and their applications come to their ends."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from docflow import applications, clock, payments, processes, routing, services
from docflow.accounts import Level
from docflow.applications import Application
from docflow.messages import Message
from docflow.payments import PayableState
from docflow.registry import Disposal, Handling
from tests import accounts, filing
from tests.docflow.payments import paying
from tests.filing import FINE, answer, complete, filed, step

CODES = sorted(services.shipped())
TICKED = {"number_read": "on", "found": "yes", "amount_agrees": "yes", "marked": "yes"}


@pytest.mark.parametrize("code", CODES)
def test_a_shipped_folder_passes_its_own_check_and_speaks_four_languages(code):
    folder, problems = services.check(services.read_folder(services.shipped()[code]))
    assert problems == []
    assert set(folder.definition.titles) == {"el", "en", "hu", "cs"}
    assert set(folder.definition.summaries) >= {"el", "en"}


def test_the_form_of_a_fine_has_the_fields_of_the_source_in_their_order():
    folder, _ = services.check(services.read_folder(services.shipped()["traffic-fine"]))
    form = applications.forms.of(folder.form, "el")
    assert [field.label for field in form.fields] == [
        "Ονοματεπώνυμο",
        "Email",
        "Κινητό",
        "Αρ. Κλήσης ΚΟΚ",
        "Ημ/νία παράβασης",
        "Αρ. Πινακίδων",
        "Περιγραφή Παράβασης",
        "Ποσό",
        "ΑΦΜ",
        "Ονοματεπώνυμο Κατόχου",
    ]
    assert all(field.is_required for field in form.fields)


@pytest.fixture
def visitor(session, town):
    return accounts.citizen(session, town, level=Level.VISITOR)


@pytest.fixture
def fine(office, town, visitor):
    """An application for a fine of 50 €, twelve days old."""
    version = filing.deployed(office, town, "traffic-fine")
    return filed(office, version, fined(days_ago=12), citizen=visitor)


def fined(days_ago):
    return {**FINE, "violation_on": (clock.today() - timedelta(days=days_ago)).isoformat()}


def told(office, filed):
    """The texts that the applicant was told by the service, in Greek."""
    with office.db.begin() as session:
        query = select(Message).where(Message.kind == "service-word", Message.about_id == filed.id)
        return [row.values["text.el"] for row in session.scalars(query.order_by(Message.id))]


def test_nobody_is_fined_for_a_day_to_come(office, town, visitor):
    version = filing.deployed(office, town, "traffic-fine")
    with pytest.raises(applications.BadForm) as refused:
        filed(office, version, fined(days_ago=-1), citizen=visitor)
    assert list(refused.value.faults) == ["violation_on"]


def payable_of(office, filed):
    with office.db.begin() as session:
        [found] = payments.of_subject(session, ("application", filed.id))
        return found, payments.owed(session, found)


def test_a_fine_is_paid_told_and_entered_definitely(office, town, fine):
    payable, owed = payable_of(office, fine)
    assert owed.cents == 5000
    [amount] = told(office, fine)
    assert "το ποσό για πληρωμή είναι 50€" in amount
    assert payable.reference in amount
    answer(office, fine, "pay", bank_number="123456")
    assert told(office, fine)[1].startswith(
        "Η κλήση ΚΟΚ που πληρώσατε με αρ. πληρωμής τραπέζης: 123456 με ποσό για πληρωμή 50€, "
        "παραλήφθηκε από το Σύστημα. Μετά από ελέγχους που θα κάνουμε"
    )
    complete(office, town, fine, "confirm", **TICKED)
    assert "καταχωρίστηκε οριστικά" in told(office, fine)[2]
    payable, _ = payable_of(office, fine)
    assert payable.state == PayableState.PAID
    with office.db.begin() as session:
        query = select(Message).where(Message.kind == "service-word", Message.about_id == fine.id)
        receipts = [one.values["receipt"] for one in session.scalars(query.order_by(Message.id))]
        assert receipts == ["", "", f"{{portal}}/pay/{payable.token}/receipt.pdf"]
        row = session.get_one(Application, fine.id)
        assert (row.state, row.outcome) == ("ended", "done")
        handling = session.get_one(Handling, row.entry_id)
        assert (handling.state, handling.disposal) == ("closed", Disposal.FILED)


def test_the_step_of_the_employee_counts_what_the_file_of_the_bank_proposes(office, town, fine):
    payable, _ = payable_of(office, fine)
    with office.db.begin() as session:
        paying.account(session, town)
    paying.take(office, town, paying.row(payable))
    answer(office, fine, "pay", bank_number="123456")
    complete(office, town, fine, "confirm", **TICKED)
    with office.db.begin() as session:
        [part] = session.scalars(select(payments.PaymentPart))
        assert (part.source, part.cents) == (payments.Source.BANK, 5000)
        assert [line.state for line in paying.lines(session)] == [payments.LineState.COUNTED]


def test_a_payment_that_is_not_found_goes_back_to_the_citizen(office, town, fine):
    answer(office, fine, "pay", bank_number="123456")
    found = {**TICKED, "found": "", "why_not": "Ο αριθμός δεν υπάρχει στην κατάσταση."}
    complete(office, town, fine, "confirm", **found)
    assert "Ο αριθμός δεν υπάρχει στην κατάσταση." in told(office, fine)[2]
    answer(office, fine, "pay", bank_number="654321")
    complete(office, town, fine, "confirm", **TICKED)
    payable, _ = payable_of(office, fine)
    assert (payable.state, payable.bank_number) == (PayableState.PAID, "654321")


def test_all_five_acts_must_be_done(office, town, fine):
    answer(office, fine, "pay", bank_number="123456")
    with pytest.raises(processes.BadAnswer):
        complete(office, town, fine, "confirm", **{**TICKED, "number_read": ""})


def test_a_number_told_on_the_page_of_the_payment_moves_the_application(office, town, fine):
    payable, _ = payable_of(office, fine)
    with office.db.begin() as session:
        payments.told(session, payable.id, "123456", by=town.person(session, "engineer"))
    step(office, fine, "confirm")
    assert "αρ. πληρωμής τραπέζης: 123456" in told(office, fine)[1]


def test_a_late_payment_bears_the_surcharge_of_the_rule(office, town, visitor):
    version = filing.deployed(office, town, "traffic-fine")
    late = filed(office, version, fined(days_ago=100), citizen=visitor)
    _, owed = payable_of(office, late)
    assert owed.cents == 5100  # two months of 1 % that began after the sixtieth day


@pytest.fixture
def indebted(office, town, visitor):
    """An application for a certificate of no debt, whose check found 132,40 €."""
    version = filing.deployed(office, town, "no-debt-certificate")
    with office.db.begin() as session:
        owner = accounts.citizen(session, town, level=Level.REGISTERED, email="owner@example.gr")
    typed = {
        "full_name": "Ελένη Δημητρίου",
        "tax_number": "123456783",
        "email": "eleni@example.gr",
        "property_address": "Ακαδημίας 12, Παράδειγμα",
        "area": "61",
        "supply_number": "987654321",
        "purpose": "inheritance",
    }
    made = filed(office, version, typed, citizen=owner, files={"title_deed": b"a deed"})
    complete(office, town, made, "check", **DEBT)
    return made


DEBT = {"has_debt": "yes", "debt": "132,40", "debt_reason": "ΤΑΠ των ετών 2024 και 2025."}


@pytest.mark.parametrize(
    ("wanting", "missing"),
    [
        ({"debt": ""}, {"debt"}),
        ({"debt": "0"}, {"debt"}),
        ({"debt": "", "debt_reason": " "}, {"debt", "debt_reason"}),
    ],
)
def test_a_debt_without_amount_or_reason_is_not_taken(office, town, indebted, wanting, missing):
    answer(office, indebted, "settle", bank_number="77123")
    before = told(office, indebted)
    with pytest.raises(processes.BadAnswer) as refused:
        complete(office, town, indebted, "check", **{**DEBT, **wanting})
    assert set(refused.value.errors) == missing
    assert told(office, indebted) == before
    step(office, indebted, "check")


def test_a_debt_is_told_with_a_code_to_pay_it_and_its_payment_entered(office, town, indebted):
    payable, owed = payable_of(office, indebted)
    assert (owed.cents, payable.reason["el"]) == (13240, "Οφειλή ΤΑΠ και δημοτικών τελών")
    [text] = told(office, indebted)
    assert "βρέθηκε οφειλή 132,40€" in text
    assert payable.reference in text
    assert "ΤΑΠ των ετών 2024 και 2025." in text
    answer(office, indebted, "settle", bank_number="77123")
    complete(office, town, indebted, "check", has_debt="no")
    payable, owed = payable_of(office, indebted)
    assert (payable.state, payable.bank_number) == (PayableState.PAID, "77123")
    step(office, indebted, "issue")


def test_a_debt_paid_at_the_page_of_payments_goes_back_to_its_check(office, town, indebted):
    payable, _ = payable_of(office, indebted)
    with office.db.begin() as session:
        paying.account(session, town)
    paying.take(office, town, paying.row(payable, amount="132,40"))
    with office.db.begin() as session:
        by = town.person(session, "engineer")
        payments.take_proposed(session, payable.id, by=by)
    complete(office, town, indebted, "check", has_debt="no")
    payable, _ = payable_of(office, indebted)
    assert payable.state == PayableState.PAID
    step(office, indebted, "issue")


def test_where_a_part_of_a_debt_came_the_rest_is_waited_for(office, town, indebted):
    payable, _ = payable_of(office, indebted)
    with office.db.begin() as session:
        paying.account(session, town)
    paying.take(office, town, paying.row(payable))
    answer(office, indebted, "settle", bank_number="123456")
    complete(office, town, indebted, "check", has_debt="no")
    step(office, indebted, "settle")
    _, owed = payable_of(office, indebted)
    assert owed.left_cents == 8240


def test_the_same_debt_stays_one_demand_and_another_amount_takes_its_place(office, town, indebted):
    first, _ = payable_of(office, indebted)
    answer(office, indebted, "settle", bank_number="77123")
    complete(office, town, indebted, "check", **DEBT)
    again, _ = payable_of(office, indebted)
    assert again.id == first.id
    answer(office, indebted, "settle", bank_number="77124")
    complete(office, town, indebted, "check", **{**DEBT, "debt": "150"})
    with office.db.begin() as session:
        found = payments.of_subject(session, ("application", indebted.id))
        amounts = [(one.state, payments.owed(session, one).cents) for one in found]
    assert amounts == [(PayableState.REFUSED, 13240), (PayableState.OPEN, 15000)]
    assert len(told(office, indebted)) == 3  # the debt, the same one, the other: none was refused
    assert "βρέθηκε οφειλή 150€" in told(office, indebted)[-1]


def test_what_is_left_of_a_debt_is_no_other_debt(office, town, indebted):
    first, _ = payable_of(office, indebted)
    with office.db.begin() as session:
        paying.account(session, town)
    paying.take(office, town, paying.row(first))  # fifty of it
    with office.db.begin() as session:
        payments.take_proposed(session, first.id, by=town.person(session, "engineer"))
    answer(office, indebted, "settle", bank_number="77123")
    complete(office, town, indebted, "check", **{**DEBT, "debt": "82,40"})
    again, owed = payable_of(office, indebted)
    assert (again.id, again.state, owed.left_cents) == (first.id, PayableState.PART, 8240)


def test_a_payment_of_a_debt_that_is_refused_is_asked_for_again(office, town, indebted):
    first, _ = payable_of(office, indebted)
    answer(office, indebted, "settle", bank_number="77123")
    with office.db.begin() as session:
        by = town.person(session, "engineer")
        payments.refuse(session, first.id, reason="Ο αριθμός δεν υπάρχει.", by=by)
    step(office, indebted, "settle")
    _, refused, asked = told(office, indebted)
    assert "Ο αριθμός δεν υπάρχει." in refused
    with office.db.begin() as session:
        last = payments.of_subject(session, ("application", indebted.id))[-1]
        assert (last.state, last.id != first.id) == (PayableState.OPEN, True)
        assert last.reference in asked


def test_two_applications_for_one_fine_are_one(office, town, visitor, fine):
    with office.db.begin() as session:
        version = services.deployed(session, town.body_id, "traffic-fine")
    again = {**fined(days_ago=12), "fine_number": "β 0123456"}
    with pytest.raises(applications.FiledAlready) as refused:
        filed(office, version, again, citizen=visitor)
    assert refused.value.number == fine.number


def test_an_application_that_the_office_closes_ends_and_the_citizen_is_told(office, town, visitor):
    version = filing.deployed(office, town, "general-application")
    typed = {
        "full_name": "Ελένη Δημητρίου",
        "email": "eleni@example.gr",
        "topic": "Δεντροφύτευση",
        "text": "Παρακαλώ για νέα δέντρα στην οδό Μουσών.",
    }
    made = filed(office, version, typed, citizen=visitor)
    with office.db.begin() as session:
        entry_id = session.get_one(Application, made.id).entry_id
        head = town.person(session, "director")
        routing.file(session, entry_id, by=head, reason="Εντάχθηκε στο πρόγραμμα του έτους.")
    assert "ολοκληρώθηκε χωρίς έγγραφη απάντηση" in told(office, made)[0]
    with office.db.begin() as session:
        assert session.get_one(Application, made.id).state == "ended"


def test_a_problem_is_reported_without_any_identity_and_its_repair_told(office, town):
    version = filing.deployed(office, town, "problem-report")
    typed = {
        "category": "school",
        "school": "3ο Δημοτικό Σχολείο",
        "place": "Ερμού 5",
        "description": "Σπασμένο τζάμι στην αίθουσα.",
        "email": "anna@example.gr",
    }
    made = filed(office, version, typed)
    complete(office, town, made, "look", judged="work", remark="")
    complete(office, town, made, "fix", fixed_on="20/11/2026", remark="Μπήκε νέο τζάμι.")
    [text] = told(office, made)
    assert "(Ερμού 5) αποκαταστάθηκε στις 20/11/2026." in text
    assert "Μπήκε νέο τζάμι." in text
