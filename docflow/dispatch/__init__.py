"""Deliveries of issued documents to their recipients, with their proof."""

from docflow.dispatch.models import Delivery, DeliveryState
from docflow.dispatch.service import (
    AlreadySent,
    DeliveryInfo,
    DeliveryMoved,
    NoSuchDelivery,
    NotYoursToSend,
    code_digest,
    deliveries,
    hand_over,
    may_send,
    notify_again,
)

__all__ = [
    "AlreadySent",
    "Delivery",
    "DeliveryInfo",
    "DeliveryMoved",
    "DeliveryState",
    "NoSuchDelivery",
    "NotYoursToSend",
    "code_digest",
    "deliveries",
    "hand_over",
    "may_send",
    "notify_again",
]
