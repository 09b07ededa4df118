"""Batches and documents as pages, API and command line show them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from docflow import organization, registry
from docflow.i18n import Text
from docflow.principal import Principal
from docflow.scans import access, marks
from docflow.scans.models import Batch, BatchState, Document, DocumentState, Page, PageKind
from docflow.scans.scanner import problem_of


@dataclass(frozen=True, slots=True)
class BatchLine:
    """A batch in a list, with how far it is."""

    id: int
    name: str
    source: str
    state: str
    added_at: datetime
    added_by: str
    is_private: bool
    size: int
    pages_total: int | None
    pages_done: int
    again: int
    again_at: datetime | None
    problem: Text | None
    detail: str | None
    documents: int
    review: int
    can_scan_again: bool

    @property
    def is_busy(self) -> bool:
        return self.state in (BatchState.SCANNING, BatchState.WAITING, BatchState.SPLITTING)


@dataclass(frozen=True, slots=True)
class PageShown:
    number: int
    kind: str
    rotation: int
    codes: tuple[str, ...]
    problem: str | None


@dataclass(frozen=True, slots=True)
class DocumentShown:
    """A document of a batch with its pages; `entry` where one is known and open to the person."""

    id: int
    batch_id: int
    batch_name: str
    added_at: datetime
    state: str
    reason: str | None
    problem: Text | str | None
    note: str
    entry: registry.Line | None
    pages: tuple[PageShown, ...]
    decided_by: str
    labelled: tuple[registry.Line, ...] = ()  # where it waits: whose labels stand on its pages

    @property
    def first_page(self) -> int:
        return self.pages[0].number if self.pages else 0


def batches(
    session: Session, *, by: Principal, before: int | None = None, limit: int = 30
) -> list[BatchLine]:
    """Batches, the newest first; `before` is the id of the last one of the list before."""
    access.require(by)
    query = select(Batch).where(access.visible_to(by))
    if before is not None:
        query = query.where(Batch.id < before)
    rows = session.scalars(query.order_by(Batch.id.desc()).limit(limit)).all()
    return _lines(session, rows)


def batch(session: Session, batch_id: int, *, by: Principal) -> BatchLine:
    """Raises NoSuchBatch, NotAllowed."""
    return _lines(session, [access.batch(session, batch_id, by=by)])[0]


def documents(session: Session, batch_id: int, *, by: Principal) -> list[DocumentShown]:
    """The documents of a batch in the order of their pages; superseded ones are left out."""
    access.batch(session, batch_id, by=by)
    rows = session.execute(
        select(Document, Batch)
        .join(Batch, Batch.id == Document.batch_id)
        .where(Document.batch_id == batch_id, Document.state != DocumentState.SUPERSEDED)
    ).all()
    return sorted(_shown(session, [(d, b) for d, b in rows], by), key=lambda d: d.first_page)


def document(session: Session, document_id: int, *, by: Principal) -> DocumentShown:
    """Raises NoSuchScan, NotAllowed."""
    return _shown(session, [access.document(session, document_id, by=by)], by)[0]


def review(
    session: Session, *, by: Principal, start: int = 0, limit: int = 20
) -> list[DocumentShown]:
    """What waits for a decision, the oldest first."""
    access.require(by)
    rows = session.execute(
        select(Document, Batch)
        .join(Batch, Batch.id == Document.batch_id)
        .where(Document.state == DocumentState.REVIEW, access.visible_to(by))
        .order_by(Document.batch_id, Document.id)
        .offset(start)
        .limit(limit)
    ).all()
    return _shown(session, [(d, b) for d, b in rows], by)


def review_count(session: Session, *, by: Principal) -> int:
    """How many documents wait for a decision of this person; 0 for who decides about none."""
    if not access.may_scan(by):
        return 0
    return (
        session.scalar(
            select(func.count())
            .select_from(Document)
            .join(Batch, Batch.id == Document.batch_id)
            .where(Document.state == DocumentState.REVIEW, access.visible_to(by))
        )
        or 0
    )


def set_aside(session: Session, batch_id: int, *, by: Principal) -> list[PageShown]:
    """The pages of a batch that stand in no document: separators and blanks."""
    access.batch(session, batch_id, by=by)
    rows = session.scalars(
        select(Page)
        .where(Page.batch_id == batch_id, Page.kind != PageKind.PAGE)
        .order_by(Page.number)
    )
    return [_page(row) for row in rows]


@dataclass(frozen=True, slots=True)
class Picture:
    """Where the bytes of a page are, and how it is turned."""

    sha256: str
    number: int
    rotation: int


def picture(session: Session, batch_id: int, number: int, *, by: Principal) -> Picture:
    """Raises NoSuchBatch, NoSuchScan."""
    of = access.batch(session, batch_id, by=by)
    row = session.get(Page, (of.id, number))
    if row is None or of.sha256 is None:
        raise access.NoSuchScan(access.NO_PAGE)
    return Picture(of.sha256, row.number, row.rotation)


@dataclass(frozen=True, slots=True)
class Original:
    """The bytes of a batch as they came."""

    sha256: str
    name: str
    media_type: str


def source(session: Session, batch_id: int, *, by: Principal) -> Original:
    """Raises NoSuchBatch, also while a scanner has not given any bytes."""
    of = access.batch(session, batch_id, by=by)
    if of.sha256 is None:
        raise access.NoSuchBatch(access.NO_BYTES)
    return Original(of.sha256, of.name, of.media_type)


def _lines(session: Session, rows: Sequence[Batch]) -> list[BatchLine]:
    counted = session.execute(
        select(Document.batch_id, Document.state, func.count())
        .where(
            Document.batch_id.in_([row.id for row in rows]),
            Document.state != DocumentState.SUPERSEDED,
        )
        .group_by(Document.batch_id, Document.state)
    ).all()
    total: dict[int, int] = {}
    waiting: dict[int, int] = {}
    for batch_id, state, count in counted:
        total[batch_id] = total.get(batch_id, 0) + count
        if state == DocumentState.REVIEW:
            waiting[batch_id] = count
    people = organization.names(session, [row.added_by for row in rows])
    return [
        BatchLine(
            id=row.id,
            name=row.name,
            source=row.source,
            state=row.state,
            added_at=row.added_at,
            added_by=people.get(row.added_by or 0, ""),
            is_private=row.owner_id is not None,
            size=row.size,
            pages_total=row.pages_total,
            pages_done=row.pages_done,
            again=row.again,
            again_at=row.again_at,
            problem=problem_of(row),
            detail=row.detail,
            documents=total.get(row.id, 0),
            review=waiting.get(row.id, 0),
            can_scan_again=row.state == BatchState.UNREADABLE and row.sha256 is None,
        )
        for row in rows
    ]


def _shown(
    session: Session, rows: Sequence[tuple[Document, Batch]], by: Principal
) -> list[DocumentShown]:
    pages: dict[int, list[PageShown]] = {}
    found = session.scalars(
        select(Page)
        .where(Page.document_id.in_([document.id for document, _ in rows]))
        .order_by(Page.number)
    )
    for page in found:
        pages.setdefault(page.document_id or 0, []).append(_page(page))
    ids = [document.entry_id for document, _ in rows if document.entry_id is not None]
    lines = registry.lines(
        session,
        session.execute(registry.lines_query(by).where(registry.Entry.id.in_(ids))).all(),
    )
    entries = {line.id: line for line in lines}
    labels = {
        d.id: _labels(pages.get(d.id, ())) for d, _ in rows if d.state == DocumentState.REVIEW
    }
    named = _named(session, {code for codes in labels.values() for code in codes}, by)
    people = organization.names(session, [document.decided_by for document, _ in rows])
    return [
        DocumentShown(
            id=document.id,
            batch_id=batch.id,
            batch_name=batch.name,
            added_at=batch.added_at,
            state=document.state,
            reason=document.reason,
            problem=document.problem or problem_of(batch),
            note=document.note,
            entry=entries.get(document.entry_id or 0),
            pages=tuple(pages.get(document.id, ())),
            decided_by=people.get(document.decided_by or 0, ""),
            labelled=tuple(named[code] for code in labels.get(document.id, ()) if code in named),
        )
        for document, batch in rows
    ]


def _labels(pages: Sequence[PageShown]) -> list[str]:
    """The codes of the labels on the pages, each once, in the order in which they stand."""
    read = [marks.meaning(text, public_url="") for page in pages for text in page.codes]
    return list(dict.fromkeys(one.code for one in read if one.meaning is marks.Meaning.LABEL))


def _named(session: Session, codes: set[str], by: Principal) -> dict[str, registry.Line]:
    """The entries of these codes, of those that are open to the person."""
    if not codes:
        return {}
    rows = session.execute(
        registry.lines_query(by).where(registry.Entry.verification_code.in_(codes))
    ).all()
    lines = registry.lines(session, rows)
    return {row[0].verification_code: line for row, line in zip(rows, lines, strict=True)}


def _page(row: Page) -> PageShown:
    return PageShown(row.number, row.kind, row.rotation, tuple(row.codes), row.problem)
