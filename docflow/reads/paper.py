"""The monthly report on reading as PDF and CSV."""

import csv
import io
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from docflow import clock, printing, registry
from docflow.errors import Unavailable
from docflow.i18n import Text, t
from docflow.reads.further import Further
from docflow.reads.report import ReadLine, Report

# A cell that begins so is a formula to a spreadsheet; ours never are (OWASP, CSV injection).
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_HEADS = (
    t("When"),
    t("Person"),
    t("Entry"),
    t("What was read"),
    t("Why it was open"),
    t("Reason"),
)
BASIS = {
    "ordinary": t("not confidential"),
    "own-work": t("own work"),
    "reason": t("for a reason"),
}


class ReportFailed(Unavailable):
    """The report could not be printed."""


def what(line: ReadLine) -> Text:
    """What was read, in words."""
    match line.what:
        case "file":
            return t("file {position}", position=line.position)
        case "text":
            return t("the text of file {position}", position=line.position)
        case "paper":
            return t("receipt or proof")
        case _:
            return t("the entry")


def report_csv(
    report: Report, beside: Sequence[Further] = (), *, language: str, zone: str
) -> bytes:
    """The confidential readings, one a row: UTF-8 with a byte order mark, semicolons.

    What is reported beside them follows, each table after an empty row and its title.
    """
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";")
    writer.writerow([head.in_language(language) for head in _HEADS])
    for line in report.confidential_reads:
        row = [f"{clock.local(line.at, zone):%Y-%m-%d %H:%M:%S}", *_cells(line, language)]
        writer.writerow(_harmless(row))
    for table in beside:
        writer.writerow([])
        writer.writerow([table.title.in_language(language)])
        writer.writerow([head.in_language(language) for head in table.heads])
        for cells in table.rows:
            writer.writerow(_harmless([_written(cell, language, zone) for cell in cells]))
    return text.getvalue().encode("utf-8-sig")


def _harmless(row: list[str]) -> list[str]:
    return ["'" + cell if cell.startswith(_FORMULA) else cell for cell in row]


def _written(cell: datetime | str | Text, language: str, zone: str) -> str:
    if isinstance(cell, datetime):
        return f"{clock.local(cell, zone):%Y-%m-%d %H:%M:%S}"
    return cell.in_language(language) if isinstance(cell, Text) else cell


def report_pdf(
    session: Session, report: Report, *, body_id: int, language: str, zone: str
) -> bytes:
    """The report as PDF/A-2a. Raises ReportFailed."""
    now = clock.local(clock.now(), zone)
    data = printing.ReadsData(
        issuer=registry.issuer(session, body_id),
        year=report.year,
        month=report.month,
        counts=(
            ("reads", report.reads),
            ("people", report.people),
            ("entries", report.entries),
            ("confidential", report.confidential),
            ("odd_hours", report.odd_hours),
        ),
        people=tuple(
            (one.person, one.reads, one.entries, one.confidential, one.odd_hours)
            for one in report.by_person
        ),
        lines=tuple(
            (f"{clock.local(line.at, zone):%d/%m/%Y %H:%M}", *_cells(line, language))
            for line in report.confidential_reads
        ),
        is_over=report.is_over,
        made_at=now,
    )
    try:
        return printing.reads_report(data, language=language)
    except printing.PrintingError as error:
        raise ReportFailed(
            t("The report could not be made. Try again, or take it as a table.")
        ) from error


def _cells(line: ReadLine, language: str) -> tuple[str, str, str, str, str]:
    return (
        line.person,
        line.label,
        what(line).in_language(language),
        BASIS[line.basis].in_language(language),
        line.reason,
    )
