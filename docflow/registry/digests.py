"""The digest by which the audit trail knows an entry again."""

import hashlib
import json
from datetime import UTC
from typing import Any

from docflow.registry.counter import Grade
from docflow.registry.models import Entry


def core_digest(entry: Entry) -> str:
    """SHA-256 over the core of an entry; the registration's event holds it, for verification."""
    text = json.dumps(core(entry), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


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
