"""Waiting for something that another process or thread does."""

import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from docflow.embedded.processes import last_lines

_PATIENCE = 60.0


def wait_until(
    condition: Callable[[], bool],
    *,
    what: str,
    seconds: float = _PATIENCE,
    alive: "subprocess.Popen[bytes] | None" = None,
    log: Path | None = None,
) -> None:
    """Return when `condition` holds; fail when it does not in time, or when the process ends."""
    deadline = time.monotonic() + seconds
    pause = 0.01
    while not condition():
        ended = alive is not None and alive.poll() is not None
        if ended or time.monotonic() > deadline:
            state = "ended" if ended else f"did not come in {seconds:.0f} s"
            told = last_lines(log) if log is not None else ""
            raise AssertionError(f"{what} {state}.\n{told}")
        time.sleep(pause)
        pause = min(pause * 1.5, 0.2)
