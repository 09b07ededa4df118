"""Files to read: a few real-looking pages, and bombs made on the spot."""

import io
import zlib
from collections.abc import Iterator
from pathlib import Path

import pikepdf
import pytest
from PIL import Image

import ocr
from ocr.pool import children

PAGES = Path(__file__).resolve().parent.parent / "data" / "pages"


@pytest.fixture(scope="session", autouse=True)
def models() -> Iterator[None]:
    """The models are unpacked by the set-up; a test run without them would prove nothing."""
    assert (ocr.tessdata_dir() / "ell.traineddata").is_file(), (
        "run: python -m ocr.models node_modules"
    )
    yield
    children.close()


def pdf_of(objects: list[bytes]) -> bytes:
    """A PDF file with these objects, numbered from 1, the first being the catalogue."""
    out = io.BytesIO()
    out.write(b"%PDF-1.4\n")
    offsets = []
    for number, body in enumerate(objects, start=1):
        offsets.append(out.tell())
        out.write(b"%d 0 obj %s endobj\n" % (number, body))
    start = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    out.writelines(b"%010d 00000 n \n" % offset for offset in offsets)
    out.write(b"trailer <</Size %d /Root 1 0 R>>\n" % (len(objects) + 1))
    out.write(b"startxref\n%d\n%%%%EOF\n" % start)
    return out.getvalue()


def huge_page_pdf() -> bytes:
    """Some five hundred bytes that ask for a raster of 60,000 by 60,000 pixels."""
    content = b"0 0 14400 14400 re f"
    return pdf_of(
        [
            b"<</Type /Catalog /Pages 2 0 R>>",
            b"<</Type /Pages /Kids [3 0 R] /Count 1>>",
            b"<</Type /Page /Parent 2 0 R /MediaBox [0 0 14400 14400] /Contents 4 0 R>>",
            b"<</Length %d>> stream\n%s\nendstream" % (len(content), content),
        ]
    )


def page_loop_pdf() -> bytes:
    """A tree of pages that is its own branch."""
    return pdf_of(
        [
            b"<</Type /Catalog /Pages 2 0 R>>",
            b"<</Type /Pages /Kids [2 0 R] /Count 1 /Parent 2 0 R>>",
        ]
    )


def flate_bomb_pdf(megabytes: int) -> bytes:
    """A small page whose content stream unpacks to many megabytes of blanks."""
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(b" " * (1 << 20)) for _ in range(megabytes)) + packer.flush()
    stream = b"<</Length %d /Filter /FlateDecode>> stream\n%s\nendstream" % (len(packed), packed)
    return pdf_of(
        [
            b"<</Type /Catalog /Pages 2 0 R>>",
            b"<</Type /Pages /Kids [3 0 R] /Count 1>>",
            b"<</Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R>>",
            stream,
        ]
    )


def text_pdf(*pages: str) -> bytes:
    """Born-digital pages in Helvetica; an empty string makes an empty page."""
    with pikepdf.new() as pdf:
        font = pikepdf.Dictionary(
            Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica
        )
        for text in pages:
            content = f"BT /F1 12 Tf 72 720 Td ({text}) Tj ET" if text else ""
            page = pikepdf.Dictionary(
                Type=pikepdf.Name.Page,
                MediaBox=[0, 0, 595, 842],
                Resources=pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=font)),
                Contents=pdf.make_stream(content.encode()),
            )
            pdf.pages.append(pikepdf.Page(page))
        out = io.BytesIO()
        pdf.save(out)
    return out.getvalue()


def multi_page_tiff(path: Path, count: int) -> Path:
    """Fax pages in one TIFF, group 4; each holds one line cut from a real page."""
    with Image.open(PAGES / "27-eng-letter-fax.tif") as page:
        strip = page.crop((0, 200, page.width, 900)).convert("1")
    strips = [strip] * count
    strips[0].save(
        path, save_all=True, append_images=strips[1:], compression="group4", dpi=(204, 204)
    )
    return path
