"""Tesseract: one engine per set of languages, fed with raw gray bytes, asked once per page."""

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import tesserocr

from ocr.child.greek import folded, normal
from ocr.child.sheets import Gray
from ocr.languages import tessdata_dir

_ENGINES_KEPT = 2
_UPON = 0.5  # of the smaller box
_MOST_PIXELS_A_SIDE = 32_767  # leptonica's limit

_engines: OrderedDict[str, tesserocr.PyTessBaseAPI] = OrderedDict()


@dataclass(frozen=True, slots=True)
class Found:
    """A recognised word; its box in pixels of the raster, its line and block counted from 0."""

    text: str
    x0: int
    y0: int
    x1: int
    y1: int
    confidence: float
    line: int
    block: int


def recognise(
    gray: Gray,
    *,
    languages: Sequence[str],
    dpi: float,
    layout: int = tesserocr.PSM.AUTO,
) -> list[Found]:
    """The words of the raster, in reading order."""
    api = _engine("+".join(languages), layout)
    _show(api, gray, dpi)
    # Without a timeout of its own: on expiry it returns blanks with a confidence of 95, and layout
    # analysis ignores it anyway. The deadline is the parent's, who ends this process.
    if not api.Recognize():
        return []
    words = list(_words(api.GetIterator(), is_greek="ell" in languages))
    api.Clear()
    return words


def without_doubles(words: Sequence[Found]) -> list[Found]:
    """The words, without those that lie upon a surer one of another line: layout analysis takes
    the same letters for parts of two lines now and then."""
    if len(words) < 2:
        return list(words)
    boxes = np.array([(word.x0, word.y0, word.x1, word.y1) for word in words], dtype=np.float32)
    low, high = boxes[:, None, :2], boxes[:, None, 2:]
    shared = np.minimum(high, boxes[None, :, 2:]) - np.maximum(low, boxes[None, :, :2])
    areas = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
    upon = np.prod(np.clip(shared, 0, None), axis=2) > _UPON * np.minimum(areas[:, None], areas)
    gone = set()
    for one, other in np.argwhere(np.triu(upon, 1)).tolist():
        if words[one].line != words[other].line:
            gone.add(min(one, other, key=lambda index: words[index].confidence))
    return [word for index, word in enumerate(words) if index not in gone]


def mean_confidence(words: Iterable[Found]) -> float:
    """Mean confidence, each word weighing as many letters as it has; 0 without words."""
    weights = [(len(word.text), word.confidence) for word in words]
    letters = sum(weight for weight, _ in weights)
    return sum(weight * value for weight, value in weights) / letters if letters else 0.0


def _engine(languages: str, layout: int) -> tesserocr.PyTessBaseAPI:
    api = _engines.pop(languages, None)
    if api is None:
        api = tesserocr.PyTessBaseAPI(
            path=str(tessdata_dir()),
            lang=languages,
            oem=tesserocr.OEM.LSTM_ONLY,
            psm=tesserocr.PSM.AUTO,
        )
        api.SetVariable("debug_file", "/dev/null")
    while len(_engines) >= _ENGINES_KEPT:
        _engines.popitem(last=False)[1].End()
    _engines[languages] = api
    api.SetPageSegMode(layout)
    return api


def _show(api: tesserocr.PyTessBaseAPI, gray: Gray, dpi: float) -> None:
    height, width = gray.shape
    if max(width, height) > _MOST_PIXELS_A_SIDE:
        raise ValueError(f"A raster of {width} x {height} pixels is too large for Tesseract")
    api.SetImageBytes(gray.tobytes(), width, height, 1, width)
    api.SetSourceResolution(round(dpi))


def _words(iterator: tesserocr.PyResultIterator | None, *, is_greek: bool) -> Iterable[Found]:
    if iterator is None or iterator.Empty(tesserocr.RIL.WORD):
        return
    line = block = -1
    while True:
        if iterator.IsAtBeginningOf(tesserocr.RIL.PARA):
            block += 1
        if iterator.IsAtBeginningOf(tesserocr.RIL.TEXTLINE):
            line += 1
        text = iterator.GetUTF8Text(tesserocr.RIL.WORD).strip()
        box = iterator.BoundingBox(tesserocr.RIL.WORD)
        if text and box:
            confidence = float(iterator.Confidence(tesserocr.RIL.WORD))
            text = folded(text) if is_greek else normal(text)
            x0, y0, x1, y1 = box
            yield Found(text, x0, y0, x1, y1, confidence, max(0, line), max(0, block))
        if not iterator.Next(tesserocr.RIL.WORD):
            return
