"""A mail as it came over the wire (RFC 5322): its headers, its text, and what is attached.

The parser is the standard library's; what it makes of a broken header may raise nearly anything,
so each header is asked for by itself and falls back to its bytes.
"""

import email
import email.policy
import mimetypes
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime
from pathlib import Path
from typing import TypeVar

from ocr.child.encodings import decoded
from ocr.child.markup import html_text, tidy
from ocr.child.parts import Inner, Opened
from ocr.values import Unreadable

_MOST_DEPTH = 30
_BROKEN = (
    AttributeError,
    HeaderParseError,
    IndexError,
    KeyError,
    LookupError,
    TypeError,
    UnicodeError,
    ValueError,
)
_BLANKS = re.compile(r"\s+")
T = TypeVar("T")


def opened(path: Path, *, max_parts: int, max_bytes: int, max_total: int) -> Opened:
    """The mail in a file. Raises Unreadable "damaged" where it has neither headers nor text."""
    message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    if not message.keys():
        raise Unreadable("damaged", "The mail has no headers")
    leaves = list(_leaves(message, 0))
    body = _chosen_body(leaves)
    parts: list[Inner] = []
    notes: list[tuple[str, str]] = []
    total = 0
    for leaf in leaves:
        if len(parts) >= max_parts:
            notes.append(("too-many-parts", str(max_parts)))
            break
        size = len(_payload(leaf))
        name, role = _name(leaf, len(parts) + 1), _role(leaf)
        total += size
        if total > max_total:
            notes.append(("too-large-inside", name))
            break
        if size == 0 and role == "body":
            continue
        problem = "part-too-large" if size > max_bytes else ""
        parts.append(Inner(name, role, _taker(leaf), problem))
    return Opened(parts, headers=_headers(message), text=_text(body), notes=notes)


def _taker(leaf: Message) -> Callable[[], bytes]:
    return lambda: _payload(leaf)


def _leaves(part: Message, depth: int) -> Iterator[Message]:
    """Everything that is no envelope; a mail in the mail is one part, as it is."""
    if depth > _MOST_DEPTH:
        raise Unreadable("damaged", "Parts lie too deep in each other")
    if part.get_content_maintype() == "multipart" and part.is_multipart():
        for inner in part.get_payload():
            if isinstance(inner, Message):
                yield from _leaves(inner, depth + 1)
    else:
        yield part


def _payload(leaf: Message) -> bytes:
    if leaf.get_content_maintype() == "message" and leaf.is_multipart():
        inner = leaf.get_payload()
        if isinstance(inner, list) and inner and isinstance(inner[0], Message):
            return _safely(inner[0].as_bytes) or b""
    data = leaf.get_payload(decode=True)
    return data if isinstance(data, bytes) else b""


def _role(leaf: Message) -> str:
    kind, disposition = leaf.get_content_type(), _safely(leaf.get_content_disposition)
    if kind in ("text/plain", "text/html") and disposition != "attachment" and not _file_name(leaf):
        return "body"
    is_shown = disposition == "inline" or (leaf.get("Content-ID") and disposition is None)
    return "inline" if is_shown and leaf.get_content_maintype() == "image" else "attachment"


def _chosen_body(leaves: list[Message]) -> Message | None:
    """The plain text where there is some, else the HTML."""
    bodies = [leaf for leaf in leaves if _role(leaf) == "body" and _payload(leaf).strip()]
    plain = [leaf for leaf in bodies if leaf.get_content_type() == "text/plain"]
    return next(iter(plain or bodies), None)


def _text(body: Message | None) -> str:
    if body is None:
        return ""
    said = str(_safely(body.get_content_charset) or "")
    if body.get_content_type() == "text/html":
        return html_text(_payload(body), said=said)
    return tidy(decoded(_payload(body), said=said))


def _file_name(leaf: Message) -> str:
    return str(_safely(leaf.get_filename) or "").strip()


def _name(leaf: Message, number: int) -> str:
    if name := _file_name(leaf):
        return _undone(name)
    kind = leaf.get_content_type()
    if _role(leaf) == "body":
        return "κείμενο.html" if kind == "text/html" else "κείμενο.txt"
    if kind == "message/rfc822":
        inner = leaf.get_payload()
        mail = inner[0] if isinstance(inner, list) and inner else None
        subject = _header(mail, "Subject") if isinstance(mail, Message) else ""
        return f"{subject or 'μήνυμα'}.eml"
    return f"συνημμένο-{number}{mimetypes.guess_extension(kind) or ''}"


def _headers(message: Message) -> dict[str, object]:
    sender = _addresses(message, "From")
    return {
        "from_name": sender[0][0] if sender else "",
        "from_address": sender[0][1] if sender else "",
        "recipients": _addresses(message, "To"),
        "copies": _addresses(message, "Cc"),
        "subject": _header(message, "Subject"),
        "sent_at": _date(_header(message, "Date")),
        "message_id": _header(message, "Message-ID"),
    }


def _addresses(message: Message, name: str) -> list[tuple[str, str]]:
    found = _safely(lambda: getaddresses([_header(message, name)])) or []
    return [(one, address) for one, address in found if one or address][:200]


def _header(message: Message, name: str) -> str:
    raw = next((text for key, text in message.raw_items() if key.lower() == name.lower()), "")
    # Bytes above 127 that nobody named an alphabet of: the parser would make question marks.
    value = raw if not raw.isascii() else _safely(lambda: message.get(name))
    value = raw if value is None else value
    return _BLANKS.sub(" ", _undone(str(value))).strip()


def _undone(text: str) -> str:
    """Words that are still encoded (RFC 2047), or bytes that nobody named an alphabet of."""
    if "=?" in text:
        pieces = _safely(lambda: decode_header(text)) or []
        text = "".join(
            piece if isinstance(piece, str) else decoded(piece, said=charset or "")
            for piece, charset in pieces
        )
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return decoded(text.encode("utf-8", errors="surrogateescape"))
    return text


def _date(text: str) -> str | None:
    moment = _safely(lambda: parsedate_to_datetime(text))
    if not isinstance(moment, datetime):
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return str(_safely(lambda: aware.astimezone(UTC).isoformat()) or "") or None


def _safely(ask: Callable[[], T]) -> T | None:
    try:
        return ask()
    except _BROKEN:
        return None
