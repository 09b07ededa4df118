"""The reading of an upright page: once where that is good, else as a sample of it reads best.

Trying every preparation on a whole bad page would take half a minute. The band with the most text
tells nearly as well which one to choose.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ocr.child import preparation, second_look, unread_ink
from ocr.child.recognition import Found, mean_confidence, recognise
from ocr.child.sheets import Gray

_AMOUNT = re.compile(r"\d,\d{2}$")
_GOOD = 86.0  # median confidence of the words; well printed pages have 90 to 96
_HOPELESS = 62.0
_BETTER = 1.05
_BAND = 0.14  # of the page's height
_STRIP = 0.045
_UPRIGHT = 70.0


@dataclass(frozen=True, slots=True)
class Way:
    """One way to read: the raster prepared, its scale to the page, and the main languages."""

    gray: Gray
    factor: float
    languages: tuple[str, ...]
    upside_down: bool = False


def read(gray: Gray, dpi: float, languages: Sequence[str]) -> tuple[list[Found], bool]:
    """The words, and whether the page had to be turned upside down for them; if so, their boxes
    are those of the turned page."""
    main, others = _split(languages)
    bilevel = preparation.is_bilevel(gray)
    flat = gray
    if not bilevel and preparation.needs_flattening(gray):
        flat = preparation.flattened(gray)
    if not bilevel and preparation.shows_through(flat):
        flat = preparation.darkest(flat)
    way = Way(flat, 1.0, main)
    if _stands_on_head(way, dpi):
        flat, gray = preparation.rotated(flat, 2), preparation.rotated(gray, 2)
        way = Way(flat, 1.0, main, upside_down=True)
    words = _recognise(way, dpi)
    clean = preparation.without_specks(flat, dpi)
    if clean is not flat:
        # Specks cost whole lines, which no sample shows; broken thin letters look like specks.
        cleaned = replace(way, gray=clean)
        again = _recognise(cleaned, dpi)
        if _worth(again) > _worth(words):
            way, words, flat = cleaned, again, clean
    if _quality(words) < _GOOD:
        chosen = _chosen(way, words, gray, dpi, others, bilevel=bilevel)
        if chosen is not way:
            second = _recognise(chosen, dpi)
            if chosen.languages != way.languages or _worth(second) > _worth(words):
                way, words = chosen, second
    if way.languages != main:
        others = main
    return _finished(way, words, dpi, others), way.upside_down


def _split(languages: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The languages for the whole page and those for words that came out badly. Greek stands
    alone, as its letters do; languages in Latin letters are read together."""
    if "ell" in languages and len(languages) > 1:
        return ("ell",), tuple(language for language in languages if language != "ell")
    return tuple(languages), ()


def _finished(way: Way, words: list[Found], dpi: float, others: tuple[str, ...]) -> list[Found]:
    scaled_dpi = dpi * way.factor
    if others:
        words = second_look.in_other_languages(way.gray, words, languages=others, dpi=scaled_dpi)
    lines = unread_ink.unread_lines(way.gray, words, languages=way.languages, dpi=scaled_dpi)
    words = unread_ink.inserted(words, lines)
    if "ell" in way.languages:
        words = _with_euros(words)
    if way.factor != 1.0:
        words = [_rescaled(word, 1 / way.factor) for word in words]
    return words


def _recognise(way: Way, dpi: float) -> list[Found]:
    return recognise(way.gray, languages=way.languages, dpi=dpi * way.factor)


def _quality(words: Sequence[Found]) -> float:
    """The median, as foreign words in the text come out badly without the page being bad."""
    return float(np.median([word.confidence for word in words])) if words else 0.0


def _worth(words: Sequence[Found]) -> float:
    return sum(len(word.text) * (word.confidence - 50) for word in words)


def _chosen(
    first: Way,
    words: Sequence[Found],
    gray: Gray,
    dpi: float,
    others: tuple[str, ...],
    *,
    bilevel: bool,
) -> Way:
    """The way that reads a band of the page best; the first unless another is clearly better."""
    top, bottom = _band(words, gray.shape[0])
    best, best_worth = first, _sample(first, top, bottom, dpi)
    hopeless = _quality(words) < _HOPELESS
    for way in _ways(first, gray, dpi, others, bilevel=bilevel, hopeless=hopeless):
        worth = _sample(way, top, bottom, dpi)
        if worth > max(best_worth, 1.0) * _BETTER:
            best, best_worth = way, worth
    return best


def _ways(
    first: Way,
    gray: Gray,
    dpi: float,
    others: tuple[str, ...],
    *,
    bilevel: bool,
    hopeless: bool,
) -> Iterator[Way]:
    flat = first.gray
    if hopeless:
        for language in others:
            yield replace(first, languages=(language,))
    yield replace(first, gray=preparation.despeckled(flat))
    yield replace(first, gray=preparation.softened(flat, 1.0))
    if dpi < 250:
        yield replace(first, gray=preparation.scaled(flat, 300 / dpi), factor=300 / dpi)
    else:
        yield replace(first, gray=preparation.scaled(flat, 200 / dpi), factor=200 / dpi)
    if flat is not gray:
        yield replace(first, gray=gray)


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
    """Whether a few lines read much better upside down. Reading a whole page the wrong way up
    would take ten times as long as the right way."""
    height = way.gray.shape[0]
    rows = preparation.letter_rows(way.gray, dpi)
    size = max(40, int(height * _STRIP))
    sums = np.convolve(rows, np.ones(size), mode="valid")
    top = int(np.argmax(sums)) if len(sums) else 0
    upright = _look(way, top, top + size, dpi)
    if _quality(upright) >= _UPRIGHT:
        return False
    turned = replace(way, gray=preparation.rotated(way.gray, 2))
    other = _look(turned, height - top - size, height - top, dpi)
    return _quality(other) > _quality(upright) + 10 and _worth(other) > 1.3 * _worth(upright)


def _look(way: Way, top: int, bottom: int, dpi: float) -> list[Found]:
    band = np.ascontiguousarray(way.gray[max(0, top) : bottom])
    if min(band.shape) < 20:
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
