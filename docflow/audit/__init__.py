"""The audit trail: append-only events, a chain over them, and its verification.

The border of the package. The chain is behind it: what stands in `audit_chain` may become a
Merkle log without a change to anybody who records or reads.
"""

from docflow.audit.models import Event
from docflow.audit.service import (
    Check,
    Finding,
    HistoryLine,
    Verification,
    check,
    history,
    record,
    sequence,
    verify,
)

__all__ = [
    "Check",
    "Event",
    "Finding",
    "HistoryLine",
    "Verification",
    "check",
    "history",
    "record",
    "sequence",
    "verify",
]
