"""The process that forks a child for each file to be checked; see `signing.limited`.

It has one thread, no connection but the one to its caller, and its own copy of pyHanko: forking
it is safe and cheap.
"""

import gc
import json
import os
import resource
import select
import socket
import sys
from collections.abc import Callable
from datetime import datetime
from signal import SIGXCPU
from typing import Any

from signing.anything import validate_any_bytes
from signing.errors import SigningError
from signing.etsi import etsi_report
from signing.limited import received, send
from signing.validation import validate

_IDLE_SECONDS = 300

Task = Callable[..., dict[str, Any]]


def _validate(document: bytes, **order: Any) -> dict[str, Any]:
    return validate(document, **order).as_json()


def _validate_any(document: bytes, *, content_size: int | None, **order: Any) -> dict[str, Any]:
    """The signed file, and after it the file that it is over, if there is one."""
    end = len(document) - (content_size or 0)
    content = None if content_size is None else document[end:]
    return validate_any_bytes(document[:end], content=content, **order).as_json()


def _etsi_report(document: bytes, **order: Any) -> dict[str, Any]:
    return {"xml": etsi_report(document, **order).decode("utf-8")}


TASKS: dict[str, Task] = {
    "validate": _validate,
    "validate_any": _validate_any,
    "etsi_report": _etsi_report,
}


def serve(descriptor: int) -> None:
    """Answer orders until the caller is gone, or nothing has been asked for long."""
    gc.freeze()  # what is loaded stays: no child shall touch its pages
    with socket.socket(fileno=descriptor) as connection:
        send(connection, b"{}")
        while select.select([connection], [], [], _IDLE_SECONDS)[0]:
            mark, files, _, _ = socket.recv_fds(connection, 1, 1)
            if not mark:
                return
            with os.fdopen(files[0], "rb") as file:
                order = json.loads(received(connection))
                send(connection, _answered(order, file.fileno()))


def _answered(order: dict[str, Any], file: int) -> bytes:
    """The child's answer, or what became of it."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _work(order, file, writing)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        answer = pipe.read()
    _, status = os.waitpid(child, 0)
    if os.WIFEXITED(status) and os.WEXITSTATUS(status) == 0 and answer:
        return answer
    # Killed by a limit, or it crashed for want of memory outside Python's own code.
    slow = os.WIFSIGNALED(status) and os.WTERMSIG(status) == SIGXCPU
    return json.dumps({"gone": "too-slow" if slow else "too-large"}).encode("ascii")


def _work(order: dict[str, Any], file: int, writing: int) -> None:
    """In the child; never returns."""
    code = 1
    try:
        size = os.fstat(file).st_size
        document = os.pread(file, size, 0)
        seconds = max(1, round(order["seconds"]))
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
        resource.setrlimit(resource.RLIMIT_AS, (order["memory_bytes"], order["memory_bytes"]))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        try:
            answer = TASKS[order["task"]](
                document,
                trust_roots=[root.encode("latin-1") for root in order["trust_roots"]],
                at=datetime.fromisoformat(order["at"]) if order["at"] else None,
                **order["more"],
            )
        except SigningError as error:
            answer = {"error": str(error)}
        with os.fdopen(writing, "wb") as pipe:
            pipe.write(json.dumps(answer).encode("ascii"))
        code = 0
    finally:
        os._exit(code)  # nothing of the server's is the child's to clean up


if __name__ == "__main__":
    serve(int(sys.argv[1]))
