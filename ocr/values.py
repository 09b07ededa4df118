"""The values that cross the border of `ocr`: pages, words, limits, and the one error."""

from dataclasses import dataclass
from typing import Literal

Source = Literal["ocr", "text-layer", "blank", "failed", "text"]
Reason = Literal[
    "empty",
    "encrypted",
    "damaged",
    "unsupported",
    "page-too-large",
    "too-many-pages",
    "timeout",
    "memory",
    "crashed",
    "needs-office",
    "locked-office",
    "archive",
    "winmail",
]


class Unreadable(Exception):
    """The file as a whole, or the one page asked for, cannot be read.

    `code` is for programs and for the clerk's translated message, `detail` is technical English
    for the log, `page` is the 1-based number where one page is to blame.
    """

    def __init__(self, code: Reason, detail: str, page: int | None = None) -> None:
        super().__init__(code, detail, page)
        self.code: Reason = code
        self.detail = detail
        self.page = page

    def __str__(self) -> str:
        where = f" (page {self.page})" if self.page else ""
        return f"{self.code}: {self.detail}{where}"


@dataclass(frozen=True, slots=True)
class Word:
    """One word; its box in points, origin at the top left of the upright page."""

    text: str
    x0: float
    y0: float
    x1: float
    y1: float
    confidence: float
    """0 to 100; 100 for words of a text layer."""


@dataclass(frozen=True, slots=True)
class Page:
    """What was read on one page.

    `rotation` is the angle, clockwise, by which the page as it is displayed must be turned to
    stand upright (0, 90, 180 or 270); `skew` the degrees, clockwise, by which its lines slope.
    `width`, `height` and the boxes of the words belong to the upright page, in points; the boxes
    follow the page as it lies, not as it was straightened for reading.
    """

    number: int
    source: Source
    text: str
    confidence: float | None
    rotation: int
    skew: float
    width: float
    height: float
    words: tuple[Word, ...]
    seconds: float
    problem: Reason | None = None
    languages: tuple[str, ...] = ()
    """Those it was read in, or was found to be written in; none for blank and failed pages."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one file may cost. Exceeding a limit ends the page or the file, never the caller."""

    max_pages: int = 5_000
    max_pixels: int = 120_000_000
    """Pixels of one embedded picture that is decoded; above it the page is refused undecoded. A
    pixel in colour counts thrice, so that a child stays below 500 MB."""
    reading_pixels: int = 25_000_000
    """Pixels of the raster that is recognised; larger pages are read at a lower resolution."""
    page_seconds: float = 60.0
    """Of the processor's time for one page; five times as much on the clock."""
    file_seconds: float = 30.0
    """For opening and counting, not for reading."""
    max_text: int = 5_000_000
    """Characters of a file that is nothing but text; the rest is not read."""
    max_parts: int = 1_000
    """Files that are taken out of one mail or archive."""
    max_part_bytes: int = 100 * 1024**2
    """Of one of them."""
    max_inside_bytes: int = 1024**3
    """Of all of them."""
    memory_bytes: int = 440 * 1024**2
    """Of memory that a child may write to (RLIMIT_DATA); with the code of the libraries, which is
    shared, it then stays below 500 MB. An A4 page at 300 dpi takes 100 to 200 MB."""
