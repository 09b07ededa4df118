"""How lines lie: slope and bend of made lines of dashes, and the way back to the page."""

import numpy as np
import pytest
from numpy.typing import NDArray

from ocr.child import lines, preparation

DPI = 150


def page(down: NDArray[np.float64] | None = None, *, slope: float = 0.0) -> NDArray[np.uint8]:
    """Forty rows of letter-sized blocks; each column pushed down by so many pixels."""
    rng = np.random.default_rng(3)
    gray = np.full((1754, 1240), 255, np.uint8)
    shift = np.zeros(1240) if down is None else down
    for row in range(40):
        x = 100
        while x < 1120:
            wide = int(rng.integers(5, 11))
            y = 120 + row * 38 + round(shift[x] + slope * (x - 620))
            gray[y : y + int(rng.integers(11, 13)), x : x + wide] = 20
            x += wide + int(rng.integers(4, 16))
    return gray


def feet(gray: NDArray[np.uint8]) -> lines.Feet:
    return lines.feet(lines.letters(gray, DPI))


@pytest.mark.parametrize("degrees", [-2.5, -0.9, 0.0, 1.4, 3.1])
def test_the_slope_is_found(degrees: float) -> None:
    found = lines.skew(feet(page(slope=float(np.tan(np.radians(degrees))))))
    assert abs(found - degrees) < 0.2


def test_straight_lines_have_no_bend_and_bent_ones_are_set_straight() -> None:
    assert lines.bend(feet(page()), 0.0) is None
    curve = 12 * np.sin(np.linspace(0, 2 * np.pi, 1240))
    bent = page(curve)
    skew = lines.skew(feet(bent))
    bend = lines.bend(feet(bent), skew)
    assert bend is not None
    level = preparation.Levelling.of(bent.shape, skew, bend, DPI)
    straight = level.applied(bent)
    assert lines.bend(feet(straight), 0.0) is None
    rows = (straight < 128).sum(axis=1)
    assert (rows == 0).sum() > 1.5 * ((bent < 128).sum(axis=1) == 0).sum()


def test_what_was_levelled_finds_its_place_on_the_page_again() -> None:
    curve = 12 * np.sin(np.linspace(0, 2 * np.pi, 1240))
    bent = page(curve)
    mark = (700, 800)
    bent[mark[1] - 9 : mark[1] + 9, mark[0] - 9 : mark[0] + 9] = 128
    skew = lines.skew(feet(bent))
    level = preparation.Levelling.of(bent.shape, skew, lines.bend(feet(bent), skew), DPI)
    ys, xs = np.nonzero(np.abs(level.applied(bent).astype(int) - 128) < 3)
    near = (np.abs(xs - mark[0]) < 40) & (np.abs(ys - mark[1]) < 40)
    middle = np.array([[np.median(xs[near]), np.median(ys[near])]])
    assert np.abs(level.back(middle)[0] - mark).max() < 3


@pytest.mark.parametrize("turns", [1, 3])
def test_a_lying_page_is_told_from_an_upright_one(turns: int) -> None:
    upright = page()
    assert lines.lying(lines.letters(upright, DPI)) < 0.8
    assert lines.lying(lines.letters(np.rot90(upright, turns), DPI)) > 1.5


def test_a_page_without_letters_says_nothing() -> None:
    blank = np.full((1754, 1240), 255, np.uint8)
    assert lines.skew(feet(blank)) == 0.0
    assert lines.bend(feet(blank), 0.0) is None
    assert lines.lying(lines.letters(blank, DPI)) == 1.0
