"""Where on a page there is room for a stamp."""

from typing import Any

import numpy as np

from ocr.child import preparation
from ocr.child.sheets import Source

CORNERS = ("top-right", "top-left", "bottom-right", "bottom-left")
_DPI = 72
_FREE = 0.002  # of the area: a few specks of a scan
_DARKER = 40  # than the paper, of 255 grays


def free_corner(source: Source, request: dict[str, Any]) -> dict[str, Any]:
    """The first corner without ink in a box of `width` by `height` points at `margin` from the
    edges; where none is free, the one with the least ink (`is_free` is false then)."""
    sheet = source.raster(
        request["number"],
        dpi=_DPI,
        max_pixels=request["max_pixels"],
        reading_pixels=request["reading_pixels"],
    )
    scale = sheet.dpi / 72
    width, height = int(request["width"] * scale), int(request["height"] * scale)
    margin = int(request["margin"] * scale)
    rows, columns = sheet.gray.shape
    paper = float(np.percentile(sheet.gray, 90))
    dark = sheet.gray < paper - _DARKER
    ink: dict[str, float] = {}
    for corner in CORNERS:
        top = margin if corner.startswith("top") else rows - margin - height
        left = margin if corner.endswith("left") else columns - margin - width
        box = dark[max(0, top) : top + height, max(0, left) : left + width]
        ink[corner] = float(box.mean()) if box.size else 1.0
    best = next((c for c in CORNERS if ink[c] <= _FREE), min(CORNERS, key=lambda c: ink[c]))
    is_blank = preparation.is_blank(sheet.gray, sheet.dpi)
    return {"corner": best, "is_free": ink[best] <= _FREE or is_blank}
