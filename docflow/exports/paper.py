"""Rows as the printed book: what goes into which column on paper."""

from collections.abc import Iterator
from pathlib import Path

from docflow import printing
from docflow.exports.rows import Row
from docflow.exports.tables import Heading
from docflow.i18n import t

_RECIPIENTS = 6  # by name; more are counted


def write_pdf(
    rows: Iterator[Row], path: Path, heading: Heading, issuer: printing.Issuer, *, language: str
) -> int:
    """The book as PDF; the number of rows. Raises printing.PrintingError."""
    n = 0

    def printed() -> Iterator[printing.BookRow]:
        nonlocal n
        for row in rows:
            n += 1
            yield _row(row, language)

    printing.printed_book(_data(heading, issuer, language), printed(), path, language=language)
    return n


def _data(heading: Heading, issuer: printing.Issuer, language: str) -> printing.BookData:
    period = f"{heading.first_day:%d/%m/%Y} – {heading.last_day:%d/%m/%Y}"
    title = heading.book or t("All books").in_language(language)
    count = t("Entries: {n}", n=heading.rows).in_language(language)
    made = t(
        "Made on {moment} by {person}",
        moment=f"{heading.made_at:%d/%m/%Y %H:%M}",
        person=heading.made_by,
    ).in_language(language)
    scope = filter(None, (title, period, heading.direction, count))
    return printing.BookData(
        issuer=issuer, scope=tuple(scope), footer=made, made_at=heading.made_at
    )


def _row(row: Row, language: str) -> printing.BookRow:
    registered = [f"{row.registered_at:%d/%m/%Y %H:%M}"]
    if row.late_days:
        registered.append(f"({row.received_at:%d/%m/%Y})")
    recipients = [f"→ {name}" for name in (*row.recipients, *row.copies)]
    more = len(recipients) - _RECIPIENTS
    if more > 0:
        recipients = [
            *recipients[:_RECIPIENTS],
            t("and {n} more", n=more).in_language(language),
        ]
    mark = ""
    if row.annulled_at:
        mark = t(
            "ANNULLED on {day}: {reason}",
            day=f"{row.annulled_at:%d/%m/%Y}",
            reason=row.annulment_reason,
        ).in_language(language)
    dated = f"{row.sender_dated_on:%d/%m/%Y}" if row.sender_dated_on else ""
    return printing.BookRow(
        number=row.label,
        registered=tuple(registered),
        direction=row.direction,
        correspondent=tuple(filter(None, (row.sender, *recipients))),
        reference=tuple(filter(None, (row.sender_reference, dated))),
        subject=row.subject,
        attachments=str(row.attachments_count or ""),
        unit=tuple(filter(None, (row.unit or row.addressee_unit, row.person))),
        related=", ".join(row.related),
        state=tuple(
            filter(None, (row.state, f"{row.closed_at:%d/%m/%Y}" if row.closed_at else ""))
        ),
        notes=tuple(filter(None, (row.kind, row.grade, *row.values, *row.corrections))),
        mark=mark,
    )
