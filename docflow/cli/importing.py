"""`docflow import register`: the steps of the page in one command."""

import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sqlalchemy import select

from docflow import documents, imports, outbox
from docflow.cli import finding
from docflow.cli.failures import CannotDo
from docflow.cli.output import language, print_json, say, warn
from docflow.i18n import t
from docflow.imports import Duplicates, Field, ImportInfo, ImportState
from docflow.office import Office
from docflow.principal import Principal
from docflow.registry import Direction

_PAUSE = 0.5  # seconds between two looks at work that a worker does


def register(
    data: Path | None,
    *,
    file: Path,
    year: int,
    taken_from: str,
    mapping: list[str],
    direction: str | None,
    suffix: bool,
    by_direction: bool,
    dry_run: bool,
    skip_bad: bool,
    report: Path | None,
    book: str | None,
    acting_as: str | None,
    as_json: bool,
) -> int:
    """Keep the file, check it, and take it over; 1 where it was not taken over."""
    with finding.office(data) as office:
        with office.db.read() as session:
            by = finding.acting(session, acting_as)
        with file.open("rb") as stream:
            upload = documents.receive(office, stream, file.name, body_id=by.body_id)
        import_id = imports.begin(
            office, upload, by=by, year=year, taken_from=taken_from, book=book
        )
        imports.check(
            office,
            import_id,
            by=by,
            mapping=_mapping(office, import_id, mapping, by),
            direction=Direction(direction) if direction else None,
            duplicates=Duplicates.SUFFIX if suffix else Duplicates.REFUSE,
            by_direction=by_direction,
        )
        one = _done(office, import_id, by)
        if report is not None and one.report_sha256 is not None:
            report.write_bytes(documents.read_bytes(office, one.report_sha256))
        if one.state == ImportState.CHECKED and not dry_run:
            if one.report["bad"] and not skip_bad:
                _tell(one, as_json)
                warn(t("Nothing was registered. Mend the rows, or add --skip-bad."))
                return 1
            with office.db.begin() as session:
                zone = office.settings.zone
                imports.confirm(session, import_id, by=by, zone=zone, without_bad=skip_bad)
            one = _done(office, import_id, by)
    _tell(one, as_json)
    return int(one.state != (ImportState.CHECKED if dry_run else ImportState.SEALED))


def _mapping(office: Office, import_id: int, given: list[str], by: Principal) -> dict[Field, int]:
    """The recognised columns, and those that were named. Raises CannotDo."""
    header = list(imports.preview(office, import_id, by=by).header)
    found = imports.recognised(header)
    for one in given:
        name, _, column = one.partition("=")
        if name not in set(Field) or not column:
            fields = ", ".join(Field)
            raise CannotDo(t("Write FIELD=COLUMN; the fields are: {fields}", fields=fields))
        if column in header:
            place = header.index(column)
        elif column.isdecimal():
            place = int(column) - 1
        else:
            raise CannotDo(t("The file has no column “{column}”.", column=column))
        found = {field: there for field, there in found.items() if there != place}
        found[Field(name)] = place
    return found


def _done(office: Office, import_id: int, by: Principal) -> ImportInfo:
    """Do the work that waits here, or wait for the worker that took it."""
    while True:
        with office.db.read() as session:
            one = imports.info(session, import_id, by=by)
            ours = outbox.Job.args["import_id"].as_integer() == import_id
            waits = outbox.Job.state == outbox.JobState.WAITING
            mine = outbox.Job.task.in_(("imports.check", "imports.take-over"))
            ids = session.scalars(select(outbox.Job.id).where(mine, waits, ours)).all()
        if not one.is_running:
            return one
        for job_id in ids:
            outbox.run(office, job_id)
        if not ids:
            time.sleep(_PAUSE)


def _tell(one: ImportInfo, as_json: bool) -> None:
    if as_json:
        print_json(_document(one))
        return
    found = one.report
    if found:
        say(
            t(
                "Rows: {rows}; can be taken over: {good}; with errors: {bad}; warnings: "
                "{warnings}; missing numbers: {missing}; last number: {last}.",
                **{name: found[name] for name in _COUNTS},
            )
        )
        if found.get("left_out"):
            spans = (f"{a}-{b}" if b > a else str(a) for _, a, b in found["left_out"][:20])
            say(t("Missing too without the rows with errors: {numbers}", numbers=", ".join(spans)))
        for row, number, problem, detail, is_error in found["faults"][:20]:
            words = imports.PROBLEMS[problem].in_language(language())
            kind = imports.PROBLEMS["error" if is_error else "warning"].in_language(language())
            warn(f"{row:>8}  {number:>8}  {kind}: {words}  {detail}")
    if one.problem:
        warn(one.problem)
    if one.state == ImportState.SEALED:
        say(t("{n} entries were taken over; the year is sealed.", n=one.rows_done))


_COUNTS = ("rows", "good", "bad", "warnings", "missing", "last")


def _document(one: ImportInfo) -> dict[str, Any]:
    plain = asdict(one)
    plain["begun_at"] = one.begun_at.isoformat()
    plain["sealed_at"] = one.sealed_at.isoformat() if one.sealed_at else None
    return plain
