"""In a child process with limits: the same answers, and an answer in any case."""

import os
import socket
import time

import pytest

import signing
from signing import limited, limited_server
from tests.signing.conftest import Office
from tests.signing.documents import letter


def test_the_child_says_what_the_parent_would(office: Office, chain: bytes) -> None:
    assert signing.validate_limited(chain, trust_roots=office.roots) == office.validate(chain)


def test_the_moment_reaches_the_child(office: Office, chain: bytes) -> None:
    later = office.mayor.not_after.replace(year=office.mayor.not_after.year + 20)
    report = signing.validate_limited(chain, trust_roots=office.roots, at=later)
    assert report.signatures[0].trust == "expired"


def test_too_slow_is_an_answer(chain: bytes) -> None:
    started = time.monotonic()
    report = signing.validate_limited(chain, seconds=0.05)
    assert (report.verdict, report.integrity) == ("invalid", "unreadable")
    assert "too long" in report.summary
    assert time.monotonic() - started < 5


def test_too_large_is_an_answer(chain: bytes) -> None:
    report = signing.validate_limited(chain, memory_bytes=64 << 20)
    assert (report.verdict, report.integrity) == ("invalid", "unreadable")


def test_nonsense_is_an_answer() -> None:
    assert signing.validate_limited(b"\xff\n\xfe" * 1000).integrity == "unreadable"
    assert signing.validate_limited(letter()).verdict == "unsigned"


def test_roots_that_are_none_are_said_through_the_process(office: Office) -> None:
    with pytest.raises(signing.SigningError, match="not a certificate"):
        signing.validate_limited(letter(), trust_roots=[b"nonsense"])
    assert signing.validate_limited(letter()).verdict == "unsigned", "and it goes on working"


def test_a_server_that_died_meanwhile_is_replaced(office: Office, chain: bytes) -> None:
    expected = signing.validate_limited(chain, trust_roots=office.roots)
    for server in limited._pool._idle:
        os.kill(server._process.pid, 9)
    assert signing.validate_limited(chain, trust_roots=office.roots) == expected


def test_a_server_that_dies_of_the_file_is_an_answer(
    monkeypatch: pytest.MonkeyPatch, chain: bytes
) -> None:
    class Dead:
        def answer(self, *args: object, **kwargs: object) -> object:
            raise ConnectionResetError

        def kill(self) -> None:
            pass

    monkeypatch.setattr(limited, "_Server", Dead)
    monkeypatch.setattr(limited, "_pool", limited._Pool())
    assert signing.validate_limited(chain).integrity == "unreadable"


def test_the_second_answer_comes_from_a_warm_process(chain: bytes) -> None:
    signing.validate_limited(letter())
    started = time.monotonic()
    signing.validate_limited(letter())
    warm = time.monotonic() - started
    limited._pool.close()
    started = time.monotonic()
    signing.validate_limited(letter())
    assert warm < (time.monotonic() - started) / 2


def test_the_server_leaves_when_nobody_needs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Because its caller is gone, or nothing has been asked for long."""
    for idle, hangs_up in ((60, True), (0.01, False)):
        monkeypatch.setattr(limited_server, "_IDLE_SECONDS", idle)
        ours, theirs = socket.socketpair()
        with ours:
            if hangs_up:
                ours.shutdown(socket.SHUT_WR)
            limited_server.serve(theirs.detach())


def test_the_tasks_of_the_server(office: Office, chain: bytes) -> None:
    """The child's own code, without the fork, in which nothing can be seen."""
    order = {"trust_roots": office.roots, "at": None}
    report = limited_server.TASKS["validate"](chain, offline=True, **order)
    assert report == office.validate(chain).as_json()
    assert "ValidationReport" in limited_server.TASKS["etsi_report"](chain, **order)["xml"]
    checked = limited_server.TASKS["validate_any"](chain, offline=True, content_size=None, **order)
    assert checked == report
