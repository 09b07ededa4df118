"""Registering, showing and searching from the command line; the proofs."""

import hashlib
from itertools import count
from pathlib import Path

import pytest

from tests.cli.conftest import Done, Terminal

_numbers = count(1)
CONTRACT = {
    *("book", "year", "number", "label", "direction", "subject", "registered_at", "sender"),
    *("recipients", "sender_reference", "files", "charges", "annulled", "relations"),
}


@pytest.fixture
def letter(tmp_path: Path) -> Path:
    path = tmp_path / "αίτηση.txt"
    path.write_text(f"Παρακαλώ να επισκευαστεί το πεζοδρόμιο. {next(_numbers)}")
    return path


def register(office: Terminal, *more: object) -> Done:
    return office(
        *("register", "--direction", "incoming", "--subject", "Αίτηση επισκευής πεζοδρομίου"),
        *("--from", "Μαρία Αναγνώστου", "--json", *more),
    )


def test_a_scan_is_registered_and_shown(office: Terminal, letter: Path) -> None:
    done = register(office, letter, "--sender-reference", "77/β", "--sender-date", "20/11/2025")
    assert done.code == 0, done.err
    entry = done.document
    assert set(entry) >= CONTRACT
    assert entry["sender"] == "Μαρία Αναγνώστου"
    assert entry["sender_date"] == "2025-11-20"
    [file] = entry["files"]
    assert file["name"] == "αίτηση.txt"
    assert file["sha256"] == hashlib.sha256(letter.read_bytes()).hexdigest()
    assert set(file["ocr"]) >= {"state", "text_chars", "mean_confidence"}
    shown = office.apart("show", entry["label"], "--json")
    assert shown.document == entry
    assert office("show", entry["label"], "--book", "koino", "--json").document == entry


def test_an_outgoing_document_has_its_recipients(office: Terminal, letter: Path) -> None:
    done = office(
        *("register", letter, "--direction", "outgoing", "--subject", "Διαβιβαστικό"),
        *("--to", "Υπουργείο Εσωτερικών", "--to", "Περιφέρεια Αττικής", "--json"),
    )
    assert done.document["recipients"] == ["Υπουργείο Εσωτερικών", "Περιφέρεια Αττικής"]


def test_the_same_key_gives_the_same_number(office: Terminal, letter: Path) -> None:
    first = register(office, letter, "--idempotency-key", "scan-1").document
    again = register(office, letter, "--idempotency-key", "scan-1").document
    assert first["label"] == again["label"]


def test_a_domain_error_is_exit_code_1_on_standard_error(office: Terminal, letter: Path) -> None:
    done = office("register", letter, "--direction", "incoming", "--subject", "Θέμα", "--json")
    assert (done.code, done.out) == (1, "")
    assert "sender" in done.err
    assert register(office, letter, "--as", "nobody").code == 1
    assert register(office, letter, "--book", "empisteftiko").code == 1
    assert register(office, letter, "--sender-date", "2025-13-45").code == 1
    assert office("show", "999999/2026").code == 1
    assert office("show", "12").code == 1


def test_an_entry_is_found_by_a_word(office: Terminal, letter: Path) -> None:
    entry = register(office, letter, "--from", "Ζαχαρίας Μπαλτατζής").document
    found = office("search", "ΖΑΧΑΡΙΑΣ ΜΠΑΛΤΑΤΖΗΣ", "--json").document
    assert found["total"] == 1
    assert found["hits"][0]["label"] == entry["label"]
    assert entry["label"] in office("search", "μπαλτατζης").out
    narrow = ("search", "μπαλτατζης", "--files", "--first-day", "1/1/2026", "--state", "new")
    assert entry["label"] in office(*narrow, "--newest").out
    assert office(*narrow[:2], "--no-files", "--json").document["total"] == 0
    assert office("search", "μπαλτατζης", "--unit", "ΤΙΠΟΤΑ").code == 1
    assert office("search", "μπαλτατζης", "--state", "nowhere").code == 1


def test_people_read_it_in_the_office_s_time_and_language(office: Terminal, letter: Path) -> None:
    entry = register(office, letter).document
    done = office("show", entry["label"], LANG="el_GR.UTF-8")
    assert "Κωδικός επαλήθευσης" in done.out
    assert "Μαρία Αναγνώστου" in done.out


def test_the_trail_and_the_numbers_are_sound(office: Terminal, letter: Path) -> None:
    register(office, letter)
    trail = office("audit", "verify", "--json")
    assert trail.code == 0, trail.out
    assert (trail.document["sound"], trail.document["findings"]) == (True, [])
    numbers = office("audit", "check-numbers", "--json")
    assert numbers.code == 0
    [series] = [one for one in numbers.document["series"] if one["book"] == "koino"]
    assert series["entries"] == series["last_number"]
