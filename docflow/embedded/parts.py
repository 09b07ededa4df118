"""What the stack is made of, as values: how each part starts, answers, and ends."""

import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from docflow.embedded.broker import Broker
from docflow.embedded.pki import Pki, is_ok
from docflow.embedded.postgres import Cluster
from docflow.embedded.processes import LOOPBACK, listens, spawn

LOOPS = ("relay", "sequencer")
"""The processes that serve nobody, and are seen by their connection to the database."""


@dataclass(frozen=True, slots=True)
class Part:
    """One child process of the supervisor."""

    name: str
    launch: Callable[[Path], "subprocess.Popen[bytes]"]
    """Starts it with its output appended to that log file."""
    answers: Callable[[int], bool]
    """Whether the part can be used; it is given the number of the process."""
    stop_order: int
    """Parts of a lower number are stopped first, and fully, before the next."""
    stop_signal: signal.Signals = signal.SIGTERM
    grace: float = 10
    """Seconds from the stop signal to SIGKILL."""


@dataclass(frozen=True, slots=True)
class Program:
    """How the product's own processes are called."""

    docflow: Sequence[str]
    """The command line, before its subcommand."""
    loops: Sequence[str]
    """Relay and sequencer together (see `loops`)."""


def installed_program() -> Program:
    """The product of this environment."""
    script = Path(sys.executable).with_name("docflow")
    by_module = (sys.executable, "-m", "docflow.cli")
    return Program(
        docflow=(str(script),) if script.exists() else by_module,
        loops=(sys.executable, "-m", "docflow.embedded.loops"),
    )


def servers(cluster: Cluster, broker: Broker, pki: Pki) -> list[Part]:
    """The parts that are not ours."""
    return [
        Part(
            name="PostgreSQL",
            launch=lambda log: cluster.spawn(log=log),
            answers=lambda _: cluster.answers(),
            stop_order=3,
            stop_signal=signal.SIGINT,
            grace=30,
        ),
        Part(
            name="broker",
            launch=lambda log: broker.spawn(log=log),
            answers=lambda _: broker.answers(),
            stop_order=2,
        ),
        Part(
            name="test CA",
            launch=lambda log: pki.spawn(log=log),
            answers=lambda _: pki.answers(),
            stop_order=2,
        ),
    ]


def application(
    program: Program,
    environment: Mapping[str, str],
    *,
    cluster: Cluster,
    broker: Broker,
    port: int,
) -> list[Part]:
    """The parts that are ours; `environment` is for each of them."""

    def ours(
        name: str, *arguments: str, answers: Callable[[int], bool], stop_order: int, grace: float
    ) -> Part:
        return Part(
            name=name,
            launch=lambda log: spawn(
                [*program.docflow, *arguments], log=log, environment=environment
            ),
            answers=answers,
            stop_order=stop_order,
            grace=grace,
        )

    return [
        ours(
            "web",
            *("serve", "--host", LOOPBACK, "--port", str(port)),
            answers=lambda pid: listens(pid, port) and is_ok(port, "/health"),
            stop_order=0,
            grace=8,
        ),
        ours("worker", "worker", answers=lambda _: broker.is_awaited(), stop_order=1, grace=20),
        Part(
            name="relay",
            launch=lambda log: spawn(program.loops, log=log, environment=environment),
            answers=lambda _: all(map(cluster.is_connected, map(application_name, LOOPS))),
            stop_order=1,
            grace=5,
        ),
    ]


def scanning(program: Program, environment: Mapping[str, str], *, cluster: Cluster) -> list[Part]:
    """The part that watches folders for scans, where the settings name any."""
    if environment.get("DOCFLOW_SCAN_FOLDERS", "[]").strip() in ("", "[]"):
        return []
    return [
        Part(
            name="scans",
            launch=lambda log: spawn(
                [*program.docflow, "scans", "watch"], log=log, environment=environment
            ),
            answers=lambda _: cluster.is_connected(application_name("scans")),
            stop_order=0,
            grace=8,
        )
    ]


def application_name(part: str) -> str:
    """What a part calls itself when it connects to PostgreSQL."""
    return f"docflow-{part}"
