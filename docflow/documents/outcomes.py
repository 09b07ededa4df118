"""How a reading ends: read, read in part, not readable, or closed; and who is told of it."""

from collections.abc import Callable, Sequence

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

import ocr
import storage
from docflow import audit, clock, outbox
from docflow.documents import renditions, screening
from docflow.documents.errors import Erased, NoSuchFile
from docflow.documents.models import File, PageText, Reading, ReadingState, Screening
from docflow.documents.problems import ERASED, HARMLESS, PASSING, PROBLEMS
from docflow.i18n import t
from docflow.office import Office
from docflow.principal import system

MAX_NOTES = 100  # of one file; who has so many bad pages scans the paper again
Note = tuple[str, str] | tuple[str, str, str]

AfterReading = Callable[[Session, int], None]
_after_reading: list[AfterReading] = []


def after_reading(function: AfterReading) -> AfterReading:
    """Register what an upper package does, in the same transaction, when a file's text is there,
    whole or in part."""
    _after_reading.append(function)
    return function


AfterTrouble = Callable[[Session, File, str], None]
_after_trouble: list[AfterTrouble] = []


def after_trouble(function: AfterTrouble) -> AfterTrouble:
    """Register what an upper package does, in the same transaction, when a file could not be read
    or stays closed, and that will not pass by itself; called with the code of the problem."""
    _after_trouble.append(function)
    return function


def locked(session: Session, file_id: int) -> tuple[File, Reading]:
    """The file and its reading, held until the transaction ends.

    Raises NoSuchFile, and Erased where the data of its entry were erased: what is read of it now
    must not come back.
    """
    row = session.execute(
        select(File, Reading)
        .join(Reading, Reading.file_id == File.id)
        .where(File.id == file_id)
        .with_for_update(of=Reading)
        .execution_options(populate_existing=True)
    ).first()
    if row is None:
        raise NoSuchFile(t("There is no such file."))
    if row[1].problem == ERASED:
        raise Erased(PROBLEMS[ERASED])
    return row[0], row[1]


def count_pages(office: Office, file_id: int) -> int:
    """How many pages were read."""
    with office.db.read() as session:
        query = select(func.count()).where(PageText.file_id == file_id)
        return session.scalar(query) or 0


def pages_of(office: Office, file_id: int) -> list[ocr.Page]:
    """The pages as they were read, for the layer under them."""
    with office.db.read() as session:
        rows = session.scalars(
            select(PageText).where(PageText.file_id == file_id).order_by(PageText.page)
        ).all()
        return [_page(row) for row in rows]


def _page(row: PageText) -> ocr.Page:
    return ocr.Page(
        number=row.page,
        source=row.source,  # type: ignore[arg-type]  # one of ocr's own words
        text=row.text,
        confidence=row.confidence,
        rotation=row.rotation,
        skew=row.skew,
        width=row.width,
        height=row.height,
        words=tuple(ocr.Word(*word) for word in row.words),
        seconds=0.0,
        problem=row.problem,  # type: ignore[arg-type]  # one of ocr's own words
        languages=tuple(row.languages),
    )


def success(
    office: Office,
    file_id: int,
    *,
    layer: storage.Stored | None = None,
    notes: Sequence[Note] = (),
) -> None:
    """Everything that could be read was read; pages and parts that could not are noted."""
    with office.db.begin() as session:
        file, reading = locked(session, file_id)
        pages = session.execute(
            select(PageText.page, PageText.source, PageText.problem, PageText.confidence)
            .where(PageText.file_id == file_id)
            .order_by(PageText.page)
        ).all()
        failed = [(page, problem) for page, source, problem, _ in pages if source == "failed"]
        scored = [confidence for *_, confidence in pages if confidence is not None]
        said = [list(note) for note in notes]
        said += [["page", str(page), problem or "crashed"] for page, problem in failed]
        reading.notes = said[:MAX_NOTES]
        is_lost = bool(pages) and len(failed) == len(pages)
        reading.state = (
            ReadingState.FAILED
            if is_lost
            else ReadingState.PARTLY
            if any(note[0] not in HARMLESS for note in said)
            else ReadingState.DONE
        )
        reading.problem = failed[0][1] if failed else None
        reading.detail = (
            "pages " + ", ".join(str(page) for page, _ in failed[:MAX_NOTES]) if failed else None
        )
        reading.pages_done = len(pages)
        reading.confidence = sum(scored) / len(scored) if scored else None
        reading.finished_at = clock.now()
        if layer is not None:
            renditions.note(session, file_id, renditions.SEARCHABLE_PDF, layer)
        elif len(pages) > renditions.AT_ONCE and any(page.source == "ocr" for page in pages):
            outbox.enqueue(session, "documents.layer", file_id=file_id)
        action = {ReadingState.DONE: "file.read", ReadingState.PARTLY: "file.read-in-part"}
        _record(session, file, action.get(reading.state, "file.unreadable"), reading)
        session.flush()
        for then in _after_reading:
            then(session, file_id)


def failure(office: Office, file_id: int, code: str, detail: str) -> None:
    """The file could not be read: why, for the person who decides what to do."""
    with office.db.begin() as session:
        try:
            file, reading = locked(session, file_id)
        except Erased:  # nobody waits for it any more
            return
        reading.state = ReadingState.FAILED
        reading.problem, reading.detail, reading.notes = code, detail[:500], []
        reading.finished_at = clock.now()
        _record(session, file, "file.unreadable", reading)
        if code not in PASSING:
            _told(session, file, code)


def quarantine(office: Office, file_id: int, found: Screening) -> None:
    """The file stays closed; what was read of it before goes, and is read anew if it is let out."""
    with office.db.begin() as session:
        file, reading = locked(session, file_id)
        stale = delete(PageText).where(PageText.file_id == file_id).returning(PageText.page)
        gone = session.scalars(stale).all()
        reading.pages_done, reading.confidence = 0, None
        reading.state = ReadingState.QUARANTINED
        reading.problem, reading.detail = screening.problem_of(found), found.finding[:500]
        reading.finished_at = clock.now()
        _record(session, file, "file.quarantined", reading)
        _told(session, file, reading.problem or "")
        if gone:
            session.flush()
            for then in _after_reading:  # it is found by these words no more
                then(session, file_id)


def _told(session: Session, file: File, code: str) -> None:
    for then in _after_trouble:
        then(session, file, code)


def _record(session: Session, file: File, action: str, reading: Reading) -> None:
    audit.record(
        session,
        action,
        by=system(screening.body_of(session, file.entry_id)),
        subject=("entry", file.entry_id),
        file=file.position,
        sha256=file.sha256,
        pages=reading.pages_done,
        problem=reading.problem,
    )
