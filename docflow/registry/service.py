"""Registering documents, and striking entries out.

Source of the data of an entry: ν. 2690/1999 art. 12 (running number, subject, items that accompany
it, organ addressed, date), domain rows 8, 28 to 31.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from docflow import audit, clock, documents, organization, parties
from docflow.errors import Conflict, Invalid
from docflow.folding import fold_reference, line
from docflow.i18n import t
from docflow.principal import Principal
from docflow.registry import codes, indexing, numbering
from docflow.registry.access import (
    book_named,
)
from docflow.registry.annulment import require_not_annulled
from docflow.registry.models import (
    Access,
    Book,
    DeliveryMethod,
    Direction,
    Entry,
    EntryRelation,
    Handling,
    HandlingState,
    IdempotencyKey,
    Recipient,
    Relation,
)
from docflow.registry.queries import get

MIN_SUBJECT, MAX_SUBJECT, MAX_LINE, MAX_KEY = 3, 1000, 300, 200
EARLIEST = date(1900, 1, 1)


class BadSubject(Invalid):
    """A subject has 3 to 1,000 characters."""


class BadDate(Invalid):
    """A document is not dated, nor received, in the future or before 1900."""


class SenderMissing(Invalid):
    """An incoming document has a sender."""


class RecipientMissing(Invalid):
    """An outgoing document has at least one recipient."""


class BadCount(Invalid):
    """The number of attachments is a whole number from 0 to 9,999."""


class TooLong(Invalid):
    """A field is longer than its place in the book."""


class NoSecretariat(Conflict):
    """The body has no unit yet where new entries land."""


class BadKey(Invalid):
    """An Idempotency-Key has 1 to 200 printable characters."""


class KeyReused(Conflict):
    """An Idempotency-Key belongs to one request; another request needs another key."""


@dataclass(frozen=True, slots=True)
class NewEntry:
    """What a person says of a document. Number and time are not among it: the server gives them."""

    direction: Direction
    subject: str
    book: str | None = None
    sender: parties.Contact | None = None
    recipients: tuple[parties.Contact, ...] = ()
    copies: tuple[parties.Contact, ...] = ()
    sender_reference: str = ""
    sender_dated_on: date | None = None
    delivery_method: DeliveryMethod = DeliveryMethod.COUNTER
    delivery_detail: str = ""
    attachments_count: int = 0
    attachments_note: str = ""
    addressee_unit_id: int | None = None
    received_at: datetime | None = None
    relations: tuple[tuple[int, Relation], ...] = field(default=())


def register(
    session: Session,
    new: NewEntry,
    uploads: Sequence[documents.Upload],
    *,
    by: Principal,
    zone: str,
    ocr_languages: list[str],
    idempotency_key: str | None = None,
) -> Entry:
    """Enter a document in its book: number, time, files, event and jobs in this transaction.

    The bytes of `uploads` are already durable. The same `idempotency_key` of the same person
    with the same request gives the entry that it gave before; with another request, KeyReused.
    Raises Invalid where the input is wrong, NoSuchBook, NotAllowed, YearClosed.
    """
    by.require_scope("register")
    digest = _request_digest(new, uploads)
    if idempotency_key and (earlier := _earlier(session, by, idempotency_key, digest)):
        return earlier
    book = book_named(session, new.book, by, to_write=True)
    new = _checked(session, new, by, zone)
    entry_id = session.execute(select(func.nextval("entries_id_seq"))).scalar_one()
    entry, recipients = _compose(session, entry_id, new, book, by)
    session.add_all(recipients)
    for other_id, kind in new.relations:
        session.add(EntryRelation(entry_id=entry_id, other_id=other_id, kind=kind))
    documents.attach(session, entry_id, list(uploads), by=by, languages=ocr_languages)
    _land(session, entry, by)
    indexing.index(session, entry, recipients=[recipient.name for recipient in recipients])
    if idempotency_key:
        session.add(
            IdempotencyKey(
                user_id=by.person_id,
                key=idempotency_key,
                request_digest=digest,
                entry_id=entry_id,
            )
        )
    # From here on nobody else registers in this book: only what needs the number comes after it.
    entry.year, entry.number, entry.registered_at = numbering.take(session, book, zone=zone)
    entry.received_at = new.received_at or entry.registered_at
    session.add(entry)
    audit.record(
        session,
        "entry.registered",
        by=by,
        subject=("entry", entry.id),
        at=entry.registered_at,
        book=book.code,
        year=entry.year,
        number=entry.number,
        core=core_digest(entry),
        files=[upload.sha256 for upload in uploads],
    )
    session.flush()  # the row, for what the caller ties to it
    return entry


def _checked(session: Session, new: NewEntry, by: Principal, zone: str) -> NewEntry:
    """What was typed, as clean lines. Raises Invalid, and NotFound for what it points to."""
    clean = replace(
        new,
        subject=_subject(new.subject),
        sender=parties.checked(new.sender, field="sender") if new.sender else None,
        recipients=tuple(parties.checked(one, field="recipient") for one in new.recipients),
        copies=tuple(parties.checked(one, field="copies") for one in new.copies),
        sender_reference=_short(new.sender_reference, "sender_reference"),
        delivery_detail=_short(new.delivery_detail, "delivery_detail"),
        attachments_note=_short(new.attachments_note, "attachments_note"),
    )
    if new.direction is Direction.INCOMING and new.sender is None:
        raise SenderMissing(t("Write the sender."), field="sender")
    if new.direction is Direction.OUTGOING and not new.recipients:
        raise RecipientMissing(t("Write at least one recipient."), field="recipient")
    if not 0 <= new.attachments_count <= 9999:
        raise BadCount(
            t("The number of attachments is a whole number from 0 to 9999."),
            field="attachments_count",
        )
    _check_dates(new, zone)
    if new.addressee_unit_id is not None:
        organization.unit(session, new.addressee_unit_id, body_id=by.body_id)
    for other_id, kind in new.relations:
        other = get(session, other_id, by=by)
        if kind is not Relation.REPLACES:
            require_not_annulled(session, other)
    return clean


def _subject(text: str) -> str:
    subject = line(text)
    if len(subject) < MIN_SUBJECT:
        raise BadSubject(t("Write the subject (at least 3 characters)."), field="subject")
    if len(subject) > MAX_SUBJECT:
        raise BadSubject(
            t(
                "The subject has {n} characters; at most {max} fit. Shorten it, attach the rest.",
                n=len(subject),
                max=MAX_SUBJECT,
            ),
            field="subject",
        )
    return subject


def _short(text: str, field: str) -> str:
    clean = line(text)
    if len(clean) > MAX_LINE:
        raise TooLong(t("At most {max} characters fit here.", max=MAX_LINE), field=field)
    return clean


def _check_dates(new: NewEntry, zone: str) -> None:
    if new.sender_dated_on and not EARLIEST <= new.sender_dated_on <= clock.today(zone):
        raise BadDate(
            t("The document's date must not lie in the future or before 1900."),
            field="sender_dated_on",
        )
    if new.received_at and not (
        new.received_at.tzinfo is not None
        and clock.local(new.received_at, zone).date() >= EARLIEST
        and new.received_at <= clock.now()
    ):
        raise BadDate(
            t("The document was received at some time that is past, and after 1900."),
            field="received_at",
        )


def _compose(
    session: Session, entry_id: int, new: NewEntry, book: Book, by: Principal
) -> tuple[Entry, list[Recipient]]:
    """The entry, without its number, and its recipients; nothing of it is in the session yet.

    With whom the body corresponds in a confidential book does not reach the common directory.
    """
    listed = [(contact, False) for contact in new.recipients]
    listed += [(contact, True) for contact in new.copies]
    named = ([new.sender] if new.sender else []) + [contact for contact, _ in listed]
    known: dict[parties.Contact, parties.Party] = {}
    if named and not book.is_confidential:
        known = dict(zip(named, parties.remember(session, named, by=by), strict=True))
    sender = _snapshot(new.sender, known) if new.sender else _Snapshot(None, "", "", "")
    entry = Entry(
        id=entry_id,
        body_id=by.body_id,
        book_id=book.id,
        direction=new.direction,
        registered_by=by.user_id,
        subject=new.subject,
        sender_party_id=sender.party_id,
        sender_name=sender.name,
        sender_address=sender.address,
        sender_email=sender.email,
        sender_reference=new.sender_reference,
        sender_reference_key=fold_reference(new.sender_reference),
        sender_dated_on=new.sender_dated_on,
        delivery_method=new.delivery_method,
        delivery_detail=new.delivery_detail,
        attachments_count=new.attachments_count,
        attachments_note=new.attachments_note,
        addressee_unit_id=new.addressee_unit_id,
        verification_code=codes.new(),
    )
    recipients = []
    for position, (contact, is_copy) in enumerate(listed, start=1):
        seen = _snapshot(contact, known)
        recipients.append(
            Recipient(
                entry_id=entry_id,
                position=position,
                name=seen.name,
                address=seen.address,
                email=seen.email,
                is_copy=is_copy,
                party_id=seen.party_id,
            )
        )
    return entry, recipients


@dataclass(frozen=True, slots=True)
class _Snapshot:
    """A correspondent as he stands in the entry for good, whatever the directory says later."""

    party_id: int | None
    name: str
    address: str
    email: str


def _snapshot(
    contact: parties.Contact, known: Mapping[parties.Contact, parties.Party]
) -> _Snapshot:
    party = known.get(contact)
    if party is None:
        return _Snapshot(None, contact.name, contact.address, contact.email)
    return _Snapshot(
        party.id,
        party.name,
        contact.address or party.address,
        contact.email or party.email,
    )


def _land(session: Session, entry: Entry, by: Principal) -> None:
    """A new entry lands with the secretariat, whose head marks and charges it."""
    if entry.direction == Direction.OUTGOING:
        return
    body = organization.body(session, entry.body_id)
    unit_id = body.secretariat_id
    if unit_id is None:
        raise NoSecretariat(t("The body has no secretariat yet. The administrator must name one."))
    session.add(Handling(entry_id=entry.id, state=HandlingState.NEW, unit_id=unit_id))
    session.add(Access(entry_id=entry.id, unit_id=unit_id))
    if by.user_id is not None:
        session.add(Access(entry_id=entry.id, user_id=by.user_id))


def _request_digest(new: NewEntry, uploads: Sequence[documents.Upload]) -> str:
    request = [asdict(new), [(upload.name, upload.sha256) for upload in uploads]]
    return hashlib.sha256(json.dumps(request, default=str, sort_keys=True).encode()).hexdigest()


def _earlier(session: Session, by: Principal, key: str, digest: str) -> Entry | None:
    if len(key) > MAX_KEY or not key.isprintable():
        raise BadKey(t("The key must have 1 to {max} printable characters.", max=MAX_KEY))
    # Two identical calls at once: the second waits here until the first has committed.
    lock = func.hashtextextended(f"{by.user_id}:{key}", 0)
    session.execute(select(func.pg_advisory_xact_lock(lock)))
    row = session.get(IdempotencyKey, (by.person_id, key))
    if row is None:
        return None
    if row.request_digest != digest:
        raise KeyReused(
            t("This form or key was already used for another registration. Start a new one.")
        )
    return session.get(Entry, row.entry_id)


def core_digest(entry: Entry) -> str:
    """SHA-256 over the core of an entry; the registration's event holds it, for verification."""
    core: dict[str, Any] = {
        "book": entry.book_id,
        "year": entry.year,
        "number": entry.number,
        "direction": entry.direction,
        "registered_at": entry.registered_at.astimezone(UTC).isoformat(timespec="microseconds"),
        "received_at": entry.received_at.astimezone(UTC).isoformat(timespec="microseconds"),
        "subject": entry.subject,
        "sender": [entry.sender_name, entry.sender_address, entry.sender_email],
        "reference": entry.sender_reference,
        "dated": entry.sender_dated_on.isoformat() if entry.sender_dated_on else None,
        "delivery": [entry.delivery_method, entry.delivery_detail],
        "attachments": [entry.attachments_count, entry.attachments_note],
        "addressee": entry.addressee_unit_id,
        "code": entry.verification_code,
    }
    text = json.dumps(core, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
