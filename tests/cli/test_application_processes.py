"""Processes of applications from the command line."""

from datetime import date

from sqlalchemy import select

from docflow import processes
from docflow.db import Database
from docflow.organization import Body, Unit
from tests.cli.conftest import Terminal
from tests.docflow.processes.drawing import START, drawn, end, gateway, user

CHECK = drawn(
    START,
    gateway("g"),
    user("pay", "citizen", label="Πληρωμή"),
    end(),
    flows=["start g", "g pay if due > 50", "g end default", "pay end"],
)


def test_a_stopped_process_is_listed_and_repaired(office: Terminal, database: Database) -> None:
    with database.begin() as session:
        body_id = session.scalars(select(Body.id)).one()
        unit = Unit(body_id=body_id, code="Π1", name="Πρόσοδοι", valid_from=date(2000, 1, 1))
        session.add(unit)
        session.flush()
        number = processes.start(
            session,
            body_id=body_id,
            subject=("matter", 1),
            xml=CHECK,
            service="fine",
            version=1,
            unit_id=unit.id,
            data={},
        )
    admin = ("--as", "admin")
    [one] = office("processes", "list", "--state", "stopped", "--json", *admin).document
    assert (one["id"], one["state"]) == (number, "stopped")
    assert "due > 50" in office("processes", "list", *admin).out
    again = office("processes", "repair", number, *admin)
    assert (again.code, "It stopped again" in again.out) == (1, True)
    done = office("processes", "repair", number, "--given", "due=60", *admin)
    assert (done.code, done.err) == (0, "")
    assert "Πληρωμή" in office("processes", "list", *admin).out
    assert office("processes", "cancel", number, "--reason", "δοκιμή", *admin).code == 0
    assert office("processes", "repair", number, *admin).code == 1


def test_a_file_is_checked_with_its_lines(terminal: Terminal) -> None:
    (terminal.place / "good.bpmn").write_bytes(CHECK)
    assert terminal("processes", "check", "good.bpmn").code == 0
    (terminal.place / "bad.bpmn").write_bytes(CHECK.replace(b"citizen", b"nobody"))
    bad = terminal("processes", "check", "bad.bpmn")
    assert bad.code == 1
    assert bad.out.startswith("bad.bpmn:6: Say whose it is")
    assert terminal("processes", "check", "none.bpmn").code == 1


def test_a_template_is_deployed_and_tied_to_a_kind(office: Terminal) -> None:
    look = drawn(
        START, user("look", "unit:1"), end(), flows=["start look", "look end"], process="cli_look"
    )
    (office.place / "look.bpmn").write_bytes(look)
    (office.place / "bad.bpmn").write_bytes(look.replace(b"unit:1", b"citizen"))
    admin = ("--as", "admin")
    bad = office("processes", "deploy", "bad.bpmn", *admin)
    assert (bad.code, "bad.bpmn:5: Only services have steps of the citizen" in bad.out) == (1, True)
    made = office("processes", "deploy", "look.bpmn", *admin)
    assert (made.code, made.out) == (0, "“cli_look” is deployed at version 1.\n"), made.err
    (office.place / "kind.json").write_text(KIND)
    assert office("kinds", "define", "eidos", "kind.json", *admin).code == 0
    assert office("processes", "tie", "eidos", "cli_look", *admin).code == 0
    [one] = office("processes", "templates", "--json", *admin).document
    assert (one["code"], one["kinds"]) == ("cli_look", ["eidos"])
    assert office("processes", "withdraw", "cli_look", *admin).code == 1
    assert office("processes", "tie", "eidos", *admin).code == 0
    assert office("processes", "withdraw", "cli_look", *admin).code == 0
    assert office("processes", "templates", *admin).out.startswith("- cli_look")


KIND = (
    '{"title_el": "Είδος", "title_en": "", "directions": [], "books": [], "fields": [], '
    '"defaults": {}}'
)
