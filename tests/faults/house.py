"""The whole product as real processes, each of which may be killed and comes back.

What `tests.e2e.running` starts, with what a production has besides: a durable database, two relays
and two sequencers. Processes are started from the main thread alone: the kernel ties a child's
death to the thread that made it.
"""

import os
import signal
import subprocess
import sys
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from docflow.embedded import processes
from docflow.embedded.parts import application_name
from tests import stack
from tests.e2e.running import DATABASE, Running, clean_environment

PARTS = ("serve", "worker", "relay", "relay-2", "sequencer", "sequencer-2")
SERVERS = ("postgres", "broker", "store", "tsa")
_OPTIONS = {"worker": ("--concurrency", "2")}


@dataclass
class House(Running):
    """An installation whose parts die, and are started again as a supervisor would."""

    parts: tuple[str, ...] = PARTS
    killed: Counter[str] = field(default_factory=Counter)
    """How often each part was killed."""
    fallen: list[str] = field(default_factory=list)
    """Parts that ended although nobody killed them, with the last that they said."""

    @property
    def clock(self) -> Path:
        """By how many seconds the clock of the product's processes is wrong (see `shifted`)."""
        return self.folder / "clock"

    @property
    def servers(self) -> dict[str, stack.Server]:
        return {name: getattr(self, name) for name in SERVERS}

    def spawn(self, name: str) -> None:
        """Start a part of the product, and wait for nothing."""
        database = f"{self.postgres.url(DATABASE)}?application_name={application_name(name)}"
        options = ("--port", str(self.port)) if name == "serve" else _OPTIONS.get(name, ())
        self._parts[name] = processes.spawn(
            [sys.executable, "-m", "tests.faults.shifted", name.removesuffix("-2"), *options],
            log=self.log(name),
            environment={
                **clean_environment(),
                **self.environment,
                "DOCFLOW_DATABASE_URL": database,
                "FAULTS_CLOCK": str(self.clock),
            },
            death_signal=signal.SIGKILL,
            cwd=stack.ROOT,
        )

    def open(self) -> None:
        """Start all parts at once, and wait until each can be used."""
        for name in self.parts:
            self.spawn(name)
        for name in self.parts:
            self.wait_for(name)

    def wait_for(self, name: str) -> None:
        """Until the part can be used; what falls meanwhile is started again."""

        def answers() -> bool:
            self.tend()
            return self._server_answers(name) if name in SERVERS else self._answers(name)

        stack.wait_until(answers, what=name, seconds=120, log=self.log(name))

    def _server_answers(self, name: str) -> bool:
        server = self.servers[name]
        return server.process is not None and server.answers()

    def kill(self, name: str) -> None:
        """kill -9, with all its children."""
        if name not in SERVERS:
            super().kill(name)
        else:
            server = self.servers[name]
            server.kill()
        self.killed[name] += 1

    def restart(self, name: str) -> None:
        """Start what was killed, and wait for nothing; `tend` sees whether it stays."""
        if name in SERVERS:
            self.servers[name].launch()
        else:
            self.spawn(name)

    def tend(self) -> None:
        """Start again what ended by itself, as every supervisor does; note that it did."""
        for name, part in list(self._parts.items()):
            if part.poll() is not None:
                self.fallen.append(f"{name}:\n{processes.last_lines(self.log(name), 40)}")
                self.spawn(name)
        for server in self.servers.values():
            if server.process is not None and server.process.poll() is not None:
                # PostgreSQL does not start while a child of the killed one still ends, nor
                # SeaweedFS while its ports are not free: that is no fault of the product.
                server.launch()

    def pid(self, name: str) -> int:
        """The process of a part or server, which leads its group."""
        process = self.servers[name].process if name in SERVERS else self._parts[name]
        assert process is not None
        return process.pid

    def freeze(self, name: str) -> "subprocess.Popen[bytes]":
        """The part stands still, with its connections open, and is no longer ours to watch over."""
        part = self._parts.pop(name)
        processes.signal_group(part.pid, signal.SIGSTOP)
        return part

    def adopt(self, name: str, part: "subprocess.Popen[bytes]") -> None:
        """Watch over a process again that was frozen."""
        self._parts[name] = part

    def set_clock(self, seconds: float) -> None:
        """From now on the clock of the product's processes is wrong by so much."""
        fresh = self.clock.with_suffix(".new")
        fresh.write_text(str(seconds))
        fresh.rename(self.clock)

    def kill_backend(self, backend: int | None = None) -> None:
        """Kill one process of PostgreSQL: all others end, and it recovers by itself."""
        if backend is None:
            self.wait_for("postgres")
            backend = self.ask(
                "SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'docflow-%%' "
                "ORDER BY random() LIMIT 1"
            )
        if backend is not None:
            os.kill(backend, signal.SIGKILL)
            self.killed["backend"] += 1


def build(folder: Path, stack_of_servers: ExitStack, parts: tuple[str, ...] = PARTS) -> House:
    """Servers started, the municipality made, and these parts running."""
    servers = (
        stack.PostgresServer(folder=folder / "postgres", durable=True),
        stack.BrokerServer(folder=folder / "broker"),
        stack.S3Server(folder=folder / "store"),
        stack.TsaServer(folder=folder / "tsa"),
        stack.SmtpServer(),
    )
    for server in servers:
        stack_of_servers.enter_context(server)
    house = House(folder, *servers, parts=parts)
    stack_of_servers.callback(house.stop)
    house.set_clock(0)
    house.build()
    house.open()
    return house
