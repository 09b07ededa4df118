"""Old registers and the emergency register from the command line."""

import hashlib
from datetime import timedelta
from pathlib import Path

import pytest

from docflow import emergency, organization
from docflow.db import Database
from docflow.emergency import Kit
from tests.api.web.test_emergency import saved
from tests.cli.conftest import Terminal
from tests.docflow.emergency.journals import overrun
from tests.docflow.imports import tables


@pytest.fixture(scope="module")
def registry(office: Terminal) -> Terminal:
    """An installation with a head of the registry, who also registers."""
    done = office(
        *("create-user", "kallergis", "--name", "Ορέστης Καλλέργης", "--technical"),
        *("--role", "registrar", "--role", "clerk:1"),
    )
    assert done.code == 0, done.err
    return office


def written(folder: Path, data: bytes, name: str = "παλιό.csv") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def imported(registry: Terminal, file: Path, year: int, *more: object):
    return registry(
        *("import", "register", file, "--year", year, "--from", "Παλαιό πρόγραμμα"),
        *("--as", "kallergis", "--json", *more),
    )


def rows(year: int) -> list[tuple[str, ...]]:
    return [tables.row(n, date=f"{n:02}/05/{year}") for n in (1, 2, 3, 5)]


def test_a_register_is_checked_and_taken_over(registry: Terminal, tmp_path: Path) -> None:
    file = written(tmp_path, tables.csv(rows(2021), encoding="windows-1253"))
    looked = imported(registry, file, 2021, "--dry-run")
    assert looked.code == 0, looked.err
    assert looked.document["report"]["gaps"] == [["common", 4, 4]]
    done = imported(registry, file, 2021)
    assert done.code == 0, done.err
    assert done.document["state"] == "sealed"
    shown = registry("show", "5/2021", "--as", "kallergis", "--json")
    assert shown.document["sender"] == "Σύλλογος Αγίας Ειρήνης 5"
    assert registry("audit", "verify", "--json").document["sound"]


def test_bad_rows_end_with_one_and_a_report(registry: Terminal, tmp_path: Path) -> None:
    bad = [*rows(2020), tables.row(6, date="ποτέ")]
    file, report = written(tmp_path, tables.csv(bad)), tmp_path / "report.csv"
    done = imported(registry, file, 2020, "--report", report)
    assert done.code == 1
    assert "--skip-bad" in done.err
    assert report.read_text("utf-8-sig").splitlines()[1].startswith("6;6;")
    assert imported(registry, file, 2020, "--skip-bad").document["rows_done"] == 4


def test_columns_are_named_by_hand(registry: Terminal, tmp_path: Path) -> None:
    data = "Ν;Πότε;Ποιος;Τι\n1;1/2/2019;Άννα;Αίτηση\n".encode()
    file = written(tmp_path, data)
    named = ("--mapping", "number=1", "--mapping", "date=Πότε", "--mapping", "sender=Ποιος")
    done = imported(registry, file, 2019, *named, "--mapping", "subject=4", "--direction",
                    "incoming")  # fmt: skip
    assert done.code == 0, done.err
    wrong = imported(registry, file, 2018, "--mapping", "color=1")
    assert wrong.code == 1
    assert "FIELD=COLUMN" in wrong.err
    assert imported(registry, file, 2018, "--mapping", "number=Άλλο").code == 1


def test_a_kit_is_prepared_and_its_file_taken_over(
    registry: Terminal, tmp_path: Path, database: Database
) -> None:
    made = registry(
        *("emergency", "prepare", "--place", "Γκισέ", "--numbers", 10, "--out", tmp_path),
        *("--as", "kallergis", "--json"),
    )
    assert made.code == 0, made.err
    assert Path(made.document["sheets"]).read_bytes().startswith(b"%PDF")
    assert made.document["kit"] in Path(made.document["page"]).read_text()
    with database.read() as session:
        by = organization.principal_named(session, "kallergis", via=organization.Via.CLI)
        kit = emergency.kit(
            session, session.query(Kit.id).order_by(Kit.id.desc()).first()[0], by=by
        )
    file = written(tmp_path, saved(kit)[1], "docflow-emergency.json")
    looked = registry("emergency", "recover", file, "--dry-run", "--as", "kallergis", "--json")
    assert looked.document["new"] == [kit.first_label]
    done = registry("emergency", "recover", file, "--as", "kallergis", "--json")
    assert [label for label, *_ in done.document["registered"]] == [kit.first_label]
    kept = hashlib.sha256(file.read_bytes()).hexdigest()
    assert [one.name for one in registry.place.rglob(kept)] == [kept]
    again = registry("emergency", "recover", file, "--as", "kallergis")
    assert "taken over before" in again.out
    altered = written(tmp_path, file.read_bytes().replace(b"counter", b"courier"), "x.json")
    refused = registry("emergency", "recover", altered, "--as", "kallergis")
    assert refused.code == 1
    assert kit.first_label in refused.err


def test_an_authorisation_is_stated_afterwards(
    registry: Terminal, tmp_path: Path, database: Database
) -> None:
    with database.begin() as session:
        by = organization.principal_named(session, "kallergis", via=organization.Via.CLI)
        _, page, start = overrun(session, by)
    file = written(tmp_path, page.file(), "docflow-emergency-2.json")
    assert registry("emergency", "recover", file, "--as", "kallergis").code == 1
    stated = ("emergency", "authorise", file, "--by", "Ο Δήμαρχος", "--as", "kallergis")
    assert registry(*stated, "--at", "χθες").code == 1
    moment = (start + timedelta(hours=24)).isoformat()
    assert registry(*stated, "--at", moment, "--json").document["authorised"] == 1
    done = registry("emergency", "recover", file, "--as", "kallergis", "--json")
    assert len(done.document["registered"]) == 2, done.err
