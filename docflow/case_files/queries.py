"""Case files as lists and pages show them. What the person may not see is not in them, nor in
their counts.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, aliased

from docflow import documents, organization, registry
from docflow.case_files import access, classes
from docflow.case_files.classes import ClassInfo
from docflow.case_files.models import CaseFile, FileAct, Item, ItemKind, PlanClass
from docflow.folding import fold
from docflow.principal import Principal
from docflow.registry import Book, Entry


@dataclass(frozen=True, slots=True)
class FileLine:
    """A case file as a row of a list; `documents` counts those open to the person."""

    id: int
    code: str
    title: str
    unit_id: int
    unit: str
    class_: ClassInfo | None
    responsible: str
    is_confidential: bool
    paper_place: str
    depth: int
    documents: int
    opened_at: datetime
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to list; `words` are sought in code and title, every one of them."""

    words: str = ""
    unit_id: int | None = None
    class_code: str = ""  # and what lies under it
    is_open: bool | None = None
    responsible_id: int | None = None
    with_sub_files: bool = False


@dataclass(frozen=True, slots=True)
class Content:
    """An entry in a file. `first` and `last` are its pages, counted through the file."""

    number: int
    item_id: int
    kind: ItemKind
    line: registry.Line
    pages: int
    is_counted: bool  # by hand, on the paper
    first: int
    last: int
    filed_at: datetime
    filed_by: str


@dataclass(frozen=True, slots=True)
class FileDetails:
    """All that the page of a file shows but its contents."""

    file: CaseFile
    line: FileLine
    above: tuple[FileLine, ...]  # from the top down, those open to the person
    below: tuple[FileLine, ...]
    opened_by: str
    closed_by: str
    documents: int
    not_open: int  # documents of other units: their number may be told, nothing else


@dataclass(frozen=True, slots=True)
class Placed:
    """Where an entry lies, or lay."""

    item_id: int
    file: FileLine
    kind: ItemKind
    filed_at: datetime
    filed_by: str


def listing(
    session: Session,
    wanted: Wanted,
    *,
    by: Principal,
    after: int | None = None,
    limit: int = 50,
) -> list[FileLine]:
    """Files, the newest first; `after` is the id of the last line of the page before."""
    by.require_scope("read")
    query = select(CaseFile).where(*_conditions(wanted, by))
    if after is not None:
        query = query.where(CaseFile.id < after)
    rows = session.scalars(query.order_by(CaseFile.id.desc()).limit(limit)).all()
    return lines(session, rows, by=by)


def find(session: Session, typed: str, *, by: Principal, limit: int = 5) -> list[FileLine]:
    """Files by words of code and title, for a box that finds everything: the newest first."""
    if len(fold(typed).strip()) < 2:
        return []
    return listing(session, Wanted(words=typed, with_sub_files=True), by=by, limit=limit)


def count(session: Session, wanted: Wanted, *, by: Principal) -> int:
    """How many files of the listing there are for the person."""
    query = select(func.count()).select_from(CaseFile).where(*_conditions(wanted, by))
    return session.scalar(query) or 0


def lines(session: Session, rows: Sequence[CaseFile], *, by: Principal) -> list[FileLine]:
    """Files as rows of a list; the caller chose them by `visible_to`."""
    units = organization.unit_names(session, [row.unit_id for row in rows])
    people = organization.names(session, [row.responsible_id for row in rows])
    known = classes.by_ids(session, [row.class_id for row in rows])
    counts = _counts(session, [row.id for row in rows], by)
    return [
        FileLine(
            id=row.id,
            code=row.code,
            title=row.title,
            unit_id=row.unit_id,
            unit=units.get(row.unit_id, ""),
            class_=known.get(row.class_id or 0),
            responsible=people.get(row.responsible_id or 0, ""),
            is_confidential=row.is_confidential,
            paper_place=row.paper_place,
            depth=row.depth,
            documents=counts.get(row.id, 0),
            opened_at=row.opened_at,
            closed_at=row.closed_at,
        )
        for row in rows
    ]


def details(session: Session, file: CaseFile, *, by: Principal) -> FileDetails:
    """The caller got the file through `access.get`."""
    below = session.scalars(
        select(CaseFile)
        .where(CaseFile.parent_id == file.id, access.visible_to(by))
        .order_by(CaseFile.id)
    ).all()
    above = _above(session, file, by)
    shown = lines(session, [file, *above, *below], by=by)
    people = organization.names(session, [file.opened_by, file.closed_by])
    return FileDetails(
        file=file,
        line=shown[0],
        above=tuple(shown[1 : 1 + len(above)]),
        below=tuple(shown[1 + len(above) :]),
        opened_by=people.get(file.opened_by or 0, ""),
        closed_by=people.get(file.closed_by or 0, ""),
        documents=shown[0].documents,
        not_open=not_open(session, file.id, by=by),
    )


def contents(
    session: Session,
    file_id: int,
    *,
    by: Principal,
    offset: int = 0,
    limit: int | None = None,
) -> list[Content]:
    """What lies in the file and is open to the person, in order, numbered from 1.

    Numbers and pages count what is shown: a gap would tell of what is not.
    """
    items = session.scalars(
        select(Item)
        .join(Entry, Entry.id == Item.entry_id)
        .where(Item.case_file_id == file_id, Item.ended_at.is_(None), registry.visible_to(by))
        .order_by(Item.position, Item.id)
    ).all()
    pages = _pages(session, [item.entry_id for item in items if item.pages is None])
    end = None if limit is None else offset + limit
    chosen = items[offset:end]
    rows = session.execute(
        registry.lines_query(by).where(Entry.id.in_([item.entry_id for item in chosen]))
    ).all()
    known = {line.id: line for line in registry.lines(session, rows)}
    people = organization.names(session, [item.filed_by for item in chosen])
    found: list[Content] = []
    before = 0
    for number, item in enumerate(items, start=1):
        has = pages.get(item.entry_id, 0) if item.pages is None else item.pages
        if item.kind == ItemKind.REFERENCE:
            has = 0  # it lies elsewhere: no page of it is here
        if offset < number and (end is None or number <= end) and item.entry_id in known:
            found.append(
                Content(
                    number=number,
                    item_id=item.id,
                    kind=ItemKind(item.kind),
                    line=known[item.entry_id],
                    pages=has,
                    is_counted=item.pages is not None,
                    first=before + 1 if has else before,
                    last=before + has,
                    filed_at=item.filed_at,
                    filed_by=people.get(item.filed_by or 0, ""),
                )
            )
        before += has
    return found


def not_open(session: Session, file_id: int, *, by: Principal) -> int:
    """How many documents of the file the person may not see but may know of.

    Those of confidential books, and those graded confidential, are counted for nobody else.
    """
    confidential = select(Book.id).where(Book.is_confidential)
    query = (
        select(func.count())
        .select_from(Item)
        .join(Entry, Entry.id == Item.entry_id)
        .where(
            Item.case_file_id == file_id,
            Item.ended_at.is_(None),
            Entry.grade != registry.Grade.CONFIDENTIAL,
            Entry.book_id.not_in(confidential),
            ~registry.visible_to(by),
        )
    )
    return session.scalar(query) or 0


def of_entry(session: Session, entry_id: int, *, by: Principal) -> list[Placed]:
    """The files in which an entry lies now, its own before those by reference.

    The caller has checked the right to see the entry; files that are not open are left out.
    """
    rows = session.execute(
        select(Item, CaseFile)
        .join(CaseFile, CaseFile.id == Item.case_file_id)
        .where(Item.entry_id == entry_id, Item.ended_at.is_(None), access.visible_to(by))
        .order_by(Item.kind, Item.id)
    ).all()
    shown = lines(session, [file for _, file in rows], by=by)
    people = organization.names(session, [item.filed_by for item, _ in rows])
    return [
        Placed(
            item_id=item.id,
            file=line,
            kind=ItemKind(item.kind),
            filed_at=item.filed_at,
            filed_by=people.get(item.filed_by or 0, ""),
        )
        for (item, _), line in zip(rows, shown, strict=True)
    ]


def codes_open_to(session: Session, ids: Iterable[int], *, by: Principal) -> dict[int, str]:
    """The codes of those of the files that the person may see, by id."""
    wanted = set(ids)
    if not wanted:
        return {}
    query = select(CaseFile.id, CaseFile.code).where(CaseFile.id.in_(wanted), access.visible_to(by))
    return {row.id: row.code for row in session.execute(query)}


def reasons(
    session: Session, *, items: Iterable[int] = (), acts: Iterable[int] = ()
) -> tuple[dict[int, str], dict[int, str]]:
    """Why items ended, and why files were closed or opened again, by id.

    The caller has checked that the person may see the entries and files.
    """
    ended, acted = set(items), set(acts)
    of_items = select(Item.id, Item.reason).where(Item.id.in_(ended))
    of_acts = select(FileAct.id, FileAct.reason).where(FileAct.id.in_(acted))
    return (
        {row.id: row.reason for row in session.execute(of_items)} if ended else {},
        {row.id: row.reason for row in session.execute(of_acts)} if acted else {},
    )


def filings(
    session: Session, file_id: int, *, by: Principal, limit: int = 200
) -> list[tuple[Item, str]]:
    """What came into the file and what left it, with the entry's number; only what is open."""
    rows = session.execute(
        select(Item, Entry.label)
        .join(Entry, Entry.id == Item.entry_id)
        .where(Item.case_file_id == file_id, registry.visible_to(by))
        .order_by(Item.id.desc())
        .limit(limit)
    )
    return [(item, label) for item, label in rows]


def _conditions(wanted: Wanted, by: Principal) -> list[ColumnElement[bool]]:
    found = [access.visible_to(by)]
    found += [CaseFile.key.contains(word, autoescape=True) for word in fold(wanted.words).split()]
    if wanted.unit_id is not None:
        found.append(CaseFile.unit_id == wanted.unit_id)
    if wanted.responsible_id is not None:
        found.append(CaseFile.responsible_id == wanted.responsible_id)
    if wanted.is_open is not None:
        found.append(
            CaseFile.closed_at.is_(None) if wanted.is_open else CaseFile.closed_at.is_not(None)
        )
    if wanted.class_code:
        code = wanted.class_code.rpartition(":")[2].strip()
        under = PlanClass.code.startswith(f"{code}.", autoescape=True)
        fits = select(PlanClass.id).where((PlanClass.code == code) | under)
        found.append(CaseFile.class_id.in_(fits))
    if not wanted.with_sub_files and not wanted.words:
        found.append(CaseFile.parent_id.is_(None))
    return found


def _above(session: Session, file: CaseFile, by: Principal) -> list[CaseFile]:
    """The files above, from the top down; one that is not open hides those over it too."""
    found: list[CaseFile] = []
    parent_id = file.parent_id
    while parent_id is not None:
        parent = session.scalar(
            select(CaseFile).where(CaseFile.id == parent_id, access.visible_to(by))
        )
        if parent is None:
            break
        found.insert(0, parent)
        parent_id = parent.parent_id
    return found


def _counts(session: Session, ids: Sequence[int], by: Principal) -> dict[int, int]:
    if not ids:
        return {}
    rows = session.execute(
        select(Item.case_file_id, func.count())
        .join(Entry, Entry.id == Item.entry_id)
        .where(Item.case_file_id.in_(ids), Item.ended_at.is_(None), registry.visible_to(by))
        .group_by(Item.case_file_id)
    )
    return {file_id: n for file_id, n in rows}


def _pages(session: Session, entry_ids: Sequence[int]) -> dict[int, int]:
    """The pages of what was brought or issued; a signed original is in its exact copy."""
    if not entry_ids:
        return {}
    file, copy = documents.File, aliased(documents.File)
    has_copy = (
        select(copy.id)
        .where(copy.entry_id == file.entry_id, copy.role == documents.FileRole.EXACT_COPY)
        .exists()
    )
    is_shown = (file.role != documents.FileRole.SIGNED_ORIGINAL) | ~has_copy
    rows = session.execute(
        select(file.entry_id, func.sum(documents.Reading.pages_total))
        .join(documents.Reading, documents.Reading.file_id == file.id)
        .where(file.entry_id.in_(entry_ids), file.parent_id.is_(None), is_shown)
        .group_by(file.entry_id)
    )
    return {entry_id: int(pages or 0) for entry_id, pages in rows}
