"""The use case of a person who looks at a page: what do its bar codes and QR codes say?"""

from dataclasses import dataclass
from pathlib import Path

from ocr.pool import children
from ocr.reading import request_of
from ocr.values import Limits

_DEFAULT = Limits()


@dataclass(frozen=True, slots=True)
class Barcode:
    """A bar code or matrix code: its kind ("QR Code", "Code 128", "EAN-13" …) and what it says.

    The box is in points, origin at the top left of the page as it is displayed.
    """

    kind: str
    text: str
    box: tuple[float, float, float, float]


def read_barcodes(path: Path, number: int, *, limits: Limits = _DEFAULT) -> list[Barcode]:
    """All codes on page `number` (from 1), of every kind. Raises `Unreadable`."""
    request = {"do": "barcodes", **request_of(path, limits), "number": number}
    fields, _ = children.ask(request, limits=limits, seconds=limits.page_seconds)
    return [
        Barcode(kind, text, (box[0], box[1], box[2], box[3])) for kind, text, box in fields["codes"]
    ]
