"""What was noted in an emergency, read from the file of the offline page and checked.

The file is an append-only log. Each line carries an HMAC-SHA-256 over the line before it and its
own content, keyed by the kit: a line that was changed, removed or moved is found and named.
Nothing is ever erased in it; a mistake is struck out by a further line.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from docflow.emergency.kits import KitInfo, label
from docflow.emergency.models import Source
from docflow.errors import Conflict, Invalid
from docflow.i18n import t

FORMAT, VERSION = "docflow-emergency", 1
MAX_BYTES = 20 << 20
MAX_LINES = 20_000
# The fields of each kind of line, in the order in which they are digested (also by the page).
FIELDS: Mapping[str, tuple[str, ...]] = {
    "begin": ("cause", "started_at", "authorised_by", "operator"),
    "authorise": ("authorised_by", "note", "operator"),
    "entry": (
        "number",
        "direction",
        "subject",
        "sender",
        "recipients",
        "sender_reference",
        "sender_dated_on",
        "delivery_method",
        "delivery_detail",
        "attachments_count",
        "attachments_note",
        "operator",
    ),
    "strike": ("number", "reason", "operator"),
    "end": ("ended_at", "totals", "operator"),
}


class NoJournal(Invalid):
    """This is no file of the offline emergency page."""


class OtherKit(Conflict):
    """The file belongs to another emergency kit."""


class JournalAltered(Conflict):
    """A record of the emergency file is not as the page wrote it."""


class PeriodOpen(Conflict):
    """The emergency was not ended in the page before its file was saved."""


@dataclass(frozen=True, slots=True)
class Authorised:
    """Somebody allowed the emergency register from this instant on."""

    by: str
    at: datetime
    note: str = ""


@dataclass(frozen=True, slots=True)
class Noted:
    """One document as it was noted under an emergency number; `digest` tells it from any other."""

    number: int
    at: datetime
    direction: str
    subject: str
    sender: str = ""
    recipients: tuple[str, ...] = ()
    sender_reference: str = ""
    sender_dated_on: date | None = None
    delivery_method: str = "counter"
    delivery_detail: str = ""
    attachments_count: int = 0
    attachments_note: str = ""
    operator: str = ""
    struck_reason: str = ""
    digest: str = ""

    def record(self) -> dict[str, Any]:
        """As JSON, for keeping beside the entry."""
        return {
            "direction": self.direction,
            "subject": self.subject,
            "sender": self.sender,
            "recipients": list(self.recipients),
            "sender_reference": self.sender_reference,
            "sender_dated_on": self.sender_dated_on.isoformat() if self.sender_dated_on else None,
            "delivery_method": self.delivery_method,
            "delivery_detail": self.delivery_detail,
            "attachments_count": self.attachments_count,
            "attachments_note": self.attachments_note,
        }


@dataclass(frozen=True, slots=True)
class Emergency:
    """One period: cause, times, who allowed it, its records in the order of their numbers.

    `totals` are the entries a day that the page or the sheets state, struck ones included.
    """

    mark: str
    cause: str
    started_at: datetime
    ended_at: datetime
    authorised: tuple[Authorised, ...]
    totals: Mapping[date, int]
    noted: tuple[Noted, ...]


@dataclass(frozen=True, slots=True)
class Journal:
    """All that came back of one kit."""

    kit: KitInfo
    source: Source
    emergencies: tuple[Emergency, ...]
    file_sha256: str | None = None


def read(data: bytes, kit: KitInfo) -> Journal:
    """The journal in a file of the offline page.

    Raises NoJournal, OtherKit, JournalAltered (with the record to blame) and PeriodOpen.
    """
    document = _document(data)
    if document["kit"] != kit.code:
        raise OtherKit(
            t(
                "This file belongs to the kit {other}, not to {kit}.",
                other=str(document["kit"])[:40],
                kit=kit.code,
            ),
            field="file",
        )
    collected = _Collected()
    previous = kit.code
    for place, line in enumerate(document["log"], start=1):
        previous = _checked(line, document["journal"], place, previous, kit)
        try:
            collected.take(line, previous)
        except (ValueError, KeyError, TypeError, OverflowError) as error:
            raise NoJournal(
                t("Line {n} of the file cannot be read. Tell the administrator.", n=place),
                field="file",
            ) from error
    if collected.open is not None:
        raise PeriodOpen(
            t(
                "The emergency is still open in this file. End it in the offline page, save the "
                "file again, and upload that."
            ),
            field="file",
        )
    sha256 = hashlib.sha256(data).hexdigest()
    return Journal(kit, Source.PAGE, tuple(collected.emergencies), sha256)


def kit_code(data: bytes) -> str:
    """The kit that the file says it is of. Raises NoJournal."""
    return str(_document(data)["kit"])


def _document(data: bytes) -> dict[str, Any]:
    try:
        if len(data) > MAX_BYTES:
            raise ValueError("too large")
        document = json.loads(data.decode("utf-8-sig"))
        is_ours = document["format"] == FORMAT and document["version"] == VERSION
        if not is_ours or not isinstance(document["log"], list):
            raise ValueError("another format")
        if len(document["log"]) > MAX_LINES or not isinstance(document["journal"], str):
            raise ValueError("too long")
        str(document["kit"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise NoJournal(
            t(
                "This is not a file of the emergency page. Choose the file that the page saved; "
                "its name begins with docflow-emergency."
            ),
            field="file",
        ) from error
    return dict(document)


def canonical(journal: str, line: Mapping[str, Any]) -> str:
    """What is digested of a line; the page writes the same characters by JSON.stringify."""
    data = line["data"]
    parts = [journal, line["seq"], line["kind"], line["at"]]
    parts += [data[name] for name in FIELDS[line["kind"]]]
    return json.dumps(parts, ensure_ascii=False, separators=(",", ":"))


def check(secret: str, previous: str, text: str) -> str:
    """The digest of a line after `previous`, in hex; `secret` is the kit's key in hex."""
    message = f"{previous}\n{text}".encode()
    return hmac.new(bytes.fromhex(secret), message, hashlib.sha256).hexdigest()


def _checked(line: Any, journal: str, place: int, previous: str, kit: KitInfo) -> str:
    """The digest of the line, which is as it was written. Raises JournalAltered."""
    try:
        as_written = line["seq"] == place and hmac.compare_digest(
            check(kit.secret, previous, canonical(journal, line)), str(line["check"])
        )
        if as_written:
            return str(line["check"])
    except (KeyError, TypeError, ValueError):
        pass  # what cannot even be digested was not written by the page
    raise JournalAltered(
        t(
            "The file was changed after the page saved it: {what} (line {n}) is not as it was "
            "written. Nothing was registered. Use the file as saved, or type from paper.",
            what=_named(line, kit),
            n=place,
        ),
        field="file",
    )


def _named(line: Any, kit: KitInfo) -> str:
    try:
        return label(kit.year, int(line["data"]["number"]))
    except (KeyError, TypeError, ValueError):
        return str(line.get("kind", "?"))[:20] if isinstance(line, dict) else "?"


@dataclass(slots=True)
class _Open:
    mark: str
    cause: str
    started_at: datetime
    authorised: list[Authorised]
    noted: dict[int, Noted] = field(default_factory=dict)


@dataclass(slots=True)
class _Collected:
    """The lines read so far, as emergencies; ValueError and KeyError for what makes no sense."""

    emergencies: list[Emergency] = field(default_factory=list)
    open: _Open | None = None

    def take(self, line: Mapping[str, Any], digest: str) -> None:
        data, at = line["data"], instant(line["at"])
        if line["kind"] == "begin":
            if self.open is not None:
                raise ValueError("begun twice")
            started_at = instant(data["started_at"])
            first = Authorised(data["authorised_by"], started_at)
            self.open = _Open(digest, data["cause"], started_at, [first])
            return
        if self.open is None:
            raise ValueError("outside an emergency")
        if line["kind"] == "authorise":
            self.open.authorised.append(Authorised(data["authorised_by"], at, data["note"]))
        elif line["kind"] == "entry":
            noted = _noted(data, at, digest)
            if noted.number in self.open.noted:
                raise ValueError("number used twice")
            self.open.noted[noted.number] = noted
        elif line["kind"] == "strike":
            self._strike(int(data["number"]), data["reason"], digest)
        else:
            self._end(data)

    def _strike(self, number: int, reason: str, digest: str) -> None:
        assert self.open is not None
        before = self.open.noted[number]
        values = {name: getattr(before, name) for name in Noted.__slots__}
        values.update(struck_reason=reason or "–", digest=digest)
        self.open.noted[number] = Noted(**values)

    def _end(self, data: Mapping[str, Any]) -> None:
        ended = self.open
        assert ended is not None
        self.emergencies.append(
            Emergency(
                mark=ended.mark,
                cause=ended.cause,
                started_at=ended.started_at,
                ended_at=instant(data["ended_at"]),
                authorised=tuple(ended.authorised),
                totals=totals(data["totals"]),
                noted=tuple(ended.noted[number] for number in sorted(ended.noted)),
            )
        )
        self.open = None


def _noted(data: Mapping[str, Any], at: datetime, digest: str) -> Noted:
    dated = data["sender_dated_on"]
    return Noted(
        number=int(data["number"]),
        at=at,
        direction=data["direction"],
        subject=data["subject"],
        sender=data["sender"],
        recipients=tuple(row for row in data["recipients"].splitlines() if row.strip()),
        sender_reference=data["sender_reference"],
        sender_dated_on=date.fromisoformat(dated) if dated else None,
        delivery_method=data["delivery_method"],
        delivery_detail=data["delivery_detail"],
        attachments_count=int(data["attachments_count"] or 0),
        attachments_note=data["attachments_note"],
        operator=data["operator"],
        digest=digest,
    )


def instant(text: str) -> datetime:
    """An instant with its zone, as ISO 8601. ValueError for one without."""
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError("no zone")
    return at.astimezone(UTC)


def totals(text: str) -> dict[date, int]:
    """Entries a day from "2026-11-22=5;2026-11-23=7". ValueError where it is not so."""
    pairs = (part.split("=") for part in text.split(";") if part)
    return {date.fromisoformat(day): int(count) for day, count in pairs}
