"""A proof as a number that a QR code holds: the proof itself on paper, not an address of it.

What a reader can make again is left out: the root of the log follows from leaf and path, and a
digest in the event's text is 32 bytes instead of 64 letters. The witnesses' lines, the timestamp
and the data of the entry stay in the attached file. `check_proof.unpacked` is the other direction.

    bytes        what
    1            version, 1
    6 + 6        index and size, big-endian
    1 + n        length of the origin, and the origin in UTF-8
    4 + 64       key id and signature (Ed25519) of the head
    32           salt
    1 + 32 · n   number of hashes, and the hashes
    the rest     the event in UTF-8, each digest as a byte 1 and 32 bytes
"""

import base64
import json
import re

from docflow.audit import notes

VERSION = 1
DIGEST_MARK = b"\x01"  # no control character stands in JSON as we write it
MOST_BYTES = 1400  # about 3400 digits: version 27 of a QR code, which is read from paper
_DIGEST = re.compile(rb"[0-9a-f]{64}")


def packed(proof: str) -> str | None:
    """The proof as decimal digits; None where it is too large for a code, or not of our form."""
    parsed = notes.Proof.parse(proof)
    extra = json.loads(parsed.extra or b"{}")
    text, lines = notes.split(parsed.checkpoint)
    head = notes.Checkpoint.parse(text)
    signature = _signature(head.origin, lines)
    if signature is None or head.text != text or "event" not in extra:
        return None
    origin = head.origin.encode()
    data = b"".join(
        (
            bytes([VERSION]),
            parsed.index.to_bytes(6, "big"),
            head.size.to_bytes(6, "big"),
            bytes([len(origin)]),
            origin,
            signature,
            bytes.fromhex(extra["salt"]),
            bytes([len(parsed.hashes)]),
            *parsed.hashes,
            _DIGEST.sub(_as_bytes, extra["event"].encode()),
        )
    )
    return str(int.from_bytes(data, "big")) if len(data) <= MOST_BYTES else None


def _as_bytes(found: re.Match[bytes]) -> bytes:
    return DIGEST_MARK + bytes.fromhex(found[0].decode())


def _signature(origin: str, lines: list[str]) -> bytes | None:
    """Key id and signature of the log's own line: that which bears the name of its origin."""
    for line in lines:
        name, _, encoded = line.removeprefix(notes.SIGNATURE_MARK).partition(" ")
        raw = base64.b64decode(encoded)
        if name == origin and len(raw) == 4 + 64 and len(origin.encode()) < 256:
            return raw
    return None
