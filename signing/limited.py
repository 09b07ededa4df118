"""Checking strangers' files in processes that can be thrown away.

A sound file of 959 KB took 20 s, others make parsers loop: no web process or worker must suffer.
A server process is started anew (not forked from the caller, so it holds nothing of the caller's:
no database connection, no key) and loads pyHanko once; for each file it forks a child with limits
of time and memory, which is gone afterwards, whatever the file did to it. Loading costs half a
second, a fork ten milliseconds. The server is
`python -m signing.limited_server FD`.
"""

import atexit
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from signal import SIGKILL
from typing import Any

from signing.errors import SigningError
from signing.report import Report
from signing.verdicts import unreadable

_IMPORTS = Path(__file__).resolve().parents[1]
_START_SECONDS = 60  # to load pyHanko on a busy machine; does not count as time of the file
_IDLE_SERVERS = 2
# The shortest report by ETSI TS 119 102-2: said here without loading an XML library.
_FAILED_REPORT = b"""<?xml version='1.0' encoding='UTF-8'?>
<vr:ValidationReport xmlns:vr="http://uri.etsi.org/19102/v1.2.1#">
  <vr:SignatureValidationReport>
    <vr:SignatureValidationStatus>
      <vr:MainIndication>urn:etsi:019102:mainindication:total-failed</vr:MainIndication>
      <vr:SubIndication>urn:etsi:019102:subindication:FORMAT_FAILURE</vr:SubIndication>
    </vr:SignatureValidationStatus>
  </vr:SignatureValidationReport>
</vr:ValidationReport>
"""
_LENGTH = 8  # bytes of the number before each message


def validate_limited(
    pdf: bytes,
    *,
    seconds: float = 20,
    memory_bytes: int = 1 << 30,
    trust_roots: Sequence[bytes] = (),
    at: datetime | None = None,
    offline: bool = True,
) -> Report:
    """As `validate`, in a child process with at most so much time and memory.

    An answer for every file: one that takes too long or too much is `invalid` and `unreadable`.
    """
    answer = _asked(
        "validate",
        pdf,
        seconds=seconds,
        memory_bytes=memory_bytes,
        trust_roots=trust_roots,
        at=at,
        offline=offline,
    )
    return unreadable(answer["gone"]) if "gone" in answer else Report.from_json(answer)


def validate_any_limited(
    data: bytes,
    *,
    content: bytes | None = None,
    seconds: float = 20,
    memory_bytes: int = 1 << 30,
    trust_roots: Sequence[bytes] = (),
    at: datetime | None = None,
    offline: bool = True,
) -> Report:
    """As `validate_any_bytes`, in a child process: for strangers' files of any kind."""
    answer = _asked(
        "validate_any",
        data + (content or b""),
        seconds=seconds,
        memory_bytes=memory_bytes,
        trust_roots=trust_roots,
        at=at,
        offline=offline,
        content_size=None if content is None else len(content),
    )
    return unreadable(answer["gone"]) if "gone" in answer else Report.from_json(answer)


def etsi_report_limited(
    pdf: bytes,
    *,
    seconds: float = 20,
    memory_bytes: int = 1 << 30,
    trust_roots: Sequence[bytes] = (),
    at: datetime | None = None,
    offline: bool = True,
) -> bytes:
    """As `etsi_report`, in a child process; a failed one where the limits were met."""
    answer = _asked(
        "etsi_report",
        pdf,
        seconds=seconds,
        memory_bytes=memory_bytes,
        trust_roots=trust_roots,
        at=at,
        offline=offline,
    )
    return _FAILED_REPORT if "gone" in answer else str(answer["xml"]).encode()


def _asked(
    task: str,
    document: bytes,
    *,
    seconds: float,
    memory_bytes: int,
    trust_roots: Sequence[bytes],
    at: datetime | None,
    **more: object,
) -> dict[str, Any]:
    """The answer of a task on a document, or {"gone": reason} where the child did not survive."""
    order = {
        "task": task,
        "seconds": seconds,
        "memory_bytes": memory_bytes,
        "trust_roots": [root.decode("latin-1") for root in trust_roots],
        "at": at.isoformat() if at else None,
        "more": more,
    }
    answer: dict[str, Any] = {"gone": "too-large"}
    for take in (_pool.take, _Server):
        server = take()
        try:
            answer = server.answer(order, document, seconds=seconds)
        except TimeoutError:
            server.kill()
            return {"gone": "too-slow"}
        except OSError:
            # An idle server may have left just now. A second one that dies, dies of this file.
            server.kill()
            continue
        except BaseException:  # an interrupt: it is in mid answer, so it can serve nobody else
            server.kill()
            raise
        _pool.give_back(server)
        break
    if "error" in answer:
        raise SigningError(answer["error"])
    return answer


class _Server:
    """One server process, seen from the caller's side."""

    def __init__(self) -> None:
        self._socket, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603  # our own
                [sys.executable, "-m", "signing.limited_server", str(theirs.fileno())],
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={"PYTHONPATH": str(_IMPORTS), "PYTHONHASHSEED": "0"},
                start_new_session=True,  # so that its child can be killed with it
            )
        self._ready = False

    def answer(self, order: dict[str, Any], document: bytes, *, seconds: float) -> dict[str, Any]:
        """Raises TimeoutError, and OSError where the server is gone."""
        if not self._ready:
            self._socket.settimeout(_START_SECONDS)
            received(self._socket)
            self._ready = True
        self._socket.settimeout(max(seconds, 0.01))
        with tempfile.TemporaryFile() as file:
            file.write(document)
            file.flush()
            socket.send_fds(self._socket, [b"d"], [file.fileno()])
            send(self._socket, json.dumps(order).encode("ascii"))
            answer: dict[str, Any] = json.loads(received(self._socket))
        return answer

    def is_alive(self) -> bool:
        """Could it serve? It leaves by itself when it has long been idle."""
        return self._process.poll() is None

    def kill(self) -> None:
        """With whatever it is at."""
        self._socket.close()
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, SIGKILL)
        self._process.wait()

    def forget(self) -> None:
        """In a fork of the caller: the process is the parent's, only the descriptor is ours."""
        self._socket.close()
        self._process.returncode = 0


class _Pool:
    """Servers that are idle now. One serves one caller at a time; more are started at need."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: list[_Server] = []

    def take(self) -> _Server:
        with self._lock:
            while self._idle:
                server = self._idle.pop()
                if server.is_alive():
                    return server
                server.kill()
        return _Server()

    def give_back(self, server: _Server) -> None:
        with self._lock:
            if len(self._idle) < _IDLE_SERVERS:
                self._idle.append(server)
                return
        server.kill()

    def close(self) -> None:
        with self._lock:
            while self._idle:
                self._idle.pop().kill()

    def forget(self) -> None:
        self._lock = threading.Lock()
        while self._idle:
            self._idle.pop().forget()


_pool = _Pool()
atexit.register(_pool.close)
os.register_at_fork(after_in_child=_pool.forget)


def send(connection: socket.socket, message: bytes) -> None:
    connection.sendall(len(message).to_bytes(_LENGTH, "big") + message)


def received(connection: socket.socket) -> bytes:
    return _exactly(connection, int.from_bytes(_exactly(connection, _LENGTH), "big"))


def _exactly(connection: socket.socket, size: int) -> bytes:
    data = bytearray()
    while len(data) < size:
        part = connection.recv(min(size - len(data), 1 << 16))
        if not part:
            raise ConnectionResetError("the other side is gone")
        data += part
    return bytes(data)
