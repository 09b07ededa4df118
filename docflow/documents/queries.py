"""Files of an entry as pages, API and command line show them. Rights are checked above."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session, aliased

import ocr
from docflow.documents.errors import NoSuchFile
from docflow.documents.models import (
    File,
    PageText,
    QuarantineNote,
    Reading,
    Rendition,
    Screening,
    ScreeningState,
)
from docflow.documents.problems import PASSING, PROBLEMS, note_texts, problem_text
from docflow.documents.renditions import SEARCHABLE_PDF, VIEW_PDF
from docflow.documents.screening import CLOSED, Quarantined, StillChecked
from docflow.errors import Forbidden
from docflow.i18n import Text, t
from docflow.principal import Principal


@dataclass(frozen=True, slots=True)
class FileInfo:
    """A file with its reading: `problem` says what is wrong and what to do, for a person.

    A part of a mail or an archive has the position of the file it lay in, and comes after it.
    """

    id: int
    position: int
    role: str
    name: str
    sha256: str
    size: int
    media_type: str
    state: str
    pages_total: int | None
    pages_done: int
    confidence: float | None
    text_chars: int
    problem_code: str | None
    problem: Text | None
    searchable_sha256: str | None
    added_at: datetime
    parent: int | None
    depth: int
    screening: str
    notes: tuple[Text, ...]
    languages: tuple[str, ...]
    settled_at: datetime | None

    @property
    def is_pdf(self) -> bool:
        return self.media_type == "application/pdf"

    @property
    def is_closed(self) -> bool:
        """Whether nobody may have its bytes: it waits for the virus check, or is in quarantine."""
        return self.screening in CLOSED

    @property
    def is_drawn(self) -> bool:
        """Whether its searchable form is a PDF that was drawn of an office file."""
        return self.searchable_sha256 is not None and self.media_type in _DRAWN

    @property
    def has_pages(self) -> bool:
        """Whether its text stands on pages that can be drawn: not so of plain texts, mails,
        archives, and sheets, whose text is of cells."""
        if self.media_type in ocr.READABLE:
            return True
        return self.is_drawn and self.media_type not in ocr.SHEETS

    @property
    def is_passing(self) -> bool:
        """Whether it is tried again by itself."""
        return self.state == "failed" and self.problem_code in PASSING

    @property
    def shown_sha256(self) -> str | None:
        """What a PDF viewer can show: the searchable rendition, or the PDF itself."""
        if self.is_closed:
            return None
        return self.searchable_sha256 or (self.sha256 if self.is_pdf else None)

    def require_open(self) -> None:
        """Raises StillChecked, Quarantined where nobody may have the bytes."""
        if self.screening == ScreeningState.WAITING:
            raise StillChecked(
                t("The file waits for the virus check. Try again in a moment."),
            )
        if self.is_closed:
            raise Quarantined(t("The file is kept closed; an administrator can let it out."))


_DRAWN = ocr.OFFICE | ocr.OLD_OFFICE


@dataclass(frozen=True, slots=True)
class PageInfo:
    page: int
    source: str
    confidence: float | None
    rotation: int
    problem: Text | None
    text: str
    languages: tuple[str, ...] = ()


def files(session: Session, entry_id: int) -> list[FileInfo]:
    """The files of an entry in their order, each followed by what lay in it."""
    chars = (
        select(PageText.file_id, func.sum(func.length(PageText.text)).label("chars"))
        .join(File, File.id == PageText.file_id)
        .where(File.entry_id == entry_id)
        .group_by(PageText.file_id)
        .subquery()
    )
    drawn, searchable = aliased(Rendition), aliased(Rendition)
    rows = session.execute(
        select(
            File,
            Reading,
            func.coalesce(searchable.sha256, drawn.sha256),
            chars.c.chars,
            Screening,
        )
        .join(Reading, Reading.file_id == File.id)
        .outerjoin(
            searchable,
            (searchable.file_id == File.id) & (searchable.kind == SEARCHABLE_PDF),
        )
        .outerjoin(drawn, (drawn.file_id == File.id) & (drawn.kind == VIEW_PDF))
        .outerjoin(chars, chars.c.file_id == File.id)
        .outerjoin(Screening, Screening.file_id == File.id)
        .where(File.entry_id == entry_id)
        .order_by(File.position)
    ).all()
    return _in_order([(f, r, shown, n, checked) for f, r, shown, n, checked in rows])


_Row = tuple[File, Reading, str | None, int | None, Screening | None]


def _in_order(rows: Sequence[_Row]) -> list[FileInfo]:
    """Each file, then what lay in it, however deep."""
    inside: dict[int | None, list[_Row]] = {}
    places = {row[0].id: row[0].position for row in rows}
    for row in rows:
        inside.setdefault(row[0].parent_id, []).append(row)
    found: list[FileInfo] = []

    def add(parent_id: int | None, depth: int) -> None:
        for file, reading, shown, count, screening in inside.get(parent_id, ()):
            parent = places.get(file.parent_id) if file.parent_id else None
            found.append(_info(file, reading, shown, count, screening, parent, depth))
            add(file.id, depth + 1)

    add(None, 0)
    return found


def _info(
    file: File,
    reading: Reading,
    searchable: str | None,
    chars: int | None,
    screening: Screening | None,
    parent: int | None,
    depth: int,
) -> FileInfo:
    return FileInfo(
        id=file.id,
        position=file.position,
        role=file.role,
        name=file.name,
        sha256=file.sha256,
        size=file.size,
        media_type=file.media_type,
        state=reading.state,
        pages_total=reading.pages_total,
        pages_done=reading.pages_done,
        confidence=reading.confidence,
        text_chars=int(chars or 0),
        problem_code=reading.problem,
        problem=problem_text(reading.problem, screening.finding if screening else ""),
        searchable_sha256=searchable,
        added_at=file.added_at,
        parent=parent,
        depth=depth,
        screening=screening.state if screening else ScreeningState.UNCHECKED,
        notes=tuple(note_texts(reading.notes)),
        languages=tuple(reading.languages),
        settled_at=reading.settled_at,
    )


def file_at(session: Session, entry_id: int, position: int) -> File:
    """One file of an entry by its place. Raises NoSuchFile."""
    found = session.scalar(select(File).where(File.entry_id == entry_id, File.position == position))
    if found is None:
        raise NoSuchFile(t("This entry has no file {position}.", position=position))
    return found


def pages(session: Session, file_id: int) -> list[PageInfo]:
    """The pages of a file that were read so far."""
    rows = session.scalars(
        select(PageText).where(PageText.file_id == file_id).order_by(PageText.page)
    )
    return [
        PageInfo(
            page=row.page,
            source=row.source,
            confidence=row.confidence,
            rotation=row.rotation,
            problem=PROBLEMS.get(row.problem) if row.problem else None,
            text=row.text,
            languages=tuple(row.languages),
        )
        for row in rows
    ]


def text_of(session: Session, entry_id: int) -> str:
    """All text that was read in the files of an entry, pages in order."""
    rows = session.scalars(
        select(PageText.text)
        .join(File, File.id == PageText.file_id)
        .where(File.entry_id == entry_id)
        .order_by(File.position, PageText.page)
    )
    return "\n".join(rows)


def next_position(session: Session, entry_id: int) -> int:
    """The place of the next file. The caller holds the entry."""
    last = session.scalar(select(func.max(File.position)).where(File.entry_id == entry_id))
    return (last or 0) + 1


@dataclass(frozen=True, slots=True)
class ClosedFile:
    """A file in quarantine, as an administrator sees it: not what the entry is about."""

    id: int
    name: str
    size: int
    media_type: str
    sha256: str
    state: str
    finding: str
    problem: Text | None
    label: str
    added_at: datetime
    notes: tuple[QuarantineNote, ...]


def quarantined(session: Session, *, by: Principal, limit: int = 200) -> list[ClosedFile]:
    """The closed files of the body, the newest first, and those that were let out.

    Of a confidential entry the name of the file is not told. Raises Forbidden.
    """
    by.require_scope("administer")
    if not by.is_administrator:
        raise Forbidden(t("Only an administrator opens the quarantine."))
    # Entries and books stand in upper packages; what is told of them is their number alone.
    rows = session.execute(
        text(
            "SELECT f.id, CASE WHEN b.is_confidential OR e.grade = 'confidential' THEN '' "
            "ELSE f.name END AS name, f.size, f.media_type, f.sha256, s.state, s.finding, "
            "e.label, f.added_at "
            "FROM screenings s JOIN files f ON f.id = s.file_id "
            "JOIN entries e ON e.id = f.entry_id JOIN books b ON b.id = e.book_id "
            "WHERE s.state IN ('infected', 'refused', 'released') AND e.body_id = :body "
            "ORDER BY f.id DESC LIMIT :most"
        ),
        {"body": by.body_id, "most": limit},
    ).all()
    notes = quarantine_notes(session, [row.id for row in rows])
    return [
        ClosedFile(
            id=row.id,
            name=row.name,
            size=row.size,
            media_type=row.media_type,
            sha256=row.sha256,
            state=row.state,
            finding=row.finding,
            problem=_why(row.finding),
            label=row.label,
            added_at=row.added_at,
            notes=tuple(notes.get(row.id, ())),
        )
        for row in rows
    ]


def _why(finding: str) -> Text | None:
    is_code = finding in PROBLEMS
    return problem_text(finding if is_code else "virus", finding)


def quarantine_notes(session: Session, file_ids: Sequence[int]) -> dict[int, list[QuarantineNote]]:
    """What administrators did with these files, in order."""
    found: dict[int, list[QuarantineNote]] = {}
    for note in session.scalars(
        select(QuarantineNote)
        .where(QuarantineNote.file_id.in_(file_ids))
        .order_by(QuarantineNote.id)
    ):
        found.setdefault(note.file_id, []).append(note)
    return found
