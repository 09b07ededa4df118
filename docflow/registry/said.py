"""What a field of an entry is called, and how a kept value of it is read: one rule for screen,
paper and export. Contents that are digested keep the codes.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from docflow import kinds, organization
from docflow.i18n import t
from docflow.words import word

UNIT = "addressee_unit_id"


def title(field: str, kind: kinds.OfEntry | None, *, language: str) -> str:
    """The name of a field; of a field of the entry's kind, what the kind calls it."""
    if not field.startswith(kinds.PREFIX):
        return word("field", field, language)
    code = field.removeprefix(kinds.PREFIX)
    known = kind.definition.fields if kind else ()
    return next((one.title(language) for one in known if one.code == code), code)


def said(
    field: str,
    value: Any,
    kind: kinds.OfEntry | None,
    *,
    units: Mapping[int, str],
    language: str,
) -> str:
    """A value of a field, as corrections keep it (JSON), in words.

    `units` holds the names of the units that may be meant: see `units_in`.
    """
    if value in (None, "", []):
        return t("nothing").in_language(language)
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
            return f"{date.fromisoformat(value):%d/%m/%Y}"
        case "delivery_method":
            return word("delivery_method", value, language)
        case "addressee_unit_id":
            return units.get(value, str(value))
    if field.startswith(kinds.PREFIX) and kind is not None:
        code = field.removeprefix(kinds.PREFIX)
        for _, shown in kind.shown(language, {code: value}):
            return shown
    return str(value)


def units_in(session: Session, corrected: Iterable[tuple[str, Any, Any]]) -> dict[int, str]:
    """The names of the units that corrections speak of: (field, old value, new value) each."""
    values = [(old, new) for field, old, new in corrected if field == UNIT]
    return organization.unit_names(session, (one for pair in values for one in pair))
