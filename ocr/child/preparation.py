"""What is done to a page's raster before it is recognised. Measured choices, page by page:

a treatment that rescues one kind of scan ruins another (a median filter saves speckled pages and
destroys faxes), so each is applied where its own measure says so, or tried and compared.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr.child.sheets import Gray

_SKEW_LIMIT = 4.0
_NOISE_COMPONENTS = 60_000  # on an A4 page at 300 dpi; real pages have 3,700 to 9,300
# Of the dark ink's area. Measured: pages with bleed-through 0.13 to 1.5, all others below 0.04.
_SHOWING_THROUGH = 0.1
_STREAK_CONTRAST = 18
_SPECKS = 120
_SPECK_INCHES = 0.03
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
    _, ink = cv2.threshold(gray, 0, 255, cv2.THRESH_BINARY_INV | cv2.THRESH_OTSU)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    sizes = np.maximum(stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT])
    small = sizes <= _SPECK_INCHES * dpi
    small[0] = False
    # Few, and they may be the dots of a form; more, and what is painted over is dirt.
    if int(small.sum()) < _SPECKS:
        return gray
    letters = np.where(small[labels], 0, ink).astype(np.uint8)
    reach = (2 * int(0.035 * dpi) + 1, 2 * int(0.03 * dpi) + 1)
    near = cv2.dilate(letters, np.ones(reach[::-1], np.uint8))
    kept = np.zeros(count, dtype=bool)
    kept[np.unique(labels[near > 0])] = True
    specks = small & ~kept
    if int(specks.sum()) < _SPECKS:
        return gray
    dirt = cv2.dilate(specks[labels].astype(np.uint8), np.ones((5, 5), np.uint8))
    clean = gray.copy()
    clean[dirt > 0] = int(np.median(gray[::8, ::8]))
    return clean


def without_streaks(gray: Gray, dpi: float) -> Gray:
    """The page without thin upright lines of almost an inch and more: the scanner's dirt, and the
    rules of tables, which cut words as well. What they cross is closed from both sides."""
    width = max(5, int(0.03 * dpi)) | 1
    closed = cv2.morphologyEx(gray, cv2.MORPH_CLOSE, np.ones((1, width), np.uint8))
    thin = cv2.subtract(closed, gray)
    # At a quarter of the height: an opening by a long kernel is slow. Gaps of a stroke's height
    # are bridged, those between lines of text are not, or strokes below each other would join.
    rows = max(1, gray.shape[0] // 4)
    quarter = cv2.resize(thin, (gray.shape[1], rows), interpolation=cv2.INTER_AREA)
    mask = (quarter > _STREAK_CONTRAST).astype(np.uint8)
    mask = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((3, 1), np.uint8)).astype(np.uint8)
    long = np.ones((max(3, int(0.2 * dpi)), 1), np.uint8)
    mask = cv2.morphologyEx(mask, cv2.MORPH_OPEN, long).astype(np.uint8)
    if not mask.any():
        return gray
    mask = cv2.dilate(mask, np.ones((3, 3), np.uint8)).astype(np.uint8)
    mask = cv2.resize(mask, (gray.shape[1], gray.shape[0]), interpolation=cv2.INTER_NEAREST).astype(
        np.uint8
    )
    return np.where(mask > 0, closed, gray).astype(np.uint8)


def _components(gray: Gray) -> int:
    _, ink = cv2.threshold(gray, 0, 255, cv2.THRESH_BINARY_INV | cv2.THRESH_OTSU)
    count, _ = cv2.connectedComponents(ink, connectivity=8, ltype=cv2.CV_32S)
    return int(count)


def skew(gray: Gray, dpi: float) -> float:
    """Degrees, clockwise, by which the lines of text slope; 0 where no lines stand out.

    The angle at which the projection of the small components' edges upon the vertical axis has the
    most energy: coarse, then fine.
    """
    small = _resized(gray, 75 / dpi)
    edges = _letters(small)
    ys, xs = np.nonzero(edges)
    if len(ys) < 200:
        return 0.0
    if len(ys) > 60_000:
        keep = np.linspace(0, len(ys) - 1, 60_000).astype(np.intp)
        ys, xs = ys[keep], xs[keep]
    best, flat = 0.0, _energy(xs, ys, 0.0)
    top = flat
    for step, reach in ((0.5, _SKEW_LIMIT), (0.1, 0.5), (0.03, 0.1)):
        centre = best
        for angle in np.arange(centre - reach, centre + reach + step / 2, step):
            energy = _energy(xs, ys, float(angle))
            if energy > top:
                best, top = float(angle), energy
    return best if top > 1.05 * flat and abs(best) < _SKEW_LIMIT + 0.5 else 0.0


def sharpness(gray: Gray, dpi: float) -> float:
    """How sharply the letters line up in rows, at the best angle; comparable between a page and
    the same page turned."""
    small = _resized(gray, 75 / dpi)
    ys, xs = np.nonzero(_letters(small))
    if len(ys) < 200:
        return 0.0
    return max(_contrast(xs, ys, angle) for angle in np.arange(-3.0, 3.1, 0.5))


def letter_rows(gray: Gray, dpi: float) -> NDArray[np.float64]:
    """For each row of the page, how much of its letters' edges lie there."""
    edges = _letters(_resized(gray, 75 / dpi)).sum(axis=1).astype(np.float64)
    rows: NDArray[np.float64] = np.interp(
        np.linspace(0, len(edges) - 1, gray.shape[0]), np.arange(len(edges)), edges
    )
    return rows


def _contrast(xs: NDArray[np.intp], ys: NDArray[np.intp], angle: float) -> float:
    rows = (ys - xs * np.tan(np.radians(angle))).astype(np.int32)
    histogram = np.bincount(rows - rows.min()).astype(np.float64)
    return float(np.sum(np.diff(histogram) ** 2)) / float(np.sum(histogram)) ** 2 * len(histogram)


def _letters(small: Gray) -> NDArray[np.uint8]:
    """Lower edges of what has about the size of letters at 75 dpi."""
    paper = cv2.medianBlur(small, 21) if min(small.shape) > 21 else np.full_like(small, 255)
    contrast = cv2.subtract(paper, small)
    ink = (contrast > max(25.0, float(np.percentile(contrast, 97)) * 0.5)).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    heights, areas = stats[:, cv2.CC_STAT_HEIGHT], stats[:, cv2.CC_STAT_AREA]
    good = (heights >= 2) & (heights <= 24) & (areas >= 3)
    good[0] = False
    ink = good[labels].astype(np.uint8) if count > 1 else ink
    below = np.zeros_like(ink)
    below[:-1] = ink[1:]
    return (ink & (1 - below)).astype(np.uint8)


def _energy(xs: NDArray[np.intp], ys: NDArray[np.intp], angle: float) -> float:
    slope = np.tan(np.radians(angle))
    rows = (ys - xs * slope).astype(np.int32)
    histogram = np.bincount(rows - rows.min()).astype(np.float64)
    return float(np.sum(histogram**2))


def straightened(gray: Gray, degrees: float) -> tuple[Gray, NDArray[np.float64]]:
    """The page turned back by its skew, and the matrix (2 x 3) back to where its pixels were."""
    height, width = gray.shape
    forward = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    straight = cv2.warpAffine(
        gray,
        forward,
        (width, height),
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=float(np.percentile(gray[::16, ::16], 80)),
    )
    return straight.astype(np.uint8), cv2.invertAffineTransform(forward).astype(np.float64)


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


def shows_through(gray: Gray) -> bool:
    """Whether much of the page is half as dark as its ink and lies away from it: the print of the
    other side. The soft edges of letters do not count."""
    ink, paper = _ink_and_paper(gray)
    if paper - ink < 30:
        return False
    dark = (gray < paper - 0.6 * (paper - ink)).astype(np.uint8)
    half = ((gray < paper - 0.2 * (paper - ink)) & (gray > paper - 0.55 * (paper - ink))).astype(
        np.uint8
    )
    near = cv2.dilate(dark, np.ones((9, 9), np.uint8))
    away = np.where(near > 0, 0, half).astype(np.uint8)
    lone = cv2.morphologyEx(away, cv2.MORPH_OPEN, np.ones((2, 2), np.uint8))
    return int(np.count_nonzero(lone)) > _SHOWING_THROUGH * int(np.count_nonzero(dark))


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
