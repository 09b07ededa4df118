"""The paper of an application that was filed on the citizens' pages: what was typed, in order.

It is made before the number is given, as a letter is written before it reaches the registry; the
receipt names the number and the digest of this file.
"""

from dataclasses import dataclass
from datetime import datetime

from docflow.printing.issuer import Issuer, issuer_data
from docflow.printing.typeset import typeset
from docflow.printing.wording import clipped, line, moment, plain, rows

_TITLES = {"el": "Αίτηση", "en": "Application"}


@dataclass(frozen=True)
class ApplicationGroup:
    """Fields under one heading: label and what was answered, which may have several lines."""

    title: str
    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class ApplicationData:
    """`identity` says how it was known who files; `filed_by` who did so for the applicant.

    `made_at` bears the office's zone.
    """

    issuer: Issuer
    service: str
    unit: str
    applicant: str
    filed_by: str
    identity: str
    groups: tuple[ApplicationGroup, ...]
    files: tuple[str, ...]
    made_at: datetime


def application(data: ApplicationData, *, language: str) -> bytes:
    """The application as PDF/A-2a and PDF/UA-1, in 'el' or 'en'. Raises PrintingError."""
    content = {
        "language": language,
        "title": clipped(plain(line(f"{_TITLES[language]}: {data.service}"))),
        "author": clipped(plain(line(data.applicant or data.issuer.name))),
        "issuer": issuer_data(data.issuer),
        "service": line(data.service),
        "to": line(data.unit),
        "applicant": line(data.applicant),
        "filed_by": line(data.filed_by),
        "identity": line(data.identity),
        "groups": [
            {
                "title": line(group.title),
                "rows": [[line(label), rows(answer)] for label, answer in group.rows],
            }
            for group in data.groups
        ],
        "files": [line(name) for name in data.files],
        "at": moment(data.made_at),
    }
    return typeset("application", content, made_at=data.made_at, standard="a-2a").pdf
