"""The stack's record on disk (`DATA/stack.json`): who runs on a data directory, and where."""

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from docflow.embedded.errors import AlreadyRunning, StackError
from docflow.embedded.kept import write_private
from docflow.embedded.processes import started_at

_PREFIX = "DOCFLOW_"  # docflow.settings would bring pydantic into the supervisor


@dataclass(frozen=True, slots=True)
class Process:
    """A process that cannot be mistaken for a later one with the same number."""

    pid: int
    started: int
    """Kernel ticks since boot."""

    def is_alive(self) -> bool:
        return started_at(self.pid) == self.started


@dataclass(frozen=True, slots=True)
class State:
    """A stack, running or left over."""

    supervisor: Process
    address: str
    environment: dict[str, str]
    """The DOCFLOW_ variables that its parts got, without those of the schema's owner."""
    parts: dict[str, Process] = field(default_factory=dict)
    ready: bool = False


def as_environment(values: Mapping[str, object]) -> dict[str, str]:
    """Settings as environment variables."""
    return {
        _PREFIX + name.upper(): json.dumps(value) if isinstance(value, list | bool) else str(value)
        for name, value in values.items()
    }


def write_state(data: Path, state: State) -> None:
    write_private(data / "stack.json", json.dumps(asdict(state), indent=1, ensure_ascii=False))


def read_state(data: Path) -> State | None:
    """What the last `docflow up` on `data` wrote, whether it still runs or not."""
    try:
        values = json.loads((data / "stack.json").read_text())
    except FileNotFoundError:
        return None
    except PermissionError as exc:
        raise StackError(f"The stack on {data} belongs to another account: {exc}.") from exc
    return State(
        supervisor=Process(**values["supervisor"]),
        address=values["address"],
        environment=values["environment"],
        parts={name: Process(**part) for name, part in values["parts"].items()},
        ready=values["ready"],
    )


@contextmanager
def locked(data: Path) -> Iterator[None]:
    """Hold the data directory for one supervisor. Raises AlreadyRunning."""
    descriptor = os.open(data / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as exc:
            raise AlreadyRunning(_who_runs(data)) from exc
        yield
    finally:
        os.close(descriptor)


def _who_runs(data: Path) -> str:
    state = read_state(data)
    if state is None:
        return f"Another `docflow up` is just starting on {data}."
    return (
        f"Docflow already runs on {data}: {state.address} (process {state.supervisor.pid}). "
        f"Stop that one first, or start with another --data directory."
    )
