"""PDF pages as sheets, by pdfium; what pdfium refuses is first mended by pikepdf."""

import contextlib
import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pikepdf
import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c
from PIL import Image

from ocr.child import born_digital
from ocr.child.sheets import COLOUR_WEIGHT, LOWEST_DPI, Gray, Sheet, fitting
from ocr.values import Unreadable, Word

_COVERS = 0.98  # of the page's width and height, for a picture that is the whole page
_DEPTH_OF_FORMS = 4


class PdfSource:
    """A PDF file; pages are opened one by one and closed again."""

    def __init__(self, path: Path) -> None:
        self._pdf = _opened(path)
        self.count = len(self._pdf)
        if self.count == 0:
            raise Unreadable("damaged", "The PDF has no pages")
        self._pdf.init_forms()

    def close(self) -> None:
        self._pdf.close()

    def size(self, number: int) -> tuple[float, float]:
        with self._page(number) as page:
            width, height = page.get_size()
            return float(width), float(height)

    def raster(self, number: int, *, dpi: int, max_pixels: int, reading_pixels: int) -> Sheet:
        """The page's one embedded picture as it is, or the page drawn in gray."""
        with self._page(number) as page:
            width, height = page.get_size()
            best = fitting(width, height, dpi, reading_pixels)
            if best < LOWEST_DPI:
                size = f"{width:.0f} x {height:.0f} points"
                raise Unreadable("page-too-large", size, number)
            images = _images(page)
            for image in images:
                _check(image, max_pixels, number)
            if len(images) == 1:
                scan = _as_scanned(page, images[0], dpi=best)
                if scan is not None:
                    return Sheet(scan, scan.shape[1] * 72 / width, width, height)
            return Sheet(_drawn(page, best), best, width, height)

    def picture(self, number: int, *, dpi: int, max_pixels: int) -> Image.Image:
        with self._page(number) as page:
            width, height = page.get_size()
            for image in _images(page):
                _check(image, max_pixels, number)
            scale = fitting(width, height, dpi, max_pixels // 16) / 72
            bitmap = page.render(scale=scale)
            try:
                drawn: Image.Image = bitmap.to_pil().convert("RGB")
            finally:
                bitmap.close()
            return drawn

    def born_digital(self, number: int) -> tuple[str, list[Word]] | None:
        with self._page(number) as page:
            return born_digital.read(page)

    @contextlib.contextmanager
    def _page(self, number: int) -> Iterator[pdfium.PdfPage]:
        if not 1 <= number <= self.count:
            raise Unreadable("damaged", f"There is no page {number}")
        try:
            page = self._pdf[number - 1]
        except pdfium.PdfiumError as exc:
            raise Unreadable("damaged", f"pdfium: {exc}", number) from exc
        try:
            yield page
        except pdfium.PdfiumError as exc:
            raise Unreadable("damaged", f"pdfium: {exc}", number) from exc
        finally:
            page.close()


def _opened(path: Path) -> pdfium.PdfDocument:
    try:
        return pdfium.PdfDocument(path)
    except pdfium.PdfiumError as exc:
        if exc.err_code == pdfium_c.FPDF_ERR_PASSWORD:
            raise Unreadable("encrypted", "A password is needed") from exc
        if exc.err_code == pdfium_c.FPDF_ERR_SECURITY:
            raise Unreadable("encrypted", "Unknown kind of encryption") from exc
        reason = str(exc)
    # The two libraries disagree about what is broken beyond use: pikepdf rebuilds the table of
    # objects of a file that was cut off.
    mended = io.BytesIO()
    try:
        with pikepdf.open(path) as pdf:
            pdf.save(mended)
        return pdfium.PdfDocument(mended.getvalue())
    except pikepdf.PasswordError as exc:
        raise Unreadable("encrypted", "A password is needed") from exc
    except (pikepdf.PdfError, pdfium.PdfiumError, ValueError, OSError) as exc:
        raise Unreadable("damaged", f"pdfium: {reason}; pikepdf: {exc}") from exc


def _images(page: pdfium.PdfPage) -> list[pdfium.PdfImage]:
    kinds = [pdfium_c.FPDF_PAGEOBJ_IMAGE]
    found = page.get_objects(filter=kinds, max_depth=_DEPTH_OF_FORMS)
    return [image for image in found if isinstance(image, pdfium.PdfImage)]


def _check(image: pdfium.PdfImage, max_pixels: int, number: int) -> None:
    width, height = image.get_px_size()
    bits = image.get_metadata().bits_per_pixel
    if (COLOUR_WEIGHT if bits > 8 else 1) * width * height > max_pixels:
        raise Unreadable("page-too-large", f"A picture of {width} x {height} pixels", number)


def _as_scanned(page: pdfium.PdfPage, image: pdfium.PdfImage, *, dpi: float) -> Gray | None:
    """The picture's own pixels, where it alone is the page, upright in the page's own space."""
    a, b, c, d, _, _ = image.get_matrix().get()
    left, bottom, right, top = page.get_bbox()
    x0, y0, x1, y1 = image.get_bounds()
    upright = a > 0 and d > 0 and abs(b) < 0.01 * a and abs(c) < 0.01 * d
    inside = min(x1, right) - max(x0, left), min(y1, top) - max(y0, bottom)
    page_size = right - left, top - bottom
    picture_size = x1 - x0, y1 - y0
    covers = all(
        part >= _COVERS * whole and own <= whole / _COVERS
        for part, whole, own in zip(inside, page_size, picture_size, strict=True)
    )
    width, height = image.get_px_size()
    own_dpi = (width * 72 / picture_size[0], height * 72 / picture_size[1])
    square = 0.97 < own_dpi[0] / own_dpi[1] < 1.03
    if not (upright and covers and square and LOWEST_DPI < own_dpi[0] <= 1.4 * dpi):
        return None
    if _draws_more(page):
        return None
    # Not closed by hand: the bitmap belongs to the picture.
    bitmap = image.get_bitmap(render=False)
    gray = np.array(bitmap.to_pil().convert("L"), dtype=np.uint8)
    turns = page.get_rotation() // 90
    return np.ascontiguousarray(np.rot90(gray, -turns)) if turns else gray


def _draws_more(page: pdfium.PdfPage) -> bool:
    """Whether the page shows anything but its picture and invisible text."""
    for item in page.get_objects(max_depth=_DEPTH_OF_FORMS):
        if item.type == pdfium_c.FPDF_PAGEOBJ_TEXT:
            mode = pdfium_c.FPDFTextObj_GetTextRenderMode(item.raw)
            if mode != pdfium_c.FPDF_TEXTRENDERMODE_INVISIBLE:
                return True
        elif item.type not in (pdfium_c.FPDF_PAGEOBJ_IMAGE, pdfium_c.FPDF_PAGEOBJ_FORM):
            return True
    return bool(pdfium_c.FPDFPage_GetAnnotCount(page.raw) > 0)


def _drawn(page: pdfium.PdfPage, dpi: float) -> Gray:
    bitmap = page.render(scale=dpi / 72, grayscale=True)
    try:
        return np.array(bitmap.to_numpy(), dtype=np.uint8).reshape(bitmap.height, bitmap.width)
    finally:
        bitmap.close()
