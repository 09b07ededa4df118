"""Whether the lines of a page run across or down it.

Tesseract's own detection costs as much as a fifth of the reading and turns pages wrongly now and
then. Letters line up in rows, not in columns: seen in projections, for a fiftieth of a second. A
page that stands on its head is known by how badly it reads (see `trials`).
"""

from ocr.child import lines
from ocr.child.sheets import Gray

_LYING = 1.0  # measured: 66 upright pages of all layouts and damages 0.02 to 0.35, lying 2.5 to 56


def sideways(gray: Gray, dpi: float) -> int:
    """Quarter turns, clockwise, that set the lines across: 1 for a lying page, else 0."""
    return quarter_turns(lines.letters(gray, dpi))


def quarter_turns(ink: lines.Ink) -> int:
    """The same, from the mask of the letters."""
    return 1 if lines.lying(ink) > _LYING else 0
