"""Steps of the story that several tests take: jobs done, answers written, signed and issued."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import event, select
from sqlalchemy.orm import Session

from docflow import circulation, outbox
from docflow.office import Office
from tests import factories
from tests.factories import Town

ATHENS = ZoneInfo("Europe/Athens")


def athens(
    year: int, month: int, day: int, hour: int = 9, minute: int = 0, **more: int
) -> datetime:
    """An instant by the office's wall clock."""
    return datetime(year, month, day, hour, minute, tzinfo=ATHENS, **more)


@contextmanager
def watched(session: Session) -> Iterator[list[str]]:
    """The SQL statements that the session sends in the block, savepoints aside."""
    statements: list[str] = []
    connection = session.connection()

    def note(_c: object, _cursor: object, statement: str, *_: object) -> None:
        if "SAVEPOINT" not in statement:
            statements.append(" ".join(statement.split()))

    event.listen(connection, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(connection, "before_cursor_execute", note)


def waiting_jobs(office: Office, *tasks: str) -> list[int]:
    """Ids of the jobs that wait; only of `tasks` if any are named."""
    with office.db.begin() as session:
        query = select(outbox.Job.id).where(outbox.Job.state == outbox.JobState.WAITING)
        if tasks:
            query = query.where(outbox.Job.task.in_(tasks))
        return list(session.scalars(query.order_by(outbox.Job.id)))


def run_jobs(office: Office, *tasks: str) -> None:
    """Do the jobs that wait, and those that they ask for, as the worker would.

    Fails where a job fails, or wants to be tried again.
    """
    while jobs := waiting_jobs(office, *tasks):
        outbox.run(office, jobs[0])
        after = job(office, jobs[0])
        assert after.state == outbox.JobState.DONE, after.problem


def job(office: Office, job_id: int) -> outbox.Job:
    with office.db.begin() as session:
        return session.get_one(outbox.Job, job_id)


def begun(office: Office, town: Town, **content: Any) -> tuple[int, int]:
    """An accepted letter and the draft of its answer by the engineer; their ids."""
    with office.db.begin() as session:
        entry = factories.letter(session, town)
        factories.accepted(session, town, entry)
    return entry.id, answer(office, town, entry.id, **content)


def answer(office: Office, town: Town, entry_id: int, **content: Any) -> int:
    with office.db.begin() as session:
        by = town.person(session, "engineer")
        return circulation.begin_answer(session, entry_id, factories.content(**content), by=by).id


def circulated(office: Office, town: Town, draft_id: int, *steps: circulation.ChainStep) -> None:
    """The engineer sends the draft round, to be signed by the mayor at last, or by these steps."""
    with office.db.begin() as session:
        by = town.person(session, "engineer")
    circulation.circulate(
        office, draft_id, by=by, final_signer_id=town.users["mayor"], steps=steps or None
    )


def signed(office: Office, town: Town, draft_id: int, *usernames: str) -> circulation.DraftState:
    """These persons sign, in this order; by default all three."""
    state = circulation.DraftState.CIRCULATING
    for username in usernames or ("engineer", "director", "mayor"):
        with office.db.begin() as session:
            by = town.person(session, username)
        secrets = circulation.Secrets(password=factories.KEY_PASSWORD)
        state = circulation.sign(office, draft_id, by=by, secrets=secrets)
    return state


def step_of(office: Office, town: Town, draft_id: int, username: str) -> int:
    """The last step that asked the person; 1 where none ever did."""
    with office.db.begin() as session:
        query = select(circulation.Step.id).where(
            circulation.Step.draft_id == draft_id,
            circulation.Step.user_id == town.users[username],
        )
        return session.scalars(query.order_by(circulation.Step.id.desc())).first() or 1


def draft(office: Office, draft_id: int) -> circulation.Draft:
    with office.db.begin() as session:
        return session.get_one(circulation.Draft, draft_id)


def issued(office: Office, town: Town, **content: Any) -> circulation.Draft:
    """A letter, answered, signed by all and issued; the notice is not sent yet."""
    _, draft_id = begun(office, town, **content)
    circulated(office, town, draft_id)
    signed(office, town, draft_id)
    run_jobs(office, "circulation.issue")
    return draft(office, draft_id)
