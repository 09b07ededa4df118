"""The relations of an entry as a picture: boxes in columns by their distance, and lines."""

from dataclasses import dataclass

from docflow import registry

BOX_WIDTH, BOX_HEIGHT, GAP, ROW, MARGIN = 138, 44, 27, 54, 3


@dataclass(frozen=True, slots=True)
class Box:
    """An entry; `kind` and `from_here` tell how the box before it is tied to it."""

    line: registry.Line
    x: int
    y: int
    kind: str
    from_here: bool

    @property
    def middle(self) -> int:
        return self.y + BOX_HEIGHT // 2


@dataclass(frozen=True, slots=True)
class Picture:
    """All that the template draws; sizes in pixels."""

    boxes: tuple[Box, ...]
    strokes: tuple[str, ...]  # SVG paths, from the entry that answers, forwards … to the other
    width: int
    height: int
    is_cut: bool


def picture(drawn: registry.Graph) -> Picture | None:
    """The graph laid out; None where nothing is related."""
    if len(drawn.nodes) < 2:
        return None
    columns: dict[int, list[registry.Node]] = {}
    for node in drawn.nodes:
        columns.setdefault(node.hops, []).append(node)
    tallest = max(map(len, columns.values()))
    boxes: dict[int, Box] = {}
    for hops, column in columns.items():
        top = MARGIN + (tallest - len(column)) * ROW // 2
        for place, node in enumerate(column):
            kind, from_here = _tie(drawn, node, boxes)
            x = MARGIN + hops * (BOX_WIDTH + GAP)
            boxes[node.line.id] = Box(node.line, x, top + place * ROW, kind, from_here)
    return Picture(
        tuple(boxes.values()),
        tuple(_stroke(boxes[edge.from_id], boxes[edge.to_id]) for edge in drawn.edges),
        width=2 * MARGIN + len(columns) * BOX_WIDTH + (len(columns) - 1) * GAP,
        height=2 * MARGIN + tallest * ROW - (ROW - BOX_HEIGHT),
        is_cut=drawn.is_cut,
    )


def _tie(drawn: registry.Graph, node: registry.Node, before: dict[int, Box]) -> tuple[str, bool]:
    """How a box that stands already is tied to the node: its kind, and whether it points to it."""
    for edge in drawn.edges:
        if edge.to_id == node.line.id and edge.from_id in before:
            return edge.kind, True
        if edge.from_id == node.line.id and edge.to_id in before:
            return edge.kind, False
    return "", True


def _stroke(start: Box, end: Box) -> str:
    """From box to box: across the gap, or around the right side within a column."""
    is_forward = start.x <= end.x
    left, right = (start, end) if is_forward else (end, start)
    x1, y1, y2 = left.x + BOX_WIDTH, left.middle, right.middle
    if left.x == right.x:
        bend = x1 + GAP // 2
        return f"M{x1} {y1} C{bend} {y1} {bend} {y2} {x1 + 5} {y2}"
    x2 = right.x
    bend = (x1 + x2) // 2
    if is_forward:
        return f"M{x1} {y1} C{bend} {y1} {bend} {y2} {x2 - 5} {y2}"
    return f"M{x2} {y2} C{bend} {y2} {bend} {y1} {x1 + 5} {y1}"
