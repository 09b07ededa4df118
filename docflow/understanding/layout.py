"""Words as they lie on a page, put together to lines and columns; every finding keeps its place.

Reading gives words in reading order. Where two blocks stand side by side, as in the head of every
official letter, a row of words runs through both; a gap wider than any blank tells them apart.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import median

import ocr
from docflow.folding import fold

Box = tuple[float, float, float, float]
_GAP = 2.2  # heights of a line: no blank in a line of text is as wide
_NOISE = 25.0  # confidence under which a sign without letters or digits is dirt
_LATIN = str.maketrans("abehikmnoptuxyz", "αβεηικμνορτυχυζ")


@dataclass(frozen=True)
class Run:
    """Words one after the other, and their folded text, in which rules look."""

    page: int
    words: tuple[ocr.Word, ...]

    @cached_property
    def key(self) -> str:
        """The folded words with one blank between them."""
        return " ".join(self._keys)

    @cached_property
    def _keys(self) -> list[str]:
        return [_key(word.text) for word in self.words]

    @property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)

    @cached_property
    def box(self) -> Box:
        return box_of(self.words)

    def cut(self, start: int, end: int) -> "Run":
        """The words of a part of `key`; a word of which only a part is meant gives that part."""
        found, at = [], 0
        for word, key in zip(self.words, self._keys, strict=True):
            first, last = max(start - at, 0), min(end - at, len(key))
            if first < last:
                found.append(_part(word, key, first, last))
            at += len(key) + 1
        return Run(self.page, tuple(found))

    def after(self, end: int) -> "Run":
        return self.cut(end, len(self.key))

    @property
    def certainty(self) -> float:
        """0 to 1: how surely the words were read; 1 from a confidence of 90 on."""
        return min(1.0, min((word.confidence for word in self.words), default=0.0) / 90)

    @property
    def height(self) -> float:
        return max(4.0, float(median(word.y1 - word.y0 for word in self.words)))


def _key(text: str) -> str:
    """The folded word. A Latin letter among Greek ones is a misreading: Greek too."""
    folded = fold(text).replace("\n", " ").replace(" ", "")
    if re.search("[α-ω]", folded) and re.search("[a-z]", folded):
        return folded.translate(_LATIN)
    return folded


def _part(word: ocr.Word, key: str, first: int, last: int) -> ocr.Word:
    if (first, last) == (0, len(key)) or len(key) != len(word.text):
        return word
    letter = (word.x1 - word.x0) / len(key)
    return ocr.Word(
        word.text[first:last],
        word.x0 + first * letter,
        word.y0,
        word.x0 + last * letter,
        word.y1,
        word.confidence,
    )


def box_of(words: Sequence[ocr.Word]) -> Box:
    """The smallest box around the words; nothing gives a box of no size."""
    if not words:
        return (0.0, 0.0, 0.0, 0.0)
    return (
        min(word.x0 for word in words),
        min(word.y0 for word in words),
        max(word.x1 for word in words),
        max(word.y1 for word in words),
    )


@dataclass(frozen=True)
class Sheet:
    """A page: its lines in reading order, split where columns stand side by side."""

    number: int
    width: float
    height: float
    words: tuple[ocr.Word, ...]

    @cached_property
    def lines(self) -> tuple[Run, ...]:
        return tuple(Run(self.number, tuple(words)) for words in _lines(self.words))

    @cached_property
    def run(self) -> Run:
        """All words of the page, for what stands in the running text."""
        return Run(self.number, tuple(word for line in self.lines for word in line.words))

    @cached_property
    def pitch(self) -> float:
        """From one line of a paragraph to the next, in points: the smaller of the steps."""
        steps = []
        for line in self.lines:
            if (below := self.below(line)) is not None:
                step = below.box[1] - line.box[1]
                if step < 4 * line.height:
                    steps.append(step)
        return sorted(steps)[len(steps) // 4] if steps else 14.0

    @cached_property
    def right(self) -> float:
        """Where the full lines of the text end."""
        ends = sorted(line.box[2] for line in self.lines)
        return ends[int(len(ends) * 0.95)] if ends else self.width

    def below(self, line: Run) -> Run | None:
        """The next line under this one in the same column."""
        x0, y0, x1, y1 = line.box
        under = [
            other
            for other in self.lines
            if other.box[1] > (y0 + y1) / 2 and min(x1, other.box[2]) - max(x0, other.box[0]) > 0
        ]
        return min(under, key=lambda other: other.box[1], default=None)

    def beside(self, line: Run) -> Run | None:
        """What stands to the right of this line in the same row."""
        _, y0, x1, y1 = line.box
        row = [
            other
            for other in self.lines
            if other.box[0] >= x1
            and min(y1, other.box[3]) - max(y0, other.box[1]) > 0.4 * (y1 - y0)
        ]
        return min(row, key=lambda other: other.box[0], default=None)

    def following(self, line: Run, *, most: int, slack: float = 1.45) -> Iterator[Run]:
        """The lines of the same paragraph below this one, at most so many."""
        for _ in range(most):
            below = self.below(line)
            if below is None or below.box[1] - line.box[1] > slack * max(self.pitch, line.height):
                return
            yield below
            line = below


def _lines(words: Sequence[ocr.Word]) -> Iterator[list[ocr.Word]]:
    """Runs of words that stand next to each other in one row."""
    line: list[ocr.Word] = []
    for word in words:
        if word.confidence < _NOISE and not any(char.isalnum() for char in word.text):
            continue
        if line and not _goes_on(line[-1], word):
            yield line
            line = []
        line.append(word)
    if line:
        yield line


def _goes_on(last: ocr.Word, word: ocr.Word) -> bool:
    height = max(last.y1 - last.y0, word.y1 - word.y0, 4.0)
    overlap = min(last.y1, word.y1) - max(last.y0, word.y0)
    shorter = max(1.0, min(last.y1 - last.y0, word.y1 - word.y0))
    return (
        word.x0 >= last.x1 - height
        and overlap > 0.3 * shorter
        and word.x0 - last.x1 < _GAP * height
    )


@dataclass(frozen=True)
class Finding:
    """Something that a rule found: its value as a form takes it, and where it stands."""

    value: str
    confidence: float  # 0 to 1
    page: int
    box: Box


def found(value: str, where: Run, confidence: float) -> Finding:
    """A finding whose confidence is the rule's, less what reading was unsure of."""
    return Finding(value, round(confidence * where.certainty, 3), where.page, where.box)
