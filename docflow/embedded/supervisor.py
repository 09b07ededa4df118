"""Keeps parts running: starts them, waits until they answer, restarts what dies, stops in order.

Single-threaded on purpose: the kernel ends our children when the thread that started them ends
(`processes.spawn`). Signals are blocked and waited for, so that none arrives between two steps.
"""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from docflow.embedded.errors import PartFailed
from docflow.embedded.parts import Part
from docflow.embedded.processes import last_lines, signal_group, spawn, started_at
from docflow.embedded.record import Process

STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_PATIENCE = 120.0
_STEADY = 60.0
_PROGRESS = 2.0
_LONGEST_PAUSE = 30.0
_LARGEST_LOG = 5 * 1024 * 1024
_KEPT_LOGS = 3
_LOG_ROUND = 30.0


class Interrupted(Exception):
    """We were asked to stop (Ctrl-C, SIGTERM, or the terminal was closed)."""


@dataclass
class _Running:
    part: Part
    process: "subprocess.Popen[bytes]"
    since: float
    failures: int = 0
    restart_at: float | None = None
    ready: bool = False


@dataclass
class Supervisor:
    """The running parts. Call `block_signals` first, and `stop` whatever happens."""

    logs: Path
    say: Callable[[str], None]
    on_change: Callable[[Mapping[str, Process]], None] = lambda parts: None
    _running: dict[str, _Running] = field(default_factory=dict)

    def start(self, parts: Iterable[Part]) -> None:
        """Start the parts together and return when all answer. Raises PartFailed, Interrupted."""
        waiting = list(parts)
        for part in waiting:
            self._running[part.name] = self._launch(part)
        self._tell()
        while waiting:
            for part in list(waiting):
                running = self._running[part.name]
                took = time.monotonic() - running.since
                if running.process.poll() is not None:
                    raise PartFailed(self._why(part, f"ended with code {running.process.poll()}"))
                if part.answers(running.process.pid):
                    running.ready = True
                    waiting.remove(part)
                    self.say(f"  {part.name:<12} ready after {took:.1f} s")
                elif took > _PATIENCE:
                    raise PartFailed(self._why(part, f"did not answer in {_PATIENCE:.0f} s"))
            if waiting:
                self.pause(0.05)

    def run(
        self,
        name: str,
        command: Sequence[str],
        *,
        environment: Mapping[str, str] | None = None,
        output: Path | None = None,
    ) -> None:
        """Run a command to its end; what it says on standard error is shown as its progress.

        Its standard output goes to `output`, else to its log too. Raises PartFailed, Interrupted.
        """
        log, began = self._log(name), time.monotonic()
        log.write_bytes(b"")
        process = spawn(command, log=log, output=output, environment=environment)
        told, next_word = "", began + _PROGRESS
        try:
            while process.poll() is None:
                self.pause(0.05)
                if time.monotonic() > next_word:
                    next_word += _PROGRESS
                    word = last_lines(log, 1)
                    if word != told:
                        self.say(f"    {word}")
                        told = word
        finally:
            signal_group(process.pid, signal.SIGKILL)
            process.wait()
        if process.returncode:
            raise PartFailed(f"{name} failed:\n{last_lines(log, 40)}\n(all of it: {log})")
        self.say(f"  {name:<12} done in {time.monotonic() - began:.1f} s")

    def watch(self) -> None:
        """Restart what dies, until we are asked to stop (raises Interrupted)."""
        next_log_round = 0.0
        while True:
            self.pause(1.0)
            for running in self._running.values():
                self._look_after(running)
            if time.monotonic() > next_log_round:
                next_log_round = time.monotonic() + _LOG_ROUND
                for running in self._running.values():
                    _rotate(self._log(running.part.name))

    def stop(self) -> None:
        """Stop all parts in their order; a second Ctrl-C kills them."""
        for order in sorted({running.part.stop_order for running in self._running.values()}):
            group = [r for r in self._running.values() if r.part.stop_order == order]
            self._stop_group(group)
        self._running.clear()
        self._tell()

    def pause(self, seconds: float) -> None:
        """Wait so long, or until a child ends. Raises Interrupted."""
        caught = signal.sigtimedwait((*STOPPING, signal.SIGCHLD), seconds)
        if caught is not None and caught.si_signo in STOPPING:
            raise Interrupted

    def _launch(self, part: Part) -> _Running:
        process = part.launch(self._log(part.name))
        return _Running(part=part, process=process, since=time.monotonic())

    def _look_after(self, running: _Running) -> None:
        part, now = running.part, time.monotonic()
        if running.restart_at is not None:
            if now >= running.restart_at:
                fresh = self._launch(part)
                running.process, running.since = fresh.process, now
                running.restart_at, running.ready = None, False
                self._tell()
        elif (code := running.process.poll()) is not None:
            signal_group(running.process.pid, signal.SIGKILL)
            running.failures = 0 if now - running.since > _STEADY else running.failures + 1
            pause = min(0.25 * 2**running.failures, _LONGEST_PAUSE)
            running.restart_at = now + pause
            self.say(
                f"{part.name} ended ({_in_words(code)}); it starts again in {pause:.1f} s "
                f"(log: {self._log(part.name)})"
            )
        elif not running.ready and part.answers(running.process.pid):
            running.ready = True
            self.say(f"{part.name} answers again")

    def _stop_group(self, group: list[_Running]) -> None:
        for running in group:
            with suppress(ProcessLookupError):
                running.process.send_signal(running.part.stop_signal)
        for running in group:
            deadline = time.monotonic() + running.part.grace
            while running.process.poll() is None and time.monotonic() < deadline:
                try:
                    self.pause(0.1)
                except Interrupted:
                    break
            if running.process.poll() is None:
                self.say(f"  {running.part.name} did not end in time and was killed")
            signal_group(running.process.pid, signal.SIGKILL)
            running.process.wait()

    def processes(self) -> dict[str, Process]:
        """The parts that are alive now."""
        alive = {}
        for name, running in self._running.items():
            started = started_at(running.process.pid)
            if started is not None:
                alive[name] = Process(pid=running.process.pid, started=started)
        return alive

    def _tell(self) -> None:
        self.on_change(self.processes())

    def _log(self, name: str) -> Path:
        return self.logs / f"{name.lower().replace(' ', '-')}.log"

    def _why(self, part: Part, what: str) -> str:
        log = self._log(part.name)
        return f"{part.name} {what}:\n{last_lines(log)}\n(all of it: {log})"


def block_signals() -> None:
    """Keep the signals that we wait for until `pause` takes them."""
    signal.pthread_sigmask(signal.SIG_BLOCK, (*STOPPING, signal.SIGCHLD))


def _in_words(code: int) -> str:
    return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


def _rotate(log: Path) -> None:
    """Move a log that grew too large aside; its writer appends on to the emptied file.

    Lines written between the copy and the cut are lost, which a log of this stack can bear.
    """
    with suppress(FileNotFoundError):
        if log.stat().st_size < _LARGEST_LOG:
            return
        for number in range(_KEPT_LOGS - 1, 0, -1):
            older = log.with_suffix(f".log.{number}")
            if older.exists():
                older.replace(log.with_suffix(f".log.{number + 1}"))
        shutil.copyfile(log, log.with_suffix(".log.1"))
        os.truncate(log, 0)
