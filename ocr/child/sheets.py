"""Pages as gray rasters, from PDF and from pictures, within a budget of pixels.

A sheet is a page as it is displayed: /Rotate and EXIF orientation applied, nothing else.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ocr.values import Word

Gray = NDArray[np.uint8]

READING_DPI = 300
COLOUR_WEIGHT = 3  # a pixel in colour counts thrice against the limit on pixels
LOWEST_DPI = 72  # below, nothing of an office page can be recognised


@dataclass(frozen=True, slots=True)
class Sheet:
    """A raster (rows by columns, 0 black to 255 white), its resolution, its size in points."""

    gray: Gray
    dpi: float
    width: float
    height: float


class Source(Protocol):
    """A file that was opened; numbers are 1-based."""

    count: int

    def size(self, number: int) -> tuple[float, float]:
        """Width and height in points."""

    def raster(self, number: int, *, dpi: int, max_pixels: int, reading_pixels: int) -> Sheet: ...

    def picture(self, number: int, *, dpi: int, max_pixels: int) -> Image.Image: ...

    def born_digital(self, number: int) -> tuple[str, list[Word]] | None: ...

    def close(self) -> None: ...


def fitting(width: float, height: float, dpi: float, pixels: int) -> float:
    """The resolution, at most `dpi`, at which a page of so many points has so few pixels."""
    wanted = (width * dpi / 72) * (height * dpi / 72)
    return dpi if wanted <= pixels else dpi * (pixels / wanted) ** 0.5
