"""Messages to citizens: by which way, in which words, once, and what becomes of them."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from docflow import audit, messages, outbox
from docflow.messages import Addressee, Channel, Kind, Message, MessageState, Wording
from docflow.office import Office
from docflow.principal import system
from tests.docflow.steps import run_jobs, waiting_jobs
from tests.factories import Town
from tests.smtp import SmtpServer

WORDS = {
    "el": Wording("Θέμα {body}", "Έτοιμο: {number}, κωδικός {code}", "Έτοιμο {number} {code}"),
    "en": Wording("Subject {body}", "Ready: {number}, code {code}", "Ready {number} {code}"),
}
CODED = Kind(
    "test-code", "A test", {"number": "1/2026", "code": "99"}, WORDS, late=frozenset({"code"})
)
PLAIN = Kind(
    "test-plain",
    "A test",
    {"number": "1/2026"},
    {
        "el": Wording("Θέμα {body}", "Αριθμός {number}", "ΑΡ {number}"),
        "en": Wording("Subject {body}", "Number {number}", "No {number}"),
    },
)
MAIL = Addressee(email="Anna@Example.gr", language="el")


@pytest.fixture(autouse=True)
def declared(monkeypatch: pytest.MonkeyPatch) -> None:
    for kind in (CODED, PLAIN):
        monkeypatch.setitem(messages.kinds._kinds, kind.code, kind)


@pytest.fixture
def smtp() -> Iterator[SmtpServer]:
    with SmtpServer() as server:
        yield server


@pytest.fixture
def mailing(office: Office, smtp: SmtpServer) -> Office:
    url = SecretStr(smtp.url)
    return replace(office, settings=office.settings.model_copy(update={"smtp_url": url}))


def send(
    session: Session,
    town: Town,
    to: Addressee,
    *,
    kind: str = PLAIN.code,
    values: Mapping[str, str] | None = None,
    once: str = "",
) -> tuple[int, ...]:
    sent = messages.send(
        session,
        body_id=town.body_id,
        to=to,
        kind=kind,
        values=values or {"number": "7/2026"},
        about=("body", town.body_id),
        by=system(town.body_id),
        once=once,
    )
    session.flush()
    return sent


def rows(session: Session) -> list[tuple[str, str, str]]:
    session.expire_all()
    found = session.scalars(select(Message).order_by(Message.id))
    return [(one.way, one.address, one.state) for one in found]


def mails(office: Office) -> list[tuple[str, str, str]]:
    folder = Path(office.settings.smtp_url.get_secret_value().removeprefix("file:"))
    read = [
        message_from_bytes(one.read_bytes(), policy=policy.default)
        for one in sorted(folder.glob("*.eml"))
    ]
    return [
        (str(one["To"]), str(one["Subject"]), one.get_content().replace("\r\n", "\n"))
        for one in read
    ]


@pytest.mark.parametrize(
    ("to", "ways"),
    [
        (Addressee("a@b.gr", "6900000000", channel=Channel.EMAIL), ["email"]),
        (Addressee("a@b.gr", "6900000000", channel=Channel.SMS), ["sms"]),
        (Addressee("a@b.gr", "6900000000", channel=Channel.BOTH), ["email", "sms"]),
        (Addressee("a@b.gr", "", channel=Channel.SMS), ["email"]),
        (Addressee("", "6900000000", channel=Channel.EMAIL), ["sms"]),
        (Addressee("a@b.gr", "6900000000", channel=Channel.NONE), []),
        (Addressee(), []),
    ],
)
def test_each_is_told_by_the_way_that_he_chose(
    session: Session, town: Town, to: Addressee, ways: list[str]
) -> None:
    assert len(send(session, town, to)) == len(ways)
    assert [way for way, _, _ in rows(session)] == ways


def test_a_mail_is_worded_in_the_language_of_its_reader(
    office: Office, session: Session, town: Town
) -> None:
    send(session, town, MAIL)
    send(session, town, replace(MAIL, language="en"))
    send(session, town, replace(MAIL, language="cs"))  # no Czech words: English
    send(session, town, replace(MAIL, language=""))
    run_jobs(office, messages.SEND)
    greek, english, czech, both = mails(office)
    assert greek == ("anna@example.gr", "Θέμα Δήμος Παραδείγματος", "Αριθμός 7/2026\n")
    assert english[2] == czech[2] == "Number 7/2026\n"
    assert both[2] == "Αριθμός 7/2026\n\n---\n\nNumber 7/2026\n"
    assert {state for _, _, state in rows(session)} == {"sent"}


def test_what_was_told_once_is_not_told_again(office: Office, session: Session, town: Town) -> None:
    first = send(session, town, MAIL, once="fee:7")
    assert send(session, town, MAIL, once="fee:7") == first
    assert send(session, town, MAIL, once="fee:8") != first
    run_jobs(office, messages.SEND)
    assert len(mails(office)) == 2


def test_a_code_is_made_when_the_message_leaves_and_kept_nowhere(
    office: Office, session: Session, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(messages.kinds._at_sending, CODED.code, lambda s, m: {"code": "808182"})
    both = replace(MAIL, phone="6912345678", channel=Channel.BOTH)
    assert len(send(session, town, both, kind=CODED.code)) == 1, "two codes would undo each other"
    run_jobs(office, messages.SEND)
    assert "808182" in mails(office)[0][2]
    kept = session.scalar(text("SELECT string_agg(m::text, '') FROM messages m"))
    assert "808182" not in str(kept)
    [shown] = messages.about(session, "body", town.body_id)
    assert shown.text == "Έτοιμο: 7/2026, κωδικός ••••"


def test_what_is_no_longer_true_is_not_sent(
    office: Office, session: Session, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(messages.kinds._at_sending, CODED.code, lambda s, m: None)
    send(session, town, MAIL, kind=CODED.code)
    run_jobs(office, messages.SEND)
    assert mails(office) == []
    assert rows(session)[0][2] == "needless"


def test_a_server_that_is_away_is_tried_again_and_then_told(
    office: Office, session: Session, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended: list[str] = []
    monkeypatch.setitem(messages.kinds._after_ended, PLAIN.code, lambda s, m: ended.append(m.state))
    gone = {"smtp_url": SecretStr("smtp://127.0.0.1:9")}
    away = replace(office, settings=office.settings.model_copy(update=gone))
    [message_id] = send(session, town, MAIL)
    [job_id] = waiting_jobs(away, messages.SEND)
    outbox.run(away, job_id)
    assert rows(session)[0][2] == "queued"
    for _ in range(outbox.MAX_ATTEMPTS):
        session.execute(text("UPDATE jobs SET run_after = now() - interval '1 hour'"))
        outbox.run(away, job_id)
    session.expire_all()
    row = session.get_one(Message, message_id)
    assert (row.state, row.tries) == ("failed", outbox.MAX_ATTEMPTS)
    assert row.problem
    assert ended == ["failed"]
    by = town.person(session, "administrator")
    messages.send_again(session, message_id, by=by)
    session.flush()
    run_jobs(office, messages.SEND)
    assert rows(session)[0][2] == "sent"
    with pytest.raises(messages.MessageNotFailed):
        messages.send_again(session, message_id, by=by)
    acts = [one.action for one in audit.history(session, [("body", town.body_id)])]
    assert acts[-3:] == ["message.failed", "message.sent-again", "message.sent"]


def test_an_address_that_the_server_refuses_is_not_tried_again(
    mailing: Office, session: Session, town: Town, smtp: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(self: object, server: object, s: object, e: object, to: str, o: object) -> str:
        return "550 5.1.1 User unknown"

    monkeypatch.setattr(SmtpServer, "handle_RCPT", refuse, raising=False)
    [message_id] = send(session, town, MAIL)
    [job_id] = waiting_jobs(mailing, messages.SEND)
    outbox.run(mailing, job_id)
    session.expire_all()
    row = session.get_one(Message, message_id)
    assert (row.state, row.tries) == ("failed", 1)
    assert "User unknown" in (row.problem or "")


@pytest.mark.parametrize(
    ("said", "address", "kept"),
    [
        ("550 5.1.1 <anna@example.gr>: unknown", "anna@example.gr", "550 5.1.1 <…>: unknown"),
        ("to=Anna@Example.gr, moved to a.b@x.gr", "anna@example.gr", "…, moved to …"),
        ("no route to +306912345678 (12)", "+306912345678", "no route to … (12)"),
        ("306912345678: barred", "6912345678", "…: barred"),
        ("6912345678: barred", "+306912345678", "…: barred"),
        ("error 42 at 17:30:05", "+306912345678", "error 42 at 17:30:05"),
    ],
)
def test_what_a_server_said_is_kept_without_addresses(said: str, address: str, kept: str) -> None:
    assert messages.values.nameless(said, address) == kept


def test_the_trail_does_not_learn_an_address_from_a_server(
    mailing: Office, session: Session, town: Town, smtp: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(self: object, server: object, s: object, e: object, to: str, o: object) -> str:
        return f"550 5.1.1 <{to}> user unknown"

    monkeypatch.setattr(SmtpServer, "handle_RCPT", refuse, raising=False)
    [message_id] = send(session, town, MAIL)
    [job_id] = waiting_jobs(mailing, messages.SEND)
    outbox.run(mailing, job_id)
    session.expire_all()
    row = session.get_one(Message, message_id)
    assert row.state == "failed"
    assert "<…> user unknown" in (row.problem or "")


def test_a_report_marks_the_mail_that_came_back(
    mailing: Office, session: Session, town: Town, smtp: SmtpServer
) -> None:
    send(session, town, MAIL)
    run_jobs(mailing, messages.SEND)
    [sent] = smtp.wait_for(1)
    by = town.person(session, "administrator")
    with pytest.raises(messages.bounces.NotABounce):
        messages.bounces.report_mail(session, bytes(sent), by=by)
    with pytest.raises(messages.NoSuchMessage):
        messages.bounces.report_mail(session, bounce("<x@y>"), by=by)
    report = bounce(str(sent["Message-ID"]))
    row = messages.bounces.report_mail(session, report, by=by)
    assert (row.state, row.problem) == ("bounced", "smtp; 550 5.1.1 mailbox unavailable: <…>")
    assert messages.bounces.report_mail(session, report, by=by).id == row.id  # twice: once


def bounce(message_id: str) -> bytes:
    """A report as mail servers send it (RFC 3464)."""
    return (
        "From: MAILER-DAEMON@example.gr\r\nSubject: Undelivered\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="B"\r\n\r\n'
        "--B\r\nContent-Type: text/plain\r\n\r\nIt was not delivered.\r\n"
        "--B\r\nContent-Type: message/delivery-status\r\n\r\n"
        "Reporting-MTA: dns; mx.example.gr\r\n\r\n"
        "Final-Recipient: rfc822; anna@example.gr\r\nAction: failed\r\nStatus: 5.1.1\r\n"
        "Diagnostic-Code: smtp; 550 5.1.1 mailbox unavailable: <anna@example.gr>\r\n\r\n"
        "--B\r\nContent-Type: text/rfc822-headers\r\n\r\n"
        f"Message-ID: {message_id}\r\nSubject: x\r\n\r\n--B--\r\n"
    ).encode()


def test_the_list_of_staff_shows_neither_words_nor_whole_addresses(
    office: Office, session: Session, town: Town
) -> None:
    send(session, town, replace(MAIL, phone="+306912345678", channel=Channel.BOTH))
    by = town.person(session, "registrar")
    shown = messages.listing.lines(session, by=by)
    assert {one.address for one in shown} == {"a•••@example.gr", "•••5678"}
    assert messages.listing.counts(session, by=by) == {"queued": 2}
    assert messages.listing.lines(session, by=by, state=MessageState.FAILED) == []
    for other in ("clerk", "engineer", "auditor"):
        with pytest.raises(Exception, match="Only the head of the registry"):
            messages.listing.lines(session, by=town.person(session, other))


def test_messages_are_forgotten_when_they_are_old(
    office: Office, session: Session, town: Town
) -> None:
    send(session, town, MAIL)
    send(session, town, MAIL)
    run_jobs(office, messages.SEND)
    send(session, town, MAIL)  # waits: it is sent first
    session.execute(text("UPDATE messages SET created_at = now() - interval '2 years'"))
    outbox.enqueue(session, messages.FORGET)
    session.flush()
    run_jobs(office, messages.FORGET)
    assert [state for _, _, state in rows(session)] == ["queued"]
