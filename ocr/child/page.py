"""One page from its file to its words: born digital, blank, or recognised as measured best."""

from collections.abc import Sequence
from dataclasses import astuple
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr.child import orientation, preparation, recognition, trials
from ocr.child.recognition import Found
from ocr.child.sheets import READING_DPI, Sheet, Source
from ocr.values import Word

_SKEWED = 0.6  # a fraction of a degree gains nothing and broke dithered pages


def read(source: Source, request: dict[str, Any]) -> dict[str, Any]:
    """The page as the fields of `ocr.Page`, words as tuples."""
    number = request["number"]
    own = source.born_digital(number)
    if own is not None:
        text, words = own
        return _fields("text-layer", source.size(number), text=text, words=words)
    sheet = source.raster(
        number,
        dpi=READING_DPI,
        max_pixels=request["max_pixels"],
        reading_pixels=request["reading_pixels"],
    )
    if preparation.is_blank(sheet.gray, sheet.dpi):
        return _fields("blank", (sheet.width, sheet.height))
    return _recognised(sheet, request["languages"])


def _recognised(sheet: Sheet, languages: Sequence[str]) -> dict[str, Any]:
    gray = preparation.without_streaks(preparation.without_noise(sheet.gray), sheet.dpi)
    turns = orientation.sideways(gray, sheet.dpi)
    gray = preparation.rotated(gray, turns)
    skew = preparation.skew(gray, sheet.dpi)
    back = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    straight = gray
    if abs(skew) >= _SKEWED:
        straight, back = preparation.straightened(gray, skew)
    found, upside_down = trials.read(straight, sheet.dpi, languages)
    if upside_down:
        turns += 2
        back = _upside_down(back, gray.shape)
    size = (sheet.width, sheet.height) if turns % 2 == 0 else (sheet.height, sheet.width)
    words = [_word(item, back, 72 / sheet.dpi, size) for item in found]
    return _fields(
        "ocr" if found else "blank",
        size,
        text=_text(found),
        words=words,
        confidence=recognition.mean_confidence(found) if found else None,
        rotation=turns % 4 * 90,
        skew=round(skew, 2),
    )


def _upside_down(back: NDArray[np.float64], shape: tuple[int, ...]) -> NDArray[np.float64]:
    """`back` for a page that was turned by 180 degrees after it had been straightened; its target
    is turned as well, since the boxes belong to the upright page."""
    height, width = shape
    half = np.array([[-1.0, 0.0, width], [0.0, -1.0, height], [0.0, 0.0, 1.0]])
    whole = np.vstack([back, [0.0, 0.0, 1.0]])
    return np.asarray((half @ whole @ half)[:2], dtype=np.float64)


def _word(
    found: Found, back: NDArray[np.float64], to_points: float, size: tuple[float, float]
) -> Word:
    """The word's box on the page as it lies: its four corners turned back, their hull taken."""
    corners = np.array(
        [
            [
                [found.x0, found.y0],
                [found.x1, found.y0],
                [found.x0, found.y1],
                [found.x1, found.y1],
            ]
        ],
        dtype=np.float64,
    )
    points = cv2.transform(corners, back)[0] * to_points
    low = np.clip(points.min(axis=0), 0, size).round(2).tolist()
    high = np.clip(points.max(axis=0), 0, size).round(2).tolist()
    return Word(found.text, low[0], low[1], high[0], high[1], round(found.confidence, 1))


def _text(words: Sequence[Found]) -> str:
    """Words with blanks, lines with line ends, paragraphs with an empty line between."""
    parts: list[str] = []
    previous: Found | None = None
    for word in words:
        if previous is not None:
            same_line = word.line == previous.line
            parts.append(" " if same_line else "\n" if word.block == previous.block else "\n\n")
        parts.append(word.text)
        previous = word
    return "".join(parts)


def _fields(
    source: str,
    size: tuple[float, float],
    *,
    text: str = "",
    words: Sequence[Word] = (),
    confidence: float | None = None,
    rotation: int = 0,
    skew: float = 0.0,
) -> dict[str, Any]:
    return {
        "source": source,
        "text": text,
        "confidence": None if confidence is None else round(confidence, 1),
        "rotation": rotation,
        "skew": skew,
        "width": round(size[0], 2),
        "height": round(size[1], 2),
        "words": [astuple(word) for word in words],
    }
