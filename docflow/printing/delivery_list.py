"""The list with which paper goes to a unit: each document in a row, with room for a signature."""

from dataclasses import dataclass
from datetime import datetime

from docflow.printing.issuer import Issuer, issuer_data
from docflow.printing.typeset import typeset
from docflow.printing.wording import clipped, line, moment, plain

_TITLES = {"el": "Δελτίο παράδοσης εγγράφων", "en": "Delivery list"}


@dataclass(frozen=True)
class DeliveryRow:
    """A document; `what` is sender and subject, or that it is confidential; `kind` why it goes."""

    number: str
    day: str
    what: str
    attachments: int
    person: str
    kind: str


@dataclass(frozen=True)
class DeliveryListData:
    """All that the list says; `made_at` bears the office's zone."""

    issuer: Issuer
    number: str
    to_unit: str
    made_by: str
    made_at: datetime
    rows: tuple[DeliveryRow, ...]


def delivery_list(data: DeliveryListData, *, language: str = "el") -> bytes:
    """The list as PDF/A-2a. Raises PrintingError."""
    content = {
        "language": language,
        "title": clipped(plain(f"{_TITLES[language]} {data.number} – {line(data.to_unit)}")),
        "author": clipped(plain(line(data.issuer.name))),
        "issuer": issuer_data(data.issuer),
        "number": line(data.number),
        "to_unit": line(data.to_unit),
        "made_by": line(data.made_by),
        "made_at": moment(data.made_at),
        "rows": [
            [
                str(n),
                line(row.number),
                line(row.day),
                line(row.what),
                str(row.attachments) if row.attachments else "–",
                line(row.person),
                line(row.kind),
            ]
            for n, row in enumerate(data.rows, start=1)
        ],
    }
    return typeset("delivery-list", content, made_at=data.made_at, standard="a-2a").pdf
