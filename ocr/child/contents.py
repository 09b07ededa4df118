"""Files that are no pages: the text of office files, and what lies in mails and archives."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ocr.child import archives, mail, markup, office_text, outlook
from ocr.child.encodings import decoded
from ocr.child.parts import Opened
from ocr.values import Unreadable

PAGE_CHARS = 20_000  # a text without pages is cut at a line about there


def text(request: dict[str, Any]) -> dict[str, Any]:
    """The text of a file, in pages; `is_cut` where it goes on after them."""
    path, kind, most = Path(request["path"]), request["kind"], int(request["max_text"])
    found = _pages(path, kind, most)
    pages: list[str] = []
    left = most
    for page in found:
        for piece in _pieces(page):
            if left <= 0:
                return {"pages": pages, "is_cut": True}
            pages.append(piece[:left].replace("\x00", ""))
            left -= len(piece)
    return {"pages": pages or [""], "is_cut": left < 0}


def _pages(path: Path, kind: str, most: int) -> list[str]:
    if reader := office_text.READERS.get(kind):
        return reader(path)
    data = _start(path, 4 * most)
    if kind == "text/html":
        return [markup.html_text(data)]
    if kind == "application/rtf":
        return [markup.rtf_text(data)]
    if kind in ("text/plain", "application/xml", "image/svg+xml"):
        return decoded(data).split("\f")
    raise Unreadable("needs-office", f"{kind} is read by LibreOffice alone")


def _start(path: Path, size: int) -> bytes:
    with path.open("rb") as file:
        return file.read(size)


def _pieces(page: str) -> list[str]:
    pieces = []
    while len(page) > PAGE_CHARS:
        end = page.rfind("\n", 1, PAGE_CHARS)
        end = end if end > PAGE_CHARS // 2 else PAGE_CHARS
        pieces.append(page[:end])
        page = page[end:].lstrip("\n")
    return [*pieces, page]


Opener = Callable[..., Opened]
OPENERS: dict[str, Opener] = {
    "message/rfc822": mail.opened,
    "application/vnd.ms-outlook": outlook.opened,
    "application/zip": archives.opened,
    "application/vnd.etsi.asic-e+zip": archives.opened,
    "application/vnd.etsi.asic-s+zip": archives.opened,
}


@dataclass(frozen=True, slots=True)
class _Kept:
    key: tuple[str, int, int]
    opened: Opened


_kept: list[_Kept] = []  # the last one: its parts are asked for one after the other


def taken_apart(request: dict[str, Any]) -> dict[str, Any]:
    """Headers, text and parts of a mail or an archive; the bytes of a part follow by `part`."""
    opened = _opened(request)
    return {
        "headers": opened.headers,
        "text": opened.text.replace("\x00", ""),
        "parts": [[part.name, part.role, part.problem] for part in opened.parts],
        "notes": [list(note) for note in opened.notes],
    }


def part(request: dict[str, Any]) -> bytes:
    """The bytes of the part with this number, from 1."""
    return _opened(request).parts[int(request["number"]) - 1].bytes_of()


def _opened(request: dict[str, Any]) -> Opened:
    path = Path(request["path"])
    stat = path.stat()
    key = (str(path), stat.st_mtime_ns, stat.st_size)
    if not _kept or _kept[0].key != key:
        _kept.clear()
        opened = OPENERS[request["kind"]](
            path,
            max_parts=int(request["max_parts"]),
            max_bytes=int(request["max_part_bytes"]),
            max_total=int(request["max_inside_bytes"]),
        )
        _kept.append(_Kept(key, opened))
    return _kept[0].opened
