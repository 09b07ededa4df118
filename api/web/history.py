"""The way of an entry or a draft in words: events as sentences with names in place of ids."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from api.wording import LABELS
from docflow import audit, organization
from docflow.i18n import Text, t


@dataclass(frozen=True, slots=True)
class Happening:
    """One event: the act (a code of wording's group), by whom, more of it, and words he wrote."""

    at: datetime
    actor_name: str
    via: str
    action: str
    more: Text | str
    quote: str


def told(session: Session, subjects: Iterable[tuple[str, int]]) -> list[Happening]:
    """What happened to the subjects, oldest first. The caller has checked the right to see it."""
    lines = audit.history(session, subjects)
    units = organization.unit_names(session, _ids(lines, "unit"))
    people = organization.names(session, _ids(lines, "person"))
    return [
        Happening(
            line.at,
            line.actor_name,
            line.via,
            line.action,
            _more(line.action, line.details, units, people),
            str(line.details.get("instructions") or line.details.get("reason") or ""),
        )
        for line in lines
    ]


def _fields(names: Sequence[str]) -> Text | str:
    """The names of corrected fields; of a field of a kind, only its code is known here."""
    said: Text | str = ""
    for name in names:
        word = LABELS["field"].get(name, name.partition(".")[2] or name)
        said = t("{one}, {other}", one=said, other=word) if said else word
    return said


def _ids(lines: Sequence[audit.HistoryLine], name: str) -> set[int]:
    return {value for line in lines if isinstance(value := line.details.get(name), int)}


def _more(
    action: str, details: Mapping[str, Any], units: Mapping[int, str], people: Mapping[int, str]
) -> Text | str:
    match action:
        case "entry.charged" | "entry.informed":
            unit = units.get(details.get("unit") or 0, "")
            person = people.get(details.get("person") or 0, "")
            return t("{person} ({unit})", person=person, unit=unit) if person else unit
        case "entry.taken-over-from-emergency":
            return str(details.get("emergency_number", ""))
        case "entry.label-printed":
            again = int(details.get("print", 1)) > 1
            return t("again, {size}", size=details["size"]) if again else str(details["size"])
        case "entry.receipt-asked" | "entry.receipt-mailed" | "entry.receipt-failed":
            return str(details.get("email", ""))
        case "entry.scan-filed":
            pages = ", ".join(map(str, details.get("pages", [])))
            return t("batch {batch}, pages {pages}", batch=details.get("batch"), pages=pages)
        case "entry.corrected" | "entry.completed":
            return _fields(details.get("fields", []))
        case "entry.related" | "entry.unrelated":
            kind, back = str(details.get("kind", "")), details.get("from_here") is False
            word = LABELS["relation_back" if back else "relation"].get(kind, kind)
            return t("{relation} {label}", relation=word, label=details.get("other", ""))
        case "annulment.told":
            return str(details.get("to", ""))
        case "annulment.not-told":
            return str(details.get("why", ""))
        case "draft.begun":
            return t("answer to {label}", label=details.get("answers", ""))
        case "draft.saved":
            return t("version {version}", version=details.get("version", ""))
        case "draft.signed":
            return str(details.get("certificate", ""))
        case "pickup.refused":
            return t("try {n}", n=details.get("tries", ""))
        case "delivery.failed":
            return str(details.get("why", ""))
        case _:
            return ""
