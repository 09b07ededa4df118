"""The test CA with its time-stamping service, and the seal of the demo municipality.

Made by a process of its own (`docflow.embedded.testca`), so that the supervisor does not carry
the signing library through its life.
"""

import http.client
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from docflow.embedded.processes import LOOPBACK, spawn


@dataclass(frozen=True, slots=True)
class Pki:
    """The test PKI in `directory`, with its server on the port that its certificates name."""

    directory: Path

    @property
    def is_made(self) -> bool:
        made = (self.seal_key, self.trust_roots, self.log_key, self.push_key)
        return all(path.exists() for path in made)

    @property
    def seal_key(self) -> Path:
        return self.directory / "seal.p12"

    @property
    def log_key(self) -> Path:
        return self.directory / "log-key.pem"

    @property
    def push_key(self) -> Path:
        return self.directory / "push-key.pem"

    @property
    def trust_roots(self) -> Path:
        return self.directory / "trust-roots.pem"

    @property
    def port(self) -> int:
        base_url = json.loads((self.directory / "pki.json").read_text())["base_url"]
        return int(base_url.rsplit(":", 1)[1])

    @property
    def tsa_url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}/tsa"

    def making(self) -> list[str]:
        """The command that makes it."""
        return [sys.executable, "-m", "docflow.embedded.testca", str(self.directory)]

    def spawn(self, *, log: Path) -> "subprocess.Popen[bytes]":
        command = (sys.executable, "-m", "signing.testpki", "serve", str(self.directory))
        return spawn([*command, "--port", str(self.port)], log=log)

    def answers(self) -> bool:
        return is_ok(self.port, "/")


def is_ok(port: int, path: str, *, timeout: float = 2) -> bool:
    """Whether the server on this port of the machine answers a GET with 200."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=timeout)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        return answer.status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
