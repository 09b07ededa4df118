"""What was corrected in an entry, in words: the old values under the fields they stood in."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from docflow import registry


@dataclass(frozen=True, slots=True)
class Before:
    """An old value of a field: until when it stood, who put it right, why, on what authority."""

    value: str
    until: datetime
    by: str
    reason: str
    authority: str
    is_completion: bool


def befores(
    session: Session,
    corrections: Iterable[registry.CorrectionInfo],
    kind: registry.KindNow | None,
    *,
    language: str,
) -> dict[str, list[Before]]:
    """The old values by field, the newest first."""
    rows = list(corrections)
    units = registry.said.units_in(session, ((row.field, row.old, row.new) for row in rows))
    of_entry = kind.kind if kind else None
    told: dict[str, list[Before]] = {}
    for row in reversed(rows):
        told.setdefault(row.field, []).append(
            Before(
                registry.said.said(row.field, row.old, of_entry, units=units, language=language),
                row.corrected_at,
                row.corrected_by,
                row.reason,
                row.authority,
                row.kind == registry.CorrectionKind.COMPLETION,
            )
        )
    return told
