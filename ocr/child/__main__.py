"""The child's loop: one framed request at a time from standard input, one framed answer each.

It ends when its parent closes the pipe or is gone, and by itself after a minute without work.
"""

import ctypes
import json
import os
import resource
import select
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from ocr.child.jobs import DUTIES
from ocr.pool import FRAME
from ocr.values import Unreadable

_IDLE_SECONDS = 60
_RESERVES = 3 * 1024**3
_PARENT_CHECK_SECONDS = 1.0


def main(memory_bytes: int) -> None:
    _limit(memory_bytes)
    threading.Thread(target=_end_with_parent, args=(os.getppid(),), daemon=True).start()
    # The C libraries print to standard output now and then; the answers get a descriptor of
    # their own and whatever is printed joins the complaints.
    answers = os.dup(1)
    os.dup2(2, 1)
    while select.select([0], [], [], _IDLE_SECONDS)[0]:
        header = _read(FRAME.size)
        if not header:
            return
        size, _ = FRAME.unpack(header)
        exhausted = _serve(json.loads(_read(size)), answers)
        if exhausted:
            return


def _serve(request: dict[str, Any], answers: int) -> bool:
    """Answer one request; true where the process should not be used again."""
    payload = b""
    exhausted = False
    duty: Callable[[dict[str, Any]], dict[str, Any] | bytes] = DUTIES[request.pop("do")]
    answer: dict[str, Any] = {}
    try:
        result = duty(request)
        if isinstance(result, bytes):
            payload = result
        else:
            answer = result
    except Unreadable as exc:
        answer = {"error": exc.code, "detail": exc.detail}
    except (MemoryError, RecursionError) as exc:
        answer = {"error": "memory", "detail": f"{type(exc).__name__}: {exc}"}
        exhausted = True
    except Exception as exc:  # the border to parsers of foreign files: whatever they
        # raise is an answer about the file, and must not look like a fault of the caller.
        answer = {"error": "damaged", "detail": f"{type(exc).__name__}: {exc}"}
    message = json.dumps(answer).encode()
    _write(answers, FRAME.pack(len(message), len(payload)) + message)
    _write(answers, payload)
    return exhausted


def _limit(memory_bytes: int) -> None:
    # What is written to (RLIMIT_DATA, since Linux 4.7 with mappings) is near what is used; the
    # address space also holds code, reserves and mapped files, and only needs some end.
    resource.setrlimit(resource.RLIMIT_DATA, (memory_bytes, memory_bytes))
    address_space = memory_bytes + _RESERVES
    resource.setrlimit(resource.RLIMIT_AS, (address_space, address_space))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # Large arrays go back to the system at once instead of staying in the heap (glibc's M_MMAP_
    # THRESHOLD is 3 in mallopt's numbering: -3); it keeps the process near what a page needs.
    with_glibc = ctypes.CDLL(None)
    if hasattr(with_glibc, "mallopt"):
        with_glibc.mallopt(-3, 1 << 20)


def _end_with_parent(parent: int) -> None:
    # A signal on the parent's death would come already when the *thread* that started us ends.
    while os.getppid() == parent:
        time.sleep(_PARENT_CHECK_SECONDS)
    os._exit(0)


def _read(size: int) -> bytes:
    data = bytearray()
    while len(data) < size:
        chunk = os.read(0, size - len(data))
        if not chunk:
            return b""
        data += chunk
    return bytes(data)


def _write(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


if __name__ == "__main__":
    main(int(sys.argv[1]))
