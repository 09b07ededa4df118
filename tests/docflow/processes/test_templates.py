"""Processes of the office's own work: deployed, tied to kinds, begun by what comes in."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow import audit, demo, kinds, notices, outbox, processes, registry, routing
from docflow.kinds import Defaults, Definition, Field, FieldType
from docflow.office import Office
from docflow.parties import Contact
from docflow.principal import NotAllowed
from docflow.processes import (
    BadProcessTemplate,
    InstanceState,
    NeverComesIn,
    ProcessInstance,
    StageState,
    TemplateInUse,
    TieChanged,
    engine,
    templates,
)
from docflow.registry import Direction, Entry, provisional
from tests import factories
from tests.docflow.processes.drawing import START, act, drawn, end, gateway, message, user
from tests.docflow.steps import run_jobs
from tests.factories import Town

CODE = "access"
_SOMEBODY = Contact(name="Περιφέρεια Παραδείγματος")
CHECK = drawn(
    START,
    user("check", "unit", label="Έλεγχος"),
    gateway("g"),
    user("decide", "unit:ΔΥ", label="Απόφαση"),
    message("wait", "closed", label="Απάντηση"),
    end(),
    flows=[
        *("start check", "check g", "g decide if fee and fee > 1000", "g wait default"),
        *("decide wait", "wait end"),
    ],
    messages=["closed"],
    process=CODE,
)
SHORT = drawn(
    START,
    user("look", "unit:ΝΟΜ", label="Εξέταση"),
    end(),
    flows=["start look", "look end"],
    process=CODE,
)


def tied(session: Session, town: Town, xml: bytes = CHECK, **changes: Any) -> None:
    """A kind whose documents go to the roads department, and begin the process of the file."""
    by = town.person(session, "administrator")
    defaults = Defaults(addressee_unit_id=town.units["ΟΔΟΠ"])
    fields = (Field("fee", FieldType.AMOUNT, "Τέλος"),)
    said: dict[str, Any] = {"title_el": "Πρόσβαση", "defaults": defaults, "fields": fields}
    kinds.define(session, "prosvasi", Definition(**{**said, **changes}), by=by)
    templates.deploy(session, xml, by=by)
    processes.tie(session, "prosvasi", CODE, by=by)


def came(session: Session, town: Town, **changes: Any) -> Entry:
    return factories.letter(session, town, kind="prosvasi", **changes)


def state(session: Session, entry: Entry) -> InstanceState | None:
    found = processes.instance(session, ("entry", entry.id))
    return found.state if found else None


def waits(session: Session, entry: Entry) -> list[tuple[str, str]]:
    return [
        (one.element_id, one.unit_name) for one in processes.tasks(session, ("entry", entry.id))
    ]


def events(session: Session, entry: Entry) -> list[str]:
    query = select(audit.Event.action).where(
        audit.Event.subject_type == "entry",
        audit.Event.subject_id == entry.id,
        audit.Event.action.startswith("process."),
    )
    return list(session.scalars(query.order_by(audit.Event.id)))


def test_a_document_that_comes_in_begins_the_process_of_its_kind(
    office: Office, town: Town
) -> None:
    with office.db.begin() as session:
        tied(session, town)
        entry = came(session, town, values={"fee": "10,50"})
        other = factories.letter(session, town)
        assert state(session, other) is None
        # It stands from the number on; its first step is still to come.
        [position] = processes.of_entry(session, entry.id, by=town.person(session, "clerk"))
        assert position.instance.state is InstanceState.RUNNING
        assert {one.state for one in position.stages} == {StageState.AHEAD}
    run_jobs(office, "processes.begin")
    with office.db.begin() as session:
        assert waits(session, entry) == [("check", "Τμήμα Οδοποιίας")]
        engineer = town.person(session, "engineer")
        [step] = [one for one in processes.steps(session, by=engineer) if one.entry is not None]
        assert step.entry is not None
        assert step.entry.label == entry.label
        processes.complete(session, step.task.id, {}, by=engineer)
        # The field of the kind decided: amounts are cents.
        assert [one for one, _ in waits(session, entry)] == ["decide"]
        data = processes.data(session, ("entry", entry.id))
        assert (data["number"], data["fee"]) == (entry.label, 1050)


def test_outgoing_documents_and_kinds_without_a_process_begin_none(
    office: Office, town: Town
) -> None:
    with office.db.begin() as session:
        tied(session, town)
        new = factories.incoming(
            kind="prosvasi", direction=Direction.OUTGOING, sender=None, recipients=(_SOMEBODY,)
        )
        entry = registry.register(
            session,
            new,
            (),
            by=town.person(session, "clerk"),
            zone=factories.ZONE,
            ocr_languages=[],
        )
        assert state(session, entry) is None
        by = town.person(session, "administrator")
        processes.tie(session, "prosvasi", None, by=by, seen=1)
        assert state(session, came(session, town)) is None


def test_a_changed_tie_or_file_counts_for_what_comes_in_from_then_on(
    office: Office, town: Town
) -> None:
    with office.db.begin() as session:
        tied(session, town)
        first = came(session, town)
        by = town.person(session, "administrator")
        made = templates.deploy(session, SHORT, by=by)
        assert [one.number for one in made.versions] == [2, 1]
        assert templates.deploy(session, SHORT, by=by).version == 2  # nothing is written twice
        second = came(session, town)
    run_jobs(office, "processes.begin")
    with office.db.begin() as session:
        assert [one for one, _ in waits(session, first)] == ["check"]
        assert [one for one, _ in waits(session, second)] == ["look"]
        with pytest.raises(TieChanged, match="Σοφία Λάμπρου"):
            processes.tie(session, "prosvasi", None, by=by, seen=0)
        with pytest.raises(TemplateInUse, match="prosvasi"):
            templates.withdraw(session, CODE, by=by)
        processes.tie(session, "prosvasi", None, by=by, seen=1)
        templates.withdraw(session, CODE, by=by)
        assert templates.listing(session, by=by) == []
        assert [one for one, _ in waits(session, first)] == ["check"]  # what is under way stays


def test_what_is_described_later_begins_with_its_kind(office: Office, town: Town) -> None:
    with office.db.begin() as session:
        tied(session, town)
        by = town.person(session, "clerk")
        entry = registry.register(
            session,
            provisional.for_the_queue(factories.incoming(subject="")),
            (),
            by=by,
            zone=factories.ZONE,
            ocr_languages=[],
        )
        assert state(session, entry) is None
        provisional.describe(
            session,
            entry.id,
            provisional.Description({"subject": "Αίτηση πρόσβασης"}, kind="prosvasi"),
            by=by,
            zone=factories.ZONE,
        )
    run_jobs(office, "processes.begin")
    with office.db.begin() as session:
        assert [one for one, _ in waits(session, entry)] == ["check"]


def test_an_entry_filed_with_a_service_does_not_begin_the_process_of_its_kind(
    session: Session, town: Town
) -> None:
    tied(session, town)
    with processes.by_service(session):
        filed = came(session, town)
    assert state(session, filed) is None
    assert state(session, came(session, town)) is InstanceState.RUNNING


def test_an_annulled_entry_takes_its_process_along_before_it_began_or_after(
    office: Office, town: Town
) -> None:
    with office.db.begin() as session:
        tied(session, town)
        begun = came(session, town)
    run_jobs(office, "processes.begin")
    with office.db.begin() as session:
        waiting = came(session, town)
        for entry in (begun, waiting):
            factories.annulled(session, town, entry.id)
    run_jobs(office, "processes.begin")  # the job of what was cancelled meanwhile
    with office.db.begin() as session:
        for entry in (begun, waiting):
            assert (state(session, entry), waits(session, entry)) == (InstanceState.CANCELLED, [])
            assert events(session, entry) == ["process.started", "process.cancelled"]


def test_closing_the_item_ends_the_process_that_waits_for_it_and_the_history_tells(
    office: Office, town: Town
) -> None:
    with office.db.begin() as session:
        tied(session, town)
        entry = came(session, town)
        factories.accepted(session, town, entry)
    run_jobs(office, "processes.begin")
    with office.db.begin() as session:
        engineer = town.person(session, "engineer")
        [check] = processes.tasks(session, ("entry", entry.id))
        processes.complete(session, check.id, {}, by=engineer)
        assert waits(session, entry) == [("wait", "")]
        routing.file(session, entry.id, by=engineer, reason="Χορηγήθηκε στο γκισέ")
        assert state(session, entry) is InstanceState.ENDED
        assert events(session, entry)[-1] == "process.ended"


def test_the_end_of_the_process_leaves_the_entry_to_who_has_it(office: Office, town: Town) -> None:
    with office.db.begin() as session:
        tied(session, town, SHORT)
        entry = came(session, town)
    run_jobs(office, "processes.begin")
    with office.db.begin() as session:
        [look] = processes.tasks(session, ("entry", entry.id))
        processes.complete(session, look.id, {}, by=town.person(session, "lawyer"))
        assert state(session, entry) is InstanceState.ENDED
        assert session.get_one(registry.Handling, entry.id).closed_at is None


def test_a_process_that_cannot_begin_stops_no_registration_and_is_repaired(
    office: Office, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(*_: object) -> None:
        raise engine.EngineFault("no such drawing")

    with office.db.begin() as session:
        tied(session, town)
        entry = came(session, town)
        assert entry.number
    with monkeypatch.context() as broken:
        broken.setattr(engine, "_spec", refuses)
        _do(office)
    with office.db.begin() as session:
        [row] = session.scalars(
            select(ProcessInstance).where(ProcessInstance.entry_id == entry.id)
        ).all()
        assert (row.state, row.course) == (InstanceState.STOPPED, "")
        assert "no such drawing" in row.problem
        by = town.person(session, "administrator")
        told = notices.listing.listed(session, by=by).lines
        assert f"/processes/{row.id}" in [one.subject.page for one in told]
        assert processes.repair(session, row.id, by=by) is InstanceState.RUNNING
        assert [one for one, _ in waits(session, entry)] == ["check"]


def test_what_the_engine_cannot_read_is_cancelled_all_the_same(
    session: Session, town: Town
) -> None:
    tied(session, town)
    entry = came(session, town)
    row = session.scalars(select(ProcessInstance).where(ProcessInstance.entry_id == entry.id)).one()
    row.course = "{}"
    session.flush()
    with pytest.raises(processes.ProcessUnreadable):
        processes.repair(session, row.id, by=town.person(session, "administrator"))
    factories.annulled(session, town, entry.id)
    assert state(session, entry) is InstanceState.CANCELLED


def test_a_template_has_no_steps_of_citizens_and_no_acts_of_services(
    session: Session, town: Town
) -> None:
    by = town.person(session, "administrator")
    bad = drawn(
        START,
        user("pay", "citizen"),
        act("ask", "applications.ask"),
        user("look", "unit"),
        end(),
        flows=["start pay", "pay ask", "ask look", "look end"],
        process="Bad.Code",
    )
    with pytest.raises(BadProcessTemplate) as found:
        templates.deploy(session, bad, by=by)
    lines = {one.element_id: one.line for one in found.value.problems}
    assert set(lines) == {"", "pay", "ask"}
    assert all(lines.values())
    with pytest.raises(BadProcessTemplate, match="no unit with the code"):
        templates.deploy(session, CHECK.replace("unit:ΔΥ".encode(), b"unit:99"), by=by)
    with pytest.raises(NotAllowed):
        templates.deploy(session, CHECK, by=town.person(session, "clerk"))


def test_a_kind_that_never_comes_in_has_no_process(session: Session, town: Town) -> None:
    with pytest.raises(NeverComesIn):
        tied(session, town, directions=("outgoing",))
    with pytest.raises(processes.NoSuchTemplate):
        processes.tie(session, "prosvasi", "other", by=town.person(session, "administrator"))


def test_a_step_about_a_confidential_entry_is_not_told_to_the_unit(
    office: Office, town: Town
) -> None:
    with office.db.begin() as session:
        tied(session, town)
        entry = came(session, town, grade=registry.Grade.CONFIDENTIAL)
    run_jobs(office, "processes.begin")
    with office.db.begin() as session:
        assert [one for one, _ in waits(session, entry)] == ["check"]
        engineer = town.person(session, "engineer")
        assert [one for one in processes.steps(session, by=engineer) if one.entry] == []


def test_the_log_tells_a_template_that_was_altered(session: Session, town: Town) -> None:
    tied(session, town)
    assert list(templates.files_are_as_deployed(session)) == []
    event = session.scalars(
        select(audit.Event).where(audit.Event.action == "process-template.deployed")
    ).one()
    event.details["digest"] = "0" * 64
    assert [one.what for one in templates.files_are_as_deployed(session)] == ["altered"]


def _do(office: Office) -> None:
    """Do the jobs that wait for a beginning, whatever comes of them."""
    with office.db.begin() as session:
        waiting = outbox.Job.state == outbox.JobState.WAITING
        begins = outbox.Job.task == "processes.begin"
        ids = session.scalars(select(outbox.Job.id).where(waiting, begins)).all()
    for job_id in ids:
        outbox.run(office, job_id)


def test_the_template_of_the_demo_comes_to_its_end_on_each_way(office: Office, town: Town) -> None:
    """Requests of access to documents: with what was missing, an opinion, and an early end."""
    file = Path(demo.__file__).with_name("access-to-documents.bpmn").read_text(encoding="utf-8")
    xml = file.replace("unit:50", "unit:ΝΟΜ").replace("unit:10", "unit:ΤΥ").encode()
    with office.db.begin() as session:
        tied(session, town, SHORT)
        by = town.person(session, "administrator")
        code = templates.deploy(session, xml, by=by).code
        processes.tie(session, "prosvasi", code, by=by)
        whole, early = came(session, town), came(session, town)
        for entry in (whole, early):
            factories.accepted(session, town, entry)
    run_jobs(office, "processes.begin")
    complete = {"completeness": "complete"}
    with office.db.begin() as session:
        engineer = town.person(session, "engineer")

        def does(who: str, entry: Entry, step: str, typed: dict[str, str]) -> None:
            [task] = processes.tasks(session, ("entry", entry.id))
            assert task.element_id == step
            processes.complete(session, task.id, typed, by=town.person(session, who))

        does("engineer", whole, "check", {"completeness": "missing"})
        dates = {"asked_on": "01/12/2026", "received_on": "04/12/2026"}
        does("engineer", whole, "ask", dates)
        does("engineer", whole, "check", {**complete, "third_parties": "yes"})
        does("lawyer", whole, "give_opinion", {"opinion_is": "partly", "opinion": "Ναι"})
        does("director", whole, "decide", {"decision": "partly"})
        assert [one for one, _ in waits(session, whole)] == ["answered", "closed"]
        routing.file(session, whole.id, by=engineer, reason="Χορηγήθηκαν στο γκισέ")
        does("engineer", early, "check", complete)
        routing.file(session, early.id, by=engineer, reason="Ανακλήθηκε")
        does("director", early, "decide", {"decision": "refused"})
        assert {state(session, one) for one in (whole, early)} == {InstanceState.ENDED}


def test_of_two_first_deployments_at_once_the_second_is_told(
    committed: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    with committed.db.begin() as session:
        town = factories.municipality(session)
        by = town.person(session, "administrator")
        templates.deploy(session, SHORT, by=by)
    monkeypatch.setattr(templates, "_locked", lambda *_: None)  # as it was seen before
    with pytest.raises(templates.DeployedMeanwhile), committed.db.begin() as session:
        templates.deploy(session, SHORT, by=by)
