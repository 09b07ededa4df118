"""Where the bars of a chart stand. Templates draw them as SVG; a table beside says the numbers."""

from collections.abc import Sequence
from dataclasses import dataclass

from docflow.statistics import Group, Measures

WIDTH, HEIGHT = 1000, 220  # of the drawing, in its own units
_FOOT, _HEAD = 24, 18  # below the columns for their names, above them for their numbers
_EDGE = 20  # beside the first and the last column, whose names are wider than they
MOST_BARS, MOST_NAMED = 20, 16


@dataclass(frozen=True, slots=True)
class Piece:
    """A rectangle of one colour: closed, open or overdue."""

    kind: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Bar:
    """A group: its pieces, one after the other, and where its name and number stand."""

    title: str
    entries: int
    pieces: Sequence[Piece]
    middle: float = 0
    top: float = 0
    is_named: bool = True


def _parts(measures: Measures) -> tuple[tuple[str, int], ...]:
    waiting = measures.open - measures.overdue
    rest = measures.entries - measures.open - measures.closed  # issued: nothing to be handled
    return (
        ("closed", measures.closed),
        ("issued", rest),
        ("open", waiting),
        ("overdue", measures.overdue),
    )


def bars(groups: Sequence[Group]) -> list[Bar]:
    """One bar a group, lying, the longest as wide as the drawing."""
    shown = groups[:MOST_BARS]
    longest = max((group.measures.entries for group in shown), default=0) or 1
    found = []
    for group in shown:
        x, pieces = 0.0, []
        for kind, number in _parts(group.measures):
            width = number * WIDTH / longest
            if number:
                pieces.append(Piece(kind, round(x, 2), 0, round(width, 2), 20))
            x += width
        found.append(Bar(group.title, group.measures.entries, pieces))
    return found


def columns(groups: Sequence[Group]) -> list[Bar]:
    """One column a group, in their order, with room for a name below and a number above."""
    if not groups:
        return []
    highest = max(group.measures.entries for group in groups) or 1
    step = (WIDTH - 2 * _EDGE) / len(groups)
    each = -(-len(groups) // MOST_NAMED)  # of many columns every so many bears its name
    found = []
    for n, group in enumerate(groups):
        y, pieces = float(HEIGHT - _FOOT), []
        for kind, number in _parts(group.measures):
            height = number * (HEIGHT - _FOOT - _HEAD) / highest
            y -= height
            if number:
                x, width = _EDGE + n * step + step * 0.15, min(step * 0.7, 90)
                x += (step * 0.7 - width) / 2
                pieces.append(
                    Piece(kind, round(x, 2), round(y, 2), round(width, 2), round(height, 2))
                )
        middle = round(_EDGE + n * step + step / 2, 2)
        found.append(
            Bar(group.title, group.measures.entries, pieces, middle, round(y - 4, 2), n % each == 0)
        )
    return found
