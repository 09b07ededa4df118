"""Every bar code and matrix code on a page, for a person who looks at it."""

from typing import Any

import cv2
import numpy as np
import zxingcpp

from ocr.child.sheets import Source

_DPI = 250  # the thin bars of a courier's label are two to three pixels then
_MOST = 40
_LONGEST = 4_000  # characters of what a code says; more than the largest QR code holds


def found(source: Source, request: dict[str, Any]) -> dict[str, Any]:
    """What the codes say, with their kind and their box in points of the page as displayed."""
    sheet = source.raster(
        request["number"],
        dpi=_DPI,
        max_pixels=request["max_pixels"],
        reading_pixels=request["reading_pixels"],
    )
    read = zxingcpp.read_barcodes(sheet.gray, text_mode=zxingcpp.TextMode.Plain)
    if not read:  # specks can hide a code
        smooth = np.asarray(cv2.medianBlur(sheet.gray, 3), dtype=np.uint8)
        read = zxingcpp.read_barcodes(smooth, text_mode=zxingcpp.TextMode.Plain)
    factor = 72 / sheet.dpi
    codes = []
    for item in read[:_MOST]:
        place = item.position
        corners = [place.top_left, place.top_right, place.bottom_right, place.bottom_left]
        xs, ys = [corner.x for corner in corners], [corner.y for corner in corners]
        box = [round(edge * factor, 1) for edge in (min(xs), min(ys), max(xs), max(ys))]
        codes.append([str(item.format).rpartition(".")[2], item.text[:_LONGEST], box])
    return {"codes": codes, "width": round(sheet.width, 2), "height": round(sheet.height, 2)}
