"""The stamp of the register (σφραγίδα πρωτοκόλλου) on a copy of a document, or on its cover.

Body, book, number, date, direction, unit, classification and QR code (domain row 26). A file that
bears a signature is never stamped: its copy gets a cover page, and is attached to it as it came
(domain row 73).
"""

import io
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

import pikepdf

from docflow.printing.label import Direction
from docflow.printing.merging import attach, opened, saved
from docflow.printing.typeset import typeset
from docflow.printing.verification import verification_data
from docflow.printing.wording import clipped, line, plain

Corner = Literal["top-right", "top-left", "bottom-right", "bottom-left"]

WIDTH, HEIGHT, MARGIN = 200.0, 84.0, 18.0  # points
_ROOM = 160
_TITLES = {"el": "Σφραγίδα πρωτοκόλλου", "en": "Registry stamp"}


@dataclass(frozen=True)
class MarkData:
    """What the stamp states; `registered_at` bears the office's zone."""

    issuer: str
    book: str
    number: str
    direction: Direction
    registered_at: datetime
    verification_code: str
    verification_url: str
    unit: str = ""
    classification: str = ""


def mark(data: MarkData, *, language: str = "el") -> bytes:
    """The stamp alone: one page of WIDTH by HEIGHT points. Raises PrintingError."""
    content = _content(data, language) | {"width": WIDTH, "height": HEIGHT}
    return typeset("mark", content, made_at=data.registered_at, standard="a-2b").pdf


def stamped_copy(
    pdf: bytes, data: MarkData, *, corner: Corner = "top-right", language: str = "el"
) -> bytes:
    """A copy of the PDF with the stamp on its first page; the corner is that of the page as it is
    displayed. Raises PrintingError as `append`: 'signed' where a signature would break."""
    drawn = mark(data, language=language)
    with opened(pdf) as document, pikepdf.open(io.BytesIO(drawn)) as stamp:
        page = document.pages[0]
        _upright(page)
        left, bottom, right, top = (float(edge) for edge in page.cropbox)
        # A page smaller than the stamp gets a smaller stamp.
        scale = min(1.0, (right - left) / (WIDTH + 2 * MARGIN), (top - bottom) / (HEIGHT + 36))
        width, height, margin = WIDTH * scale, HEIGHT * scale, MARGIN * scale
        x = left + margin if corner.endswith("left") else right - margin - width
        y = bottom + margin if corner.startswith("bottom") else top - margin - height
        page.add_overlay(stamp.pages[0], pikepdf.Rectangle(x, y, x + width, y + height))
        return saved(document)


def cover_copy(
    original: bytes, data: MarkData, *, file_name: str, sha256: str, language: str = "el"
) -> bytes:
    """A page with the stamp, saying why it stands alone, with the signed original inside as it
    came. PDF/A-3a. Raises PrintingError."""
    content = _content(data, language) | {"file": line(file_name), "sha256": line(sha256.lower())}
    cover = typeset("cover", content, made_at=datetime.now(UTC), standard="a-3a").pdf
    return attach(
        cover, name=file_name, data=original, description=_TITLES[language], mime_type=PDF
    )


PDF = "application/pdf"


def _content(data: MarkData, language: str) -> dict[str, object]:
    return {
        "language": language,
        "title": f"{_TITLES[language]} {plain(line(data.number))}",
        "author": clipped(plain(line(data.issuer))),
        "issuer": clipped(line(data.issuer), _ROOM),
        "book": clipped(line(data.book), _ROOM),
        "number": line(data.number),
        "direction": data.direction,
        "at": f"{data.registered_at:%d/%m/%Y %H:%M}",
        "unit": clipped(line(data.unit), _ROOM),
        "classification": clipped(line(data.classification), _ROOM),
        **verification_data(code=data.verification_code, url=data.verification_url),
    }


def _upright(page: pikepdf.Page) -> None:
    """The page without /Rotate, looking as it did: so that corners are what a reader sees."""
    turn = int(page.obj.get("/Rotate", 0)) % 360
    if not turn:
        return
    left, bottom, right, top = (float(edge) for edge in page.cropbox)
    width, height = right - left, top - bottom
    matrix = {
        90: f"0 -1 1 0 {-bottom:g} {right:g}",
        180: f"-1 0 0 -1 {right:g} {top:g}",
        270: f"0 1 -1 0 {top:g} {-left:g}",
    }[turn]
    page.contents_add(f"q {matrix} cm".encode(), prepend=True)
    page.contents_add(b"Q")
    size = (height, width) if turn in (90, 270) else (width, height)
    for name in ("/CropBox", "/BleedBox", "/TrimBox", "/ArtBox"):
        if name in page.obj:
            del page.obj[name]
    page.obj.MediaBox = pikepdf.Array([0, 0, round(size[0], 3), round(size[1], 3)])
    page.obj.Rotate = 0
    if "/Annots" in page.obj:
        del page.obj["/Annots"]  # their places belong to the page as it lay; this is a copy
