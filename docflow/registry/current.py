"""An entry as it is now: what was registered, with its corrections laid over it.

The rows of `entries` stay as they were registered. Whoever shows, prints, answers or sends takes
the values from here; whoever proves (digests, the trail) takes them from the row.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow.registry.changes import Corrected, EntryPerson
from docflow.registry.models import Entry, Recipient

Json = Any  # a value of a field as it is kept: text, number, None, list or object of these


@dataclass(frozen=True, slots=True)
class Correspondent:
    """To whom a document goes, as it stands now."""

    name: str
    address: str
    email: str
    is_copy: bool
    party_id: int | None


@dataclass(frozen=True, slots=True)
class Concerned:
    """A person concerned who is not the sender."""

    name: str
    tax_number: str
    party_id: int | None


@dataclass(frozen=True, slots=True)
class Plain:
    """The fields of an entry that need no further table, as they are now."""

    subject: str
    sender_party_id: int | None
    sender_name: str
    sender_address: str
    sender_email: str
    sender_reference: str
    sender_dated_on: date | None
    delivery_method: str
    delivery_detail: str
    attachments_count: int
    attachments_note: str
    addressee_unit_id: int | None
    corrected: frozenset[str]  # names of the fields whose value is not the registered one


@dataclass(frozen=True, slots=True)
class Current(Plain):
    """The same with recipients and persons concerned."""

    recipients: tuple[Correspondent, ...]
    concerned: tuple[Concerned, ...]


def current(session: Session, entry: Entry) -> Current:
    """The entry as it is now. The caller has checked the right to see it."""
    overlay = session.scalar(select(Corrected.fields).where(Corrected.entry_id == entry.id)) or {}
    plain = plain_now(entry, overlay)
    recipients = overlay.get("recipients")
    if recipients is None:
        recipients = registered_recipients(session, entry.id)
    concerned = overlay.get("concerned")
    if concerned is None:
        concerned = registered_concerned(session, entry.id)
    return Current(
        **{name: getattr(plain, name) for name in Plain.__slots__},
        recipients=tuple(Correspondent(**one) for one in recipients),
        concerned=tuple(Concerned(**one) for one in concerned),
    )


def plain_now(entry: Entry, overlay: Mapping[str, Json] | None) -> Plain:
    """The plain fields of an entry under its overlay (`Corrected.fields`, or None).

    Asks the database nothing: for lists.
    """
    over = overlay or {}
    sender = over.get("sender", registered_sender(entry))
    dated = over.get("sender_dated_on", entry.sender_dated_on)
    return Plain(
        subject=over.get("subject", entry.subject),
        sender_party_id=sender["party_id"] if sender else None,
        sender_name=sender["name"] if sender else "",
        sender_address=sender["address"] if sender else "",
        sender_email=sender["email"] if sender else "",
        sender_reference=over.get("sender_reference", entry.sender_reference),
        sender_dated_on=date.fromisoformat(dated) if isinstance(dated, str) else dated,
        delivery_method=over.get("delivery_method", entry.delivery_method),
        delivery_detail=over.get("delivery_detail", entry.delivery_detail),
        attachments_count=over.get("attachments_count", entry.attachments_count),
        attachments_note=over.get("attachments_note", entry.attachments_note),
        addressee_unit_id=over.get("addressee_unit_id", entry.addressee_unit_id),
        corrected=frozenset(over),
    )


def registered_sender(entry: Entry) -> Json:
    """The sender as registered, as a correction keeps him; None where there is none."""
    if not entry.sender_name:
        return None
    return {
        "name": entry.sender_name,
        "address": entry.sender_address,
        "email": entry.sender_email,
        "party_id": entry.sender_party_id,
    }


def registered_recipients(session: Session, entry_id: int) -> list[dict[str, Json]]:
    rows = session.scalars(
        select(Recipient).where(Recipient.entry_id == entry_id).order_by(Recipient.position)
    )
    names = Correspondent.__slots__
    return [{name: getattr(row, name) for name in names} for row in rows]


def registered_concerned(session: Session, entry_id: int) -> list[dict[str, Json]]:
    rows = session.scalars(
        select(EntryPerson).where(EntryPerson.entry_id == entry_id).order_by(EntryPerson.position)
    )
    names = Concerned.__slots__
    return [{name: getattr(row, name) for name in names} for row in rows]
