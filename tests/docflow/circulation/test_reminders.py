"""Whoever lets drafts wait is told again, once in so many days."""

from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from docflow import audit, circulation, clock, mail, outbox, schedule
from docflow.office import Office
from tests.docflow.circulation.chaining import countersigns, deputised, signs
from tests.docflow.notices.waiting import count, run_notices
from tests.docflow.steps import begun, circulated, run_jobs, signed
from tests.factories import Town

REMIND = ("circulation.remind", "circulation.remind-person")


@pytest.fixture
def draft_id(signing_office: Office, town: Town) -> int:
    made = begun(signing_office, town)[1]
    chain = [countersigns(town, 1, "director"), signs(town, 2, "mayor")]
    circulated(signing_office, town, made, *chain)
    return made


def remind(office: Office, days: int) -> list[tuple[str, str]]:
    """Recipients and texts of the mails that the job sends so many days later."""
    folder = Path(office.settings.smtp_url.get_secret_value().removeprefix("file:"))
    before = set(folder.glob("*.eml")) if folder.exists() else set()
    with clock.pretend(clock.now() + timedelta(days=days)):
        with office.db.begin() as session:
            outbox.enqueue(session, "circulation.remind")
        run_jobs(office, *REMIND)
        run_notices(office)
    sent = sorted(set(folder.glob("*.eml")) - before) if folder.exists() else []
    messages = [message_from_bytes(one.read_bytes(), policy=policy.default) for one in sent]
    return [(str(m["To"]), m.get_content()) for m in messages]


def test_after_the_days_of_the_setting_the_person_is_reminded_once(
    signing_office: Office, town: Town, draft_id: int
) -> None:
    assert remind(signing_office, 2) == []
    [(to, said)] = remind(signing_office, 4)
    assert to == "director@paradeigma.example"
    assert "Σχέδιο αναμένει την υπογραφή σας" in said
    assert "/notices/" in said
    assert remind(signing_office, 5) == []
    assert len(remind(signing_office, 8)) == 1
    with signing_office.db.begin() as session:
        events = [e.action for e in audit.history(session, [("draft", draft_id)])]
    assert events.count("draft.reminded") == 2


def test_the_mail_says_nothing_of_the_document(
    signing_office: Office, town: Town, draft_id: int
) -> None:
    [(_, said)] = remind(signing_office, 4)
    assert "οδοστρώματος" not in said
    assert "Σύλλογος" not in said


def test_the_reminder_takes_the_place_of_the_first_notice(
    signing_office: Office, town: Town, draft_id: int
) -> None:
    assert count(signing_office, town, "director") == 1
    remind(signing_office, 4)
    assert count(signing_office, town, "director") == 1
    signed(signing_office, town, draft_id, "director")
    assert count(signing_office, town, "director") == 0
    assert count(signing_office, town, "mayor") == 1


def test_a_deputy_is_told_too(
    signing_office: Office, town: Town, draft_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: dict[str, str] = {}

    def send(_: object, *, to: str, text: str, **__: object) -> str:
        told[to] = text
        return "<id>"

    monkeypatch.setattr(mail, "send", send)
    week = clock.today() + timedelta(days=7)
    deputised(signing_office, town, "director", "secretary", valid_to=week)
    remind(signing_office, 4)
    assert set(told) == {"director@paradeigma.example", "secretary@paradeigma.example"}
    assert "(στη θέση: Γιώργος Αλεξίου)" in told["secretary@paradeigma.example"]


def test_who_has_signed_and_who_is_not_yet_asked_get_no_mail(
    signing_office: Office, town: Town, draft_id: int
) -> None:
    signed(signing_office, town, draft_id, "director")
    assert {to for to, _ in remind(signing_office, 4)} == {"mayor@paradeigma.example"}


def test_of_a_recalled_draft_nobody_is_reminded(
    signing_office: Office, town: Town, draft_id: int
) -> None:
    with signing_office.db.begin() as session:
        circulation.recall(session, draft_id, by=town.person(session, "engineer"))
    assert remind(signing_office, 4) == []


def test_without_days_there_are_no_reminders(
    signing_office: Office, town: Town, draft_id: int
) -> None:
    quiet = signing_office.settings.model_copy(update={"signing_reminder_days": 0})
    assert remind(Office(quiet, signing_office.db, signing_office.store), 30) == []


def test_the_relay_asks_for_them_by_itself() -> None:
    assert "circulation.remind" in schedule._pauses
