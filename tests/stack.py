"""Real servers for tests and benchmarks: PostgreSQL, broker, S3, time-stamping, mail.

Each server is a class with `start()` and `stop()`, and a context manager. `shared()` gives one
server to all xdist workers of a test run: the first that asks starts a guardian process, which
holds the server until the process of the whole run ends, however it ends.
"""

import fcntl
import json
import os
import random
import select
import shutil
import signal
import subprocess
import sys
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from secrets import token_hex
from types import TracebackType
from typing import ClassVar, Self, TypeVar

from psycopg import sql

from docflow.embedded import postgres, processes
from docflow.embedded.broker import Broker
from docflow.embedded.pki import is_ok
from docflow.embedded.postgres import Cluster
from tests.smtp import SmtpServer
from tests.waiting import wait_until

__all__ = [
    "ROOT",
    "BrokerServer",
    "PostgresServer",
    "S3Server",
    "Server",
    "SmtpServer",
    "TsaServer",
    "processes",
    "run_folder",
    "run_process",
    "shared",
    "wait_until",
]

ROOT = Path(__file__).parent.parent


@dataclass(kw_only=True)
class Server(ABC):
    """A child process on loopback with its files in `folder`; an instance is only its address.

    Two instances with the same fields speak of the same server: whoever called `start()` stops it.
    """

    folder: Path
    port: int = field(default_factory=processes.free_port)
    _process: "subprocess.Popen[bytes] | None" = field(default=None, init=False, repr=False)

    @property
    def log(self) -> Path:
        return self.folder / "server.log"

    def start(self) -> None:
        """Start the server and wait until it answers; it may be started again after `stop()`."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._process = self._launch()
        wait_until(self.answers, what=type(self).__name__, alive=self._process, log=self.log)

    def stop(self) -> None:
        """End the server, and wait for that."""
        if self._process is not None:
            processes.stop(self._process, how=signal.SIGTERM, grace=10)
            self._process = None

    def kill(self) -> None:
        """Let the server die as in a power cut (its files stay)."""
        if self._process is not None:
            processes.signal_group(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None

    def launch(self) -> None:
        """Start the server again, and wait for nothing."""
        self._process = self._launch()

    @property
    def process(self) -> "subprocess.Popen[bytes] | None":
        """Its process, None while it is stopped."""
        return self._process

    @abstractmethod
    def answers(self) -> bool:
        """Whether the server can be used now."""

    @abstractmethod
    def _launch(self) -> "subprocess.Popen[bytes]":
        """Start the process."""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


@dataclass(kw_only=True)
class PostgresServer(Server):
    """PostgreSQL with the two roles; without fsync unless `durable`."""

    password: str = field(default_factory=token_hex)
    owner_password: str = field(default_factory=token_hex)
    application_password: str = field(default_factory=token_hex)
    durable: bool = False
    shared_buffers: str = "64MB"

    @property
    def cluster(self) -> Cluster:
        return Cluster(
            directory=self.folder.absolute() / "data",
            port=self.port,
            password=self.password,
            durable=self.durable,
            shared_buffers=self.shared_buffers,
        )

    def start(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.cluster.create(log=self.log)
        super().start()
        self.cluster.ensure_roles(
            owner_password=self.owner_password, application_password=self.application_password
        )

    def stop(self) -> None:
        if self._process is not None:
            processes.stop(self._process, how=signal.SIGINT, grace=10)
            self._process = None

    def answers(self) -> bool:
        return self.cluster.answers()

    def create_database(self, name: str) -> None:
        """An empty database of the schema's owner, in place of one that has the name."""
        self.drop_database(name)
        self.cluster.ensure_database(name)

    def drop_database(self, name: str) -> None:
        with self.cluster.connect() as connection:
            connection.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
            )

    def clone_database(self, template: str, name: str) -> None:
        """A copy of a migrated database: quicker than to migrate again; nobody may be in it."""
        self.drop_database(name)
        with self.cluster.connect() as connection:
            connection.execute(
                sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {} STRATEGY FILE_COPY").format(
                    *map(sql.Identifier, (name, postgres.OWNER, template)),
                )
            )

    def url(self, database: str) -> str:
        """The database's address for the application's role."""
        return self.cluster.url(
            role=postgres.APPLICATION, password=self.application_password, database=database
        )

    def owner_url(self, database: str) -> str:
        """The database's address for the owner of the schema."""
        return self.cluster.url(
            role=postgres.OWNER, password=self.owner_password, database=database
        )

    def _launch(self) -> "subprocess.Popen[bytes]":
        return self.cluster.spawn(log=self.log)


@dataclass(kw_only=True)
class BrokerServer(Server):
    """Valkey."""

    password: str = field(default_factory=token_hex)

    @property
    def broker(self) -> Broker:
        return Broker(directory=self.folder.absolute(), port=self.port, password=self.password)

    @property
    def url(self) -> str:
        return self.broker.url

    def answers(self) -> bool:
        return self.broker.answers()

    def _launch(self) -> "subprocess.Popen[bytes]":
        self.broker.create()
        return self.broker.spawn(log=self.log)


@dataclass(kw_only=True)
class S3Server(Server):
    """SeaweedFS with its S3 door; `weed mini` is usable after one to two seconds."""

    KEY: ClassVar[str] = "docflow"
    SECRET: ClassVar[str] = "docflow-test-secret"

    port: int = field(default_factory=lambda: _ports_with_grpc(1)[0])
    others: list[int] = field(default_factory=lambda: _ports_with_grpc(4))

    def url(self, bucket: str) -> str:
        """The address of a store, for `storage.open_store`."""
        return f"s3://{self.KEY}:{self.SECRET}@{processes.LOOPBACK}:{self.port}/{bucket}"

    def answers(self) -> bool:
        return is_ok(self.port, "/status")

    def stop(self) -> None:
        """Kill it: a graceful end of SeaweedFS takes 18 seconds and more."""
        self.kill()

    def _launch(self) -> "subprocess.Popen[bytes]":
        master, volume, filer, admin = self.others
        host = processes.LOOPBACK
        data = self.folder.absolute() / "data"
        data.mkdir(exist_ok=True)
        return processes.spawn(
            [
                str(Path(sys.executable).with_name("weed")),
                *("mini", f"-dir={data}", f"-ip={host}", f"-ip.bind={host}"),
                *(f"-master.port={master}", f"-volume.port={volume}", f"-filer.port={filer}"),
                *(f"-s3.port={self.port}", f"-admin.port={admin}", "-s3.port.iceberg=0"),
                "-s3.port.lance=0",  # a fixed port, where a second server of the machine dies
                *("-webdav=false", "-admin.ui=false", "-master.telemetry=false"),
                "-s3.autoCreateBucket=false",
            ],
            log=self.log,
            environment={
                **os.environ,
                "AWS_ACCESS_KEY_ID": self.KEY,
                "AWS_SECRET_ACCESS_KEY": self.SECRET,
            },
            death_signal=signal.SIGKILL,
            cwd=data,
        )


@dataclass(kw_only=True)
class TsaServer(Server):
    """The test CA: certificates, revocation, and RFC 3161 time-stamps over HTTP.

    Its keys are in `directory`: `signing.testpki.create(server.directory, …)` opens them to issue.
    """

    organisation: str = "Δήμος Δοκιμής"

    @property
    def directory(self) -> Path:
        return self.folder.absolute() / "pki"

    @property
    def url(self) -> str:
        """The address of the time-stamping service."""
        return f"http://{processes.LOOPBACK}:{self.port}/tsa"

    def answers(self) -> bool:
        return is_ok(self.port, "/")

    def _launch(self) -> "subprocess.Popen[bytes]":
        return processes.spawn(
            [
                *(sys.executable, "-m", "signing.testpki", "serve", str(self.directory)),
                *("--host", processes.LOOPBACK, "--port", str(self.port)),
                *("--organisation", self.organisation),
            ],
            log=self.log,
            cwd=ROOT,
        )


S = TypeVar("S", bound=Server)
SERVERS: dict[str, type[Server]] = {
    kind.__name__: kind for kind in (PostgresServer, BrokerServer, S3Server, TsaServer)
}


def shared(kind: type[S]) -> S:
    """The one server of that kind of this test run, for all of its xdist workers.

    Started by the first that asks, and ended with the run (see `run_process`).
    """
    folder = run_folder()
    place = folder / kind.__name__
    with (folder / f"{kind.__name__}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        note = place.with_suffix(".json")
        if note.exists():
            return _from_note(kind, note)
        server = kind(folder=place)
        fields = {k: str(v) if isinstance(v, Path) else v for k, v in asdict(server).items()}
        fields.pop("_process")
        starting = note.with_suffix(".starting")
        starting.write_text(json.dumps(fields))
        run = str(run_process())
        with (folder / f"{kind.__name__}.guardian.log").open("wb") as output:
            guardian = subprocess.Popen(
                [*(sys.executable, "-m", "tests.stack", kind.__name__, str(starting)), run],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        wait_until(note.exists, what=f"shared {kind.__name__}", alive=guardian, log=server.log)
        # The guardian outlives us on purpose; nobody waits for it here.
        guardian.returncode = 0
        return _from_note(kind, note)


def run_process() -> int:
    """The process of the whole test run: the parent of an xdist worker, else ourselves."""
    return os.getppid() if "PYTEST_XDIST_WORKER" in os.environ else os.getpid()


def run_folder() -> Path:
    """A directory of the whole test run; it goes when the last shared server has ended."""
    pid = run_process()
    folder = Path(tempfile.gettempdir()) / f"docflow-tests-{pid}-{processes.started_at(pid)}"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def _from_note(kind: type[S], note: Path) -> S:
    fields = json.loads(note.read_text())
    fields["folder"] = Path(fields["folder"])
    return kind(**fields)


def _ports_with_grpc(count: int) -> list[int]:
    """Free ports whose number + 10000 is free too: SeaweedFS opens its gRPC there."""
    found: list[int] = []
    while len(found) < count:
        port = random.randint(20_000, 32_000)
        if port not in found and all(map(processes.is_port_free, (port, port + 10_000))):
            found.append(port)
    return found


def _guard(arguments: Sequence[str]) -> None:
    """Hold a server until the process of the test run ends, then remove its files."""
    kind, starting, watched = SERVERS[arguments[0]], Path(arguments[1]), int(arguments[2])
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    run = os.pidfd_open(watched)
    server = _from_note(kind, starting)
    with server:
        starting.rename(starting.with_suffix(".json"))
        select.select([run], [], [])
    shutil.rmtree(server.folder, ignore_errors=True)
    for left in starting.parent.glob(f"{kind.__name__}.*"):
        left.unlink()
    with suppress(OSError):
        starting.parent.rmdir()


if __name__ == "__main__":
    _guard(sys.argv[1:])
