"""Bar codes of every kind on a page, for a person who looks at it."""

from pathlib import Path

import numpy as np
import pytest
import zxingcpp
from PIL import Image

import ocr


def sheet(folder: Path, *codes: tuple[str, zxingcpp.BarcodeFormat, int, int]) -> Path:
    """An A4 page at 200 dpi with these codes."""
    page = Image.new("L", (1654, 2339), 255)
    for text, kind, x, y in codes:
        drawn = np.array(zxingcpp.create_barcode(text, kind).to_image(scale=4))
        page.paste(Image.fromarray(drawn), (x, y))
    path = folder / "φύλλο.png"
    page.save(path, dpi=(200, 200))
    return path


def test_codes_of_all_kinds_are_read_with_their_places(tmp_path: Path) -> None:
    path = sheet(
        tmp_path,
        ("RE123456789GR", zxingcpp.BarcodeFormat.Code128, 200, 200),
        ("https://example.gr/v/1?q=Ά", zxingcpp.BarcodeFormat.QRCode, 900, 200),
        ("ΔΟΚΙΜΗ", zxingcpp.BarcodeFormat.DataMatrix, 200, 900),
    )
    found = {code.text: code for code in ocr.read_barcodes(path, 1)}
    assert set(found) == {"RE123456789GR", "https://example.gr/v/1?q=Ά", "ΔΟΚΙΜΗ"}
    code = found["RE123456789GR"]
    assert code.kind == "Code 128"
    x0, y0, x1, y1 = code.box
    assert 60 < x0 < x1 < 330
    assert 60 < y0 < y1 < 160


def test_a_page_without_codes_has_none(tmp_path: Path) -> None:
    assert ocr.read_barcodes(sheet(tmp_path), 1) == []


def test_what_is_no_page_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "άδειο.pdf"
    path.write_bytes(b"")
    with pytest.raises(ocr.Unreadable, match="empty"):
        ocr.read_barcodes(path, 1)
