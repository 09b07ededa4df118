"""A proof judged for the public page, step by step as its script does it in the browser."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from docflow.audit import check_proof, notes

STEPS = ("format", "signature", "place", "data", "document")


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a proof shows. `failed` is the step at which it broke, `done` are those that held.

    `number`, `registered_at` and `subject` are empty where the proof does not carry them.
    """

    done: Sequence[str]
    failed: str = ""
    origin: str = ""
    size: int = 0
    index: int = 0
    at: str = ""
    number: str = ""
    registered_at: str = ""
    subject: str = ""
    sender: str = ""

    @property
    def holds(self) -> bool:
        return not self.failed


def judged(proof: str, *, keys: Sequence[str], document: bytes | None = None) -> Judgement:
    """Judge a proof against the log's public keys; never raises for what a stranger sent."""
    done: list[str] = []
    try:
        if not proof.startswith(notes.PROOF_HEADER):
            proof = check_proof.unpacked(proof)  # what a QR code holds
        parsed = notes.Proof.parse(proof)
        extra: dict[str, Any] = json.loads(parsed.extra or b"")
        event: dict[str, Any] = json.loads(extra["event"])
        salt, record = extra["salt"], extra.get("record")
        done.append("format")
        verifiers = [notes.Verifier.parse(key) for key in keys]
        head = notes.Checkpoint.parse(notes.verified(parsed.checkpoint, verifiers)[0])
        done.append("signature")
        leaf = check_proof.leaf_of(extra["event"], salt)
        root = check_proof.root_from(leaf, parsed.index, head.size, list(parsed.hashes))
        if root != head.root:
            return Judgement(done, failed="place")
        done.append("place")
        check_proof.registered(event, record)
        done.append("data")
        details = event["details"]
        if document is not None:
            if hashlib.sha256(document).hexdigest() not in details.get("files", []):
                return Judgement(done, failed="document")
            done.append("document")
    except (
        *(notes.BadNote, check_proof.Wrong),
        *(ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError),
    ):
        return Judgement(done, failed=STEPS[len(done)])
    shown = record or {}
    number = f"{details['number']}/{details['year']}" if "number" in details else ""
    return Judgement(
        done,
        origin=head.origin,
        size=head.size,
        index=parsed.index,
        at=str(event.get("at", "")),
        number=number,
        registered_at=str(shown.get("registered_at", "")),
        subject=str(shown.get("subject", "")),
        sender=str((shown.get("sender") or [""])[0]),
    )
