"""The log as it is published: whoever has no login can follow it and check a proof."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import text

from docflow import audit
from tests.api.browsing import Browser
from tests.api.conftest import House

ORIGIN = "protocol.example/log"


@pytest.fixture
def signed(house: House) -> str:
    """The code of the body, whose log has a signed head."""
    with house.office.db.begin() as session:
        while audit.sequence(session):
            pass
        audit.sign_heads(
            session,
            origins=dict.fromkeys(session.scalars(text("SELECT id FROM bodies")), ORIGIN),
            keys=[Ed25519PrivateKey.generate()],
        )
        return str(session.scalar(text("SELECT code FROM bodies ORDER BY id LIMIT 1")))


def test_a_stranger_rebuilds_the_signed_root_from_what_is_published(
    visitor: Browser, signed: str
) -> None:
    key = visitor.get(f"/log/{signed}/key").text.splitlines()[-1]
    note = visitor.get(f"/log/{signed}/checkpoint")
    assert note.headers["content-type"].startswith("text/plain")
    said, _ = audit.notes.verified(note.text, [audit.notes.Verifier.parse(key)])
    head = audit.notes.Checkpoint.parse(said)
    width = head.size if head.size < 256 else 256
    rest = f"000.p/{width}" if width < 256 else "000"
    hashes = visitor.get(f"/log/{signed}/tile/0/{rest}").content
    entries = visitor.get(f"/log/{signed}/tile/entries/{rest}").content
    leaves = []
    while entries:
        length = int.from_bytes(entries[:2], "big")
        leaves.append(audit.merkle.leaf_hash(entries[2 : 2 + length]))
        entries = entries[2 + length :]
    assert b"".join(leaves) == hashes
    if head.size <= 256:
        assert audit.merkle.root_over(leaves) == head.root


def test_two_heads_are_shown_to_be_consistent(visitor: Browser, signed: str) -> None:
    note = visitor.get(f"/log/{signed}/checkpoint").text
    head = audit.notes.Checkpoint.parse(audit.notes.split(note)[0])
    path = visitor.get(f"/log/{signed}/consistency/1/{head.size}").text.splitlines()
    first = visitor.get(f"/log/{signed}/tile/0/000.p/1").content
    hashes = [base64.b64decode(line) for line in path]
    assert audit.merkle.verify_consistency(1, head.size, first, head.root, hashes)


@pytest.mark.parametrize(
    "path",
    [
        "tile/0/999",
        "tile/0/000.p/999",
        "tile/9/000",
        "tile/x/000",
        "tile/entries/x001/000",
        "consistency/0/1",
        "consistency/2/1",
        "consistency/1/999999999",
    ],
)
def test_what_the_log_does_not_have_is_not_found(visitor: Browser, signed: str, path: str) -> None:
    assert visitor.get(f"/log/{signed}/{path}").status_code in (404, 422)


def test_the_log_of_a_body_that_there_is_not(visitor: Browser) -> None:
    assert visitor.get("/log/ΚΑΜΙΑ/checkpoint").status_code == 404


def test_the_program_that_checks_is_handed_out(visitor: Browser) -> None:
    program = visitor.get("/log/check_proof.py")
    assert program.text.startswith("#!/usr/bin/env python3")
    compile(program.text, "check_proof.py", "exec")
