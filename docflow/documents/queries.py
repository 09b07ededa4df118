"""Files of an entry as pages, API and command line show them. Rights are checked above."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from docflow.documents.models import File, PageText, Reading, Rendition
from docflow.documents.reading import PROBLEMS, SEARCHABLE_PDF, NoSuchFile
from docflow.i18n import Text, t


@dataclass(frozen=True, slots=True)
class FileInfo:
    """A file with its reading: `problem` says what is wrong and what to do, for a person."""

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

    @property
    def is_pdf(self) -> bool:
        return self.media_type == "application/pdf"

    @property
    def shown_sha256(self) -> str | None:
        """What a PDF viewer can show: the searchable rendition, or the PDF itself."""
        return self.searchable_sha256 or (self.sha256 if self.is_pdf else None)


@dataclass(frozen=True, slots=True)
class PageInfo:
    page: int
    source: str
    confidence: float | None
    rotation: int
    problem: Text | None
    text: str


def files(session: Session, entry_id: int) -> list[FileInfo]:
    """The files of an entry in their order."""
    chars = (
        select(PageText.file_id, func.sum(func.length(PageText.text)).label("chars"))
        .join(File, File.id == PageText.file_id)
        .where(File.entry_id == entry_id)
        .group_by(PageText.file_id)
        .subquery()
    )
    rows = session.execute(
        select(File, Reading, Rendition.sha256, chars.c.chars)
        .join(Reading, Reading.file_id == File.id)
        .outerjoin(
            Rendition,
            (Rendition.file_id == File.id) & (Rendition.kind == SEARCHABLE_PDF),
        )
        .outerjoin(chars, chars.c.file_id == File.id)
        .where(File.entry_id == entry_id)
        .order_by(File.position)
    ).all()
    return [_info(file, reading, searchable, count) for file, reading, searchable, count in rows]


def _info(file: File, reading: Reading, searchable: str | None, chars: int | None) -> FileInfo:
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
        problem=PROBLEMS.get(reading.problem) if reading.problem else None,
        searchable_sha256=searchable,
        added_at=file.added_at,
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
        )
        for row in rows
    ]


def next_position(session: Session, entry_id: int) -> int:
    last = session.scalar(select(func.max(File.position)).where(File.entry_id == entry_id))
    return (last or 0) + 1
