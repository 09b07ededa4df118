"""Disposable child processes: every parser and every recognition runs in one.

A child is a fresh interpreter (`python -m ocr.child`), not a fork: it shares no memory, no database
connection and no lock with the caller, and works inside Celery's daemonic workers, which may not
use `multiprocessing`. Requests and answers are frames of JSON plus raw bytes, never pickles, since
a child that was taken over by a hostile file must not be able to take over its parent.

A child serves one request at a time and stays warm for the next file; it ends by itself when
nothing came for a minute, or when its parent is gone.
"""

import contextlib
import json
import os
import selectors
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, Self, cast

from ocr.languages import tessdata_dir
from ocr.values import Limits, Unreadable

FRAME = struct.Struct("<IQ")  # bytes of JSON, bytes of payload
_JOBS_PER_CHILD = 200  # the C libraries leak a little; a new child costs half a second
_MAX_ANSWER = 1 << 31
_PATIENCE = 5.0  # seconds on the clock for each second of work, on a machine with other work

Answer = tuple[dict[str, Any], bytes]


class Gone(Exception):
    """The child had ended before it took the request: nothing is lost, ask another one."""


class Child:
    """One child process and its two pipes."""

    def __init__(self, limits: Limits) -> None:
        self.memory_bytes = limits.memory_bytes
        self.jobs = 0
        # A file, not a pipe: nobody reads it while the child works, and a full pipe would stop it.
        self._complaints = tempfile.TemporaryFile()  # noqa: SIM115 closed in close()
        package_root = Path(__file__).resolve().parent.parent
        self._process = subprocess.Popen(  # noqa: S603 our own interpreter and module, no shell
            [sys.executable, "-P", "-m", "ocr.child", str(limits.memory_bytes)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._complaints,
            env={
                "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
                "PYTHONPATH": str(package_root),
                "DOCFLOW_TESSDATA": str(tessdata_dir()),
                "LC_ALL": "C.UTF-8",
                # One thread each: threads of several readers fight for the cores, and each
                # library's pool would reserve address space per core.
                "OMP_THREAD_LIMIT": "1",
                "OMP_NUM_THREADS": "1",
                "OPENBLAS_NUM_THREADS": "1",
                "OPENCV_FOR_OPENMP_DYNAMIC_DISABLE": "1",
            },
            close_fds=True,
            bufsize=0,
        )
        # One that ends by itself, after a minute without work, leaves no zombie behind.
        threading.Thread(target=self._process.wait, daemon=True).start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def is_usable(self, limits: Limits) -> bool:
        fits = self.memory_bytes == limits.memory_bytes and self.jobs < _JOBS_PER_CHILD
        return fits and self._process.poll() is None

    def ask(self, request: dict[str, Any], *, seconds: float) -> Answer:
        """Send one request and wait for its answer.

        Raises `Unreadable` with what the child reports, or "timeout", "memory" or "crashed" where
        it had to be killed or died; `Gone` where it had ended before.
        """
        self.jobs += 1
        deadline = _Deadline(self.pid, seconds)
        message = json.dumps(request).encode()
        try:
            self._send(FRAME.pack(len(message), 0) + message, deadline)
            size, extra = FRAME.unpack(self._receive(FRAME.size, deadline))
            if size + extra > _MAX_ANSWER:
                raise EOFError("an answer of absurd size")
            answer = json.loads(self._receive(size, deadline))
            payload = self._receive(extra, deadline)
        except TimeoutError:
            self.close()
            raise Unreadable("timeout", f"No answer within {seconds:g} s") from None
        except (EOFError, BrokenPipeError, ValueError) as exc:
            raise self._post_mortem(exc) from exc
        if "error" in answer:
            raise Unreadable(answer["error"], str(answer.get("detail", "")))
        return answer, payload

    def close(self) -> None:
        """Kill the child. Its work is disposable, so there is nothing to say goodbye for."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout, self._complaints):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()

    def _send(self, data: bytes, deadline: "_Deadline") -> None:
        pipe = cast(IO[bytes], self._process.stdin).fileno()
        os.set_blocking(pipe, False)
        view = memoryview(data)
        while view:
            deadline.wait(pipe, selectors.EVENT_WRITE)
            view = view[os.write(pipe, view) :]

    def _receive(self, size: int, deadline: "_Deadline") -> bytes:
        pipe = cast(IO[bytes], self._process.stdout).fileno()
        data = bytearray()
        while len(data) < size:
            deadline.wait(pipe, selectors.EVENT_READ)
            chunk = os.read(pipe, min(size - len(data), 1 << 20))
            if not chunk:
                raise EOFError("the child ended")
            data += chunk
        return bytes(data)

    def _post_mortem(self, cause: Exception) -> Exception:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=2)
        status = self._process.poll()
        self._complaints.seek(0)
        said = self._complaints.read()[-2000:].decode(errors="replace").strip()
        self.close()
        if status == 0:
            return Gone()
        if "bad_alloc" in said or "MemoryError" in said or "Out of memory" in said:
            return Unreadable("memory", "The limit of memory was reached")
        return Unreadable("crashed", f"The reading process ended with {status} ({cause}): {said}")


class _Deadline:
    """So many seconds of the child's own processor time, and a multiple of them on the clock.

    A page must not fail because the machine was busy with other things while it was read.
    """

    def __init__(self, pid: int, seconds: float) -> None:
        self._pid = pid
        self._processor = _processor_seconds(pid) + seconds
        self._clock = time.monotonic() + _PATIENCE * seconds
        self._step = min(1.0, seconds)

    def wait(self, descriptor: int, event: int) -> None:
        """Until the pipe is ready. Raises TimeoutError."""
        with selectors.DefaultSelector() as selector:
            selector.register(descriptor, event)
            while not selector.select(self._step):
                if time.monotonic() > self._clock:
                    raise TimeoutError
                if _processor_seconds(self._pid) > self._processor:
                    raise TimeoutError


def _processor_seconds(pid: int) -> float:
    """User and system time of a process, proc(5) fields 14 and 15; 0 where it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text("ascii", errors="replace")
    except OSError:
        return 0.0
    ticks = fields.rpartition(")")[2].split()[11:13]
    return sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")


class Pool:
    """Warm children of this process; each borrower has one for himself."""

    def __init__(self) -> None:
        self._owner = os.getpid()
        self._lock = threading.Lock()
        self._idle: list[Child] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def ask(self, request: dict[str, Any], *, limits: Limits, seconds: float) -> Answer:
        """Have a child answer; see `Child.ask`. A child that failed is not used again."""
        while True:
            with self._borrowed(limits) as child, contextlib.suppress(Gone):
                return child.ask(request, seconds=seconds)

    def close(self) -> None:
        with self._lock:
            children, self._idle = self._idle, []
        for child in children:
            child.close()

    @contextlib.contextmanager
    def _borrowed(self, limits: Limits) -> Iterator[Child]:
        child = self._take(limits)
        try:
            yield child
        finally:
            if child.is_usable(limits):
                with self._lock:
                    self._idle.append(child)
            else:
                child.close()

    def _take(self, limits: Limits) -> Child:
        with self._lock:
            if self._owner != os.getpid():  # a fork: these children answer to another parent
                self._owner, self._idle = os.getpid(), []
            fresh = [child for child in self._idle if child.is_usable(limits)]
            stale = [child for child in self._idle if child not in fresh]
            self._idle = fresh
            # The last one used: it may have the same file open still.
            child = fresh.pop() if fresh else None
        for other in stale:
            other.close()
        return child or Child(limits)


children = Pool()
"""The pool of this process."""
