"""Making an export: the register as a file, for the length of a block.

The file is made outside the answer, in the folder of temporary files: an error is told before the
first byte is sent, and no connection to the database is held while a slow reader takes his file.
Each export is an event: who took which part of the register, in which form, how many entries.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from docflow import audit, clock, organization, printing, registry
from docflow.errors import Conflict, Invalid, Unavailable
from docflow.exports import paper, tables
from docflow.exports.models import Format
from docflow.exports.rows import Wanted, count, entry_ids, rows
from docflow.i18n import t
from docflow.office import Office
from docflow.principal import Principal
from docflow.words import word

AT_ONCE = 2_000  # entries that are exported while the person waits: a second or three
AT_ONCE_ON_PAPER = 250  # of a PDF: the typesetter keeps what it has set in the web process's memory
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


class ExportFailed(Unavailable):
    """The export could not be printed."""


@dataclass(frozen=True, slots=True)
class Made:
    """A file in the folder of temporary files; it is gone when the block ends."""

    path: Path
    name: str
    media_type: str
    rows: int
    entry_ids: list[int]


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
        ids = _write(office, wanted, form, path, by=by, language=language, delimiter=delimiter)
        with office.db.begin() as session:
            audit.record(
                session,
                "register.exported",
                by=by,
                subject=("body", by.body_id),
                format=form.value,
                rows=len(ids),
                **as_json(wanted),
            )
        yield Made(path, file_name(wanted, form), MEDIA_TYPES[form], len(ids), ids)


def _write(
    office: Office,
    wanted: Wanted,
    form: Format,
    path: Path,
    *,
    by: Principal,
    language: str,
    delimiter: str,
) -> list[int]:
    """Write the file; the ids of its entries, which are those of the same moment."""
    zone = office.settings.zone
    with office.db.read() as session:
        checked(session, wanted, by=by)
        ids = entry_ids(session, wanted, by=by, zone=zone)
        heading = _heading(session, wanted, by, zone, language)
        found = rows(session, wanted, by=by, zone=zone, language=language)
        match form:
            case Format.CSV:
                tables.write_csv(found, path, language=language, delimiter=delimiter)
            case Format.XLSX:
                tables.write_xlsx(found, path, heading, language=language)
            case Format.XML:
                tables.write_xml(found, path, heading)
            case Format.PDF:
                issuer = registry.issuer(session, by.body_id)
                try:
                    paper.write_pdf(found, path, heading, issuer, language=language)
                except printing.PrintingError as error:
                    raise ExportFailed(t("The register could not be printed.")) from error
    return ids


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


def as_json(wanted: Wanted) -> dict[str, Any]:
    return {
        "first_day": wanted.first_day.isoformat(),
        "last_day": wanted.last_day.isoformat(),
        "book": wanted.book,
        "direction": wanted.direction.value if wanted.direction else None,
    }


def file_name(wanted: Wanted, form: Format) -> str:
    """The name of the file as a person saves it."""
    return f"register-{wanted.first_day:%Y%m%d}-{wanted.last_day:%Y%m%d}.{form}"
