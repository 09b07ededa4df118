"""A whole stack with a stand-in for the product, started as a user starts it."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from docflow.embedded.processes import started_at
from docflow.embedded.record import State, read_state
from tests.stack import ROOT, wait_until

STANDIN = Path(__file__).with_name("standin.py")
_UP = """
import sys
from pathlib import Path
from docflow.embedded.parts import Program
from docflow.embedded.stack import up
port = int(sys.argv[2]) if sys.argv[2] else None
docflow = (sys.executable, sys.argv[3])
program = Program(docflow=docflow, loops=(*docflow, "loops"))
sys.exit(up(Path(sys.argv[1]), port, demo=True, program=program))
"""


@dataclass
class Up:
    """A running `docflow up`."""

    data: Path
    process: "subprocess.Popen[bytes]"
    output: Path

    def text(self) -> str:
        return self.output.read_text()

    def wait_ready(self) -> "Up":
        wait_until(self.is_ready, what="the stack", alive=self.process, log=self.output)
        return self

    def is_ready(self) -> bool:
        state = read_state(self.data)
        return state is not None and state.ready and state.supervisor.pid == self.process.pid

    def state(self) -> State:
        state = read_state(self.data)
        assert state is not None
        return state

    def end(self, how: signal.Signals = signal.SIGINT) -> int:
        self.process.send_signal(how)
        return self.process.wait(60)


def left_alive(state: State) -> list[str]:
    """The parts of an ended stack that still live."""
    return [name for name, part in state.parts.items() if started_at(part.pid) == part.started]


@pytest.fixture(scope="module")
def launch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Up]]:
    """Call it to start a stack; all are stopped at the end."""
    started: list[Up] = []

    def start(data: Path, *, port: int | None = None, **environment: str) -> Up:
        output = tmp_path_factory.mktemp("terminal") / "output"
        with output.open("wb") as file:
            process = subprocess.Popen(
                [sys.executable, "-c", _UP, str(data), str(port or ""), str(STANDIN)],
                cwd=ROOT,
                env={**os.environ, **environment},
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        started.append(Up(data=data, process=process, output=output))
        return started[-1]

    yield start
    for up in started:
        if up.process.poll() is None:
            up.end(signal.SIGTERM)
