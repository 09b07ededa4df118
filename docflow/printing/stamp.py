"""The visible part of a signature or seal: a page to be drawn into the field of the signature.

Drawn here and not by the signing library, which sets Greek with wrong widths in some fonts.
"""

from dataclasses import dataclass
from datetime import datetime

from docflow.printing.typeset import typeset
from docflow.printing.verification import qr_svg
from docflow.printing.wording import clipped, line, moment, plain, rows

# Characters: a stamp is small; what is longer is no name.
_ROOM = 300
# Points. Below that the modules of an address of 60 letters get smaller than 0.3 mm, which the
# camera of a telephone does not tell apart on paper (ISO/IEC 18004 leaves the size to the user).
_QR_FROM = 36
_QR_BYTES = 200  # an address; a longer one would be drawn too fine in so small a place
_TITLES = {"el": "ΨΗΦΙΑΚΑ ΥΠΟΓΕΓΡΑΜΜΕΝΟ ΑΠΟ", "en": "DIGITALLY SIGNED BY"}
_TEST = {"el": "ΔΟΚΙΜΑΣΤΙΚΟ ΠΙΣΤΟΠΟΙΗΤΙΚΟ", "en": "TEST CERTIFICATE"}


@dataclass(frozen=True)
class StampData:
    """What the stamp says. `at` bears the office's zone; `title` replaces 'digitally signed by'.

    `is_test` marks a certificate of the test authority, in colour and words; `note` is a last
    line of one's own; `lines` are small print (reason, place); `qr` is what the QR code at the
    right says, which is left out where it could not be read: a low stamp, a long text.
    """

    name: str
    at: datetime
    capacity: str = ""
    title: str = ""
    lines: tuple[str, ...] = ()
    note: str = ""
    qr: str = ""
    is_test: bool = False


def stamp(data: StampData, *, width: float, height: float, language: str = "el") -> bytes:
    """One page of `width` by `height` points, transparent, fonts embedded, untagged (PDF/A-2b).

    Letters shrink until everything fits. Raises PrintingError.
    """
    note = " · ".join(
        filter(None, (_TEST[language] if data.is_test else "", clipped(line(data.note), _ROOM)))
    )
    address = plain(line(data.qr))
    heading = clipped(line(data.title), _ROOM) or _TITLES[language]
    content = {
        "language": language,
        "title": clipped(plain(f"{heading} {line(data.name)}")),
        "width": width,
        "height": height,
        "heading": heading,
        "name": clipped(line(data.name), _ROOM),
        "capacity": [clipped(row, _ROOM) for row in rows(data.capacity)[:4]],
        "at": moment(data.at),
        "lines": [clipped(line(text), _ROOM) for text in data.lines[:4]],
        "note": note,
        "test": data.is_test,
        "qr": qr_svg(address, border=3) if _has_room(address, height) else "",
    }
    return typeset("stamp", content, made_at=data.at, standard="a-2b").pdf


def _has_room(qr: str, height: float) -> bool:
    return bool(qr) and len(qr.encode()) <= _QR_BYTES and height >= _QR_FROM
