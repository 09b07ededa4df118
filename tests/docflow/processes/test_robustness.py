"""What goes wrong beside a process, or meanwhile, does not leave it hanging."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from docflow import clock, outbox, processes
from docflow.office import Office
from docflow.organization import system
from docflow.processes import InstanceState, Progress, repairing, running, stepping
from tests.docflow.processes.conftest import Offered, start
from tests.docflow.processes.drawing import START, act, drawn, end, gateway, message, timer
from tests.docflow.processes.test_running import SUBJECT, state, timers
from tests.docflow.steps import athens, job, run_jobs, waiting_jobs
from tests.factories import Town

BOTH = drawn(  # a slow act beside a quick one
    START,
    gateway("fork", "parallel"),
    act("ask", "test.ask"),
    act("demand", "test.demand"),
    gateway("join", "parallel"),
    end(),
    flows=[
        *("start fork", "fork ask", "fork demand"),
        *("ask join", "demand join", "join end"),
    ],
)


def test_a_slow_act_whose_job_came_while_the_process_stood_still_is_asked_for_again(
    office: Office, town: Town, cashier: Offered
) -> None:
    cashier.refuses()
    with office.db.begin() as session:
        instance_id = start(session, town, BOTH)
        assert state(session) is InstanceState.STOPPED
    run_jobs(office, "processes.act")  # nobody takes what it would give
    with office.db.begin() as session:
        by = town.person(session, "administrator")
        assert processes.repair(session, instance_id, by=by) is InstanceState.RUNNING
    run_jobs(office, "processes.act")
    with office.db.begin() as session:
        assert state(session) is InstanceState.ENDED


def test_an_older_job_of_a_slow_act_does_not_fail_the_step_that_a_newer_one_does(
    office: Office, town: Town, cashier: Offered
) -> None:
    cashier.refuses()
    with office.db.begin() as session:
        instance_id = start(session, town, BOTH)
        assert state(session) is InstanceState.STOPPED
    with office.db.begin() as session:
        by = town.person(session, "administrator")
        processes.repair(session, instance_id, by=by)
    older, newer = waiting_jobs(office, "processes.act")
    cashier.refuses()
    outbox.run(office, older)
    assert job(office, older).state == outbox.JobState.FAILED
    with office.db.begin() as session:
        assert state(session) is InstanceState.RUNNING
    outbox.run(office, newer)
    with office.db.begin() as session:
        assert state(session) is InstanceState.ENDED


def test_one_process_with_a_fault_does_not_keep_the_timers_of_others(
    office: Office, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    xml = drawn(START, timer("wait", "P1D"), end(), flows=["start wait", "wait end"])
    about = (SUBJECT, ("matter", 2))
    with office.db.begin() as session, clock.pretend(athens(2026, 5, 4)):
        for _, number in about:
            start(session, town, xml, subject=number)
    hit: list[tuple[str, int]] = []

    def hook(_session: Session, progress: Progress) -> None:
        hit.append(progress.subject)
        if len(hit) == 1:
            raise ValueError("a fault of the software")

    monkeypatch.setattr(stepping, "_after", [hook])
    with clock.pretend(athens(2026, 5, 4) + timedelta(days=2)):
        timers(office)
    assert sorted(hit) == sorted(about)
    with office.db.begin() as session:
        assert state(session, hit[0]) is InstanceState.RUNNING
        assert state(session, hit[1]) is InstanceState.ENDED


def test_what_ended_while_somebody_waited_for_his_turn_stays_ended(
    session: Session, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    xml = drawn(
        START,
        message("paid", "payment-settled"),
        end(),
        flows=["start paid", "paid end"],
        messages=["payment-settled"],
    )
    instance_id = start(session, town, xml)
    assert processes.send(session, SUBJECT, "payment-settled")
    # As it was seen before the lock was given.
    monkeypatch.setattr(running, "_live", lambda *_: instance_id)
    assert not processes.cancel(session, SUBJECT, by=system(town.body_id), reason="Απόσυρση")
    assert not processes.send(session, SUBJECT, "payment-settled", {"late": True})
    assert state(session) is InstanceState.ENDED
    assert processes.data(session, SUBJECT) == {}


def test_numbers_that_grow_without_end_stop_the_process(session: Session, town: Town) -> None:
    xml = drawn(
        START,
        act("again", "process.set", x="x * x"),
        gateway("g"),
        end(),
        flows=["start again", "again g", "g end if x < 0", "g again default"],
    )
    instance_id = start(session, town, xml, x=3)
    assert state(session) is InstanceState.STOPPED
    assert processes.data(session, SUBJECT)["x"] < 10**15
    by = town.person(session, "administrator")
    with pytest.raises(processes.BadGiven, match="“x” is too large"):
        processes.repair(session, instance_id, by=by, given={"x": 10**16})
    assert repairing.given("x = NaN\ny = 1e999\nz = 7") == {"x": "NaN", "y": "1e999", "z": 7}
