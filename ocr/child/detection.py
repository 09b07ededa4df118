"""The language of a page, where nobody said it: by which model reads a strip of it best, and by
the words of that strip.

Script comes first: the Greek and the English model read the same few lines, and the surer one is
right. Latin letters are then told apart by py3langid, whose statistics of letter groups hold even
where the English model has lost all accents.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

from py3langid import langid

from ocr.child import preparation
from ocr.child.recognition import Found, mean_confidence, recognise
from ocr.child.sheets import Gray
from ocr.languages import installed

DEFAULT = ("ell", "eng")
_CODES = {"ell": "el", "eng": "en", "hun": "hu", "ces": "cs", "deu": "de", "fra": "fr"}
_STRIP = 0.06  # of the page's height
_SURE = 75.0
_LETTERS = 30  # fewer tell nothing


def of_page(gray: Gray, dpi: float, *, likely: Sequence[str] = ()) -> tuple[str, ...]:
    """The languages to read a level page with; those of the page before are asked first.

    A page that says nothing gets `likely`, else Greek with English words.
    """
    strips = [_densest(gray, dpi)]
    if likely and _is_still(strips[0], dpi, likely):
        return tuple(likely)
    best: tuple[float, list[Found]] = (0.0, [])
    for strip in (*strips, preparation.rotated(strips[0], 2)):
        for language in ("ell", "eng"):
            if language in installed() and min(strip.shape) >= 20:
                words = recognise(strip, languages=(language,), dpi=dpi)
                best = max(best, (mean_confidence(words), words), key=lambda item: item[0])
        if best[0] >= _SURE:
            break
    return of_text(" ".join(word.text for word in best[1])) or tuple(likely) or DEFAULT


def of_text(text: str) -> tuple[str, ...]:
    """The languages of a text; none where it is too short to tell."""
    letters = [char for char in text if char.isalpha()]
    if len(letters) < _LETTERS:
        return ()
    greek = sum("\u0370" <= char <= "\u03ff" or "\u1f00" <= char <= "\u1fff" for char in letters)
    if greek > 0.3 * len(letters) and "ell" in installed():
        return tuple(language for language in DEFAULT if language in installed())
    code, _ = _identifier().classify(text)
    return tuple(language for language in installed() if _CODES.get(language) == code)


def _is_still(strip: Gray, dpi: float, likely: Sequence[str]) -> bool:
    if min(strip.shape) < 20:
        return True
    words = recognise(strip, languages=likely[:1], dpi=dpi)
    text = " ".join(word.text for word in words)
    return mean_confidence(words) >= _SURE and of_text(text)[:1] in ((), tuple(likely[:1]))


def _densest(gray: Gray, dpi: float) -> Gray:
    height = gray.shape[0]
    size = max(60, int(height * _STRIP))
    top = preparation.densest_rows(gray, dpi, size)
    return gray[top : top + size].copy()


@cache
def _identifier() -> Any:
    path = langid.MODEL_DIR / langid.MODEL_FILE
    identifier = langid.LanguageIdentifier.from_modelpath(path, norm_probs=True)
    identifier.set_languages([_CODES[one] for one in installed() if one in _CODES])
    return identifier
