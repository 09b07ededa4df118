"""Taking over an old register, step by step: file, mapping, dry run, decision, import, seal.

Only the head of the registry does it, into a book and year in which nothing was registered here.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

import storage
from docflow import audit, clock, documents, organization, outbox, registry
from docflow.errors import Conflict, Invalid, NotFound
from docflow.folding import line
from docflow.i18n import t
from docflow.imports import columns, sheets
from docflow.imports.columns import Field
from docflow.imports.models import Duplicates, ImportState, OldEntry, OldRegister
from docflow.imports.sheets import Form
from docflow.office import Office
from docflow.principal import Principal
from docflow.registry import BookYear, Direction

SAMPLE = 8
_OPEN = (ImportState.MAPPING, ImportState.CHECKED, ImportState.CANCELLED, ImportState.FAILED)
_ONLY_REGISTRAR = t("Only the head of the registry takes old registers over.")
_NO_READER = t("Old registers are taken over by the head of the registry; auditors may look.")


class NoSuchImport(NotFound):
    """There is no such old register."""


class ImportUnderWay(Conflict):
    """The old register is being checked or taken over, or is sealed."""


class BadRowsLeft(Conflict):
    """Some rows cannot be taken over, and nobody has said to go on without them."""


class BadImport(Invalid):
    """An old register has a year that is past, a book that is not confidential, and a name."""


@dataclass(frozen=True, slots=True)
class ImportInfo:
    """An old register as pages and API show it."""

    id: int
    book: str
    book_title: str
    year: int
    taken_from: str
    file_name: str
    file_sha256: str
    form: Form
    columns: Mapping[str, int]
    direction: str | None
    duplicates: str
    without_bad: bool
    by_direction: bool
    state: str
    rows_total: int
    rows_done: int
    report: Mapping[str, Any]
    report_sha256: str | None
    problem: str | None
    begun_by: str
    begun_at: datetime
    sealed_at: datetime | None

    @property
    def is_running(self) -> bool:
        return self.state in (ImportState.CHECKING, ImportState.IMPORTING)

    @property
    def may_change(self) -> bool:
        return self.state in _OPEN


@dataclass(frozen=True, slots=True)
class Preview:
    """The beginning of the file: names of the columns, and some rows."""

    header: Sequence[str]
    rows: Sequence[tuple[int, Sequence[str]]]


def begin(
    office: Office,
    upload: documents.Upload,
    *,
    by: Principal,
    year: int,
    taken_from: str,
    book: str | None = None,
) -> int:
    """Keep the file and guess how it is to be read; the id of the import.

    Raises NotAllowed, BadImport, NoSuchBook, YearInUse, NoTable.
    """
    by.require_scope("register")
    by.require(by.is_registrar, _ONLY_REGISTRAR)
    name = line(taken_from)
    if not 1 <= len(name) <= 300:
        raise BadImport(t("Say from which system or book it comes."), field="taken_from")
    with office.db.read() as session:
        chosen = registry.book_named(session, book, by)
        _require_free(session, chosen, year, office.settings.zone)
    with local_file(office, upload.sha256) as path:
        form = sheets.recognise(path)
        form = replace(form, header=columns.header_row(islice(sheets.rows(path, form), 10)))
        guessed = columns.recognised(_header(path, form))
    with office.db.begin() as session:
        row = OldRegister(
            body_id=by.body_id,
            book_id=chosen.id,
            year=year,
            taken_from=name,
            file_name=upload.name,
            file_sha256=upload.sha256,
            file_size=upload.size,
            form=form.as_json(),
            columns={field.value: place for field, place in guessed.items()},
            state=ImportState.MAPPING,
            begun_by=by.user_id,
            begun_at=clock.now(),
        )
        session.add(row)
        session.flush()  # its id
        _record(session, "import.begun", row, by, file=upload.sha256, name=upload.name)
        return row.id


def preview(office: Office, import_id: int, *, by: Principal, form: Form | None = None) -> Preview:
    """The header and the first rows of the file, read as `form` says (else as kept)."""
    with office.db.read() as session:
        known = info(session, import_id, by=by)
    form = form or known.form
    with local_file(office, known.file_sha256) as path:
        first = list(islice(sheets.rows(path, form), form.header + SAMPLE))
    header = next((cells for number, cells in first if number == form.header), [])
    return Preview(header, [row for row in first if row[0] > form.header][:SAMPLE])


def check(
    office: Office,
    import_id: int,
    *,
    by: Principal,
    mapping: Mapping[Field, int],
    form: Form | None = None,
    direction: Direction | None = None,
    duplicates: Duplicates = Duplicates.REFUSE,
    by_direction: bool = False,
) -> None:
    """Keep how the columns are understood, and have a job judge every row.

    Raises BadMapping, ImportUnderWay, NoTable.
    """
    by.require_scope("register")
    by.require(by.is_registrar, _ONLY_REGISTRAR)
    seen = preview(office, import_id, by=by, form=form)
    width = max([len(seen.header), *(len(cells) for _, cells in seen.rows)], default=0)
    wanted = columns.checked(mapping, width=width, has_direction=direction is not None)
    with office.db.begin() as session:
        row = _locked(session, import_id, by)
        _require_state(row, *_OPEN)
        if form is not None:
            row.form = form.as_json()
        row.by_direction = by_direction
        row.columns = {field.value: place for field, place in wanted.items()}
        row.direction = direction
        row.duplicates = duplicates
        row.state, row.problem, row.report, row.report_sha256 = ImportState.CHECKING, None, {}, None
        row.rows_done = row.rows_total = 0
        outbox.enqueue(session, "imports.check", import_id=row.id)
        _record(session, "import.check-asked", row, by, columns=row.columns)


def confirm(
    session: Session, import_id: int, *, by: Principal, zone: str, without_bad: bool = False
) -> None:
    """Have a job take the register over. `without_bad`: go on without the rows that are wrong.

    Raises BadRowsLeft, YearInUse, ImportUnderWay, NotAllowed.
    """
    by.require_scope("register")
    by.require(by.is_registrar, _ONLY_REGISTRAR)
    row = _locked(session, import_id, by)
    _require_state(row, ImportState.CHECKED)
    bad = int(row.report.get("bad", 0))
    if bad and not without_bad:
        raise BadRowsLeft(
            t("{n} rows cannot be taken over. Mend them, or go on without them.", n=bad)
            if bad > 1
            else t("A row cannot be taken over. Mend it, or go on without it."),
            field="without_bad",
        )
    if not int(row.report.get("good", 0)):
        raise BadRowsLeft(t("No row of the file can be taken over."))
    _require_free(session, session.get_one(registry.Book, row.book_id), row.year, zone)
    row.state, row.without_bad, row.confirmed_by = ImportState.IMPORTING, without_bad, by.user_id
    row.rows_done = 0
    outbox.enqueue(session, "imports.take-over", import_id=row.id)
    _record(session, "import.confirmed", row, by, bad_rows=bad, without_bad=without_bad)


def cancel(session: Session, import_id: int, *, by: Principal) -> None:
    """Stop checking or taking over; nothing stays in the register. Raises ImportUnderWay."""
    by.require_scope("register")
    by.require(by.is_registrar, _ONLY_REGISTRAR)
    row = _locked(session, import_id, by)
    if row.state == ImportState.SEALED:
        raise ImportUnderWay(t("The year is sealed. It can no longer be taken back."))
    row.state = ImportState.CANCELLED
    _record(session, "import.cancelled", row, by)


def info(session: Session, import_id: int, *, by: Principal) -> ImportInfo:
    """One old register. Raises NoSuchImport."""
    found = infos(session, by=by, import_id=import_id)
    if not found:
        raise NoSuchImport(t("There is no such old register."))
    return found[0]


def infos(session: Session, *, by: Principal, import_id: int | None = None) -> list[ImportInfo]:
    """The old registers of the body, the newest first."""
    by.require_scope("read")
    by.require(by.is_registrar or by.is_auditor, _NO_READER)
    query = (
        select(OldRegister, registry.Book)
        .join(registry.Book, registry.Book.id == OldRegister.book_id)
        .where(OldRegister.body_id == by.body_id)
        .order_by(OldRegister.id.desc())
    )
    if import_id is not None:
        query = query.where(OldRegister.id == import_id)
    rows = session.execute(query).all()
    names = organization.names(session, [row.begun_by for row, _ in rows])
    return [_info(row, book, names.get(row.begun_by or 0, "")) for row, book in rows]


@dataclass(frozen=True, slots=True)
class OldOrigin:
    """The row of an old register that an entry was taken over from."""

    taken_from: str
    row: int
    cells: Sequence[tuple[str, str]]  # name of the column, what stood there
    file_name: str


def origin(session: Session, entry_id: int) -> OldOrigin | None:
    """Where an entry was taken over from, None for one of our own.

    The caller has checked that the person may see the entry.
    """
    found = session.execute(
        select(OldEntry, OldRegister)
        .join(OldRegister, OldRegister.id == OldEntry.register_id)
        .where(OldEntry.entry_id == entry_id)
    ).one_or_none()
    if found is None:
        return None
    old, register = found
    return OldOrigin(register.taken_from, old.row, old.cells, register.file_name)


def _info(row: OldRegister, book: registry.Book, begun_by: str) -> ImportInfo:
    return ImportInfo(
        id=row.id,
        book=book.code,
        book_title=book.title,
        year=row.year,
        taken_from=row.taken_from,
        file_name=row.file_name,
        file_sha256=row.file_sha256,
        form=Form.of(row.form),
        columns=dict(row.columns),
        direction=row.direction,
        duplicates=row.duplicates,
        without_bad=row.without_bad,
        by_direction=row.by_direction,
        state=row.state,
        rows_total=row.rows_total,
        rows_done=row.rows_done,
        report=dict(row.report),
        report_sha256=row.report_sha256,
        problem=row.problem,
        begun_by=begun_by,
        begun_at=row.begun_at,
        sealed_at=row.sealed_at,
    )


def _header(path: Path, form: Form) -> Sequence[str]:
    rows = islice(sheets.rows(path, form), form.header)
    return next((cells for number, cells in rows if number == form.header), [])


def _require_free(session: Session, book: registry.Book, year: int, zone: str) -> None:
    this_year = clock.today(zone).year
    if not 1900 <= year <= this_year:
        raise BadImport(t("Write a year that is past: 2025."), field="year")
    if book.is_confidential:
        raise BadImport(t("An old register is taken over into an ordinary book."), field="book")
    if book.is_default and year == this_year:
        raise registry.importing.YearInUse(
            t(
                "The year {year} of the book “{book}” is needed for today’s documents. Make a "
                "book of its own for the old register of this year.",
                year=year,
                book=book.title,
            ),
            field="year",
        )
    if session.get(BookYear, (book.id, year)) is not None:
        raise registry.importing.YearInUse(
            t(
                "The book “{book}” is in use in {year}, or was taken over already. Choose "
                "another year or book.",
                book=book.title,
                year=year,
            ),
            field="year",
        )


def _locked(session: Session, import_id: int, by: Principal) -> OldRegister:
    row = session.scalar(
        select(OldRegister)
        .where(OldRegister.id == import_id, OldRegister.body_id == by.body_id)
        # Not FOR UPDATE: that would wait for the import whose rows point here, and which it stops.
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise NoSuchImport(t("There is no such old register."))
    return row


def _require_state(row: OldRegister, *states: ImportState) -> None:
    if row.state not in states:
        raise ImportUnderWay(
            t("This is not possible now: the state of the old register has changed. Look again.")
        )


@contextmanager
def local_file(office: Office, sha256: str) -> Iterator[Path]:
    """The file as a path, for the block. Raises BytesMissing and StoreUnavailable."""
    try:
        with office.store.local_copy(sha256) as path:
            yield path
    except (storage.NoSuchObject, storage.DigestMismatch) as error:
        raise documents.BytesMissing(documents.PROBLEMS["missing"]) from error
    except storage.StorageError as error:
        raise documents.store_unavailable() from error


def _record(session: Session, action: str, row: OldRegister, by: Principal, **details: Any) -> None:
    audit.record(
        session,
        action,
        by=by,
        subject=("old-register", row.id),
        year=row.year,
        taken_from=row.taken_from,
        **details,
    )
