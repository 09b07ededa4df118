"""The way of an entry or a draft in words: events as sentences with names in place of ids."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from api.web import case_file_history
from api.wording import LABELS
from docflow import audit, organization, payments, registry
from docflow.i18n import Text, t
from docflow.principal import Principal

TIES = ("entry.related", "entry.unrelated")


@dataclass(frozen=True, slots=True)
class Happening:
    """One event: the act (a code of wording's group), by whom, more of it, and words he wrote.

    Who acted for somebody who was away is named with that one.
    """

    at: datetime
    actor_name: Text | str
    via: str
    action: str
    more: Text | str
    quote: str


def told(
    session: Session, subjects: Iterable[tuple[str, int]], *, by: Principal
) -> list[Happening]:
    """What happened to the subjects, oldest first. The caller has checked the right to see it.

    A tie to an entry that is not open to the person is not told.
    """
    lines = audit.history(session, subjects)
    filed = case_file_history.of(session, lines, by=by)
    lines = [line for line in lines if filed.shows(line)]
    others = registry.labels_open_to(session, _ids(lines, "other_id"), by=by)
    lines = [line for line in lines if line.action not in TIES or _other(line, others)]
    units = organization.unit_names_at(
        session, [(_unit(line), line.at) for line in lines if _unit(line)]
    )
    people = organization.names(session, _ids(lines, "person") | _ids(lines, "in_place_of"))
    return [
        Happening(
            line.at,
            _actor(line, people),
            line.via,
            line.action,
            _tie(line, others)
            if line.action in TIES
            else filed.more(line) or _more(line.action, line.details, _named(line, units), people),
            filed.quote(line)
            or str(line.details.get("instructions") or line.details.get("reason") or ""),
        )
        for line in lines
    ]


def _unit(line: audit.HistoryLine) -> int | None:
    unit = line.details.get("unit")
    return unit if isinstance(unit, int) else None


def _named(line: audit.HistoryLine, units: Mapping[tuple[int, datetime], str]) -> Mapping[int, str]:
    """The unit of the event, as it was named then."""
    unit = _unit(line)
    return {} if unit is None else {unit: units.get((unit, line.at), "")}


def _actor(line: audit.HistoryLine, people: Mapping[int, str]) -> Text | str:
    """Both names, where a deputy acted."""
    absent = line.details.get("in_place_of")
    if absent is None and line.action.startswith("draft.") and line.details.get("appointment"):
        absent = line.details.get("person")
    name = people.get(absent, "") if isinstance(absent, int) else ""
    if not name:
        return line.actor_name
    return t("{name} in place of {absent}", name=line.actor_name, absent=name)


def _other(line: audit.HistoryLine, others: Mapping[int, str]) -> str:
    """The number of the entry at the other end of a tie; empty where it is not open."""
    return others.get(line.details.get("other_id") or 0, "")


def _tie(line: audit.HistoryLine, others: Mapping[int, str]) -> Text:
    kind, back = str(line.details.get("kind", "")), line.details.get("from_here") is False
    word = LABELS["relation_back" if back else "relation"].get(kind, kind)
    return t("{relation} {label}", relation=word, label=_other(line, others))


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
        case (
            "entry.charged"
            | "entry.informed"
            | "charge.planned"
            | "entry.moved"
            | "draft.moved"
            | "contribution.asked"
            | "contribution.withdrawn"
            | "contribution.moved"
        ):
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
        case "payable.backed" if details.get("cents") != details.get("counted"):
            came, proof = (int(details.get(name, 0)) for name in ("cents", "counted"))
            return t(
                "{came} € in the file, {proof} € by the proof",
                came=payments.amounts.typed(came),
                proof=payments.amounts.typed(proof),
            )
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
