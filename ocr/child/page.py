"""One page from its file to its words: born digital, blank, or recognised as measured best."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ocr.child import detection, lines, orientation, preparation, recognition, trials
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
        languages = () if request["languages"] else detection.of_text(text)
        return _fields(
            "text-layer", source.size(number), text=text, words=words, languages=languages
        )
    sheet = source.raster(
        number,
        dpi=READING_DPI,
        max_pixels=request["max_pixels"],
        reading_pixels=request["reading_pixels"],
    )
    if preparation.is_blank(sheet.gray, sheet.dpi):
        return _fields("blank", (sheet.width, sheet.height))
    return _recognised(sheet, request["languages"], request.get("likely", ()))


def _recognised(sheet: Sheet, languages: Sequence[str], likely: Sequence[str]) -> dict[str, Any]:
    gray = preparation.without_noise(sheet.gray)
    two_tone = preparation.is_bilevel(gray)
    gray = preparation.without_specks(gray, sheet.dpi)
    ink = lines.letters(gray, sheet.dpi)
    turns = orientation.quarter_turns(ink)
    gray, ink = preparation.rotated(gray, turns), preparation.rotated(ink, turns)
    gray = preparation.without_streaks(gray, sheet.dpi)
    gray, dpi = preparation.at_reading_size(gray, sheet.dpi)
    feet = lines.feet(ink)
    skew = lines.skew(feet)
    bend = lines.bend(feet, skew)
    levelling = preparation.Levelling(np.eye(2, 3))
    if abs(skew) >= _SKEWED or bend is not None:
        levelling = preparation.Levelling.of(gray.shape, skew, bend, dpi)
        gray = levelling.applied(gray)
    languages = languages or detection.of_page(gray, dpi, likely=likely)
    reading = trials.read(gray, dpi, languages, two_tone=two_tone)
    found = reading.words
    place = _Place(levelling, 72 / dpi, gray.shape, reading.upside_down)
    turns += 2 * reading.upside_down
    size = (sheet.width, sheet.height) if turns % 2 == 0 else (sheet.height, sheet.width)
    return _fields(
        "ocr" if found else "blank",
        size,
        text=_text(found),
        words=[place.word(item, size) for item in found],
        confidence=recognition.mean_confidence(found) if found else None,
        rotation=turns % 4 * 90,
        skew=round(skew, 2),
        languages=languages if found else (),
    )


@dataclass(frozen=True, slots=True)
class _Place:
    """From pixels of the raster that was read to points of the upright page as it lies."""

    levelling: preparation.Levelling
    to_points: float
    shape: tuple[int, ...]
    upside_down: bool

    def word(self, found: Found, size: tuple[float, float]) -> Word:
        """The word's box: its four corners turned back, their hull taken."""
        corners = np.array(
            [(x, y) for x in (found.x0, found.x1) for y in (found.y0, found.y1)], dtype=np.float64
        )
        if self.upside_down:
            corners = self._on_its_head(corners)
        corners = self.levelling.back(corners)
        if self.upside_down:
            # The boxes belong to the upright page.
            corners = self._on_its_head(corners)
        points = corners * self.to_points
        low = np.clip(points.min(axis=0), 0, size).round(2).tolist()
        high = np.clip(points.max(axis=0), 0, size).round(2).tolist()
        return Word(found.text, low[0], low[1], high[0], high[1], round(found.confidence, 1))

    def _on_its_head(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        height, width = self.shape
        return np.array([width, height]) - points


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
    languages: Sequence[str] = (),
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
        "languages": list(languages),
    }
