"""Marking, charging, accepting, returning and closing; work lists."""

from docflow.routing.closing import close_by_answer, file, reopen
from docflow.routing.guards import (
    BadDeadline,
    NotResponsible,
    ReasonMissing,
    StateChanged,
    TextTooLong,
)
from docflow.routing.models import Charge, ChargeKind, ChargeState
from docflow.routing.queries import (
    Acts,
    Basket,
    ChargeInfo,
    acts,
    basket,
    charges,
    counts,
)
from docflow.routing.service import (
    BadTarget,
    Target,
    accept,
    acknowledge,
    charge,
    inform,
    mark,
    pass_on,
    send_back,
)

__all__ = [
    "Acts",
    "BadDeadline",
    "BadTarget",
    "Basket",
    "Charge",
    "ChargeInfo",
    "ChargeKind",
    "ChargeState",
    "NotResponsible",
    "ReasonMissing",
    "StateChanged",
    "Target",
    "TextTooLong",
    "accept",
    "acknowledge",
    "acts",
    "basket",
    "charge",
    "charges",
    "close_by_answer",
    "counts",
    "file",
    "inform",
    "mark",
    "pass_on",
    "reopen",
    "send_back",
]
