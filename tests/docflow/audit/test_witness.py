"""A witness on another machine: he sees that the log goes on, or that it does not."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select, text
from sqlalchemy.engine import make_url

from docflow import audit
from docflow.audit import witness
from docflow.audit.models import Leaf
from docflow.embedded.pki import is_ok
from docflow.embedded.processes import free_port
from docflow.embedded.record import as_environment
from docflow.office import Office
from tests import factories, stack
from tests.docflow.audit.test_audit import KEY, ORIGIN, place, sign

VERIFIER = audit.notes.Signer(ORIGIN, KEY).verifier
WITNESS = audit.notes.Signer(
    "auditor.example", Ed25519PrivateKey.generate(), audit.notes.COSIGNATURE
)


@pytest.fixture
def log(committed: Office) -> Office:
    """An office with a few events, whose head is signed."""
    with committed.db.begin() as session:
        factories.municipality(session)
    grow(committed, 5)
    return committed


@pytest.fixture
def url(log: Office, tmp_path: Path) -> Iterator[str]:
    """The address of its log, on a real web process that knows the witness."""
    port, output = free_port(), tmp_path / "output"
    settings = log.settings
    environment = as_environment(
        {
            "database_url": settings.database_url.get_secret_value(),
            "storage_url": settings.storage_url.get_secret_value(),
            "secret_key": "k" * 32,
            "log_witnesses": [str(WITNESS.verifier)],
        }
    )
    mine = {name: value for name, value in os.environ.items() if not name.startswith("DOCFLOW_")}
    command = [sys.executable, "-m", "docflow.cli", "serve", "--port", str(port)]
    with output.open("wb") as file:
        server = subprocess.Popen(
            command,
            cwd=stack.ROOT,
            env={**mine, **environment},
            stdout=file,
            stderr=file,
        )
    with log.db.read() as session:
        code = session.scalar(text("SELECT code FROM bodies"))
    address = f"http://127.0.0.1:{port}/log/{code}"
    try:
        stack.wait_until(
            lambda: is_ok(port, f"/log/{code}/key", timeout=5),
            what="the log",
            seconds=60,
            alive=server,
            log=output,
        )
        yield address
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(30)


def grow(office: Office, events: int) -> None:
    with office.db.begin() as session:
        session.execute(
            text(
                "INSERT INTO audit_events (at, body_id, actor_name, via, action, subject_type,"
                " subject_id, details) SELECT now(), 1, '', 'job', 'x', 'y', n, '{}'"
                " FROM generate_series(1, :n) n"
            ),
            {"n": events},
        )
    place(office)
    sign(office)


def test_a_witness_sees_the_log_go_on_and_signs_and_notices_what_was_rewritten(
    log: Office, url: str, tmp_path: Path, postgres: stack.PostgresServer
) -> None:
    kept = tmp_path / "seen.json"

    def look() -> witness.Seen:
        return witness.look(url, key=VERIFIER, kept=kept, witness=WITNESS)

    first = look()
    assert first.before is None
    grow(log, 300)
    second = look()
    assert second.before == first.head
    assert second.head.size == first.head.size + 300

    witness.hand_in(url, second)
    witness.hand_in(url, second)  # once more changes nothing
    note = httpx.get(f"{url}/checkpoint").text
    _, names = audit.notes.verified(note, [VERIFIER, WITNESS.verifier])
    assert names == [ORIGIN, "auditor.example"]
    with log.db.read() as session:
        leaf = session.scalars(select(Leaf).where(Leaf.index == 200)).one()
        proof = audit.notes.Proof.parse(audit.prove(session, leaf.event_id))
    assert audit.notes.verified(proof.checkpoint, [WITNESS.verifier])

    rewrite(log, postgres)
    with pytest.raises(witness.LogBroken, match="rewritten"):
        look()
    set_back(log, postgres)
    with pytest.raises(witness.LogBroken, match="set back"):
        look()
    # What he kept is still the last sound head, for whoever asks him.
    assert f"\\n{second.head.size}\\n" in kept.read_text()


def by_hand(office: Office, postgres: stack.PostgresServer) -> psycopg.Connection:
    database = make_url(office.settings.database_url.get_secret_value()).database
    connection = postgres.cluster._connect(str(database))
    connection.autocommit = True
    connection.execute("SET session_replication_role = replica")
    return connection


def rewrite(office: Office, postgres: stack.PostgresServer) -> None:
    """One leaf is exchanged, and everything above it made and signed anew, with the true key."""
    with by_hand(office, postgres) as connection:
        connection.execute(
            "UPDATE audit_tiles SET hashes = overlay(hashes PLACING sha256('other') FROM 1)"
            " WHERE level = 0 AND index = 0"
        )
        [(tile,)] = connection.execute(
            "SELECT hashes FROM audit_tiles WHERE level = 0 AND index = 0"
        ).fetchall()
        top = audit.merkle.root_over([tile[at : at + 32] for at in range(0, 8192, 32)])
        connection.execute("UPDATE audit_tiles SET hashes = %s WHERE level = 1", [top])
    grow(office, 3)


def set_back(office: Office, postgres: stack.PostgresServer) -> None:
    with by_hand(office, postgres) as connection:
        connection.execute("DELETE FROM audit_cosignatures")
        connection.execute("DELETE FROM audit_checkpoints WHERE size > 10")


def test_lines_of_strangers_are_not_kept(log: Office, url: str, tmp_path: Path) -> None:
    stranger = audit.notes.Signer("x.example", Ed25519PrivateKey.generate(), WITNESS.kind)
    seen = witness.look(url, key=VERIFIER, kept=tmp_path / "seen.json", witness=stranger)
    with pytest.raises(witness.LogAway, match="422"):
        witness.hand_in(url, seen)


def test_what_does_not_answer_or_is_no_log_is_told_apart(url: str, tmp_path: Path) -> None:
    kept = tmp_path / "seen.json"
    for address in ("http://127.0.0.1:9/log/x", url + "x", "file:///etc"):
        with pytest.raises(witness.LogAway):
            witness.look(address, key=VERIFIER, kept=kept)
    other = audit.notes.Signer(ORIGIN, Ed25519PrivateKey.generate()).verifier
    with pytest.raises(audit.notes.BadNote):
        witness.look(url, key=other, kept=kept)
    assert not kept.exists()
