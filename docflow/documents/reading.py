"""Reading files in the background: text page by page, state that people can see.

A job reads for some seconds and then asks for another one, which stands behind whatever came in the
meantime: so a file of 5,000 pages does not hold up the letter behind it. Each page is kept as soon
as it is read; a job that runs twice, or dies anywhere, leaves at most the page in its hands.
"""

import logging
import time
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from sqlalchemy import select

import ocr
import storage
from docflow import clock, outbox
from docflow.documents import outcomes, renditions, screening, unpacking
from docflow.documents.errors import Erased
from docflow.documents.intake import BytesMissing, store_unavailable
from docflow.documents.models import (
    PageText,
    ReadingState,
    Screening,
    ScreeningState,
)
from docflow.documents.outcomes import Note
from docflow.office import Office

log = logging.getLogger(__name__)

SLICE_SECONDS = 15.0  # so long a file is read before it stands behind the others again
_FINISHED = (
    ReadingState.DONE,
    ReadingState.PARTLY,
    ReadingState.FAILED,
    ReadingState.QUARANTINED,
)


@dataclass(frozen=True, slots=True)
class Work:
    """What a job needs to know of its file."""

    file_id: int
    entry_id: int
    sha256: str
    media_type: str
    languages: tuple[str, ...]


def give_up(run: outbox.Run, *, file_id: int, why: str) -> None:
    """The job failed for good: the file says so, and it is tried again by itself, or by a person.

    A file that was never checked stays closed, and says that.
    """
    with run.office.db.read() as session:
        found = session.get(Screening, file_id)
        is_unchecked = found is not None and found.state == ScreeningState.WAITING
    code = "unchecked" if is_unchecked else "unavailable"
    if run.attempt > outbox.MAX_ATTEMPTS:  # its worker died each time
        code = "crashed"
    outcomes.failure(run.office, file_id, code, why)


@outbox.job("documents.read", queue="ocr", given_up=give_up)
def read(run: outbox.Run, *, file_id: int) -> None:
    """Check one file and read it, or a part of it."""
    office = run.office
    try:
        work = _begun(office, file_id)
        if work is None:
            return
        decided = screening.admit(office, file_id)
        if decided.state in screening.CLOSED:
            outcomes.quarantine(office, file_id, decided)
            return
        _read(office, work)
    except Erased:  # before it was its turn, or while it was read
        return
    except ocr.Unreadable as error:
        outcomes.failure(office, file_id, error.code, error.detail)
    except unpacking.TooDeep:
        outcomes.failure(office, file_id, "too-deep", "")
    except BytesMissing as error:
        outcomes.failure(office, file_id, "missing", str(error))
    except (storage.NoSuchObject, storage.DigestMismatch) as error:
        outcomes.failure(office, file_id, "missing", str(error))
    except storage.StorageError as error:
        raise store_unavailable() from error


def _begun(office: Office, file_id: int) -> Work | None:
    with office.db.begin() as session:
        file, reading = outcomes.locked(session, file_id)
        if reading.state in _FINISHED:
            return None
        if reading.state == ReadingState.PENDING:
            reading.state = ReadingState.RUNNING
            reading.attempts += 1
            reading.started_at = clock.now()
        return Work(file_id, file.entry_id, file.sha256, file.media_type, tuple(reading.languages))


def _read(office: Office, work: Work) -> None:
    kind = work.media_type
    if kind in ocr.MAILS | ocr.ARCHIVES:
        _packed(office, work)
    elif kind in ocr.OFFICE | ocr.OLD_OFFICE | ocr.TEXTS:
        _written(office, work)
    elif kind in ocr.READABLE:
        _paged(office, work, work.sha256)
    elif kind == "application/x-empty":
        raise ocr.Unreadable("empty", "The file has no bytes")
    else:
        raise ocr.Unreadable(ocr.closed_kind(kind) or "unsupported", f"{kind} is not read")


def _packed(office: Office, work: Work) -> None:
    """A mail or an archive: its parts become files beside it, each with a reading of its own."""
    with office.store.local_copy(work.sha256) as path:
        found = unpacking.unpack(
            office,
            path,
            file_id=work.file_id,
            entry_id=work.entry_id,
            media_type=work.media_type,
            languages=list(work.languages),
        )
    _keep_texts(office, work, [found.text])
    outcomes.success(office, work.file_id, notes=found.notes)


def _written(office: Office, work: Work) -> None:
    """A text, or an office file: read as LibreOffice draws it, or its text alone."""
    notes: list[Note] = []
    with office.store.local_copy(work.sha256) as path:
        if work.media_type not in ocr.TEXTS:
            view, notes = _view(office, work, path)
            # Of sheets the cells say more than the pages, where columns are cut and numbers "###".
            if view is not None and work.media_type not in ocr.SHEETS:
                _paged(office, work, view)
                return
        found = ocr.read_text(path)
    if found.is_cut:
        notes.append(("text-cut", ""))
    _keep_texts(office, work, found.pages)
    outcomes.success(office, work.file_id, notes=notes)


def _view(office: Office, work: Work, path: Path) -> tuple[str | None, list[Note]]:
    """The PDF of an office file, made once; None, and why, where only its text can be had."""
    with office.db.read() as session:
        known = renditions.digest(session, work.file_id, renditions.VIEW_PDF)
    if known is not None:
        return known, []
    try:
        pdf = ocr.pdf_of_office(path)
    except ocr.Unreadable as error:
        if work.media_type in ocr.OLD_OFFICE:
            raise
        log.warning("no PDF of file %s: %s", work.file_id, error)
        return None, [("text-only" if error.code == "needs-office" else "not-drawn", "")]
    stored = renditions.keep(office, pdf, body_id=renditions.owner_of(office, work.file_id))
    with office.db.begin() as session:
        outcomes.locked(session, work.file_id)
        renditions.note(session, work.file_id, renditions.VIEW_PDF, stored)
    return stored.sha256, []


def _keep_texts(office: Office, work: Work, texts: tuple[str, ...] | list[str]) -> None:
    with office.db.begin() as session:
        _, reading = outcomes.locked(session, work.file_id)
        for row in session.scalars(select(PageText).where(PageText.file_id == work.file_id)):
            session.delete(row)
        session.flush()
        session.add_all(
            PageText(
                file_id=work.file_id,
                page=number,
                source="text" if words.strip() else "blank",
                text=words,
                rotation=0,
                skew=0.0,
                width=0.0,
                height=0.0,
                words=[],
            )
            for number, words in enumerate(texts, start=1)
        )
        reading.pages_total = reading.pages_done = len(texts)


def _paged(office: Office, work: Work, source: str) -> None:
    """Pages until the time of this job is over; `source` is the digest of what has the pages."""
    with office.store.local_copy(source) as path:
        if not _read_slice(office, work, path):
            return
        layer = None
        if outcomes.count_pages(office, work.file_id) <= renditions.AT_ONCE:
            pages = outcomes.pages_of(office, work.file_id)
            layer = renditions.layered(office, path, pages, file_id=work.file_id)
    outcomes.success(office, work.file_id, layer=layer)


def _read_slice(office: Office, work: Work, path: Path) -> bool:
    """Whether all pages are read now; if not, a further job was asked for."""
    began = time.monotonic()
    todo = _todo(office, work, ocr.page_count(path))
    left = len(todo)
    for languages, numbers in groupby(todo, key=lambda one: one[1]):
        wanted = [number for number, _ in numbers]
        for page in ocr.read_pages(path, languages=languages or None, pages=wanted):
            _keep_page(office, work.file_id, page)
            left -= 1
            if left and time.monotonic() - began >= SLICE_SECONDS:
                with office.db.begin() as session:
                    outbox.enqueue(session, "documents.read", file_id=work.file_id)
                return False
    return True


def _todo(office: Office, work: Work, total: int) -> list[tuple[int, tuple[str, ...]]]:
    """The pages that are not read yet, each with the languages to read it in."""
    with office.db.begin() as session:
        _, reading = outcomes.locked(session, work.file_id)
        rows = session.execute(
            select(PageText.page, PageText.is_stale, PageText.wanted).where(
                PageText.file_id == work.file_id
            )
        ).all()
        known = {page: (is_stale, wanted) for page, is_stale, wanted in rows}
        todo = []
        for page in range(1, total + 1):
            is_stale, wanted = known.get(page, (True, None))
            if is_stale:
                todo.append((page, tuple(wanted or work.languages)))
        reading.pages_total, reading.pages_done = total, total - len(todo)
    return todo


def _keep_page(office: Office, file_id: int, page: ocr.Page) -> None:
    with office.db.begin() as session:
        _, reading = outcomes.locked(session, file_id)
        session.merge(_page_row(file_id, page))
        reading.pages_done = min(reading.pages_done + 1, reading.pages_total or page.number)


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
        is_stale=False,
        languages=list(page.languages),
    )
