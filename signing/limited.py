"""Checking strangers' files in a process that can be thrown away.

A sound file of 959 KB took 20 s, others make parsers loop: no web process or worker must suffer.
The child is started anew rather than forked, so it holds nothing of the caller's: no database
connection, no key. `python -m signing.limited` is the child.
"""

import json
import resource
import subprocess
import sys
from collections.abc import Sequence
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Any

from signing.errors import SigningError
from signing.report import Report
from signing.verdicts import unreadable

_SIGXCPU = -24
_IMPORTS = Path(__file__).resolve().parents[1]


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
    order = {
        "seconds": seconds,
        "memory_bytes": memory_bytes,
        "trust_roots": [root.decode("latin-1") for root in trust_roots],
        "at": at.isoformat() if at else None,
        "offline": offline,
    }
    try:
        child = subprocess.run(
            [sys.executable, "-m", "signing.limited"],
            input=json.dumps(order).encode("ascii") + b"\n" + pdf,
            capture_output=True,
            timeout=seconds,
            env={"PYTHONPATH": str(_IMPORTS), "PYTHONHASHSEED": "0"},
            check=False,
        )
    except subprocess.TimeoutExpired:
        return unreadable("too-slow")
    if child.returncode != 0:
        # Killed by a limit, or it crashed for want of memory outside Python's own code.
        return unreadable("too-slow" if child.returncode == _SIGXCPU else "too-large")
    answer: dict[str, Any] = json.loads(child.stdout)
    if "error" in answer:
        raise SigningError(answer["error"])
    return Report.from_json(answer)


def main() -> None:
    """Read an order and a file from standard input, write the report as JSON."""
    header, _, pdf = sys.stdin.buffer.read().partition(b"\n")
    order = json.loads(header)
    # pyHanko is loaded before the limit, which is meant for the file.
    validate = import_module("signing.validation").validate
    seconds = max(1, round(order["seconds"]))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_AS, (order["memory_bytes"], order["memory_bytes"]))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        report = validate(
            pdf,
            trust_roots=[root.encode("latin-1") for root in order["trust_roots"]],
            at=datetime.fromisoformat(order["at"]) if order["at"] else None,
            offline=order["offline"],
        )
        answer = report.as_json()
    except SigningError as error:
        answer = {"error": str(error)}
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
