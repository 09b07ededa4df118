"""The reading of an upright page: once where that is good, else as a sample of it reads best.

Trying every preparation on a whole bad page would take half a minute. The band with the most text
tells nearly as well which one to choose.
"""

import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ocr.child import preparation, second_look, unread_ink
from ocr.child.recognition import Found, mean_confidence, recognise, without_doubles
from ocr.child.sheets import Gray
from ocr.languages import installed

_AMOUNT = re.compile(r"\d,\d{2}$")
_GOOD = 86.0  # median confidence of the words; well printed pages have 90 to 96
_HOPELESS = 62.0
_BETTER = 1.05
_BAND = 0.14  # of the page's height
_PIECE_INCHES = (0.5, 3.0)
# Mean confidence. Measured: nearly all upright pieces from 38, those on their head 0 to 15.
_UPRIGHT = 38.0
_SMALLEST = 20  # pixels


@dataclass(frozen=True, slots=True)
class Way:
    """One way to read: the raster prepared, its scale to the page, and the main languages."""

    gray: Gray
    factor: float
    languages: tuple[str, ...]
    upside_down: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """The words; where the page had to be turned upside down for them, in the turned raster."""

    words: list[Found]
    upside_down: bool


def read(gray: Gray, dpi: float, languages: Sequence[str], *, two_tone: bool) -> Reading:
    """The words of a page that is level and not lying. `two_tone` says that it was scanned in
    black and white."""
    main, others = _split(languages)
    way = Way(gray if two_tone else _treated(gray, dpi), 1.0, main)
    if _stands_on_head(way, dpi):
        gray = preparation.rotated(gray, 2)
        way = replace(way, gray=preparation.rotated(way.gray, 2), upside_down=True)
    words = _recognise(way, dpi)
    if _quality(words) < _GOOD:
        ways = _ways(way, gray, dpi, two_tone=two_tone)
        if _quality(words) < _HOPELESS:
            ways = itertools.chain((replace(way, languages=(other,)) for other in others), ways)
        chosen = _chosen(way, words, dpi, ways)
        if chosen is not way:
            second = _recognise(chosen, dpi)
            if chosen.languages != way.languages or _worth(second) > _worth(words):
                way, words = chosen, second
    if way.languages != main:
        others = main
    return Reading(_finished(way, words, dpi, others), way.upside_down)


def _treated(gray: Gray, dpi: float) -> Gray:
    """Even paper, no print of the other side, sharp edges: what the page needs of it."""
    if preparation.needs_flattening(gray):
        gray = preparation.flattened(gray)
    if preparation.shows_through(gray, dpi):
        return preparation.darkest(gray)
    return preparation.sharpened(gray) if preparation.is_blurred(gray) else gray


def _split(languages: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The languages for the whole page and those for words that came out badly. Greek stands
    alone, as its letters do; languages in Latin letters are read together."""
    if "ell" in languages and len(languages) > 1:
        return ("ell",), tuple(language for language in languages if language != "ell")
    if "eng" not in languages and "eng" in installed():
        # For numbers and addresses, which the English model reads best.
        return tuple(languages), ("eng",)
    return tuple(languages), ()


def _finished(way: Way, words: list[Found], dpi: float, others: tuple[str, ...]) -> list[Found]:
    scaled_dpi = dpi * way.factor
    if others:
        words = second_look.in_other_languages(
            way.gray, words, languages=others, dpi=scaled_dpi, greek="ell" in way.languages
        )
    found = unread_ink.unread_lines(way.gray, words, languages=way.languages, dpi=scaled_dpi)
    words = unread_ink.inserted(words, found)
    if "ell" in way.languages:
        words = _with_euros(words)
    if way.factor != 1.0:
        words = [_rescaled(word, 1 / way.factor) for word in words]
    return words


def _recognise(way: Way, dpi: float) -> list[Found]:
    words = recognise(way.gray, languages=way.languages, dpi=dpi * way.factor)
    return without_doubles(words)


def _quality(words: Sequence[Found]) -> float:
    """The median, as foreign words in the text come out badly without the page being bad."""
    return float(np.median([word.confidence for word in words])) if words else 0.0


def _worth(words: Sequence[Found]) -> float:
    return sum(len(word.text) * (word.confidence - 50) for word in words)


def _chosen(first: Way, words: Sequence[Found], dpi: float, ways: Iterable[Way]) -> Way:
    """The way that reads a band of the page best; the first unless another is clearly better."""
    top, bottom = _band(words, first.gray.shape[0])
    best, best_worth = first, _sample(first, top, bottom, dpi)
    for way in ways:
        worth = _sample(way, top, bottom, dpi)
        if worth > max(best_worth, 1.0) * _BETTER:
            best, best_worth = way, worth
    return best


def _ways(first: Way, plain: Gray, dpi: float, *, two_tone: bool) -> Iterator[Way]:
    """Other ways to read the page, in the same language; `plain` is the page untreated."""
    flat = first.gray
    if not two_tone:  # of print in two tones a median takes the full stops
        yield replace(first, gray=preparation.despeckled(flat))
    yield replace(first, gray=preparation.softened(flat, 1.0))
    factor = (300 if dpi < 210 else 200) / dpi
    yield replace(first, gray=preparation.scaled(flat, factor), factor=factor)
    if not two_tone:
        yield replace(first, gray=plain)


def _band(words: Sequence[Found], height: int) -> tuple[int, int]:
    """The rows of the page that hold the most letters."""
    size = max(60, int(height * _BAND))
    letters = np.zeros(height + 1)
    for word in words:
        letters[min(height, (word.y0 + word.y1) // 2)] += len(word.text)
    if not letters.any():
        return (height - size) // 2, (height + size) // 2
    sums = np.convolve(letters, np.ones(size), mode="valid")
    top = int(np.argmax(sums)) if len(sums) else 0
    return max(0, top - 10), min(height, top + size + 10)


def _sample(way: Way, top: int, bottom: int, dpi: float) -> float:
    words = _look(way, int(top * way.factor), int(bottom * way.factor), dpi)
    return _worth(words) if mean_confidence(words) > 30 else 0.0


def _stands_on_head(way: Way, dpi: float) -> bool:
    """Whether a few words read much better upside down. Reading a whole page the wrong way up
    would take ten times as long as the right way."""
    piece = preparation.densest_piece(way.gray, dpi, *_PIECE_INCHES)
    if min(piece.shape) < _SMALLEST:
        return False
    upright = recognise(piece, languages=way.languages, dpi=dpi)
    if mean_confidence(upright) >= _UPRIGHT:
        return False
    turned = recognise(preparation.rotated(piece, 2), languages=way.languages, dpi=dpi)
    surer = mean_confidence(turned) > mean_confidence(upright) + 10
    return surer and _worth(turned) > _worth(upright)


def _look(way: Way, top: int, bottom: int, dpi: float) -> list[Found]:
    band = np.ascontiguousarray(way.gray[max(0, top) : bottom])
    if min(band.shape) < _SMALLEST:
        return []
    return recognise(band, languages=way.languages, dpi=dpi * way.factor)


def _with_euros(words: list[Found]) -> list[Found]:
    """The Greek model has no sign for the euro: behind an amount it writes a capital epsilon."""
    result = list(words)
    for index in range(1, len(words)):
        word, before = words[index], words[index - 1]
        after_amount = before.line == word.line and _AMOUNT.search(before.text)
        if after_amount and word.text.rstrip(".,;") in ("Ε", "Έ", "Ξ"):
            result[index] = replace(word, text="€" + word.text[1:])
    return result


def _rescaled(word: Found, factor: float) -> Found:
    return replace(
        word,
        x0=round(word.x0 * factor),
        y0=round(word.y0 * factor),
        x1=round(word.x1 * factor),
        y1=round(word.y1 * factor),
    )
