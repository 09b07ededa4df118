"""Registering documents, and striking entries out.

Source of the data of an entry: ν. 2690/1999 art. 12 (running number, subject, items that accompany
it, organ addressed, date), domain rows 8, 28 to 31.
"""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from docflow import audit, documents, organization, parties
from docflow.errors import Conflict, Invalid
from docflow.folding import fold_reference
from docflow.i18n import t
from docflow.principal import Principal
from docflow.registry import (
    afterwards,
    codes,
    described,
    duplicates,
    fields,
    indexing,
    placing,
    snapshots,
)
from docflow.registry.access import (
    book_named,
)
from docflow.registry.annulment import require_not_annulled
from docflow.registry.changes import EntryPerson
from docflow.registry.digests import core_digest
from docflow.registry.entry_notes import ProvisionalMode
from docflow.registry.models import (
    Access,
    Book,
    Direction,
    Entry,
    EntryRelation,
    Handling,
    HandlingState,
    IdempotencyKey,
    Recipient,
    Relation,
)
from docflow.registry.new_entry import (
    NewEntry,
    beside_of,
    contacts_of,
    digest_of,
    marks_of,
    said_of,
)
from docflow.registry.queries import get

MAX_KEY = 200


class NoSecretariat(Conflict):
    """The body has no unit yet where new entries land."""


class BadKey(Invalid):
    """An Idempotency-Key has 1 to 200 printable characters."""


class KeyReused(Conflict):
    """An Idempotency-Key belongs to one request; another request needs another key."""


def register(
    session: Session,
    new: NewEntry,
    uploads: Sequence[documents.Upload],
    *,
    by: Principal,
    zone: str,
    ocr_languages: list[str],
    idempotency_key: str | None = None,
    duplicate_reason: str = "",
    guard_duplicates: bool = True,
) -> Entry:
    """Enter a document in its book: number, time, files, event and jobs in this transaction.

    The bytes of `uploads` are already durable. The same `idempotency_key` of the same person
    with the same request gives the entry that it gave before; with another request, KeyReused.
    What looks registered already is refused with DuplicateFound, unless `duplicate_reason` says
    why it is registered again; `guard_duplicates` is False where nobody could be asked.
    Raises Invalid where the input is wrong, NoSuchBook, NotAllowed, YearClosed.
    """
    by.require_scope("register")
    digest = digest_of(new, uploads)
    if idempotency_key and (found := earlier(session, by, idempotency_key, digest)):
        return found
    book = book_named(session, new.book, by, to_write=True)
    new = _checked(session, new, by, zone)
    place = placing.wanted(
        session,
        book=book,
        direction=new.direction,
        case=new.case,
        same_number=new.same_number,
        same_number_as=new.same_number_as,
        reservation_id=new.reservation_id,
        arrival_id=new.arrival_id,
        relations=new.relations,
        by=by,
        zone=zone,
    )
    settled = described.settle(session, said_of(session, new), book=book, by=by, zone=zone)
    marks = marks_of(new, uploads)
    alike = (
        duplicates.guard(session, marks, reason=duplicate_reason, by=by) if guard_duplicates else []
    )
    entry_id = session.execute(select(func.nextval("entries_id_seq"))).scalar_one()
    entry, named = _compose(session, entry_id, new, settled, book, by)
    session.add_all(named)
    described.keep(session, entry_id, settled)
    duplicates.note(session, entry_id, alike, reason=duplicate_reason, by=by)
    relations = [*new.relations, *place.relations(new.relations)]
    for other_id, kind in relations:
        session.add(EntryRelation(entry_id=entry_id, other_id=other_id, kind=kind))
    documents.attach(session, entry_id, list(uploads), by=by, languages=ocr_languages)
    _land(session, entry, settled, by)
    indexing.index(session, entry, named=[*indexing.names_of(named), *settled.words])
    if idempotency_key:
        session.add(
            IdempotencyKey(
                user_id=by.person_id,
                key=idempotency_key,
                request_digest=digest,
                entry_id=entry_id,
            )
        )
    then = afterwards.prepared(session, new, uploads, by)
    # From here on nobody else registers in this book: only what needs the number comes after it.
    placing.give(session, entry, place, book=book, received_at=new.received_at, by=by, zone=zone)
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
        beside=beside_of(new, named, relations).digest(),
        files=[upload.sha256 for upload in uploads],
        **settled.event(),
    )
    session.flush()  # the row, for what the caller ties to it
    for each in then:
        each(session, entry)
    return entry


def examine(session: Session, new: NewEntry, *, by: Principal, zone: str) -> None:
    """Raise what `register` would raise of this input; nothing is written, no number is taken."""
    book_named(session, new.book, by, to_write=True)
    _checked(session, new, by, zone)


def _checked(session: Session, new: NewEntry, by: Principal, zone: str) -> NewEntry:
    """What was typed, as clean lines. Raises Invalid, and NotFound for what it points to."""
    clean = replace(
        new,
        subject=fields.subject(new.subject),
        sender=parties.checked(new.sender, field="sender") if new.sender else None,
        recipients=tuple(parties.checked(one, field="recipient") for one in new.recipients),
        copies=tuple(parties.checked(one, field="copies") for one in new.copies),
        concerned=tuple(parties.checked(one, field="concerned") for one in new.concerned),
        sender_reference=fields.short(new.sender_reference, "sender_reference"),
        delivery_detail=fields.short(new.delivery_detail, "delivery_detail"),
        attachments_note=fields.short(new.attachments_note, "attachments_note"),
    )
    fields.require_parties(new.direction, sender=new.sender, recipients=new.recipients)
    fields.count(new.attachments_count)
    fields.dated_on(new.sender_dated_on, zone)
    fields.received_at(new.received_at, zone)
    if new.addressee_unit_id is not None:
        organization.unit(session, new.addressee_unit_id, body_id=by.body_id)
    for other_id, kind in new.relations:
        other = get(session, other_id, by=by)
        if kind is not Relation.REPLACES:
            require_not_annulled(session, other)
    return clean


def _compose(
    session: Session,
    entry_id: int,
    new: NewEntry,
    settled: described.Settled,
    book: Book,
    by: Principal,
) -> tuple[Entry, list[Recipient | EntryPerson]]:
    """The entry, without its number, its recipients and the persons whom it concerns.

    Nothing of it is in the session yet.
    """
    listed = [(contact, False) for contact in new.recipients]
    listed += [(contact, True) for contact in new.copies]
    contacts = contacts_of(new)
    private = snapshots.is_private(book, settled.grade)
    known = snapshots.take(session, contacts, is_private=private, by=by)
    sender = known[new.sender] if new.sender else snapshots.NOBODY
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
        grade=settled.grade,
        has_personal_data=settled.has_personal_data,
    )
    named: list[Recipient | EntryPerson] = []
    for position, (contact, is_copy) in enumerate(listed, start=1):
        seen = known[contact]
        named.append(
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
    for position, contact in enumerate(new.concerned, start=1):
        seen = known[contact]
        named.append(
            EntryPerson(
                entry_id=entry_id,
                position=position,
                name=seen.name,
                tax_number=seen.tax_number,
                party_id=seen.party_id,
            )
        )
    return entry, named


def _land(session: Session, entry: Entry, settled: described.Settled, by: Principal) -> None:
    """A new entry lands with the secretariat, whose head marks and charges it.

    A closed envelope goes to the unit that it is addressed to: nobody else may open it.
    """
    if entry.direction == Direction.OUTGOING:
        return
    unit_id = (
        entry.addressee_unit_id
        if settled.provisional is ProvisionalMode.ENVELOPE
        else organization.hold_secretariat(session, entry.body_id)
    )
    if unit_id is None:
        raise NoSecretariat(t("The body has no secretariat yet. The administrator must name one."))
    handling = Handling(
        entry_id=entry.id, state=HandlingState.NEW, unit_id=unit_id, priority=settled.priority
    )
    handling.follow(settled.standing)
    session.add(handling)
    described.keep_clock(session, entry.id, settled, by)
    session.add(Access(entry_id=entry.id, unit_id=unit_id))
    if by.user_id is not None:
        session.add(Access(entry_id=entry.id, user_id=by.user_id))


def earlier(session: Session, by: Principal, key: str, digest: str) -> Entry | None:
    """What the same request of the person gave before. Raises BadKey, KeyReused."""
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
