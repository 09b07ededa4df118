"""The supervisor's own rules, on small commands."""

import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from docflow.embedded import processes, supervisor
from docflow.embedded.errors import PartFailed
from docflow.embedded.parts import Part
from docflow.embedded.processes import spawn
from tests.waiting import wait_until


@pytest.fixture(autouse=True)
def blocked() -> Iterator[None]:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    supervisor.block_signals()
    yield
    signal.pthread_sigmask(signal.SIG_SETMASK, before)


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[tuple[supervisor.Supervisor, list[str]]]:
    said: list[str] = []
    watching = supervisor.Supervisor(logs=tmp_path, say=said.append)
    yield watching, said
    watching.stop()


def shell(name: str, script: str, *, stop_order: int = 0, grace: float = 5) -> Part:
    return Part(
        name=name,
        launch=lambda log: spawn(["/bin/sh", "-c", script], log=log),
        answers=lambda _: True,
        stop_order=stop_order,
        grace=grace,
    )


def test_parts_stop_in_their_order(
    watched: tuple[supervisor.Supervisor, list[str]], tmp_path: Path
) -> None:
    order = tmp_path / "order"
    watching, _ = watched
    watching.start(
        shell(
            name,
            f"trap 'echo {name} >> {order}; exit' TERM; while :; do sleep 0.05; done",
            stop_order=number,
        )
        for number, name in ((2, "last"), (0, "first"), (1, "middle"))
    )
    time.sleep(0.3)
    watching.stop()
    assert order.read_text().split() == ["first", "middle", "last"]


def test_a_part_that_does_not_hear_is_killed_with_its_children(
    watched: tuple[supervisor.Supervisor, list[str]], tmp_path: Path
) -> None:
    watching, said = watched
    child = tmp_path / "child"
    watching.start(
        [shell("deaf", f"trap '' TERM; sleep 60 & echo $! > {child}; wait; sleep 60", grace=0.3)]
    )
    time.sleep(0.3)
    pid = int(child.read_text())
    watching.stop()
    assert said[-1] == "  deaf did not end in time and was killed"
    wait_until(lambda: not Path(f"/proc/{pid}/exe").exists(), what="end of the child", seconds=10)


def test_a_part_that_dies_again_and_again_is_started_ever_more_slowly(
    watched: tuple[supervisor.Supervisor, list[str]],
) -> None:
    watching, said = watched
    watching.start([shell("weak", "sleep 0.05; exit 7")])

    def stop_after_two_deaths() -> None:
        # Only then is it sure that the signal is heard by the supervisor, not by the test run.
        wait_until(lambda: sum("exit code 7" in line for line in said) >= 2, what="two deaths")
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGTERM)

    asking = threading.Thread(target=stop_after_two_deaths)
    asking.start()
    with pytest.raises(supervisor.Interrupted):
        watching.watch()
    asking.join()
    pauses = [line.partition("again in ")[2][:3] for line in said if "exit code 7" in line]
    assert pauses[:2] == ["0.5", "1.0"]


def test_a_command_that_fails_is_shown_with_its_output(
    watched: tuple[supervisor.Supervisor, list[str]],
) -> None:
    watching, _ = watched
    with pytest.raises(PartFailed, match="no such table"):
        watching.run("migrate", ["/bin/sh", "-c", "echo no such table; exit 3"])


def test_a_long_command_shows_how_far_it_is_and_gives_its_output(
    watched: tuple[supervisor.Supervisor, list[str]], tmp_path: Path
) -> None:
    watching, said = watched
    script = "echo result; echo month 1 >&2; echo month 2 >&2; sleep 2.5"
    watching.run("demo", ["/bin/sh", "-c", script], output=tmp_path / "output")
    assert (tmp_path / "output").read_text() == "result\n"
    assert said[0] == "    month 2"
    assert said[1].startswith("  demo         done in 2.")


def test_a_log_that_grew_too_large_is_moved_aside(tmp_path: Path) -> None:
    log = tmp_path / "web.log"
    for round_number in range(5):
        with log.open("ab") as file:
            file.truncate(6 * 1024 * 1024)
            file.seek(0, 2)
            file.write(str(round_number).encode())
        supervisor._rotate(log)
    assert log.stat().st_size == 0
    kept = sorted(tmp_path.glob("web.log.*"))
    assert [path.name for path in kept] == ["web.log.1", "web.log.2", "web.log.3"]
    assert [path.read_bytes()[-1:] for path in kept] == [b"4", b"3", b"2"]


def test_a_small_log_stays(tmp_path: Path) -> None:
    log = tmp_path / "web.log"
    log.write_text("a line\n")
    supervisor._rotate(log)
    assert log.read_text() == "a line\n"


def test_a_port_that_another_process_serves_is_not_taken_for_ours() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert processes.listens(os.getpid(), port)
        assert not processes.listens(os.getppid(), port)
    assert not processes.listens(os.getpid(), port)
