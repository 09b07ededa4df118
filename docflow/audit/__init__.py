"""The audit trail: append-only events, a Merkle log over them, proofs, and their verification.

The border of the package. `merkle` (trees) and `notes` (texts of signed heads and proofs) know
nothing of Docflow; the rest ties them to the events of the database.
"""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey as LogKeyPair

from docflow.audit import keys, merkle, notes, stamping
from docflow.audit.events import HistoryLine, history, record
from docflow.audit.keys import LogKeyUnusable
from docflow.audit.models import Event
from docflow.audit.proofs import (
    NoSuchCheckpoint,
    NotYetProven,
    UnknownWitness,
    consistency,
    cosigned,
    entries,
    event_id,
    keep_cosignature,
    latest,
    prove,
    tile,
    verifiers,
)
from docflow.audit.sequencer import origin_of, sequence, sign_heads
from docflow.audit.tree import TILE_WIDTH
from docflow.audit.verification import Check, Finding, Verification, check, verify

__all__ = [
    "TILE_WIDTH",
    "Check",
    "Event",
    "Finding",
    "HistoryLine",
    "LogKeyPair",
    "LogKeyUnusable",
    "NoSuchCheckpoint",
    "NotYetProven",
    "UnknownWitness",
    "Verification",
    "check",
    "consistency",
    "cosigned",
    "entries",
    "event_id",
    "history",
    "keep_cosignature",
    "keys",
    "latest",
    "merkle",
    "notes",
    "origin_of",
    "prove",
    "record",
    "sequence",
    "sign_heads",
    "stamping",
    "tile",
    "verifiers",
    "verify",
]
