"""A second look at parts of a page: words in another language, and ink that nobody has read.

Reading every line with two models costs 1.7 times as much as with one and makes some Greek words
Latin ("VON" for a blurred «νόμιμη»). So the page is read in its main language, and only words that
came out badly are shown to the other models, which must be much surer to be believed.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import cv2
import numpy as np
import tesserocr

from ocr.child.recognition import Found, recognise
from ocr.child.sheets import Gray

_DOUBTFUL = 70.0  # measured: of Greek words above it 7 in 100 are wrong, of those below it half
# A Greek word of small letters that bears its accent is hardly ever a foreign one: those come out
# in mixed cases with signs between («νερίΠπαΥ» for "webinar").
_DOUBTFUL_GREEK = 40.0
_GREEK_WORD = re.compile(r"[«(\"'.,]*[Α-ΩΆΈΉΊΌΎΏ]?[α-ωϊϋς]*[άέήίόύώΐΰ][α-ωϊϋς]*(?:[».,:;)'\"·]*)")
_SURER = 12.0
_SURE_LATIN = 55.0
_SURE_SHORT = 70.0
_SURE_ALIKE = 92.0
_PADDING = 6
_LATIN = re.compile(r"[A-Za-z]{2}")
# Latin letters that no Greek letter looks like, even in a bad print: a Greek word that is read as
# Latin («της» as "tng") has few of them, a Latin one many.
_DISTINCT = re.compile(r"[bcdefhijklqrszCDFGJLQRSUVW]")
_DISTINCT_SHARE = 0.3
_ADDRESS = re.compile(r"@|://|www\.")
_SURE_ADDRESS = 30.0
_DOUBTFUL_NUMBER = 91.0  # the Greek model's digits are worse than the English one's
# What holds a digit, or a point or an at sign between letters.
_CODE = re.compile(r"\d|\w[@©]\w|[a-z]\.[a-z]")
_MIXED = re.compile(r"[^\W\d_]\d|\d[^\W\d_]")  # letters and digits in one word
_ACCOUNT = re.compile(r"[A-Z]{2}\d{2}")  # how an IBAN begins (ISO 13616)
_DOUBTFUL_CODE = 88.0
_SURER_NUMBER = 3.0
_SURE_NUMBER = 85.0


def in_other_languages(
    gray: Gray, words: list[Found], *, languages: Sequence[str], dpi: float, greek: bool
) -> list[Found]:
    """The words, with those replaced that the other languages' models read with more certainty.

    `greek` says that the words were read as Greek; else they were read in Latin letters already,
    and only numbers, codes and addresses are looked at again.
    """
    is_doubtful = _is_doubtful if greek else _is_doubtful_code
    is_believed = _is_believed if greek else _is_believed_code
    result: list[Found] = []
    for span in _spans(words, is_doubtful):
        if not is_doubtful(span[0]):
            result.extend(span)
            continue
        seen = look(gray, _hull(span), languages=languages, dpi=dpi, like=span[0])
        result.extend(_better(span, seen, is_believed))
    return result


def _spans(words: Sequence[Found], is_doubtful: Callable[[Found], bool]) -> Iterator[list[Found]]:
    """Runs of doubtful words within a line; sure words one by one."""
    run: list[Found] = []
    for word in words:
        doubtful = is_doubtful(word)
        if run and (not doubtful or word.line != run[-1].line):
            yield run
            run = []
        if doubtful:
            run.append(word)
        else:
            yield [word]
    if run:
        yield run


def _is_doubtful(word: Found) -> bool:
    if _is_number(word.text) or _MIXED.search(word.text):
        return word.confidence < _DOUBTFUL_NUMBER
    doubtful = _DOUBTFUL_GREEK if _GREEK_WORD.fullmatch(word.text) else _DOUBTFUL
    return word.confidence < doubtful


def _is_doubtful_code(word: Found) -> bool:
    """Of a page in Latin letters: a number, a code or an address that may be wrong."""
    if not _CODE.search(word.text):
        return False
    return word.confidence < (_DOUBTFUL_NUMBER if _is_number(word.text) else _DOUBTFUL_CODE)


def _is_number(text: str) -> bool:
    digits = sum(char.isdigit() for char in text)
    return digits * 2 >= len(text) and not any(char.isalpha() for char in text)


def _better(
    span: list[Found],
    seen: list[Found],
    is_believed: Callable[[Sequence[Found], Sequence[Found]], bool],
) -> list[Found]:
    """For each group of words that cover each other, the old or the new ones."""
    groups: list[tuple[list[Found], list[Found]]] = []
    everything = [(word, False) for word in span] + [(word, True) for word in seen]
    right = -1
    for word, is_new in sorted(everything, key=lambda item: item[0].x0):
        overlap = right - word.x0
        if not groups or overlap < 0.3 * min(word.x1 - word.x0, 40):
            groups.append(([], []))
            right = -1
        groups[-1][is_new].append(word)
        right = max(right, word.x1)
    result: list[Found] = []
    for old, new in groups:
        result.extend(_joined(old, new) if is_believed(old, new) else old)
    return result


def _joined(old: Sequence[Found], new: list[Found]) -> list[Found]:
    """An address that is written without blanks comes back in one piece."""
    text = "".join(word.text for word in new)
    if len(new) < 2 or len(old) != 1 or not _ADDRESS.search(text):
        return new
    x0, y0, x1, y1 = _hull(new)
    return [replace(new[0], text=text, x0=x0, y0=y0, x1=x1, y1=y1, confidence=_certainty(new))]


def _is_believed(old: Sequence[Found], new: Sequence[Found]) -> bool:
    text = "".join(word.text for word in new)
    certainty, before = _certainty(new), _certainty(old)
    if _is_number(text):
        had_digits = any(char.isdigit() for word in old for char in word.text)
        return certainty > before + _SURER_NUMBER and (had_digits or certainty > _SURE_NUMBER)
    if text == "€":
        return certainty >= _SURE_NUMBER and "".join(word.text for word in old) in "ΕEΞ"
    if not _LATIN.search(text):
        return False
    if _ACCOUNT.fullmatch(text):
        return certainty >= _SURE_SHORT
    if old and certainty < before + _SURER:
        return False
    if _ADDRESS.search(text):
        return certainty >= _SURE_ADDRESS
    letters = sum(char.isalpha() for char in text)
    if len(_DISTINCT.findall(text)) >= _DISTINCT_SHARE * letters:
        return certainty >= (_SURE_LATIN if letters > 4 else _SURE_SHORT)
    return letters > 4 and certainty >= _SURE_ALIKE and before < _SURE_LATIN


def _is_believed_code(old: Sequence[Found], new: Sequence[Found]) -> bool:
    """Of a page in Latin letters; words of its language with their accents must not be lost."""
    text = "".join(word.text for word in new)
    certainty, before = _certainty(new), _certainty(old)
    if _ADDRESS.search(text):
        return certainty >= max(_SURE_ADDRESS, before)
    if _is_number(text) or _CODE.search(text):
        return certainty > before + _SURER_NUMBER and certainty >= _SURE_SHORT
    return False


def _certainty(words: Sequence[Found]) -> float:
    letters = sum(len(word.text) for word in words)
    return sum(len(word.text) * word.confidence for word in words) / max(1, letters)


def look(
    gray: Gray,
    box: tuple[int, int, int, int],
    *,
    languages: Sequence[str],
    dpi: float,
    like: Found,
) -> list[Found]:
    """One line's piece of the page, recognised by itself; boxes in the page's pixels."""
    x0, y0 = max(0, box[0] - _PADDING), max(0, box[1] - _PADDING)
    piece = gray[y0 : box[3] + _PADDING, x0 : box[2] + _PADDING]
    if min(piece.shape) < 8:
        return []
    piece = cv2.copyMakeBorder(piece, 8, 8, 8, 8, cv2.BORDER_REPLICATE).astype(np.uint8)
    found = recognise(piece, languages=languages, dpi=dpi, layout=tesserocr.PSM.SINGLE_LINE)
    dx, dy = x0 - 8, y0 - 8
    return [
        Found(
            word.text,
            word.x0 + dx,
            word.y0 + dy,
            word.x1 + dx,
            word.y1 + dy,
            word.confidence,
            like.line,
            like.block,
        )
        for word in found
    ]


def _hull(words: Sequence[Found]) -> tuple[int, int, int, int]:
    return (
        min(word.x0 for word in words),
        min(word.y0 for word in words),
        max(word.x1 for word in words),
        max(word.y1 for word in words),
    )
