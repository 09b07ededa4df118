"""The emergency register on paper: activation sheet, register pages with their numbers, labels.

Printed while all is well, filled in by hand when nothing works.
Source: DPR 445/2000 art. 63 (cause, start, end, authorisation, daily totals), domain row 23.
"""

from dataclasses import dataclass
from datetime import datetime

from docflow.printing.issuer import Issuer, issuer_data
from docflow.printing.typeset import typeset
from docflow.printing.verification import qr_svg
from docflow.printing.wording import clipped, line, moment, plain

_TITLES = {"el": "Εφεδρικό πρωτόκολλο", "en": "Emergency register"}
# What the labels' QR codes hold is typed like this in the search box: letters of both alphabets.
_LATIN = str.maketrans("ΕΚΤ", "EKT")


@dataclass(frozen=True)
class EmergencyKitData:
    """The kit: its code, its workplace, its numbers in order as people cite them."""

    issuer: Issuer
    book: str
    code: str
    place: str
    year: int
    numbers: tuple[str, ...]
    prepared_at: datetime
    prepared_by: str = ""


def emergency_kit(data: EmergencyKitData, *, language: str) -> bytes:
    """The kit as PDF/A-2b, A4, in 'el' or 'en'. Raises PrintingError."""
    title = f"{_TITLES[language]} {data.numbers[0]} – {data.numbers[-1]}"
    content = {
        "language": language,
        "title": clipped(plain(title)),
        "author": clipped(plain(line(data.issuer.name))),
        "issuer": issuer_data(data.issuer),
        "book": line(data.book),
        "code": line(data.code),
        "place": line(data.place),
        "year": str(data.year),
        "numbers": [line(number) for number in data.numbers],
        "codes": [qr_svg(number.translate(_LATIN)) for number in data.numbers],
        "prepared": moment(data.prepared_at),
        "prepared_by": line(data.prepared_by),
    }
    return typeset("emergency", content, made_at=data.prepared_at, standard="a-2b").pdf
