"""In a child process with limits: the same answers, and an answer in any case."""

import time

import signing
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
