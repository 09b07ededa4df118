"""What is done to a page's raster before it is recognised. Measured choices, page by page:

a treatment that rescues one kind of scan ruins another (a median filter saves speckled pages and
destroys faxes), so each is applied where its own measure says so, or tried and compared.
"""

from dataclasses import dataclass
from typing import Self

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr.child import lines
from ocr.child.sheets import Gray

_READING_DPI = 240  # the model scales each line to 36 pixels; more only costs time
_NOISE_COMPONENTS = 60_000  # on an A4 page at 300 dpi; real pages have 3,700 to 9,300
# Of the dark ink's area. Measured: pages with bleed-through 0.13 to 1.5, all others below 0.04.
_SHOWING_THROUGH = 0.1
_FINE = 200  # dpi from which on half the resolution shows the strokes of letters
# Steepest slopes by contrast. Measured: out of focus 0.32 to 0.41, others from 0.46 (thin type).
_SHARP = 0.43
_STREAK_CONTRAST = 18
# Measured: dirty scans 1,000 and more; copies 300 to 400, of which some are pieces of letters.
_SPECKS = 600
_SPECK_INCHES = 0.03
_TOGETHER = 3  # pieces within a twelfth of an inch
_A4_PIXELS = 2480 * 3508


def is_bilevel(gray: Gray) -> bool:
    """Whether nearly all sampled pixels are black or white (fax, G4, dithered)."""
    sample = gray[::7, ::7]
    return bool(np.mean((sample < 8) | (sample > 247)) > 0.995)


def is_blank(gray: Gray, dpi: float) -> bool:
    """Whether nothing on the page is dark enough and large enough to be a letter."""
    small = _resized(gray, 75 / dpi)
    # The margin may hold the scanner's shadow and the edge of the next sheet.
    height, width = small.shape
    inner = small[int(height * 0.02) : int(height * 0.98), int(width * 0.02) : int(width * 0.98)]
    if inner.size == 0:
        return True
    paper = cv2.medianBlur(inner, 31) if min(inner.shape) > 31 else np.full_like(inner, 255)
    contrast = cv2.subtract(paper, inner)
    return int(np.count_nonzero(contrast > 40)) < 12


def at_reading_size(gray: Gray, dpi: float) -> tuple[Gray, float]:
    """The page with no more pixels than reading needs. Averaging takes the grain out as well:
    measured, an eighth less time and a tenth fewer errors than at 300 dpi."""
    if dpi < 1.08 * _READING_DPI:
        return gray, dpi
    return _resized(gray, _READING_DPI / dpi), float(_READING_DPI)


def rotated(gray: Gray, quarter_turns: int) -> Gray:
    """Turned clockwise."""
    return np.ascontiguousarray(np.rot90(gray, -quarter_turns)) if quarter_turns % 4 else gray


def without_noise(gray: Gray) -> Gray:
    """The page with less salt and pepper, where it has so much that layout analysis would take
    minutes (it cannot be interrupted; 404,000 specks took two)."""
    bound = _NOISE_COMPONENTS * max(0.05, gray.size / _A4_PIXELS)
    for size in (3, 5):
        if _components(gray) <= bound:
            return gray
        gray = cv2.medianBlur(gray, size)  # type: ignore[assignment]
    if _components(gray) <= bound:
        return gray
    return cv2.GaussianBlur(gray, (0, 0), 4.0)  # type: ignore[return-value]


def without_specks(gray: Gray, dpi: float) -> Gray:
    """The page without the dots that stand away from all letters, where there are many of them.

    Layout analysis takes rows of them for text and loses the real lines between.
    """
    factor = 0.5 if dpi >= _FINE else 1.0
    small_page, dpi = _resized(gray, factor), dpi * factor
    _, ink = cv2.threshold(small_page, 0, 255, cv2.THRESH_BINARY_INV | cv2.THRESH_OTSU)
    count, labels, stats, middles = cv2.connectedComponentsWithStats(ink, connectivity=8)
    sizes = np.maximum(stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT])
    small = sizes <= _SPECK_INCHES * dpi
    small[0] = False
    if int(small.sum()) < _SPECKS:
        return gray
    letters = np.where(small[labels], 0, ink).astype(np.uint8)
    reach = (2 * int(0.03 * dpi) + 1, 2 * int(0.035 * dpi) + 1)
    near = cv2.dilate(letters, np.ones(reach, np.uint8))
    kept = np.zeros(count, dtype=bool)
    kept[np.unique(labels[near > 0])] = True
    # Dirt lies alone; the pieces of broken letters lie together.
    columns, rows = middles.astype(np.intp).T
    each = np.zeros(ink.shape, dtype=np.float32)
    np.add.at(each, (rows[1:], columns[1:]), 1.0)
    around = cv2.boxFilter(each, -1, (int(0.08 * dpi) | 1,) * 2, normalize=False)
    kept |= around[rows, columns] >= _TOGETHER
    specks = small & ~kept
    if int(specks.sum()) < _SPECKS:
        return gray
    dirt = cv2.dilate(specks[labels].astype(np.uint8), np.ones((3, 3), np.uint8))
    dirt = cv2.resize(dirt, gray.shape[::-1], interpolation=cv2.INTER_NEAREST).astype(np.uint8)
    clean = gray.copy()
    clean[dirt > 0] = int(np.median(gray[::8, ::8]))
    return clean


def without_streaks(gray: Gray, dpi: float) -> Gray:
    """The page without thin upright lines of almost an inch and more: the scanner's dirt, and the
    rules of tables, which cut words as well. What they cross is closed from both sides."""
    across = np.ones((1, max(5, int(0.03 * dpi)) | 1), np.uint8)
    # At a quarter of the height: an opening by a long kernel is slow. Gaps of a stroke's height
    # are bridged, those between lines of text are not, or strokes below each other would join.
    # Averaged along the streaks, or grain would look like them.
    rows = max(1, gray.shape[0] // 4)
    quarter = cv2.resize(gray, (gray.shape[1], rows), interpolation=cv2.INTER_AREA)
    quarter = cv2.blur(quarter, (1, 3))
    thin = cv2.subtract(cv2.morphologyEx(quarter, cv2.MORPH_CLOSE, across), quarter)
    mask = (thin > _STREAK_CONTRAST).astype(np.uint8)
    mask = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((3, 1), np.uint8)).astype(np.uint8)
    long = np.ones((max(3, int(0.2 * dpi)), 1), np.uint8)
    mask = cv2.morphologyEx(mask, cv2.MORPH_OPEN, long).astype(np.uint8)
    if not mask.any():
        return gray
    mask = cv2.dilate(mask, np.ones((3, 3), np.uint8)).astype(np.uint8)
    mask = cv2.resize(mask, (gray.shape[1], gray.shape[0]), interpolation=cv2.INTER_NEAREST).astype(
        np.uint8
    )
    closed = cv2.morphologyEx(gray, cv2.MORPH_CLOSE, across)
    return np.where(mask > 0, closed, gray).astype(np.uint8)


def _components(gray: Gray) -> int:
    _, ink = cv2.threshold(gray, 0, 255, cv2.THRESH_BINARY_INV | cv2.THRESH_OTSU)
    count, _ = cv2.connectedComponents(ink, connectivity=8, ltype=cv2.CV_32S)
    return int(count)


def letter_rows(gray: Gray, dpi: float) -> NDArray[np.float64]:
    """For each row of the page, how much of its letters' lower edges lie there."""
    return lines.rows(lines.letters(gray, dpi), gray.shape[0])


def densest_piece(gray: Gray, dpi: float, tall: float, wide: float) -> Gray:
    """The piece of so many inches that holds the most letters: rows first, then columns."""
    rows, columns = max(40, int(tall * dpi)), min(gray.shape[1], int(wide * dpi))
    top = densest_rows(gray, dpi, rows)
    strip = gray[top : top + rows]
    ink = np.convolve(255.0 - strip.mean(axis=0), np.ones(columns), mode="valid")
    left = int(np.argmax(ink))
    return np.ascontiguousarray(strip[:, left : left + columns])


def densest_rows(gray: Gray, dpi: float, size: int) -> int:
    """The first of those `size` rows that hold the most letters."""
    sums = np.convolve(letter_rows(gray, dpi), np.ones(size), mode="valid")
    return int(np.argmax(sums)) if len(sums) else 0


@dataclass(frozen=True, slots=True)
class Levelling:
    """From a page's levelled raster back to the page: down by the curve at each column, then by
    the matrix (2 x 3)."""

    matrix: NDArray[np.float64]
    curve: NDArray[np.float64] | None = None

    @classmethod
    def of(
        cls, shape: tuple[int, ...], degrees: float, bend: NDArray[np.float64] | None, dpi: float
    ) -> Self:
        """For lines that slope by so many degrees and bend by so many inches (see `lines`)."""
        height, width = shape
        forward = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
        matrix = cv2.invertAffineTransform(forward).astype(np.float64)
        if bend is None:
            return cls(matrix)
        at = np.linspace(0, len(bend) - 1, width)
        return cls(matrix, np.interp(at, np.arange(len(bend)), bend * dpi))

    def applied(self, gray: Gray) -> Gray:
        """The page with its lines level."""
        height, width = gray.shape
        paper = float(np.percentile(gray[::16, ::16], 80))
        if self.curve is None:
            flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
            level = cv2.warpAffine(
                gray, self.matrix, (width, height), flags=flags, borderValue=paper
            )
            return level.astype(np.uint8)
        ys, xs = np.mgrid[0:height, 0:width].astype(np.float32)
        (a, b, c), (d, e, f) = self.matrix.astype(np.float32)
        down = ys + self.curve.astype(np.float32)[None, :]
        across, upright = a * xs + b * down + c, d * xs + e * down + f
        level = cv2.remap(gray, across, upright, cv2.INTER_LINEAR, borderValue=paper)
        return level.astype(np.uint8)

    def back(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Points (n x 2) of the levelled raster where they lie on the page."""
        if self.curve is not None:
            columns = np.clip(points[:, 0], 0, len(self.curve) - 1).astype(np.intp)
            points = points + np.stack([np.zeros(len(points)), self.curve[columns]], axis=1)
        moved: NDArray[np.float64] = points @ self.matrix[:, :2].T + self.matrix[:, 2]
        return moved


def needs_flattening(gray: Gray) -> bool:
    """Whether the paper is uneven or dark."""
    paper = _paper(gray)
    spread = float(np.percentile(paper, 95) - np.percentile(paper, 5))
    return spread > 25 or float(np.median(paper)) < 235


def flattened(gray: Gray) -> Gray:
    """White paper: divided by the background, with the ink stretched to black."""
    paper = cv2.resize(_paper(gray), (gray.shape[1], gray.shape[0]))
    flat = cv2.divide(gray, np.maximum(paper, 1), scale=255)
    ink = float(np.percentile(flat[::4, ::4], 1))
    if ink < 200:
        stretched = (flat.astype(np.float32) - ink) * (255.0 / (250.0 - ink))
        flat = np.clip(stretched, 0, 255).astype(np.uint8)
    return flat.astype(np.uint8)


def _paper(gray: Gray) -> Gray:
    """The background at a quarter of the size: ink closed away, then smoothed."""
    quarter = _resized(gray, 0.25)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (15, 15))
    closed = cv2.morphologyEx(quarter, cv2.MORPH_CLOSE, kernel)
    return cv2.GaussianBlur(closed, (0, 0), 7.0).astype(np.uint8)


def shows_through(gray: Gray, dpi: float) -> bool:
    """Whether much of the page is half as dark as its ink and lies away from it: the print of the
    other side. The soft edges of letters do not count, nor does grain: it is averaged away."""
    half = _resized(gray, 0.5) if dpi >= _FINE else gray
    ink, paper = _ink_and_paper(half)
    if paper - ink < 30:
        return False
    dark = (half < paper - 0.6 * (paper - ink)).astype(np.uint8)
    grayish = (half < paper - 0.2 * (paper - ink)) & (half > paper - 0.55 * (paper - ink))
    reach = 5 if dpi >= _FINE else 9
    near = cv2.dilate(dark, np.ones((reach, reach), np.uint8))
    away = (grayish & (near == 0)).astype(np.uint8)
    lone = cv2.morphologyEx(away, cv2.MORPH_OPEN, np.ones((2, 2), np.uint8))
    return int(np.count_nonzero(lone)) > _SHOWING_THROUGH * int(np.count_nonzero(dark))


def is_blurred(gray: Gray) -> bool:
    """Whether even the sharpest edges of letters are soft, against the contrast of the page."""
    ink, paper = _ink_and_paper(gray)
    slopes = np.abs(cv2.Scharr(cv2.GaussianBlur(gray, (0, 0), 0.8), cv2.CV_16S, 1, 0)[::2, ::2])
    return float(np.percentile(slopes, 99.5)) / 16 < _SHARP * max(1.0, paper - ink)


def sharpened(gray: Gray) -> Gray:
    soft = cv2.GaussianBlur(gray, (0, 0), 3.5)
    return cv2.addWeighted(gray, 2.5, soft, -1.5, 0).astype(np.uint8)


def darkest(gray: Gray) -> Gray:
    """Only the darker ink: what is a third as dark becomes paper."""
    ink, paper = _ink_and_paper(gray)
    top = ink + 0.7 * (paper - ink)
    stretched = (gray.astype(np.float32) - ink) * (255.0 / max(1.0, top - ink))
    result: Gray = np.clip(stretched, 0, 255).astype(np.uint8)
    return result


def _ink_and_paper(gray: Gray) -> tuple[float, float]:
    return float(np.percentile(gray[::4, ::4], 0.5)), float(np.median(gray[::4, ::4]))


def scaled(gray: Gray, factor: float) -> Gray:
    """Another resolution: averaged down, or interpolated up."""
    return _resized(gray, factor)


def softened(gray: Gray, sigma: float) -> Gray:
    return cv2.GaussianBlur(gray, (0, 0), sigma).astype(np.uint8)


def despeckled(gray: Gray) -> Gray:
    return cv2.medianBlur(gray, 3).astype(np.uint8)


def _resized(gray: Gray, factor: float) -> Gray:
    if abs(factor - 1.0) < 0.01:
        return gray
    size = (
        max(1, round(gray.shape[1] * factor)),
        max(1, round(gray.shape[0] * factor)),
    )
    method = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    return cv2.resize(gray, size, interpolation=method).astype(np.uint8)
