"""Signed notes, checkpoints and proofs as text, in the formats that other logs use.

Sources: C2SP signed-note (text, blank line, signature lines), tlog-checkpoint (origin, size, root),
tlog-proof (index, inclusion proof, checkpoint), tlog-cosignature (a witness's signature with time).
Everything here is text in, text out; a key is one of Ed25519.
"""

import base64
import binascii
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from docflow.audit.merkle import HASH_BYTES

PROOF_HEADER = "c2sp.org/tlog-proof@v1"
SIGNATURE_MARK = "— "
ED25519, COSIGNATURE = 0x01, 0x04  # signature types of C2SP signed-note
MAX_NOTE = 1_000_000  # characters; the size of a note that is read at all


class BadNote(ValueError):
    """The text is no note, checkpoint, proof or key of these formats, or its signature is wrong."""


@dataclass(frozen=True, slots=True)
class Verifier:
    """A public key by name, as it is handed out: NAME+KEYID+BASE64(TYPE || KEY)."""

    name: str
    kind: int
    public: bytes  # 32 bytes

    @property
    def key_id(self) -> bytes:
        return hashlib.sha256(
            f"{self.name}\n".encode() + bytes([self.kind]) + self.public
        ).digest()[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{_base64(bytes([self.kind]) + self.public)}"

    @classmethod
    def parse(cls, text: str) -> "Verifier":
        """The key in its text form. Raises BadNote."""
        name, _, rest = text.strip().partition("+")
        key_id, _, key = rest.partition("+")
        raw = _bytes_of(key)
        if not _is_key_name(name) or len(raw) != 33 or raw[0] not in (ED25519, COSIGNATURE):
            raise BadNote("this is no key of a log or witness (NAME+ID+KEY)")
        verifier = cls(name, raw[0], raw[1:])
        if verifier.key_id.hex() != key_id:
            raise BadNote("the key does not fit its own identifier")
        return verifier


class SigningKey(Protocol):
    """A private key of Ed25519, wherever it is: in memory, or on a token that signs itself."""

    def public_key(self) -> Ed25519PublicKey: ...

    def sign(self, data: bytes, /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Signer:
    """A private key by name."""

    name: str
    key: SigningKey
    kind: int = ED25519

    @property
    def verifier(self) -> Verifier:
        return Verifier(self.name, self.kind, self.key.public_key().public_bytes_raw())


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The head of a log: how many leaves it has, and their root."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        return f"{self.origin}\n{self.size}\n{_base64(self.root)}\n"

    @classmethod
    def parse(cls, text: str) -> "Checkpoint":
        """The head in the text of a note; further lines are left alone. Raises BadNote."""
        lines = text.split("\n")
        if len(lines) < 4 or not lines[0]:
            raise BadNote("a checkpoint has three lines: origin, size, root")
        root = _bytes_of(lines[2])
        if len(root) != HASH_BYTES:
            raise BadNote("the root of a checkpoint has 32 bytes")
        return cls(lines[0], _number(lines[1]), root)


def sign(text: str, *signers: Signer) -> str:
    """The text with a signature line of each signer. Raises BadNote for a text that is no note."""
    if not text.endswith("\n") or any(ord(c) < 0x20 and c != "\n" for c in text):
        raise BadNote("the text of a note is lines without control characters")
    return text + "\n" + "".join(signature_line(text, signer) for signer in signers)


def signature_line(text: str, signer: Signer) -> str:
    signature = signer.verifier.key_id + signer.key.sign(text.encode())
    return f"{SIGNATURE_MARK}{signer.name} {_base64(signature)}\n"


def cosignature_line(text: str, witness: Signer, *, at: int) -> str:
    """A witness's line: he saw this checkpoint at `at` (seconds since 1970) and it fits his last.

    Source: C2SP tlog-cosignature, `cosignature/v1`.
    """
    verifier = Verifier(witness.name, COSIGNATURE, witness.key.public_key().public_bytes_raw())
    signature = witness.key.sign(_cosigned(text, at))
    return (
        f"{SIGNATURE_MARK}{witness.name} "
        f"{_base64(verifier.key_id + at.to_bytes(8, 'big') + signature)}\n"
    )


def verified(note: str, verifiers: Iterable[Verifier]) -> tuple[str, list[str]]:
    """The text of a note and the names of those of `verifiers` who signed it.

    Signatures of unknown keys are passed over. Raises BadNote where a known key's signature is
    wrong, and where no known key signed.
    """
    text, lines = split(note)
    known = {(verifier.name, verifier.key_id): verifier for verifier in verifiers}
    names = []
    for line in lines:
        name, _, encoded = line.removeprefix(SIGNATURE_MARK).partition(" ")
        raw = _bytes_of(encoded)
        verifier = known.get((name, raw[:4]))
        if verifier is None:
            continue
        if not _is_signed(text, raw[4:], verifier):
            raise BadNote(f"the signature of {name} is wrong")
        names.append(name)
    if not names:
        raise BadNote("none of the known keys signed this")
    return text, names


def split(note: str) -> tuple[str, list[str]]:
    """The text of a note, its last newline included, and its signature lines. Raises BadNote."""
    text, blank, signatures = note.rpartition("\n\n")
    lines = signatures.split("\n")
    if (
        len(note) > MAX_NOTE
        or not blank
        or lines.pop() != ""
        or not lines
        or not all(line.startswith(SIGNATURE_MARK) for line in lines)
    ):
        raise BadNote("this is no signed note")
    return text + "\n", lines


@dataclass(frozen=True, slots=True)
class Proof:
    """That a leaf stands at `index` under a signed checkpoint."""

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: str  # a signed note
    extra: bytes | None = None  # not authenticated: what is needed to make the leaf again

    @property
    def text(self) -> str:
        extra = [f"extra {_base64(self.extra)}"] if self.extra is not None else []
        lines = [PROOF_HEADER, *extra, f"index {self.index}", *map(_base64, self.hashes)]
        return "\n".join(lines) + "\n\n" + self.checkpoint

    @classmethod
    def parse(cls, text: str) -> "Proof":
        """Raises BadNote."""
        head, blank, checkpoint = text.partition("\n\n")
        lines = head.split("\n")
        if not blank or lines.pop(0) != PROOF_HEADER or len(text) > MAX_NOTE:
            raise BadNote("this is no proof of a log")
        extra = None
        if lines and lines[0].startswith("extra "):
            extra = _bytes_of(lines.pop(0).removeprefix("extra "))
        if not lines or not lines[0].startswith("index "):
            raise BadNote("the proof does not say where the entry stands")
        index = _number(lines.pop(0).removeprefix("index "))
        hashes = tuple(_bytes_of(line) for line in lines)
        if any(len(value) != HASH_BYTES for value in hashes):
            raise BadNote("a hash of a proof has 32 bytes")
        return cls(index, hashes, checkpoint, extra)


def hashes_of(lines: Sequence[str]) -> list[bytes]:
    """Hashes as lines of base64. Raises BadNote."""
    hashes = [_bytes_of(line) for line in lines]
    if any(len(value) != HASH_BYTES for value in hashes):
        raise BadNote("a hash of a proof has 32 bytes")
    return hashes


def lines_of(hashes: Sequence[bytes]) -> list[str]:
    return [_base64(value) for value in hashes]


def _is_signed(text: str, signature: bytes, verifier: Verifier) -> bool:
    signed = text.encode()
    if verifier.kind == COSIGNATURE:
        if len(signature) != 72:
            return False
        signed = _cosigned(text, int.from_bytes(signature[:8], "big"))
        signature = signature[8:]
    try:
        Ed25519PublicKey.from_public_bytes(verifier.public).verify(signature, signed)
    except InvalidSignature:
        return False
    return True


def _cosigned(text: str, at: int) -> bytes:
    return f"cosignature/v1\ntime {at}\n{text}".encode()


def _is_key_name(name: str) -> bool:
    return bool(name) and not any(c.isspace() or c == "+" for c in name)


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or (text != "0" and text.startswith("0")):
        raise BadNote("a size or place is a plain whole number")
    if len(text) > 18:
        raise BadNote("this number is too large")
    return int(text)


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _bytes_of(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadNote("this is no base64") from error
