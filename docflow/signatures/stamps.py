"""What visible signatures look like: one text for each body, filled in for each signature."""

import string
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from docflow import audit, clock, organization, printing
from docflow.errors import Invalid
from docflow.folding import line
from docflow.i18n import t
from docflow.principal import Principal
from docflow.settings import Settings
from docflow.signatures.models import StampStyle

MAX_LINES, MAX_LENGTH = 4, 120
# What a line may ask for, in braces.
PLACEHOLDERS = ("name", "capacity", "body", "certificate", "issuer", "reason", "note")


class BadStamp(Invalid):
    """The text of the stamp cannot be used."""


@dataclass(frozen=True, slots=True)
class Style:
    """The text of a body's stamps; without a heading the usual one of signature or seal stands."""

    heading: str = ""
    lines: tuple[str, ...] = ()
    note: str = ""
    has_qr: bool = True
    body: str = ""  # its name, for {body}


@dataclass(frozen=True, slots=True)
class Facts:
    """One visible signature. `box` is [page from 1, x0, y0, x1, y1]; `url` goes into the QR."""

    box: Sequence[float]
    name: str
    capacity: str
    certificate: str = ""
    issuer: str = ""
    title: str = ""
    reason: str = ""
    note: str = ""  # «με εντολή …», «αναπληρωτής …»
    url: str = ""


def of_body(session: Session, body_id: int) -> Style:
    """How the body's stamps look."""
    row, body = session.get(StampStyle, body_id), organization.body(session, body_id).name
    if row is None:
        return Style(body=body)
    lines = tuple(str(text) for text in row.lines)
    return Style(row.heading, lines, row.note, row.has_qr, body)


def save(session: Session, style: Style, *, by: Principal) -> Style:
    """Change how the body's stamps look from now on. Raises NotAllowed, BadStamp."""
    by.require_scope("administer")
    by.require(by.is_administrator, t("Only an administrator changes the stamps."))
    clean = checked(style)
    session.merge(
        StampStyle(
            body_id=by.body_id,
            heading=clean.heading,
            lines=list(clean.lines),
            note=clean.note,
            has_qr=clean.has_qr,
            changed_by=by.user_id,
            changed_at=clock.now(),
        )
    )
    audit.record(
        session,
        "stamp.changed",
        by=by,
        subject=("body", by.body_id),
        lines=len(clean.lines),
        has_qr=clean.has_qr,
    )
    return clean


def checked(style: Style) -> Style:
    """The style with clean texts. Raises BadStamp: too long, too many, an unknown placeholder."""
    lines = tuple(clean for text in style.lines if (clean := line(text)))
    if len(lines) > MAX_LINES:
        raise BadStamp(
            t("A stamp has room for {max} lines of its own.", max=MAX_LINES), field="lines"
        )
    for field, text in (
        ("heading", style.heading),
        ("note", style.note),
        *(("lines", text) for text in lines),
    ):
        _check(line(text), field)
    return Style(line(style.heading), lines, line(style.note), style.has_qr, style.body)


def _check(text: str, field: str) -> None:
    if len(text) > MAX_LENGTH:
        raise BadStamp(
            t("A line of the stamp has up to {max} characters.", max=MAX_LENGTH), field=field
        )
    try:
        parts = list(string.Formatter().parse(text))
    except ValueError:
        parts = [("", "?", "", None)]
    for _, name, form, conversion in parts:
        if name is not None and (name not in PLACEHOLDERS or form or conversion):
            known = ", ".join(f"{{{one}}}" for one in PLACEHOLDERS)
            raise BadStamp(t("Only these stand in braces: {known}", known=known), field=field)


def drawn(settings: Settings, style: Style, facts: Facts, *, at: datetime | None = None) -> bytes:
    """The stamp as a page to be drawn into the field. Raises printing.PrintingError."""
    _, x0, y0, x1, y1 = facts.box
    words = {
        "name": facts.name,
        "capacity": facts.capacity,
        "body": style.body,
        "certificate": facts.certificate,
        "issuer": facts.issuer,
        "reason": facts.reason,
        "note": facts.note,
    }
    lines = [text for one in style.lines if (text := line(one.format_map(words)))]
    return printing.stamp(
        printing.StampData(
            title=facts.title or style.heading.format_map(words),
            name=facts.name,
            capacity=facts.capacity,
            at=clock.local(at or clock.now(), settings.zone),
            lines=tuple(lines[:MAX_LINES]),
            note=" · ".join(filter(None, (facts.note, style.note.format_map(words)))),
            qr=facts.url if style.has_qr else "",
            is_test="TEST" in facts.issuer,
        ),
        width=x1 - x0,
        height=y1 - y0,
    )
