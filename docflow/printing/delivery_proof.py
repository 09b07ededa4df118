"""The proof of a delivery: what was sent to whom, when it was collected, and every try."""

from dataclasses import dataclass
from datetime import datetime

from docflow.printing.issuer import Issuer, issuer_data
from docflow.printing.typeset import typeset
from docflow.printing.wording import clipped, line, moment, plain

_TITLES = {"el": "Αποδεικτικό παράδοσης", "en": "Proof of delivery"}


@dataclass(frozen=True)
class DeliveryProofData:
    """All that the proof says; times bear the office's zone.

    `tries` are what happened, oldest first: when, what, and by whom where it was a person here.
    """

    issuer: Issuer
    number: str
    subject: str
    recipient: str
    channel: str
    state: str
    sha256: str
    expires_at: datetime
    collected_at: datetime | None
    tries: tuple[tuple[datetime, str, str], ...]
    made_by: str
    made_at: datetime


def delivery_proof(data: DeliveryProofData, *, language: str = "el") -> bytes:
    """The proof as PDF/A-2a. Raises PrintingError."""
    content = {
        "language": language,
        "title": clipped(plain(f"{_TITLES[language]} {line(data.number)}")),
        "author": clipped(plain(line(data.issuer.name))),
        "issuer": issuer_data(data.issuer),
        "number": line(data.number),
        "subject": line(data.subject),
        "recipient": line(data.recipient),
        "channel": line(data.channel),
        "state": line(data.state),
        "sha256": line(data.sha256),
        "expires_at": moment(data.expires_at),
        "collected_at": moment(data.collected_at) if data.collected_at else "",
        "tries": [[moment(at), line(what), line(who)] for at, what, who in data.tries],
        "made_by": line(data.made_by),
        "made_at": moment(data.made_at),
    }
    return typeset("delivery-proof", content, made_at=data.made_at, standard="a-2a").pdf
