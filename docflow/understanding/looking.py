"""Looking at what was read: a page's words with their places, hits of a search among them, and the
pages that were read so badly that a person should look."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, func, literal, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from docflow import audit, clock, documents, registry
from docflow.documents import File, PageText, Reading
from docflow.errors import NotFound
from docflow.folding import fold, words
from docflow.i18n import Text, t
from docflow.principal import Principal
from docflow.registry import Entry
from docflow.understanding.models import PageCheck

DOUBTFUL = 60  # confidence of a page under which somebody should look (index of page_texts)
_SURE, _UNSURE = 85.0, 60.0
_STEM = 6  # letters of a searched word from which on its ending is left out, as in search


class NoSuchPage(NotFound):
    """The file has no such page, or it was not read (yet)."""


class Level(StrEnum):
    """How surely a word was read."""

    SURE = "sure"
    UNSURE = "unsure"
    DOUBTFUL = "doubtful"


@dataclass(frozen=True, slots=True)
class Seen:
    """A word with its place, in points of the upright page."""

    text: str
    x: float
    y: float
    width: float
    height: float
    level: Level
    is_hit: bool
    begins_line: bool


@dataclass(frozen=True, slots=True)
class PageMark:
    """A page of a file in the strip of its pages."""

    number: int
    needs_a_person: bool
    has_hits: bool


@dataclass(frozen=True, slots=True)
class PageSeen:
    """A page to be looked at."""

    file_id: int
    number: int
    width: float
    height: float
    rotation: int
    source: str
    confidence: float | None
    problem: Text | None
    words: tuple[Seen, ...]
    marks: tuple[PageMark, ...]
    is_checked: bool

    @property
    def needs_a_person(self) -> bool:
        return any(mark.needs_a_person for mark in self.marks if mark.number == self.number)


def page(session: Session, file_id: int, number: int, *, query: str = "") -> PageSeen:
    """A page that was read. The caller has checked the right to the entry. Raises NoSuchPage."""
    row = session.get(PageText, (file_id, number))
    if row is None:
        raise NoSuchPage(t("Page {page} of this file was not read.", page=number))
    terms = words(query)
    check = session.get(PageCheck, (file_id, number))
    return PageSeen(
        file_id=file_id,
        number=number,
        width=row.width,
        height=row.height,
        rotation=row.rotation,
        source=row.source,
        confidence=row.confidence,
        problem=documents.PROBLEMS.get(row.problem) if row.problem else None,
        words=_seen(row.words, terms),
        marks=_marks(session, file_id, terms),
        is_checked=check is not None,
    )


def _seen(kept: Sequence[Sequence[object]], terms: Sequence[str]) -> tuple[Seen, ...]:
    seen: list[Seen] = []
    for said in kept:
        text = str(said[0])
        x0, y0, x1, y1, confidence = (float(str(number)) for number in said[1:6])
        last = seen[-1] if seen else None
        seen.append(
            Seen(
                text=text,
                x=round(x0, 1),
                y=round(y0, 1),
                width=round(x1 - x0, 1),
                height=round(y1 - y0, 1),
                level=level(confidence),
                is_hit=is_hit(text, terms),
                begins_line=last is None or x0 < last.x or y0 > last.y + last.height,
            )
        )
    return tuple(seen)


def level(confidence: float) -> Level:
    if confidence >= _SURE:
        return Level.SURE
    return Level.UNSURE if confidence >= _UNSURE else Level.DOUBTFUL


def is_hit(text: str, terms: Sequence[str]) -> bool:
    """Whether a word on the page is meant by one of the searched words, endings left out."""
    keys = words(text)
    return any(
        key == term or (len(term) >= _STEM and key.startswith(term[: max(_STEM, len(term) - 2)]))
        for key in keys
        for term in terms
    )


def _marks(session: Session, file_id: int, terms: Sequence[str]) -> tuple[PageMark, ...]:
    rows = session.execute(
        select(PageText.page, _needs_a_person(), PageText.text if terms else literal(""))
        .join(Reading, Reading.file_id == PageText.file_id)
        .outerjoin(PageCheck, _same_page())
        .where(PageText.file_id == file_id)
        .order_by(PageText.page)
    ).all()
    return tuple(
        PageMark(number, bool(needs), bool(terms) and _any_hit(text, terms))
        for number, needs, text in rows
    )


def _any_hit(text: str, terms: Sequence[str]) -> bool:
    key = fold(text)
    return any(term[: max(_STEM, len(term) - 2)] in key for term in terms) and any(
        is_hit(word, terms) for word in key.split()
    )


def _same_page() -> ColumnElement[bool]:
    return and_(PageCheck.file_id == PageText.file_id, PageCheck.page == PageText.page)


def _needs_a_person() -> ColumnElement[bool]:
    """Read badly or not at all, and nobody has looked since."""
    return and_(
        or_(PageText.source == "failed", PageText.confidence < DOUBTFUL),
        or_(
            PageCheck.file_id.is_(None),
            and_(Reading.finished_at.is_not(None), Reading.finished_at > PageCheck.checked_at),
        ),
    )


@dataclass(frozen=True, slots=True)
class ToCheck:
    """A page that a person should look at."""

    line: registry.Line
    position: int
    name: str
    page: int
    confidence: float | None
    problem: Text | None


def to_check(
    session: Session, *, by: Principal, start: int = 0, limit: int = 50
) -> tuple[list[ToCheck], int]:
    """Pages that need a person, of entries open to him, the newest first; and how many there are.

    A page that could not be read at all is told of here too: somebody must type what it says.
    """
    query = (
        select(PageText.page, PageText.confidence, PageText.problem, File, Entry.id)
        .join(File, File.id == PageText.file_id)
        .join(Reading, Reading.file_id == PageText.file_id)
        .join(Entry, Entry.id == File.entry_id)
        .outerjoin(PageCheck, _same_page())
        .where(_needs_a_person(), registry.visible_to(by))
    )
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    rows = session.execute(
        query.order_by(File.id.desc(), PageText.page).offset(start).limit(limit)
    ).all()
    ids = {row[4] for row in rows}
    found = session.execute(registry.lines_query(by).where(Entry.id.in_(ids))).all() if ids else []
    lines = {line.id: line for line in registry.lines(session, found)}
    return [
        ToCheck(
            line=lines[entry_id],
            position=file.position,
            name=file.name,
            page=number,
            confidence=confidence,
            problem=documents.PROBLEMS.get(problem) if problem else None,
        )
        for number, confidence, problem, file, entry_id in rows
    ], total


def checked(session: Session, file: File, number: int, *, by: Principal) -> None:
    """A person has looked at the page: it leaves the list, until the file is read again.

    The caller has checked the right to the entry. Raises NoSuchPage, and NotAllowed for an
    auditor, who changes nothing.
    """
    by.require_scope("register")
    by.require(not by.is_auditor, t("An auditor changes nothing."))
    if session.get(PageText, (file.id, number)) is None:
        raise NoSuchPage(t("Page {page} of this file was not read.", page=number))
    row = {"checked_by": by.person_id, "checked_at": clock.now()}
    session.execute(
        insert(PageCheck)
        .values(file_id=file.id, page=number, **row)
        .on_conflict_do_update(index_elements=[PageCheck.file_id, PageCheck.page], set_=row)
    )
    audit.record(
        session,
        "page.checked",
        by=by,
        subject=("entry", file.entry_id),
        file=file.position,
        page=number,
    )
