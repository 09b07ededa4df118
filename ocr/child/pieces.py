"""Pages taken out of a batch, and pictures bound into one file: no stream of a picture changes."""

import io
from collections.abc import Sequence
from pathlib import Path

import pikepdf

from ocr.child import wrapping
from ocr.child.sheets import Source
from ocr.values import Unreadable

PDF = "application/pdf"


def taken_out(path: Path, kind: str, pages: Sequence[tuple[int, int]]) -> bytes:
    """A PDF of the pages (number from 1, degrees clockwise to turn it), in this order."""
    source = io.BytesIO(path.read_bytes() if kind == PDF else wrapping.as_pdf(path))
    try:
        with pikepdf.open(source) as batch, pikepdf.new() as piece:
            for number, turn in pages:
                if not 1 <= number <= len(batch.pages):
                    raise Unreadable("damaged", f"There is no page {number}")
                piece.pages.append(batch.pages[number - 1])
                page = piece.pages[-1]
                if turn:
                    page.rotate(turn, relative=True)
                for action in ("/AA", "/StructParents"):
                    if action in page.obj:
                        del page.obj[action]
            return _saved(piece)
    except pikepdf.PasswordError as exc:
        raise Unreadable("encrypted", "A password is needed") from exc
    except pikepdf.PdfError as exc:
        raise Unreadable("damaged", f"pikepdf: {exc}") from exc


def bound(paths: Sequence[Path]) -> bytes:
    """A PDF with every page of the pictures, in this order."""
    with pikepdf.new() as batch:
        for path in paths:
            with pikepdf.open(io.BytesIO(wrapping.as_pdf(path))) as sheet:
                batch.pages.extend(sheet.pages)
        return _saved(batch)


def picture(source: Source, number: int, *, dpi: int, turn: int, max_pixels: int) -> bytes:
    """A JPEG of one page, turned clockwise, for a person who decides what it is."""
    image = source.picture(number, dpi=dpi, max_pixels=max_pixels).convert("RGB")
    if turn:
        image = image.rotate(-turn, expand=True)
    written = io.BytesIO()
    image.save(written, "JPEG", quality=80)
    return written.getvalue()


def _saved(pdf: pikepdf.Pdf) -> bytes:
    written = io.BytesIO()
    # The same pages give the same bytes: the same scan is known again by its digest.
    pdf.save(written, deterministic_id=True, preserve_pdfa=False)
    return written.getvalue()
