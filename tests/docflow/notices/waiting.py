"""Steps that tests of notices share: somebody is told, jobs come due, mails are read."""

from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.orm import Session

from docflow import clock, notices, outbox
from docflow.notices import NoticeKind
from docflow.office import Office
from docflow.principal import system
from tests import factories
from tests.docflow.steps import run_jobs
from tests.factories import Town

JOBS = (notices.GATHER, notices.LOOK, "notices.send-mail", "notices.send-push")


def told(
    session: Session,
    town: Town,
    *usernames: str,
    kind: NoticeKind = NoticeKind.CHARGED,
    by: str | None = None,
    entry: int | None = None,
    at_once: bool = False,
) -> int:
    """Tell these people of an entry that became work of theirs; its id."""
    if entry is None:
        entry = factories.letter(session, town).id
        for username in usernames:
            factories.registry.open_to_person(session, entry, town.users[username])
    notices.tell(
        session,
        [town.users[username] for username in usernames],
        kind=kind,
        about=("entry", entry),
        by=town.person(session, by) if by else system(town.body_id),
        at_once=at_once,
    )
    return entry


def count(office: Office, town: Town, username: str) -> int:
    with office.db.read() as session:
        return notices.listing.unread(session, by=town.person(session, username))


def run_notices(office: Office) -> None:
    """Let what was asked for be done now, however long it should have waited."""
    with office.db.begin() as session:
        session.execute(
            text("UPDATE jobs SET run_after = created_at - interval '1 s' WHERE task LIKE :mine"),
            {"mine": "notices.%"},
        )
    run_jobs(office, *JOBS)


def look(office: Office, at: datetime) -> None:
    """What the relay asks for every few minutes, at this moment, and all that follows from it."""
    with clock.pretend(at):
        with office.db.begin() as session:
            outbox.enqueue(session, notices.LOOK)
        run_jobs(office, notices.LOOK)
        run_notices(office)


def mails(office: Office) -> list[EmailMessage]:
    """What lies in the folder of mails, the oldest first."""
    folder = Path(office.settings.smtp_url.get_secret_value().removeprefix("file:"))
    found = sorted(folder.glob("*.eml")) if folder.exists() else []
    return [message_from_bytes(one.read_bytes(), policy=policy.default) for one in found]
