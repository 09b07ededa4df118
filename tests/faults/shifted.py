"""`docflow` on a machine whose clock is wrong: its arguments are those of the command line.

The product asks one function for the time (`docflow.clock.now`; an architecture test holds it to
that), so this says to it what a wrong clock of the machine would say. By how much is read from a
file at each call: a test sets the clock of processes that run. PostgreSQL, on a machine of its
own, keeps its time.
"""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from docflow import clock
from docflow.cli import main

_CLOCK = Path(os.environ.pop("FAULTS_CLOCK"))


def now() -> datetime:
    return datetime.now(UTC) + timedelta(seconds=float(_CLOCK.read_text()))


if __name__ == "__main__":
    clock.now = now
    main()
