"""Signed notes, checkpoints and proofs, also those that others made."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from docflow.audit import merkle, notes

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
SIGNER = notes.Signer("example.org/log/test", KEY)
HEAD = notes.Checkpoint("example.org/log/test", 8, merkle.leaf_hash(b"x"))

# The example of Go's package note, which defined the format; its key, text and signature.
PETER = notes.Verifier.parse("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
PETER_SAID = """\
If you think cryptography is the answer to your problem,
then you don't know what your problem is.

— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=
"""  # noqa: E501


def test_a_note_that_others_signed_is_verified() -> None:
    text, names = notes.verified(PETER_SAID, [PETER, SIGNER.verifier])
    assert names == ["PeterNeumann"]
    assert text.startswith("If you think")
    assert str(PETER).startswith("PeterNeumann+c74f20a3+")


def test_a_checkpoint_is_signed_and_read_again() -> None:
    note = notes.sign(HEAD.text, SIGNER)
    text, names = notes.verified(note, [SIGNER.verifier])
    assert notes.Checkpoint.parse(text) == HEAD
    assert names == ["example.org/log/test"]
    assert notes.Verifier.parse(str(SIGNER.verifier)) == SIGNER.verifier


def test_during_a_change_of_keys_either_key_verifies() -> None:
    other = notes.Signer(SIGNER.name, Ed25519PrivateKey.generate())
    note = notes.sign(HEAD.text, other, SIGNER)
    for signer in (SIGNER, other):
        assert notes.verified(note, [signer.verifier])


def test_a_witness_signs_with_the_time_at_which_he_saw_it() -> None:
    witness = notes.Signer("auditor.example", Ed25519PrivateKey.generate(), notes.COSIGNATURE)
    note = notes.sign(HEAD.text, SIGNER)
    line = notes.cosignature_line(HEAD.text, witness, at=1_790_000_000)
    _, names = notes.verified(note + line, [SIGNER.verifier, witness.verifier])
    assert names == ["example.org/log/test", "auditor.example"]
    of_another = notes.cosignature_line("x\n", witness, at=1_790_000_000)
    with pytest.raises(notes.BadNote, match="signature of auditor"):
        notes.verified(note + of_another, [SIGNER.verifier, witness.verifier])


BROKEN = {
    "another size": notes.sign(HEAD.text, SIGNER).replace("\n8\n", "\n9\n"),
    "nobody we know": PETER_SAID,
    "no signature": HEAD.text + "\n",
    "no blank line": HEAD.text,
    "nothing": "",
    "not base64": HEAD.text + "\n— example.org/log/test ????\n",
    "cut off": notes.sign(HEAD.text, SIGNER)[:-2],
}


@pytest.mark.parametrize("broken", BROKEN)
def test_a_broken_note_is_refused(broken: str) -> None:
    with pytest.raises(notes.BadNote):
        notes.verified(BROKEN[broken], [SIGNER.verifier])


@pytest.mark.parametrize(
    "text",
    ["a\n1\n", "a\n01\nAAAA\n", "a\n-1\nAAAA\n", "\n1\nAAAA\n", "a\n1\nAAAA\n", "a\n" + "9" * 20],
)
def test_a_broken_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(notes.BadNote):
        notes.Checkpoint.parse(text)


@pytest.mark.parametrize("key", ["", "x", "a+00000000+AAAA", str(PETER).replace("c74f", "c74e")])
def test_a_broken_key_is_refused(key: str) -> None:
    with pytest.raises(notes.BadNote):
        notes.Verifier.parse(key)


def test_a_proof_is_read_again_with_and_without_extra() -> None:
    for extra in (None, b"", b"more"):
        proof = notes.Proof(7, (merkle.EMPTY_ROOT,), notes.sign(HEAD.text, SIGNER), extra)
        assert notes.Proof.parse(proof.text) == proof


@pytest.mark.parametrize(
    "text",
    [
        "",
        "c2sp.org/tlog-proof@v1\nindex 0\n",
        "c2sp.org/tlog-proof@v2\nindex 0\n\nx",
        "c2sp.org/tlog-proof@v1\nindex 01\n\nx",
        "c2sp.org/tlog-proof@v1\nindex 0\nAAAA\n\nx",
        "c2sp.org/tlog-proof@v1\nextra ?\nindex 0\n\nx",
        "c2sp.org/tlog-proof@v1\nextra AAAA\n\nx",
    ],
)
def test_a_broken_proof_is_refused(text: str) -> None:
    with pytest.raises(notes.BadNote):
        notes.Proof.parse(text)


def test_a_text_with_control_characters_is_not_signed() -> None:
    for text in ("no newline", "a\tb\n"):
        with pytest.raises(notes.BadNote):
            notes.sign(text, SIGNER)
