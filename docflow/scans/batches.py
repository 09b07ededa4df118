"""The job that looks at the pages of a batch and finds the documents in it.

Page by page outside of any transaction, with the progress to be seen; then all places at once. It
may run twice or die anywhere: until the batch is split, nothing of it stands.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from sqlalchemy import select, update
from sqlalchemy.orm import Session

import ocr
import storage
from docflow import audit, clock, documents, organization, outbox, registry
from docflow.office import Office
from docflow.principal import Principal, Via, system
from docflow.scans import access, filing, marks, noticed
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
from docflow.scans.splitting import Look, Piece, fingerprint, pieces
from docflow.scans.wholeness import looks_whole

PDF = "application/pdf"


def give_up(run: outbox.Run, *, batch_id: int, why: str) -> None:
    """The job failed for good: the batch waits for a person."""
    _unreadable(run.office, batch_id, "unavailable", why)


@outbox.job(SPLIT, queue="ocr", given_up=give_up)
def split(run: outbox.Run, *, batch_id: int) -> None:
    """Look at every page, then give each its place."""
    office = run.office
    with office.db.begin() as session:
        batch = access.locked(session, batch_id)
        if batch.state not in (BatchState.WAITING, BatchState.SPLITTING):
            return
        batch.state, batch.pages_done = BatchState.SPLITTING, 0
        sha256, media_type = batch.sha256, batch.media_type
    assert sha256 is not None  # a batch waits only once it has its bytes
    try:
        with office.store.local_copy(sha256) as path:
            if not looks_whole(path):  # a reader would mend it, and nobody miss the lost pages
                raise ocr.Unreadable("damaged", "The file ends before its end")
            is_signed = media_type == PDF and _has_signature(path)
            looks = _looks(office, batch_id, path)
    except ocr.Unreadable as error:
        _unreadable(office, batch_id, error.code, error.detail)
        return
    except (storage.NoSuchObject, storage.DigestMismatch) as error:
        _unreadable(office, batch_id, "missing", str(error))
        return
    except storage.StorageError as error:
        raise documents.store_unavailable() from error
    with office.db.begin() as session:
        batch = access.locked(session, batch_id)
        if batch.state != BatchState.SPLITTING:
            return
        if is_signed:  # turning a page would break the signature
            looks = [replace(look, rotation=0) for look in looks]
        _place(session, batch, looks, is_signed=is_signed)


def _looks(office: Office, batch_id: int, path: Path) -> list[Look]:
    total = ocr.page_count(path)
    _progress(office, batch_id, 0, total)
    looks = []
    for number in range(1, total + 1):
        looks.append(_look(office, path, number))
        _progress(office, batch_id, number, total)
    return looks


def _look(office: Office, path: Path, number: int) -> Look:
    languages = office.settings.ocr_languages
    try:
        seen = ocr.read_codes(path, number, languages=languages)
    except ocr.Unreadable as error:
        return Look(number, problem=error.code)
    texts = tuple(code.text for code in seen.codes if not code.is_damaged)
    return Look(
        number,
        marks=tuple(marks.meaning(text, public_url=office.settings.public_url) for text in texts),
        texts=texts,
        has_damaged_code=any(code.is_damaged for code in seen.codes),
        is_blank=seen.is_blank,
        rotation=seen.rotation,
        print=seen.print,
    )


def _progress(office: Office, batch_id: int, done: int, total: int) -> None:
    with office.db.begin() as session:
        session.execute(
            update(Batch)
            .where(Batch.id == batch_id, Batch.state == BatchState.SPLITTING)
            .values(pages_done=done, pages_total=total)
        )


def _place(session: Session, batch: Batch, looks: Sequence[Look], *, is_signed: bool) -> None:
    """Every page in its place, and every document on its way or before a person."""
    found = pieces(looks, is_signed=is_signed)
    inside = {look.number for piece in found for look in piece.pages}
    for look in looks:
        if look.number not in inside:
            session.add(_page(batch, look, None))
    counts = {state: 0 for state in DocumentState}
    for piece in found:
        document = _document(session, batch, piece, is_signed=is_signed)
        session.add(document)
        session.flush()  # its id, for pages and job
        session.add_all(_page(batch, look, document) for look in piece.pages)
        counts[DocumentState(document.state)] += 1
        if document.state == DocumentState.FILING:
            filing.ask(session, document)
    session.flush()  # all pages: a batch that is split takes no more
    batch.state, batch.finished_at = BatchState.SPLIT, clock.now()
    batch.pages_total = batch.pages_done = len(looks)
    batch.problem = batch.detail = None if batch.source != Source.SCANNER else batch.problem
    audit.record(
        session,
        "scan.split",
        by=system(batch.body_id),
        subject=("scan-batch", batch.id),
        pages=len(looks),
        documents=len(found),
        review=counts[DocumentState.REVIEW],
    )
    if counts[DocumentState.REVIEW]:
        noticed.tell(session, batch)


def _page(batch: Batch, look: Look, document: Document | None) -> Page:
    kind = look.kind if document is None else PageKind.PAGE
    return Page(
        batch_id=batch.id,
        number=look.number,
        document_id=document.id if document else None,
        kind=kind,
        rotation=look.rotation,
        print=look.print,
        codes=[text[:500].replace("\x00", "") for text in look.texts],
        problem=look.problem,
    )


def _document(session: Session, batch: Batch, piece: Piece, *, is_signed: bool) -> Document:
    """The document, with its entry where that is certain, else with the reason for a person."""
    document = Document(batch_id=batch.id, fingerprint=piece.fingerprint)
    by = _eyes(session, batch)
    entry, reason = _judged(session, batch, piece, by, is_signed=is_signed)
    document.entry_id = entry.id if entry else None
    if reason is None and entry is not None:
        if filing.same_scan(session, entry.id, document.fingerprint, batch.sha256 or ""):
            document.state = DocumentState.SAME
            filing.note_same(session, document, entry, batch)
            return document
        if filing.has_scan(session, entry.id):
            reason = Reason.HAS_SCAN
    if reason is None:
        document.state = DocumentState.FILING
        return document
    document.state, document.reason = DocumentState.REVIEW, reason
    if reason is Reason.NO_LABEL and (known := _filed_before(session, document, by)):
        document.reason, document.entry_id = Reason.SAME_SCAN, known.id
    return document


def _judged(
    session: Session, batch: Batch, piece: Piece, by: Principal, *, is_signed: bool
) -> tuple[registry.Entry | None, Reason | None]:
    """The entry that the codes name, if any, and why a person must look, if he must."""
    labels = sorted(piece.labels, key=lambda mark: mark.code)
    if len(labels) > 1:
        return None, Reason.SIGNED if is_signed else Reason.TWO_LABELS
    if not labels:
        hints = [_named(session, mark.code, by) for mark in piece.papers]
        known = [entry for entry in hints if entry is not None]
        hint = known[0] if len(known) == 1 else None
        doubtful = piece.has_damaged_code or bool(known)
        return hint, Reason.DOUBTFUL_CODE if doubtful else Reason.NO_LABEL
    [label] = labels
    entry = _named(session, label.code, by)
    if entry is None:
        return None, Reason.UNKNOWN_CODE if label.is_ours else Reason.FOREIGN_LABEL
    if session.get(registry.Annulment, entry.id) is not None:
        return entry, Reason.ANNULLED
    if any(page.problem for page in piece.pages):
        return entry, Reason.PAGE_FAILED
    return entry, None


def _named(session: Session, code: str, by: Principal) -> registry.Entry | None:
    """The entry with this code, if those who see the batch may know of it."""
    return session.scalar(
        select(registry.Entry).where(
            registry.Entry.verification_code == code, registry.visible_to(by)
        )
    )


def _eyes(session: Session, batch: Batch) -> Principal:
    """With whose rights codes are followed: a private batch's with its owner's."""
    if batch.owner_id is None:
        return access.registry_itself(batch.body_id)
    try:
        return organization.principal(session, batch.owner_id, via=Via.JOB)
    except organization.NoSuchUser:
        return system(batch.body_id)


def _filed_before(session: Session, document: Document, by: Principal) -> registry.Entry | None:
    return session.scalar(
        select(registry.Entry)
        .join(Document, Document.entry_id == registry.Entry.id)
        .where(
            Document.fingerprint == document.fingerprint,
            Document.state == DocumentState.FILED,
            registry.visible_to(by),
        )
        .limit(1)
    )


def _unreadable(office: Office, batch_id: int, problem: str, detail: str) -> None:
    """The batch as a whole waits for a person, as a document without pages."""
    with office.db.begin() as session:
        batch = access.locked(session, batch_id)
        if batch.state not in (BatchState.WAITING, BatchState.SPLITTING):
            return
        batch.state, batch.problem, batch.detail = BatchState.UNREADABLE, problem, detail[:500]
        batch.pages_total, batch.pages_done, batch.finished_at = 0, 0, clock.now()
        session.add(
            Document(
                batch_id=batch.id,
                state=DocumentState.REVIEW,
                reason=Reason.UNREADABLE,
                fingerprint=fingerprint([batch.sha256 or ""]),
            )
        )
        audit.record(
            session,
            "scan.unreadable",
            by=system(batch.body_id),
            subject=("scan-batch", batch.id),
            problem=problem,
        )
        noticed.tell(session, batch)


def _has_signature(path: Path) -> bool:
    """Whether the PDF may bear a signature: what it says of the signed bytes stands in the open."""
    before = b""
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            if b"/ByteRange" in before + chunk:
                return True
            before = chunk[-16:]
    return False
