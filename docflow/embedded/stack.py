"""`docflow up`: everything on one machine."""

import os
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from signal import SIGINT, SIGTERM

from docflow.embedded.broker import Broker
from docflow.embedded.errors import PortTaken, StackError
from docflow.embedded.kept import Kept, keep
from docflow.embedded.parts import (
    Part,
    Program,
    application,
    installed_program,
    scanning,
    servers,
)
from docflow.embedded.pki import Pki
from docflow.embedded.postgres import APPLICATION, OWNER, Cluster
from docflow.embedded.processes import (
    LOOPBACK,
    end_stray,
    is_port_free,
    started_at,
)
from docflow.embedded.record import (
    Process,
    State,
    as_environment,
    locked,
    read_state,
    write_state,
)
from docflow.embedded.restoring import take_keys
from docflow.embedded.schema import is_current
from docflow.embedded.supervisor import Interrupted, Supervisor, block_signals

FIRST_PORT = 8000
_PORTS = 100
_STACK_ONLY = {"data", "database_url", "broker_url"}
# Threads of the C libraries would each keep memory of their own, on a machine that has little.
_LEAN = {"MALLOC_ARENA_MAX": "2", "OMP_THREAD_LIMIT": "1", "OPENBLAS_NUM_THREADS": "1"}


def up(
    data: Path,
    port: int | None = None,
    demo: bool = False,
    *,
    restore: Path | None = None,
    program: Program | None = None,
) -> int:
    """Run everything on `data` until we are asked to stop; the exit code.

    `port` is where the pages are served; without it the first free one from 8000 on. `demo` opens
    the demo municipality in an empty database; `restore` puts the newest backup of that directory
    into an empty `data`, with the keys if they are in it. `program` stands in for the product in
    tests.
    """
    began = time.monotonic()
    block_signals()
    try:
        data = _prepared(data)
        with locked(data):
            _end_left_over(data)
            if restore is not None:
                take_keys(restore, data)
            stack = _Stack.on(data, asked_port=port, demo=demo, restore=restore)
            stack.run(program or installed_program(), began=began)
    except StackError as exc:
        print(exc, file=sys.stderr)
        return 1
    return 0


@dataclass
class _Stack:
    """One run of the stack."""

    data: Path
    asked_port: int | None
    port: int
    demo: bool
    restore: Path | None
    kept: Kept
    cluster: Cluster
    broker: Broker
    pki: Pki

    @classmethod
    def on(
        cls, data: Path, *, asked_port: int | None, demo: bool, restore: Path | None
    ) -> "_Stack":
        kept = keep(data)
        return cls(
            data=data,
            asked_port=asked_port,
            port=_choose_port(asked_port),
            demo=demo,
            restore=restore,
            kept=kept,
            cluster=Cluster(data / "postgres", kept.postgres_port, kept.superuser_password),
            broker=Broker(data / "broker", kept.broker_port, kept.broker_password),
            pki=Pki(data / "pki"),
        )

    @property
    def address(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    def run(self, program: Program, *, began: float) -> None:
        """Start everything, watch it, and stop it when we are asked to."""
        supervisor = Supervisor(logs=self.data / "logs", say=_say, on_change=self._record)
        _say(f"Docflow starts on {self.data}")
        try:
            self._start(supervisor, program)
            self._record(supervisor.processes(), ready=True)
            _say(_frame(self._welcome(time.monotonic() - began)))
            supervisor.watch()
        except Interrupted:
            _say("Docflow stops …")
        finally:
            stopping = time.monotonic()
            supervisor.stop()
            (self.data / "stack.json").unlink(missing_ok=True)
        _say(f"Docflow has stopped (in {time.monotonic() - stopping:.1f} s).")

    def _start(self, supervisor: Supervisor, program: Program) -> None:
        if not self.cluster.exists:
            _say("  a new database cluster is made …")
            self.cluster.create(log=self.data / "logs" / "postgresql.log")
        self.broker.create()
        if not self.pki.is_made:
            making = {**os.environ, "DOCFLOW_SEAL_PASSWORD": self.kept.seal_password}
            supervisor.run("test keys", self.pki.making(), environment=making)
        supervisor.start(servers(self.cluster, self.broker, self.pki))
        self.cluster.ensure_roles(
            owner_password=self.kept.owner_password,
            application_password=self.kept.application_password,
        )
        self.cluster.ensure_database()
        owner_url = self.cluster.url(role=OWNER, password=self.kept.owner_password)
        environment = _LEAN | os.environ | self._environment()
        as_owner = environment | as_environment({"owner_database_url": owner_url})
        if self.restore is not None:
            command = [*program.docflow, "restore", str(self.restore.absolute())]
            supervisor.run("restore", command, environment=as_owner)
        if not (is_current(self.cluster) and (self.data / "objects").exists()):
            supervisor.run("migrate", [*program.docflow, "migrate"], environment=as_owner)
        if self.demo and not self._logins.exists():
            _say("  the demo municipality is made, which takes a minute …")
            fresh = self._logins.with_suffix(".new")
            command = [*program.docflow, "demo"]
            supervisor.run("demo", command, environment=environment, output=fresh)
            fresh.replace(self._logins)
        # The first start takes a minute, in which another program may have taken the port.
        self.port = _choose_port(self.asked_port)
        environment |= self._environment()
        supervisor.start(self._application(program, environment))

    def _application(self, program: Program, environment: Mapping[str, str]) -> list[Part]:
        parts = application(
            program, environment, cluster=self.cluster, broker=self.broker, port=self.port
        )
        return parts + scanning(program, environment, cluster=self.cluster)

    def _environment(self) -> dict[str, str]:
        """The settings of the parts. What the caller's environment says goes before our defaults,
        but for the addresses of the stack's own servers.
        """
        ours = as_environment(
            {
                "data": self.data,
                "database_url": self.cluster.url(
                    role=APPLICATION, password=self.kept.application_password
                ),
                "broker_url": self.broker.url,
                "storage_url": f"file:{self.data / 'objects'}",
                "secret_key": self.kept.secret_key,
                "public_url": self.address,
                "tsa_urls": [self.pki.tsa_url],
                "trust_roots": self.pki.trust_roots,
                "seal_key": self.pki.seal_key,
                "log_keys": [str(self.pki.log_key)],
                "seal_password": self.kept.seal_password,
                "push_key": self.pki.push_key,
                "smtp_url": f"file:{self.data / 'outbox'}",
                "demo": self.demo,
            }
        )
        always = as_environment(dict.fromkeys(_STACK_ONLY, "")).keys()
        return {
            name: value if name in always else os.environ.get(name, value)
            for name, value in ours.items()
        }

    def _record(self, parts: Mapping[str, Process], ready: bool = False) -> None:
        pid = os.getpid()
        previous = read_state(self.data)
        state = State(
            supervisor=Process(pid=pid, started=started_at(pid) or 0),
            address=self.address,
            environment=self._environment() if self.pki.is_made else {},
            parts=dict(parts),
            ready=ready or (previous is not None and previous.ready),
        )
        write_state(self.data, state)

    @property
    def _logins(self) -> Path:
        return self.data / "demo-logins.txt"

    def _welcome(self, seconds: float) -> list[str]:
        lines = [
            f"Docflow runs at {self.address}",
            f"For citizens: {self.address}/services",
            f"Ready after {seconds:.1f} s.",
        ]
        with suppress(FileNotFoundError):
            logins = self._logins.read_text().splitlines() if self.demo else []
            lines += ["", *logins] if logins else []
        mails = self._environment()["DOCFLOW_SMTP_URL"]
        if mails.startswith("file:"):
            lines += ["", f"Mails do not leave: {mails.removeprefix('file:')}"]
        return [*lines, "", f"Logs: {self.data / 'logs'}    Stop: Ctrl-C"]


def _prepared(data: Path) -> Path:
    """The data directory, absolute and made, passable (not readable) for the server's account."""
    data = data.absolute()
    try:
        (data / "logs").mkdir(parents=True, exist_ok=True)
        if os.geteuid() == 0:
            data.chmod(0o711)
    except OSError as exc:
        raise StackError(f"The data directory cannot be used: {exc}") from exc
    return data


def _end_left_over(data: Path) -> None:
    """End what an earlier run could not stop because it was killed."""
    state = read_state(data)
    left = list(state.parts.items()) if state is not None else []
    for name, process in left:
        if process.is_alive():
            _say(f"  {name} of an earlier run is still there: it is ended")
            how = SIGINT if name == "PostgreSQL" else SIGTERM
            end_stray(process.pid, process.started, how=how)
    stray = Cluster(data / "postgres", 0, "").stray()
    if stray is not None:
        _say("  a PostgreSQL of an earlier run is still there: it is ended")
        end_stray(stray, started_at(stray) or 0, how=SIGINT, grace=30)
    (data / "stack.json").unlink(missing_ok=True)


def _choose_port(port: int | None) -> int:
    if port is not None:
        if not is_port_free(port):
            raise PortTaken(f"Port {port} is taken by another program; choose another --port.")
        return port
    for candidate in range(FIRST_PORT, FIRST_PORT + _PORTS):
        if is_port_free(candidate):
            return candidate
    raise PortTaken(f"No port from {FIRST_PORT} to {FIRST_PORT + _PORTS - 1} is free.")


def _frame(lines: Sequence[str]) -> str:
    width = max(map(len, lines))
    body = [f"│ {line:<{width}} │" for line in lines]
    return "\n".join(["", f"┌{'─' * (width + 2)}┐", *body, f"└{'─' * (width + 2)}┘"])


def _say(text: str) -> None:
    # The terminal may be gone (closed window, broken pipe): the stack must still end in order.
    with suppress(OSError, UnicodeEncodeError):
        print(text, flush=True)
