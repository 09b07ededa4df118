"""Files that wait for a person, and the quarantine, from the command line."""

from pathlib import Path

import pytest

from docflow.office import open_office
from docflow.settings import Settings
from tests.cli.conftest import Terminal
from tests.docflow.steps import run_jobs


@pytest.fixture(scope="module")
def registered(office: Terminal, tmp_path_factory: pytest.TempPathFactory) -> Terminal:
    """An installation with one entry: an empty file, and a program."""
    place = tmp_path_factory.mktemp("files")
    (place / "empty.pdf").write_bytes(b"")
    (place / "tool.pdf").write_bytes(b"MZ\x90\x00")
    (office.place / "clerk-password").write_text("μακρύς-κωδικός-2\n")
    made = office(
        *("create-user", "clerk", "--name", "Μαρία", "--role", "clerk:1"),
        *("--password-file", "clerk-password"),
    )
    assert made.code == 0, made.err
    done = office(
        *("register", place / "empty.pdf", place / "tool.pdf", "--subject", "Αίτηση"),
        *("--from", "Μαρία", "--direction", "incoming", "--as", "clerk", "--json"),
    )
    assert done.code == 0, done.err
    environment = office.environment
    settings = Settings.model_validate(
        {
            "database_url": environment["DOCFLOW_DATABASE_URL"],
            "storage_url": environment["DOCFLOW_STORAGE_URL"],
            "secret_key": environment["DOCFLOW_SECRET_KEY"],
        }
    )
    worker = open_office(settings)
    run_jobs(worker, "documents.read")
    worker.db.dispose()
    return office


def test_what_waits_is_listed_and_settled(registered: Terminal, tmp_path: Path) -> None:
    listed = registered("files", "waiting", "--json", "--as", "clerk").document
    assert {one["state"] for one in listed["items"]} <= {"failed", "quarantined"}
    assert listed["total"] >= 1
    cited = listed["items"][0]["entry"]
    position = listed["items"][0]["position"]
    done = registered("files", "settle", cited, position, "--as", "clerk")
    assert done.code == 0, done.err
    again = registered("files", "settle", cited, position, "--as", "clerk")
    assert again.code == 1
    assert "wait" in registered("files", "waiting", "--as", "clerk").out


def test_the_quarantine_is_listed_and_opened_by_an_administrator(registered: Terminal) -> None:
    assert registered("files", "quarantine", "--as", "clerk").code == 1
    [held] = registered("files", "quarantine", "--json", "--as", "admin").document
    assert (held["finding"], held["name"]) == ("executable", "tool.pdf")
    assert "tool.pdf" in registered("files", "quarantine", "--as", "admin").out
    empty = registered("files", "release", held["id"], "--reason", " ", "--as", "admin")
    assert empty.code == 1
    done = registered("files", "release", held["id"], "--reason", "Δικό μας", "--as", "admin")
    assert done.code == 0, done.err


@pytest.mark.parametrize("cited", ["x", "15", "9999999/2026"])
def test_a_number_that_is_none_is_refused(registered: Terminal, cited: str) -> None:
    done = registered("files", "read-again", cited, 1, "--as", "clerk")
    assert done.code == 1
    assert done.err
