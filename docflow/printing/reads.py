"""The monthly report on who read what, for the data protection officer (GDPR art. 39)."""

from dataclasses import dataclass
from datetime import datetime

from docflow.printing.issuer import Issuer, issuer_data
from docflow.printing.typeset import typeset
from docflow.printing.wording import clipped, line, moment, plain

_TITLES = {"el": "Αναφορά αναγνώσεων", "en": "Report on reading"}


@dataclass(frozen=True)
class ReadsData:
    """A month. `counts` are code and number; `people` name, readings, entries, confidential, odd
    hours; `lines` time, person, entry, what, basis, reason. `made_at` bears the office's zone.
    """

    issuer: Issuer
    year: int
    month: int
    counts: tuple[tuple[str, int], ...]
    people: tuple[tuple[str, int, int, int, int], ...]
    lines: tuple[tuple[str, str, str, str, str, str], ...]
    is_over: bool
    made_at: datetime


def reads_report(data: ReadsData, *, language: str) -> bytes:
    """The report as PDF/A-2a and PDF/UA-1. Raises PrintingError."""
    month = f"{data.month:02}/{data.year}"
    content = {
        "language": language,
        "title": f"{_TITLES[language]} {month}",
        "author": clipped(plain(line(data.issuer.name))),
        "issuer": issuer_data(data.issuer),
        "month": month,
        "counts": [[code, str(number)] for code, number in data.counts],
        "people": [[line(name), *map(str, numbers)] for name, *numbers in data.people],
        "lines": [[line(cell) for cell in row] for row in data.lines],
        "is_over": data.is_over,
        "at": moment(data.made_at),
    }
    return typeset("reads", content, made_at=data.made_at, standard="a-2a").pdf
