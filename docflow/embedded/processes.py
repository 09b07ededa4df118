"""Child processes that never outlive us, and leave nothing behind when they end.

Each child leads its own session: Ctrl-C in the terminal reaches only the supervisor, which then
stops the parts in order, and a whole part (with its own children) can be killed as one group.
"""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path

LOOPBACK = "127.0.0.1"
_PR_SET_PDEATHSIG = 1
_LISTENING = "0A"  # TCP_LISTEN in /proc/net/tcp
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def spawn(
    command: Sequence[str],
    *,
    log: Path,
    output: Path | None = None,
    environment: Mapping[str, str] | None = None,
    identity: tuple[int, int] | None = None,
    death_signal: signal.Signals = signal.SIGTERM,
    cwd: Path | None = None,
) -> "subprocess.Popen[bytes]":
    """Start `command`, its output appended to `log`; call it from the main thread.

    Its standard output goes to the new file `output` where one is named, only the rest to the log.
    `identity` is the user and group id to run as, where we are root and it must not be.
    When we die without stopping it (kill -9), the kernel sends it `death_signal`. Raises OSError
    where the program cannot be started.
    """
    parent = os.getpid()

    def before_exec() -> None:
        # The supervisor waits for its signals with these blocked; a child must hear them.
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        if _LIBC is not None:
            _LIBC.prctl(_PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
            if os.getppid() != parent:
                os._exit(1)

    with ExitStack() as files:
        logged = files.enter_context(log.open("ab"))
        printed = logged if output is None else files.enter_context(output.open("wb"))
        return subprocess.Popen(  # noqa: S603 - our own programs, no shell
            command,
            stdin=subprocess.DEVNULL,
            stdout=printed,
            stderr=logged,
            env=None if environment is None else dict(environment),
            cwd=cwd,
            user=None if identity is None else identity[0],
            group=None if identity is None else identity[1],
            extra_groups=None if identity is None else [],
            start_new_session=True,
            preexec_fn=before_exec,
        )


def signal_group(pid: int, number: signal.Signals) -> None:
    """Send a signal to the process and all of its session's group; nothing if they are gone."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)


def stop(
    process: "subprocess.Popen[bytes]", *, how: signal.Signals = signal.SIGTERM, grace: float = 10
) -> bool:
    """Ask the process to end and wait `grace` seconds, then kill its group; whether it obeyed."""
    with suppress(ProcessLookupError):
        process.send_signal(how)
    try:
        process.wait(grace)
        obeyed = True
    except subprocess.TimeoutExpired:
        obeyed = False
    signal_group(process.pid, signal.SIGKILL)
    process.wait()
    return obeyed


def started_at(pid: int) -> int | None:
    """Kernel ticks from boot to the start of the process: with the pid, its identity. None if gone.

    A zombie, which only waits for its parent to look, counts as gone.
    """
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] == "Z" else int(fields[19])


def end_stray(pid: int, started: int, *, how: signal.Signals, grace: float = 10) -> None:
    """End a process of an earlier run that was left over, if it is still that very process."""
    if started_at(pid) != started:
        return
    with suppress(ProcessLookupError):
        os.kill(pid, how)
    deadline = time.monotonic() + grace
    while started_at(pid) == started and time.monotonic() < deadline:
        time.sleep(0.05)
    if started_at(pid) == started:
        signal_group(pid, signal.SIGKILL)


def is_port_free(port: int, host: str = LOOPBACK) -> bool:
    """Whether a server could listen there now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def listens(pid: int, port: int) -> bool:
    """Whether this very process serves that port (IPv4), and not another that was quicker."""
    served = set()
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        if fields[3] == _LISTENING and int(fields[1].rpartition(":")[2], 16) == port:
            served.add(f"socket:[{fields[9]}]")
    try:
        return any(str(link.readlink()) in served for link in Path(f"/proc/{pid}/fd").iterdir())
    except OSError:
        return False


def free_port(host: str = LOOPBACK) -> int:
    """A port that nobody listens on at this moment."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def last_lines(log: Path, count: int = 15) -> str:
    """The end of a log file, to show why a part did not start."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - 8192))
            text = file.read().decode("utf-8", "replace")
    except OSError:
        return ""
    return "\n".join(text.splitlines()[-count:])
