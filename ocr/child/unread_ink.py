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
_GAP = 1.5  # of its height, from a word to those of its line


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
    """The words with the lines put where a reader would meet them: in the gap of a line that they
    continue, else after the last line above that shares their columns. Doubtful words that they
    cover give way."""
    result = list(words)
    for line in lines:
        result = [word for word in result if not (_covers(line, word) and word.confidence < 70)]
        gap = _gap(result, line)
        if gap is None:
            at = _below(result, line)
            block = result[at - 1].block if at else -1
            number = max((word.line for word in result), default=0) + 1
        else:
            at, number, block = gap
        result[at:at] = [replace(word, line=number, block=block) for word in line]
    return result


def _gap(words: Sequence[Found], line: Sequence[Found]) -> tuple[int, int, int] | None:
    """Where the words of the line stand at its height, near it on its left or its right."""
    x0, x1 = line[0].x0, line[-1].x1
    y0, y1 = min(word.y0 for word in line), max(word.y1 for word in line)
    tall = y1 - y0
    best: tuple[int, int, int] | None = None
    for index, word in enumerate(words):
        same_height = min(word.y1, y1) - max(word.y0, y0) > 0.5 * min(tall, word.y1 - word.y0)
        if not same_height or word.y1 - word.y0 > 2 * tall:
            continue
        if word.x1 <= x0 + 0.3 * tall and x0 - word.x1 < _GAP * tall:
            best = index + 1, word.line, word.block
        elif best is None and word.x0 >= x1 - 0.3 * tall and word.x0 - x1 < _GAP * tall:
            best = index, word.line, word.block
    return best


def _below(words: Sequence[Found], line: Sequence[Found]) -> int:
    x0, x1 = line[0].x0, line[-1].x1
    middle = (line[0].y0 + line[0].y1) / 2
    above = [
        index
        for index, word in enumerate(words)
        if (word.y0 + word.y1) / 2 < middle and word.x0 < x1 and word.x1 > x0
    ]
    at = above[-1] + 1 if above else 0
    while 0 < at < len(words) and words[at].line == words[at - 1].line:
        at += 1
    return at


def _covers(line: Sequence[Found], word: Found) -> bool:
    return any(
        min(other.x1, word.x1) - max(other.x0, word.x0) > 0.5 * (word.x1 - word.x0)
        and min(other.y1, word.y1) - max(other.y0, word.y0) > 0.5 * (word.y1 - word.y0)
        for other in line
    )


def _is_text(text: str) -> bool:
    return any(char.isalnum() for char in text)


def _letters(gray: Gray, words: Sequence[Found], height: float) -> NDArray[np.uint8]:
    """A mask, at half the size, of what has a letter's size and lies outside the trusted words."""
    half = cv2.resize(gray, (gray.shape[1] // 2, gray.shape[0] // 2), interpolation=cv2.INTER_AREA)
    _, ink = cv2.threshold(half, 0, 1, cv2.THRESH_BINARY_INV | cv2.THRESH_OTSU)
    for word in words:
        if word.confidence >= _TRUSTED:
            margin = int(0.2 * height)
            top, left = max(0, word.y0 - margin), max(0, word.x0 - margin)
            ink[top // 2 : (word.y1 + margin) // 2, left // 2 : (word.x1 + margin) // 2] = 0
    _, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    tall, wide = 2 * stats[:, cv2.CC_STAT_HEIGHT], 2 * stats[:, cv2.CC_STAT_WIDTH]
    good = (tall >= 0.4 * height) & (tall <= 2.5 * height) & (wide <= 4 * height) & (wide >= 2)
    good[0] = False
    mask: NDArray[np.uint8] = good[labels].astype(np.uint8)
    return mask


def _lines(letters: NDArray[np.uint8], height: float) -> list[tuple[int, int, int, int]]:
    """Boxes of rows of at least three letters, the longest first."""
    reach = cv2.getStructuringElement(cv2.MORPH_RECT, (max(3, int(0.8 * height)), 1))
    smeared = cv2.morphologyEx(letters, cv2.MORPH_CLOSE, reach)
    _, _, stats, _ = cv2.connectedComponentsWithStats(smeared, connectivity=8)
    boxes = []
    for x, y, width, tall, area in 2 * stats[1:]:
        if width >= 2 * height and 0.5 * height <= tall <= 3 * height and 2 * area >= height**2:
            boxes.append((int(x), int(y), int(x + width), int(y + tall)))
    boxes.sort(key=lambda box: box[0] - box[2])
    return boxes
