"""The receipt of a payment: who paid what to whom, for what, and how."""

from dataclasses import dataclass
from datetime import date, datetime

from docflow.printing.issuer import Issuer, issuer_data
from docflow.printing.typeset import typeset
from docflow.printing.verification import qr_svg
from docflow.printing.wording import clipped, line, moment, plain, short_date

_TITLES = {"el": "Απόδειξη πληρωμής", "en": "Receipt of payment"}


@dataclass(frozen=True)
class PaidPart:
    """Money that came: when, how, under which number of the bank or provider."""

    day: date
    way: str
    number: str
    amount: str


@dataclass(frozen=True)
class PaymentReceiptData:
    """What the receipt says; amounts as the reader's language writes them.

    `issued_at` bears the office's zone; `address` is the page on which the payment stands.
    """

    issuer: Issuer
    number: str
    issued_at: datetime
    payer: str
    reason: str
    reference: str
    lines: tuple[tuple[str, str], ...]
    total: str
    payments: tuple[PaidPart, ...]
    address: str
    tax_number: str = ""
    about: str = ""


def payment_receipt(data: PaymentReceiptData, *, language: str = "el") -> bytes:
    """The receipt as PDF/A-2a. Raises PrintingError."""
    content = {
        "language": language,
        "title": f"{_TITLES[language]} {line(data.number)}",
        "author": clipped(plain(line(data.issuer.name))),
        "issuer": issuer_data(data.issuer),
        "number": line(data.number),
        "issued_at": moment(data.issued_at),
        "payer": line(data.payer),
        "tax_number": line(data.tax_number),
        "reason": line(data.reason),
        "about": line(data.about),
        "reference": line(data.reference),
        "lines": [[line(label), line(amount)] for label, amount in data.lines],
        "total": line(data.total),
        "payments": [
            [short_date(part.day), line(part.way), line(part.number), line(part.amount)]
            for part in data.payments
        ],
        "qr": qr_svg(data.address),
    }
    return typeset("payment", content, made_at=data.issued_at, standard="a-2a").pdf
