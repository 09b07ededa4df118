"""Reading files in the background: text page by page, state that people can see, another try.

The job may run twice or die anywhere: it begins again, and writes the same rows once more.
"""

import logging
from collections.abc import Callable, Sequence
from pathlib import Path

from sqlalchemy import delete, select, text
from sqlalchemy.orm import Session

import ocr
import storage
from docflow import audit, clock, outbox
from docflow.documents.intake import BytesMissing, store_unavailable
from docflow.documents.models import File, PageText, Reading, ReadingState, Rendition
from docflow.errors import Conflict, Invalid, NotFound
from docflow.i18n import Text, t
from docflow.office import Office
from docflow.principal import Principal, system

log = logging.getLogger(__name__)

SEARCHABLE_PDF = "searchable-pdf"

# What a person is told of each code (those of ocr.Unreadable, and ours), and what he can do.
PROBLEMS: dict[str, Text] = {
    "empty": t("The file is empty. Ask the sender for it again."),
    "encrypted": t("The PDF is locked with a password. Ask the sender for an open copy."),
    "damaged": t("The file is damaged or cut off. Ask the sender for it again, or scan the paper."),
    "unsupported": t("Files of this kind are kept, but not read."),
    "page-too-large": t("A page is larger than can be read. Ask for a copy in A4 or A3."),
    "too-many-pages": t("The file has too many pages. Split it and file the parts."),
    "timeout": t("Reading took too long and was stopped. It can be tried again."),
    "memory": t("Reading needed too much memory and was stopped. It can be tried again."),
    "crashed": t("The reader broke off. It can be tried again."),
    "missing": t("The bytes of the file are not in the store. Tell the administrator at once."),
    "unavailable": t("The file could not be read for now. It can be tried again."),
}


class NoSuchFile(NotFound):
    """There is no such file in this entry."""


class StillReading(Conflict):
    """The file is being read."""


class NoSuchLanguage(Invalid):
    """The installation has no model for this language."""


AfterReading = Callable[[Session, int], None]
_after_reading: list[AfterReading] = []


def after_reading(function: AfterReading) -> AfterReading:
    """Register what an upper package does, in the same transaction, when a file's text is there."""
    _after_reading.append(function)
    return function


def give_up(run: outbox.Run, *, file_id: int, why: str) -> None:
    """The job failed for good: the file says so, and a person may let it be tried again."""
    _record_failure(run.office, file_id, "unavailable", why)


@outbox.job("documents.read", queue="ocr", given_up=give_up)
def read(run: outbox.Run, *, file_id: int) -> None:
    """Read one file: its pages into rows, then a searchable PDF beside the original."""
    office = run.office
    with office.db.begin() as session:
        file, reading = _locked(session, file_id)
        if reading.state in (ReadingState.DONE, ReadingState.FAILED):
            return
        reading.state = ReadingState.RUNNING
        reading.attempts += 1
        reading.started_at = clock.now()
        sha256, media_type, languages = (
            file.sha256,
            file.media_type,
            list(reading.languages),
        )
    try:
        with office.store.local_copy(sha256) as path:
            pages = _read_pages(run, file_id, path, languages)
            rendition = _layered(office, path, media_type, pages)
    except ocr.Unreadable as error:
        _record_failure(office, file_id, error.code, error.detail)
        return
    except (storage.NoSuchObject, storage.DigestMismatch) as error:
        _record_failure(office, file_id, "missing", str(error))
        return
    except storage.StorageError as error:
        raise store_unavailable() from error
    _record_success(office, file_id, pages, rendition)


def _read_pages(run: outbox.Run, file_id: int, path: Path, languages: list[str]) -> list[ocr.Page]:
    total = ocr.page_count(path)
    with run.office.db.begin() as session:
        _, reading = _locked(session, file_id)
        reading.pages_total, reading.pages_done = total, 0
        session.execute(delete(PageText).where(PageText.file_id == file_id))
    pages: list[ocr.Page] = []
    for page in ocr.read_pages(path, languages=languages):
        pages.append(page)
        with run.office.db.begin() as session:
            _, reading = _locked(session, file_id)
            session.merge(_page_row(file_id, page))
            reading.pages_done = page.number
    return pages


def _page_row(file_id: int, page: ocr.Page) -> PageText:
    return PageText(
        file_id=file_id,
        page=page.number,
        source=page.source,
        text=page.text.replace("\x00", ""),
        confidence=page.confidence,
        rotation=page.rotation,
        skew=page.skew,
        width=page.width,
        height=page.height,
        words=[
            [w.text.replace("\x00", ""), w.x0, w.y0, w.x1, w.y1, w.confidence] for w in page.words
        ],
        problem=page.problem,
    )


def _layered(
    office: Office, path: Path, media_type: str, pages: Sequence[ocr.Page]
) -> storage.Stored | None:
    """The searchable PDF, where recognition added text; None where the original has it all."""
    if media_type == "application/pdf" and not any(page.source == "ocr" for page in pages):
        return None
    try:
        pdf = ocr.searchable_pdf(path, pages)
    except ocr.Unreadable as error:
        log.warning("no searchable PDF: %s", error)
        return None  # the text stands in the rows; the original stays what is shown
    return keep(office, pdf)


def _record_success(
    office: Office,
    file_id: int,
    pages: list[ocr.Page],
    rendition: storage.Stored | None,
) -> None:
    failed = [page for page in pages if page.source == "failed"]
    scored = [page.confidence for page in pages if page.confidence is not None]
    with office.db.begin() as session:
        file, reading = _locked(session, file_id)
        reading.state = ReadingState.FAILED if failed else ReadingState.DONE
        reading.problem = failed[0].problem if failed else None
        reading.detail = (
            "pages " + ", ".join(str(page.number) for page in failed) if failed else None
        )
        reading.pages_done = len(pages)
        reading.confidence = sum(scored) / len(scored) if scored else None
        reading.finished_at = clock.now()
        if rendition:
            _keep_rendition(session, file_id, rendition)
        _record(session, file, "file.read", reading)
        for then in _after_reading:
            then(session, file_id)


def _keep_rendition(session: Session, file_id: int, stored: storage.Stored) -> None:
    session.merge(
        Rendition(
            file_id=file_id,
            kind=SEARCHABLE_PDF,
            sha256=stored.sha256,
            size=stored.size,
            media_type="application/pdf",
            made_at=clock.now(),
        )
    )


def _record_failure(office: Office, file_id: int, code: str, detail: str) -> None:
    with office.db.begin() as session:
        file, reading = _locked(session, file_id)
        reading.state = ReadingState.FAILED
        reading.problem, reading.detail = code, detail[:500]
        reading.finished_at = clock.now()
        _record(session, file, "file.unreadable", reading)


def _record(session: Session, file: File, action: str, reading: Reading) -> None:
    # The entry stands in an upper package; its body is asked for by table name.
    body_id = session.scalar(
        text("SELECT body_id FROM entries WHERE id = :id"), {"id": file.entry_id}
    )
    audit.record(
        session,
        action,
        by=system(int(body_id)),
        subject=("entry", file.entry_id),
        file=file.position,
        sha256=file.sha256,
        pages=reading.pages_done,
        problem=reading.problem,
    )


def read_again(
    session: Session, file: File, *, by: Principal, languages: list[str] | None = None
) -> None:
    """Have a file read once more, in other languages if given.

    Raises StillReading and NoSuchLanguage. The caller has checked that the person may see the
    entry.
    """
    if languages and (unknown := set(languages) - set(ocr.languages.installed())):
        raise NoSuchLanguage(
            t(
                "No model is installed for: {languages}.",
                languages=", ".join(sorted(unknown)),
            ),
            field="languages",
        )
    _, reading = _locked(session, file.id)
    if reading.state in (ReadingState.PENDING, ReadingState.RUNNING):
        raise StillReading(t("The file is being read already. Wait for it to end."))
    reading.state, reading.problem, reading.detail = ReadingState.PENDING, None, None
    reading.pages_done = 0
    if languages:
        reading.languages = list(languages)
    outbox.enqueue(session, "documents.read", file_id=file.id)
    audit.record(
        session,
        "file.read-again",
        by=by,
        subject=("entry", file.entry_id),
        file=file.position,
    )


def _locked(session: Session, file_id: int) -> tuple[File, Reading]:
    row = session.execute(
        select(File, Reading)
        .join(Reading, Reading.file_id == File.id)
        .where(File.id == file_id)
        .with_for_update(of=Reading)
        .execution_options(populate_existing=True)
    ).first()
    if row is None:
        raise NoSuchFile(t("There is no such file."))
    return row[0], row[1]


def text_of(session: Session, entry_id: int) -> str:
    """All text that was read in the files of an entry, pages in order."""
    rows = session.scalars(
        select(PageText.text)
        .join(File, File.id == PageText.file_id)
        .where(File.entry_id == entry_id)
        .order_by(File.position, PageText.page)
    )
    return "\n".join(rows)


def read_bytes(office: Office, sha256: str) -> bytes:
    """The bytes of an object, checked against their digest.

    Raises BytesMissing and StoreUnavailable.
    """
    try:
        return office.store.read(sha256)
    except (storage.NoSuchObject, storage.DigestMismatch) as error:
        raise BytesMissing(PROBLEMS["missing"]) from error
    except storage.StorageError as error:
        raise store_unavailable() from error


def keep(office: Office, data: bytes) -> storage.Stored:
    """Store bytes that we made; durable when this returns. Raises StoreUnavailable."""
    try:
        return office.store.put_bytes(data)
    except storage.StorageError as error:
        raise store_unavailable() from error
