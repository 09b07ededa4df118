"""The same story from the command line, with a scan of one's own."""

import hashlib
from pathlib import Path

import pytest

from tests.e2e import acts
from tests.e2e.desk import Desk, Paper
from tests.e2e.running import Done, Running
from tests.stack import wait_until


@pytest.fixture(scope="module")
def scan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the scan with bytes of its own: the register knows the same ones again."""
    path = tmp_path_factory.mktemp("scan") / acts.SCAN.name
    path.write_bytes(acts.another_scan()["buffer"])
    return path


@pytest.fixture(scope="module")
def entry(running: Running, scan: Path) -> Done:
    return running.docflow(
        *("register", scan, "--as", "clerk", "--direction", "incoming", "--json"),
        *("--from", "Δημοτολόγιο Οινουσσών", "--subject", "Από τη γραμμή εντολών"),
        *("--sender-reference", "2657", "--sender-date", "18/03/2025"),
    )


def test_a_scan_is_registered_and_read(running: Running, entry: Done, scan: Path) -> None:
    assert entry.code == 0, entry.err
    label = entry.document["label"]
    [file] = entry.document["files"]
    assert file["sha256"] == hashlib.sha256(scan.read_bytes()).hexdigest()
    wait_until(lambda: _state(running, label) == "done", what="the reading", seconds=120)
    shown = running.docflow("show", label, "--as", "clerk", "--json").document
    assert shown["files"][0]["ocr"]["text_chars"] > 500
    assert shown["sender_date"] == "2025-03-18"


def _state(running: Running, label: str) -> str:
    number, year = label.split("/")
    return str(
        running.ask(
            """SELECT readings.state FROM readings JOIN files ON files.id = readings.file_id
            JOIN entries ON entries.id = files.entry_id
            WHERE entries.number = %(number)s AND entries.year = %(year)s""",
            number=int(number),
            year=int(year),
        )
    )


def test_it_is_found_by_a_word_of_the_scan_and_by_people_in_the_pages(
    desk: Desk, running: Running, entry: Done
) -> None:
    label = entry.document["label"]
    wait_until(lambda: _state(running, label) == "done", what="the reading", seconds=120)
    found = running.docflow("search", "ΟΙΝΟΥΣΣΩΝ μεριδα", "--as", "clerk", "--json").document
    assert label in {hit["label"] for hit in found["hits"]}
    page = desk.page("clerk")
    page.goto("/search?q=2657")
    assert page.get_by_role("link", name=label, exact=True).count() == 1


def test_the_issued_document_is_validated_and_its_numbers_have_no_gap(
    running: Running, collected: Paper, tmp_path: Path
) -> None:
    document = tmp_path / "έγγραφο.pdf"
    document.write_bytes(collected.data)
    judged = running.docflow("validate", document, "--trust", running.roots, "--json")
    assert judged.code == 0, judged.err
    assert judged.document["document"]["verdict"] == "valid", judged.document
    numbers = running.docflow("audit", "check-numbers", "--as", "auditor", "--json")
    assert numbers.code == 0, numbers.out
    common = next(one for one in numbers.document["series"] if one["book"] == "koino")
    assert common["entries"] == common["last_number"] > 0


def test_a_scan_is_made_searchable_and_signed_by_the_tools_alone(
    running: Running, tmp_path: Path
) -> None:
    searchable, signed = tmp_path / "s.pdf", tmp_path / "signed.pdf"
    read = running.docflow("ocr", acts.SCAN, "-o", searchable, "--languages", "ell", "--json")
    assert read.code == 0, read.err
    assert "ΠΙΣΤΟΠΟΙΗΤΙΚΟ" in Paper(searchable.read_bytes()).text
    done = running.docflow(
        *("sign", searchable, "-o", signed, "--key", running.seal, "--tsa", running.tsa.url),
        DOCFLOW_KEY_PASSWORD="σφραγίδα",
    )
    assert done.code == 0, done.err
    report = running.judge(signed.read_bytes())
    assert (report.verdict, len(report.signatures)) == ("valid", 1)
