"""Daily registers, the closing of a year and exports from the command line."""

import csv
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from docflow import clock, organization, parties, registry
from docflow.db import Database
from tests.cli.conftest import Terminal

ZONE = ZoneInfo("Europe/Athens")


@pytest.fixture(scope="module")
def letters(office: Terminal, database: Database) -> None:
    """Two letters of the year before, and a head of the registry."""
    (office.place / "password").write_text("μακρύς-κωδικός-2\n")
    made = office(
        *("create-user", "head", "--name", "Ελένη Ράπτη", "--role", "registrar"),
        *("--password-file", "password"),
    )
    assert made.code == 0, made.err
    at = datetime(2025, 12, 30, 12, tzinfo=ZONE)
    with clock.pretend(at), database.begin() as session:
        by = organization.principal_named(session, "cli", via=organization.Via.CLI)
        for n in (1, 2):
            registry.register(
                session,
                registry.NewEntry(
                    direction=registry.Direction.INCOMING,
                    subject=f"Αίτηση {n}",
                    sender=parties.Contact(name=f"Σύλλογος {n}"),
                ),
                [],
                by=by,
                zone="Europe/Athens",
                ocr_languages=["ell"],
            )


def test_days_that_are_overdue_end_with_exit_code_1(office: Terminal, letters: None) -> None:
    done = office("books", "days", "koino", "--json")
    assert done.code == 1
    first = done.document["waiting"][0]
    assert (first["day"], first["overdue"]) == ("2025-12-30", True)
    assert "30/12/2025" in office("books", "days", "koino").err


def test_without_a_seal_the_days_wait_and_say_why(office: Terminal, letters: None) -> None:
    done = office("books", "close-days", "koino", "--as", "head", "--json")
    assert (done.code, done.document["closed"]) == (1, 0)
    assert "DOCFLOW_SEAL_KEY" in done.document["problem"]
    refused = office("books", "close-days", "koino")
    assert (refused.code, refused.out) == (1, "")
    assert "head of the registry" in refused.err


def test_a_year_that_is_not_ready_is_not_closed(office: Terminal, letters: None) -> None:
    report = office("books", "close-year", "koino", "2025", "--report", "--json")
    assert report.code == 1
    assert report.document["obstacles"][0].startswith("Days without their register: 2")
    assert not report.document["closed"]
    refused = office("books", "close-year", "koino", "2025", "--as", "head")
    assert refused.code == 1
    assert "30/12, 31/12" in refused.err


def test_nothing_closed_is_nothing_altered(office: Terminal, letters: None) -> None:
    done = office("books", "verify-days", "koino", "--json")
    assert (done.code, done.document) == (0, {"sound": True, "registers": 0, "findings": []})


@pytest.mark.parametrize("form", ["pdf", "csv", "xlsx", "xml"])
def test_a_period_is_written_into_a_file(
    office: Terminal, letters: None, tmp_path: Path, form: str
) -> None:
    path = tmp_path / f"register.{form}"
    done = office(
        *("books", "export", "-o", path, "--format", form),
        *("--from", "2025-01-01", "--to", "31/12/2025", "--language", "en"),
    )
    assert done.code == 0, done.err
    assert done.out.startswith("2 entries were written to")
    if form == "csv":
        lines = path.read_text(encoding="utf-8-sig").splitlines()
        rows = list(csv.DictReader(lines, delimiter=";"))
        assert [row["Sender"] for row in rows] == ["Σύλλογος 1", "Σύλλογος 2"]


@pytest.mark.parametrize(
    "wrong",
    [
        ("--from", "2025-02-30", "--to", "2025-12-31"),
        ("--from", "2025-12-31", "--to", "2025-01-01"),
        ("--from", "2025-01-01", "--to", "2025-12-31", "--book", "agnosto"),
    ],
)
def test_a_wrong_wish_writes_nothing(
    office: Terminal, letters: None, tmp_path: Path, wrong: tuple[str, ...]
) -> None:
    path = tmp_path / "register.csv"
    done = office("books", "export", "-o", path, "--format", "csv", *wrong)
    assert (done.code, path.exists()) == (1, False)
    assert done.err
