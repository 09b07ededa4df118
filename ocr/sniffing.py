"""What a file is, by its content and never by its name.

Only the first and last 64 KB are looked at and nothing is parsed, so a hostile file costs nothing.
"""

import codecs
import re
from collections.abc import Iterable
from pathlib import Path

_WINDOW = 64 * 1024

_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"II+\x00", "image/tiff"),
    (b"MM\x00+", "image/tiff"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"BM", "image/bmp"),
    (b"\x00\x00\x00\x0cjP  \r\n\x87\n", "image/jp2"),
    (b"{\\rtf", "application/rtf"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"Rar!\x1a\x07", "application/vnd.rar"),
    (b"\x1f\x8b", "application/gzip"),
    (b"\x78\x9f\x3e\x22", "application/ms-tnef"),
    (b"\x7fELF", "application/x-executable"),
    (b"MZ", "application/x-executable"),
)
_OFFICE = "application/vnd.openxmlformats-officedocument."
_OOXML: tuple[tuple[bytes, str], ...] = (
    (b"word/", _OFFICE + "wordprocessingml.document"),
    (b"xl/", _OFFICE + "spreadsheetml.sheet"),
    (b"ppt/", _OFFICE + "presentationml.presentation"),
)
_OLE: tuple[tuple[str, str], ...] = (
    ("__substg1.0_", "application/vnd.ms-outlook"),
    ("EncryptedPackage", "application/x-ms-encrypted"),
    ("WordDocument", "application/msword"),
    ("Workbook", "application/vnd.ms-excel"),
    ("PowerPoint Document", "application/vnd.ms-powerpoint"),
)
_SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")  # OID 1.2.840.113549.1.7.2, RFC 5652
_MIMETYPE = re.compile(rb"mimetype(application/[\w.+-]+)")  # first entry, stored: ODF, ASiC, EPUB
_HTML = re.compile(r"<(!doctype\s+html|html|head|body)\b", re.IGNORECASE)
_MAIL = re.compile(
    r"(return-path|received|from|to|date|subject|message-id|mime-version|delivered-to|x-[\w-]+)"
    r":[ \t]",
    re.IGNORECASE,
)


def media_type(path: Path) -> str:
    """The media type of a file, "application/x-empty" for none, "application/octet-stream" for
    what is not recognised. Raises OSError where the file cannot be opened."""
    with path.open("rb") as file:
        head = file.read(_WINDOW)
        size = file.seek(0, 2)
        file.seek(max(len(head), size - _WINDOW))
        tail = file.read(_WINDOW)
    if not head:
        return "application/x-empty"
    for magic, name in _MAGIC:
        if head.startswith(magic):
            return name
    # An archive or a mail with a PDF in it is no PDF, however near its beginning that lies.
    if container := _container(head, tail):
        return container
    # ISO 32000-1, annex H 3.4.1: readers accept the header within the first 1,024 bytes. A page
    # of HTML, or a mail, that quotes "%PDF-" is still HTML, or a mail.
    pdf_at = head[:1024].find(b"%PDF-")
    if pdf_at >= 0:
        before = head[:pdf_at].decode("latin-1")
        if not _HTML.search(before) and not _is_mail(before):
            return "application/pdf"
    return _text(head) or "application/octet-stream"


def _container(head: bytes, tail: bytes) -> str | None:
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if head[4:8] == b"ftyp":
        brand = head[8:12]
        if brand in (b"avif", b"avis"):
            return "image/avif"
        return "image/heic" if brand[:3] in (b"hei", b"hev", b"mif", b"msf") else "video/mp4"
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        names = ((name.encode("utf-16-le"), kind) for name, kind in _OLE)
        return _first(names, head + tail) or "application/x-ole-storage"
    if head.startswith(b"PK\x03\x04"):
        # The entry's stored size stands in its header (APPNOTE 4.3.7): "PK" follows at once.
        end = 38 + int.from_bytes(head[18:22], "little")
        mimetype = _MIMETYPE.fullmatch(head, 30, min(end, 138))
        if mimetype:
            return mimetype[1].decode("ascii")
        kind = _first(_OOXML, head + tail) if b"[Content_Types].xml" in head + tail else None
        return kind or "application/zip"
    if head[:1] == b"\x30" and _SIGNED_DATA in head[:32]:
        return "application/pkcs7-mime"
    return None


def _first(table: Iterable[tuple[bytes, str]], data: bytes) -> str | None:
    return next((kind for mark, kind in table if mark in data), None)


def _text(head: bytes) -> str | None:
    text = _decoded(head)
    if text is None:
        return None
    start = text.lstrip("\ufeff \t\r\n")
    if start.startswith("<?xml") and "<svg" in start[:1024]:
        return "image/svg+xml"
    if start.startswith("<") and _HTML.search(start[:2048]):
        return "text/html"
    if start.startswith("<?xml"):
        return "application/xml"
    return "message/rfc822" if _is_mail(start) else "text/plain"


def _is_mail(text: str) -> bool:
    # Two header fields at least: one line with a colon begins many a letter.
    lines = [line for line in text[:4096].splitlines()[:30] if not line.startswith((" ", "\t"))]
    header = lines[: lines.index("")] if "" in lines else lines
    return len(header) >= 2 and sum(1 for line in header if _MAIL.match(line)) >= 2


def _decoded(head: bytes) -> str | None:
    """The text of plain-text bytes (UTF-8, UTF-16 with a mark, or an 8-bit code page)."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return head.decode("utf-16", errors="replace")
    if any(byte < 9 or 13 < byte < 27 for byte in head):
        return None
    try:
        return codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return head.decode("iso-8859-7", errors="replace")
