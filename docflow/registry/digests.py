"""The digests by which the audit trail knows an entry again, and what was written beside it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from docflow import canonical
from docflow.registry.changes import EntryPerson
from docflow.registry.entry_notes import Grade
from docflow.registry.models import Entry, Recipient


def core_digest(entry: Entry) -> str:
    """SHA-256 over the core of an entry; the registration's event holds it, for verification."""
    return canonical.digest(core(entry))


@dataclass(frozen=True, slots=True)
class Beside:
    """The rows written with an entry that stand in tables of their own."""

    recipients: Sequence[Recipient] = ()
    persons: Sequence[EntryPerson] = ()
    relations: Sequence[tuple[int, str]] = ()  # of the registration: the other entry, the kind
    depositor: str = ""

    def digest(self) -> str:
        """SHA-256 over them; empty where there are none. The registration's event holds it."""
        rows: dict[str, Any] = {
            "recipients": [
                [one.position, one.name, one.address, one.email, one.is_copy]
                for one in sorted(self.recipients, key=lambda one: one.position)
            ],
            "persons": [
                [one.position, one.name, one.tax_number]
                for one in sorted(self.persons, key=lambda one: one.position)
            ],
            "relations": sorted([other_id, str(kind)] for other_id, kind in self.relations),
            "depositor": self.depositor,
        }
        there = {name: value for name, value in rows.items() if value}
        return canonical.digest(there) if there else ""


def core(entry: Entry) -> dict[str, Any]:
    """The core of an entry as JSON: what nobody can change, and what a proof shows of it.

    What an ordinary entry does not have is not in it, so that the digests of before still hold.
    """
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
    if entry.grade != Grade.UNCLASSIFIED or entry.has_personal_data:
        core["grade"] = [entry.grade, entry.has_personal_data]
    if (entry.series, entry.sub_number, entry.label) != (
        "common",
        0,
        f"{entry.number}/{entry.year}",
    ):
        core["place"] = [entry.series, entry.sub_number, entry.label]
    ties = [entry.shares_number_of, entry.reservation_id, entry.arrival_id]
    if any(ties):
        core["ties"] = ties
    return core
