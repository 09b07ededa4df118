"""A mail as Outlook keeps it (.msg): read by python-oxmsg, into the same shape as other mails."""

import struct
from collections.abc import Callable
from datetime import UTC
from email.utils import getaddresses
from pathlib import Path

from oxmsg import Message
from oxmsg.attachment import Attachment

from ocr.child.markup import html_text, tidy
from ocr.child.parts import Inner, Opened
from ocr.values import Unreadable

_TO, _CC = 1, 2  # PidTagRecipientType, MS-OXCMSG 2.2.3.1.2
_RECIPIENT_TYPE = 0x0C15


def opened(path: Path, *, max_parts: int, max_bytes: int, max_total: int) -> Opened:
    """The mail in a file. Raises Unreadable "damaged"."""
    try:
        return _opened(Message.load(str(path)), max_parts, max_bytes, max_total)
    except (
        AssertionError,
        AttributeError,
        IndexError,
        KeyError,
        LookupError,
        OSError,
        TypeError,
        ValueError,
        struct.error,
    ) as exc:  # python-oxmsg has no error of its own
        raise Unreadable("damaged", f"oxmsg: {type(exc).__name__}: {exc}") from exc


def _opened(message: Message, max_parts: int, max_bytes: int, max_total: int) -> Opened:
    plain, html = message.body or "", message.html_body or ""
    parts: list[Inner] = []
    notes: list[tuple[str, str]] = []
    for name, body in (("κείμενο.txt", plain), ("κείμενο.html", html)):
        if body.strip():
            parts.append(Inner(name, "body", _encoded(body)))
    total = 0
    for number, attachment in enumerate(message.attachments, start=1):
        if len(parts) >= max_parts:
            notes.append(("too-many-parts", str(max_parts)))
            break
        name = attachment.file_name or f"συνημμένο-{number}"
        total += attachment.size
        if total > max_total:
            notes.append(("too-large-inside", name))
            break
        problem = "part-too-large" if attachment.size > max_bytes else ""
        if attachment.file_bytes is None:
            problem = "part-damaged"  # a mail in the mail, or a pointer: not among the bytes
        parts.append(Inner(name, "attachment", _taker(attachment), problem))
    text = tidy(plain) if plain.strip() else html_text(html.encode("utf-8"), said="utf-8")
    return Opened(parts, headers=_headers(message), text=text, notes=notes)


def _encoded(text: str) -> Callable[[], bytes]:
    return lambda: text.encode("utf-8")


def _taker(attachment: Attachment) -> Callable[[], bytes]:
    return lambda: attachment.file_bytes or b""


def _headers(message: Message) -> dict[str, object]:
    sender = getaddresses([message.sender or ""])
    people: dict[int, list[tuple[str, str]]] = {_TO: [], _CC: []}
    for recipient in message.recipients:
        kind = recipient.properties.int_prop_value(_RECIPIENT_TYPE) or _TO
        people.setdefault(kind, []).append((recipient.name or "", recipient.email_address or ""))
    sent = message.sent_date
    return {
        "from_name": sender[0][0] if sender else "",
        "from_address": sender[0][1] if sender else "",
        "recipients": people[_TO],
        "copies": people[_CC],
        "subject": message.subject,
        "sent_at": sent.astimezone(UTC).isoformat() if sent else None,
        "message_id": message.message_headers.get("Message-ID", ""),
    }
