"""Processes on their way: acts, gateways, timers, messages, and what goes wrong on it."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from docflow import audit, clock, outbox, processes, registry
from docflow.notices import Notice
from docflow.office import Office
from docflow.organization import system
from docflow.processes import (
    AlreadyRunning,
    InstanceState,
    ProcessInstance,
    ProcessTask,
    Progress,
    TaskState,
    acts,
    kept,
    stepping,
)
from docflow.registry import Entry
from tests.docflow.processes.conftest import Offered, start
from tests.docflow.processes.drawing import (
    START,
    act,
    drawn,
    end,
    field,
    gateway,
    message,
    timer,
    user,
)
from tests.docflow.steps import athens, run_jobs, waiting_jobs
from tests.factories import Town

SUBJECT = ("matter", 1)


def fine(**more: Any) -> bytes:
    """Half the fine, paid by the citizen within ten days, checked by the unit."""
    return drawn(
        START,
        act("sum", "process.set", label="Υπολογισμός", amount="fine // 2"),
        user("pay", "citizen", label="Πληρωμή", inside=field("bank", more='required="true"')),
        timer("late", "P10D", on="pay"),
        gateway("gw"),
        user(
            "check", "unit", label="Έλεγχος", more='docflow:days="5"', inside=field("found", "tick")
        ),
        end("good"),
        end("small"),
        end("gone"),
        flows=[
            *("start sum", "sum pay", "late gone", "pay gw"),
            *("gw check if amount >= 1000 and bank", "gw small default", "check good"),
        ],
        **more,
    )


def names(session: Session, subject: tuple[str, int] = SUBJECT) -> list[str]:
    return [one.element_id for one in processes.tasks(session, subject)]


def state(session: Session, subject: tuple[str, int] = SUBJECT) -> InstanceState:
    found = processes.instance(session, subject)
    assert found is not None
    return found.state


def test_a_process_goes_from_step_to_step(session: Session, town: Town, entry: Entry) -> None:
    with clock.pretend(athens(2026, 5, 4)):
        start(session, town, fine(), entry=entry, fine=8000)
        [pay, late] = processes.tasks(session, SUBJECT)
        assert (pay.element_id, pay.name, late.due_at) == ("pay", "Πληρωμή", athens(2026, 5, 14))
        with pytest.raises(processes.BadAnswer) as refused:
            processes.answer(session, pay.id, {"bank": " "}, subject=SUBJECT)
        assert list(refused.value.errors) == ["bank"]
        processes.answer(session, pay.id, {"bank": "123456"}, subject=SUBJECT, seen=pay.version)
        [check] = processes.tasks(session, SUBJECT)
        assert check.unit_id == town.units["ΟΔΟΠ"]
        assert f"{check.due_on}" == "2026-05-11"  # five working days
        by = town.person(session, "engineer")
        with pytest.raises(processes.BadAnswer):
            processes.complete(session, check.id, {}, by=by)
        processes.complete(session, check.id, {"found": "on"}, by=by)
    assert state(session) is InstanceState.ENDED
    assert processes.data(session, SUBJECT) == {
        **{"fine": 8000, "amount": 4000},
        **{"bank": "123456", "found": True},
    }
    history = [line.action for line in audit.history(session, [("entry", entry.id)])]
    assert [one for one in history if one.startswith("process.")] == [
        *("process.started", "process.step-completed"),
        *("process.step-completed", "process.ended"),
    ]


def test_the_other_way_is_taken_where_the_condition_does_not_hold(
    session: Session, town: Town
) -> None:
    start(session, town, fine(), fine=100)
    [pay, _] = processes.tasks(session, SUBJECT)
    processes.answer(session, pay.id, {"bank": "1"}, subject=SUBJECT)
    assert state(session) is InstanceState.ENDED
    assert [(one.element_id, one.state) for one in processes.stages(session, SUBJECT)] == [
        *(("sum", "done"), ("pay", "done"), ("check", "skipped")),
    ]


def test_stages_are_told_with_their_dates(session: Session, town: Town) -> None:
    with clock.pretend(athens(2026, 5, 4)):
        start(session, town, fine(), fine=100)
    stages = processes.stages(session, SUBJECT)
    assert [(one.name, one.state, one.at) for one in stages] == [
        ("Υπολογισμός", "done", athens(2026, 5, 4)),
        ("Πληρωμή", "current", None),
        ("Έλεγχος", "ahead", None),
    ]


def test_a_timer_goes_off_by_the_job(office: Office, town: Town) -> None:
    with office.db.begin() as session, clock.pretend(athens(2026, 5, 4)):
        start(session, town, fine(), fine=100)
    kept._known.cache_clear()  # as after a restart: all that is known stands in the database
    for days, expected in ((9, InstanceState.RUNNING), (10, InstanceState.ENDED)):
        with clock.pretend(athens(2026, 5, 4, 9, 1) + timedelta(days=days)):
            timers(office)
        with office.db.begin() as session:
            assert state(session) is expected


def timers(office: Office) -> None:
    with office.db.begin() as session:
        outbox.enqueue(session, "processes.timers")
    run_jobs(office, "processes.timers")


def test_working_days_are_those_of_the_office(session: Session, town: Town) -> None:
    xml = drawn(
        START, timer("wait", "working:2", label="Αναμονή"), end(), flows=["start wait", "wait end"]
    )
    with clock.pretend(athens(2026, 4, 30)):  # Thursday; 1 May is a holiday
        start(session, town, xml)
    [wait] = processes.tasks(session, SUBJECT)
    assert wait.due_at == athens(2026, 5, 6, 0)  # when Tuesday is over


def test_a_message_is_waited_for_and_is_not_lost_before(session: Session, town: Town) -> None:
    xml = drawn(
        START,
        user("a", "citizen"),
        gateway("g"),
        gateway("ev", "eventBased"),
        message("settled", "payment-settled"),
        timer("late", "P3D"),
        end("paid"),
        end("unpaid"),
        flows=[
            *("start a", "a g", "g paid if paid", "g ev default"),
            *("ev settled", "ev late", "settled paid", "late unpaid"),
        ],
        messages=["payment-settled"],
    )
    for subject, early in ((1, True), (2, False)):
        about = ("matter", subject)
        start(session, town, xml, subject=subject)
        if early:
            assert not processes.send(session, about, "payment-settled", {"paid": True})
        [a] = processes.tasks(session, about)
        processes.answer(session, a.id, {}, subject=about)
        if not early:
            assert set(names(session, about)) == {"settled", "late"}
            assert not processes.send(session, about, "something-else")
            assert processes.send(session, about, "payment-settled", {"paid": True})
        assert state(session, about) is InstanceState.ENDED
    assert not processes.send(session, ("matter", 1), "payment-settled")
    assert not processes.send(session, ("matter", 99), "payment-settled")


def test_an_act_may_send_a_message_to_the_process_that_it_is_part_of(
    session: Session, town: Town, cashier: Offered, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where nothing is to be paid, and the demand is settled at once."""

    def demand(session: Session, context: processes.Context) -> None:
        assert processes.send(session, context.subject, "payment-settled", {"paid": True})

    monkeypatch.setitem(acts._acts, "test.demand", demand)
    xml = drawn(
        START,
        act("demand", "test.demand"),
        message("settled", "payment-settled"),
        end(),
        flows=["start demand", "demand settled", "settled end"],
        messages=["payment-settled"],
    )
    start(session, town, xml)
    assert state(session) is InstanceState.ENDED
    assert processes.data(session, SUBJECT) == {"paid": True}


def test_two_branches_meet_again(session: Session, town: Town) -> None:
    xml = drawn(
        START,
        gateway("fork", "parallel"),
        user("a", "unit", inside=field("x", "number")),
        user("b", "unit:ΝΟΜ", inside=field("y", "number")),
        gateway("join", "parallel"),
        act("sum", "process.set", z="x + y"),
        end(),
        flows=["start fork", "fork a", "fork b", "a join", "b join", "join sum", "sum end"],
    )
    start(session, town, xml)
    [a, b] = sorted(processes.tasks(session, SUBJECT), key=lambda one: one.element_id)
    processes.complete(session, b.id, {"y": "2"}, by=town.person(session, "lawyer"))
    assert names(session) == ["a"]
    processes.complete(session, a.id, {"x": "40"}, by=town.person(session, "engineer"))
    assert processes.data(session, SUBJECT) == {"x": 40, "y": 2, "z": 42}


def loop() -> bytes:
    return drawn(
        START,
        act("again", "process.set", n="(n or 0) + 1"),
        gateway("g"),
        end(),
        flows=["start again", "again g", "g end if n < 0", "g again default"],
    )


def test_a_process_that_never_ends_is_stopped_and_told_of(
    session: Session, town: Town, entry: Entry
) -> None:
    instance_id = start(session, town, loop(), entry=entry)
    found = processes.instance(session, SUBJECT)
    assert found is not None
    assert found.state is InstanceState.STOPPED
    assert found.steps == stepping.RUN_LIMIT
    assert "σταμάτησε" in found.problem or "stopped" in found.problem
    told = session.query(Notice).filter_by(kind="process-stopped", about_id=instance_id).all()
    assert [one.user_id for one in told] == [town.users["administrator"]]
    by = town.person(session, "administrator")
    assert [one.id for one in processes.instances(session, by=by, state=InstanceState.STOPPED)] == [
        instance_id
    ]
    # What it lacked is given, and it goes on to its end.
    assert processes.repair(session, instance_id, by=by, given={"n": -5}) is InstanceState.ENDED
    with pytest.raises(processes.NothingToRepair):
        processes.repair(session, instance_id, by=by)


def test_an_act_that_fails_is_undone_shown_and_repaired(
    session: Session, town: Town, entry: Entry, cashier: Offered
) -> None:
    xml = drawn(
        START,
        act("demand", "test.demand", fine="fine"),
        end(),
        flows=["start demand", "demand end"],
    )
    cashier.refuses()
    instance_id = start(session, town, xml, entry=entry, fine=80)
    [demand] = processes.tasks(session, SUBJECT)
    assert (demand.state, state(session)) == (TaskState.FAILED, InstanceState.STOPPED)
    by = town.person(session, "administrator")
    assert processes.repair(session, instance_id, by=by) is InstanceState.ENDED
    assert processes.data(session, SUBJECT)["amount"] == 4000
    first, second = cashier.told
    assert first.given == {"fine": 80}
    assert first.key == second.key
    assert (first.subject, first.entry_id, first.service) == (SUBJECT, entry.id, "traffic-fine")


def test_what_does_not_answer_is_tried_again(office: Office, town: Town, cashier: Offered) -> None:
    xml = drawn(START, act("demand", "test.demand"), end(), flows=["start demand", "demand end"])
    cashier.is_away(2)
    with office.db.begin() as session:
        start(session, town, xml)
        assert state(session) is InstanceState.RUNNING
        assert [one.state for one in processes.tasks(session, SUBJECT)] == [TaskState.FAILED]
    for _ in range(2):
        again(office)
    with office.db.begin() as session:
        assert state(session) is InstanceState.ENDED
    assert len(cashier.told) == 3


def again(office: Office) -> None:
    """The time of the next try comes."""
    [job_id] = waiting_jobs(office, "processes.try-again")
    with office.db.begin() as session:
        session.get_one(outbox.Job, job_id).run_after = clock.now() - timedelta(seconds=1)
    outbox.run(office, job_id)


def test_a_slow_act_is_done_by_a_job(office: Office, town: Town, cashier: Offered) -> None:
    xml = drawn(START, act("ask", "test.ask"), end(), flows=["start ask", "ask end"])
    with office.db.begin() as session:
        start(session, town, xml)
        assert names(session) == ["ask"]
    assert cashier.told == []
    run_jobs(office, "processes.act")
    with office.db.begin() as session:
        assert state(session) is InstanceState.ENDED
        assert processes.data(session, SUBJECT) == {"amount": 4000}


def test_a_slow_act_that_is_refused_stops_the_process(
    office: Office, town: Town, cashier: Offered
) -> None:
    xml = drawn(START, act("ask", "test.ask"), end(), flows=["start ask", "ask end"])
    cashier.refuses()
    with office.db.begin() as session:
        instance_id = start(session, town, xml)
    [job_id] = waiting_jobs(office, "processes.act")
    outbox.run(office, job_id)
    with office.db.begin() as session:
        assert state(session) is InstanceState.STOPPED
        by = town.person(session, "administrator")
        processes.repair(session, instance_id, by=by)
    run_jobs(office, "processes.act")
    with office.db.begin() as session:
        assert state(session) is InstanceState.ENDED


def test_a_condition_without_a_value_stops_the_process_and_can_be_repaired(
    session: Session, town: Town
) -> None:
    xml = drawn(
        START,
        gateway("g"),
        user("a", "citizen"),
        end(),
        flows=["start g", "g a if amount > 50", "g end default", "a end"],
    )
    instance_id = start(session, town, xml)
    assert state(session) is InstanceState.STOPPED
    by = town.person(session, "administrator")
    processes.repair(session, instance_id, by=by, given={"amount": 60})
    assert names(session) == ["a"]


def test_what_cannot_be_read_any_more_is_told(session: Session, town: Town) -> None:
    row = session.get_one(ProcessInstance, start(session, town, fine(), fine=100))
    for broken in ("", "{}"):
        row.course = broken
        session.flush()
        with pytest.raises(processes.ProcessUnreadable):
            processes.send(session, SUBJECT, "payment-settled")


def test_one_subject_has_one_live_process(session: Session, town: Town) -> None:
    start(session, town, fine(), fine=100)
    with pytest.raises(AlreadyRunning):
        start(session, town, fine(), fine=100)


def test_a_running_process_stays_on_its_version(session: Session, town: Town) -> None:
    """Whatever is deployed later: the kept file and course are its own."""
    start(session, town, fine(), fine=8000)
    other = fine().replace(b"Pl", b"Xl").replace("Έλεγχος".encode(), "Απόφαση".encode())
    start(session, town, other, subject=2, fine=8000)
    assert processes.stages(session, SUBJECT)[2].name == "Έλεγχος"
    assert processes.stages(session, ("matter", 2))[2].name == "Απόφαση"
    kept = {one.definition_id for one in session.query(ProcessInstance)}
    assert len(kept) == 2


def test_hooks_are_told_of_each_run(
    session: Session, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[Progress] = []
    monkeypatch.setattr(stepping, "_after", [lambda _session, progress: told.append(progress)])
    start(session, town, fine(), fine=8000)
    [pay, _] = processes.tasks(session, SUBJECT)
    processes.answer(session, pay.id, {"bank": "1"}, subject=SUBJECT)
    first, second = told
    assert ([one.element_id for one in first.opened], first.state) == (["pay", "late"], "running")
    assert [one.element_id for one in second.opened] == ["check"]
    assert {(one.element_id, one.state) for one in second.ended} == {
        ("pay", "done"),
        ("late", "dropped"),
    }


def test_a_withdrawn_application_ends_its_process(
    session: Session, town: Town, entry: Entry
) -> None:
    start(session, town, fine(), entry=entry, fine=8000)
    by = system(town.body_id)
    with pytest.raises(processes.ReasonNeeded):
        processes.cancel(session, SUBJECT, by=by, reason=" ")
    assert processes.cancel(session, SUBJECT, by=by, reason="Απόσυρση")
    assert state(session) is InstanceState.CANCELLED
    assert {one.state for one in session.query(ProcessTask)} == {"done", "dropped"}
    assert not processes.cancel(session, SUBJECT, by=by, reason="Απόσυρση")


def test_what_is_annulled_or_erased_takes_its_process_along(
    session: Session, town: Town, entry: Entry
) -> None:
    start(session, town, fine(), entry=entry, fine=8000)
    registry.tell_erased(session, entry)
    session.expire_all()
    assert state(session) is InstanceState.CANCELLED
    assert processes.data(session, SUBJECT) == {}
