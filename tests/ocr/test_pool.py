"""The children: warm, disposable, and never a trap for the caller."""

import os
import signal
import time
from pathlib import Path

import psutil
import pytest

import ocr
from ocr.pool import Child, Gone, Pool
from tests.ocr.conftest import text_pdf

LIMITS = ocr.Limits()


def _request(path: Path) -> dict[str, object]:
    return {"do": "count", "path": str(path), "kind": "application/pdf"}


@pytest.fixture
def letter(tmp_path: Path) -> Path:
    (tmp_path / "a.pdf").write_bytes(text_pdf("one", "two"))
    return tmp_path / "a.pdf"


def test_one_warm_child_serves_file_after_file(letter: Path) -> None:
    with Pool() as pool:
        for _ in range(3):
            answer, _ = pool.ask(_request(letter), limits=LIMITS, seconds=20)
            assert answer == {"pages": 2}
        assert len(pool._idle) == 1
        assert pool._idle[0].jobs == 3


def test_a_child_that_is_killed_at_its_work_is_an_error_of_that_request_only(letter: Path) -> None:
    with Pool() as pool:
        pool.ask(_request(letter), limits=LIMITS, seconds=20)
        os.kill(pool._idle[0].pid, signal.SIGSTOP)
        with pytest.raises(ocr.Unreadable) as late:
            pool.ask(_request(letter), limits=LIMITS, seconds=0.3)
        assert late.value.code == "timeout"
        assert pool.ask(_request(letter), limits=LIMITS, seconds=20)[0] == {"pages": 2}


def test_a_child_that_crashed_is_named_so(letter: Path) -> None:
    child = Child(LIMITS)
    child.ask(_request(letter), seconds=20)
    os.kill(child.pid, signal.SIGSEGV)
    with pytest.raises(ocr.Unreadable) as crashed:
        child.ask(_request(letter), seconds=20)
    assert crashed.value.code == "crashed"


def test_a_child_that_had_ended_by_itself_is_replaced(letter: Path) -> None:
    child = Child(LIMITS)
    assert child._process.stdin is not None
    child._process.stdin.close()
    child._process.wait(timeout=20)
    assert not child.is_usable(LIMITS)
    child.close()
    with pytest.raises((Gone, ValueError)):
        child.ask(_request(letter), seconds=5)


def test_the_memory_of_a_child_is_limited(letter: Path) -> None:
    with Pool() as pool:
        pool.ask(_request(letter), limits=LIMITS, seconds=20)
        process = psutil.Process(pool._idle[0].pid)
        assert process.rlimit(psutil.RLIMIT_DATA) == (LIMITS.memory_bytes, LIMITS.memory_bytes)


def test_children_end_with_their_pool(letter: Path) -> None:
    with Pool() as pool:
        pool.ask(_request(letter), limits=LIMITS, seconds=20)
        pid = pool._idle[0].pid
    deadline = time.monotonic() + 5
    while psutil.pid_exists(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not psutil.pid_exists(pid)


def test_a_child_that_ended_by_itself_leaves_no_zombie(letter: Path) -> None:
    with Pool() as pool:
        pool.ask(_request(letter), limits=LIMITS, seconds=20)
        process = psutil.Process(pool._idle[0].pid)
        process.terminate()
        deadline = time.monotonic() + 5
        while process.is_running() and time.monotonic() < deadline:
            time.sleep(0.02)
        assert not process.is_running()
