"""The way of an entry or a draft in words: events as sentences with names in place of ids."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

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
        case "entry.label-printed":
            return str(details.get("size", ""))
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
