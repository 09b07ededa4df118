"""After filing: the thread, what is asked, the withdrawal, the end, and who may open the page."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow import (
    accounts,
    applications,
    audit,
    calendars,
    clock,
    messages,
    payments,
    processes,
    registry,
)
from docflow.applications import (
    Application,
    ApplicationMoved,
    ApplicationState,
    Filed,
    NotYoursToHandle,
    Outcome,
    supplements,
)
from docflow.applications.supplements import AskedAlready, BadSupplement, NothingAsked
from docflow.documents import Upload
from docflow.office import Office
from docflow.principal import system
from docflow.services import ServiceVersion
from tests import accounts as making
from tests import factories
from tests.docflow.applications import forms
from tests.factories import Town
from tests.filing import complete, filed

IN_A_WEEK = timedelta(days=7)


@pytest.fixture
def made(office: Office, fine: ServiceVersion) -> Filed:
    return filed(office, fine, forms.TYPED)


@pytest.fixture
def row(session: Session, made: Filed) -> Application:
    return session.get_one(Application, made.id)


def told(session: Session) -> list[str]:
    """The kinds of messages to citizens, in order."""
    return list(session.scalars(select(messages.Message.kind).order_by(messages.Message.id)))


def clock_of(session: Session, row: Application) -> calendars.ClockState:
    return calendars.clocks.known(session, row.entry_id).standing.state


def test_both_sides_write(office: Office, town: Town, session: Session, row: Application) -> None:
    engineer = town.person(session, "engineer")
    file: Upload = factories.uploaded(office, b"%PDF-1.4 x", "χάρτης.pdf")
    applications.write(session, office, row.id, "Ποια οδός;", by=engineer)
    applications.post(session, office, row, "Αθηνάς", uploads=[file])
    staff = applications.thread.messages_of(session, row, for_staff=True)
    assert [(one.author, one.text) for one in staff] == [
        ("Άννα Βλάχου", "Ποια οδός;"),
        ("Ελένη Δημητρίου", "Αθηνάς"),
    ]
    [_, answer] = applications.thread.messages_of(session, row, for_staff=False)
    assert [one.name for one in answer.files] == ["χάρτης.pdf"]
    mine = applications.thread.messages_of(session, row, for_staff=False)[0]
    assert mine.author == "Τμήμα Οδοποιίας"  # the office, not the person
    assert applications.thread.unread(session, [row], for_staff=True) == {row.id: 1}
    assert told(session) == ["application-filed", "application-message"]
    [values] = session.scalars(
        select(messages.Message.values).where(messages.Message.kind == "application-message")
    )
    assert "οδός" not in str(values)


def test_only_its_unit_writes_to_the_applicant(
    office: Office, town: Town, session: Session, row: Application
) -> None:
    registry.open_to_person(session, row.entry_id, town.users["lawyer"])
    with pytest.raises(NotYoursToHandle):
        applications.write(session, office, row.id, "x", by=town.person(session, "lawyer"))
    with pytest.raises(applications.NoSuchApplication):
        applications.write(session, office, row.id, "x", by=town.person(session, "mayor"))


def test_nobody_floods_the_office(office: Office, session: Session, row: Application) -> None:
    for n in range(applications.thread.MOST_UNANSWERED):
        applications.post(session, office, row, f"μήνυμα {n}")
    with pytest.raises(applications.thread.TooManyMessages):
        applications.post(session, office, row, "κι άλλο")


def test_what_is_asked_stops_the_clock_until_it_is_answered(
    office: Office, town: Town, session: Session, row: Application
) -> None:
    engineer, day = town.person(session, "engineer"), clock.today() + IN_A_WEEK
    asked = supplements.ask(session, row.id, text="Ταυτότητα", due_on=day, by=engineer)
    assert row.state == ApplicationState.WAITING
    assert clock_of(session, row) is calendars.ClockState.SUSPENDED
    assert told(session)[-1] == "application-supplement"
    with pytest.raises(AskedAlready):
        supplements.ask(session, row.id, text="Άλλο", due_on=day, by=engineer)
    paper = factories.uploaded(office, b"%PDF-1.4 id", "ταυτότητα.pdf")
    entry = supplements.answer(session, office, row, asked.id, "Ορίστε", [paper])
    assert row.state == ApplicationState.RUNNING
    assert clock_of(session, row) is calendars.ClockState.RUNNING
    assert entry.number == 2
    assert registry.get(session, entry.id, by=engineer).subject.endswith("Ορίστε")
    handling = session.get_one(registry.Handling, entry.id)
    assert handling.state == "closed"  # its work is the application's
    [info] = supplements.of_application(session, row, for_staff=True)
    assert (info.answer_number, info.asked_by) == (entry.label, "Άννα Βλάχου")


def test_an_answer_from_an_old_window_is_told_so(
    office: Office, town: Town, session: Session, row: Application
) -> None:
    engineer, day = town.person(session, "engineer"), clock.today() + IN_A_WEEK
    asked = supplements.ask(session, row.id, text="Ταυτότητα", due_on=day, by=engineer)
    supplements.take_back(session, row.id, by=engineer)
    assert clock_of(session, row) is calendars.ClockState.RUNNING
    with pytest.raises(NothingAsked):
        supplements.answer(session, office, row, asked.id, "Ορίστε", [])


def test_what_is_asked_has_a_text_and_a_day_to_come(
    town: Town, session: Session, row: Application
) -> None:
    engineer = town.person(session, "engineer")
    for text, day, field in (("", 3, "text"), ("Ταυτότητα", 0, "due_on"), ("x", 500, "due_on")):
        due_on = clock.today() + timedelta(days=day)
        with pytest.raises(BadSupplement) as caught:
            supplements.ask(session, row.id, text=text, due_on=due_on, by=engineer)
        assert caught.value.field == field


def test_two_employees_at_once(town: Town, session: Session, row: Application) -> None:
    engineer, colleague = (town.person(session, one) for one in ("engineer", "colleague"))
    seen, day = row.version, clock.today() + IN_A_WEEK
    supplements.ask(session, row.id, text="Α", due_on=day, by=engineer, seen=seen)
    with pytest.raises(ApplicationMoved):
        supplements.ask(session, row.id, text="Β", due_on=day, by=colleague, seen=seen)


def test_a_withdrawal_ends_everything_and_frees_the_fine(
    office: Office, town: Town, session: Session, fine: ServiceVersion, row: Application
) -> None:
    with pytest.raises(applications.ReasonMissing):
        applications.withdraw(session, row, reason=" ", seen=row.version)
    applications.withdraw(session, row, reason="Πλήρωσα στο ταμείο", seen=row.version)
    session.flush()
    assert row.state == ApplicationState.WITHDRAWN
    assert processes.tasks(session, ("application", row.id)) == []
    assert session.get_one(registry.Handling, row.entry_id).state == "closed"
    with pytest.raises(ApplicationMoved):
        applications.withdraw(session, row, reason="ξανά", seen=row.version)
    again = filed(office, fine, forms.TYPED)
    assert again.id != row.id
    reasons = session.scalars(select(audit.Event.details)).all()
    assert "ταμείο" not in str([one for one in reasons if "application" in one])


def test_the_accounts_do_not_keep_why_somebody_withdrew(
    office: Office, town: Town, session: Session, row: Application
) -> None:
    subject = ("application", row.id)
    owed = payments.demand(
        session,
        body_id=row.body_id,
        unit_id=row.unit_id,
        subject=subject,
        reason={"el": "Κλήση", "en": "Fine"},
        rule=payments.FeeRule.fixed(5000, {"el": "Κλήση", "en": "Fine"}),
        data={},
        payer=payments.Payer(name=row.full_name),
        by=system(row.body_id),
    )
    applications.withdraw(session, row, reason="Είμαι άρρωστη", seen=row.version)
    assert owed is not None
    assert (owed.state, row.withdrawal_reason) == ("withdrawn", "Είμαι άρρωστη")
    assert owed.ended_why
    assert "άρρωστη" not in owed.ended_why


def test_it_ends_with_its_process(
    office: Office, town: Town, session: Session, made: Filed, row: Application
) -> None:
    complete(office, town, made, "look")
    session.refresh(row)
    assert (row.state, row.outcome) == (ApplicationState.ENDED, Outcome.DONE)
    with pytest.raises(ApplicationMoved):
        applications.withdraw(session, row, reason="αργά", seen=row.version)


def test_number_and_secret_open_the_page_and_wrong_tries_are_noted(
    session: Session, made: Filed, row: Application
) -> None:
    shown = applications.secret.shown(made.secret).lower()
    assert applications.by_number(session, made.number, shown) == row
    assert applications.by_number(session, made.number, "ABCD-EFGH-JKLM") is None
    assert applications.by_number(session, "99/1999", made.secret) is None
    noted = select(audit.Event.subject_type).where(
        audit.Event.action == "application.status-refused"
    )
    assert session.scalars(noted).all() == ["entry", "body"]
    with pytest.raises(applications.NoSuchApplication):
        applications.of_citizen(session, row.id, citizen=accounts.ANONYMOUS, key="")


def test_a_citizen_sees_his_own_alone(
    office: Office, town: Town, session: Session, fine: ServiceVersion, row: Application
) -> None:
    mine, others = (making.account(session, town, email=f"{n}@example.gr") for n in "ab")
    citizen, stranger = forms.known(mine.id, town), forms.known(others.id, town)
    own = filed(office, fine, {**forms.TYPED, "fine": "7777"}, citizen=citizen)
    [line] = applications.of_account(session, mine.id, language="en")
    assert (line.id, line.title) == (own.id, "Payment of a small fine")
    assert applications.of_account(session, others.id, language="en") == []
    assert applications.of_citizen(session, own.id, citizen=citizen).id == own.id
    with pytest.raises(applications.NoSuchApplication):
        applications.of_citizen(session, own.id, citizen=stranger)
    status = applications.status(session, row, language="en")
    assert [stage.name for stage in status.stages if stage.state == "current"] == ["Visit"]
    assert status.filed[1].answers[1].text == "€50.00"


def test_the_staff_lists_what_it_may_see(
    town: Town, session: Session, made: Filed, row: Application
) -> None:
    engineer, lawyer = (town.person(session, one) for one in ("engineer", "lawyer"))
    for text in ("Δημητρίου", made.number, forms.TAX_NUMBER, "eleni@example.gr"):
        wanted = applications.Filter(text=text)
        [line], total = applications.listing(session, by=engineer, wanted=wanted)
        assert (line.id, total) == (row.id, 1)
    assert applications.listing(session, by=lawyer) == ([], 0)
    assert applications.services_of(session, by=lawyer, language="el") == []
