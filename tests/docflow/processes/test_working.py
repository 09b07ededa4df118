"""Steps of the staff: whose they are, taken, put back, completed by one of two; deputies; moves."""

import threading

import pytest
from sqlalchemy.orm import Session

from docflow import clock, organization, processes
from docflow.notices import Notice
from docflow.office import Office
from docflow.organization import Place, work
from docflow.processes import NoSuchTask, StepChanged, Whose
from docflow.registry import Entry
from tests import factories
from tests.docflow.processes.conftest import start
from tests.docflow.processes.drawing import START, drawn, end, field, user
from tests.factories import Town

SUBJECT = ("matter", 1)
CHECK = drawn(
    START,
    user("check", "unit", label="Έλεγχος", more='docflow:days="5"', inside=field("note")),
    user("pay", "citizen"),
    end(),
    flows=["start check", "check pay", "pay end"],
)


@pytest.fixture
def task(session: Session, town: Town, entry: Entry) -> processes.TaskInfo:
    start(session, town, CHECK, entry=entry)
    return processes.tasks(session, SUBJECT)[0]


def mine(session: Session, town: Town, who: str, whose: Whose = Whose.ALL) -> list[int]:
    by = town.person(session, who)
    found = [one.task.id for one in processes.steps(session, by=by, whose=whose)]
    assert processes.count(session, by=by, whose=whose) == len(found)
    return found


def test_a_step_is_in_the_list_of_everybody_of_its_unit(
    session: Session, town: Town, entry: Entry, task: processes.TaskInfo
) -> None:
    assert [mine(session, town, one) for one in ("engineer", "colleague", "director")] == [
        [task.id]
    ] * 3
    assert mine(session, town, "lawyer") == []
    [shown] = processes.steps(session, by=town.person(session, "engineer"))
    assert shown.entry is not None
    assert shown.entry.label == entry.label
    told = session.query(Notice).filter_by(kind="step-waits", about_id=task.id)
    assert {one.user_id for one in told} >= {town.users["engineer"], town.users["colleague"]}


def test_a_step_is_taken_and_put_back(
    session: Session, town: Town, task: processes.TaskInfo
) -> None:
    engineer, colleague = (town.person(session, one) for one in ("engineer", "colleague"))
    processes.take(session, task.id, by=engineer, seen=task.version)
    assert mine(session, town, "engineer", Whose.MINE) == [task.id]
    assert mine(session, town, "colleague", Whose.FREE) == []
    for act in (processes.take, processes.put_back):
        with pytest.raises(StepChanged, match="Άννα Βλάχου took this step on"):
            act(session, task.id, by=colleague)
    with pytest.raises(StepChanged, match="Άννα Βλάχου took this step on"):
        processes.complete(session, task.id, {}, by=colleague, seen=task.version)
    processes.put_back(session, task.id, by=town.person(session, "director"))  # heads the unit
    processes.complete(session, task.id, {"note": "εντάξει"}, by=colleague)
    with pytest.raises(StepChanged, match="Πέτρος Δήμου completed this step on"):
        processes.complete(session, task.id, {}, by=engineer)


def test_nobody_else_sees_or_does_a_step(
    session: Session, town: Town, task: processes.TaskInfo
) -> None:
    for who in ("lawyer", "mayor", "auditor", "administrator"):
        by = town.person(session, who)
        with pytest.raises(NoSuchTask):
            processes.step(session, task.id, by=by)
        with pytest.raises(NoSuchTask):
            processes.complete(session, task.id, {}, by=by)
    with pytest.raises(NoSuchTask):  # not the citizen's
        processes.answer(session, task.id, {}, subject=SUBJECT)


def test_a_step_about_a_closed_entry_is_told_to_nobody_without_the_right(
    session: Session, town: Town
) -> None:
    entry = factories.secret_letter(session, town)
    start(session, town, CHECK, entry=entry)
    assert mine(session, town, "engineer") == []
    [task] = processes.tasks(session, SUBJECT)
    with pytest.raises(NoSuchTask):
        processes.take(session, task.id, by=town.person(session, "engineer"))
    [shown] = processes.instances(session, by=town.person(session, "administrator"))
    assert shown.entry_label == ""


def test_a_deputy_does_the_steps_of_the_absent(
    session: Session, town: Town, task: processes.TaskInfo
) -> None:
    today = clock.today()
    organization.deputies.appoint(
        session,
        organization.Appointment(
            person_id=town.users["engineer"],
            deputy_id=town.users["lawyer"],
            scope=organization.DeputyScope.ALL,
            valid_from=today,
            valid_to=today,
            authority="άδεια",
        ),
        by=town.person(session, "director"),
    )
    assert mine(session, town, "lawyer") == [task.id]
    processes.take(session, task.id, by=town.person(session, "lawyer"))
    assert processes.tasks(session, SUBJECT)[0].taken_by == town.users["engineer"]
    processes.complete(session, task.id, {}, by=town.person(session, "lawyer"))


def test_steps_go_with_the_organogram(
    session: Session, town: Town, task: processes.TaskInfo
) -> None:
    processes.take(session, task.id, by=town.person(session, "engineer"))
    [item] = [
        one
        for one in work.of_person(session, town.users["engineer"])
        if one.carrier == "process-task"
    ]
    by = town.person(session, "administrator")
    work.move(session, item, Place(town.units["ΝΟΜ"], town.users["lawyer"]), by=by)
    assert mine(session, town, "lawyer", Whose.MINE) == [task.id]
    assert mine(session, town, "colleague") == []


def test_of_two_who_complete_at_once_one_is_told(committed: Office) -> None:
    with committed.db.begin() as session:
        town = factories.municipality(session)
        entry = factories.letter(session, town)
        start(session, town, CHECK, entry=entry)
        [task] = processes.tasks(session, SUBJECT)
        people = [town.person(session, one) for one in ("engineer", "colleague")]
    together = threading.Barrier(2)
    outcomes: list[str] = []

    def act(n: int) -> None:
        together.wait()
        try:
            with committed.db.begin() as session:
                processes.complete(session, task.id, {}, by=people[n], seen=task.version)
            outcomes.append("done")
        except StepChanged as error:
            outcomes.append(str(error))

    threads = [threading.Thread(target=act, args=(n,)) for n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    [told] = [one for one in outcomes if one != "done"]
    assert "completed this step on" in told
    with committed.db.begin() as session:  # and the process went on once
        assert [one.element_id for one in processes.tasks(session, SUBJECT)] == ["pay"]
