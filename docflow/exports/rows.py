"""The register as rows, one after the other: a server-side cursor, never the whole book in memory.

Each row holds the values of now; what was corrected stands beside them with its old value. Only
what the person may see is in it (`registry.visible_to`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any

from sqlalchemy import ARRAY, BigInteger, Select, any_, cast, func, select
from sqlalchemy.orm import Session, aliased

from docflow import clock, kinds, organization, registry
from docflow.i18n import t
from docflow.principal import Principal
from docflow.registry import (
    Annulment,
    Book,
    Corrected,
    Correction,
    Direction,
    Entry,
    EntryPerson,
    EntryRelation,
    Handling,
    Recipient,
    RelationRemoval,
    said,
)
from docflow.words import word

_STEP = 1000  # rows fetched at a time


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to export: a period (days of the office, both included), a book, a direction."""

    first_day: date
    last_day: date
    book: str | None = None
    direction: Direction | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """An entry with everything the register says of it. Instants bear the office's zone."""

    label: str
    book: str
    year: int
    number: int
    sub_number: int
    direction: str
    registered_at: datetime
    received_at: datetime
    late_days: int
    subject: str
    sender: str
    sender_address: str
    sender_email: str
    sender_reference: str
    sender_dated_on: date | None
    recipients: tuple[str, ...]
    copies: tuple[str, ...]
    concerned: tuple[str, ...]
    kind: str
    values: tuple[str, ...]
    grade: str
    delivery_method: str
    delivery_detail: str
    attachments_count: int
    attachments_note: str
    addressee_unit: str
    state: str
    unit: str
    person: str
    due_on: date | None
    closed_at: datetime | None
    related: tuple[str, ...]
    annulled_at: datetime | None
    annulment_reason: str
    corrections: tuple[str, ...]
    registered_by: str


NAMES = tuple(field.name for field in fields(Row))


def count(session: Session, wanted: Wanted, *, by: Principal, zone: str) -> int:
    """How many entries of the export the person may see."""
    chosen = _chosen(select(Entry.id), wanted, by, zone)
    return session.scalar(select(func.count()).select_from(chosen.subquery())) or 0


def entry_ids(session: Session, wanted: Wanted, *, by: Principal, zone: str) -> list[int]:
    """The entries of the export, by id."""
    return list(session.scalars(_chosen(select(Entry.id), wanted, by, zone).order_by(Entry.id)))


def still_seen(session: Session, ids: Sequence[int], *, by: Principal) -> bool:
    """Whether the person may see each of the entries now."""
    given = cast(list(ids), ARRAY(BigInteger))
    seen = select(func.count()).select_from(Entry).where(Entry.id == any_(given))
    return session.scalar(seen.where(registry.visible_to(by))) == len(ids)


def rows(
    session: Session, wanted: Wanted, *, by: Principal, zone: str, language: str
) -> Iterator[Row]:
    """The rows in the order of registration."""
    query = _chosen(
        select(Entry, Book.code, Handling, Annulment, Corrected.fields), wanted, by, zone
    )
    query = (
        query.outerjoin(Handling, Handling.entry_id == Entry.id)
        .outerjoin(Annulment, Annulment.entry_id == Entry.id)
        .outerjoin(Corrected, Corrected.entry_id == Entry.id)
        .order_by(Entry.registered_at, Entry.id)
        .execution_options(yield_per=_STEP)
    )
    for part in session.execute(query).partitions():
        yield from _complete(session, part, by, zone, language)


def _chosen(query: Select[Any], wanted: Wanted, by: Principal, zone: str) -> Select[Any]:
    query = query.join(Book, Book.id == Entry.book_id).where(registry.visible_to(by))
    conditions = registry.Filter(
        book=wanted.book,
        direction=wanted.direction,
        first_day=wanted.first_day,
        last_day=wanted.last_day,
    )
    return registry.filtered(query, conditions, zone)


@dataclass(frozen=True, slots=True)
class _Beside:
    """What other tables say of the entries of one step, by the entry's id."""

    recipients: dict[int, list[dict[str, Any]]]
    concerned: dict[int, list[dict[str, Any]]]
    related: dict[int, list[str]]
    corrections: dict[int, list[Correction]]
    kinds: dict[int, kinds.OfEntry]
    units: dict[int, str]
    people: dict[int, str]


def _complete(
    session: Session, part: Sequence[Any], by: Principal, zone: str, language: str
) -> Iterator[Row]:
    ids = [entry.id for entry, *_ in part]
    corrections: dict[int, list[Correction]] = {}
    for row in session.scalars(
        select(Correction).where(Correction.entry_id.in_(ids)).order_by(Correction.id)
    ):
        corrections.setdefault(row.entry_id, []).append(row)
    units = [entry.addressee_unit_id for entry, *_ in part]
    units += [(over or {}).get("addressee_unit_id") for *_, over in part]
    units += [handling.unit_id for _, _, handling, _, _ in part if handling]
    people = [entry.registered_by for entry, *_ in part]
    people += [handling.user_id for _, _, handling, _, _ in part if handling]
    told = [(row.field, row.old, row.new) for made in corrections.values() for row in made]
    people += [row.corrected_by for made in corrections.values() for row in made]
    beside = _Beside(
        recipients=_recipients(session, ids),
        concerned=_concerned(session, ids),
        related=_related(session, ids, by),
        corrections=corrections,
        kinds=kinds.of_entries(session, ids),
        units=organization.unit_names(session, units) | said.units_in(session, told),
        people=organization.names(session, people),
    )
    for entry, book, handling, annulment, over in part:
        yield _row(entry, book, handling, annulment, over or {}, beside, zone, language)


def _row(
    entry: Entry,
    book: str,
    handling: Handling | None,
    annulment: Annulment | None,
    over: dict[str, Any],
    beside: _Beside,
    zone: str,
    language: str,
) -> Row:
    now = registry.plain_now(entry, over)
    registered_at = clock.local(entry.registered_at, zone)
    received_at = clock.local(entry.received_at, zone)
    recipients = over.get("recipients")
    if recipients is None:
        recipients = beside.recipients.get(entry.id, [])
    concerned = over.get("concerned")
    if concerned is None:
        concerned = beside.concerned.get(entry.id, [])
    kind = beside.kinds.get(entry.id)
    made = beside.corrections.get(entry.id, [])
    return Row(
        label=entry.label,
        book=book,
        year=entry.year,
        number=entry.number,
        sub_number=entry.sub_number,
        direction=word("direction", entry.direction, language),
        registered_at=registered_at,
        received_at=received_at,
        late_days=max((registered_at.date() - received_at.date()).days, 0),
        subject=now.subject,
        sender=now.sender_name,
        sender_address=now.sender_address,
        sender_email=now.sender_email,
        sender_reference=now.sender_reference,
        sender_dated_on=now.sender_dated_on,
        recipients=tuple(one["name"] for one in recipients if not one["is_copy"]),
        copies=tuple(one["name"] for one in recipients if one["is_copy"]),
        concerned=tuple(one["name"] for one in concerned),
        kind=kind.definition.title(language) if kind else "",
        values=_values(kind, over, language),
        grade=word("grade", entry.grade, language) if entry.grade != "unclassified" else "",
        delivery_method=word("delivery_method", now.delivery_method, language),
        delivery_detail=now.delivery_detail,
        attachments_count=now.attachments_count,
        attachments_note=now.attachments_note,
        addressee_unit=beside.units.get(now.addressee_unit_id or 0, ""),
        state=word("handling", _state(handling, annulment), language),
        unit=beside.units.get(handling.unit_id, "") if handling else "",
        person=beside.people.get(handling.user_id or 0, "") if handling else "",
        due_on=handling.due_on if handling else None,
        closed_at=clock.local(handling.closed_at, zone)
        if handling and handling.closed_at
        else None,
        related=tuple(beside.related.get(entry.id, ())),
        annulled_at=clock.local(annulment.annulled_at, zone) if annulment else None,
        annulment_reason=annulment.reason if annulment else "",
        corrections=tuple(_correction(row, kind, beside, zone, language) for row in made),
        registered_by=beside.people.get(entry.registered_by or 0, ""),
    )


def _state(handling: Handling | None, annulment: Annulment | None) -> str:
    """Where the entry stands, as the lists show it: what is annulled waits for nobody."""
    if annulment is not None:
        return "annulled"
    return handling.state if handling is not None else "issued"


def _values(kind: kinds.OfEntry | None, over: dict[str, Any], language: str) -> tuple[str, ...]:
    """The kind's own fields with their values of now: «Ποσό: 12,50 €»."""
    if kind is None:
        return ()
    values = dict(kind.values)
    for field, value in over.items():
        if field.startswith(kinds.PREFIX):
            values[field.removeprefix(kinds.PREFIX)] = value
    return tuple(
        f"{field.title(language)}: {text}"
        for field, text in kind.shown(language, {k: v for k, v in values.items() if v is not None})
    )


def _correction(
    row: Correction, kind: kinds.OfEntry | None, beside: _Beside, zone: str, language: str
) -> str:
    """A correction in one line: field, old value, when and who."""
    return t(
        "{field}, before {day}: {old} ({person})",
        field=said.title(row.field, kind, language=language),
        day=f"{clock.local(row.corrected_at, zone):%d/%m/%Y}",
        old=said.said(row.field, row.old, kind, units=beside.units, language=language),
        person=beside.people.get(row.corrected_by, ""),
    ).in_language(language)


def _recipients(session: Session, ids: list[int]) -> dict[int, list[dict[str, Any]]]:
    found: dict[int, list[dict[str, Any]]] = {}
    for entry_id, name, is_copy in session.execute(
        select(Recipient.entry_id, Recipient.name, Recipient.is_copy)
        .where(Recipient.entry_id.in_(ids))
        .order_by(Recipient.entry_id, Recipient.position)
    ):
        found.setdefault(entry_id, []).append({"name": name, "is_copy": is_copy})
    return found


def _concerned(session: Session, ids: list[int]) -> dict[int, list[dict[str, Any]]]:
    found: dict[int, list[dict[str, Any]]] = {}
    for entry_id, name in session.execute(
        select(EntryPerson.entry_id, EntryPerson.name)
        .where(EntryPerson.entry_id.in_(ids))
        .order_by(EntryPerson.entry_id, EntryPerson.position)
    ):
        found.setdefault(entry_id, []).append({"name": name})
    return found


def _related(session: Session, ids: list[int], by: Principal) -> dict[int, list[str]]:
    """The numbers that an entry is tied to; not those that the person may not know of."""
    found: dict[int, list[str]] = {}
    removed = select(RelationRemoval.relation_id)
    for here, there in (
        (EntryRelation.entry_id, EntryRelation.other_id),
        (EntryRelation.other_id, EntryRelation.entry_id),
    ):
        other = aliased(Entry)
        seen = select(Entry.id).where(registry.visible_to(by), Entry.id == there)
        for entry_id, label in session.execute(
            select(here, other.label)
            .join(other, other.id == there)
            .where(here.in_(ids), EntryRelation.id.not_in(removed), seen.exists())
            .order_by(here, other.registered_at)
        ):
            found.setdefault(entry_id, []).append(label)
    return found
