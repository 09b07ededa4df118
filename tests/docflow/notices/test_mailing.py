"""Mails: by each person's choice, once a working day or at once, and nothing personal in them."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

import pytest
from pydantic import SecretStr
from sqlalchemy import select, text, update

from docflow import clock, notices, organization, outbox, registry
from docflow.errors import Forbidden
from docflow.notices import Mailing, Notice, NoticeKind, Sending, SendingState, choices
from docflow.notices.choices import Choice, Hours
from docflow.office import Office
from docflow.workdays import Calendar
from tests import factories
from tests.docflow.notices.waiting import count, look, mails, run_notices, told
from tests.docflow.steps import athens, job, waiting_jobs
from tests.factories import Town
from tests.smtp import SmtpServer

FRIDAY = athens(2026, 11, 20, 10)
SATURDAY = athens(2026, 11, 21, 10)
MONDAY = athens(2026, 11, 23, 8)


def choose(
    office: Office,
    town: Town,
    mail: Mailing,
    *,
    kind: NoticeKind = NoticeKind.CHARGED,
    hours: Hours | None = None,
) -> None:
    with office.db.begin() as session:
        by = town.person(session, "engineer")
        choices.choose(session, [Choice(kind, mail, push=True)], hours, by=by)


def tell(office: Office, town: Town, at: datetime = FRIDAY, **more: object) -> int:
    """Tell the engineer of an entry at a moment; its id."""
    with clock.pretend(at), office.db.begin() as session:
        return told(session, town, "engineer", **more)


@pytest.fixture
def smtp() -> Iterator[SmtpServer]:
    with SmtpServer() as server:
        yield server


def test_a_mail_of_the_day_names_numbers_and_nothing_personal(
    office: Office, town: Town, smtp: SmtpServer
) -> None:
    served = replace(
        office, settings=office.settings.model_copy(update={"smtp_url": SecretStr(smtp.url)})
    )
    first, _ = tell(served, town), tell(served, town, kind=NoticeKind.RETURNED)
    look(served, FRIDAY)
    [mail] = smtp.wait_for(1)
    assert smtp.recipients == [["engineer@paradeigma.example"]]
    assert mail["Subject"] == "Σας περιμένουν 2 ειδοποιήσεις"
    said = mail.get_content()
    with served.db.read() as session:
        entry = session.get_one(registry.Entry, first)
        notice = session.scalars(select(Notice.id).where(Notice.about_id == first)).one()
        assert f"Χρεώθηκε σε εσάς: {entry.label}" in said
        assert f"https://protocol.paradeigma.example/notices/{notice}" in said
        assert entry.subject not in said
        assert entry.sender_name not in said
        sending = session.scalars(select(Sending)).one()
        assert (sending.state, sending.count, sending.is_daily) == ("sent", 2, True)
        assert sending.message_id == mail["Message-ID"]


def test_of_a_confidential_entry_the_mail_says_only_that_a_notice_waits(
    office: Office, town: Town
) -> None:
    with office.db.begin() as session:
        entry = factories.secret_letter(session, town)
        registry.open_to_person(session, entry.id, town.users["engineer"])
    tell(office, town, entry=entry.id)
    look(office, FRIDAY)
    [mail] = mails(office)
    assert mail["Subject"] == "Σας περιμένει μία ειδοποίηση"
    said = mail.get_content()
    assert "- Μια ειδοποίηση" in said
    assert "Χρεώθηκε" not in said
    assert entry.label not in said


def test_the_mail_of_the_day_comes_once_at_its_hour_on_a_working_day(
    office: Office, town: Town
) -> None:
    choose(office, town, Mailing.DAILY, hours=Hours(daily_at=11))
    tell(office, town)
    look(office, FRIDAY)  # at ten
    assert mails(office) == []
    look(office, FRIDAY.replace(hour=11))
    assert len(mails(office)) == 1
    tell(office, town, FRIDAY.replace(hour=12))
    look(office, FRIDAY.replace(hour=13))  # this day's is gone
    look(office, SATURDAY.replace(hour=12))
    look(office, MONDAY)  # at eight
    assert len(mails(office)) == 1
    look(office, MONDAY.replace(hour=11))
    assert len(mails(office)) == 2


def test_who_wants_it_at_once_gets_one_mail_of_what_comes_together(
    office: Office, town: Town
) -> None:
    choose(office, town, Mailing.AT_ONCE)
    tell(office, town)
    tell(office, town)
    run_notices(office)
    [mail] = mails(office)
    assert mail["Subject"] == "Σας περιμένουν 2 ειδοποιήσεις"


def test_what_is_urgent_does_not_wait_for_the_mail_of_the_day(office: Office, town: Town) -> None:
    tell(office, town, at_once=True)
    run_notices(office)
    assert len(mails(office)) == 1


def test_who_wants_no_mail_gets_none_however_urgent(office: Office, town: Town) -> None:
    choose(office, town, Mailing.NEVER)
    tell(office, town, at_once=True)
    run_notices(office)
    look(office, FRIDAY)
    assert mails(office) == []
    assert count(office, town, "engineer") == 1


def test_a_choice_holds_for_what_waits_already(office: Office, town: Town) -> None:
    tell(office, town)
    choose(office, town, Mailing.NEVER)
    look(office, FRIDAY)
    assert mails(office) == []


@pytest.mark.parametrize(
    ("hours", "at", "are_quiet"),
    [
        (Hours(quiet_from=21, quiet_to=7), athens(2026, 11, 20, 23), True),
        (Hours(quiet_from=21, quiet_to=7), athens(2026, 11, 20, 6), True),
        (Hours(quiet_from=21, quiet_to=7), athens(2026, 11, 20, 7), False),
        (Hours(quiet_from=13, quiet_to=15), athens(2026, 11, 20, 14), True),
        (Hours(quiet_from=13, quiet_to=15), athens(2026, 11, 20, 15), False),
        (Hours(quiet_days_off=True), SATURDAY, True),
        (Hours(quiet_days_off=True), athens(2026, 10, 28), True),
        (Hours(quiet_days_off=True), FRIDAY, False),
        (Hours(), SATURDAY, False),
    ],
)
def test_quiet_hours_may_go_over_midnight_and_include_days_off(
    hours: Hours, at: datetime, are_quiet: bool
) -> None:
    assert hours.are_quiet(at, Calendar()) is are_quiet


def test_in_quiet_hours_nothing_is_sent_and_afterwards_all_that_waited(
    office: Office, town: Town
) -> None:
    night = FRIDAY.replace(hour=23)
    choose(office, town, Mailing.AT_ONCE, hours=Hours(quiet_from=21, quiet_to=7))
    tell(office, town, night)
    with clock.pretend(night):
        run_notices(office)
    look(office, night.replace(minute=30))
    assert mails(office) == []
    look(office, SATURDAY.replace(hour=7))
    assert len(mails(office)) == 1


def test_what_was_read_or_closed_to_him_meanwhile_is_not_mailed(office: Office, town: Town) -> None:
    hidden, read = tell(office, town), tell(office, town)
    choose(office, town, Mailing.AT_ONCE)
    with office.db.begin() as session:
        outbox.enqueue(session, notices.GATHER, user_id=town.users["engineer"])
    outbox.run(office, waiting_jobs(office, notices.GATHER)[-1])
    with office.db.begin() as session:
        # Not open to him any more: as where the organogram changed.
        session.execute(text("DELETE FROM entry_access WHERE entry_id = :id"), {"id": hidden})
        session.execute(update(Notice).where(Notice.about_id == read).values(read_at=clock.now()))
    run_notices(office)
    assert mails(office) == []
    with office.db.read() as session:
        assert session.scalars(select(Sending.state)).all() == [SendingState.NEEDLESS]


def test_a_mail_server_that_is_away_is_seen_and_tried_again(office: Office, town: Town) -> None:
    away = replace(
        office,
        settings=office.settings.model_copy(update={"smtp_url": SecretStr("smtp://127.0.0.1:9")}),
    )
    choose(office, town, Mailing.AT_ONCE)
    tell(office, town)
    with office.db.begin() as session:
        outbox.enqueue(session, notices.GATHER, user_id=town.users["engineer"])
    outbox.run(away, waiting_jobs(office, notices.GATHER)[-1])
    [sending_job] = waiting_jobs(office, "notices.send-mail")
    outbox.run(away, sending_job)
    with office.db.read() as session:
        row = session.scalars(select(Sending)).one()
        assert (row.state, row.tries) == (SendingState.WAITING, 1)
        assert "αλληλογραφίας" in (row.problem or "")
    with office.db.begin() as session:
        session.execute(
            text("UPDATE jobs SET attempts = 7, run_after = created_at WHERE id = :id"),
            {"id": sending_job},
        )
    outbox.run(away, sending_job)
    assert job(office, sending_job).state == outbox.JobState.FAILED
    with office.db.begin() as session:
        admin = town.person(session, "administrator")
        [line] = notices.sendings.sendings(session, by=admin, state=SendingState.FAILED)
        assert (line.person, line.tries) == ("Άννα Βλάχου", 2)
        notices.sendings.send_again(session, line.id, by=admin)
        with pytest.raises(notices.sendings.NotFailed):
            notices.sendings.send_again(session, line.id, by=admin)
    run_notices(office)
    assert len(mails(office)) == 1


def test_only_an_administrator_sees_what_was_sent(office: Office, town: Town) -> None:
    with office.db.read() as session, pytest.raises(Forbidden):
        notices.sendings.sendings(session, by=town.person(session, "director"))


@pytest.mark.parametrize(
    "hours", [Hours(daily_at=24), Hours(quiet_from=21), Hours(quiet_from=9, quiet_to=9)]
)
def test_hours_that_are_none_are_refused(office: Office, town: Town, hours: Hours) -> None:
    with pytest.raises(choices.BadHours):
        choose(office, town, Mailing.DAILY, hours=hours)


def test_old_notices_are_forgotten(office: Office, town: Town) -> None:
    tell(office, town, athens(2026, 1, 8))
    tell(office, town)
    with clock.pretend(MONDAY):
        with office.db.begin() as session:
            outbox.enqueue(session, "notices.sweep")
        outbox.run(office, waiting_jobs(office, "notices.sweep")[0])
    with office.db.read() as session:
        assert len(session.scalars(select(Notice)).all()) == 1


def test_a_person_without_an_address_is_told_on_the_page_alone(office: Office, town: Town) -> None:
    with office.db.begin() as session:
        engineer = organization.User.id == town.users["engineer"]
        session.execute(update(organization.User).where(engineer).values(email=""))
    tell(office, town, at_once=True)
    run_notices(office)
    look(office, FRIDAY)
    assert mails(office) == []
    assert count(office, town, "engineer") == 1
