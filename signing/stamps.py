"""A stamp drawn by us (one page of PDF), shown in a signature field.

pyHanko draws text with most fonts so that Greek letters stand apart and are clipped, so it
only places what is drawn already. The stamp is upright for the reader also on a rotated page.
"""

from dataclasses import dataclass
from io import BytesIO
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.content import AppearanceContent
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.layout import BoxConstraints
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import BasePdfFileWriter
from pyhanko.stamp import BaseStampStyle

from signing.geometry import geometry_of

# Rotation against the clock, so that the page's turn with the clock sets the stamp upright.
_UPRIGHT = {
    0: (1, 0, 0, 1, 0, 0),
    90: (0, 1, -1, 0, 0, 0),
    180: (-1, 0, 0, -1, 0, 0),
    270: (0, -1, 1, 0, 0, 0),
}


@dataclass(frozen=True)
class DrawnStamp(BaseStampStyle):
    """Places the first page of `stamp`, or nothing, on a page of the given rotation."""

    stamp: bytes | None = None
    rotation: int = 0

    def create_stamp(  # type: ignore[override]  # pyHanko asks no more of a stamp than this
        self,
        writer: BasePdfFileWriter,
        box: BoxConstraints,
        text_params: dict[str, Any],
    ) -> AppearanceContent | None:
        if self.stamp is None:
            return None
        if self.rotation in (90, 270):
            box = BoxConstraints(width=box.height, height=box.width)
        return _PlacedStamp(writer, box, stamp=self.stamp, rotation=self.rotation)


class _PlacedStamp(AppearanceContent):
    def __init__(
        self,
        writer: BasePdfFileWriter,
        box: BoxConstraints,
        *,
        stamp: bytes,
        rotation: int,
    ) -> None:
        super().__init__(writer=writer, box=box)
        self._stamp = stamp
        self._rotation = rotation

    def render(self) -> bytes:
        writer = self._ensure_writer
        source = PdfFileReader(BytesIO(self._stamp))
        drawing = writer.import_page_as_xobject(source, inherit_filters=False)
        page = source.find_page_for_modification(0)[0].get_object()
        x0, y0, x1, y1 = geometry_of(page).crop
        form = drawing.get_object()
        form.compress()
        if "/Group" in page:
            form[pdf_name("/Group")] = writer.import_object(page["/Group"])
        self.resources.xobject[pdf_name("/Stamp")] = drawing
        scale = min(self.box.width / (x1 - x0), self.box.height / (y1 - y0))
        return b"q %g 0 0 %g %g %g cm /Stamp Do Q" % (
            scale,
            scale,
            (self.box.width - scale * (x1 - x0)) / 2 - scale * x0,
            (self.box.height - scale * (y1 - y0)) / 2 - scale * y0,
        )

    def as_form_xobject(self) -> generic.StreamObject:
        form = super().as_form_xobject()
        form[pdf_name("/Matrix")] = generic.ArrayObject(
            generic.NumberObject(number) for number in _UPRIGHT[self._rotation]
        )
        return form
