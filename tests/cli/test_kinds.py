"""Kinds of document and what waits for its description, from the command line."""

import json
from pathlib import Path

from tests.cli.conftest import Terminal

KIND = {
    "title_el": "Κλήση ΚΟΚ",
    "title_en": "Traffic fine",
    "directions": ["incoming"],
    "books": [],
    "defaults": {"subject": "Πληρωμή κλήσης"},
    "fields": [{"code": "fine", "type": "text", "title_el": "Αρ. κλήσης", "choices": []}],
}


def test_a_kind_is_defined_from_a_file_changed_and_withdrawn(
    office: Terminal, tmp_path: Path
) -> None:
    path = tmp_path / "kind.json"
    path.write_text(json.dumps(KIND))
    admin = ("--as", "admin")
    done = office("kinds", "define", "klisi-cli", path, *admin)
    assert done.code == 0, done.err
    path.write_text(json.dumps({**KIND, "title_el": "Κλήση"}))
    assert "version 2" in office("kinds", "define", "klisi-cli", path, *admin).out
    [shown] = [
        one for one in office("kinds", "list", "--json").document if one["code"] == "klisi-cli"
    ]
    assert (shown["version"], shown["definition"]["title_el"]) == (2, "Κλήση")
    assert office("kinds", "retire", "klisi-cli", *admin).code == 0
    assert "- klisi-cli" in office("kinds", "list").out


def test_what_is_no_kind_is_refused(office: Terminal, tmp_path: Path) -> None:
    path = tmp_path / "kind.json"
    for text in ("δεν είναι JSON", "{}", "[]", json.dumps({**KIND, "fields": [{"x": 1}]})):
        path.write_text(text)
        done = office("kinds", "define", "x", path, "--as", "admin")
        assert done.code == 1
        assert "kind.json" in done.err
    path.write_text(json.dumps(KIND))
    assert office("kinds", "define", "x", path).code == 1  # not an administrator


def test_what_waits_for_its_description_is_listed(office: Terminal) -> None:
    assert isinstance(office("undescribed", "--json").document, list)
    assert office("undescribed").code == 0


def test_a_document_of_a_kind_is_registered_once_unless_there_is_a_reason(
    office: Terminal, tmp_path: Path
) -> None:
    path, paper = tmp_path / "kind.json", tmp_path / "klisi.txt"
    path.write_text(json.dumps(KIND))
    paper.write_text("κλήση που ήρθε δύο φορές")
    assert office("kinds", "define", "klisi-b", path, "--as", "admin").code == 0
    command = (
        *("register", paper, "--direction", "incoming", "--subject", "Πληρωμή κλήσης"),
        *("--from", "Άννα Μάρκου", "--kind", "klisi-b", "--value", "fine=77/2026", "--json"),
    )
    first = office(*command)
    assert first.code == 0, first.err
    again = office(*command)
    assert again.code == 1
    assert first.document["label"] in again.err
    assert office(*command, "--duplicate-reason", "δεύτερο αντίτυπο").code == 0
