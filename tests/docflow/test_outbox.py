"""Jobs are rows: none is lost, none is done twice at once, failures wait for a person."""

import threading
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from celery.contrib.testing.worker import start_worker
from sqlalchemy import select, update

from docflow import audit, clock, outbox, relay, worker
from docflow.errors import Conflict, Unavailable
from docflow.i18n import t
from docflow.office import Office
from docflow.outbox import Job, JobState
from tests import factories, stack
from tests.waiting import wait_until

done: list[int] = []


given_up: list[str] = []
raising: list[Exception] = []  # by the next runs of the test's job


def _give_up(run: outbox.Run, *, why: str, number: int) -> None:
    given_up.append(why)


@outbox.job("tests.count", given_up=_give_up)
def _count(run: outbox.Run, *, number: int) -> None:
    if raising:
        raise raising.pop(0)
    done.append(number)


@pytest.fixture(autouse=True)
def nothing_done() -> None:
    done.clear()
    given_up.clear()
    raising.clear()


def _job(office: Office, number: int = 1) -> int:
    with office.db.begin() as session:
        row = outbox.enqueue(session, "tests.count", number=number)
        session.flush()
        return row.id


def _row(office: Office, job_id: int) -> Job:
    with office.db.read() as session:
        row = session.get_one(Job, job_id)
        session.expunge(row)
        return row


def _due(office: Office) -> list[int]:
    with office.db.begin() as session:
        return [job_id for job_id, _ in outbox.due(session)]


def test_a_job_that_is_asked_for_is_rung_once_and_done_once(office):
    job_id = _job(office, 7)
    assert _due(office) == [job_id]
    assert _due(office) == []
    outbox.run(office, job_id)
    outbox.run(office, job_id)
    assert done == [7]
    assert _row(office, job_id).state == JobState.DONE


def test_a_rolled_back_transaction_leaves_no_job(office):
    def died() -> None:
        with office.db.begin() as session:
            outbox.enqueue(session, "tests.count", number=1)
            raise RuntimeError("the clerk's computer died")

    with pytest.raises(RuntimeError):
        died()
    assert _due(office) == []


def _set(office: Office, job_id: int, **values: object) -> None:
    """Put the job into a state that takes long to come by itself."""
    with office.db.begin() as session:
        session.execute(update(Job).where(Job.id == job_id).values(**values))


def _ago(**delta: float) -> datetime:
    return clock.now() - timedelta(**delta)


def test_a_lost_ring_is_rung_again_after_a_minute(office):
    job_id = _job(office)
    _set(office, job_id, run_after=_ago(seconds=59), rung_at=_ago(seconds=58))
    assert _due(office) == []
    _set(office, job_id, run_after=_ago(seconds=63), rung_at=_ago(seconds=62))
    assert _due(office) == [job_id]


def test_a_job_in_a_long_queue_is_rung_more_seldom_but_never_left_lying(office):
    job_id = _job(office)
    _set(office, job_id, run_after=_ago(minutes=7), rung_at=_ago(minutes=4.1))
    assert _due(office) == [job_id]  # it was three minutes old then: after one more than these
    _set(office, job_id, run_after=_ago(minutes=60), rung_at=_ago(minutes=5.9))
    assert _due(office) == []
    _set(office, job_id, run_after=_ago(minutes=60), rung_at=_ago(minutes=6.1))
    assert _due(office) == [job_id]


def test_a_job_whose_worker_died_is_given_to_another_after_its_lease(office):
    job_id = _job(office)
    running = {"state": JobState.RUNNING, "attempts": 1}  # as a worker leaves it that was killed
    _set(office, job_id, **running, lease_until=clock.now() + timedelta(seconds=60))
    assert _due(office) == []
    _set(office, job_id, **running, lease_until=_ago(seconds=1))
    assert _due(office) == [job_id]
    outbox.run(office, job_id)
    assert done == [1]


def test_a_service_that_is_away_is_tried_again_later(office):
    job_id = _job(office)
    raising.append(Unavailable(t("There is no such file.")))
    outbox.run(office, job_id)
    row = _row(office, job_id)
    assert (row.state, row.attempts) == (JobState.WAITING, 1)
    assert row.run_after > clock.now()
    assert row.problem == "Δεν υπάρχει τέτοιο αρχείο."  # people read it
    _set(office, job_id, run_after=_ago(seconds=1))
    outbox.run(office, job_id)
    assert done == [1]


def test_what_cannot_be_done_fails_at_once_and_says_why(office):
    job_id = _job(office)
    raising.append(Conflict(t("There is no such file.")))
    outbox.run(office, job_id)
    row = _row(office, job_id)
    assert (row.state, row.problem) == (JobState.FAILED, "Δεν υπάρχει τέτοιο αρχείο.")
    assert given_up == [row.problem]  # what the job was about shows it as well
    with office.db.read() as session:
        assert [failed.id for failed in outbox.failed(session)] == [job_id]


def test_a_bug_is_tried_a_few_times_and_then_waits_for_a_person(office, caplog):
    job_id = _job(office)
    raising.extend([ZeroDivisionError("a bug")] * outbox.MAX_ATTEMPTS)
    for _ in range(outbox.MAX_ATTEMPTS):
        _set(office, job_id, run_after=_ago(seconds=1))
        outbox.run(office, job_id)
    row = _row(office, job_id)
    assert row.state == JobState.FAILED
    assert row.problem == "ZeroDivisionError: a bug"
    assert given_up == ["ZeroDivisionError: a bug"]
    assert "tests.count" in caplog.text


def test_a_failed_job_runs_again_when_a_person_says_so(office):
    job_id = _job(office)
    raising.append(Conflict(t("Not now.")))
    outbox.run(office, job_id)
    with office.db.begin() as session:
        outbox.retry(session, job_id)
    assert _due(office) == [job_id]
    outbox.run(office, job_id)
    assert done == [1]
    with pytest.raises(outbox.NoSuchJob), office.db.begin() as session:
        outbox.retry(session, job_id)


def test_two_workers_never_do_one_job_at_once(committed):
    job_ids = [_job(committed, number) for number in range(20)]
    threads = [
        threading.Thread(target=lambda: [outbox.run(committed, job_id) for job_id in job_ids])
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done) == list(range(20))


def test_jobs_that_were_done_long_ago_are_forgotten_and_failed_ones_are_not(office):
    first, second = _job(office), _job(office)
    outbox.run(office, first)
    raising.append(Conflict(t("Not now.")))
    outbox.run(office, second)
    _set(office, first, finished_at=_ago(days=8))
    _set(office, second, finished_at=_ago(days=8))
    with office.db.begin() as session:
        outbox.sweep(session)
        assert session.scalars(select(Job.id)).all() == [second]


@pytest.fixture
def broker() -> stack.BrokerServer:
    return stack.shared(stack.BrokerServer)


def test_the_relay_rings_a_real_worker_over_a_real_broker(committed, broker, monkeypatch):
    monkeypatch.setattr(worker, "_office", lambda _: committed)
    celery = worker.make_app(broker.url)
    stop = threading.Event()
    ringing = threading.Thread(
        target=relay.relay, args=(committed.db, celery), kwargs={"stop": stop}
    )
    with start_worker(celery, pool="solo", perform_ping_check=False, queues=worker.QUEUES):
        ringing.start()
        for number in range(5):
            _job(committed, number)
        wait_until(lambda: len(done) == 5, what="five jobs")
    stop.set()
    ringing.join()
    assert sorted(done) == [0, 1, 2, 3, 4]


def test_a_broker_that_is_down_leaves_the_jobs_due(committed, tmp_path):
    job_id = _job(committed)
    away = stack.BrokerServer(folder=tmp_path / "broker")  # never started
    with pytest.raises(Exception, match="onnect"):
        relay.ring(committed.db, worker.make_app(away.url))
    assert _due(committed) == [job_id]


def test_the_sequencer_chains_what_was_recorded(committed):
    with committed.db.begin() as session:
        town = factories.municipality(session)
        clerk = town.person(session, "clerk")
        for number in range(3):
            audit.record(session, "test.act", by=clerk, subject=("entry", number))
    stop = threading.Event()
    loop = threading.Thread(target=relay.sequencer, args=(committed.db,), kwargs={"stop": stop})
    loop.start()

    def is_chained() -> bool:
        with committed.db.read() as session:
            outcome = audit.verify(session)
        return outcome.waiting == 0 and outcome.leaves >= 3

    wait_until(is_chained, what="the chain")
    stop.set()
    loop.join()


def test_a_database_that_is_away_does_not_end_the_relay(committed, broker):
    gone = replace(committed, db=type(committed.db)("postgresql+psycopg://x@127.0.0.1:1/x"))
    stop = threading.Event()
    loop = threading.Thread(
        target=relay.relay, args=(gone.db, worker.make_app(broker.url)), kwargs={"stop": stop}
    )
    loop.start()
    loop.join(0.5)
    assert loop.is_alive()
    stop.set()
    loop.join(15)
    assert not loop.is_alive()
