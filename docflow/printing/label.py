"""The label that ties the paper to its entry: number, day, and a code that a phone reads."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from docflow.printing.typeset import typeset
from docflow.printing.verification import verification_data
from docflow.printing.wording import clipped, line, plain

Direction = Literal["incoming", "outgoing", "internal"]
LabelSize = Literal["62x29", "60x30", "89x36", "a4-3x8"]
LABEL_SIZES: tuple[LabelSize, ...] = get_args(LabelSize)

# Millimetres: width, height of one label.
_MEASURES: dict[LabelSize, tuple[float, float]] = {
    "62x29": (62, 29),
    "60x30": (60, 30),
    "89x36": (89, 36),
    "a4-3x8": (70, 37),
}
# Characters: more than these would not be legible in one line of a label.
_ROOM = 120
_TITLES = {"el": "Ετικέτα", "en": "Label"}


@dataclass(frozen=True)
class LabelData:
    """What the label shows; the QR code holds `verification_url`."""

    issuer: str
    number: int
    year: int
    direction: Direction
    registered_at: datetime
    verification_url: str
    verification_code: str = ""
    book: str = ""


def label(
    data: LabelData,
    *,
    size: LabelSize,
    language: str = "el",
    first: int = 1,
    copies: int = 1,
) -> bytes:
    """The label, PDF/A-2a: the page is the label, or an A4 sheet of 3 by 8 labels.

    On the sheet, `first` (1 to 24, by rows) is the place of the first label, since sheets are
    used up little by little. Raises PrintingError; ValueError for a place that is not there.
    """
    if not 1 <= first <= 24 or copies < 1:
        raise ValueError("places on a sheet go from 1 to 24, and at least one label is printed")
    width, height = _MEASURES[size]
    number = f"{data.number}/{data.year}"
    content = {
        "language": language,
        "title": f"{_TITLES[language]} {number}",
        "author": clipped(plain(line(data.issuer))),
        "width": width,
        "height": height,
        "sheet": size == "a4-3x8",
        "first": first,
        "copies": copies,
        "issuer": clipped(line(data.issuer), _ROOM),
        "book": clipped(line(data.book), _ROOM),
        "direction": data.direction,
        "number": number,
        "at": f"{data.registered_at:%d/%m/%Y %H:%M}",
        **verification_data(code=data.verification_code, url=data.verification_url),
    }
    return typeset("label", content, made_at=data.registered_at, standard="a-2a").pdf
