"""Charging and lists of paper from the command line."""

from datetime import timedelta

from sqlalchemy import select

from docflow import clock, routing
from docflow.db import Database
from tests import factories
from tests.cli.conftest import Terminal


def test_entries_are_charged_and_their_paper_goes_with_a_list(
    office: Terminal, database: Database
) -> None:
    with database.begin() as session:
        town = factories.municipality(session, code="poli")
        entry = factories.letter(session, town)
        cited = entry.label
    head = ("--as", "poli-secretary")
    charged = office("charge", cited, "--unit", "ΟΔΟΠ", "--person", "poli-engineer", *head)
    assert charged.code == 0, charged.err
    again = office("charge", cited, "--unit", "ΟΔΟΠ", "--json", "--as", "poli-lawyer")
    assert again.code == 1
    again = office(
        "charge",
        cited,
        "--unit",
        "ΟΔΟΠ",
        "--person",
        "poli-engineer",
        "--json",
        "--as",
        "poli-director",
    )
    assert again.code == 1
    [told] = again.document
    assert (told["label"], told["charged"]) == (cited, False)
    assert "already" in told["error"]
    assert office("charge", cited, "--unit", "ΧΧΧ", *head).code == 1
    [made] = office("delivery-lists", "make", "--json", *head).document
    assert made["documents"] == 1
    printed = office("delivery-lists", "print", made["id"], "-o", "list.pdf", *head)
    assert printed.code == 0, printed.err
    assert (office.place / "list.pdf").read_bytes().startswith(b"%PDF")
    assert office("delivery-lists", "make", *head).code == 1, "nothing waits any more"


def test_entries_are_charged_on_a_day_to_come(office: Terminal, database: Database) -> None:
    with database.begin() as session:
        town = factories.municipality(session, code="kastro")
        entry = factories.letter(session, town)
    words = ("charge", entry.label, "--unit", "ΟΔΟΠ", "--as", "kastro-secretary")
    assert office(*words, "--on", "tomorrow").code == 1
    assert office(*words, "--on", "2001-01-01").code == 1
    day = clock.today() + timedelta(days=9)
    planned = office(*words, "--on", f"{day:%d/%m/%Y}")
    assert planned.code == 0, planned.err
    with database.begin() as session:
        [plan] = session.scalars(
            select(routing.PlannedCharge).where(routing.PlannedCharge.entry_id == entry.id)
        )
        assert plan.on_day == day
        assert routing.charges(session, entry.id, by=town.person(session, "secretary")) == []
