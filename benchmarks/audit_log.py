"""The audit log at a million events: sequencing, a proof, the verification of everything.

    .venv/bin/python benchmarks/audit_log.py [--events 1000000]

The verification is stated as a ratio to SHA-256 over the same bytes in the same run, the
sequencing to copying the same rows with COPY; the machine's speed cancels out.
"""

import argparse
import hashlib
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select, text

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from docflow import audit, migrations  # noqa: E402  # after the path
from docflow.audit.events import COLUMNS, canonical  # noqa: E402
from docflow.audit.models import Event, Leaf  # noqa: E402
from docflow.db import Database  # noqa: E402
from tests import factories, stack  # noqa: E402

# Events as a registration writes them: a digest of the core, one file, Greek words.
FILL = """
INSERT INTO audit_events (at, body_id, actor_id, actor_name, via, action, subject_type, subject_id,
                          details)
SELECT clock_timestamp(), 1, NULL, 'Μαρία Νικολάου', 'web', 'test.done', 'test', n,
       jsonb_build_object('book', 'koino', 'year', 2026, 'number', n,
                          'core', encode(sha256(n::text::bytea), 'hex'),
                          'files', jsonb_build_array(encode(sha256(('f' || n)::bytea), 'hex')))
  FROM generate_series(1, :n) n
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=1_000_000)
    wanted = parser.parse_args().events
    with tempfile.TemporaryDirectory(prefix="docflow-bench-") as folder:
        Path(folder).chmod(0o755)
        with stack.PostgresServer(folder=Path(folder) / "pg") as postgres:
            postgres.create_database("bench_audit")
            migrations.upgrade(postgres.owner_url("bench_audit"))
            measure(Database(postgres.url("bench_audit")), wanted)


def measure(db: Database, wanted: int) -> None:
    with db.begin() as session:
        factories.municipality(session)
    filling = seconds(lambda: fill(db, wanted))
    sequencing = seconds(lambda: place(db))
    print(f"{wanted:,} events written by bare INSERT … SELECT in {filling:.1f} s")
    print(
        f"sequenced in {sequencing:.1f} s: {wanted / sequencing:,.0f} a second, "
        f"{sequencing / filling:.2f} of the time of the bare rows"
    )
    key = Ed25519PrivateKey.generate()
    with db.begin() as session:
        audit.sign_heads(session, origins={1: "bench.example/log/x"}, keys=[key])
    with db.begin() as session:
        session.execute(text("ANALYZE"))  # as PostgreSQL does by itself within a minute
    proofs(db, wanted)
    with db.read() as session:
        began = time.perf_counter()
        outcome = audit.verify(session)
        verifying = time.perf_counter() - began
    assert outcome.is_sound, outcome.findings[:3]
    with db.read() as session:
        hashing = bare_hashing(session)
    print(
        f"verified in {verifying:.1f} s: {verifying / hashing:.1f} times SHA-256 alone "
        f"over the same bytes ({hashing:.2f} s)"
    )


def fill(db: Database, wanted: int) -> None:
    with db.begin() as session:
        session.execute(text(FILL), {"n": wanted})


def place(db: Database) -> None:
    placed = 1
    while placed:
        with db.begin() as session:
            placed = audit.sequence(session)


def proofs(db: Database, wanted: int) -> None:
    times = []
    with db.read() as session:
        for number in range(200):
            index = number * (wanted - 1) // 199
            event_id = session.scalar(select(Leaf.event_id).where(Leaf.index == index))
            assert event_id is not None
            session.expunge_all()
            times.append(seconds(lambda found=event_id: audit.prove(session, found)))
    times.sort()
    print(f"a proof: median {times[100] * 1e3:.2f} ms, p95 {times[190] * 1e3:.2f} ms")


def bare_hashing(session: object) -> float:
    """SHA-256 over the bytes of all events, which are read beforehand."""
    rows = session.execute(select(*COLUMNS).order_by(Event.id)).all()  # type: ignore[attr-defined]
    data = [canonical(*row) for row in rows]

    def all_of_it() -> None:
        for one in data:
            hashlib.sha256(one).digest()

    return seconds(all_of_it)


def seconds(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
