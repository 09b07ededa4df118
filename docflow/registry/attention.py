"""Files that wait for a person: not read, read in part, or kept closed; of entries open to him."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from docflow import documents
from docflow.documents import File, Reading, ReadingState
from docflow.i18n import Text
from docflow.principal import Principal
from docflow.registry import queries
from docflow.registry.access import visible_to
from docflow.registry.models import Entry

_WAIT = (ReadingState.PARTLY, ReadingState.FAILED, ReadingState.QUARANTINED)


@dataclass(frozen=True, slots=True)
class FileToCheck:
    """A file with its entry, why it waits, and whether it is tried again by itself."""

    line: queries.Line
    position: int
    name: str
    media_type: str
    state: str
    problem_code: str | None
    problem: Text | None
    notes: tuple[Text, ...]
    is_passing: bool
    finished_at: datetime | None


def files_to_check(
    session: Session, *, by: Principal, start: int = 0, limit: int = 50
) -> tuple[list[FileToCheck], int]:
    """Files that wait for a person, the newest first; and how many there are."""
    query = (
        select(File.id, File.entry_id)
        .join(Reading, Reading.file_id == File.id)
        .join(Entry, Entry.id == File.entry_id)
        .where(Reading.state.in_(_WAIT), Reading.settled_at.is_(None), visible_to(by))
    )
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    rows = session.execute(query.order_by(File.id.desc()).offset(start).limit(limit)).all()
    entry_ids = {entry_id for _, entry_id in rows}
    found = session.execute(queries.lines_query(by).where(Entry.id.in_(entry_ids))).all()
    lines = {line.id: line for line in queries.lines(session, found)}
    known = {
        (entry_id, info.id): info
        for entry_id in entry_ids
        for info in documents.files(session, entry_id)
    }
    finished = {
        file_id: moment
        for file_id, moment in session.execute(
            select(Reading.file_id, Reading.finished_at).where(
                Reading.file_id.in_([file_id for file_id, _ in rows])
            )
        )
    }
    return [
        _shown(lines[entry_id], known[entry_id, file_id], finished[file_id])
        for file_id, entry_id in rows
    ], total


def _shown(
    line: queries.Line, info: documents.FileInfo, finished_at: datetime | None
) -> FileToCheck:
    return FileToCheck(
        line=line,
        position=info.position,
        name=info.name,
        media_type=info.media_type,
        state=info.state,
        problem_code=info.problem_code,
        problem=info.problem,
        notes=info.notes,
        is_passing=info.is_passing,
        finished_at=finished_at,
    )
