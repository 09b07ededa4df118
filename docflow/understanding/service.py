"""Proposals for a form: of a document read ahead, or of the files of an entry."""

from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

import ocr
from docflow import calendars, clock, documents, kinds, organization, registry
from docflow.documents import FileRole, PageText
from docflow.folding import fold
from docflow.office import Office
from docflow.principal import Principal
from docflow.understanding import learning, reading_ahead
from docflow.understanding.proposing import Known, Proposals, propose

_FILES, _PAGES = 3, 5  # of an entry, that are looked at
_READ = (FileRole.ORIGINAL, FileRole.SCAN)


def of_ahead(
    office: Office, ahead_id: int, *, by: Principal, direction: str = "incoming"
) -> tuple[reading_ahead.Ahead, Proposals]:
    """How far the reading is, and what it proposes. Raises NoSuchReading."""
    with office.db.read() as session:
        ahead = reading_ahead.state(session, ahead_id, by=by)
    if not ahead.pages:
        return ahead, Proposals()
    return ahead, _proposed(office, ahead.pages, by=by, direction=direction)


@dataclass(frozen=True, slots=True)
class OfEntry:
    """What the files of an entry propose, and the pages of the file that says so."""

    proposals: Proposals = field(default_factory=Proposals)
    position: int = 0
    pages: tuple[ocr.Page, ...] = ()


def of_entry(office: Office, entry: registry.Entry, *, by: Principal) -> OfEntry:
    """What the files of an entry propose; the caller got the entry through `registry`.

    The first file with text counts: what follows is enclosed, as a rule.
    """
    with office.db.read() as session:
        position, pages = _pages_of(session, entry.id)
    if not pages:
        return OfEntry()
    made = _proposed(office, pages, by=by, direction=entry.direction)
    return OfEntry(made, position, pages)


def of_pages(pages: tuple[ocr.Page, ...], *, today: date | None = None) -> Proposals:
    """What rules alone find, without a body: for the command line and for measuring."""
    return propose(pages, Known(), today=today or clock.today())


def _proposed(
    office: Office, pages: tuple[ocr.Page, ...], *, by: Principal, direction: str
) -> Proposals:
    models = learning.models(office, by.body_id)
    with office.db.read() as session:
        body = session.get_one(organization.Body, by.body_id)
        known = Known(
            units=organization.units(session, by.body_id),
            kinds=kinds.listing(session, by, direction=direction),
            ours=(fold(body.name),),
            our_mail=body.email,
            models=models,
            language=by.language,
            calendar=calendars.of(session, by.body_id),
        )
        today = clock.today(office.settings.zone)
        return propose(pages, known, today=today, session=session, by=by)


def _pages_of(session: Session, entry_id: int) -> tuple[int, tuple[ocr.Page, ...]]:
    for file in documents.files(session, entry_id)[:_FILES]:
        if file.role not in _READ or file.is_closed:
            continue
        rows = session.scalars(
            select(PageText)
            .where(PageText.file_id == file.id)
            .order_by(PageText.page)
            .limit(_PAGES)
        ).all()
        if any(row.words for row in rows):
            return file.position, tuple(page_of(row) for row in rows)
    return 0, ()


def page_of(row: PageText) -> ocr.Page:
    """A kept page as reading gave it."""
    return ocr.Page(
        number=row.page,
        source="ocr",
        text=row.text,
        confidence=row.confidence,
        rotation=row.rotation,
        skew=row.skew,
        width=row.width,
        height=row.height,
        words=tuple(ocr.Word(*word) for word in row.words),
        seconds=0.0,
    )
