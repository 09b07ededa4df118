"""Making an export: at once where it is small, else by a job whose file waits for a week.

The file is made outside the answer, in the folder of temporary files: an error is told before the
first byte is sent, and no connection to the database is held while a slow reader takes his file.
Each export is an event: who took which part of the register, in which form, how many entries.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

import storage
from docflow import audit, clock, documents, organization, outbox, printing, registry, schedule
from docflow.errors import Conflict, Invalid, NotFound, Unavailable
from docflow.exports import paper, tables
from docflow.exports.models import ExportState, Format, RegisterExport
from docflow.exports.rows import Wanted, count, rows
from docflow.i18n import t
from docflow.office import Office
from docflow.principal import Principal, Via
from docflow.registry import Direction
from docflow.words import word

AT_ONCE = 2_000  # entries that are exported while the person waits: a second or three
AT_ONCE_ON_PAPER = 250  # of a PDF: the typesetter keeps what it has set in the web process's memory
KEPT = timedelta(days=7)
_LARGEST = 4 << 30  # bytes of a file
MEDIA_TYPES = {
    Format.PDF: "application/pdf",
    Format.CSV: "text/csv; charset=utf-8",
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Format.XML: "application/xml",
}


class BadPeriod(Invalid):
    """A period ends when it begins, or later."""


class TooManyRows(Conflict):
    """An export as large as this is made by a job."""


class NoSuchExport(NotFound):
    """You have no such export, or its file was removed after a week."""


class NotReady(Conflict):
    """The file is not made yet."""


class ExportFailed(Unavailable):
    """The export could not be printed."""


@dataclass(frozen=True, slots=True)
class Made:
    """A file in the folder of temporary files; it is gone when the block ends."""

    path: Path
    name: str
    media_type: str
    rows: int


def checked(session: Session, wanted: Wanted, *, by: Principal) -> Wanted:
    """The wish, if it can be: the period in order, the book open. Raises BadPeriod, NoSuchBook."""
    by.require_scope("read")
    if wanted.last_day < wanted.first_day:
        raise BadPeriod(t("The last day lies before the first."), field="last_day")
    if wanted.book:
        registry.book_named(session, wanted.book, by)
    return wanted


def size(office: Office, wanted: Wanted, *, by: Principal) -> int:
    """How many entries the export will have. Raises BadPeriod, NoSuchBook."""
    with office.db.read() as session:
        return count(session, checked(session, wanted, by=by), by=by, zone=office.settings.zone)


def is_small(n: int, form: Format) -> bool:
    """Whether an export of `n` entries is made while the person waits."""
    return n <= (AT_ONCE_ON_PAPER if form is Format.PDF else AT_ONCE)


def require_small(office: Office, wanted: Wanted, form: Format, *, by: Principal) -> None:
    """Raises TooManyRows where somebody would wait too long; BadPeriod, NoSuchBook."""
    n = size(office, wanted, by=by)
    if not is_small(n, form):
        raise TooManyRows(t("The export has {n} entries: have it made in the background.", n=n))


@contextmanager
def made(
    office: Office,
    wanted: Wanted,
    form: Format,
    *,
    by: Principal,
    language: str,
    delimiter: str = ";",
) -> Iterator[Made]:
    """The file, for the length of the block. Raises BadPeriod, NoSuchBook, ExportFailed."""
    with tempfile.TemporaryDirectory(prefix="docflow-export-") as folder:
        path = Path(folder) / f"register.{form}"
        n = _write(office, wanted, form, path, by=by, language=language, delimiter=delimiter)
        with office.db.begin() as session:
            audit.record(
                session,
                "register.exported",
                by=by,
                subject=("body", by.body_id),
                format=form.value,
                rows=n,
                **_as_json(wanted),
            )
        yield Made(path, _name(wanted, form), MEDIA_TYPES[form], n)


def request(
    session: Session,
    wanted: Wanted,
    form: Format,
    *,
    by: Principal,
    language: str,
    delimiter: str = ";",
) -> RegisterExport:
    """Ask for a file to be made by a job. Raises BadPeriod, NoSuchBook."""
    checked(session, wanted, by=by)
    row = RegisterExport(
        body_id=by.body_id,
        user_id=by.person_id,
        wanted={**_as_json(wanted), "language": language, "delimiter": delimiter},
        format=form,
        state=ExportState.WAITING,
        created_at=clock.now(),
    )
    session.add(row)
    session.flush()  # its id, for the job
    outbox.enqueue(session, "exports.make", export_id=row.id)
    return row


def listing(session: Session, *, by: Principal, limit: int = 20) -> list[RegisterExport]:
    """The person's own exports, the newest first."""
    return list(
        session.scalars(
            select(RegisterExport)
            .where(RegisterExport.user_id == by.user_id)
            .order_by(RegisterExport.id.desc())
            .limit(limit)
        )
    )


def get(session: Session, export_id: int, *, by: Principal) -> RegisterExport:
    """One of the person's own exports. Raises NoSuchExport."""
    row = session.get(RegisterExport, export_id)
    if row is None or row.user_id != by.user_id:
        raise NoSuchExport(t("You have no such export, or its file was removed after a week."))
    return row


def file_of(session: Session, export_id: int, *, by: Principal) -> RegisterExport:
    """As `get`, where the file is there. Raises NoSuchExport, NotReady."""
    row = get(session, export_id, by=by)
    if row.state == ExportState.EXPIRED:
        raise NoSuchExport(t("You have no such export, or its file was removed after a week."))
    if row.state != ExportState.DONE:
        raise NotReady(t("The file is not made yet. Look again in a minute."))
    return row


def wanted_of(row: RegisterExport) -> Wanted:
    said = row.wanted
    return Wanted(
        first_day=date.fromisoformat(said["first_day"]),
        last_day=date.fromisoformat(said["last_day"]),
        book=said["book"],
        direction=Direction(said["direction"]) if said["direction"] else None,
    )


def name_of(row: RegisterExport) -> str:
    """The name of the file as a person saves it."""
    return _name(wanted_of(row), Format(row.format))


def give_up(run: outbox.Run, *, export_id: int, why: str) -> None:
    """The job failed for good: the export shows it."""
    with run.office.db.begin() as session:
        row = session.get_one(RegisterExport, export_id, with_for_update=True)
        if row.state == ExportState.WAITING:
            row.state, row.problem, row.finished_at = ExportState.FAILED, why[:500], clock.now()


@outbox.job("exports.make", given_up=give_up)
def make(run: outbox.Run, *, export_id: int) -> None:
    """Make the file with the rights that the person has now, and keep it."""
    office = run.office
    with office.db.read() as session:
        row = session.get_one(RegisterExport, export_id)
        if row.state != ExportState.WAITING:
            return
        by = organization.principal(session, row.user_id, via=Via.JOB)
        wanted, form = wanted_of(row), Format(row.format)
        language, delimiter = row.wanted["language"], row.wanted["delimiter"]
    with made(office, wanted, form, by=by, language=language, delimiter=delimiter) as export:
        try:
            with export.path.open("rb") as stream:
                kept = office.store.put(stream, limit=_LARGEST)
        except storage.StorageError as error:
            raise documents.store_unavailable() from error
        n = export.rows
    with office.db.begin() as session:
        row = session.get_one(RegisterExport, export_id, with_for_update=True)
        if row.state == ExportState.WAITING:
            row.state, row.finished_at = ExportState.DONE, clock.now()
            row.rows, row.sha256, row.size = n, kept.sha256, kept.size


@outbox.job("exports.expire")
def expire(run: outbox.Run) -> None:
    """Remove files after a week, for they hold what the register guards. The rows stay."""
    office = run.office
    with office.db.begin() as session:
        old = session.scalars(
            select(RegisterExport)
            .where(
                RegisterExport.state == ExportState.DONE,
                RegisterExport.finished_at < clock.now() - KEPT,
            )
            .with_for_update()
        ).all()
        digests = {row.sha256 for row in old if row.sha256}
        for row in old:
            row.state, row.sha256 = ExportState.EXPIRED, None
        session.flush()  # what is asked next sees who still has the same bytes
        unused = [one for one in sorted(digests) if not _is_used(session, one)]
    for sha256 in unused:
        try:
            office.store.delete(sha256)
        except (storage.NoSuchObject, storage.TooYoung):
            continue
        except storage.StorageError as error:
            raise documents.store_unavailable() from error


schedule.every("exports.expire", timedelta(hours=6))


def _is_used(session: Session, sha256: str) -> bool:
    """Whether somebody registered the very bytes as a document, or exported them later."""
    file = select(documents.File.id).where(documents.File.sha256 == sha256)
    other = select(RegisterExport.id).where(RegisterExport.sha256 == sha256)
    return any(session.scalar(query.limit(1)) is not None for query in (file, other))


def _write(
    office: Office,
    wanted: Wanted,
    form: Format,
    path: Path,
    *,
    by: Principal,
    language: str,
    delimiter: str,
) -> int:
    zone = office.settings.zone
    with office.db.read() as session:
        checked(session, wanted, by=by)
        heading = _heading(session, wanted, by, zone, language)
        found = rows(session, wanted, by=by, zone=zone, language=language)
        if form is Format.CSV:
            return tables.write_csv(found, path, language=language, delimiter=delimiter)
        if form is Format.XLSX:
            return tables.write_xlsx(found, path, heading, language=language)
        if form is Format.XML:
            return tables.write_xml(found, path, heading)
        issuer = registry.issuer(session, by.body_id)
        try:
            return paper.write_pdf(found, path, heading, issuer, language=language)
        except printing.PrintingError as error:
            raise ExportFailed(t("The register could not be printed.")) from error


def _heading(
    session: Session, wanted: Wanted, by: Principal, zone: str, language: str
) -> tables.Heading:
    title = registry.book_named(session, wanted.book, by).title if wanted.book else ""
    return tables.Heading(
        body=organization.body(session, by.body_id).name,
        book=title,
        first_day=wanted.first_day,
        last_day=wanted.last_day,
        direction=word("direction", wanted.direction, language) if wanted.direction else "",
        made_at=clock.local(clock.now(), zone),
        made_by=by.full_name,
        rows=count(session, wanted, by=by, zone=zone),
    )


def _as_json(wanted: Wanted) -> dict[str, Any]:
    return {
        "first_day": wanted.first_day.isoformat(),
        "last_day": wanted.last_day.isoformat(),
        "book": wanted.book,
        "direction": wanted.direction.value if wanted.direction else None,
    }


def _name(wanted: Wanted, form: Format) -> str:
    return f"register-{wanted.first_day:%Y%m%d}-{wanted.last_day:%Y%m%d}.{form}"
