"""Do the corrections agree with the audit trail, and the values of now with the corrections?

Part of every `docflow audit verify`. The database keeps people from writing these rows by hand;
this finds what was done with the database's own guards off.
"""

from collections.abc import Iterator
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow import audit
from docflow.registry.changes import (
    AnnulmentRequest,
    Corrected,
    Correction,
    CorrectionKind,
    RequestState,
)
from docflow.registry.corrections import digest
from docflow.registry.models import Annulment, Entry

CORRECTING = ("entry.corrected", "entry.completed")
# Fields whose registered value stands in the entry's own row, so that the first old value of a
# correction can be compared with it.
_IN_ROW = (
    "subject",
    "sender_reference",
    "sender_dated_on",
    "delivery_method",
    "delivery_detail",
    "attachments_count",
    "attachments_note",
    "addressee_unit_id",
)


@audit.check
def corrections_have_events(session: Session) -> Iterator[audit.Finding]:
    """Each correction is as its event says; none was written or taken away behind the trail."""
    told: dict[int, tuple[int, str]] = {}
    for event in session.scalars(select(audit.Event).where(audit.Event.action.in_(CORRECTING))):
        for correction_id, digested in event.details.get("corrections", {}).items():
            told[int(correction_id)] = (event.id, digested)
    seen = set()
    erased = audit.erased_subjects(session)
    rows = session.scalars(
        select(Correction).order_by(Correction.id).execution_options(yield_per=2000)
    )
    for row in rows:
        seen.add(row.id)
        if row.entry_id in erased:
            continue
        about = f"correction {row.id} ({row.field}) of entry id {row.entry_id}"
        if row.id not in told:
            yield audit.Finding("inserted", None, None, f"{about} has no event")
        elif told[row.id][1] != digest(row):
            yield audit.Finding("altered", None, told[row.id][0], f"{about} was altered")
    for missing in sorted(set(told) - seen):
        yield audit.Finding("missing", None, told[missing][0], f"correction {missing} was removed")


@audit.check
def values_follow_from_corrections(session: Session) -> Iterator[audit.Finding]:
    """Each correction begins where the one before it ended, and the last is the value of now."""
    now: dict[int, dict[str, Any]] = {}
    is_corrected: dict[int, bool] = {}
    entries: dict[int, Entry] = {}
    erased = audit.erased_subjects(session)
    for row in session.scalars(select(Correction).order_by(Correction.id)):
        if row.entry_id in erased:
            continue
        values = now.setdefault(row.entry_id, {})
        if row.field in values:
            is_consistent = values[row.field] == row.old
        elif row.field in _IN_ROW:
            entry = entries.get(row.entry_id) or session.get_one(Entry, row.entry_id)
            entries[row.entry_id] = entry
            is_consistent = _in_row(entry, row.field) == row.old
        else:
            is_consistent = True
        if not is_consistent:
            detail = (
                f"correction {row.id} ({row.field}) of entry id {row.entry_id} "
                "does not begin with the value before it"
            )
            yield audit.Finding("altered", None, None, detail)
        values[row.field] = row.new
        is_corrected[row.entry_id] = (
            is_corrected.get(row.entry_id, False) or row.kind == CorrectionKind.CORRECTION
        )
    kept = {row.entry_id: row for row in session.scalars(select(Corrected))}
    for entry_id in sorted((set(kept) | set(now)) - erased):
        overlay = kept.get(entry_id)
        if (
            overlay is None
            or overlay.fields != now.get(entry_id)
            or overlay.is_corrected != is_corrected.get(entry_id)
        ):
            detail = f"the values of now of entry id {entry_id} do not follow from its corrections"
            yield audit.Finding("altered", None, None, detail)


@audit.check
def annulments_were_approved(session: Session) -> Iterator[audit.Finding]:
    """An annulment with a request was asked for and approved by two different people."""
    rows = session.execute(
        select(Annulment, AnnulmentRequest).join(
            AnnulmentRequest, AnnulmentRequest.id == Annulment.request_id
        )
    )
    for annulment, request in rows:
        if (
            request.entry_id != annulment.entry_id
            or request.state != RequestState.APPROVED
            or request.decided_by != annulment.annulled_by
            or request.requested_by == request.decided_by
            or request.reason != annulment.reason
        ):
            detail = f"the annulment of entry id {annulment.entry_id} was not approved so"
            yield audit.Finding("altered", None, None, detail)


def _in_row(entry: Entry, field: str) -> Any:
    value = getattr(entry, field)
    return value.isoformat() if isinstance(value, date) else value
