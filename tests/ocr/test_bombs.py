"""Files made to hurt the reader: each gets an answer, in its time, from a child of modest size.

Every one is read by a program of its own, whose children's peak of memory is then known.
"""

import io
import json
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pikepdf
import pytest
from PIL import Image

from tests.ocr.conftest import (
    flate_bomb_pdf,
    huge_page_pdf,
    page_loop_pdf,
    pdf_of,
    text_pdf,
)

_READ = """
import json, resource, sys, time
from pathlib import Path
import ocr
started = time.monotonic()
try:
    pages = list(ocr.read_pages(Path(sys.argv[1])))
    said = [page.problem or page.source for page in pages]
except ocr.Unreadable as exc:
    said = [exc.code]
seconds = time.monotonic() - started
from ocr.pool import children
children.close()
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
print(json.dumps({"said": said, "seconds": seconds, "peak": peak}))
"""
_PEAK_MEGABYTES = 500
_SECONDS = 90


@dataclass(frozen=True)
class Bomb:
    name: str
    make: Callable[[], bytes]
    said: set[str]


def _image_pdf(width: int, height: int, **image: Any) -> bytes:
    """A page that is one black picture of so many pixels, packed to almost nothing."""
    packer = zlib.compressobj(9)
    rows = b"\x00" * ((width + 7) // 8) * 1000
    packed = b"".join(packer.compress(rows) for _ in range(height // 1000)) + packer.flush()
    with pikepdf.new() as pdf:
        stream = pdf.make_stream(
            packed,
            Type=pikepdf.Name.XObject,
            Subtype=pikepdf.Name.Image,
            Width=width,
            Height=height,
            ColorSpace=pikepdf.Name.DeviceGray,
            BitsPerComponent=1,
            **image,
        )
        stream.Filter = pikepdf.Name.FlateDecode
        page = pikepdf.Dictionary(
            Type=pikepdf.Name.Page,
            MediaBox=[0, 0, 595, 842],
            Resources=pikepdf.Dictionary(XObject=pikepdf.Dictionary(Im0=stream)),
            Contents=pdf.make_stream(b"q 595 0 0 842 0 0 cm /Im0 Do Q"),
        )
        pdf.pages.append(pikepdf.Page(page))
        out = io.BytesIO()
        pdf.save(out)
    return out.getvalue()


def _one_page(page: bytes, content: bytes = b"", *more: bytes) -> bytes:
    return pdf_of(
        [
            b"<</Type /Catalog /Pages 2 0 R>>",
            b"<</Type /Pages /Kids [3 0 R] /Count 1>>",
            b"<</Type /Page /Parent 2 0 R /Contents 4 0 R " + page + b">>",
            b"<</Length %d>> stream\n%s\nendstream" % (len(content), content),
            *more,
        ]
    )


def _form_within_itself() -> bytes:
    form = (
        b"<</Type /XObject /Subtype /Form /BBox [0 0 595 842] /Length 7"
        b" /Resources <</XObject <</F 5 0 R>>>>>> stream\n/F Do  \nendstream"
    )
    resources = b"/MediaBox [0 0 595 842] /Resources <</XObject <</F 5 0 R>>>>"
    return _one_page(resources, b"/F Do", form)


def _stream_of(filter_name: bytes) -> bytes:
    """A picture whose data are no data of its codec."""
    image = (
        b"<</Type /XObject /Subtype /Image /Width 2480 /Height 3508 /BitsPerComponent 1"
        b" /ColorSpace /DeviceGray /Filter /" + filter_name + b" /Length 64>> stream\n"
        b"" + bytes(range(64)) + b"\nendstream"
    )
    resources = b"/MediaBox [0 0 595 842] /Resources <</XObject <</I 5 0 R>>>>"
    return _one_page(resources, b"q 595 0 0 842 0 0 cm /I Do Q", image)


def _tagged_and_empty() -> bytes:
    with pikepdf.open(io.BytesIO(text_pdf(""))) as pdf:
        pdf.Root.MarkInfo = pikepdf.Dictionary(Marked=True)
        pdf.Root.StructTreeRoot = pdf.make_indirect(
            pikepdf.Dictionary(Type=pikepdf.Name.StructTreeRoot)
        )
        out = io.BytesIO()
        pdf.save(out)
    return out.getvalue()


def _saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def _salt() -> bytes:
    noise = np.random.default_rng(1).random((3508, 2480))
    image = Image.fromarray(np.where(noise < 0.06, 0, 255).astype(np.uint8))
    return _saved(image, "PNG", dpi=(300, 300), compress_level=1)


def _jpeg_header_of(width: int, height: int) -> bytes:
    """A real small JPEG that says it were a huge one."""
    data = bytearray(_saved(Image.new("RGB", (64, 64), "white"), "JPEG"))
    frame = data.index(b"\xff\xc0")
    data[frame + 5 : frame + 9] = height.to_bytes(2, "big") + width.to_bytes(2, "big")
    return bytes(data)


def _frames(count: int, *, endless: bool = False) -> bytes:
    """A TIFF of so many tiny pages; an endless one comes back to its first page."""
    tags = ((256, 8), (257, 8), (258, 1), (259, 1), (262, 1), (273, 8), (278, 8), (279, 8))
    size = 2 + 12 * len(tags) + 4
    out = bytearray(b"II*\x00" + struct.pack("<I", 16) + bytes(8))
    for number in range(count):
        out += struct.pack("<H", len(tags))
        out += b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
        last = number == count - 1
        out += struct.pack("<I", (16 if endless else 0) if last else 16 + (number + 1) * size)
    return bytes(out)


BOMBS = [
    Bomb("nothing.pdf", lambda: b"", {"empty"}),
    Bomb("stub.pdf", lambda: b"%PDF-1.7\n%%EOF", {"damaged"}),
    Bomb("garbage.jpg", lambda: b"\xff\xd8\xff" + bytes(4096), {"damaged"}),
    Bomb("page of five metres.pdf", huge_page_pdf, {"page-too-large"}),
    Bomb(
        "page of fifty metres.pdf",
        lambda: _one_page(b"/MediaBox [0 0 14400 14400] /UserUnit 10", b"0 0 9 9 re f"),
        {"page-too-large"},
    ),
    Bomb("no area.pdf", lambda: _one_page(b"/MediaBox [0 0 0 0]"), {"blank"}),
    Bomb("corners swapped.pdf", lambda: _one_page(b"/MediaBox [595 842 0 0]"), {"blank"}),
    Bomb("one point.pdf", lambda: _one_page(b"/MediaBox [0 0 1 1]"), {"blank"}),
    Bomb("tree that is its branch.pdf", page_loop_pdf, {"damaged"}),
    Bomb("form within itself.pdf", _form_within_itself, {"blank", "damaged", "crashed"}),
    Bomb(
        "gigabyte of blanks.pdf",
        lambda: flate_bomb_pdf(1000),
        {"blank", "memory", "crashed", "timeout"},
    ),
    Bomb("picture of 3.6 gigapixels.pdf", lambda: _image_pdf(60_000, 60_000), {"page-too-large"}),
    Bomb("bad jbig2.pdf", lambda: _stream_of(b"JBIG2Decode"), {"blank", "ocr", "damaged"}),
    Bomb("bad jpx.pdf", lambda: _stream_of(b"JPXDecode"), {"blank", "ocr", "damaged"}),
    Bomb("bad fax.pdf", lambda: _stream_of(b"CCITTFaxDecode"), {"blank", "ocr", "damaged"}),
    Bomb("tagged and empty.pdf", _tagged_and_empty, {"blank"}),
    Bomb("page.html.pdf", lambda: b"<!DOCTYPE html><html>%PDF-1.7</html>", {"unsupported"}),
    Bomb(
        "400 megapixels.png",
        lambda: _saved(Image.new("1", (20_000, 20_000)), "PNG"),
        {"page-too-large"},
    ),
    Bomb("says it is huge.jpg", lambda: _jpeg_header_of(65_000, 65_000), {"page-too-large"}),
    Bomb("says it is large.jpg", lambda: _jpeg_header_of(10_000, 10_000), {"damaged", "blank"}),
    Bomb(
        "70 megapixels in colour.png",
        lambda: _saved(Image.new("RGB", (8_400, 8_400), (250, 250, 240)), "PNG", compress_level=1),
        {"page-too-large"},
    ),
    Bomb(
        "35 megapixels in colour.png",
        lambda: _saved(Image.new("RGB", (4_960, 7_016), (250, 250, 240)), "PNG", compress_level=1),
        {"blank"},
    ),
    Bomb(
        "117 megapixels in two tones.tif",
        lambda: _saved(Image.new("1", (9_000, 13_000), 1), "TIFF", compression="group4"),
        {"blank"},
    ),
    Bomb("strip.png", lambda: _saved(Image.new("L", (40_000, 40), 200), "PNG"), {"blank"}),
    Bomb("one pixel.png", lambda: _saved(Image.new("L", (1, 1)), "PNG"), {"blank"}),
    Bomb("salt.png", _salt, {"blank", "ocr", "timeout"}),
    Bomb("six thousand frames.tif", lambda: _frames(6_000), {"too-many-pages"}),
    Bomb("frame that follows itself.tif", lambda: _frames(1, endless=True), {"blank", "damaged"}),
]


@pytest.mark.parametrize("bomb", BOMBS, ids=lambda bomb: bomb.name)
def test_a_bomb_gets_an_answer_in_its_time_and_hurts_nobody(tmp_path: Path, bomb: Bomb) -> None:
    path = tmp_path / bomb.name
    path.write_bytes(bomb.make())
    run = subprocess.run(
        [sys.executable, "-c", _READ, str(path)], capture_output=True, text=True, check=True
    )
    answer = json.loads(run.stdout)
    assert set(answer["said"]) <= bomb.said
    assert len(answer["said"]) == 1
    assert answer["seconds"] < _SECONDS
    assert answer["peak"] < _PEAK_MEGABYTES


def test_five_thousand_pages_are_counted_at_once(tmp_path: Path) -> None:
    with pikepdf.open(io.BytesIO(text_pdf("one page of many"))) as pdf:
        for _ in range(4_999):
            pdf.pages.append(pdf.pages[0])
        pdf.save(tmp_path / "a.pdf")
    code = (
        "import sys, ocr; from pathlib import Path; p = Path(sys.argv[1]);"
        "print(ocr.page_count(p), next(ocr.read_pages(p, pages=[5000])).text.strip())"
    )
    path = str(tmp_path / "a.pdf")
    run = subprocess.run(
        [sys.executable, "-c", code, path], capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "5000 one page of many"
