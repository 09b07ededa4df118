"""ZIP members taken out within limits: of archives, and of the office formats, which are ZIPs."""

import zipfile
import zlib
from pathlib import Path

from ocr.values import Reason, Unreadable

_MOST_MEMBERS = 10_000
_RATIO = 200  # text packs to a tenth, an empty table to a hundredth; bombs to a thousandth
_FREE = 10 << 20  # what anything may unpack to


def opened(path: Path) -> zipfile.ZipFile:
    """Raises Unreadable "damaged"."""
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, RuntimeError, OSError, ValueError, EOFError) as exc:
        raise Unreadable("damaged", f"ZIP: {exc}") from exc
    if len(archive.infolist()) > _MOST_MEMBERS:
        raise Unreadable("damaged", f"{len(archive.infolist())} members")
    return archive


def is_bomb(info: zipfile.ZipInfo) -> bool:
    """Whether a member says that it unpacks to far more than what it is packed in."""
    return info.file_size > _FREE and info.file_size > _RATIO * max(1, info.compress_size)


def taken(archive: zipfile.ZipFile, info: zipfile.ZipInfo, *, limit: int) -> bytes:
    """The bytes of a member, at most `limit`: whatever its header says, no more is unpacked.

    Raises Unreadable: "encrypted", "damaged", "memory" where it is larger.
    """
    if info.flag_bits & 0x1:
        raise Unreadable("encrypted", f"{info.filename!r} is encrypted")
    try:
        with archive.open(info) as member:
            data = member.read(limit + 1)
    except (zipfile.BadZipFile, RuntimeError, zlib.error, EOFError, OSError, ValueError) as exc:
        # RuntimeError is its word for a wanted password, and for a packing that it does not know.
        code: Reason = "encrypted" if "password" in str(exc) else "damaged"
        raise Unreadable(code, f"{info.filename!r}: {exc}") from exc
    if len(data) > limit:
        raise Unreadable("memory", f"{info.filename!r} unpacks to more than {limit} bytes")
    return data
