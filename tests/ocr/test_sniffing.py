"""A file is what its bytes are, whatever its name says."""

import io
import zipfile
from pathlib import Path

import pytest
from PIL import Image

import ocr

OFFICE = "application/vnd.openxmlformats-officedocument."


def _zip(*names: str, first: tuple[str, str] | None = None) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        if first:
            archive.writestr(*first)
        for name in names:
            archive.writestr(name, "<x/>")
    return out.getvalue()


def _picture(kind: str) -> bytes:
    out = io.BytesIO()
    Image.new("L", (20, 20), 255).save(out, kind)
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "application/x-empty"),
        (b"%PDF-1.7\n1 0 obj", "application/pdf"),
        (b"\xef\xbb\xbf  \r\n%PDF-1.4", "application/pdf"),
        (b"<!DOCTYPE html><html><body>%PDF-1.4</body>", "text/html"),
        (b"\n <html><head><title>Sign in</title>", "text/html"),
        (_picture("JPEG"), "image/jpeg"),
        (_picture("PNG"), "image/png"),
        (_picture("TIFF"), "image/tiff"),
        (_picture("WEBP"), "image/webp"),
        (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1", "image/heic"),
        (_zip("[Content_Types].xml", "word/document.xml"), OFFICE + "wordprocessingml.document"),
        (_zip("[Content_Types].xml", "xl/workbook.xml"), OFFICE + "spreadsheetml.sheet"),
        (
            _zip("content.xml", first=("mimetype", "application/vnd.oasis.opendocument.text")),
            "application/vnd.oasis.opendocument.text",
        ),
        (_zip("word/letter.txt"), "application/zip"),
        (b"{\\rtf1\\ansi", "application/rtf"),
        (b"Received: from a\r\nSubject: x\r\n\r\nbody", "message/rfc822"),
        ("Αρ. Πρωτ.: 12\nΗμερομηνία: 4/11".encode(), "text/plain"),
        ("ΠΡΟΣ: Δήμο".encode("iso-8859-7"), "text/plain"),
        ("ΠΡΟΣ: Δήμο".encode("utf-16"), "text/plain"),
        (b"\x00\x01\x02\x03" * 100, "application/octet-stream"),
    ],
)
def test_a_file_is_known_by_its_content(tmp_path: Path, content: bytes, expected: str) -> None:
    path = tmp_path / "always-named.pdf"
    path.write_bytes(content)
    assert ocr.media_type(path) == expected
