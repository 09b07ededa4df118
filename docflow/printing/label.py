"""The label that ties the paper to its entry: number, day, and a code that a phone reads."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from docflow.printing.typeset import typeset
from docflow.printing.verification import verification_data
from docflow.printing.wording import clipped, line, plain

Direction = Literal["incoming", "outgoing", "internal"]
LabelSize = Literal["57x32", "62x29", "60x30", "89x36", "100x50", "a4-3x8", "a4-4x10"]
LABEL_SIZES: tuple[LabelSize, ...] = get_args(LabelSize)


@dataclass(frozen=True)
class _Measure:
    """Millimetres of one label; on a sheet also columns, rows, and the place of the first one."""

    width: float
    height: float
    columns: int = 0
    rows: int = 0
    left: float = 0
    top: float = 0


_MEASURES: dict[LabelSize, _Measure] = {
    "57x32": _Measure(57, 32),  # Dymo multi-purpose
    "62x29": _Measure(62, 29),  # Brother DK-11209
    "60x30": _Measure(60, 30),
    "89x36": _Measure(89, 36),  # Dymo large address
    "100x50": _Measure(100, 50),  # Zebra, industrial rolls
    "a4-3x8": _Measure(70, 37, 3, 8, 0, 0.5),  # sheets of 24
    "a4-4x10": _Measure(48.5, 25.4, 4, 10, 8, 21.5),  # sheets of 40
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
    shown_number: str = ""
    """The number as the book's mask writes it; number/year without one."""


def places(size: LabelSize) -> int:
    """How many labels a sheet of this size has; a roll goes on for ever, and has one place."""
    measure = _MEASURES[size]
    return max(1, measure.columns * measure.rows)


def label(
    data: LabelData,
    *,
    size: LabelSize,
    language: str = "el",
    first: int = 1,
    copies: int = 1,
) -> bytes:
    """The label, PDF/A-2a: the page is the label, or an A4 sheet of 24 or 40 labels.

    On a sheet, `first` (from 1, by rows) is the place of the first label, since sheets are used
    up little by little. Raises PrintingError; ValueError for a place that is not there.
    """
    if not 1 <= first <= places(size) or copies < 1:
        raise ValueError(f"places go from 1 to {places(size)}, and at least one label is printed")
    measure = _MEASURES[size]
    number = line(data.shown_number) or f"{data.number}/{data.year}"
    content = {
        "language": language,
        "title": f"{_TITLES[language]} {number}",
        "author": clipped(plain(line(data.issuer))),
        "width": measure.width,
        "height": measure.height,
        "sheet": measure.columns > 0,
        "columns": measure.columns,
        "per_sheet": places(size),
        "left": measure.left,
        "top": measure.top,
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
