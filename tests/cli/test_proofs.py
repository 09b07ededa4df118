"""Proofs on the command line: made in an installation, checked anywhere."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from sqlalchemy import text

from docflow import audit
from docflow.db import Database
from tests.cli.conftest import Terminal
from tests.cli.test_entries import register


@pytest.fixture
def letter(tmp_path: Path) -> Path:
    path = tmp_path / "letter.txt"
    path.write_text(f"Παρακαλώ {tmp_path}")  # the same file twice would ask for a reason
    return path


def test_a_key_is_made_once(terminal: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "log.pem"
    assert terminal("audit", "new-key", file).code == 0
    assert file.stat().st_mode & 0o777 == 0o600
    load_pem_private_key(file.read_bytes(), None)
    again = terminal("audit", "new-key", file)
    assert again.code != 0
    assert "log.pem" in again.err


def test_before_a_head_is_signed_there_is_no_proof(office: Terminal, letter: Path) -> None:
    entry = register(office, letter).document
    done = office("audit", "proof", entry["label"], "-o", letter.with_suffix(".proof"))
    assert done.code != 0
    assert not letter.with_suffix(".proof").exists()
    assert office("audit", "head").code != 0


def test_an_entry_is_proven_and_checked(
    office: Terminal, database: Database, letter: Path, tmp_path: Path
) -> None:
    entry = register(office, letter).document
    file, key = tmp_path / "entry.tlog-proof", tmp_path / "log.pem"
    key.write_bytes(audit.keys.new())
    with database.begin() as session:
        while audit.sequence(session):
            pass
        body_id = session.scalar(text("SELECT min(id) FROM bodies"))
        audit.sign_heads(session, origins={body_id: "a.example/log/b"}, keys=audit.keys.load([key]))
    assert office("audit", "proof", entry["label"], "-o", file).code == 0
    head = tmp_path / "head"
    head.write_text(office("audit", "head").out)
    verifier = office("audit", "key").out.strip()
    checked = office("audit", "check", file, letter, "--key", verifier, "--json")
    assert checked.document["holds"], checked
    letter.write_text("Άλλο")
    assert office("audit", "check", file, letter, "--key", verifier).code == 1
    assert office("audit", "verify", "--checkpoint", head).code == 0
    head.write_text(head.read_text().replace("a.example", "b.example"))
    assert office("audit", "verify", "--checkpoint", head).code == 1
