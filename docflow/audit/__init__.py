"""The audit trail: append-only events, a Merkle log over them, proofs, and their verification.

The border of the package. `merkle` (trees) and `notes` (texts of signed heads and proofs) know
nothing of Docflow; the rest ties them to the events of the database.
"""

from docflow.audit import keys, merkle, notes, stamping, tree
from docflow.audit.erased import erased_subjects, salted_digests
from docflow.audit.events import HistoryLine, history, record
from docflow.audit.judging import Judgement, judged
from docflow.audit.keys import LogKeyUnusable
from docflow.audit.models import Event, Leaf, Log
from docflow.audit.notes import SigningKey
from docflow.audit.proof_code import packed
from docflow.audit.proofs import (
    Between,
    Erased,
    NoSuchCheckpoint,
    NotYetProven,
    UnknownWitness,
    between,
    consistency,
    cosigned,
    entries,
    event_id,
    keep_cosignature,
    latest,
    newest,
    prove,
    tile,
    verifiers,
)
from docflow.audit.sequencer import origin_of, sequence, sign_heads
from docflow.audit.standing import Standing, standing
from docflow.audit.tree import TILE_WIDTH
from docflow.audit.verification import Check, Finding, Verification, check, verify

__all__ = [
    "TILE_WIDTH",
    "Between",
    "Check",
    "Erased",
    "Event",
    "Finding",
    "HistoryLine",
    "Judgement",
    "Leaf",
    "Log",
    "LogKeyUnusable",
    "NoSuchCheckpoint",
    "NotYetProven",
    "SigningKey",
    "Standing",
    "UnknownWitness",
    "Verification",
    "between",
    "check",
    "consistency",
    "cosigned",
    "entries",
    "erased_subjects",
    "event_id",
    "history",
    "judged",
    "keep_cosignature",
    "keys",
    "latest",
    "merkle",
    "newest",
    "notes",
    "origin_of",
    "packed",
    "prove",
    "record",
    "salted_digests",
    "sequence",
    "sign_heads",
    "stamping",
    "standing",
    "tile",
    "tree",
    "verifiers",
    "verify",
]
