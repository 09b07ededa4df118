"""Fifty programs at once against a real server process, with faults: no gap, and no lying 201."""

import json
import os
import random
import signal
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

import storage
from docflow import organization
from docflow.db import Database
from docflow.embedded.pki import is_ok
from docflow.embedded.processes import free_port
from docflow.registry import Entry
from tests import factories, stack
from tests.api.v1.calling import LETTER, SCOPES

CLIENTS, LETTERS_EACH = 50, 6


@dataclass(frozen=True)
class Service:
    """A server process and what one needs to call it."""

    address: str
    port: int
    token: str
    database: Database
    postgres: stack.PostgresServer
    database_name: str

    def terminate_somebody(self) -> None:
        """Cut a connection of the server to its database, as a restart or a firewall does."""
        with self.postgres.cluster.connect() as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = %s AND application_name = 'served' ORDER BY random() LIMIT 1",
                (self.database_name,),
            )


@pytest.fixture
def service(
    postgres: stack.PostgresServer, clone: Callable[[str], str], tmp_path: Path
) -> Iterator[Service]:
    name = clone("clients")
    database = Database(postgres.url(name))
    with database.begin() as session:
        town = factories.municipality(session)
        clerk = session.get_one(organization.User, town.users["clerk"])
        token = organization.issue_token(session, clerk, name="many", scopes=list(SCOPES))
    storage.open_store(f"file:{tmp_path / 'objects'}").prepare()
    port = free_port()
    environment = {
        **{k: v for k, v in os.environ.items() if not k.startswith("DOCFLOW_")},
        "DOCFLOW_DATABASE_URL": postgres.url(name) + "?application_name=served",
        "DOCFLOW_STORAGE_URL": f"file:{tmp_path / 'objects'}",
        "DOCFLOW_SECRET_KEY": "k" * 32,
        "DOCFLOW_MAX_UPLOAD_MB": "1",
    }
    output = tmp_path / "output"
    with output.open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "docflow.cli", "serve", "--port", str(port)],
            cwd=stack.ROOT,
            env=environment,
            stdout=log,
            stderr=log,
        )
    service = Service(f"http://127.0.0.1:{port}/api/v1", port, token, database, postgres, name)
    try:
        stack.wait_until(
            lambda: is_ok(port, "/api/v1/openapi.json", timeout=5),
            what="docflow serve",
            seconds=120,
            alive=server,
            log=output,
        )
        yield service
    finally:
        server.send_signal(signal.SIGTERM)
        code = server.wait(30)
        database.dispose()
        postgres.drop_database(name)
    assert code in (0, -signal.SIGTERM)


class Program:
    """One client: registers letters, and now and then does what clients do."""

    def __init__(self, service: Service, number: int) -> None:
        self.service, self.number = service, number
        self.chance = random.Random(number)
        self.promised: list[dict[str, Any]] = []  # every 201 that it was given
        self.other: list[int] = []  # every other status
        headers = {"Authorization": f"Bearer {service.token}"}
        # No TLS is spoken here: fifty programs need not each read the certificates of the world.
        trusting_nobody = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.http = httpx.Client(
            base_url=service.address, headers=headers, timeout=60, verify=trusting_nobody
        )

    def run(self) -> "Program":
        with self.http:
            for turn in range(LETTERS_EACH):
                fault = self.chance.choice([self.hang_up, self.wrong, self.too_large, None, None])
                if fault is not None:
                    fault()
                self.register(f"client-{self.number}-{turn}")
        return self

    def register(self, key: str) -> None:
        """Register until it is sure that it was done, as a program with a key can."""
        for _ in range(20):
            try:
                answer = self.http.post(
                    "/entries",
                    data={"metadata": json.dumps({**LETTER, "subject": f"Επιστολή {key}"})},
                    files={"files": (f"{key}.txt", key.encode() * 50)},
                    headers={"Idempotency-Key": key},
                )
            except httpx.TransportError:
                continue
            if answer.status_code == 201:
                self.promised.append(answer.json())
                return
            self.other.append(answer.status_code)
        raise AssertionError(f"{key}: {self.other}")

    def wrong(self) -> None:
        body = {**LETTER, "subject": "", "number": 7}
        self.other.append(self.http.post("/entries", json=body).status_code)

    def too_large(self) -> None:
        files = {"files": ("large.bin", b"0" * (1 << 20) + b"1")}
        data = {"metadata": json.dumps(LETTER)}
        self.other.append(self.http.post("/entries", data=data, files=files).status_code)

    def hang_up(self) -> None:
        """Send a whole letter and go, or go in its middle: it may or may not be registered."""
        body = json.dumps(LETTER).encode()
        head = (
            f"POST /api/v1/entries HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            f"Authorization: Bearer {self.service.token}\r\nContent-Length: {len(body)}\r\n\r\n"
        ).encode()
        with socket.create_connection(("127.0.0.1", self.service.port)) as connection:
            connection.sendall((head + body)[: self.chance.choice([len(head) + 20, 10_000])])


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_fifty_clients_with_faults_leave_consecutive_numbers_and_true_promises(
    service: Service,
) -> None:
    done = threading.Event()

    def disturb() -> None:
        while not done.wait(0.4):
            service.terminate_somebody()

    disturber = threading.Thread(target=disturb)
    disturber.start()
    try:
        with ThreadPoolExecutor(CLIENTS) as pool:
            programs = list(pool.map(lambda n: Program(service, n).run(), range(CLIENTS)))
    finally:
        done.set()
        disturber.join()
    with service.database.read() as session:
        entries = {entry.number: entry for entry in session.query(Entry)}
        times = [entries[number].registered_at for number in sorted(entries)]
    assert sorted(entries) == list(range(1, len(entries) + 1))
    assert times == sorted(times)
    promised = [one for program in programs for one in program.promised]
    assert len(promised) == CLIENTS * LETTERS_EACH
    assert len({one["number"] for one in promised}) == len(promised)
    for one in promised:
        kept = entries[one["number"]]
        code = one["verification_code"].replace("-", "")
        assert (kept.subject, kept.verification_code) == (one["subject"], code)
    statuses = {status for program in programs for status in program.other}
    assert {413, 422} <= statuses <= {413, 422, 503}
