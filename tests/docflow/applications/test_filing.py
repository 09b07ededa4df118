"""Filing: one number a form, in one transaction, whatever is sent twice or changed meanwhile."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pypdfium2
import pytest
from sqlalchemy import event, func, select, update
from sqlalchemy.orm import Session

from docflow import accounts, applications, audit, clock, documents, messages, processes, registry
from docflow.accounts import Level, LevelNeeded
from docflow.applications import Application, BadForm, Filed, FiledAlready, FormChanged, drafts
from docflow.applications.models import ApplicationKey
from docflow.db import TwoAtOnce
from docflow.office import Office
from docflow.services import ServiceVersion
from tests import accounts as making
from tests import factories
from tests.docflow.applications import forms
from tests.factories import Town
from tests.filing import SECRET, filed


def begun(office: Office, version: ServiceVersion, **typed: Any) -> int:
    """A draft of a right form; its id."""
    with office.db.begin() as session:
        row = drafts.begin(
            session, version, citizen=accounts.ANONYMOUS, secret=SECRET, language="en"
        )
        drafts.save(session, row, {**forms.TYPED, **typed})
        return row.id


def submit(office: Office, draft_id: int, version: ServiceVersion) -> Filed:
    return applications.submit(office, draft_id, citizen=accounts.ANONYMOUS, seen=version.id)


def printed(pdf: bytes) -> str:
    with pypdfium2.PdfDocument(pdf) as document:
        return document[0].get_textpage().get_text_bounded()


def row_of(session: Session, made: Filed) -> Application:
    return session.get_one(Application, made.id)


def test_the_form_becomes_an_entry_with_a_number(
    office: Office, town: Town, session: Session, fine: ServiceVersion
) -> None:
    made = filed(office, fine, forms.TYPED)
    row = row_of(session, made)
    entry = session.get_one(registry.Entry, row.entry_id)
    assert (made.number, made.is_new) == (entry.label, True)
    assert entry.subject == "Κλήση 1234, 50,00 €"
    assert (entry.delivery_method, entry.direction) == ("portal", "incoming")
    assert (entry.sender_name, entry.sender_email) == ("Ελένη Δημητρίου", "Eleni@example.gr")
    assert row.party_id == entry.sender_party_id is not None
    assert (row.values["amount"], row.email, row.level) == (5000, "eleni@example.gr", "none")


def test_it_lands_with_the_competent_unit(
    office: Office, town: Town, session: Session, fine: ServiceVersion
) -> None:
    row = row_of(session, filed(office, fine, forms.TYPED))
    handling = session.get_one(registry.Handling, row.entry_id)
    assert handling.unit_id == town.units["ΟΔΟΠ"]
    assert handling.due_on is not None  # twenty working days
    engineer, lawyer = (town.person(session, name) for name in ("engineer", "lawyer"))
    assert registry.get(session, row.entry_id, by=engineer).id == row.entry_id
    with pytest.raises(registry.NoSuchEntry):
        registry.get(session, row.entry_id, by=lawyer)


def test_its_paper_says_what_was_typed(
    office: Office, session: Session, fine: ServiceVersion
) -> None:
    row = row_of(session, filed(office, fine, forms.TYPED, files={"papers": b"%PDF-1.4 a"}))
    paper, attached = documents.files(session, row.entry_id)
    text = printed(documents.read_bytes(office, paper.sha256))
    assert "Πληρωμή μικρής κλήσης" in text
    assert "50,00 €" in text
    assert "papers.pdf" in text
    assert paper.name == "Αίτηση - Πληρωμή μικρής κλήσης.pdf"
    assert row.files == [["papers", attached.position]]


def test_its_process_begins_with_the_values(
    office: Office, session: Session, fine: ServiceVersion
) -> None:
    made = filed(office, fine, forms.TYPED)
    subject = ("application", made.id)
    assert [task.element_id for task in processes.tasks(session, subject)] == ["look"]
    data = processes.data(session, subject)
    assert (data["amount"], data["number"], data["has_account"]) == (5000, made.number, False)


def test_the_citizen_is_told_with_the_receipt(
    office: Office, session: Session, fine: ServiceVersion
) -> None:
    made = filed(office, fine, forms.TYPED)
    [told] = session.scalars(select(messages.Message)).all()
    assert (told.kind, told.address) == ("application-filed", "eleni@example.gr")
    key = applications.telling.key_of(session, told)
    assert key is not None
    application_id, _, secret = key["key"].partition("/")
    assert (int(application_id), key["code"]) == (made.id, secret)
    assert "{code}" in messages.kinds.kind(told.kind).words["el"].text  # it can be typed, too
    anybody = accounts.ANONYMOUS
    for one in (secret, made.secret):  # the link of the mail, and the page after the form
        row = applications.of_citizen(session, made.id, citizen=anybody, key=one)
        assert row.id == made.id
    [receipt] = applications.telling.receipt_of(office, told)
    assert made.number in printed(receipt.data)


def test_the_same_form_sent_twice_gives_the_same_number(
    office: Office, session: Session, fine: ServiceVersion
) -> None:
    draft_id = begun(office, fine)
    first, again = submit(office, draft_id, fine), submit(office, draft_id, fine)
    assert (again.number, again.secret, again.is_new) == (first.number, first.secret, False)
    assert session.scalar(select(func.count()).select_from(registry.Entry)) == 1


def test_nothing_is_registered_of_a_wrong_form(
    office: Office, session: Session, fine: ServiceVersion
) -> None:
    draft_id = begun(office, fine, amount="1.234")
    with pytest.raises(BadForm) as caught:
        submit(office, draft_id, fine)
    assert list(caught.value.faults) == ["amount"]
    assert session.scalar(select(func.count()).select_from(registry.Entry)) == 0


def test_a_form_that_changed_meanwhile_is_shown_again_with_what_was_typed(
    office: Office, town: Town, session: Session, fine: ServiceVersion
) -> None:
    draft_id = begun(office, fine)
    newer = forms.offered(office, town, fee={"el": "60 €", "en": "60 €"})
    with pytest.raises(FormChanged):
        submit(office, draft_id, fine)
    drafts.follow_newest(session, draft_id)
    session.flush()
    assert session.get_one(applications.Draft, draft_id).typed["fine"] == "1234"
    made = submit(office, draft_id, newer)
    assert row_of(session, made).version_id == newer.id


@pytest.mark.parametrize("what", ["typed", "file"])
def test_what_another_window_changed_meanwhile_is_not_filed_unseen(
    office: Office,
    session: Session,
    fine: ServiceVersion,
    monkeypatch: pytest.MonkeyPatch,
    what: str,
) -> None:
    draft_id = begun(office, fine)
    upload, printing = factories.uploaded(office, b"%PDF-1.4 late"), applications.paper.application

    def changed(*given: Any, **more: Any) -> documents.Upload:
        """The paper is printed; in another window the form goes on."""
        with office.db.begin() as other:
            draft = other.get_one(applications.Draft, draft_id)
            if what == "typed":
                drafts.save(other, draft, {"fine": "9999"})
            else:
                drafts.add_files(other, draft, fine, [upload], field="papers")
        return printing(*given, **more)

    with monkeypatch.context() as during:
        during.setattr(applications.paper, "application", changed)
        with pytest.raises(FormChanged, match="another window"):
            submit(office, draft_id, fine)
    assert session.scalar(select(func.count()).select_from(registry.Entry)) == 0
    row = row_of(session, submit(office, draft_id, fine))
    assert (row.values["fine"], len(row.files)) == (("9999", 0) if what == "typed" else ("1234", 1))


def test_two_applications_for_one_fine(
    office: Office, town: Town, session: Session, fine: ServiceVersion
) -> None:
    row = making.account(session, town)
    owner, other = forms.known(row.id, town), accounts.ANONYMOUS
    first = filed(office, fine, forms.TYPED, citizen=owner)
    with pytest.raises(FiledAlready) as told_owner:
        filed(office, fine, forms.TYPED, citizen=owner)
    assert told_owner.value.number == first.number
    with pytest.raises(FiledAlready) as told_other:
        filed(office, fine, {**forms.TYPED, "full_name": "Άλλος"}, citizen=other)
    assert told_other.value.number == ""
    assert first.number not in str(told_other.value)


def test_a_fine_that_is_freed_at_that_moment_is_to_be_tried_again(
    office: Office, session: Session, fine: ServiceVersion
) -> None:
    filed(office, fine, forms.TYPED)
    draft_id, connection = begun(office, fine), session.connection()

    def withdrawn(_c: object, cursor: Any, statement: str, *_: object) -> None:
        """The first is withdrawn between the refusal of its key and the look at whose it is."""
        if statement.startswith("INSERT INTO application_keys"):
            cursor.connection.execute("UPDATE application_keys SET released_at = now()")

    event.listen(connection, "after_cursor_execute", withdrawn)
    try:
        with pytest.raises(TwoAtOnce):
            submit(office, draft_id, fine)
    finally:
        event.remove(connection, "after_cursor_execute", withdrawn)
    session.execute(update(ApplicationKey).values(released_at=clock.now()))  # undone with the try
    assert submit(office, draft_id, fine).is_new


def test_a_service_asks_for_its_level_and_the_draft_stays(
    office: Office, town: Town, session: Session
) -> None:
    version = forms.offered(office, town)
    draft_id = begun(office, version)
    surer = forms.offered(office, town, level="verified")
    drafts.follow_newest(session, draft_id)
    session.flush()
    with pytest.raises(LevelNeeded) as caught:
        submit(office, draft_id, surer)
    token = session.get_one(applications.Draft, draft_id).token
    assert (caught.value.demanded, caught.value.to) == (Level.VERIFIED, f"/apply/{token}/check")


def test_whoever_acts_for_another_files_in_that_ones_name(
    office: Office, town: Town, session: Session
) -> None:
    version = forms.offered(office, town, applicant={"email": "email"})
    account = making.account(session, town)
    row = accounts.Representation(
        body_id=town.body_id,
        account_id=account.id,
        kind=accounts.RepresentedKind.COMPANY,
        name="Αλφα ΑΕ",
        tax_number="094014201",
        ground="legal-representative",
        proof_name="καταστατικό.pdf",
        proof_type="application/pdf",
        proof_size=1,
        valid_from=clock.today(),
        asked_at=clock.now(),
    )
    session.add(row)
    session.flush()
    company = accounts.Represented(
        row.id, accounts.RepresentedKind.COMPANY, row.name, row.tax_number, None
    )
    citizen = forms.known(account.id, town, representation=company)
    made = row_of(session, filed(office, version, forms.TYPED, citizen=citizen))
    assert (made.full_name, made.proven_tax_number) == ("Αλφα ΑΕ", "094014201")
    assert made.filed_by == "Ελένη Δημητρίου"


def test_what_was_filed_cannot_be_altered_unseen(
    office: Office, session: Session, fine: ServiceVersion
) -> None:
    row = row_of(session, filed(office, fine, forms.TYPED))
    check = applications.verification.applications_are_as_filed
    assert list(check(session)) == []
    row.values = {**row.values, "amount": 100}
    session.flush()
    assert [found.what for found in check(session)] == ["altered"]


def test_an_erasure_takes_what_was_filed(
    office: Office, session: Session, fine: ServiceVersion
) -> None:
    row = row_of(session, filed(office, fine, forms.TYPED))
    registry.tell_erased(session, session.get_one(registry.Entry, row.entry_id))
    session.flush()
    assert (row.values, row.email, row.tax_number) == ({}, "", "")
    assert row.full_name == registry.ERASED


def test_who_files_at_once_gets_numbers_of_his_own(committed: Office) -> None:
    office = committed
    with office.db.begin() as session:
        town = factories.municipality(session)
    version = forms.offered(office, town)
    with ThreadPoolExecutor(8) as pool:
        ids = [begun(office, version, fine=f"{n:04}") for n in range(16)]
        made = list(pool.map(lambda one: submit(office, one, version), ids))
        same = [begun(office, version, fine="9999") for _ in range(4)]

        def race(draft_id: int) -> str:
            try:
                return submit(office, draft_id, version).number
            except FiledAlready:
                return ""

        raced = list(pool.map(race, same))
    assert sorted(int(one.number.split("/")[0]) for one in made) == list(range(1, 17))
    assert len([number for number in raced if number]) == 1
    with office.db.read() as session:
        count = session.scalar(select(func.count()).select_from(Application))
        assert count == 17
        told = select(func.count()).where(audit.Event.action == "application.filed")
        assert session.scalar(told) == 17
