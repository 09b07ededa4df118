"""The receipt by e-mail: once to each address, in the history, with every field the law names."""

from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from io import BytesIO
from pathlib import Path

import pypdfium2
import pytest
from pydantic import SecretStr
from sqlalchemy import select

from docflow import audit, outbox, parties, registry
from docflow.office import Office
from docflow.registry import Entry
from tests import factories
from tests.factories import Town

TASK = "messages.send-sealed"


def text_of(pdf: bytes) -> str:
    with pypdfium2.PdfDocument(BytesIO(pdf)) as document:
        return " ".join(" ".join(page.get_textpage().get_text_range() for page in document).split())


def letter(office: Office, town: Town, **changes: object) -> Entry:
    with office.db.begin() as session:
        return factories.letter(session, town, **changes)


def ask(office: Office, town: Town, entry: Entry, *, by: str = "clerk", email: str = "") -> str:
    with office.db.begin() as session:
        person = town.person(session, by)
        return registry.mail_receipt(session, entry.id, by=person, email=email).email


def work(office: Office) -> None:
    with office.db.read() as session:
        ids = session.scalars(
            select(outbox.Job.id).where(outbox.Job.task == TASK, outbox.Job.state == "waiting")
        ).all()
    for job_id in ids:
        outbox.run(office, job_id)


def mails(office: Office) -> list[EmailMessage]:
    folder = Path(office.settings.smtp_url.get_secret_value().removeprefix("file:"))
    return [
        message_from_bytes(path.read_bytes(), policy=policy.default)  # type: ignore[misc]
        for path in sorted(folder.glob("*.eml"))
    ]


def state(office: Office, entry: Entry) -> list[str]:
    with office.db.read() as session:
        return [mail.state for mail in registry.receipt_mails(session, entry.id)]


def test_the_receipt_goes_to_the_senders_address(office: Office, town: Town) -> None:
    entry = letter(office, town, depositor="Ευφροσύνη Ξενάκη", attachments_count=3)
    assert ask(office, town, entry) == entry.sender_email
    work(office)
    [mail] = mails(office)
    assert mail["To"] == entry.sender_email
    [attached] = mail.iter_attachments()
    assert attached.get_content_type() == "application/pdf"
    told = text_of(attached.get_content())
    for said in (  # ν. 4727/2020 art. 19 par. 3, ν. 2690/1999 art. 12, domain row 18
        "Δήμος Παραδείγματος",
        entry.label,
        entry.subject,
        entry.sender_name,
        "Ευφροσύνη Ξενάκη",
        registry.codes.shown(entry.verification_code),
        "3",
    ):
        assert said in told
    body = mail.get_body(("plain",))
    assert body is not None
    assert entry.label in body.get_content()
    assert entry.subject not in str(mail["Subject"])  # no personal data in the open
    assert state(office, entry) == ["sent"]


def test_it_is_sent_once_to_each_address(office: Office, town: Town) -> None:
    entry = letter(office, town)
    ask(office, town, entry, email="Citizen@Example.gr")
    with pytest.raises(registry.SentAlready):
        ask(office, town, entry, email="citizen@example.gr")
    work(office)
    with pytest.raises(registry.SentAlready):
        ask(office, town, entry, email="citizen@example.gr")
    ask(office, town, entry, email="allos@example.gr")
    work(office)
    assert [mail["To"] for mail in mails(office)] == ["citizen@example.gr", "allos@example.gr"]


def test_the_history_tells_of_it(office: Office, town: Town) -> None:
    entry = letter(office, town)
    ask(office, town, entry)
    work(office)
    with office.db.read() as session:
        acts = [one.action for one in audit.history(session, [("entry", entry.id)])]
    assert acts[-3:] == ["entry.receipt-asked", "entry.receipt-made", "entry.receipt-mailed"]


def test_a_mail_server_that_is_down_is_seen_and_can_be_asked_again(
    office: Office, town: Town
) -> None:
    entry = letter(office, town)
    down = office.settings.model_copy(update={"smtp_url": SecretStr("smtp://127.0.0.1:9")})
    ask(office, town, entry)
    broken = replace(office, settings=down)
    for _ in range(outbox.MAX_ATTEMPTS):
        with office.db.begin() as session:
            for job in session.scalars(select(outbox.Job).where(outbox.Job.task == TASK)):
                job.run_after = job.created_at
        work(broken)
    assert state(office, entry) == ["failed"]
    ask(office, town, entry)
    work(office)
    assert state(office, entry) == ["sent"]


@pytest.mark.parametrize(
    ("email", "error"), [("", registry.NoAddress), ("όχι διεύθυνση", parties.BadEmail)]
)
def test_an_address_is_needed(office: Office, town: Town, email: str, error: type) -> None:
    entry = letter(office, town, sender=parties.Contact(name="Χωρίς διεύθυνση"))
    with pytest.raises(error):
        ask(office, town, entry, email=email)


@pytest.mark.parametrize("username", ["engineer", "auditor", "lawyer"])
def test_only_the_registry_sends_receipts(office: Office, town: Town, username: str) -> None:
    entry = letter(office, town)
    with pytest.raises((registry.NoSuchEntry, Exception)) as caught:
        ask(office, town, entry, by=username)
    assert type(caught.value).__name__ in ("NoSuchEntry", "NotAllowed")


def test_no_receipt_is_sent_of_an_annulled_entry(office: Office, town: Town) -> None:
    entry = letter(office, town)
    with office.db.begin() as session:
        factories.annulled(session, town, entry.id, reason="Δοκιμή")
    with pytest.raises(registry.AlreadyAnnulled):
        ask(office, town, entry)


def test_by_itself_it_goes_only_where_there_is_an_address(office: Office, town: Town) -> None:
    with_one = letter(office, town)
    without = letter(office, town, sender=parties.Contact(name="Χωρίς διεύθυνση"))
    for entry in (with_one, without):
        with office.db.begin() as session:
            by = town.person(session, "clerk")
            registry.mail_receipt_by_itself(session, session.get_one(Entry, entry.id), by=by)
    work(office)
    assert [mail["To"] for mail in mails(office)] == [with_one.sender_email]
