"""What copiers, faxes, folded paper and bad scanners do to a page, one function each.

Each takes a clean page (gray or colour, 300 dpi) and a random generator, and gives back what a
scanner would have delivered, with its resolution. Deterministic for one seed.
"""

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]
Rng = np.random.Generator
Damage = Callable[[Pixels, Rng], tuple[Pixels, int]]

FULL = 300


def clean(page: Pixels, rng: Rng) -> tuple[Pixels, int]:
    return page, FULL


def skewed(page: Pixels, rng: Rng) -> tuple[Pixels, int]:
    return _turned(page, float(rng.choice((-1, 1)) * rng.uniform(1.0, 3.2))), FULL


def rotated(page: Pixels, rng: Rng) -> tuple[Pixels, int]:
    """Lying or on its head, and a little askew."""
    turns = int(rng.integers(1, 4))
    askew = _turned(page, float(rng.uniform(-0.8, 0.8)))
    return np.ascontiguousarray(np.rot90(askew, turns)), FULL


def warped(page: Pixels, rng: Rng) -> tuple[Pixels, int]:
    """Paper that did not lie flat: lines bend by up to three millimetres."""
    height, width = page.shape[:2]
    ys, xs = np.mgrid[0:height, 0:width].astype(np.float32)
    bend = np.float32(rng.uniform(12, 30))
    phase = np.float32(rng.uniform(0, 2 * np.pi))
    down = bend * np.sin(xs / width * 2 * np.pi * np.float32(rng.uniform(0.5, 1.1)) + phase)
    across = 0.4 * bend * np.sin(ys / height * 2 * np.pi + phase)
    bent = cv2.remap(page, xs + across, ys + down, cv2.INTER_LINEAR, borderValue=(255,) * 3)
    return _graded(bent.astype(np.uint8), rng, 18), FULL


def noisy(page: Pixels, rng: Rng) -> tuple[Pixels, int]:
    grain = rng.normal(0, rng.uniform(18, 30), page.shape)
    return _clipped(page * 0.92 + grain), FULL


def speckled(page: Pixels, rng: Rng) -> tuple[Pixels, int]:
    return _specks(page, rng, int(rng.integers(1200, 3000))), FULL


def blurred(page: Pixels, rng: Rng) -> tuple[Pixels, int]:
    soft = cv2.GaussianBlur(page, (0, 0), float(rng.uniform(2.0, 2.8)))
    return _clipped(soft + rng.normal(0, 4, page.shape)), FULL


def faint(page: Pixels, rng: Rng) -> tuple[Pixels, int]:
    """A worn ribbon or an old copy: light gray on gray."""
    paper, ink = rng.uniform(200, 225), rng.uniform(120, 150)
    pale = ink + (paper - ink) * (page / 255.0)
    return _clipped(pale + rng.normal(0, 4, page.shape)), FULL


def shadowed(page: Pixels, rng: Rng) -> tuple[Pixels, int]:
    """The gutter of a book or a photograph under a lamp."""
    ramp = np.linspace(1.0, float(rng.uniform(0.35, 0.5)), page.shape[1])
    if rng.random() < 0.5:
        ramp = ramp[::-1]
    shade = ramp[None, :] if page.ndim == 2 else ramp[None, :, None]
    return _reduced(_clipped(page * shade), 200), 200


def low_resolution(page: Pixels, rng: Rng) -> tuple[Pixels, int]:
    return _jpeg(_reduced(page, 150), 60), 150


def bad_jpeg(page: Pixels, rng: Rng) -> tuple[Pixels, int]:
    return _jpeg(_reduced(page, 200), int(rng.integers(14, 24))), 200


def fax(page: Pixels, rng: Rng) -> tuple[Pixels, int]:
    """204 by 196 dots an inch, black or white, a few lines lost."""
    small = _reduced(_gray(page), 200)
    bits = _clipped((small > rng.uniform(130, 170)) * 255)
    for row in rng.integers(0, bits.shape[0], 6):
        bits[row] = np.where(rng.random(bits.shape[1]) < 0.4, 255, bits[row])
    return bits, 200


def dithered(page: Pixels, rng: Rng) -> tuple[Pixels, int]:
    """Gray made of black dots, as cheap scanners deliver it (Floyd and Steinberg)."""
    soft = _gray(page) * 0.85 + 30
    bits = Image.fromarray(_clipped(soft)).convert("1")
    return _clipped(np.asarray(bits) * 255), FULL


def black_and_white(page: Pixels, rng: Rng) -> tuple[Pixels, int]:
    return _clipped((_gray(page) > rng.uniform(110, 190)) * 255), FULL


def copied(page: Pixels, rng: Rng) -> tuple[Pixels, int]:
    """A copy of a copy: thickened or broken letters, dots, a dark edge, a little askew."""
    gray = cv2.GaussianBlur(_gray(page), (0, 0), 1.4)
    grain = cv2.GaussianBlur(np.asarray(rng.normal(0, 255, gray.shape)), (0, 0), 1.6) * 0.5
    bits = _clipped((gray + grain > rng.uniform(120, 175)) * 255)
    bits[:, : int(rng.integers(10, 60))] = 0
    return _turned(_specks(bits, rng, 350), float(rng.uniform(-0.9, 0.9))), FULL


def bleeding(page: Pixels, rng: Rng) -> tuple[Pixels, int]:
    return _bleed(page, rng, float(rng.uniform(0.25, 0.4)), 1.2), FULL


def bleeding_and_blurred(page: Pixels, rng: Rng) -> tuple[Pixels, int]:
    through = _bleed(page, rng, float(rng.uniform(0.35, 0.55)), 1.8)
    return _clipped(cv2.GaussianBlur(through, (0, 0), float(rng.uniform(1.2, 1.8)))), FULL


def punched(page: Pixels, rng: Rng) -> tuple[Pixels, int]:
    """Holes of a binder, some through letters, and the marks of staples."""
    height, width = page.shape[:2]
    result = page.copy()
    x = int(width * rng.uniform(0.04, 0.09))
    for y in (0.36, 0.63, 0.2, 0.8):
        cv2.circle(result, (x, int(height * y)), int(rng.integers(30, 40)), (40, 40, 40), -1)
    corner = (int(width * 0.03), int(height * 0.03))
    cv2.line(result, corner, (corner[0] + 110, corner[1] - 40), (60, 60, 60), 8)
    return _graded(result, rng, 12), FULL


def streaked(page: Pixels, rng: Rng) -> tuple[Pixels, int]:
    """Dirt on the glass of a scanner that draws the paper: lines from top to bottom."""
    result = page.astype(np.float64)
    for x in rng.integers(60, page.shape[1] - 60, int(rng.integers(5, 12))):
        wide = int(rng.integers(1, 5))
        depth = rng.uniform(0.25, 0.85)
        result[:, x : x + wide] *= depth
    return _graded(_clipped(result), rng, 10), FULL


DAMAGES: dict[str, Damage] = {
    "clean": clean,
    "skewed": skewed,
    "rotated": rotated,
    "warped": warped,
    "noisy": noisy,
    "speckled": speckled,
    "blurred": blurred,
    "faint": faint,
    "shadowed": shadowed,
    "150 dpi": low_resolution,
    "bad jpeg": bad_jpeg,
    "fax": fax,
    "dithered": dithered,
    "black and white": black_and_white,
    "copied": copied,
    "bleeding": bleeding,
    "bleeding, blurred": bleeding_and_blurred,
    "punched": punched,
    "streaked": streaked,
}


def _gray(page: Pixels) -> Pixels:
    if page.ndim == 2:
        return page
    gray: Pixels = cv2.cvtColor(page, cv2.COLOR_RGB2GRAY).astype(np.uint8)
    return gray


def _clipped(values: NDArray[Any]) -> Pixels:
    clipped: Pixels = np.clip(values, 0, 255).astype(np.uint8)
    return clipped


def _turned(page: Pixels, degrees: float) -> Pixels:
    height, width = page.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    turned = cv2.warpAffine(page, matrix, (width, height), borderValue=(255,) * 3)
    return turned.astype(np.uint8)


def _reduced(page: Pixels, dpi: int) -> Pixels:
    height, width = page.shape[:2]
    size = round(width * dpi / FULL), round(height * dpi / FULL)
    return cv2.resize(page, size, interpolation=cv2.INTER_AREA).astype(np.uint8)


def _jpeg(page: Pixels, quality: int) -> Pixels:
    _, data = cv2.imencode(".jpg", page, [cv2.IMWRITE_JPEG_QUALITY, quality])
    decoded = cv2.imdecode(data, cv2.IMREAD_UNCHANGED)
    assert decoded is not None
    return decoded.astype(np.uint8)


def _graded(page: Pixels, rng: Rng, depth: float) -> Pixels:
    """Paper that is a little darker towards the bottom, with grain."""
    fall = np.linspace(0, depth, page.shape[0])
    shade = fall[:, None] if page.ndim == 2 else fall[:, None, None]
    return _clipped(page - shade + rng.normal(0, 3, page.shape))


def _specks(page: Pixels, rng: Rng, count: int) -> Pixels:
    result = page.copy()
    height, width = page.shape[:2]
    for x, y, size in zip(
        rng.integers(0, width, count),
        rng.integers(0, height, count),
        rng.integers(1, 4, count),
        strict=True,
    ):
        cv2.circle(result, (int(x), int(y)), int(size), (25, 25, 25), -1)
    return result


def _bleed(page: Pixels, rng: Rng, strength: float, blur: float) -> Pixels:
    """The print of the other side: the page itself mirrored and moved, faint and soft."""
    mirrored = np.roll(page[:, ::-1], int(rng.integers(150, 420)), axis=0)
    other = cv2.GaussianBlur(mirrored, (0, 0), blur)
    return _clipped(page * (1 - strength * (255.0 - other) / 255.0))
