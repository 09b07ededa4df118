"""How the lines of text lie on a page: lying or upright, sloping, bent. Seen in the letters' feet.

Everything here works on the lower edges of what has the size of letters at 75 dpi: text makes
sharp rows of them where it is level, and blurred ones where it slopes or bends.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ocr.child.sheets import Gray

_DPI = 75
_FEW = 200  # points; fewer say nothing
_MANY = 30_000
_SKEW_LIMIT = 4.0
_KNOTS = 9
_BENT = 1.12  # times sharper rows, for bent lines to be set straight
_MOST_BEND = 14.0  # points of the small picture from knot to knot: five millimetres

Ink = NDArray[np.uint8]
Places = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Feet:
    """The lower edges of letters, in pixels at 75 dpi, on a page of so many columns and rows."""

    xs: Places
    ys: Places
    width: int
    height: int

    @property
    def few(self) -> bool:
        return len(self.ys) < _FEW


def letters(gray: Gray, dpi: float) -> Ink:
    """A mask, at 75 dpi, of what has about the size of letters."""
    size = max(1, round(gray.shape[1] * _DPI / dpi)), max(1, round(gray.shape[0] * _DPI / dpi))
    small = cv2.resize(gray, size, interpolation=cv2.INTER_AREA)
    paper = cv2.medianBlur(small, 21) if min(small.shape) > 21 else np.full_like(small, 255)
    contrast = cv2.subtract(paper, small)
    ink = (contrast > max(25.0, float(np.percentile(contrast, 97)) * 0.5)).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    # In both directions, since the page may be lying.
    sides = stats[:, cv2.CC_STAT_HEIGHT], stats[:, cv2.CC_STAT_WIDTH]
    narrow, long = np.minimum(*sides), np.maximum(*sides)
    # Letters run together to words; longer than two inches are rules and streaks.
    good = (narrow >= 2) & (narrow <= 24) & (long <= 2 * _DPI) & (stats[:, cv2.CC_STAT_AREA] >= 3)
    good[0] = False
    return good[labels].astype(np.uint8) if count > 1 else ink


def feet(ink: Ink) -> Feet:
    below = np.zeros_like(ink)
    below[:-1] = ink[1:]
    ys, xs = np.nonzero(ink & (1 - below))
    if len(ys) > _MANY:
        keep = np.linspace(0, len(ys) - 1, _MANY).astype(np.intp)
        ys, xs = ys[keep], xs[keep]
    height, width = ink.shape
    return Feet(xs.astype(np.float32), ys.astype(np.float32), width, height)


def lying(ink: Ink) -> float:
    """How much sharper the letters line up in columns than in rows; 1 without letters."""
    rows, columns = (_sharpness(feet(view)) for view in (ink, np.rot90(ink)))
    return columns / rows if rows and columns else 1.0


def skew(found: Feet) -> float:
    """Degrees, clockwise, by which the lines of text slope; 0 where no lines stand out.

    The angle at which the projection upon the vertical axis has the most energy: coarse, then fine.
    """
    if found.few:
        return 0.0
    flat = top = _energy(found.ys)
    best = 0.0
    for step, reach in ((0.5, _SKEW_LIMIT), (0.1, 0.5), (0.03, 0.1)):
        centre = best
        for angle in np.arange(centre - reach, centre + reach + step / 2, step):
            energy = _energy(_level(found, float(angle)))
            if energy > top:
                best, top = float(angle), energy
    return best if top > 1.05 * flat and abs(best) < _SKEW_LIMIT + 0.5 else 0.0


def bend(found: Feet, degrees: float) -> NDArray[np.float64] | None:
    """How far down the lines run at evenly spaced places from the left edge to the right one,
    beside their slope, in inches; None where straight lines describe them as well.

    Each knot of a broken line is moved to where the rows become sharpest, a few times over.
    """
    if found.few:
        return None
    level = _level(found, degrees)
    place = found.xs / max(1, found.width - 1) * (_KNOTS - 1)
    left = np.minimum(place.astype(np.intp), _KNOTS - 2)
    share = (place - left).astype(np.float32)
    knots = np.zeros(_KNOTS, dtype=np.float32)

    def sharpness(trial: Places) -> float:
        return _energy(level - trial[left] * (1 - share) - trial[left + 1] * share)

    start = top = sharpness(knots)
    for step in (3.0, 1.5, 0.75, 0.4):
        for _ in range(3):
            before = top
            for index in range(_KNOTS):
                for change in (-step, step):
                    # From here to the right edge: the lines go on where this piece has led them.
                    for last in (_KNOTS, index + 1):
                        trial = knots.copy()
                        trial[index:last] += np.float32(change)
                        energy = sharpness(trial)
                        if energy > top and float(np.abs(np.diff(trial)).max()) <= _MOST_BEND:
                            knots, top = trial, energy
            if top <= 1.002 * before:
                break
        if top < 1.01 * start:
            return None
    if top < _BENT * start:
        return None
    return np.asarray((knots - knots.mean()) / _DPI, dtype=np.float64)


def rows(ink: Ink, height: int) -> NDArray[np.float64]:
    """For each row of a page of that height in pixels, how much of its letters' feet lie there."""
    found = feet(ink)
    counts = np.bincount(found.ys.astype(np.intp), minlength=found.height).astype(np.float64)
    spread: NDArray[np.float64] = np.interp(
        np.linspace(0, len(counts) - 1, height), np.arange(len(counts)), counts
    )
    return spread


def _level(found: Feet, degrees: float) -> Places:
    return found.ys - found.xs * np.float32(np.tan(np.radians(degrees)))


def _sharpness(found: Feet) -> float:
    """How sharply the letters line up in rows, at the best angle; comparable between a page and
    the same page turned."""
    if found.few:
        return 0.0
    return max(_contrast(_level(found, angle)) for angle in np.arange(-3.0, 3.1, 0.75))


def _contrast(places: Places) -> float:
    histogram = _histogram(places)
    return float(np.sum(np.diff(histogram) ** 2)) / float(np.sum(histogram)) ** 2 * len(histogram)


def _energy(places: Places) -> float:
    return float(np.sum(_histogram(places) ** 2))


def _histogram(places: Places) -> NDArray[np.float64]:
    indices = (places - places.min()).astype(np.int32)
    return np.bincount(indices).astype(np.float64)
