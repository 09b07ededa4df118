"""Deliveries: a notice with link and code, by a real mail server; proof of what became of them."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import select, text

from docflow import audit, circulation, clock, dispatch, outbox, parties, registry
from docflow.circulation import Channel
from docflow.dispatch import Delivery, DeliveryState
from docflow.messages import Addressee, Message
from docflow.office import Office
from docflow.registry import Entry
from tests import factories, stack
from tests.docflow.steps import job, run_jobs, waiting_jobs
from tests.factories import Town


@pytest.fixture
def smtp() -> Iterator[stack.SmtpServer]:
    with stack.SmtpServer() as server:
        yield server


@pytest.fixture
def mailing(office: Office, smtp: stack.SmtpServer) -> Office:
    url = SecretStr(smtp.url)
    return replace(office, settings=office.settings.model_copy(update={"smtp_url": url}))


def delivery(
    office: Office, town: Town, *, channel: Channel = Channel.PICKUP, to: Addressee | None = None
) -> Delivery:
    """An outgoing entry and its delivery, as issuing makes them."""
    with office.db.begin() as session:
        entry = factories.letter(
            session,
            town,
            direction=registry.Direction.OUTGOING,
            recipients=(parties.Contact(name="Άννα Πολίτη"),),
        )
        row = dispatch.place(
            session,
            entry,
            recipient_name="Άννα Πολίτη",
            to=to or Addressee(email="anna@example.gr"),
            channel=channel,
            by=town.person(session, "clerk"),
        )
    return row


def after(office: Office, row: Delivery) -> Delivery:
    with office.db.begin() as session:
        return session.get_one(Delivery, row.id)


def test_the_notice_says_where_and_with_which_code_in_greek_and_english(
    mailing: Office, town: Town, smtp: stack.SmtpServer
) -> None:
    row = delivery(mailing, town)
    run_jobs(mailing, "messages.send")
    [message] = smtp.wait_for(1)
    told = message.get_content()
    assert message["To"] == "anna@example.gr"
    assert told.count(f"https://protocol.paradeigma.example/pickup/{row.token}") == 2
    assert "Ο κωδικός σας: " in told
    assert "Your code: " in told
    assert len(set(re.findall(r"\b\d{8}\b", told))) == 1


def test_the_subject_of_the_notice_tells_nothing_of_the_matter(
    mailing: Office, town: Town, smtp: stack.SmtpServer
) -> None:
    row = delivery(mailing, town)
    run_jobs(mailing, "messages.send")
    [message] = smtp.wait_for(1)
    with mailing.db.begin() as session:
        subject = session.get_one(Entry, row.entry_id).subject
    assert subject not in message["Subject"] + message.get_content()
    assert "Δήμος Παραδείγματος" in message["Subject"]


def test_only_the_digest_of_the_code_is_kept(
    mailing: Office, town: Town, smtp: stack.SmtpServer
) -> None:
    row = delivery(mailing, town)
    run_jobs(mailing, "messages.send")
    [code] = set(re.findall(r"\b\d{8}\b", smtp.wait_for(1)[0].get_content()))
    sent = after(mailing, row)
    assert sent.state == DeliveryState.SENT
    assert sent.code_digest == dispatch.code_digest(row.token, code)
    with mailing.db.begin() as session:
        kept = session.scalar(
            text(
                "SELECT (SELECT string_agg(j::text, '') FROM jobs j) "
                "|| (SELECT string_agg(m::text, '') FROM messages m)"
            )
        )
    assert code not in str(kept)


def test_a_mail_server_that_is_away_is_tried_again(office: Office, town: Town) -> None:
    away = replace(
        office,
        settings=office.settings.model_copy(update={"smtp_url": SecretStr("smtp://127.0.0.1:9")}),
    )
    row = delivery(away, town)
    [job_id] = waiting_jobs(away, "messages.send")
    outbox.run(away, job_id)
    assert job(away, job_id).state == "waiting"
    assert after(away, row).state == DeliveryState.QUEUED


def test_a_mail_server_that_stays_away_is_told_to_the_office(office: Office, town: Town) -> None:
    away = replace(
        office,
        settings=office.settings.model_copy(update={"smtp_url": SecretStr("smtp://127.0.0.1:9")}),
    )
    row = delivery(away, town)
    [job_id] = waiting_jobs(away, "messages.send")
    for _ in range(outbox.MAX_ATTEMPTS):
        outbox.run(away, job_id)
        with office.db.begin() as session:
            session.execute(text("UPDATE jobs SET run_after = now() - interval '1 hour'"))
    failed = after(office, row)
    assert failed.state == DeliveryState.FAILED
    assert failed.problem
    with office.db.begin() as session:
        history = audit.history(session, [("entry", row.entry_id)])
    assert history[-1].action == "delivery.failed"


def test_a_second_notice_brings_a_new_code(
    mailing: Office, town: Town, smtp: stack.SmtpServer
) -> None:
    row = delivery(mailing, town)
    run_jobs(mailing, "messages.send")
    first = after(mailing, row).code_digest
    with mailing.db.begin() as session:
        dispatch.notify_again(session, row.id, by=town.person(session, "clerk"))
    run_jobs(mailing, "messages.send")
    assert len(smtp.wait_for(2)) == 2
    assert after(mailing, row).code_digest != first


def test_a_document_that_was_annulled_is_not_sent(
    mailing: Office, town: Town, smtp: stack.SmtpServer
) -> None:
    row = delivery(mailing, town)
    with mailing.db.begin() as session:
        factories.annulled(session, town, row.entry_id, reason="λάθος")
    run_jobs(mailing, "messages.send")
    assert smtp.messages == []
    assert after(mailing, row).state == DeliveryState.WITHDRAWN


@pytest.mark.parametrize("who", ["auditor", "lawyer"])
def test_who_only_reads_sends_nothing(mailing: Office, town: Town, who: str) -> None:
    row = delivery(mailing, town, channel=Channel.POST)
    with (
        pytest.raises((dispatch.NotYoursToSend, registry.NoSuchEntry)),
        mailing.db.begin() as session,
    ):
        dispatch.hand_over(session, row.id, by=town.person(session, who))


def test_what_goes_by_post_is_noted_once(office: Office, town: Town) -> None:
    row = delivery(office, town, channel=Channel.POST)
    with office.db.begin() as session:
        by = town.person(session, "clerk")
        dispatch.hand_over(session, row.id, by=by)
    with pytest.raises(dispatch.DeliveryMoved), office.db.begin() as session:
        dispatch.hand_over(session, row.id, by=by)
    with pytest.raises(dispatch.DeliveryMoved), office.db.begin() as session:
        dispatch.notify_again(session, row.id, by=by)
    with office.db.begin() as session:
        [info] = dispatch.deliveries(session, row.entry_id)
    assert (info.state, info.channel, info.recipient) == ("sent", "post", "Άννα Πολίτη")


def test_an_unknown_delivery_is_not_found(office: Office, town: Town) -> None:
    with pytest.raises(dispatch.NoSuchDelivery), office.db.begin() as session:
        dispatch.hand_over(session, 99_999_999, by=town.person(session, "clerk"))


def test_mail_may_land_in_a_folder(office: Office, town: Town) -> None:
    delivery(office, town)
    run_jobs(office, "messages.send")
    folder = office.settings.data / "outbox"
    [file] = folder.iterdir()
    assert b"Subject: " in file.read_bytes()


def test_a_notice_waits_sixty_days(mailing: Office, town: Town, smtp: Any) -> None:
    row = delivery(mailing, town)
    assert timedelta(days=59) < row.expires_at - clock.now() < timedelta(days=61)


def test_a_delivery_of_the_draft_is_the_business_of_its_unit(office: Office, town: Town) -> None:
    """Whoever works where the document was drafted may give it out at the counter."""
    row = delivery(office, town, channel=Channel.COUNTER)
    with office.db.begin() as session:
        session.execute(
            text(
                "INSERT INTO drafts (body_id, book_id, unit_id, drafter_id, state, subject,"
                " recipient_name, recipient_address, recipient_email, channel, copies_to,"
                " body_text, entry_id) SELECT body_id, book_id, :unit, :drafter, 'issued', subject,"
                " '', '', '', 'counter', '[]', '', id FROM entries WHERE id = :entry"
            ),
            {
                "unit": town.units["ΟΔΟΠ"],
                "drafter": town.users["engineer"],
                "entry": row.entry_id,
            },
        )
        registry.open_to_unit(session, row.entry_id, town.units["ΟΔΟΠ"])
        dispatch.hand_over(session, row.id, by=town.person(session, "colleague"))
    assert after(office, row).state == DeliveryState.SENT
    with office.db.begin() as session:
        assert session.scalars(select(Delivery.id)).all() == [row.id]


@pytest.mark.parametrize("channel", [Channel.POST, Channel.COUNTER])
def test_what_was_handed_over_is_replaced_and_not_annulled(
    office: Office, town: Town, channel: Channel
) -> None:
    """Domain row 16: what the recipient has in hand cannot be made undone."""
    row = delivery(office, town, channel=channel)
    with office.db.begin() as session:
        dispatch.hand_over(session, row.id, by=town.person(session, "clerk"))
    with pytest.raises(dispatch.AlreadySent), office.db.begin() as session:
        factories.annulled(session, town, row.entry_id)


def test_what_went_out_between_request_and_approval_is_not_annulled(
    office: Office, town: Town
) -> None:
    row = delivery(office, town, channel=Channel.POST)
    with office.db.begin() as session:
        request = registry.request_annulment(
            session, row.entry_id, reason="λάθος", by=town.person(session, "clerk")
        )
        dispatch.hand_over(session, row.id, by=town.person(session, "clerk"))
    with pytest.raises(dispatch.AlreadySent), office.db.begin() as session:
        registry.approve_annulment(session, request.id, by=town.person(session, "registrar"))


def test_who_gets_the_corrected_one_is_not_told_to_ask_for_it(office: Office, town: Town) -> None:
    first = delivery(office, town, to=Addressee(email="Anna@Example.gr"))
    other = delivery(office, town, to=Addressee(email="beta@example.gr"))
    with office.db.begin() as session:
        for row in (first, other):
            session.merge(row).state = DeliveryState.SENT
        for row in (first, other):
            draft = circulation.Draft(corrects_id=row.entry_id, recipient_email="anna@example.gr ")
            dispatch.corrections.tell(session, draft, session.get_one(Entry, other.entry_id))
        told = session.scalars(
            select(Message.address).where(Message.kind == "document-corrected")
        ).all()
    assert told == ["beta@example.gr"]
