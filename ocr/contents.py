"""The use cases for files that are no pages: their text, and what lies in mails and archives."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, cast

from ocr.pool import children
from ocr.sniffing import media_type
from ocr.values import Limits, Reason, Unreadable

Role = Literal["body", "attachment", "inline", "member"]

_OOXML = "application/vnd.openxmlformats-officedocument."
_ODF = "application/vnd.oasis.opendocument."
MAILS = frozenset({"message/rfc822", "application/vnd.ms-outlook"})
ARCHIVES = frozenset(
    {
        "application/zip",
        "application/vnd.etsi.asic-e+zip",
        "application/vnd.etsi.asic-s+zip",
    }
)
# Their text is read without any office; LibreOffice, where it is, draws their pages too.
OFFICE = frozenset(
    {
        *(_OOXML + name for name in ("wordprocessingml.document", "spreadsheetml.sheet")),
        _OOXML + "presentationml.presentation",
        *(_ODF + name for name in ("text", "spreadsheet", "presentation")),
        "application/rtf",
    }
)
SHEETS = frozenset({_OOXML + "spreadsheetml.sheet", _ODF + "spreadsheet"})
# Only LibreOffice reads them.
OLD_OFFICE = frozenset(
    {"application/msword", "application/vnd.ms-excel", "application/vnd.ms-powerpoint"}
)
TEXTS = frozenset({"text/plain", "text/html", "application/xml", "image/svg+xml"})
# Kinds with an answer of their own in place of "unsupported".
_CLOSED: dict[str, Reason] = {
    "application/gzip": "archive",
    "application/vnd.rar": "archive",
    "application/x-7z-compressed": "archive",
    "application/ms-tnef": "winmail",
    "application/x-ms-encrypted": "locked-office",
}
_DEFAULT = Limits()
_LARGE = 20 * 1024**2
_MOST_MEMORY = 4 * 1024**3


@dataclass(frozen=True, slots=True)
class Address:
    name: str
    address: str


@dataclass(frozen=True, slots=True)
class Mail:
    """What a mail says of itself; whoever sent it may have written anything."""

    sender: Address
    recipients: tuple[Address, ...]
    copies: tuple[Address, ...]
    subject: str
    sent_at: datetime | None
    message_id: str


@dataclass(frozen=True, slots=True)
class Part:
    """A file in a mail or an archive; with a `problem` it cannot be taken out."""

    number: int
    name: str
    role: Role
    problem: str


@dataclass(frozen=True, slots=True)
class Contents:
    """What was found; notes are a code and what it is about."""

    mail: Mail | None
    text: str
    parts: tuple[Part, ...]
    notes: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class PlainText:
    """The text of a file without pages of its own, in pieces that can be shown."""

    pages: tuple[str, ...]
    is_cut: bool


def read_text(path: Path, *, limits: Limits = _DEFAULT) -> PlainText:
    """The text of a plain, HTML, RTF or office file. Nothing it points to is loaded.

    Raises Unreadable: "needs-office" for the old formats of Microsoft, "locked-office",
    "archive" and "winmail" for what stays closed, "unsupported" for what has no text.
    """
    kind = _kind(path, OFFICE | OLD_OFFICE | TEXTS)
    request = {"do": "text", **_asked(path, kind), "max_text": limits.max_text}
    answer, _ = children.ask(request, limits=_roomy(path, limits), seconds=limits.page_seconds)
    return PlainText(tuple(answer["pages"]), bool(answer["is_cut"]))


def take_apart(path: Path, *, limits: Limits = _DEFAULT) -> Contents:
    """Headers, text and parts of a mail, or the members of an archive. Raises Unreadable."""
    answer, _ = children.ask(
        {"do": "open", **_inner(path, limits)},
        limits=_roomy(path, limits),
        seconds=limits.page_seconds,
    )
    parts = tuple(
        Part(number, name, cast(Role, role), problem)
        for number, (name, role, problem) in enumerate(answer["parts"], start=1)
    )
    notes = tuple((str(code), str(about)) for code, about in answer["notes"])
    return Contents(_mail(answer["headers"]), answer["text"], parts, notes)


def part_bytes(path: Path, number: int, *, limits: Limits = _DEFAULT) -> bytes:
    """The bytes of a part by its number, from 1. Raises Unreadable."""
    request = {"do": "part", **_inner(path, limits), "number": number}
    return children.ask(request, limits=_roomy(path, limits), seconds=limits.page_seconds)[1]


def closed_kind(kind: str) -> Reason | None:
    """Why files of this kind stay closed, where they have an answer of their own."""
    return _CLOSED.get(kind)


def _inner(path: Path, limits: Limits) -> dict[str, Any]:
    return {
        **_asked(path, _kind(path, MAILS | ARCHIVES)),
        "max_parts": limits.max_parts,
        "max_part_bytes": limits.max_part_bytes,
        "max_inside_bytes": limits.max_inside_bytes,
    }


def _asked(path: Path, kind: str) -> dict[str, Any]:
    return {"path": str(path.resolve()), "kind": kind}


def _kind(path: Path, known: frozenset[str]) -> str:
    kind = media_type(path)
    if kind == "application/x-empty":
        raise Unreadable("empty", "The file has no bytes")
    if kind not in known:
        raise Unreadable(_CLOSED.get(kind, "unsupported"), f"Files of type {kind} are not opened")
    return kind


def _roomy(path: Path, limits: Limits) -> Limits:
    """A large mail lies in memory as bytes, as text and as parts."""
    size = path.stat().st_size
    if size <= _LARGE:
        return limits
    memory = min(limits.memory_bytes + 6 * size, _MOST_MEMORY)
    return replace(limits, memory_bytes=max(limits.memory_bytes, memory))


def _mail(headers: dict[str, Any] | None) -> Mail | None:
    if headers is None:
        return None
    sent = headers["sent_at"]
    return Mail(
        sender=Address(headers["from_name"], headers["from_address"]),
        recipients=_addresses(headers["recipients"]),
        copies=_addresses(headers["copies"]),
        subject=headers["subject"],
        sent_at=datetime.fromisoformat(sent) if sent else None,
        message_id=headers["message_id"],
    )


def _addresses(found: Sequence[Sequence[str]]) -> tuple[Address, ...]:
    return tuple(Address(name, address) for name, address in found)
