"""What was corrected in an entry, in words: the old values under the fields they stood in."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from api.wording import LABELS
from docflow import kinds, organization, registry
from docflow.i18n import Text, t


@dataclass(frozen=True, slots=True)
class Before:
    """An old value of a field: until when it stood, who put it right, why, on what authority."""

    value: Text | str
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
    units = organization.unit_names(
        session, (row.old for row in rows if row.field == "addressee_unit_id")
    )
    told: dict[str, list[Before]] = {}
    for row in reversed(rows):
        told.setdefault(row.field, []).append(
            Before(
                _said(row.field, row.old, units, kind, language),
                row.corrected_at,
                row.corrected_by,
                row.reason,
                row.authority,
                row.kind == registry.CorrectionKind.COMPLETION,
            )
        )
    return told


def _said(
    field: str,
    value: Any,
    units: Mapping[int, str],
    kind: registry.KindNow | None,
    language: str,
) -> Text | str:
    """A kept value as people read it."""
    if value in (None, "", []):
        return t("nothing")
    match field:
        case "sender":
            return ", ".join(filter(None, (value["name"], value["address"], value["email"])))
        case "recipients":
            return "; ".join(one["name"] for one in value)
        case "concerned":
            return "; ".join(
                " ".join(filter(None, (one["name"], one["tax_number"]))) for one in value
            )
        case "sender_dated_on":
            return date.fromisoformat(value).strftime("%d/%m/%Y")
        case "delivery_method":
            return LABELS["delivery_method"].get(str(value), str(value))
        case "addressee_unit_id":
            return str(units.get(value, value))
    if field.startswith(kinds.PREFIX) and kind is not None:
        code = field.removeprefix(kinds.PREFIX)
        for _, shown in kind.kind.shown(language, {code: value}):
            return shown
    return str(value)
