"""A document under the body's seal alone: no person signs it, the seal says whose it is.

Law 4727/2020, article 13: electronic public documents bear an electronic signature or seal.
"""

from dataclasses import dataclass
from datetime import datetime

from docflow.printing.issuer import Issuer, issuer_data
from docflow.printing.typeset import Letter, typeset
from docflow.printing.verification import verification_data
from docflow.printing.wording import capitals, clipped, line, long_date, moment, paragraphs, plain

_STATEMENT = {
    "el": "Το έγγραφο εκδόθηκε ηλεκτρονικά και φέρει την ηλεκτρονική σφραγίδα του φορέα «{name}» "
    "(άρθρο 13 του ν. 4727/2020, Α΄ 184).",
    "en": "This document was issued electronically and bears the electronic seal of {name} "
    "(Article 13 of Law 4727/2020, Government Gazette A 184).",
}


@dataclass(frozen=True)
class CertificateData:
    """What a certificate states. `issued_at` bears the office's zone.

    `body` stands before the facts and `closing` after them, both as plain text whose paragraphs
    are parted by blank lines; `facts` are rows of label and value.
    """

    issuer: Issuer
    title: str
    body: str
    facts: tuple[tuple[str, str], ...]
    closing: str
    number: str
    place: str
    issued_at: datetime
    verification_code: str
    verification_url: str


def certificate(data: CertificateData, *, language: str = "el") -> Letter:
    """The certificate, PDF/A-2a and PDF/UA-1; box 'seal' is the place of the visible seal.

    Raises PrintingError.
    """
    heading = capitals(line(data.title))
    day = long_date(data.issued_at.date(), language)
    content = {
        "language": language,
        "title": clipped(f"{plain(heading)} {plain(line(data.number))}"),
        "author": clipped(plain(line(data.issuer.name))),
        "heading": heading,
        "issuer": issuer_data(data.issuer),
        "number": line(data.number),
        "date": ", ".join(filter(None, (line(data.place), day))),
        "body": paragraphs(data.body),
        "facts": [[line(label), line(value)] for label, value in data.facts if line(value)],
        "closing": paragraphs(data.closing),
        "statement": _STATEMENT[language].format(name=line(data.issuer.name)),
        "issued_at": moment(data.issued_at),
        **verification_data(code=data.verification_code, url=data.verification_url),
    }
    return typeset("certificate", content, made_at=data.issued_at, standard="a-2a")
