"""Who is told of a deadline, when, and once: handler, head, director, applicant; and the feed."""

from datetime import date, datetime
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from docflow import calendars, clock, deadlines, kinds, outbox, parties, routing
from docflow.calendars import Addressee, Calendar, DayUnit, Notice, Reminder, Rule, Terms
from docflow.custody import Erasure, ErasureDecision
from docflow.deadlines import ApplicantNotice, DeadlineReminder, reminding
from docflow.notices import Notice as Told
from docflow.office import Office
from docflow.registry import Entry, Grade
from tests import factories
from tests.docflow.steps import athens, run_jobs
from tests.factories import Town

LIMIT = date(2026, 5, 11)  # a Monday


@pytest.fixture
def entry(session: Session, town: Town) -> Entry:
    """An application of Monday 4 May with five working days, with the engineer."""
    by = town.person(session, "administrator")
    kinds.define(session, "aitisi", kinds.Definition("Αίτηση"), by=by)
    rule = Rule(kind="aitisi", days=5, is_statutory=True)
    calendars.terms.define(session, Terms(rules=(rule,), competent_days=50), version=0, by=by)
    with clock.pretend(athens(2026, 5, 4)):
        made = factories.letter(session, town, kind="aitisi")
        factories.accepted(session, town, made)
    session.execute(text("DELETE FROM notices"))  # of the charge
    return made


def run(office: Office, session: Session, at: datetime, task: str = reminding.TASK) -> None:
    """What the worker does at that moment, mails included."""
    with clock.pretend(at):
        outbox.enqueue(session, task)
        session.flush()
        run_jobs(office, task, "messages.send")
    session.expire_all()


def told(session: Session, town: Town) -> set[tuple[str, str]]:
    names = {user_id: name for name, user_id in town.users.items()}
    rows = session.execute(select(Told.user_id, Told.kind)).all()
    return {(names[user_id], kind) for user_id, kind in rows}


def mails(office: Office) -> list[tuple[str, str, str]]:
    folder = Path(office.settings.smtp_url.get_secret_value().removeprefix("file:"))
    found = [
        message_from_bytes(one.read_bytes(), policy=policy.default)
        for one in sorted(folder.glob("*.eml"))
    ]
    return [(str(one["To"]), str(one["Subject"]), one.get_content()) for one in found]


def test_handler_head_and_director_are_told_each_once(
    office: Office, session: Session, town: Town, entry: Entry
) -> None:
    run(office, session, athens(2026, 5, 6))
    assert told(session, town) == set()
    run(office, session, athens(2026, 5, 7))
    run(office, session, athens(2026, 5, 8))
    assert told(session, town) == {("engineer", "deadline-near")}
    run(office, session, athens(2026, 5, 12))
    assert told(session, town) == {("engineer", "deadline-near"), ("director", "escalated")}
    session.execute(text("UPDATE notices SET read_at = now()"))
    for day in (13, 18, 19):
        run(office, session, athens(2026, 5, day))
    rows = session.scalars(select(DeadlineReminder).order_by(DeadlineReminder.id)).all()
    assert [(row.days, row.addressee, row.due_on) for row in rows] == [
        (-2, "handler", LIMIT),
        (1, "head", LIMIT),
        (5, "director", LIMIT),
    ]
    assert session.scalars(deadlines.escalated()).all() == [entry.id, entry.id]


def test_a_new_deadline_has_reminders_of_its_own(
    office: Office, session: Session, town: Town, entry: Entry
) -> None:
    run(office, session, athens(2026, 5, 8))
    with clock.pretend(athens(2026, 5, 8)):
        head = town.person(session, "director")
        deadlines.extend(session, entry.id, by=head, days=5, reason="Αυτοψία")
    run(office, session, athens(2026, 5, 14))
    days = session.scalars(select(DeadlineReminder.due_on).order_by(DeadlineReminder.id)).all()
    assert days == [LIMIT, date(2026, 5, 18)]


def test_nobody_is_reminded_of_what_stands_still_or_is_closed(
    office: Office, session: Session, town: Town, entry: Entry
) -> None:
    engineer = town.person(session, "engineer")
    with clock.pretend(athens(2026, 5, 5)):
        other = factories.letter(session, town, kind="aitisi")
        factories.accepted(session, town, other)
        routing.file(session, other.id, by=engineer, reason="Για ενημέρωση")
        deadlines.suspend(session, entry.id, by=engineer, reason="Λείπουν δικαιολογητικά")
    run(office, session, athens(2026, 5, 20))
    assert session.scalars(select(DeadlineReminder)).all() == []


def test_in_the_place_of_a_handler_who_is_locked_out_the_head_is_told(
    office: Office, session: Session, town: Town, entry: Entry
) -> None:
    locked = text("UPDATE users SET locked_at = now() WHERE id = :id")
    session.execute(locked, {"id": town.users["engineer"]})
    run(office, session, athens(2026, 5, 7))
    assert told(session, town) == {("director", "deadline-near")}


def test_a_head_is_told_nothing_of_a_confidential_book(
    office: Office, session: Session, town: Town, entry: Entry
) -> None:
    by = town.person(session, "confidant")
    with clock.pretend(athens(2026, 5, 4)):
        secret = factories.secret_letter(session, town, kind="aitisi")
        routing.charge(session, secret.id, by=by, to=town.target("ΟΔΟΠ", "colleague"))
    session.execute(text("DELETE FROM notices"))
    run(office, session, athens(2026, 5, 20))
    rows = session.scalars(
        select(DeadlineReminder).where(DeadlineReminder.entry_id == secret.id)
    ).all()
    assert [row.user_ids for row in rows] == [[], []]
    assert ("colleague", "escalated") not in told(session, town)


@pytest.mark.parametrize(
    ("days", "today", "span"),
    [
        (-2, date(2026, 4, 8), (date(2026, 4, 8), date(2026, 4, 14))),  # Easter lies between
        (0, date(2026, 4, 8), (date(2026, 4, 8), date(2026, 4, 8))),
        (1, date(2026, 4, 14), (date(2026, 3, 15), date(2026, 4, 13))),
        (2, date(2026, 4, 14), (date(2026, 3, 15), date(2026, 4, 8))),
    ],
)
def test_the_days_of_a_reminder_are_working_days(
    days: int, today: date, span: tuple[date, date]
) -> None:
    reminder = Reminder(days, Addressee.HANDLER)
    assert reminding.due_for(reminder, Terms(), Calendar(), today=today) == span


@pytest.fixture
def asked(session: Session, town: Town, entry: Entry) -> routing.Contribution:
    """The engineer asks the lawyers for an opinion until Friday 8 May."""
    return ask(session, town, entry, "ΝΟΜ")


def ask(session: Session, town: Town, entry: Entry, *to: str) -> routing.Contribution:
    with clock.pretend(athens(2026, 5, 4)):
        [row] = routing.contributions.ask(
            session,
            entry.id,
            by=town.person(session, "engineer"),
            kind=routing.ContributionKind.OPINION,
            requests=[routing.Request(town.target(*to), "Σύννομο;", date(2026, 5, 8))],
        )
    session.execute(text("DELETE FROM notices"))  # of the question
    return row


def test_who_was_asked_is_told_before_the_day_and_who_asked_when_it_is_over(
    office: Office, session: Session, town: Town, asked: routing.Contribution
) -> None:
    for day in (5, 6, 7):
        run(office, session, athens(2026, 5, day), deadlines.answers.TASK)
        near = {("lawyer", "opinion-due")}
        assert told(session, town) == (set() if day == 5 else near)
    for day in (9, 10):
        run(office, session, athens(2026, 5, day), deadlines.answers.TASK)
    late = {("lawyer", "opinion-late"), ("engineer", "opinion-late")}
    assert told(session, town) == near | late
    assert set(session.scalars(select(Told.times))) == {1}, "each is told once"
    lawyer = town.person(session, "lawyer")
    routing.contributions.give(session, asked.id, by=lawyer, answer="Σύννομο.")
    unread = select(Told.kind).where(Told.read_at.is_(None))
    assert session.scalars(unread).all() == ["opinion-given"]
    assert len(session.scalars(select(deadlines.ContributionReminder)).all()) == 2


def test_of_what_was_answered_in_time_nobody_is_reminded(
    office: Office, session: Session, town: Town, asked: routing.Contribution
) -> None:
    with clock.pretend(athens(2026, 5, 5)):
        lawyer = town.person(session, "lawyer")
        routing.contributions.give(session, asked.id, by=lawyer, answer="Σύννομο.")
    run(office, session, athens(2026, 5, 20), deadlines.answers.TASK)
    assert session.scalars(select(deadlines.ContributionReminder)).all() == []


def test_what_is_asked_of_a_person_is_in_his_calendar_and_its_address(
    session: Session, town: Town, entry: Entry
) -> None:
    row = ask(session, town, entry, "ΔΗΜ", "mayor")
    with clock.pretend(athens(2026, 5, 12)):
        first, last = deadlines.month(date(2026, 5, 12))

        def found(who: str) -> tuple[list[int], list[int], int]:
            by = town.person(session, who)
            shown = deadlines.agenda(session, first, last, whose=deadlines.Whose.MINE, by=by)
            return [one.id for one in shown.lines], [one.id for one in shown.asked], shown.overdue

        assert found("mayor") == ([], [row.id], 1)
        assert found("engineer") == ([entry.id], [], 1)
        assert found("lawyer") == ([], [], 0)
        key = deadlines.feeds.make(session, by=town.person(session, "mayor"))
        feed = deadlines.feeds.calendar(session, key, url="https://protocol.example/")
    lines = feed.replace("\r\n ", "").split("\r\n")
    assert f"UID:answer-{row.id}@protocol.example" in lines
    assert "DTSTART;VALUE=DATE:20260508" in lines
    assert f"SUMMARY:Απάντηση για αρ. {entry.label}" in lines
    assert row.question not in feed


@pytest.mark.parametrize("days", [1, 3650])
def test_terms_with_long_periods_are_looked_at_at_once(days: int) -> None:
    terms, today = Terms(reminder_reach=3650), date(2026, 5, 12)
    span = reminding.over_for(days, terms, Calendar(), today=today)
    assert (span is None) == (days == 3650)


def test_the_applicant_is_told_of_a_delay_once_in_both_languages(
    office: Office, session: Session, town: Town, entry: Entry
) -> None:
    task = "deadlines.tell-delays"
    run(office, session, athens(2026, 5, 11), task)
    assert session.scalars(select(ApplicantNotice)).all() == []
    for day in (12, 13, 14):
        run(office, session, athens(2026, 5, day), task)
    [(to, subject, said)] = mails(office)
    assert to == entry.sender_email
    assert subject == "Για την υπόθεσή σας, Δήμος Παραδείγματος"
    assert f"αριθμό πρωτοκόλλου {entry.label} δεν ολοκληρώθηκε έως τις 11/05/2026" in said
    assert "was not completed by 11/05/2026" in said
    shown = deadlines.view(session, entry, by=town.person(session, "engineer"))
    assert shown is not None
    assert [(one.kind, one.state, one.about_on) for one in shown.notices] == [
        ("delay", "sent", LIMIT)
    ]


def test_an_erased_item_that_is_late_keeps_no_other_applicant_waiting(
    office: Office, session: Session, town: Town, entry: Entry
) -> None:
    with clock.pretend(athens(2026, 5, 4)):
        other = factories.letter(session, town, kind="aitisi")
        factories.accepted(session, town, other)
        erased(session, town, entry)
    for _ in range(2):
        run(office, session, athens(2026, 5, 12), "deadlines.tell-delays")
    assert session.scalars(select(ApplicantNotice.entry_id)).all() == [other.id]
    assert len(mails(office)) == 1


def erased(session: Session, town: Town, entry: Entry) -> None:
    """Two people decided it; the item is still open."""
    asked = Erasure(
        body_id=town.body_id,
        entry_id=entry.id,
        basis="νόμος",
        reason="αίτημα",
        asked_by=town.users["registrar"],
    )
    session.add(asked)
    session.flush()
    decided = ErasureDecision(
        erasure_id=asked.id, is_approved=True, reason="", decided_by=town.users["lawyer"]
    )
    session.add(decided)
    session.flush()


def test_what_is_not_true_any_more_is_not_sent(
    office: Office, session: Session, town: Town, entry: Entry
) -> None:
    with clock.pretend(athens(2026, 5, 12)):
        outbox.enqueue(session, "deadlines.tell-delays")
        session.flush()
        run_jobs(office, "deadlines.tell-delays")
        engineer = town.person(session, "engineer")
        routing.file(session, entry.id, by=engineer, reason="Απαντήθηκε τηλεφωνικά")
        session.flush()
        run_jobs(office, "messages.send")
    session.expire_all()
    assert mails(office) == []
    assert session.scalars(select(ApplicantNotice.state)).all() == ["dropped"]


def test_who_left_no_address_is_told_by_the_handler(
    office: Office, session: Session, town: Town, entry: Entry
) -> None:
    with clock.pretend(athens(2026, 5, 4)):
        sender = parties.Contact(name="Ιωάννης Χωρίς")
        other = factories.letter(session, town, kind="aitisi", sender=sender)
        factories.accepted(session, town, other)
    session.execute(text("DELETE FROM notices"))
    run(office, session, athens(2026, 5, 12), "deadlines.tell-delays")
    states = dict(session.execute(select(ApplicantNotice.entry_id, ApplicantNotice.state)).all())
    assert states == {entry.id: "sent", other.id: "by-hand"}
    assert told(session, town) == {("engineer", "delay-to-tell")}


def test_the_applicant_is_told_to_whom_his_request_went(
    office: Office, session: Session, town: Town, entry: Entry
) -> None:
    with clock.pretend(athens(2026, 5, 6)):
        routing.forward(
            session,
            entry.id,
            by=town.person(session, "engineer"),
            to_name="Περιφέρεια Αττικής",
            reason="Επαρχιακό δίκτυο",
        )
        session.flush()
        run_jobs(office, "messages.send")
    [(to, _, said)] = mails(office)
    assert to == entry.sender_email
    assert "διαβιβάστηκε στην αρμόδια υπηρεσία: Περιφέρεια Αττικής" in said


def test_a_body_may_tell_nothing(office: Office, session: Session, town: Town, entry: Entry):
    by = town.person(session, "administrator")
    now, version = calendars.terms.current(session, town.body_id)
    silent = Terms(rules=now.rules, tells_delay=True, delay=Notice(), forwarded=Notice())
    calendars.terms.define(session, silent, version=version, by=by)
    run(office, session, athens(2026, 5, 12), "deadlines.tell-delays")
    assert session.scalars(select(ApplicantNotice)).all() == []


def test_the_agenda_has_what_is_mine_or_my_units(
    session: Session, town: Town, entry: Entry
) -> None:
    with clock.pretend(athens(2026, 5, 4)):
        other = factories.letter(session, town, due_on=date(2026, 5, 12))
        factories.accepted(session, town, other, by="colleague")

        def found(who: str, whose: deadlines.Whose) -> list[int]:
            by = town.person(session, who)
            first, last = deadlines.month(date(2026, 5, 20))
            shown = deadlines.agenda(session, first, last, whose=whose, by=by)
            return [line.id for line in shown.lines]

        assert found("engineer", deadlines.Whose.MINE) == [entry.id]
        assert found("engineer", deadlines.Whose.UNIT) == [entry.id, other.id]
        assert found("director", deadlines.Whose.UNIT) == [entry.id, other.id]
        assert found("lawyer", deadlines.Whose.UNIT) == []
    assert deadlines.month(date(2026, 5, 20)) == (date(2026, 4, 27), date(2026, 5, 31))


def test_the_feed_says_numbers_and_days_alone(session: Session, town: Town, entry: Entry) -> None:
    engineer = town.person(session, "engineer")
    with clock.pretend(athens(2026, 5, 4)):
        secret = factories.secret_letter(session, town, kind="aitisi")
        to = town.target("ΟΔΟΠ", "engineer")
        routing.charge(session, secret.id, by=town.person(session, "confidant"), to=to)
        graded = factories.letter(session, town, kind="aitisi", grade=Grade.CONFIDENTIAL)
        routing.charge(session, graded.id, by=town.person(session, "secretary"), to=to)
        first = deadlines.feeds.make(session, by=engineer)
        key = deadlines.feeds.make(session, by=engineer)
        feed = deadlines.feeds.calendar(session, key, url="https://protocol.example/")
        with pytest.raises(deadlines.NoSuchFeed):
            deadlines.feeds.calendar(session, first, url="")
    lines = feed.replace("\r\n ", "").split("\r\n")
    assert lines.count("BEGIN:VEVENT") == 1
    assert "DTSTART;VALUE=DATE:20260511" in lines
    assert f"SUMMARY:Προθεσμία αρ. {entry.label}" in lines
    assert f"URL:https://protocol.example/entries/koino/2026/{entry.number}" in lines
    assert entry.subject not in feed
    assert entry.sender_name not in feed
    assert max(len(line.encode()) for line in feed.split("\r\n")) <= 75
    deadlines.feeds.end(session, by=engineer)
    with pytest.raises(deadlines.NoSuchFeed):
        deadlines.feeds.calendar(session, key, url="")


def test_the_feed_of_a_closed_account_is_gone(session: Session, town: Town, entry: Entry) -> None:
    key = deadlines.feeds.make(session, by=town.person(session, "engineer"))
    session.execute(
        text("UPDATE users SET is_active = false WHERE id = :id"), {"id": town.users["engineer"]}
    )
    with pytest.raises(deadlines.NoSuchFeed):
        deadlines.feeds.calendar(session, key, url="")


def test_calendar_days_are_counted_where_the_terms_say_so() -> None:
    rule = Rule(days=3, unit=DayUnit.CALENDAR)
    step = calendars.terms.period(
        Terms(rules=(rule,)),
        kind="",
        priority="normal",
        kind_days=None,
        first=date(2026, 4, 8),
        today=date(2026, 4, 8),
    )
    assert step is not None
    standing = calendars.after(calendars.Standing(), step, Calendar())
    assert standing.limit_on == date(2026, 4, 14)  # the 11th is Easter Saturday
