"""What a day's register says, from the rows of the book, in a form that is the same whenever it is
composed: only what was written once goes in, so that the digest can be checked for ever.

Persons and units stand by their ids; their names, which may change, are printed beside them.
Source: domain rows 19 and 21; DPCM 3-12-2013 art. 7 par. 5 as model.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from docflow import audit, clock, registry
from docflow import canonical as canonical_json
from docflow.principal import Principal, Role
from docflow.registry import (
    Annulment,
    Book,
    Correction,
    Entry,
    Provisional,
    Recipient,
    Reservation,
)

FORM = 1  # of the content; a later form gets the next number
Content = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Day:
    """A day of a book: from its midnight to the next, in the office's zone."""

    book: Book
    day: date
    starts_at: datetime
    ends_at: datetime
    zone: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where a register stands: its running number, what is before it, the head of the trail."""

    running: int
    previous_sha256: str
    trail: Mapping[str, Any]  # size and root of the audit log


def compose(
    session: Session, of: Day, *, place: Place, concealed: Collection[int] | None = None
) -> Content:
    """The content of the register of a day.

    `concealed` are the ids of the entries of which only number, time and digest are told; without
    it, those that not every clerk of the registry may read.
    """
    entries = session.scalars(
        select(Entry)
        .where(Entry.book_id == of.book.id, _within(Entry.registered_at, of))
        .order_by(Entry.registered_at, Entry.id)
    ).all()
    annulled = _annulments(session, of)
    corrected = _corrections(session, of)
    if concealed is None:
        ids = {entry.id for entry in entries}
        ids |= {entry.id for _, entry in annulled} | {entry.id for _, entry in corrected}
        concealed = not_for_all(session, of.book, ids)
    reservations = session.scalars(
        select(Reservation)
        .where(Reservation.book_id == of.book.id, _within(Reservation.taken_at, of))
        .order_by(Reservation.taken_at, Reservation.id)
    ).all()
    recipients = _recipients(session, [one.id for one in entries])
    cores = _cores(session, [one.id for one in entries])
    provisional = _provisional(session, [one.id for one in entries], of.ends_at)
    return {
        "form": FORM,
        "book": of.book.code,
        "day": of.day.isoformat(),
        "zone": of.zone,
        "running": place.running,
        "previous": place.previous_sha256,
        "trail": dict(place.trail),
        "series": _series(entries, reservations),
        "entries": [
            {
                **_numbered(entry),
                "registered_at": instant(entry.registered_at),
                "received_at": instant(entry.received_at),
                "late_days": _delay(entry, of.zone),
                "registered_by": entry.registered_by,
                "core": cores.get(entry.id),
                "provisional": entry.id in provisional,
                **_said(entry, recipients.get(entry.id, []), concealed),
            }
            for entry in entries
        ],
        "corrections": [_correction(row, entry, of, concealed) for row, entry in corrected],
        "annulments": [_annulment(row, entry, of, concealed) for row, entry in annulled],
        "reservations": [
            {
                "label": row.label,
                "taken_at": instant(row.taken_at),
                "owner": row.owner_id,
                "reason": row.reason,
                "expires_at": instant(row.expires_at),
            }
            for row in reservations
        ],
    }


def digest(content: Mapping[str, Any]) -> str:
    """SHA-256 (hex) over the canonical JSON of a content."""
    return canonical_json.digest(content)


def canonical(content: Mapping[str, Any]) -> bytes:
    """JSON with sorted keys and without blanks, in UTF-8."""
    return canonical_json.encoded(content)


def concealed_in(content: Mapping[str, Any]) -> set[int]:
    """The entries of which a content tells no more than number, time and digest."""
    lists = (content["entries"], content["corrections"], content["annulments"])
    return {int(one["id"]) for rows in lists for one in rows if one["concealed"]}


def instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def _within(column: Any, of: Day) -> ColumnElement[bool]:
    return and_(column >= of.starts_at, column < of.ends_at)


def _numbered(entry: Entry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "label": entry.label,
        "series": entry.series,
        "number": entry.number,
        "sub": entry.sub_number,
        "shared": entry.shares_number_of is not None,
        "direction": entry.direction,
    }


def _said(entry: Entry, recipients: list[str], concealed: Collection[int]) -> dict[str, Any]:
    """What the entry says of its document, as it was registered."""
    if entry.id in concealed:
        return {"concealed": True}
    return {
        "concealed": False,
        "subject": entry.subject,
        "sender": entry.sender_name,
        "reference": entry.sender_reference,
        "dated_on": entry.sender_dated_on.isoformat() if entry.sender_dated_on else None,
        "recipients": recipients,
        "delivery": entry.delivery_method,
        "attachments": entry.attachments_count,
        "unit": entry.addressee_unit_id,
    }


def _delay(entry: Entry, zone: str) -> int:
    """Whole days between receipt and registration: 0 is the same day, as the law wants it.

    Source: ν. 2690/1999 art. 12 («αυθημερόν»).
    """
    received = clock.local(entry.received_at, zone).date()
    return max((clock.local(entry.registered_at, zone).date() - received).days, 0)


def _series(
    entries: Sequence[Entry], reservations: Sequence[Reservation]
) -> dict[str, dict[str, int]]:
    """First and last number that each series gave on the day, and how many."""
    given: dict[str, list[int]] = {}
    for entry in entries:
        own = entry.reservation_id is None and entry.shares_number_of is None
        if own and entry.sub_number <= 1:
            given.setdefault(entry.series, []).append(entry.number)
    for row in reservations:
        given.setdefault(row.series, []).append(row.number)
    return {
        series: {"first": min(numbers), "last": max(numbers), "given": len(numbers)}
        for series, numbers in sorted(given.items())
    }


def _annulments(session: Session, of: Day) -> list[tuple[Annulment, Entry]]:
    rows = session.execute(
        select(Annulment, Entry)
        .join(Entry, Entry.id == Annulment.entry_id)
        .where(Entry.book_id == of.book.id, _within(Annulment.annulled_at, of))
        .order_by(Annulment.annulled_at, Entry.id)
    )
    return [(row[0], row[1]) for row in rows]


def _annulment(row: Annulment, entry: Entry, of: Day, concealed: Collection[int]) -> dict[str, Any]:
    said = {"reason": row.reason}
    if entry.id in concealed:
        core = {"entry": entry.id, **said, "by": row.annulled_by, "at": instant(row.annulled_at)}
        said = {"reason": "", "digest": digest(core)}
    return {
        **_touched(entry, of, concealed),
        **said,
        "by": row.annulled_by,
        "at": instant(row.annulled_at),
    }


def _corrections(session: Session, of: Day) -> list[tuple[Correction, Entry]]:
    rows = session.execute(
        select(Correction, Entry)
        .join(Entry, Entry.id == Correction.entry_id)
        .where(Entry.book_id == of.book.id, _within(Correction.corrected_at, of))
        .order_by(Correction.corrected_at, Correction.id)
    )
    return [(row[0], row[1]) for row in rows]


def _correction(
    row: Correction, entry: Entry, of: Day, concealed: Collection[int]
) -> dict[str, Any]:
    said = {
        "field": row.field,
        "old": row.old,
        "new": row.new,
        "reason": row.reason,
        "authority": row.authority,
    }
    if entry.id in concealed:
        said = {
            "field": "",
            "reason": "",
            "authority": "",
            "digest": registry.correction_digest(row),
        }
    return {
        **_touched(entry, of, concealed),
        **said,
        "kind": row.kind,
        "by": row.corrected_by,
        "at": instant(row.corrected_at),
    }


def _touched(entry: Entry, of: Day, concealed: Collection[int]) -> dict[str, Any]:
    """The entry that an act of the day was about; `older` where it is of an earlier day."""
    return {
        "id": entry.id,
        "label": entry.label,
        "older": entry.registered_at < of.starts_at,
        "concealed": entry.id in concealed,
    }


def not_for_all(session: Session, book: Book, ids: Collection[int]) -> set[int]:
    """Those entries that somebody who reads the whole book may still not read.

    Of these no reason is told either: it may say what the document was about.
    """
    if not ids:
        return set()
    reader = Principal(
        user_id=None,
        body_id=book.body_id,
        username="",
        full_name="",
        roles=frozenset({Role.AUDITOR}),
        confidential_reads=frozenset({book.id} if book.is_confidential else ()),
    )
    seen = session.scalars(select(Entry.id).where(Entry.id.in_(ids), registry.visible_to(reader)))
    return set(ids) - set(seen)


def _recipients(session: Session, ids: Sequence[int]) -> dict[int, list[str]]:
    named: dict[int, list[str]] = {}
    rows = session.execute(
        select(Recipient.entry_id, Recipient.name)
        .where(Recipient.entry_id.in_(ids))
        .order_by(Recipient.entry_id, Recipient.position)
    )
    for entry_id, name in rows:
        named.setdefault(entry_id, []).append(name)
    return named


def _provisional(session: Session, ids: Sequence[int], at: datetime) -> set[int]:
    """The entries that still waited for their description at that instant."""
    waits = or_(Provisional.described_at.is_(None), Provisional.described_at >= at)
    return set(
        session.scalars(select(Provisional.entry_id).where(Provisional.entry_id.in_(ids), waits))
    )


def _cores(session: Session, ids: Sequence[int]) -> dict[int, str]:
    """The digests of the entries' cores, as the trail has them since their registration."""
    rows = session.execute(
        select(audit.Event.subject_id, audit.Event.details["core"].as_string()).where(
            audit.Event.subject_type == "entry",
            audit.Event.subject_id.in_(ids),
            audit.Event.action == "entry.registered",
        )
    )
    return {entry_id: core for entry_id, core in rows}
