"""Pictures (JPEG, PNG, TIFF, WebP, GIF, BMP, HEIC, AVIF) as sheets, by Pillow.

What Pillow meets here: several frames, 1 bit, 16 bits, palettes, alpha, CMYK, EXIF orientation,
and resolutions that are missing or wrong.
"""

from pathlib import Path

import numpy as np
import pillow_heif
from PIL import Image, ImageOps, UnidentifiedImageError

from ocr.child.sheets import COLOUR_WEIGHT, LOWEST_DPI, READING_DPI, Sheet, fitting
from ocr.values import Unreadable, Word

# Sizes are checked below, before anything is decoded, against the caller's limits.
Image.MAX_IMAGE_PIXELS = None
pillow_heif.register_heif_opener(thumbnails=False)

_ORIENTATION = 0x0112  # the EXIF tag
_A4_LONG_SIDE_INCHES = 11.69
_FORMATS = ("JPEG", "PNG", "TIFF", "WEBP", "GIF", "BMP", "HEIF", "AVIF")
_SCREEN_DPI = 100  # cameras and screens write 72 or 96 whatever the paper's size was


class PictureSource:
    """A picture file; each frame is a page."""

    def __init__(self, path: Path) -> None:
        try:
            self._path = path
            self._image = Image.open(path, formats=_FORMATS)
            self.count = int(getattr(self._image, "n_frames", 1))
        except UnidentifiedImageError as exc:
            raise Unreadable("damaged", f"Pillow: {exc}") from exc
        except (OSError, ValueError, SyntaxError, EOFError) as exc:
            raise Unreadable("damaged", f"Pillow: {type(exc).__name__}: {exc}") from exc

    def close(self) -> None:
        self._image.close()

    def size(self, number: int) -> tuple[float, float]:
        self._seek(number)
        width, height = self._displayed_size()
        dpi = self._dpi(number)
        return width * 72 / dpi, height * 72 / dpi

    def raster(self, number: int, *, dpi: int, max_pixels: int, reading_pixels: int) -> Sheet:
        """The frame's own pixels in gray, reduced only where there are too many of them."""
        width, height = self.size(number)
        own_dpi = self._dpi(number)
        gray = self._gray(number, max_pixels)
        if own_dpi > 1.5 * dpi or gray.width * gray.height > reading_pixels:
            target = fitting(width, height, min(own_dpi, float(dpi)), reading_pixels)
            factor = target / own_dpi
            gray = gray.resize(
                (
                    max(1, round(gray.width * factor)),
                    max(1, round(gray.height * factor)),
                ),
                Image.Resampling.BOX,
            )
            own_dpi = target
        return Sheet(np.asarray(gray, dtype=np.uint8), own_dpi, width, height)

    def picture(self, number: int, *, dpi: int, max_pixels: int) -> Image.Image:
        width, height = self.size(number)
        image = self._load(number, max_pixels)
        if image.mode not in ("L", "RGB"):
            image = image.convert("RGB")
        dpi_now = self._dpi(number)
        if dpi < dpi_now:
            pixels = (max(1, round(width * dpi / 72)), max(1, round(height * dpi / 72)))
            image = image.resize(pixels, Image.Resampling.BOX)
        return image

    def born_digital(self, number: int) -> tuple[str, list[Word]] | None:
        return None

    def frame(self, number: int) -> Image.Image:
        """The frame as Pillow sees it, not yet decoded; its format tells how it is stored."""
        self._seek(number)
        return self._image

    def _seek(self, number: int) -> None:
        if not 1 <= number <= self.count:
            raise Unreadable("damaged", f"There is no page {number}")
        try:
            self._image.seek(number - 1)
        except (OSError, EOFError, ValueError) as exc:
            raise Unreadable("damaged", f"Pillow: {exc}", number) from exc

    def _displayed_size(self) -> tuple[int, int]:
        width, height = self._image.size
        return (height, width) if _orientation(self._image) in (5, 6, 7, 8) else (width, height)

    def _load(self, number: int, max_pixels: int) -> Image.Image:
        self._seek(number)
        width, height = self._image.size
        weight = 1 if self._image.mode in ("1", "L", "P") else COLOUR_WEIGHT
        if weight * width * height > max_pixels:
            raise Unreadable("page-too-large", f"{width} x {height} pixels", number)
        return _decoded(self._image, number)

    def _gray(self, number: int, max_pixels: int) -> Image.Image:
        if self._image.format != "JPEG" or self._image.mode != "RGB":
            return self._load(number, max_pixels).convert("L")
        width, height = self._image.size
        if width * height > max_pixels:
            raise Unreadable("page-too-large", f"{width} x {height} pixels", number)
        # A JPEG keeps its brightness apart: decoding only that takes half the time, a quarter of
        # the memory.
        with Image.open(self._path, formats=("JPEG",)) as image:
            image.draft("L", image.size)
            return _decoded(image, number).convert("L")

    def _dpi(self, number: int) -> float:
        """The resolution as written, or one that makes the picture an A4 page."""
        width, height = self._image.size
        try:
            written = float(self._image.info.get("dpi", (0, 0))[0])
        except (TypeError, ValueError, ZeroDivisionError, IndexError):
            written = 0.0
        if _SCREEN_DPI <= written <= 2400:
            return written
        return max(
            LOWEST_DPI,
            min(max(width, height) / _A4_LONG_SIDE_INCHES, 2.0 * READING_DPI),
        )


def _decoded(image: Image.Image, number: int) -> Image.Image:
    """With its EXIF orientation applied; a copy is made only where there is one."""
    try:
        image.load()
        return on_white(ImageOps.exif_transpose(image) if _orientation(image) != 1 else image)
    except (OSError, ValueError, SyntaxError, EOFError) as exc:
        raise Unreadable("damaged", f"Pillow: {exc}", number) from exc


def _orientation(image: Image.Image) -> int:
    """As EXIF numbers it: 1 upright, 5 to 8 lying. Of a PNG only what stands before its pixels, for
    which Pillow would decode all of it."""
    if image.format == "PNG" and "exif" not in image.info:
        return 1
    return int(image.getexif().get(_ORIENTATION, 1))


def on_white(image: Image.Image) -> Image.Image:
    """Without transparency, and with 8 bits a channel."""
    if image.mode.startswith("I") or image.mode == "F":
        values = np.asarray(image, dtype=np.float32)
        top = 65535.0 if values.max(initial=0) > 255 else 255.0
        return Image.fromarray((values * (255.0 / top)).clip(0, 255).astype(np.uint8))
    if image.has_transparency_data:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        return Image.alpha_composite(white, image).convert("RGB")
    return image
