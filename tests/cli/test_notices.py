"""Notices on the command line."""

from pathlib import Path

from cryptography.hazmat.primitives.serialization import load_pem_private_key
from sqlalchemy import text

from docflow import notices, organization, principal
from docflow.db import Database
from tests.cli.conftest import Terminal
from tests.cli.test_entries import register


def test_a_person_lists_what_he_was_told(
    office: Terminal, database: Database, tmp_path: Path
) -> None:
    path = tmp_path / "letter.txt"
    path.write_text(f"Παρακαλώ {tmp_path}")
    entry = register(office, path).document
    with database.begin() as session:
        by = organization.principal_named(session, "cli", via=principal.Via.CLI)
        entry_id = session.scalar(text("SELECT max(id) FROM entries"))
        notices.tell(
            session,
            [by.user_id],
            kind=notices.NoticeKind.READING_FAILED,
            about=("entry", entry_id),
            by=principal.system(by.body_id),
        )
    listed = office("notices", "list", "--unread", "--json").document
    assert [one["kind"] for one in listed] == ["reading-failed"]
    assert entry["label"] in office("notices", "list").out
    assert office("notices", "sent", "--as", "admin", "--json").document == []
    assert office("notices", "sent").code == 1
    assert "17" not in office("notices", "again", "17", "--as", "admin").out


def test_a_key_is_made_once_and_for_its_owner_alone(terminal: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "push.pem"
    assert terminal("notices", "push-key", file).code == 0
    assert file.stat().st_mode & 0o777 == 0o600
    load_pem_private_key(file.read_bytes(), None)
    assert terminal("notices", "push-key", file).code != 0
