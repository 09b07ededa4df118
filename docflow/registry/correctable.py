"""Which fields of an entry can be corrected, and what a new value must be like.

The rules are those of registration (`fields`). Other packages add fields by `correctable`.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from docflow import organization, parties
from docflow.errors import Invalid
from docflow.i18n import t
from docflow.principal import Principal
from docflow.registry import fields, snapshots
from docflow.registry.current import (
    Json,
    registered_concerned,
    registered_recipients,
    registered_sender,
)
from docflow.registry.models import Book, DeliveryMethod, Direction, Entry


class NotCorrectable(Invalid):
    """This field never changes: annul the entry and register the document anew."""


@dataclass(frozen=True, slots=True)
class About:
    """What a check may need to know of the correction. `field` is its full name."""

    session: Session
    entry: Entry
    field: str
    by: Principal
    zone: str


@dataclass(frozen=True, slots=True)
class Field:
    """A field that can be corrected.

    A `name` that ends with a dot stands for all fields that begin with it: "value." for
    "value.iban". `registered` gives the value of the registration, `check` the clean value of what
    was typed; it raises Invalid. Values are JSON.
    """

    name: str
    registered: Callable[[About], Json]
    check: Callable[[About, Any], Json]


_fields: dict[str, Field] = {}


def correctable(field: Field) -> Field:
    """Register a field that can be corrected."""
    _fields[field.name] = field
    return field


def field_named(name: str) -> Field:
    """Raises NotCorrectable for a field that never changes, or that there is not."""
    found = _fields.get(name) or _fields.get(name.partition(".")[0] + ".")
    if found is None:
        raise NotCorrectable(
            t(
                "“{field}” is never corrected. Annul the entry and register the document anew.",
                field=name,
            )
        )
    return found


def names() -> Iterable[str]:
    """The names of the fields, in the order of the form."""
    return tuple(_fields)


@dataclass(frozen=True, slots=True)
class To:
    """A recipient as typed in a correction."""

    contact: parties.Contact
    is_copy: bool = False


def _plain(name: str, check: Callable[[About, Any], Json]) -> None:
    correctable(Field(name, lambda about: getattr(about.entry, name), check))


def _sender(about: About, raw: parties.Contact | None) -> Json:
    contact = parties.checked(raw, field="sender") if raw and raw.name.strip() else None
    if about.entry.direction == Direction.INCOMING:
        fields.require_parties(about.entry.direction, sender=contact, recipients=())
    if contact is None:
        return None
    seen = _snapshots(about, [contact])[contact]
    return {
        "name": seen.name,
        "address": seen.address,
        "email": seen.email,
        "party_id": seen.party_id,
    }


def _recipients(about: About, raw: Iterable[To]) -> Json:
    listed = [(parties.checked(one.contact, field="recipients"), one.is_copy) for one in raw]
    if about.entry.direction == Direction.OUTGOING:
        for_action = [contact for contact, is_copy in listed if not is_copy]
        fields.require_parties(about.entry.direction, sender=None, recipients=for_action)
    known = _snapshots(about, [contact for contact, _ in listed])
    return [
        {
            "name": known[contact].name,
            "address": known[contact].address,
            "email": known[contact].email,
            "is_copy": is_copy,
            "party_id": known[contact].party_id,
        }
        for contact, is_copy in listed
    ]


def _concerned(about: About, raw: Iterable[parties.Contact]) -> Json:
    contacts = [parties.checked(one, field="concerned") for one in raw]
    known = _snapshots(about, contacts)
    return [
        {
            "name": known[one].name,
            "tax_number": known[one].tax_number,
            "party_id": known[one].party_id,
        }
        for one in contacts
    ]


def _dated(about: About, raw: date | None) -> Json:
    day = fields.dated_on(raw, about.zone)
    return day.isoformat() if day else None


def _unit(about: About, raw: int | None) -> Json:
    if raw is None:
        return None
    return organization.unit(about.session, raw, body_id=about.entry.body_id).id


def _registered_day(about: About) -> Json:
    day = about.entry.sender_dated_on
    return day.isoformat() if day else None


def _snapshots(
    about: About, contacts: Sequence[parties.Contact]
) -> dict[parties.Contact, snapshots.Snapshot]:
    book = about.session.get_one(Book, about.entry.book_id)
    private = snapshots.is_private(book, about.entry.grade)
    return snapshots.take(about.session, contacts, is_private=private, by=about.by)


_plain("subject", lambda about, raw: fields.subject(raw))
correctable(Field("sender", lambda about: registered_sender(about.entry), _sender))
correctable(
    Field(
        "recipients",
        lambda about: registered_recipients(about.session, about.entry.id),
        _recipients,
    )
)
correctable(
    Field(
        "concerned",
        lambda about: registered_concerned(about.session, about.entry.id),
        _concerned,
    )
)
_plain("sender_reference", lambda about, raw: fields.short(raw, about.field))
correctable(Field("sender_dated_on", _registered_day, _dated))
_plain("delivery_method", lambda about, raw: DeliveryMethod(raw).value)
_plain("delivery_detail", lambda about, raw: fields.short(raw, about.field))
_plain("attachments_count", lambda about, raw: fields.count(raw))
_plain("attachments_note", lambda about, raw: fields.short(raw, about.field))
_plain("addressee_unit_id", _unit)
