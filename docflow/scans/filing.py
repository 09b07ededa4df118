"""A scanned document becomes a file of its entry, and is read like any other.

Pages are taken out without packing a picture anew; a batch that is one document as it lies is
filed as it came. The job may run twice: the document's row says whether it was done.
"""

from dataclasses import dataclass

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

import ocr
import storage
from docflow import audit, clock, documents, organization, outbox, registry
from docflow.documents import File, FileRole
from docflow.i18n import t, translate
from docflow.office import Office
from docflow.principal import Principal, Via, system
from docflow.scans import access, noticed
from docflow.scans.models import Batch, BatchState, Document, DocumentState, Page, Reason

FILE = "scans.file"


@dataclass(frozen=True, slots=True)
class _Work:
    """What is to be taken out of which bytes."""

    body_id: int
    sha256: str
    size: int
    media_type: str
    name: str
    pages: tuple[tuple[int, int], ...]  # number, degrees clockwise
    is_whole: bool  # the batch as it came


def ask(session: Session, document: Document) -> None:
    """Let the document be filed; its entry is known."""
    outbox.enqueue(session, FILE, document_id=document.id)


def give_up(run: outbox.Run, *, document_id: int, why: str) -> None:
    """It could not be filed: a person sees why, and may let it be tried again."""
    with run.office.db.begin() as session:
        row = _locked(session, document_id)
        if row is not None and row.state == DocumentState.FILING:
            row.state, row.reason, row.problem = DocumentState.REVIEW, Reason.FAILED, why[:500]
            noticed.tell(session, session.get_one(Batch, row.batch_id))


@outbox.job(FILE, given_up=give_up)
def file(run: outbox.Run, *, document_id: int) -> None:
    """Take the pages out, then file them under the entry."""
    office = run.office
    with office.db.begin() as session:
        row = _locked(session, document_id)
        if row is None or row.state != DocumentState.FILING:
            return
        work = _work(session, row)
        entry = session.get_one(registry.Entry, row.entry_id)
        entry_id, label = entry.id, entry.label
    upload = made(office, work, name=_name(label))
    with office.db.begin() as session:
        # The entry is held before the document's row, as an annulment does it.
        registry.hold(session, entry_id)
        row = _locked(session, document_id)
        if row is None or row.state != DocumentState.FILING or row.entry_id != entry_id:
            return
        _attach(office, session, row, upload)


def _attach(office: Office, session: Session, row: Document, upload: documents.Upload) -> None:
    entry = session.get_one(registry.Entry, row.entry_id)
    batch = session.get_one(Batch, row.batch_id)
    try:
        registry.require_not_annulled(session, entry)  # and holds it
    except registry.AlreadyAnnulled:
        row.state, row.reason = DocumentState.REVIEW, Reason.ANNULLED
        return
    if row.decided_by is None:  # nobody has looked: what came in the meantime counts
        if same_scan(session, entry.id, row.fingerprint, upload.sha256, besides=row.id):
            row.state = DocumentState.SAME
            note_same(session, row, entry, batch)
            return
        if has_scan(session, entry.id):
            row.state, row.reason = DocumentState.REVIEW, Reason.HAS_SCAN
            return
    by = _actor(session, row, batch)
    [filed] = documents.attach(
        session,
        entry.id,
        [upload],
        by=by,
        languages=office.settings.ocr_languages,
        role=FileRole.SCAN,
        first_position=documents.next_position(session, entry.id),
    )
    done(session, row, entry, file_id=filed.id, sha256=upload.sha256, by=by)


def done(
    session: Session,
    row: Document,
    entry: registry.Entry,
    *,
    file_id: int,
    sha256: str,
    by: Principal,
) -> None:
    """Note that the document is a file of the entry now."""
    numbers = session.scalars(
        select(Page.number).where(Page.document_id == row.id).order_by(Page.number)
    ).all()
    row.entry_id, row.file_id, row.sha256 = entry.id, file_id, sha256
    row.state, row.reason, row.problem = DocumentState.FILED, None, None
    audit.record(
        session,
        "entry.scan-filed",
        by=by,
        subject=("entry", entry.id),
        batch=row.batch_id,
        pages=list(numbers),
        sha256=sha256,
    )


def note_same(session: Session, row: Document, entry: registry.Entry, batch: Batch) -> None:
    """The entry has this very scan: nothing is filed twice."""
    audit.record(
        session,
        "entry.scan-came-again",
        by=system(batch.body_id),
        subject=("entry", entry.id),
        batch=batch.id,
    )


def same_scan(
    session: Session, entry_id: int, fingerprint: str, sha256: str, *, besides: int = 0
) -> bool:
    """Whether the entry has this very scan: the same pages, or the same bytes."""
    pages = select(Document.id).where(
        Document.entry_id == entry_id,
        Document.fingerprint == fingerprint,
        Document.state.in_([DocumentState.FILING, DocumentState.FILED]),
        Document.id != besides,
    )
    files = select(File.id).where(File.entry_id == entry_id, File.sha256 == sha256)
    return session.scalar(pages.limit(1)) is not None or session.scalar(files.limit(1)) is not None


def has_scan(session: Session, entry_id: int) -> bool:
    """Whether the entry has a scan already, or one is on its way that was found before."""
    scan = select(File.id).where(File.entry_id == entry_id, File.role == FileRole.SCAN)
    return session.scalar(scan.limit(1)) is not None


def made(office: Office, work: _Work, *, name: str) -> documents.Upload:
    """The document's bytes, durable. Raises documents.StoreUnavailable, ScanUnreadable."""
    checked = bool(office.settings.clamd)
    if work.is_whole:
        return documents.Upload(work.name, work.sha256, work.size, work.media_type, checked)
    try:
        with office.store.local_copy(work.sha256) as path:
            pdf = ocr.extract_pages(path, work.pages)
    except ocr.Unreadable as error:
        raise access.ScanUnreadable(
            t("The pages could not be taken out of the batch: {why}", why=error.detail[:200])
        ) from error
    except (storage.NoSuchObject, storage.DigestMismatch) as error:
        raise documents.BytesMissing(documents.PROBLEMS["missing"]) from error
    except storage.StorageError as error:
        raise documents.store_unavailable() from error
    kept = documents.keep(office, pdf, body_id=work.body_id)
    return documents.Upload(name, kept.sha256, kept.size, "application/pdf", checked)


def work_of(session: Session, row: Document) -> _Work:
    """What would be filed of the document as it stands."""
    return _work(session, row)


def _work(session: Session, row: Document) -> _Work:
    batch = session.get_one(Batch, row.batch_id)
    pages = session.scalars(
        select(Page).where(Page.document_id == row.id).order_by(Page.number)
    ).all()
    turned = tuple((page.number, page.rotation) for page in pages)
    total = session.scalar(select(func.count()).where(Page.batch_id == batch.id)) or 0
    as_it_lies = len(pages) == total and not any(page.rotation for page in pages)
    is_whole = batch.state == BatchState.UNREADABLE or as_it_lies
    assert batch.sha256 is not None  # a batch without bytes has no documents
    return _Work(
        batch.body_id,
        batch.sha256,
        batch.size,
        batch.media_type,
        batch.name,
        turned,
        is_whole,
    )


def _name(label: str) -> str:
    safe = "".join(char if char.isalnum() else "-" for char in label).strip("-")
    return translate("scan-{number}.pdf", "el", number=safe)


def _actor(session: Session, row: Document, batch: Batch) -> Principal:
    """The person who decided, else the installation."""
    if row.decided_by is not None:
        try:
            return organization.principal(session, row.decided_by, via=Via.JOB)
        except organization.NoSuchUser:
            return system(batch.body_id)
    return system(batch.body_id)


def _locked(session: Session, document_id: int) -> Document | None:
    return session.scalar(
        select(Document)
        .where(Document.id == document_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


@registry.after_annulment
def stop(session: Session, entry: registry.Entry) -> None:
    """A scan on its way to an entry that is struck out waits for a person."""
    session.execute(
        update(Document)
        .where(Document.entry_id == entry.id, Document.state == DocumentState.FILING)
        .values(state=DocumentState.REVIEW, reason=Reason.ANNULLED, decided_at=clock.now())
    )
