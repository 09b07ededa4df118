"""Stages in words: their order, gateways that wait, and steps that are told of when they come."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from docflow import clock, processes, services
from docflow.registry import Entry
from tests.docflow.processes.conftest import start
from tests.docflow.processes.drawing import START, drawn, end, gateway, message, user
from tests.docflow.steps import athens
from tests.factories import Town

SUBJECT = ("matter", 1)
MONDAY = athens(2026, 5, 4)


def told(session: Session) -> list[tuple[str, str]]:
    return [
        (one.name, str(one.state))
        for one in processes.stages(session, SUBJECT)
        if one.state != "skipped"
    ]


def answered() -> bytes:
    return drawn(
        START,
        gateway("handled", "eventBased", label="Εξέταση"),
        message("answered", "answered", label="Απάντηση"),
        message("closed", "closed"),
        end("done"),
        end("filed"),
        flows=[
            *("start handled", "handled answered", "handled closed"),
            *("answered done", "closed filed"),
        ],
        messages=["answered", "closed"],
    )


def test_what_is_waited_for_has_not_happened(session: Session, town: Town, entry: Entry) -> None:
    with clock.pretend(MONDAY):
        instance_id = start(session, town, answered(), entry=entry)
    assert told(session) == [("Εξέταση", "current"), ("Απάντηση", "ahead")]
    [examined, _] = processes.stages(session, SUBJECT)
    assert (examined.since, examined.at) == (MONDAY, None)
    assert {one.name for one in processes.tasks(session, SUBJECT)} == {"Εξέταση"}
    position = processes.position(session, instance_id, by=town.person(session, "clerk"))
    assert position.current == ("handled",)  # in the picture
    with clock.pretend(MONDAY + timedelta(days=1)):
        processes.send(session, SUBJECT, "answered")
    assert told(session) == [("Εξέταση", "done"), ("Απάντηση", "done")]


def test_of_an_answer_that_was_not_written_nothing_is_told(session: Session, town: Town) -> None:
    start(session, town, answered())
    processes.send(session, SUBJECT, "closed")
    assert told(session) == [("Εξέταση", "done")]


def owing() -> bytes:
    """Whoever owes something settles it, and is looked at again."""
    return drawn(
        START,
        user("check", "unit", label="Έλεγχος"),
        gateway("owes"),
        user("issue", "unit", label="Έκδοση"),
        user("settle", "citizen", label="Εξόφληση", more='docflow:hidden="until-reached"'),
        end("done"),
        flows=[
            *("start check", "check owes", "owes issue if not debt", "owes settle default"),
            *("settle check", "issue done"),
        ],
    )


def test_the_stages_stand_in_the_order_of_what_happened(session: Session, town: Town) -> None:
    by = town.person(session, "engineer")
    start(session, town, owing(), debt=True)
    assert told(session) == [("Έλεγχος", "current"), ("Έκδοση", "ahead")]
    [check] = processes.tasks(session, SUBJECT)
    processes.complete(session, check.id, {}, by=by)
    assert told(session) == [("Έλεγχος", "done"), ("Εξόφληση", "current"), ("Έκδοση", "ahead")]
    [settle] = processes.tasks(session, SUBJECT)
    processes.answer(session, settle.id, {}, subject=SUBJECT)
    assert told(session) == [("Εξόφληση", "done"), ("Έλεγχος", "current"), ("Έκδοση", "ahead")]


@pytest.mark.parametrize(
    ("service", "expected"),
    [
        (
            "general-application",
            [("Εξέταση από την υπηρεσία", "current"), ("Απάντηση της υπηρεσίας", "ahead")],
        ),
        (
            "no-debt-certificate",
            [("Έλεγχος οφειλών", "current"), ("Έκδοση και σφράγιση της βεβαίωσης", "ahead")],
        ),
    ],
)
def test_a_shipped_service_announces_nothing_that_may_never_come(
    session: Session, town: Town, service: str, expected: list[tuple[str, str]]
) -> None:
    start(session, town, (services.shipped()[service] / "process.bpmn").read_bytes())
    assert told(session) == expected
