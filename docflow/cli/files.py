"""`docflow files …`: what waits for a person, reading again, the quarantine."""

import re
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from docflow import documents, registry
from docflow.cli import finding
from docflow.cli.failures import CannotDo
from docflow.cli.output import language, print_json, say
from docflow.i18n import t
from docflow.principal import Principal

_CITED = re.compile(r"(\d{1,9}(?:-\w{1,4})?)/(\d{4})")


def waiting(data: Path | None, *, limit: int, acting_as: str | None, as_json: bool) -> int:
    """List the files that wait for a person, the newest first."""
    with finding.office(data) as office, office.db.read() as session:
        by = finding.acting(session, acting_as)
        found, total = registry.files_to_check(session, by=by, limit=limit)
    if as_json:
        print_json({"total": total, "items": [_waiting(one) for one in found]})
        return 0
    for one in found:
        why = one.problem or (one.notes[0] if one.notes else t("It could not be read."))
        say(f"{one.line.label} [{one.position}] {one.name}: {why.in_language(language())}")
    say(t("{n} files wait for a person.", n=total))
    return 0


def _waiting(one: registry.FileToCheck) -> dict[str, Any]:
    return {
        "entry": one.line.label,
        "book": one.line.book,
        "position": one.position,
        "name": one.name,
        "state": one.state,
        "problem": one.problem_code,
        "notes": [note.in_language(language()) for note in one.notes],
        "tried_again": one.is_passing,
    }


def read_again(
    data: Path | None,
    *,
    cited: str,
    place: int,
    book: str | None,
    languages: list[str],
    pages: list[int],
    acting_as: str | None,
) -> int:
    """Have a file, or pages of it, read once more."""
    with finding.office(data) as office, office.db.begin() as session:
        by = finding.acting(session, acting_as)
        file = _file(session, cited, book, place, by)
        documents.read_again(session, file, by=by, languages=languages or None, pages=pages or None)
    say(t("The file will be read again."))
    return 0


def settle(
    data: Path | None, *, cited: str, place: int, book: str | None, acting_as: str | None
) -> int:
    """Leave a file as it is."""
    with finding.office(data) as office, office.db.begin() as session:
        by = finding.acting(session, acting_as)
        documents.settle(session, _file(session, cited, book, place, by), by=by)
    say(t("The file stays as it is and leaves the list."))
    return 0


def _file(
    session: Session, cited: str, book: str | None, place: int, by: Principal
) -> documents.File:
    match = _CITED.fullmatch(cited.strip())
    if match is None:
        raise CannotDo(t("Write the number as NUMBER/YEAR, for example 15/2026."))
    entry = registry.numbered(session, book, int(match[2]), match[1], by=by)
    return documents.file_at(session, entry.id, place)


def quarantine(data: Path | None, *, acting_as: str | None, as_json: bool) -> int:
    """List the files that are kept closed."""
    with finding.office(data) as office, office.db.read() as session:
        by = finding.acting(session, acting_as)
        found = documents.quarantined(session, by=by)
    if as_json:
        print_json(
            [
                {
                    "id": one.id,
                    "entry": one.label,
                    "name": one.name,
                    "sha256": one.sha256,
                    "state": one.state,
                    "finding": one.finding,
                }
                for one in found
            ]
        )
        return 0
    for one in found:
        why = one.problem.in_language(language()) if one.problem else one.finding
        say(f"{one.id}: {one.label} {one.name} ({one.state}) {why}")
    if not found:
        say(t("The quarantine is empty."))
    return 0


def release(data: Path | None, *, file_id: int, reason: str, acting_as: str | None) -> int:
    """Let a closed file out."""
    with finding.office(data) as office, office.db.begin() as session:
        by = finding.acting(session, acting_as)
        documents.release(session, file_id, reason=reason, by=by)
    say(t("The file was let out. It is being read."))
    return 0
