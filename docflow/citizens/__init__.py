"""What citizens and strangers do without a login: pick up, and verify."""

from docflow.citizens.collecting import Decision, collect, decisions
from docflow.citizens.pickup import (
    Collected,
    NoSuchPickup,
    PickupClosed,
    Waiting,
    try_code,
    waiting,
)
from docflow.citizens.verification import (
    Answer,
    CannotValidate,
    NoSuchCode,
    Verdict,
    by_code,
    by_file,
    proof_by_code,
    record,
)

__all__ = [
    "Answer",
    "CannotValidate",
    "Collected",
    "Decision",
    "NoSuchCode",
    "NoSuchPickup",
    "PickupClosed",
    "Verdict",
    "Waiting",
    "by_code",
    "by_file",
    "collect",
    "decisions",
    "proof_by_code",
    "record",
    "try_code",
    "waiting",
]
