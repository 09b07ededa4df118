"""What a sheet from a scanner is: its QR codes, whether it is blank, and how it must be turned.

A code tells how its label stands, and labels are stuck upright; a sheet without one is judged by
its lines, as in reading. Nothing is changed here: the caller decides.
"""

import hashlib
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import zxingcpp

from ocr.child import orientation, preparation
from ocr.child.recognition import Found, recognise
from ocr.child.sheets import Gray, Source

_DPI = 200  # a label's QR code has modules of half a millimetre: four pixels
_SMALLEST = 6.0  # millimetres; what looks like a broken code and is smaller is none
_STRIP = 0.05  # of the page's height, read to see whether it stands on its head
_SURE = 70.0


@dataclass(frozen=True, slots=True)
class _Code:
    text: str
    box: tuple[float, float, float, float]  # points, origin top left of the page as displayed
    turn: int  # clockwise, to set the code upright
    is_damaged: bool


def look(source: Source, request: dict[str, Any]) -> dict[str, Any]:
    """The page as the fields of `ocr.SheetLook`, codes as tuples."""
    sheet = source.raster(
        request["number"],
        dpi=_DPI,
        max_pixels=request["max_pixels"],
        reading_pixels=request["reading_pixels"],
    )
    codes = _codes(sheet.gray, sheet.dpi)
    blank = not codes and preparation.is_blank(sheet.gray, sheet.dpi)
    languages = request["languages"]
    return {
        "codes": [(code.text, code.box, code.is_damaged) for code in codes],
        "is_blank": blank,
        "rotation": 0 if blank else _rotation(sheet.gray, sheet.dpi, codes, languages),
        "print": hashlib.sha256(np.ascontiguousarray(sheet.gray).tobytes()).hexdigest(),
        "width": round(sheet.width, 2),
        "height": round(sheet.height, 2),
    }


def _codes(gray: Gray, dpi: float) -> list[_Code]:
    """Each QR code once; tried again on a smoothed sheet where noise may have hidden one."""
    found = _found(gray, dpi)
    if not any(not code.is_damaged for code in found):
        found = _found(np.asarray(cv2.medianBlur(gray, 3), dtype=np.uint8), dpi) or found
    whole: dict[str, _Code] = {code.text: code for code in found if not code.is_damaged}
    if whole:
        return list(whole.values())
    return found[:1]


def _found(gray: Gray, dpi: float) -> list[_Code]:
    read = zxingcpp.read_barcodes(
        gray,
        formats=zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCode]),
        text_mode=zxingcpp.TextMode.Plain,
        return_errors=True,
    )
    codes = []
    for item in read:
        place = item.position
        corners = [place.top_left, place.top_right, place.bottom_right, place.bottom_left]
        xs, ys = [corner.x for corner in corners], [corner.y for corner in corners]
        side = (max(xs) - min(xs)) / dpi * 25.4
        is_damaged = not item.valid
        if is_damaged and side < _SMALLEST:
            continue
        factor = 72 / dpi
        box = (min(xs) * factor, min(ys) * factor, max(xs) * factor, max(ys) * factor)
        turn = round(-item.orientation / 90) % 4 * 90
        codes.append(_Code("" if is_damaged else item.text, box, turn, is_damaged))
    return codes


def _rotation(gray: Gray, dpi: float, codes: list[_Code], languages: list[str]) -> int:
    """Degrees, clockwise, that set the sheet upright: 0, 90, 180 or 270."""
    lines = orientation.sideways(gray, dpi)
    turns = {code.turn for code in codes if not code.is_damaged}
    # A label may stick sideways on an upright letter: the lines decide which way it runs.
    agreed = [turn for turn in sorted(turns) if (turn // 90) % 2 == lines % 2]
    if len(agreed) == 1:
        return agreed[0]
    upright = preparation.rotated(gray, lines)
    head_down = _stands_on_head(upright, dpi, languages)
    return (lines * 90 + (180 if head_down else 0)) % 360


def _stands_on_head(gray: Gray, dpi: float, languages: list[str]) -> bool:
    """Whether the strip with the most letters reads much better upside down."""
    height = gray.shape[0]
    size = max(40, int(height * _STRIP))
    rows = preparation.letter_rows(gray, dpi)
    if len(rows) < size or not rows.any():
        return False
    top = int(np.argmax(np.convolve(rows, np.ones(size), mode="valid")))
    strip = np.ascontiguousarray(gray[top : top + size])
    upright = _read(strip, dpi, languages)
    if _quality(upright) >= _SURE:
        return False
    turned = _read(preparation.rotated(strip, 2), dpi, languages)
    return _quality(turned) > _quality(upright) + 10 and _letters(turned) >= 8


def _read(strip: Gray, dpi: float, languages: list[str]) -> list[Found]:
    return recognise(strip, languages=tuple(languages[:1]), dpi=dpi)


def _quality(words: list[Found]) -> float:
    return float(np.median([word.confidence for word in words])) if words else 0.0


def _letters(words: list[Found]) -> int:
    return sum(len(word.text) for word in words)
