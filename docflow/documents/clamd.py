"""Asking clamd whether bytes carry a virus: its INSTREAM command over TCP or a Unix socket.

The bytes go over the line, so clamd may run on another machine, or as another user who cannot read
our store. Protocol: clamd(8), "z" form: commands and answers end with a zero byte.
"""

import socket
import struct
from collections.abc import Iterable
from contextlib import suppress
from urllib.parse import urlsplit

from docflow.errors import Unavailable
from docflow.i18n import t

_SIZE = struct.Struct(">I")
_SECONDS = 120.0  # of silence: a large archive takes clamd a while
_LONGEST_ANSWER = 4096


class ScannerAway(Unavailable):
    """The virus check does not answer."""


class TooLargeToCheck(Exception):
    """clamd takes no file of this size (its StreamMaxLength)."""


def scan(address: str, chunks: Iterable[bytes]) -> str | None:
    """The name of the virus in these bytes, None where there is none.

    `address` is unix:/path or tcp://host:port. Raises ScannerAway, TooLargeToCheck.
    """
    try:
        with _connection(address) as line:
            # When the bytes are too many, clamd answers and hangs up while we still send.
            with suppress(BrokenPipeError, ConnectionResetError):
                line.sendall(b"zINSTREAM\0")
                for chunk in chunks:
                    line.sendall(_SIZE.pack(len(chunk)) + chunk)
                line.sendall(_SIZE.pack(0))
            answer = _answer(line)
    except OSError as error:
        raise _away() from error
    return _verdict(answer)


def ping(address: str) -> bool:
    """Whether clamd answers."""
    try:
        with _connection(address) as line:
            line.sendall(b"zPING\0")
            return _answer(line) == "PONG"
    except OSError:
        return False


def _connection(address: str) -> socket.socket:
    if address.startswith("unix:"):
        line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        line.settimeout(_SECONDS)
        try:
            line.connect(address.removeprefix("unix:"))
        except OSError:
            line.close()
            raise
        return line
    parts = urlsplit(address)
    line = socket.create_connection((parts.hostname or "127.0.0.1", parts.port or 3310), timeout=10)
    line.settimeout(_SECONDS)
    return line


def _answer(line: socket.socket) -> str:
    data = b""
    while b"\0" not in data and len(data) < _LONGEST_ANSWER:
        piece = line.recv(_LONGEST_ANSWER)
        if not piece:
            break
        data += piece
    return data.partition(b"\0")[0].decode("utf-8", errors="replace").strip()


def _verdict(answer: str) -> str | None:
    if answer == "stream: OK":
        return None
    if answer.endswith(" FOUND"):
        return answer.removeprefix("stream: ").removesuffix(" FOUND")
    if "size limit exceeded" in answer:
        raise TooLargeToCheck(answer)
    # An empty answer (it went away) or an error of its own: never taken for "clean".
    raise _away()


def _away() -> ScannerAway:
    return ScannerAway(t("The virus check does not answer. The file stays closed until it does."))
