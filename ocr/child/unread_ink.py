"""Lines that layout analysis lost: ink of the size of letters that no word covers.

Header blocks beside each other, boxed numbers and text under stamps are what it loses, and those
hold the numbers and dates that an office needs.
"""

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr.child.recognition import Found
from ocr.child.second_look import look
from ocr.child.sheets import Gray

_TRUSTED = 50.0  # a word below it does not count as read
_ACCEPTED = 55.0
_LETTERS = 3
_CERTAIN = 68.0  # of a whole line; the words within a stamp mostly stay below
_MOST_LINES = 25


def unread_lines(
    gray: Gray, words: Sequence[Found], *, languages: Sequence[str], dpi: float
) -> list[list[Found]]:
    """Words found where none was, line by line."""
    if not words:
        return []
    height = float(np.median([word.y1 - word.y0 for word in words]))
    if height < 6:
        return []
    boxes = _lines(_letters(gray, words, height), height)
    found = []
    for box in boxes[:_MOST_LINES]:
        like = replace(words[0], line=-1, block=-1)
        line = look(gray, box, languages=languages, dpi=dpi, like=like)
        good = [word for word in line if word.confidence >= _ACCEPTED and _is_text(word.text)]
        letters = sum(len(word.text) for word in good)
        certainty = sum(len(word.text) * word.confidence for word in good)
        if letters >= _LETTERS and certainty >= _CERTAIN * letters:
            found.append(good)
    return found


def inserted(words: list[Found], lines: Sequence[list[Found]]) -> list[Found]:
    """The words with the lines put where a reader would meet them: after the last line above that
    shares their columns. Doubtful words that they cover give way."""
    result = list(words)
    for line in lines:
        x0, x1 = line[0].x0, line[-1].x1
        middle = (line[0].y0 + line[0].y1) / 2
        result = [word for word in result if not (_covers(line, word) and word.confidence < 70)]
        above = [
            index
            for index, word in enumerate(result)
            if (word.y0 + word.y1) / 2 < middle and word.x0 < x1 and word.x1 > x0
        ]
        at = above[-1] + 1 if above else 0
        while 0 < at < len(result) and result[at].line == result[at - 1].line:
            at += 1
        block = result[at - 1].block if at else -1
        number = max((word.line for word in result), default=0) + 1
        result[at:at] = [replace(word, line=number, block=block) for word in line]
    return result


def _covers(line: Sequence[Found], word: Found) -> bool:
    return any(
        min(other.x1, word.x1) - max(other.x0, word.x0) > 0.5 * (word.x1 - word.x0)
        and min(other.y1, word.y1) - max(other.y0, word.y0) > 0.5 * (word.y1 - word.y0)
        for other in line
    )


def _is_text(text: str) -> bool:
    return any(char.isalnum() for char in text)


def _letters(gray: Gray, words: Sequence[Found], height: float) -> NDArray[np.uint8]:
    """A mask of the components that have a letter's size and lie outside the trusted words."""
    _, ink = cv2.threshold(gray, 0, 1, cv2.THRESH_BINARY_INV | cv2.THRESH_OTSU)
    for word in words:
        if word.confidence >= _TRUSTED:
            margin = int(0.2 * height)
            top, left = max(0, word.y0 - margin), max(0, word.x0 - margin)
            ink[top : word.y1 + margin, left : word.x1 + margin] = 0
    _, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    tall, wide = stats[:, cv2.CC_STAT_HEIGHT], stats[:, cv2.CC_STAT_WIDTH]
    good = (tall >= 0.4 * height) & (tall <= 2.5 * height) & (wide <= 4 * height) & (wide >= 2)
    good[0] = False
    mask: NDArray[np.uint8] = good[labels].astype(np.uint8)
    return mask


def _lines(letters: NDArray[np.uint8], height: float) -> list[tuple[int, int, int, int]]:
    """Boxes of rows of at least three letters, the longest first."""
    reach = cv2.getStructuringElement(cv2.MORPH_RECT, (max(3, int(1.6 * height)), 1))
    smeared = cv2.morphologyEx(letters, cv2.MORPH_CLOSE, reach)
    _, _, stats, _ = cv2.connectedComponentsWithStats(smeared, connectivity=8)
    boxes = []
    for x, y, width, tall, area in stats[1:]:
        if width >= 2 * height and 0.5 * height <= tall <= 3 * height and area >= height * height:
            boxes.append((int(x), int(y), int(x + width), int(y + tall)))
    boxes.sort(key=lambda box: box[0] - box[2])
    return boxes
