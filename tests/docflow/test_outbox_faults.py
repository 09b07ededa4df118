"""Jobs when something goes wrong: long ones, dead workers, an end that fails; and the doorbell."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from docflow import outbox, relay, worker
from docflow.errors import Conflict, Unavailable
from docflow.i18n import t
from docflow.office import Office
from docflow.outbox import JobState
from tests import stack
from tests.docflow.steps import job

TASK = "tests.do"


class Doings:
    """What the job of these tests does, and how often it was done."""

    def __init__(self) -> None:
        self.done: list[object] = []
        self.given_up: list[str] = []
        self.error: Exception | None = None

    def do(self, run: outbox.Run, *, what: str) -> None:
        self.done.append(what)
        if self.error is not None:
            raise self.error

    def give_up(self, run: outbox.Run, *, what: str, why: str) -> None:
        self.given_up.append(why)


@pytest.fixture
def doings() -> Iterator[Doings]:
    made = Doings()
    outbox.job(TASK, queue="default", given_up=made.give_up)(made.do)
    yield made
    outbox._handlers.pop(TASK)


def ask(office: Office, **more: Any) -> int:
    with office.db.begin() as session:
        row = outbox.enqueue(session, TASK, what="x", **more)
        session.flush()
        return row.id


def due(office: Office) -> list[int]:
    with office.db.begin() as session:
        return [job_id for job_id, _ in outbox.due(session)]


def rewind(office: Office, column: str) -> None:
    """Let an hour pass for this column."""
    with office.db.begin() as session:
        session.execute(text(f"UPDATE jobs SET {column} = {column} - interval '1 hour'"))


def test_a_job_may_wait_for_its_time(office: Office, doings: Doings) -> None:
    job_id = ask(office, delay=timedelta(minutes=30))
    outbox.run(office, job_id)
    assert (due(office), doings.done) == ([], [])
    rewind(office, "run_after")
    assert due(office) == [job_id]


def test_a_running_job_within_its_lease_is_left_alone(office: Office, doings: Doings) -> None:
    job_id = ask(office)
    with office.db.begin() as session:
        session.execute(
            text("UPDATE jobs SET state = 'running', lease_until = now() + interval '1 minute'")
        )
    outbox.run(office, job_id)
    assert (due(office), doings.done) == ([], [])


def test_the_lease_of_a_long_job_is_renewed(committed: Office) -> None:
    quick = replace(
        committed, settings=committed.settings.model_copy(update={"job_lease_seconds": 1})
    )
    leases: list[object] = []

    def slow(run: outbox.Run, *, what: str) -> None:
        for _ in range(8):
            threading.Event().wait(0.25)
            with committed.db.read() as session:
                leases.append(session.scalar(text("SELECT lease_until > now() FROM jobs")))

    outbox.job(TASK)(slow)
    try:
        outbox.run(quick, ask(committed))
    finally:
        outbox._handlers.pop(TASK)
    assert leases == [True] * 8


def test_a_worker_that_was_taken_for_dead_changes_nothing_at_the_end(office: Office) -> None:
    def slow(run: outbox.Run, *, what: str) -> None:
        with office.db.begin() as session:  # meanwhile another worker has begun
            session.execute(text("UPDATE jobs SET attempts = attempts + 1"))

    outbox.job(TASK)(slow)
    try:
        job_id = ask(office)
        outbox.run(office, job_id)
    finally:
        outbox._handlers.pop(TASK)
    assert job(office, job_id).state == JobState.RUNNING


@pytest.mark.parametrize(
    "error", [Unavailable(t("There is no such body.")), ZeroDivisionError("a bug")]
)
def test_what_may_pass_is_tried_again_later_and_later(
    office: Office, doings: Doings, error: Exception
) -> None:
    doings.error = error
    job_id = ask(office)
    pauses = []
    for _ in range(outbox.MAX_ATTEMPTS):
        outbox.run(office, job_id)
        with office.db.begin() as session:
            pauses.append(session.scalar(text("SELECT run_after - clock_timestamp() FROM jobs")))
        rewind(office, "run_after")
    assert pauses[:-1] == sorted(pauses[:-1])
    assert len(doings.done) == outbox.MAX_ATTEMPTS
    last = job(office, job_id)
    assert (last.state, doings.given_up) == (JobState.FAILED, [last.problem])


def test_a_job_that_ends_its_worker_each_time_is_given_up(office: Office, doings: Doings) -> None:
    job_id = ask(office)
    with office.db.begin() as session:  # as after so many workers that died in it
        session.execute(
            text(
                "UPDATE jobs SET state = 'running', attempts = :tries, "
                "lease_until = now() - interval '1 second'"
            ),
            {"tries": outbox.MAX_ATTEMPTS},
        )
    assert due(office) == [job_id]
    outbox.run(office, job_id)
    last = job(office, job_id)
    assert (last.state, doings.done, doings.given_up) == (JobState.FAILED, [], [last.problem])
    assert "τερματίστηκε" in str(last.problem)


@pytest.mark.parametrize(
    ("state", "columns"),
    [
        ("waiting", ("created_at", "run_after")),  # asked for
        ("waiting", ("created_at", "run_after", "rung_at")),  # rung
        ("waiting", ("rung_at",)),  # rung again
        ("running", ("rung_at", "lease_until")),  # begun by a worker that is dead now
        ("running", ("lease_until",)),
    ],
)
def test_nothing_waits_until_a_clock_that_ran_ahead_is_right_again(
    office: Office, doings: Doings, state: str, columns: tuple[str, ...]
) -> None:
    """PostgreSQL's clock was three days ahead when the columns were written."""
    job_id = ask(office)
    ahead = ", ".join(f"{name} = now() + interval '3 days'" for name in columns)
    with office.db.begin() as session:
        session.execute(text(f"UPDATE jobs SET {ahead}, state = :state"), {"state": state})
    assert due(office) == [job_id]
    assert due(office) == [], "it is rung once, and not at each look"
    outbox.run(office, job_id)
    assert (job(office, job_id).state, doings.done) == (JobState.DONE, ["x"])


def test_a_retry_does_not_wait_for_a_clock_that_ran_ahead(office: Office, doings: Doings) -> None:
    job_id = ask(office)
    with office.db.begin() as session:
        session.execute(text("UPDATE jobs SET attempts = 1, run_after = now() + interval '3 days'"))
    assert due(office) == [job_id]
    outbox.run(office, job_id)
    assert doings.done == ["x"]


def test_giving_up_that_fails_does_not_keep_the_job_alive(office: Office) -> None:
    def do(run: outbox.Run, *, what: str) -> None:
        raise Conflict(t("There is no such body."))

    def give_up(run: outbox.Run, *, what: str, why: str) -> None:
        raise ZeroDivisionError

    outbox.job(TASK, given_up=give_up)(do)
    try:
        job_id = ask(office)
        outbox.run(office, job_id)
    finally:
        outbox._handlers.pop(TASK)
    assert job(office, job_id).state == JobState.FAILED


def test_a_ring_that_is_quicker_than_the_relay_s_commit_is_not_lost(
    committed: Office, doings: Doings
) -> None:
    job_id = ask(committed)
    worker_thread = threading.Thread(target=outbox.run, args=(committed, job_id))
    with committed.db.begin() as session:
        assert outbox.due(session)  # the row is marked, and the broker told
        worker_thread.start()
        worker_thread.join(timeout=0.5)
        assert worker_thread.is_alive(), "the worker waits for the relay"
    worker_thread.join(timeout=20)
    assert job(committed, job_id).state == JobState.DONE
    assert doings.done == ["x"]


def test_the_relay_is_woken_by_the_transaction_of_the_job(
    committed: Office, doings: Doings, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop = threading.Event()
    sent: list[object] = []

    class Bell:
        def send_task(self, name: str, **more: Any) -> None:
            sent.append((name, more["args"], more["queue"]))

    monkeypatch.setattr(relay, "_PAUSE", 30.0)
    thread = threading.Thread(
        target=relay.relay, args=(committed.db, Bell()), kwargs={"stop": stop}
    )
    thread.start()
    try:
        stack.wait_until(lambda: _listeners(committed) == 1, what="the relay's LISTEN", seconds=20)
        job_id = ask(committed)
        mine = (worker.RING, [job_id], "default")  # at its start it rings for work of its own too
        stack.wait_until(lambda: mine in sent, what="the ring", seconds=20)
    finally:
        stop.set()
        ask(committed)  # wakes it, so that it sees that it is to stop
        thread.join(timeout=20)
    assert not thread.is_alive()


def _listeners(office: Office) -> int:
    with office.db.read() as session:
        found = session.scalar(
            text(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                "AND query LIKE 'LISTEN%'"
            )
        )
    return int(found or 0)


def test_a_ring_that_overtakes_the_commit_of_the_relay_is_followed(
    committed: Office, doings: Doings
) -> None:
    """The relay publishes before it commits; a quick worker must not find the row locked and go."""
    job_id = ask(committed)
    with committed.db.begin() as session:
        assert outbox.due(session) == [(job_id, "default")]
        quick = threading.Thread(target=outbox.run, args=(committed, job_id))
        quick.start()
        quick.join(0.3)
    quick.join(10)
    assert doings.done == ["x"]
