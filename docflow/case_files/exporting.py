"""A case file as one file: made while the person waits where it is small, by a job otherwise.

Who asks must give a reason for the confidential entries among what he takes; each entry is noted as
read before a byte goes out. A file that a job made waits for a week, for its person alone, and only
while he may see all of it still.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from docflow import audit, clock, exports, organization, outbox, registry, schedule
from docflow.case_files import access, archive, bundle, paper
from docflow.case_files.bundle import Bundle
from docflow.case_files.models import CaseFile, ExportForm, FileExport
from docflow.errors import Conflict, Forbidden, NotFound
from docflow.exports import ExportState
from docflow.i18n import t
from docflow.office import Office
from docflow.principal import Principal, Via
from docflow.registry import Entry

MEDIA_TYPES = {ExportForm.PDF: "application/pdf", ExportForm.ZIP: "application/zip"}
_AT_ONCE_FILES = 40
_AT_ONCE_BYTES = 20 << 20
_LARGEST = 8 << 30  # bytes of a file


class NoSuchFileExport(NotFound):
    """You have no such export of a case file, or it was removed after a week."""


class FileExportNotReady(Conflict):
    """The export of the case file is not made yet."""


class FileExportRightsLost(Forbidden):
    """Something in the export is not for you any more."""


@dataclass(frozen=True, slots=True)
class Made:
    """A file in the folder of temporary files; it is gone when the block ends."""

    path: Path
    name: str
    media_type: str
    documents: int
    entry_ids: list[int]


def contents_pdf(office: Office, file_id: int, *, by: Principal, language: str) -> bytes:
    """Cover and contents on paper. Raises NoSuchCaseFile, CaseFileNotPrinted."""
    with office.db.read() as session:
        found = bundle.collect(session, file_id, by=by, zone=office.settings.zone)
    return paper.contents_pdf(found, language=language)


def is_small(session: Session, file_id: int, *, by: Principal, zone: str) -> bool:
    """Whether the file is made while the person waits. Raises NoSuchCaseFile."""
    found = bundle.collect(session, file_id, by=by, zone=zone)
    return len(found.files) <= _AT_ONCE_FILES and found.size <= _AT_ONCE_BYTES


@contextmanager
def made(
    office: Office,
    file_id: int,
    form: ExportForm,
    *,
    by: Principal,
    language: str,
    reason: str = "",
) -> Iterator[Made]:
    """The export, for the length of the block.

    Raises NoSuchCaseFile, ReasonNeeded, BadReason, TooLargeForPdf, CaseFileNotPrinted,
    StoreUnavailable.
    """
    with office.db.begin() as session:
        found = bundle.collect(session, file_id, by=by, zone=office.settings.zone)
        if form is ExportForm.PDF:
            paper.require_bindable(found)
        bundle.note_reads(session, found, by=by, reason=reason)
        audit.record(
            session,
            "case-file.exported",
            by=by,
            subject=("case-file", found.file_id),
            form=form.value,
            documents=len(found.entries),
        )
    with tempfile.TemporaryDirectory(prefix="docflow-case-file-") as folder:
        path = Path(folder) / f"case-file.{form}"
        if form is ExportForm.PDF:
            paper.bound_pdf(office, found, path, language=language)
        else:
            archive.write(office, found, path, language=language)
        yield Made(path, _name(found, form), MEDIA_TYPES[form], len(found.entries), found.entry_ids)


def request(
    session: Session,
    file_id: int,
    form: ExportForm,
    *,
    by: Principal,
    language: str,
    zone: str,
    reason: str = "",
) -> FileExport:
    """Ask for the export to be made by a job. Raises as `made`."""
    found = bundle.collect(session, file_id, by=by, zone=zone)
    if form is ExportForm.PDF:
        paper.require_bindable(found)
    bundle.require_reasons(session, found, by=by, reason=reason)
    row = FileExport(
        body_id=by.body_id,
        user_id=by.person_id,
        case_file_id=found.file_id,
        form=form,
        language=language,
        state=ExportState.WAITING,
        created_at=clock.now(),
    )
    session.add(row)
    session.flush()  # its id, for the job
    outbox.enqueue(session, "case-files.export", export_id=row.id)
    return row


def listing(
    session: Session, *, by: Principal, file_id: int | None = None, limit: int = 10
) -> list[FileExport]:
    """The person's own exports, of one file or of all, the newest first."""
    query = select(FileExport).where(FileExport.user_id == by.user_id)
    if file_id is not None:
        query = query.where(FileExport.case_file_id == file_id)
    return list(session.scalars(query.order_by(FileExport.id.desc()).limit(limit)))


def get(session: Session, export_id: int, *, by: Principal) -> FileExport:
    """One of the person's own exports. Raises NoSuchFileExport."""
    row = exports.kept.own(session, FileExport, export_id, by=by)
    if row is None:
        raise _none()
    return row


def file_of(session: Session, export_id: int, *, by: Principal) -> tuple[FileExport, str]:
    """The export and the name of its file, where it is made and all of it is open to the person.

    Raises NoSuchFileExport, FileExportNotReady, FileExportRightsLost.
    """
    row = get(session, export_id, by=by)
    if row.state == ExportState.EXPIRED:
        raise _none()
    if row.state != ExportState.DONE:
        raise FileExportNotReady(t("The file is not made yet. Look again in a minute."))
    file = session.scalar(
        select(CaseFile).where(CaseFile.id == row.case_file_id, access.visible_to(by))
    )
    ids = row.entry_ids or []
    seen = select(func.count()).where(
        Entry.id.in_(ids), Entry.subject != registry.ERASED, registry.visible_to(by)
    )
    if file is None or session.scalar(seen) != len(ids):
        raise FileExportRightsLost(
            t(
                "Your rights changed since the file was made, or data in it were erased. Have the "
                "export made again."
            )
        )
    return row, file_name(file.code, ExportForm(row.form))


def file_name(code: str, form: ExportForm) -> str:
    """The name of the file as a person saves it."""
    safe = "".join(char if char.isalnum() or char in ".-" else "-" for char in code)
    return f"{safe.strip('.-')}.{form}"


def give_up(run: outbox.Run, *, export_id: int, why: str) -> None:
    """The job failed for good: the export shows it."""
    exports.kept.give_up(run.office, FileExport, export_id, why)


@outbox.job("case-files.export", given_up=give_up)
def make(run: outbox.Run, *, export_id: int) -> None:
    """Make the export with the rights that the person has now, and keep it."""
    office = run.office
    with office.db.read() as session:
        row = session.get_one(FileExport, export_id)
        if row.state != ExportState.WAITING:
            return
        by = organization.principal(session, row.user_id, via=Via.JOB)
        form, language, file_id = ExportForm(row.form), row.language, row.case_file_id
    with made(office, file_id, form, by=by, language=language) as export:
        stored = exports.kept.store(office, export.path, by=by, limit=_LARGEST)
    with office.db.begin() as session:
        waiting = exports.kept.waiting(session, FileExport, export_id)
        if waiting is not None:
            waiting.finish(stored, export.entry_ids)
            waiting.documents = export.documents


@outbox.job("case-files.expire")
def expire(run: outbox.Run) -> None:
    """Remove the files after a week."""
    exports.kept.expire(run.office, FileExport)


schedule.every("case-files.expire", timedelta(hours=6))


def _name(found: Bundle, form: ExportForm) -> str:
    return file_name(found.line.code, form)


def _none() -> NoSuchFileExport:
    return NoSuchFileExport(t("You have no such export, or its file was removed after a week."))
