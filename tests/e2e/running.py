"""The whole product as it runs in production: servers, processes, and a small municipality.

Nothing stands in for anything else: PostgreSQL, Valkey, SeaweedFS, a time-stamping service and a
mail server; `docflow serve`, `relay`, `sequencer` and `worker`, each a process of its own.
"""

import json
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import psycopg

import signing
from docflow import audit, circulation
from docflow.embedded import processes
from docflow.embedded.parts import application_name
from docflow.embedded.pki import is_ok
from docflow.office import Office, open_office
from docflow.settings import Settings
from signing.testpki import TestPki
from tests import factories, stack

DATABASE = "e2e"
SEAL_PASSWORD = "σφραγίδα"
SIGNERS = ("engineer", "director", "mayor", "secretary", "colleague")
LEASE = 4  # seconds: a killed worker's job is taken over after that


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The one JSON document on standard output."""
        return json.loads(self.out)


@dataclass
class Running:
    """Servers and processes; each may be stopped and started again by a test."""

    folder: Path
    postgres: stack.PostgresServer
    broker: stack.BrokerServer
    store: stack.S3Server
    tsa: stack.TsaServer
    smtp: stack.SmtpServer
    port: int = field(default_factory=processes.free_port)
    town: factories.Town = field(init=False)
    _parts: "dict[str, subprocess.Popen[bytes]]" = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://{processes.LOOPBACK}:{self.port}"

    @property
    def seal(self) -> Path:
        return self.folder / "seal.p12"

    @property
    def log_key(self) -> Path:
        return self.folder / "log-key.pem"

    @property
    def roots(self) -> Path:
        return self.folder / "roots.pem"

    @property
    def environment(self) -> dict[str, str]:
        """The settings of every process, as an operator writes them."""
        return {
            "DOCFLOW_DATA": str(self.folder),
            "DOCFLOW_DATABASE_URL": self.postgres.url(DATABASE),
            "DOCFLOW_BROKER_URL": self.broker.url,
            "DOCFLOW_STORAGE_URL": self.store.url("docflow"),
            "DOCFLOW_SECRET_KEY": "e" * 40,
            "DOCFLOW_PUBLIC_URL": self.url,
            "DOCFLOW_TSA_URLS": json.dumps([self.tsa.url]),
            "DOCFLOW_TSA_TIMEOUT": "5",
            "DOCFLOW_TRUST_ROOTS": str(self.roots),
            "DOCFLOW_SEAL_KEY": str(self.seal),
            "DOCFLOW_LOG_KEYS": json.dumps([str(self.log_key)]),
            "DOCFLOW_SEAL_PASSWORD": SEAL_PASSWORD,
            "DOCFLOW_SMTP_URL": self.smtp.url,
            "DOCFLOW_MAIL_FROM": "protocol@paradeigma.example",
            "DOCFLOW_JOB_LEASE_SECONDS": str(LEASE),
        }

    def office(self) -> Office:
        """Database and store, for what a test looks up behind the pages' back."""
        known = {name.removeprefix("DOCFLOW_").lower(): v for name, v in self.environment.items()}
        return open_office(
            Settings(**{**known, "tsa_urls": [self.tsa.url], "log_keys": []}), pool=2
        )  # type: ignore[arg-type]

    def docflow(self, *arguments: object, **environment: str) -> Done:
        """Run a command of the product's command line, as an operator of this installation."""
        ended = subprocess.run(
            [sys.executable, "-m", "docflow.cli", *map(str, arguments)],
            cwd=stack.ROOT,
            env={**clean_environment(), **self.environment, "LANG": "en_GB.UTF-8", **environment},
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
        return Done(ended.returncode, ended.stdout, ended.stderr)

    def judge(self, pdf: bytes) -> signing.Report:
        """What the test root says of a file's signatures.

        In a thread, because it brings a loop of its own, and the browser's runs in this one.
        """
        roots = [self.roots.read_bytes()]
        with ThreadPoolExecutor(1) as another:
            judging = another.submit(signing.validate, pdf, trust_roots=roots, offline=False)
            return judging.result()

    def superuser(self) -> "psycopg.Connection[tuple[Any, ...]]":
        """A connection that may do everything, as somebody with the disk in his hands."""
        url = self.postgres.cluster.url(
            role="postgres", password=self.postgres.password, database=DATABASE
        )
        return psycopg.connect(url.replace("+psycopg", ""), autocommit=True)

    def post(
        self, path: str, form: dict[str, str], cookies: dict[str, str]
    ) -> tuple[int, str | None]:
        """Send a form without a browser; status and the address that it leads to."""
        with httpx.Client(base_url=self.url, cookies=cookies, timeout=60) as client:
            answer = client.post(path, data=form)
        return answer.status_code, answer.headers.get("location")

    def ask(self, statement: str, **values: object) -> Any:
        """The first value of the first row, None where there is no row."""
        with self.superuser() as connection:
            row = connection.execute(statement, values).fetchone()
        return row[0] if row else None

    def build(self) -> None:
        """Schema, bucket, keys, municipality."""
        self.postgres.create_database(DATABASE)
        pki = TestPki(self.tsa.directory)
        since = datetime.now(UTC) - timedelta(days=1)
        self.roots.write_bytes(b"".join(pki.trust_roots))
        seal = pki.issue_seal(name="Δήμος Παραδείγματος", password=SEAL_PASSWORD, since=since)
        self.seal.write_bytes(seal)
        self.log_key.write_bytes(audit.keys.new())
        done = self.docflow("migrate", DOCFLOW_OWNER_DATABASE_URL=self.postgres.owner_url(DATABASE))
        assert done.code == 0, done.err
        office = self.office()
        with office.db.begin() as session:
            self.town = factories.municipality(session)
        for username in SIGNERS:
            name, title, _ = factories.PEOPLE[username]
            key = pki.issue_person(
                name=name, title=title, password=factories.KEY_PASSWORD, since=since
            )
            with office.db.begin() as session:
                by = self.town.person(session, username)
                circulation.keys.add(
                    session, key, factories.KEY_PASSWORD, by=by, settings=office.settings
                )
        office.db.dispose()

    def start(self, *names: str) -> None:
        """Start these processes of the product, and wait until each can be used."""
        for name in names:
            more = {
                "serve": ("--port", str(self.port)),
                "worker": ("--concurrency", "2"),
            }.get(name, ())
            connected = f"{self.postgres.url(DATABASE)}?application_name={application_name(name)}"
            self._parts[name] = processes.spawn(
                [sys.executable, "-m", "docflow.cli", name, *more],
                log=self.log(name),
                environment={
                    **clean_environment(),
                    **self.environment,
                    "DOCFLOW_DATABASE_URL": connected,
                },
                death_signal=signal.SIGKILL,
                cwd=stack.ROOT,
            )
        for name in names:
            stack.wait_until(
                lambda name=name: self._answers(name),  # type: ignore[misc]
                what=f"docflow {name}",
                seconds=90,
                alive=self._parts[name],
                log=self.log(name),
            )

    def _answers(self, name: str) -> bool:
        if name == "serve":
            return is_ok(self.port, "/health")
        if name == "worker":
            return self.broker.broker.is_awaited()
        return self.postgres.cluster.is_connected(application_name(name))

    def kill(self, name: str) -> None:
        """Let a process and its children die as in a power cut."""
        part = self._parts.pop(name)
        processes.signal_group(part.pid, signal.SIGKILL)
        part.wait()

    def stop(self) -> None:
        """End what still runs; the servers go next, so there is nothing to wait for."""
        for name in list(self._parts):
            self.kill(name)

    def log(self, name: str) -> Path:
        return self.folder / f"{name}.log"


def run(folder: Path, stack_of_servers: ExitStack) -> Running:
    """Everything started; ends with the ExitStack, the processes before their servers."""
    servers = (
        stack.PostgresServer(folder=folder / "postgres"),
        stack.BrokerServer(folder=folder / "broker"),
        stack.S3Server(folder=folder / "store"),
        stack.TsaServer(folder=folder / "tsa"),
        stack.SmtpServer(),
    )
    for server in servers:
        stack_of_servers.enter_context(server)
    running = Running(folder, *servers)
    stack_of_servers.callback(running.stop)
    running.build()
    running.start("serve", "worker", "relay", "sequencer")
    return running


def clean_environment() -> dict[str, str]:
    """What a process of the product gets besides its settings."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("DOCFLOW_", "LC_", "COV_"))
    }
