"""Where a box that a person chose on the screen lies in the page's own coordinates.

People see a page after its rotation and cropped; a PDF stores boxes before both. Signing products
get this wrong again and again (stamps beside the page, or lying on their side).
"""

from dataclasses import dataclass

from pyhanko.pdf_utils.rw_common import PdfHandler, find_inherited_value_in_tree

from signing.errors import FieldMissing

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Page:
    """A page's visible box in its own coordinates (points), and its clockwise rotation."""

    crop: Box
    rotation: int

    def to_user_space(self, box: Box) -> Box:
        """From points on the page as displayed, origin bottom-left, to the page's coordinates."""
        left, bottom, right, top = self.crop
        width, height = right - left, top - bottom
        x0, y0, x1, y1 = box
        turned = {
            0: (x0, y0, x1, y1),
            90: (width - y1, x0, width - y0, x1),
            180: (width - x1, height - y1, width - x0, height - y0),
            270: (y0, height - x1, y1, height - x0),
        }[self.rotation]
        return (
            left + turned[0],
            bottom + turned[1],
            left + turned[2],
            bottom + turned[3],
        )


def page_of(handler: PdfHandler, number: int) -> Page:
    """The geometry of page `number` (from 1). Raises FieldMissing if there is no such page."""
    if not 1 <= number <= int(handler.root["/Pages"]["/Count"]):
        raise FieldMissing(f"The document has no page {number}.")
    return geometry_of(handler.find_page_for_modification(number - 1)[0].get_object())


def geometry_of(page: object) -> Page:
    """The geometry of a page's dictionary; attributes may be inherited (ISO 32000-2, 7.7.3.4)."""
    media = _box(find_inherited_value_in_tree(page, "/MediaBox", "/Parent")) or (
        0,
        0,
        612,
        792,
    )
    crop = _box(find_inherited_value_in_tree(page, "/CropBox", "/Parent")) or media
    rotation = find_inherited_value_in_tree(page, "/Rotate", "/Parent") or 0
    visible = (
        max(crop[0], media[0]),
        max(crop[1], media[1]),
        min(crop[2], media[2]),
        min(crop[3], media[3]),
    )
    if visible[0] >= visible[2] or visible[1] >= visible[3]:
        visible = media
    return Page(crop=visible, rotation=int(rotation) % 360 // 90 * 90)


def _box(value: object) -> Box | None:
    if not isinstance(value, list) or len(value) != 4:
        return None
    x0, y0, x1, y1 = (float(number) for number in value)
    return (min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1))
