"""The text of office files without an office: they are ZIPs of XML (OOXML, OpenDocument).

The XML is parsed without entities and without network. What is looked for are paragraphs, cells
and slides; how they look is left to LibreOffice, where there is one.
"""

import datetime as dt
import re
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import openpyxl
from lxml import etree  # type: ignore[import-untyped]  # its stubs lag behind it
from openpyxl.utils.exceptions import InvalidFileException

from ocr.child import packed
from ocr.values import Unreadable

_LIMIT = 64 << 20  # bytes of one XML file; a thousand pages take five million
_MOST_CELLS = 500_000
_SLIDE = re.compile(r"ppt/slides/slide(\d+)\.xml")
_BESIDE = re.compile(r"word/(header|footer|footnotes|endnotes|comments)\d*\.xml")
_ENCRYPTED = b"encryption-data"


def word(path: Path) -> list[str]:
    """The text of a .docx: headers first, then the body, then notes."""
    with packed.opened(path) as archive:
        names = sorted(name for name in archive.namelist() if _BESIDE.fullmatch(name))
        heads = [name for name in names if name.startswith("word/header")]
        rest = [name for name in names if name not in heads]
        parts = [*heads, "word/document.xml", *rest]
        return ["\n".join(text for name in parts if (text := _paragraphs(archive, name)))]


def slides(path: Path) -> list[str]:
    """The text of a .pptx, a page for each slide."""
    with packed.opened(path) as archive:
        found = [match for name in archive.namelist() if (match := _SLIDE.fullmatch(name))]
        return [
            _paragraphs(archive, match[0]) for match in sorted(found, key=lambda one: int(one[1]))
        ]


def sheets(path: Path) -> list[str]:
    """The values of a .xlsx, a page for each sheet, a line for each row."""
    with packed.opened(path) as archive:
        for info in archive.infolist():
            if packed.is_bomb(info) or info.file_size > _LIMIT:
                raise Unreadable("memory", f"{info.filename!r} is too large")
    with path.open("rb") as file:  # by its path it would judge it by its ending
        try:
            book = openpyxl.load_workbook(file, read_only=True, data_only=True)
        except (InvalidFileException, KeyError, ValueError, TypeError) as exc:
            raise Unreadable("damaged", f"openpyxl: {exc}") from exc
        return _pages(book)


def _pages(book: openpyxl.Workbook) -> list[str]:
    pages, cells = [], 0
    for sheet in book.worksheets:
        lines = [str(sheet.title)]
        for row in sheet.iter_rows(values_only=True):
            cells += len(row)
            if cells > _MOST_CELLS:
                break
            shown = "\t".join(_cell(value) for value in row).rstrip()
            if shown:
                lines.append(shown)
        pages.append("\n".join(lines))
    return pages


def open_document(path: Path) -> list[str]:
    """The text of .odt, .ods, .odp: one page, or one for each sheet or slide."""
    with packed.opened(path) as archive:
        manifest = _bytes(archive, "META-INF/manifest.xml")
        if manifest is not None and _ENCRYPTED in manifest:
            raise Unreadable("locked-office", "the manifest names encrypted members")
        root = _parsed(archive, "content.xml")
    if root is None:
        raise Unreadable("damaged", "There is no content.xml")
    parts = [node for node in root.iter() if _name(node) in ("page", "table") and _is_top(node)]
    is_paged = any(_name(node) == "page" for node in parts) or any(
        _name(node) == "spreadsheet" for node in root.iter()
    )
    return [_text(node) for node in parts] if is_paged and parts else [_text(root)]


def _is_top(node: etree._Element) -> bool:
    return not any(_name(above) in ("page", "table") for above in node.iterancestors())


def _paragraphs(archive: zipfile.ZipFile, name: str) -> str:
    root = _parsed(archive, name)
    return "" if root is None else _text(root)


def _parsed(archive: zipfile.ZipFile, name: str) -> etree._Element | None:
    data = _bytes(archive, name)
    if data is None:
        return None
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=False
    )
    try:
        return etree.fromstring(data, parser)
    except etree.XMLSyntaxError as exc:
        raise Unreadable("damaged", f"{name}: {exc}") from exc


def _bytes(archive: zipfile.ZipFile, name: str) -> bytes | None:
    try:
        info = archive.getinfo(name)
    except KeyError:
        return None
    if packed.is_bomb(info):
        raise Unreadable("memory", f"{name} is too large")
    return packed.taken(archive, info, limit=_LIMIT)


_BREAKS = frozenset({"br", "cr", "line-break"})
_TABS = frozenset({"tab"})
_WORDS = frozenset({"t", "delText"})  # of OOXML; in OpenDocument every text counts
_UNSEEN = frozenset({"delText", "instrText", "tracked-changes", "forms", "shape-id"})


def _text(root: etree._Element) -> str:
    lines: list[str] = []
    for paragraph in root.iter():
        if _name(paragraph) in ("p", "h") and _is_outer(paragraph):
            lines.append("".join(_runs(paragraph)).strip())
    return "\n".join(lines).strip()


def _is_outer(paragraph: etree._Element) -> bool:
    # A box or a note inside a paragraph has paragraphs of its own: they come in their turn.
    return not any(_name(above) in _UNSEEN for above in paragraph.iterancestors())


def _runs(node: etree._Element) -> Iterator[str]:
    is_open = "opendocument" in (etree.QName(node).namespace or "") or "oasis" in (
        etree.QName(node).namespace or ""
    )
    if is_open and node.text:
        yield node.text
    for child in node:
        name = _name(child)
        if name in _WORDS and not is_open:
            if name not in _UNSEEN:
                yield child.text or ""
        elif name in _BREAKS:
            yield "\n"
        elif name in _TABS:
            yield "\t"
        elif name == "s" and is_open:
            yield " "
        elif name not in ("p", "h", *_UNSEEN):
            yield from _runs(child)
        if is_open and child.tail:
            yield child.tail


def _name(node: etree._Element) -> str:
    return etree.QName(node).localname if isinstance(node.tag, str) else ""


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, dt.datetime):
        is_day = value.time() == dt.time()
        return value.strftime("%d/%m/%Y" if is_day else "%d/%m/%Y %H:%M")
    if isinstance(value, dt.date):
        return value.strftime("%d/%m/%Y")
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return " ".join(str(value).split())


_OOXML = "application/vnd.openxmlformats-officedocument."
_ODF = "application/vnd.oasis.opendocument."
READERS: dict[str, Callable[[Path], list[str]]] = {
    _OOXML + "wordprocessingml.document": word,
    _OOXML + "spreadsheetml.sheet": sheets,
    _OOXML + "presentationml.presentation": slides,
    _ODF + "text": open_document,
    _ODF + "spreadsheet": open_document,
    _ODF + "presentation": open_document,
}
