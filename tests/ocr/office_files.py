"""Office files, mails and archives made on the spot, as small as they can be."""

import io
import struct
import zipfile
from collections.abc import Mapping
from email.message import EmailMessage

import openpyxl

_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_DOCUMENT = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"
_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_DRAWING = "http://schemas.openxmlformats.org/drawingml/2006/main"
_SLIDES = "http://schemas.openxmlformats.org/presentationml/2006/main"
_OPEN = "urn:oasis:names:tc:opendocument:xmlns"
_MAIN = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"


def packed(members: Mapping[str, str | bytes], *, first: str = "") -> bytes:
    """A ZIP; `first` is a member that stands before all others, stored."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        if first:
            archive.writestr("mimetype", first, zipfile.ZIP_STORED)
        for name, data in members.items():
            archive.writestr(name, data)
    return made.getvalue()


def docx(*paragraphs: str, body: str = "", more: Mapping[str, str] | None = None) -> bytes:
    """A .docx with these paragraphs, or with this body in WordprocessingML."""
    runs = body or "".join(f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>" for text in paragraphs)
    return packed(
        {
            "[Content_Types].xml": (
                f'<Types xmlns="{_TYPES}"><Default Extension="rels" ContentType='
                '"application/vnd.openxmlformats-package.relationships+xml"/>'
                '<Default Extension="xml" ContentType="application/xml"/>'
                f'<Override PartName="/word/document.xml" ContentType="{_MAIN}"/></Types>'
            ),
            "_rels/.rels": (
                f'<Relationships xmlns="{_RELATIONS}"><Relationship Id="r" Type="{_DOCUMENT}" '
                'Target="word/document.xml"/></Relationships>'
            ),
            "word/document.xml": (
                f'<w:document xmlns:w="{_WORD}"><w:body>{runs}</w:body></w:document>'
            ),
            **(more or {}),
        }
    )


def pptx(*slides: str) -> bytes:
    """As much of a .pptx as its text needs."""
    return packed(
        {
            "[Content_Types].xml": f'<Types xmlns="{_TYPES}"/>',
            **{
                f"ppt/slides/slide{number}.xml": (
                    f'<p:sld xmlns:p="{_SLIDES}" xmlns:a="{_DRAWING}"><a:p><a:r><a:t>{text}</a:t>'
                    "</a:r></a:p></p:sld>"
                )
                for number, text in enumerate(slides, start=1)
            },
        }
    )


def xlsx(*rows: list[object], title: str = "Φύλλο") -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = title
    for row in rows:
        sheet.append(row)
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def odt(*paragraphs: str) -> bytes:
    """An .odt that LibreOffice opens."""
    words = "".join(f"<text:p>{text}</text:p>" for text in paragraphs)
    kind = "application/vnd.oasis.opendocument.text"
    return packed(
        {
            "content.xml": (
                f'<office:document-content xmlns:office="{_OPEN}:office:1.0" '
                f'xmlns:text="{_OPEN}:text:1.0" office:version="1.2"><office:body><office:text>'
                f"{words}</office:text></office:body></office:document-content>"
            ),
            "META-INF/manifest.xml": (
                f'<manifest:manifest xmlns:manifest="{_OPEN}:manifest:1.0">'
                f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{kind}"/>'
                '<manifest:file-entry manifest:full-path="content.xml" '
                'manifest:media-type="text/xml"/></manifest:manifest>'
            ),
        },
        first=kind,
    )


def rtf(text: str, *, code_page: int = 1253) -> bytes:
    escaped = "".join(
        chr(byte) if byte < 0x80 else f"\\'{byte:02x}" for byte in text.encode(f"cp{code_page}")
    )
    return rf"{{\rtf1\ansi\ansicpg{code_page}{{\fonttbl{{\f0 Arial;}}}}\f0 {escaped}\par}}".encode()


def eml(
    text: str = "Σας στέλνουμε την αίτηση.",
    *,
    subject: str = "Αίτηση βεβαίωσης",
    attachments: Mapping[str, bytes] | None = None,
    html: str = "",
    inline: bytes = b"",
) -> bytes:
    """A mail of a citizen; attachments by name."""
    mail = EmailMessage()
    mail["From"] = "Ελένη Δήμου <eleni@example.gr>"
    mail["To"] = "protocol@example.gr"
    mail["Cc"] = "Άλλος <allos@example.gr>"
    mail["Subject"] = subject
    mail["Date"] = "Mon, 16 Nov 2026 10:30:00 +0200"
    mail["Message-ID"] = "<1@example.gr>"
    mail.set_content(text)
    if html:
        mail.add_alternative(html, subtype="html")
        if inline:
            shown = list(mail.iter_parts())[-1]
            shown.add_related(inline, "image", "png", cid="<logo>")  # type: ignore[attr-defined]
    for name, data in (attachments or {}).items():
        kind = ("message", "rfc822") if name.endswith(".eml") else ("application", "octet-stream")
        if kind[0] == "message":
            inner = EmailMessage()
            inner["Subject"] = "Παλαιότερο μήνυμα"
            inner["From"] = "x@example.gr"
            inner.set_content(data.decode())
            mail.add_attachment(inner, filename=name)
        else:
            mail.add_attachment(data, maintype=kind[0], subtype=kind[1], filename=name)
    return bytes(mail)


def msg(
    subject: str, body: str, *, sender: tuple[str, str], attachment: tuple[str, bytes]
) -> bytes:
    """A message as Outlook keeps it (MS-OXMSG): one recipient less, one attachment."""
    streams = {
        "__substg1.0_0037001F": subject.encode("utf-16-le"),
        "__substg1.0_1000001F": body.encode("utf-16-le"),
        "__substg1.0_0C1A001F": sender[0].encode("utf-16-le"),
        "__substg1.0_0C1F001F": sender[1].encode("utf-16-le"),
    }
    name, data = attachment
    inside = {
        "__substg1.0_37010102": data,
        "__substg1.0_3707001F": name.encode("utf-16-le"),
    }
    head = struct.pack("<8x4I8x", 0, 1, 0, 1)
    tree = {
        "__properties_version1.0": head + _properties(streams),
        **streams,
        "__attach_version1.0_#00000000": {
            "__properties_version1.0": bytes(8) + _properties(inside),
            **inside,
        },
    }
    return compound(tree)


def _properties(streams: Mapping[str, bytes]) -> bytes:
    """The 16-byte entries of a property stream: tag, flags, size (MS-OXMSG 2.4.2.2)."""
    entries = b""
    for name, data in streams.items():
        tag = int(name[-8:], 16)
        ending = 2 if name.endswith("001F") else 0
        entries += struct.pack("<IIII", tag, 6, len(data) + ending, 0)
    return entries


_SECTOR, _MINI = 512, 64
_END, _FREE, _NONE = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFF
_FAT_SECTOR = 0xFFFFFFFD

Tree = Mapping[str, "bytes | Tree"]


def compound(tree: Tree) -> bytes:
    """A compound file (MS-CFB, version 3) of these storages and streams."""
    entries: list[list[object]] = [["Root Entry", 5, _NONE, _NONE, _NONE, b""]]
    _lay(tree, 0, entries)
    mini, large = bytearray(), bytearray()
    mini_fat: list[int] = []
    starts: list[int] = []
    chains: list[tuple[int, int]] = []
    for entry in entries:
        data = entry[5]
        assert isinstance(data, bytes)
        if not data:
            starts.append(_END if entry[1] == 2 else 0)
        elif len(data) < 4096:
            starts.append(len(mini_fat))
            count = -(-len(data) // _MINI)
            mini_fat += [len(mini_fat) + i + 1 for i in range(count - 1)] + [_END]
            mini += data.ljust(count * _MINI, b"\0")
        else:
            starts.append(len(large) // _SECTOR)
            count = -(-len(data) // _SECTOR)
            chains.append((starts[-1], count))
            large += data.ljust(count * _SECTOR, b"\0")
    return _written(entries, starts, bytes(mini), mini_fat, bytes(large), chains)


def _lay(tree: Tree, above: int, entries: list[list[object]]) -> None:
    """Children hang in a list, each to the right of the one before: a legal, if lame, tree."""
    names = sorted(tree, key=lambda name: (len(name), name.upper()))
    previous = None
    for name in names:
        number = len(entries)
        inner = tree[name]
        is_stream = isinstance(inner, bytes)
        entries.append(
            [name, 2 if is_stream else 1, _NONE, _NONE, _NONE, inner if is_stream else b""]
        )
        if previous is None:
            entries[above][4] = number
        else:
            entries[previous][3] = number
        previous = number
        if not isinstance(inner, bytes):
            _lay(inner, number, entries)


def _written(
    entries: list[list[object]],
    starts: list[int],
    mini: bytes,
    mini_fat: list[int],
    large: bytes,
    chains: list[tuple[int, int]],
) -> bytes:
    fat: list[int] = []
    for start, count in chains:
        fat += [start + i + 1 for i in range(count - 1)] + [_END]
    body = bytearray(large)

    def add(data: bytes, filler: bytes = b"\0") -> int:
        if not data:
            return _END
        count = -(-len(data) // _SECTOR)
        start = len(fat)
        fat.extend([*(start + i + 1 for i in range(count - 1)), _END])
        body.extend(data.ljust(count * _SECTOR, filler))
        return start

    mini_start = add(mini)
    mini_fat_bytes = struct.pack(f"<{len(mini_fat)}I", *mini_fat)
    mini_fat_start = add(mini_fat_bytes, b"\xff")
    table = b""
    for (name, kind, left, right, child, data), start in zip(entries, starts, strict=True):
        is_root = kind == 5
        words = str(name).encode("utf-16-le")
        size = len(mini) if is_root else len(data)  # type: ignore[arg-type]
        table += words.ljust(64, b"\0") + struct.pack("<HBB", len(words) + 2, kind, 1)
        table += struct.pack("<III", left, right, child) + bytes(36)
        table += struct.pack("<IQ", mini_start if is_root else start, size)
    directory = add(table)
    fat_sectors = 1
    while (len(fat) + fat_sectors) * 4 > fat_sectors * _SECTOR:
        fat_sectors += 1
    first = len(fat)
    fat += [_FAT_SECTOR] * fat_sectors
    fat_bytes = struct.pack(f"<{len(fat)}I", *fat).ljust(fat_sectors * _SECTOR, b"\xff")
    header = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(16)
    header += struct.pack("<HHHHH6x", 0x3E, 3, 0xFFFE, 9, 6)
    header += struct.pack(
        "<IIIIIIIII",
        0,
        fat_sectors,
        directory,
        0,
        4096,
        mini_fat_start,
        -(-len(mini_fat_bytes) // _SECTOR),
        _END,
        0,
    )
    places = [first + i for i in range(fat_sectors)]
    header += struct.pack(f"<{len(places)}I", *places).ljust(_SECTOR - len(header), b"\xff")
    return header + bytes(body) + fat_bytes
