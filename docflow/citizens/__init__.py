"""What citizens and strangers do without a login: pick up, and verify."""

from docflow.citizens.pickup import (
    Collected,
    NoSuchPickup,
    PickupClosed,
    Waiting,
    WrongCode,
    try_code,
    waiting,
)
from docflow.citizens.verification import (
    Answer,
    CannotValidate,
    Verdict,
    by_code,
    by_file,
    record,
    trust_roots,
)

__all__ = [
    "Answer",
    "CannotValidate",
    "Collected",
    "NoSuchPickup",
    "PickupClosed",
    "Verdict",
    "Waiting",
    "WrongCode",
    "by_code",
    "by_file",
    "record",
    "trust_roots",
    "try_code",
    "waiting",
]
