"""A ZIP opened one level: each member that may be taken out, and why another may not.

No path of a member is ever used: only its last name is handed on.
"""

import stat
import zipfile
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from ocr.child import packed
from ocr.child.parts import Inner, Opened
from ocr.values import Unreadable

_MIMETYPE = "mimetype"  # the first member of ASiC containers and OpenDocument


def opened(path: Path, *, max_parts: int, max_bytes: int, max_total: int) -> Opened:
    """The members of an archive, in its order. Raises Unreadable "damaged", "empty"."""
    archive = packed.opened(path)
    members = [
        info for info in archive.infolist() if not info.is_dir() and info.filename != _MIMETYPE
    ]
    if not members:
        raise Unreadable("empty", "The archive has no files")
    notes: list[tuple[str, str]] = []
    parts: list[Inner] = []
    total = 0
    for number, info in enumerate(members):
        if number >= max_parts:
            notes.append(("too-many-parts", str(max_parts)))
            break
        name, is_outside = _name(info)
        total += info.file_size
        if total > max_total:
            notes.append(("too-large-inside", name))
            break
        if is_outside:
            notes.append(("folder-name", name))
        problem = _problem(info, max_bytes)
        parts.append(Inner(name, "member", _taker(archive, info, max_bytes), problem))
    return Opened(parts, notes=notes)


def _taker(archive: zipfile.ZipFile, info: zipfile.ZipInfo, limit: int) -> Callable[[], bytes]:
    return lambda: packed.taken(archive, info, limit=limit)


def _problem(info: zipfile.ZipInfo, max_bytes: int) -> str:
    if info.flag_bits & 0x1:
        return "part-encrypted"
    if stat.S_ISLNK(info.external_attr >> 16):
        return "part-link"
    if packed.is_bomb(info):
        return "part-bomb"
    return "part-too-large" if info.file_size > max_bytes else ""


def _name(info: zipfile.ZipInfo) -> tuple[str, bool]:
    """The member's own name, and whether its path led out of the archive."""
    whole = info.filename.replace("\\", "/")
    if not info.flag_bits & 0x800:  # no UTF-8: zipfile took the bytes for code page 437
        whole = _redecoded(whole)
    path = PurePosixPath(whole)
    is_outside = path.is_absolute() or ".." in path.parts or whole[1:2] == ":"
    return path.name or "αρχείο", is_outside


def _redecoded(name: str) -> str:
    """Greek Windows writes names in code page 737, other programs UTF-8 without saying so."""
    try:
        data = name.encode("cp437")
    except UnicodeEncodeError:
        return name
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("cp737", errors="replace")
