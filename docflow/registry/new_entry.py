"""What a person says of a new document, and what of it the parts of a registration need."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow import documents, parties
from docflow.folding import line
from docflow.registry import described, duplicates
from docflow.registry.changes import EntryPerson
from docflow.registry.digests import Beside
from docflow.registry.entry_notes import Grade, ProvisionalMode
from docflow.registry.models import DeliveryMethod, Direction, Entry, Priority, Recipient, Relation


@dataclass(frozen=True, slots=True)
class NewEntry:
    """What a person says of a document. Number and time are not among it: the server gives them."""

    direction: Direction
    subject: str
    book: str | None = None
    sender: parties.Contact | None = None
    recipients: tuple[parties.Contact, ...] = ()
    copies: tuple[parties.Contact, ...] = ()
    concerned: tuple[parties.Contact, ...] = ()  # persons concerned who are not the sender
    sender_reference: str = ""
    depositor: str = ""  # who stood at the counter, where it was not the sender
    sender_dated_on: date | None = None
    delivery_method: DeliveryMethod = DeliveryMethod.COUNTER
    delivery_detail: str = ""
    attachments_count: int = 0
    attachments_note: str = ""
    addressee_unit_id: int | None = None
    received_at: datetime | None = None
    relations: tuple[tuple[int, Relation], ...] = field(default=())
    case: int | None = None  # of a book of cases: the case that it belongs to; None begins one
    same_number: bool = False  # an answer that takes the number of what it answers (ταυτάριθμο)
    same_number_as: int | None = None  # the same, naming this year's letter by its number
    reservation_id: int | None = None  # the reserved number that it fills
    arrival_id: int | None = None  # the arrival that it was
    kind: str | None = None  # code of the kind of document, whose defaults count for what is None
    kind_version: int | None = None  # the version that the form showed; None: the one that holds
    values: Mapping[str, Any] = field(default_factory=dict)  # the kind's own fields, as typed
    priority: Priority | None = None
    due_on: date | None = None
    grade: Grade | None = None
    has_personal_data: bool | None = None
    provisional: ProvisionalMode | None = None  # registered before it is described


def contacts_of(new: NewEntry) -> list[parties.Contact]:
    return [*([new.sender] if new.sender else []), *new.recipients, *new.copies, *new.concerned]


def said_of(session: Session, new: NewEntry) -> described.Said:
    """What was said beside the document; the answer of a graded entry is graded like it."""
    grade = new.grade
    if grade is None:
        answered = [other_id for other_id, kind in new.relations if kind is Relation.ANSWERS]
        query = select(Entry.grade).where(Entry.id.in_(answered))
        graded = session.scalars(query).all() if answered else []
        grade = max(map(Grade, graded), key=list(Grade).index, default=None)
    return described.Said(
        direction=new.direction,
        kind=new.kind,
        kind_version=new.kind_version,
        values=new.values,
        priority=new.priority,
        due_on=new.due_on,
        grade=grade,
        has_personal_data=new.has_personal_data,
        provisional=new.provisional,
        addressee_unit_id=new.addressee_unit_id,
        received_at=new.received_at,
    )


def marks_of(new: NewEntry, uploads: Sequence[documents.Upload]) -> duplicates.Marks:
    return duplicates.Marks(
        direction=new.direction,
        sender=new.sender,
        reference=new.sender_reference,
        dated_on=new.sender_dated_on,
        # All empty files are alike and say nothing
        digests=tuple(upload.sha256 for upload in uploads if upload.size),
    )


def beside_of(
    new: NewEntry,
    named: Sequence[Recipient | EntryPerson],
    relations: Sequence[tuple[int, Relation]],
) -> Beside:
    return Beside(
        recipients=[one for one in named if isinstance(one, Recipient)],
        persons=[one for one in named if isinstance(one, EntryPerson)],
        relations=relations,
        depositor=line(new.depositor),
    )


def digest_of(new: NewEntry, uploads: Sequence[documents.Upload]) -> str:
    request = [asdict(new), [(upload.name, upload.sha256) for upload in uploads]]
    return hashlib.sha256(json.dumps(request, default=str, sort_keys=True).encode()).hexdigest()
