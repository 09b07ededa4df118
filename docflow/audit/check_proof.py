#!/usr/bin/env python3
"""Check, without Docflow and without a network, that an entry stands in the log of a register.

    python3 check_proof.py PROOF.tlog-proof --key KEY [--document FILE]...

PROOF is the file that the office handed out, or a file with the text of the large QR code of the
receipt. KEY is the public key of the log as the office publishes it (NAME+ID+BASE64, or a file that
holds it). Give a document to see whether it is the very file
that was registered. Needs Python 3.11 and the package `cryptography`, nothing else. Exit code 0:
the proof holds. 1: it does not. 2: something is missing.

How it works, so that you need not believe this file:
1. The proof's line `extra` holds the event of the registration and a random salt. SHA-256 over salt
   and event stands in a leaf of the log: nobody can make another event with the same leaf.
2. The hashes of the proof lead from the leaf to the root of the log (RFC 6962), as it was when the
   log had so many leaves.
3. The office signed this root and number (Ed25519). It can never show anybody a log without the
   leaf and with the same root; and witnesses compare the roots that it signs.
"""

import argparse
import base64
import hashlib
import json
import re
import sys
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


class Wrong(Exception):
    """The proof does not hold; the message says where."""


def check(proof: str, key: str, documents: list[Path]) -> list[str]:
    """What the proof shows, line by line. Raises Wrong, and ValueError for a broken file."""
    proof = proof if proof.startswith("c2sp.org/") else unpacked(proof)
    head, _, note = proof.partition("\n\n")
    lines = head.split("\n")
    if lines[0] != "c2sp.org/tlog-proof@v1" or not lines[1].startswith("extra "):
        raise Wrong("this is no proof of Docflow")
    extra: dict[str, Any] = json.loads(base64.b64decode(lines[1].removeprefix("extra ")))
    index = int(lines[2].removeprefix("index "))
    path = [base64.b64decode(line) for line in lines[3:]]

    origin, size, root = signed_head(note, key)
    leaf = leaf_of(extra["event"], extra["salt"])
    if root_from(leaf, index, size, path) != root:
        raise Wrong("the event is not in the log under this root")
    event = json.loads(extra["event"])
    told = [
        f"The log {origin} had {size} entries when this was signed.",
        f"Its entry number {index} is: {event['action']} of {event['at']}.",
    ]
    told += registered(event, extra["record"])
    for document in documents:
        digest = hashlib.sha256(document.read_bytes()).hexdigest()
        if digest not in event["details"].get("files", []):
            raise Wrong(f"{document.name} is not a file that was registered with it")
        told.append(f"{document.name} is a file that was registered with it, unchanged.")
    return told


def signed_head(note: str, key: str) -> tuple[str, int, bytes]:
    """Origin, size and root of the note, once the key's signature under it is verified."""
    text, _, signatures = note.rpartition("\n\n")
    text += "\n"
    name, _, rest = key.strip().partition("+")
    public = base64.b64decode(rest.partition("+")[2])
    key_id = hashlib.sha256(name.encode() + b"\n" + public).digest()[:4]
    for line in signatures.splitlines():
        signer, _, encoded = line.removeprefix("— ").partition(" ")
        raw = base64.b64decode(encoded)
        if signer == name and raw[:4] == key_id:
            try:
                Ed25519PublicKey.from_public_bytes(public[1:]).verify(raw[4:], text.encode())
            except InvalidSignature:
                raise Wrong("the signature under the log's head is wrong") from None
            origin, size, root = text.split("\n")[:3]
            return origin, int(size), base64.b64decode(root)
    raise Wrong(f"the key {name} did not sign this proof")


def unpacked(code: str) -> str:
    """The proof that a QR code holds: behind the last # of its address, a number of many digits.

    Bytes: version, index (6), size (6), origin after its length, key id (4) and signature (64),
    salt (32), hashes after their number, event. A digest in the event is a byte 1 and 32 bytes. The
    root is made from leaf and hashes: whether it is the office's says the signature over it.
    """
    digits = "".join(code.rpartition("#")[2].split())
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 4300:
        raise Wrong("this is no proof of Docflow")
    data = int(digits).to_bytes(len(digits) // 2 + 1, "big").lstrip(b"\0")
    if data[0] != 1:
        raise Wrong("this is a code of another version")
    index, size = int.from_bytes(data[1:7], "big"), int.from_bytes(data[7:13], "big")
    at = 14 + data[13]
    origin, signature, salt = data[14:at].decode(), data[at : at + 68], data[at + 68 : at + 100]
    end = at + 101 + 32 * data[at + 100]
    path = [data[place : place + 32] for place in range(at + 101, end, 32)]
    event = re.sub(rb"\x01(.{32})", lambda m: m[1].hex().encode(), data[end:], flags=re.DOTALL)
    root = root_from(leaf_of(event.decode(), salt.hex()), index, size, path)
    extra = json.dumps({"event": event.decode(), "salt": salt.hex(), "record": None})
    head = ["c2sp.org/tlog-proof@v1", f"extra {base64.b64encode(extra.encode()).decode()}"]
    hashes = [base64.b64encode(one).decode() for one in path]
    note = f"{origin}\n{size}\n{base64.b64encode(root).decode()}\n\n"
    signed = f"— {origin} {base64.b64encode(signature).decode()}\n"
    return "\n".join([*head, f"index {index}", *hashes]) + "\n\n" + note + signed


def leaf_of(event: str, salt: str) -> bytes:
    """The leaf's hash: RFC 6962 over the salted digest of the event."""
    digest = hashlib.sha256(bytes.fromhex(salt) + event.encode()).hexdigest()
    entry = json.dumps({"event": digest, "v": 1}, separators=(",", ":")).encode()
    return hashlib.sha256(b"\x00" + entry).digest()


def root_from(leaf: bytes, index: int, size: int, path: list[bytes]) -> bytes:
    """The root that follows from the leaf and its siblings (RFC 9162, section 2.1.3.2)."""
    if not 0 <= index < size:
        raise Wrong("the proof's place is not in the log")
    last = size - 1
    for sibling in path:
        if last == 0:
            raise Wrong("the proof has too many hashes")
        if index % 2 or index == last:
            leaf = hashlib.sha256(b"\x01" + sibling + leaf).digest()
            while index % 2 == 0 and index:
                index, last = index >> 1, last >> 1
        else:
            leaf = hashlib.sha256(b"\x01" + leaf + sibling).digest()
        index, last = index >> 1, last >> 1
    if last:
        raise Wrong("the proof has too few hashes")
    return leaf


def registered(event: dict[str, Any], record: dict[str, Any] | None) -> list[str]:
    """The data of the entry, if the proof carries them and they are those of the registration."""
    if record is None:
        return []
    text = json.dumps(record, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    if hashlib.sha256(text.encode()).hexdigest() != event["details"].get("core"):
        raise Wrong("the data of the entry are not those that were registered")
    number = f"{record['number']}/{record['year']}"
    return [
        f"Entry {number}, registered at {record['registered_at']} (UTC).",
        f"Subject: {record['subject']}",
        f"Sender: {record['sender'][0] or '-'}",
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description="Check a proof of a register's log, offline.")
    parser.add_argument("proof", type=Path)
    parser.add_argument("--key", required=True, help="public key of the log, or a file with it")
    parser.add_argument("--document", type=Path, action="append", default=[])
    asked = parser.parse_args()
    try:
        key = Path(asked.key).read_text() if Path(asked.key).is_file() else asked.key
        told = check(asked.proof.read_text(), key, asked.document)
    except OSError as error:
        print(f"Cannot read: {error}", file=sys.stderr)
        return 2
    except (Wrong, ValueError, KeyError, IndexError, TypeError) as error:
        print(f"THE PROOF DOES NOT HOLD: {error}")
        return 1
    print("\n".join(["The proof holds.", *told]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
