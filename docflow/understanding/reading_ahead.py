"""Reading a document before it is registered, so that the form can propose what stands in it.

Only whoever brought the bytes gets what was read, and only the first pages are read: those that
bear sender, number and subject. After a day it is forgotten; the entry's own reading is another.
"""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import DateTime, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

import ocr
import storage
from docflow import clock, documents, outbox, registry, schedule
from docflow.documents import Upload
from docflow.errors import NotFound
from docflow.i18n import Text, t
from docflow.office import Office
from docflow.principal import Principal
from docflow.understanding.models import AheadState, ReadAhead

PAGES = 2
KEEP = timedelta(days=1)


class NoSuchReading(NotFound):
    """There is no such document read ahead, or another person brought it."""


@dataclass(frozen=True, slots=True)
class Ahead:
    """How far the reading of a brought document is."""

    id: int
    sha256: str
    state: AheadState
    problem: Text | None
    pages: tuple[ocr.Page, ...]


def ask(session: Session, upload: Upload, *, by: Principal, languages: list[str]) -> int:
    """Have the first pages of stored bytes read; the id under which the outcome is asked for.

    The same bytes brought again by the same person are not read again, unless that failed.
    Raises NotAllowed where the person registers nothing.
    """
    by.require_scope("register")
    books = registry.books_open_to(session, by, to_write=True)
    by.require(bool(books), registry.NOT_A_CLERK)
    made = session.execute(
        insert(ReadAhead)
        .values(
            body_id=by.body_id, asked_by=by.person_id, sha256=upload.sha256, languages=languages
        )
        .on_conflict_do_nothing()
        .returning(ReadAhead.id)
    ).scalar_one_or_none()
    if made is not None:
        outbox.enqueue(session, "understanding.read-ahead", ahead_id=made)
        return made
    row = session.scalars(
        select(ReadAhead)
        .where(ReadAhead.asked_by == by.person_id, ReadAhead.sha256 == upload.sha256)
        .with_for_update()
    ).one()
    if row.state == AheadState.FAILED:
        row.state, row.problem = AheadState.PENDING, None
        outbox.enqueue(session, "understanding.read-ahead", ahead_id=row.id)
    return row.id


def state(session: Session, ahead_id: int, *, by: Principal) -> Ahead:
    """What was read so far. Raises NoSuchReading, also for what others brought."""
    row = session.get(ReadAhead, ahead_id)
    if row is None or row.asked_by != by.user_id:
        raise NoSuchReading(t("This document is not kept here (any more). Choose the file again."))
    return Ahead(
        id=row.id,
        sha256=row.sha256,
        state=AheadState(row.state),
        problem=documents.PROBLEMS.get(row.problem) if row.problem else None,
        pages=tuple(_page(kept) for kept in row.pages),
    )


def _page(kept: list[object]) -> ocr.Page:
    number, width, height, rotation, words = kept
    assert isinstance(words, list)
    return ocr.Page(
        number=int(str(number)),
        source="ocr",
        text=" ".join(word[0] for word in words),
        confidence=None,
        rotation=int(str(rotation)),
        skew=0.0,
        width=float(str(width)),
        height=float(str(height)),
        words=tuple(ocr.Word(*word) for word in words),
        seconds=0.0,
    )


def give_up(run: outbox.Run, *, ahead_id: int, why: str) -> None:
    _fail(run.office, ahead_id, "unavailable")


@outbox.job("understanding.read-ahead", queue="ocr", given_up=give_up)
def read(run: outbox.Run, *, ahead_id: int) -> None:
    """Read the first pages. The outcome goes to whoever asks for it; nothing else changes."""
    office = run.office
    with office.db.read() as session:
        row = session.get(ReadAhead, ahead_id)
        if row is None or row.state != AheadState.PENDING:
            return
        sha256, languages = row.sha256, [str(language) for language in row.languages]
    try:
        with office.store.local_copy(sha256) as path:
            count = min(PAGES, ocr.page_count(path))
            pages = list(ocr.read_pages(path, languages=languages, pages=range(1, count + 1)))
    except ocr.Unreadable as error:
        _fail(office, ahead_id, error.code)
        return
    except (storage.NoSuchObject, storage.DigestMismatch):
        _fail(office, ahead_id, "missing")
        return
    except storage.StorageError as error:
        raise documents.store_unavailable() from error
    with office.db.begin() as session:
        row = session.get(ReadAhead, ahead_id, with_for_update=True)
        if row is not None:
            row.pages = [_kept(page) for page in pages]
            row.state, row.finished_at = AheadState.DONE, clock.now()


def _kept(page: ocr.Page) -> list[object]:
    words = [[w.text.replace("\x00", ""), w.x0, w.y0, w.x1, w.y1, w.confidence] for w in page.words]
    return [page.number, page.width, page.height, page.rotation, words]


def _fail(office: Office, ahead_id: int, code: str) -> None:
    with office.db.begin() as session:
        row = session.get(ReadAhead, ahead_id, with_for_update=True)
        if row is not None and row.state == AheadState.PENDING:
            row.state, row.problem, row.finished_at = AheadState.FAILED, code, clock.now()


@outbox.job("understanding.forget")
def forget(run: outbox.Run) -> None:
    """What was read ahead is nobody's after a day: registered by then, or not to be registered."""
    now = func.clock_timestamp(type_=DateTime(timezone=True))
    with run.office.db.begin() as session:
        session.execute(delete(ReadAhead).where(ReadAhead.asked_at < now - KEEP))


schedule.every("understanding.forget", timedelta(hours=1))
