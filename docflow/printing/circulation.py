"""The circulation sheet of a draft: versions, rounds and steps, with times and digests.

PDF/A-2a with tags. The staff's copy also prints reasons and written objections; what it says of
itself stands on every page, so that the two are not mistaken for each other.
"""

from dataclasses import dataclass
from datetime import datetime

from docflow.printing.issuer import Issuer, issuer_data
from docflow.printing.typeset import typeset
from docflow.printing.wording import clipped, line, moment, paragraphs, plain, rows

_TITLES = {"el": "Φύλλο κυκλοφορίας σχεδίου", "en": "Circulation sheet of draft"}


@dataclass(frozen=True)
class PrintedVersion:
    """A version of the draft; `sha256` in hex, of its content as canonical JSON."""

    version: str
    at: datetime
    by: str
    sha256: str


@dataclass(frozen=True)
class PrintedStep:
    """A step; `sha256` is the PDF after the signature, `on_behalf` says for whom it was given."""

    rank: str
    kind: str
    person: str
    capacity: str
    on_behalf: str
    state: str
    at: datetime | None
    certificate: str
    sha256: str
    reason: str = ""
    objection: str = ""


@dataclass(frozen=True)
class PrintedRound:
    """A round; `sha256` is the PDF that was printed for it, before the first signature."""

    number: str
    version: str
    at: datetime | None
    sha256: str
    steps: tuple[PrintedStep, ...]


@dataclass(frozen=True)
class CirculationData:
    """All that the sheet says; times bear the office's zone."""

    issuer: Issuer
    number: str
    subject: str
    drafter: str
    recipient: str
    state: str
    answers: str
    issued_as: str
    versions: tuple[PrintedVersion, ...]
    rounds: tuple[PrintedRound, ...]
    for_staff: bool
    made_at: datetime


def circulation_sheet(data: CirculationData, *, language: str = "el") -> bytes:
    """The sheet as PDF. Raises PrintingError."""
    content = {
        "language": language,
        "title": clipped(plain(f"{_TITLES[language]} {data.number} – {line(data.subject)}")),
        "author": clipped(plain(line(data.issuer.name))),
        "issuer": issuer_data(data.issuer),
        "number": line(data.number),
        "subject": line(data.subject),
        "drafter": line(data.drafter),
        "recipient": line(data.recipient),
        "state": line(data.state),
        "answers": line(data.answers),
        "issued_as": line(data.issued_as),
        "versions": [
            [line(one.version), moment(one.at), line(one.by), line(one.sha256)]
            for one in data.versions
        ],
        "rounds": [_round(one) for one in data.rounds],
        "for_staff": data.for_staff,
        "made_at": moment(data.made_at),
    }
    return typeset("circulation", content, made_at=data.made_at, standard="a-2a").pdf


def _round(one: PrintedRound) -> dict[str, object]:
    return {
        "number": line(one.number),
        "version": line(one.version),
        "at": moment(one.at) if one.at else "",
        "sha256": line(one.sha256),
        "steps": [_step(step) for step in one.steps],
    }


def _step(step: PrintedStep) -> dict[str, object]:
    return {
        "rank": line(step.rank),
        "kind": line(step.kind),
        "person": line(step.person),
        "capacity": [row for row in rows(step.capacity) if row],
        "on_behalf": line(step.on_behalf),
        "state": line(step.state),
        "at": moment(step.at) if step.at else "",
        "certificate": line(step.certificate),
        "sha256": line(step.sha256),
        "reason": _written(step.reason),
        "objection": _written(step.objection),
    }


def _written(text: str) -> list[str]:
    return [line(part) for part in paragraphs(text)]
