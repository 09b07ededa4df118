"""What a person decides about scanned documents that could not file themselves.

Nothing is dropped: a discarded document stays with its pages and the reason, and can be taken
back; the batch's bytes stay whatever is decided.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import PurePath
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from docflow import audit, clock, documents, outbox, registry
from docflow.documents import File
from docflow.errors import Conflict, Forbidden, Invalid
from docflow.folding import line
from docflow.i18n import t
from docflow.office import Office
from docflow.principal import Principal
from docflow.scans import access, filing, noticed, scanner
from docflow.scans.intake import SPLIT
from docflow.scans.models import (
    Batch,
    BatchState,
    Document,
    DocumentState,
    Page,
    PageKind,
    Reason,
    Source,
)
from docflow.scans.splitting import fingerprint

MAX_NOTE = 500
_NAMED = re.compile(r"scan-\d+-\d+\b")  # as `as_upload` names them


class NothingBefore(Conflict):
    """No document before this one waits for a decision, to be joined with."""


class NoSuchPage(Invalid):
    """The document has no such page there."""


class NoteMissing(Invalid):
    """Discarding a scan needs a reason."""


class NotUnreadable(Conflict):
    """Only what failed is tried again."""


class NotYoursToFile(Forbidden):
    """Only a clerk who may write in the book files a scan under its entries."""


def attach(
    session: Session,
    document_id: int,
    *,
    year: int,
    number: int | str,
    book: str | None = None,
    by: Principal,
) -> registry.Entry:
    """File the document under this entry, as one more scan where it has one already.

    Raises NoSuchEntry, AlreadyAnnulled, NotYoursToFile, ScanMoved.
    """
    access.document(session, document_id, by=by)
    entry = registry.numbered(session, book, year, number, by=by)
    if not registry.may_write(by, session.get_one(registry.Book, entry.book_id)):
        raise NotYoursToFile(t("Only the registry files scans. Ask a clerk of this book."))
    # The entry is held before the document's row, as an annulment does it.
    registry.require_not_annulled(session, entry)
    row, _ = access.held(session, document_id, by=by)
    row.entry_id, row.state = entry.id, DocumentState.FILING
    _decide(session, row, "scan.attached", by=by, entry=entry.id)
    filing.ask(session, row)
    return entry


def join(session: Session, document_id: int, *, by: Principal) -> Document:
    """Put the pages to the end of the document before; that one waits on."""
    row, batch = access.held(session, document_id, by=by)
    first = session.scalar(select(func.min(Page.number)).where(Page.document_id == row.id))
    before = session.scalar(
        select(Document)
        .join(Page, Page.document_id == Document.id)
        .where(
            Document.batch_id == batch.id,
            Document.state == DocumentState.REVIEW,
            Page.number < (first or 0),
        )
        .order_by(Page.number.desc())
        .limit(1)
    )
    if before is None:
        raise NothingBefore(
            t("No document before this one waits here. Attach this one to its entry instead.")
        )
    session.execute(update(Page).where(Page.document_id == row.id).values(document_id=before.id))
    row.state, row.reason = DocumentState.SUPERSEDED, None
    _fingerprint(session, before)
    _decide(session, row, "scan.joined", by=by, to=before.id)
    return before


def split(session: Session, document_id: int, *, page: int, by: Principal) -> Document:
    """Begin a new document with this page (its number in the batch)."""
    row, batch = access.held(session, document_id, by=by)
    numbers = _numbers(session, row)
    if page not in numbers[1:]:
        raise NoSuchPage(t("Split at a page after the first one."), field="page")
    new = Document(
        batch_id=batch.id,
        state=DocumentState.REVIEW,
        reason=Reason.BY_HAND,
        fingerprint="",
        decided_by=by.user_id,
        decided_at=clock.now(),
    )
    session.add(new)
    session.flush()  # its id, for the pages
    session.execute(
        update(Page)
        .where(Page.document_id == row.id, Page.number >= page)
        .values(document_id=new.id)
    )
    for each in (row, new):
        _fingerprint(session, each)
    _decide(session, row, "scan.split-off", by=by, page=page)
    return new


def rotate(
    session: Session, document_id: int, *, page: int | None = None, turn: int = 90, by: Principal
) -> None:
    """Turn one page, or all, clockwise by a multiple of 90 degrees."""
    row, _ = access.held(session, document_id, by=by)
    if turn % 90:
        raise NoSuchPage(t("A page is turned by 90, 180 or 270 degrees."), field="turn")
    pages = session.scalars(select(Page).where(Page.document_id == row.id)).all()
    chosen = [one for one in pages if page is None or one.number == page]
    if not chosen:
        raise NoSuchPage(t("The document has no page {page}.", page=page), field="page")
    for one in chosen:
        one.rotation = (one.rotation + turn) % 360
    _decide(session, row, "scan.turned", by=by, page=page, turn=turn)


def discard(session: Session, document_id: int, *, reason: str, by: Principal) -> None:
    """Set the document aside for good: it stays, marked, with the reason."""
    row, _ = access.held(session, document_id, by=by)
    note = line(reason)[:MAX_NOTE]
    if not note:
        raise NoteMissing(t("Write why this scan is discarded."), field="reason")
    row.state, row.note = DocumentState.DISCARDED, note
    _decide(session, row, "scan.discarded", by=by, reason=note)


def take_back(session: Session, document_id: int, *, by: Principal) -> None:
    """Let a discarded document wait for a decision again."""
    row, _ = access.held(session, document_id, by=by, states=(DocumentState.DISCARDED,))
    row.state, row.reason = DocumentState.REVIEW, row.reason or Reason.BY_HAND
    _decide(session, row, "scan.taken-back", by=by)


def take_in(session: Session, batch_id: int, *, page: int, by: Principal) -> Document:
    """A page that was set aside as blank or separator is one of a document after all."""
    batch = access.batch(session, batch_id, by=by)
    access.locked(session, batch.id)
    found = session.get(Page, (batch.id, page), with_for_update=True, populate_existing=True)
    if found is None or found.kind == PageKind.PAGE:
        raise NoSuchPage(t("This page was not set aside."), field="page")
    new = Document(
        batch_id=batch.id,
        state=DocumentState.REVIEW,
        reason=Reason.BY_HAND,
        fingerprint=fingerprint([found.print]),
        decided_by=by.user_id,
        decided_at=clock.now(),
    )
    session.add(new)
    session.flush()  # its id, for the page
    found.kind, found.document_id = PageKind.PAGE, new.id
    audit.record(session, "scan.taken-in", by=by, subject=("scan-batch", batch.id), page=page)
    return new


def retry(session: Session, document_id: int, *, by: Principal) -> None:
    """Try again what failed: reading the batch, or filing the document."""
    row, batch = access.held(session, document_id, by=by)
    if row.reason == Reason.FAILED and row.entry_id is not None:
        row.state, row.problem = DocumentState.FILING, None
        filing.ask(session, row)
    elif row.reason == Reason.UNREADABLE and batch.state == BatchState.UNREADABLE:
        held = access.locked(session, batch.id)
        held.state, held.problem, held.detail = BatchState.WAITING, None, None
        row.state = DocumentState.SUPERSEDED
        outbox.enqueue(session, SPLIT, batch_id=batch.id)
    else:
        raise NotUnreadable(t("There is nothing to try again: decide what it is."))
    _decide(session, row, "scan.tried-again", by=by)


def scan_again(session: Session, batch_id: int, *, by: Principal) -> None:
    """Let the scanner try once more where it gave no sheet."""
    batch = access.batch(session, batch_id, by=by)
    held = access.locked(session, batch.id)
    if (
        held.source != Source.SCANNER
        or held.state != BatchState.UNREADABLE
        or held.sha256 is not None
    ):
        raise NotUnreadable(t("There is nothing to scan again here."))
    held.state, held.problem, held.detail = BatchState.SCANNING, None, None
    scanner.ask(session, held, by=by)


def as_upload(office: Office, document_id: int, *, by: Principal) -> documents.Upload:
    """The document as a file that a new registration can take; it is filed when that is done.

    Raises ScanMoved, ScanUnreadable, documents.StoreUnavailable.
    """
    with office.db.begin() as session:
        row, batch = access.held(session, document_id, by=by)
        work = filing.work_of(session, row)
        suffix = PurePath(batch.name).suffix if work.is_whole else ".pdf"
        name = f"scan-{batch.id}-{row.id}{suffix}"
    upload = replace(filing.made(office, work, name=name), name=name)
    with office.db.begin() as session:
        row, _ = access.held(session, document_id, by=by)
        row.sha256 = upload.sha256
    return upload


@registry.after_registration
def registered(
    session: Session, new: Any, uploads: Sequence[documents.Upload], by: Principal
) -> Callable[[Session, registry.Entry], None] | None:
    """A scan that waited is being registered as a new document: it will have its entry."""
    # Most registrations have no scan that waited, and pay for no question about it.
    digests = {upload.sha256 for upload in uploads if _NAMED.match(upload.name)}
    if not digests or not access.may_scan(by):
        return None
    waiting = session.scalars(
        select(Document.id)
        .join(Batch, Batch.id == Document.batch_id)
        .where(
            Document.sha256.in_(digests),
            Document.state == DocumentState.REVIEW,
            access.visible_to(by),
        )
    ).all()
    if not waiting:
        return None

    def file(session: Session, entry: registry.Entry) -> None:
        for document_id in waiting:
            row, _ = access.held(session, document_id, by=by)
            files = select(File.id).where(File.entry_id == entry.id, File.sha256 == row.sha256)
            row.decided_by, row.decided_at = by.user_id, clock.now()
            file_id = session.scalars(files.limit(1)).one()
            filing.done(session, row, entry, file_id=file_id, sha256=row.sha256 or "", by=by)

    return file


def _decide(session: Session, row: Document, action: str, *, by: Principal, **told: Any) -> None:
    row.decided_by, row.decided_at = by.user_id, clock.now()
    audit.record(
        session, action, by=by, subject=("scan-batch", row.batch_id), document=row.id, **told
    )
    noticed.settle(session, row.batch_id)


def _numbers(session: Session, row: Document) -> list[int]:
    return list(
        session.scalars(select(Page.number).where(Page.document_id == row.id).order_by(Page.number))
    )


def _fingerprint(session: Session, row: Document) -> None:
    prints = session.scalars(
        select(Page.print).where(Page.document_id == row.id).order_by(Page.number)
    ).all()
    row.fingerprint = fingerprint(prints)
