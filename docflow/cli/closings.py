"""`docflow books days | close-days | verify-days | close-year | export`."""

import shutil
from dataclasses import asdict
from pathlib import Path

from docflow import closings, exports, tables
from docflow.cli import finding
from docflow.cli.days import day
from docflow.cli.output import language, print_json, say, shown, warn
from docflow.i18n import t
from docflow.registry import Direction

__all__ = ["close_days", "close_year", "days", "export", "tables", "verify_days"]


def days(data: Path | None, *, book: str, acting_as: str | None, as_json: bool) -> int:
    """The days that wait for their register, and the newest registers; 1 where one is overdue."""
    with finding.office(data) as office:
        with office.db.read() as session:
            by = finding.acting(session, acting_as)
            found = closings.book_named(session, book, by)
            state = closings.state_of(session, office, found, by=by)
            lines = closings.listing(session, found)
        zone = office.settings.zone
    if as_json:
        print_json(
            {
                "waiting": [
                    {
                        "day": one.day.isoformat(),
                        "deadline": one.deadline.isoformat(),
                        "overdue": one.is_overdue,
                        "problem": one.problem or None,
                    }
                    for one in state.waiting
                ],
                "closed": [_closed(line) for line in lines],
                "total": state.registers,
            }
        )
        return int(state.overdue > 0)
    for one in state.waiting:
        mark = t("overdue") if one.is_overdue else t("until {day}", day=f"{one.deadline:%d/%m/%Y}")
        warn(f"{one.day:%d/%m/%Y}  {mark.in_language(language())}  {one.problem}")
    for line in lines:
        numbers = f"{line.first_number}–{line.last_number}" if line.first_number else "–"
        say(f"{line.identifier}  {numbers:>13}  {shown(line.closed_at, zone)}")
    return int(state.overdue > 0)


def close_days(data: Path | None, *, book: str, acting_as: str | None, as_json: bool) -> int:
    """Close every day that is over; 1 where one could not be closed. The registrar's act."""
    with finding.office(data) as office:
        with office.db.read() as session:
            by = finding.acting(session, acting_as)
            found = closings.book_named(session, book, by)
            closings.require_close(by, found)
        made = closings.close_due(office, found.id, by=by)
        with office.db.read() as session:
            left = closings.state_of(session, office, found, by=by).waiting
    problem = next((one.problem for one in left if one.problem), "")
    if as_json:
        print_json({"closed": made, "waiting": len(left), "problem": problem or None})
        return int(bool(left))
    say(t("{n} days were closed, {m} wait.", n=made, m=len(left)))
    if problem:
        warn(problem)
    return int(bool(left))


def verify_days(data: Path | None, *, book: str, acting_as: str | None, as_json: bool) -> int:
    """Compose each closed day of a book anew and compare; 1 where something was altered."""
    with finding.office(data) as office, office.db.read() as session:
        by = finding.acting(session, acting_as)
        found = closings.book_named(session, book, by)
        findings = list(closings.verify_days(session, found))
        n = closings.state_of(session, office, found, by=by).registers
    if as_json:
        print_json(
            {
                "sound": not findings,
                "registers": n,
                "findings": [asdict(one) for one in findings],
            }
        )
        return int(bool(findings))
    for one in findings:
        warn(f"{one.what}: {one.detail}")
    if findings:
        warn(t("Something was altered, see above. Leave all as it is, and find out why."))
    else:
        say(t("{n} daily registers agree with the book.", n=n))
    return int(bool(findings))


def close_year(
    data: Path | None,
    *,
    book: str,
    year: int,
    output: Path | None,
    acting_as: str | None,
    only_report: bool,
    as_json: bool,
) -> int:
    """Close a year, or only say what is in the way; 1 where the year is not ready."""
    with finding.office(data) as office:
        with office.db.read() as session:
            by = finding.acting(session, acting_as)
            report = closings.prepare_year(session, office, book, year, by=by)
        if not only_report:
            closing = closings.close_year(office, book, year, by=by)
            if output is not None:
                output.write_bytes(office.store.read(closing.pdf_sha256))
    obstacles = [one.in_language(language()) for one in report.obstacles]
    if as_json:
        print_json(
            {
                "book": book,
                "year": year,
                "entries": report.entries,
                "annulled": [asdict(one) for one in report.annulled],
                "unused": [asdict(one) for one in report.unused],
                "days": report.days,
                "obstacles": obstacles,
                "closed": not only_report or report.closed_at is not None,
            }
        )
        return int(bool(obstacles))
    say(t("{n} entries, {m} annulled numbers.", n=report.entries, m=len(report.annulled)))
    for one in obstacles:
        warn(one)
    if not only_report:
        say(t("The year {year} is closed.", year=year))
    elif not obstacles:
        say(t("Nothing is in the way of the closing."))
    return int(bool(obstacles))


def export(
    data: Path | None,
    *,
    output: Path,
    form: str,
    first_day: str,
    last_day: str,
    book: str | None,
    direction: str | None,
    words: str,
    delimiter: str,
    acting_as: str | None,
) -> int:
    """Write a part of the register into a file, however large."""
    wanted = exports.Wanted(
        first_day=day(first_day),
        last_day=day(last_day),
        book=book,
        direction=Direction(direction) if direction else None,
    )
    with finding.office(data) as office:
        with office.db.read() as session:
            by = finding.acting(session, acting_as)
        with exports.made(
            office, wanted, exports.Format(form), by=by, language=words, delimiter=delimiter
        ) as made:
            shutil.copyfile(made.path, output)
    say(t("{n} entries were written to {path}.", n=made.rows, path=str(output)))
    return 0


def _closed(line: closings.DayLine) -> dict[str, object]:
    return {
        "day": line.day.isoformat(),
        "identifier": line.identifier,
        "entries": line.entries,
        "first_number": line.first_number,
        "last_number": line.last_number,
        "corrections": line.corrections,
        "annulments": line.annulments,
        "late_entries": line.late,
        "content_sha256": line.content_sha256,
        "pdf_sha256": line.pdf_sha256,
        "made_late": line.is_late,
        "closed_at": line.closed_at.isoformat(),
        "closed_by": line.closed_by or None,
    }
