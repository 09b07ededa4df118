"""Deliveries of issued documents to their recipients, with their proof."""

from docflow.dispatch import corrections as _corrections  # noqa: F401  # tells of re-issues
from docflow.dispatch import listing
from docflow.dispatch.expiry import EXPIRE, REMIND, after_expiry
from docflow.dispatch.listing import DeliveryLine, Pile
from docflow.dispatch.models import Delivery, DeliveryState
from docflow.dispatch.notices import OVER, READY, REMINDER, code_digest
from docflow.dispatch.proofs import entry_of, proof
from docflow.dispatch.service import (
    AlreadySent,
    DeliveryInfo,
    DeliveryMoved,
    NoSuchDelivery,
    NotYoursToSend,
    deliveries,
    hand_over,
    may_send,
    notify_again,
    place,
)

__all__ = [
    "EXPIRE",
    "OVER",
    "READY",
    "REMIND",
    "REMINDER",
    "AlreadySent",
    "Delivery",
    "DeliveryInfo",
    "DeliveryLine",
    "DeliveryMoved",
    "DeliveryState",
    "NoSuchDelivery",
    "NotYoursToSend",
    "Pile",
    "after_expiry",
    "code_digest",
    "deliveries",
    "entry_of",
    "hand_over",
    "listing",
    "may_send",
    "notify_again",
    "place",
    "proof",
]
