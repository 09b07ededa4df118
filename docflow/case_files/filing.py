"""What lies in a case file: filed, moved, taken out; each with its event and told by the entry.

An entry belongs to one file at a time and may be named in others. The answer to a letter is filed
with the letter by itself. Two who act on one entry at once are put in order by the entry's lock:
the second is told who moved it, and when.
"""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from docflow import audit, clock, documents, organization, registry
from docflow.case_files import access, classes
from docflow.case_files.models import CaseFile, Item, ItemEnd, ItemKind
from docflow.case_files.opening import repeats
from docflow.errors import Conflict, Invalid
from docflow.i18n import t
from docflow.principal import Principal
from docflow.registry import Entry, NewEntry, Relation

MOST_PAGES = 99_999
_Then = Callable[[Session, Entry], None]


class AlreadyInCaseFile(Conflict):
    """The entry lies in a case file already."""


class MovedMeanwhile(Conflict):
    """Somebody else moved the entry, or took it out, in the meantime."""


class BadPageCount(Invalid):
    """The number of pages is not right."""


def file_entry(
    session: Session,
    file_id: int,
    entry_id: int,
    *,
    by: Principal,
    zone: str,
    kind: ItemKind = ItemKind.MAIN,
    pages: int | None = None,
) -> Item:
    """Put an entry into a file, at its end. `pages` are those of the paper, where counted.

    Raises NoSuchEntry, NoSuchCaseFile, NotYourCaseFile, CaseFileClosed, AlreadyInCaseFile,
    AlreadyAnnulled, BadPageCount.
    """
    by.require_scope("route")
    _check_pages(pages)
    entry = registry.get(session, entry_id, by=by, lock=True)
    registry.require_not_annulled(session, entry)
    file = access.get(session, file_id, by=by, lock=True)
    by = access.worker(by, file)
    access.require_open(session, file)
    _require_not_there(session, file, entry, kind, by)
    return _file(session, file, entry, kind, pages, by=by, zone=zone, action="entry.put-in-file")


def move(
    session: Session, item_id: int, to_file_id: int, *, reason: str, by: Principal, zone: str
) -> Item:
    """Move what lies in one file into another, with the reason. Raises as `file_entry`, and
    MovedMeanwhile, CaseFileReason.
    """
    by.require_scope("route")
    clean = access.clean_reason(reason, t("Write why it is moved."))
    item, entry = _held(session, item_id, by)
    for file_id in sorted({item.case_file_id, to_file_id}):  # in one order, whoever moves
        access.get(session, file_id, by=by, lock=True)
    source = session.get_one(CaseFile, item.case_file_id)
    target = session.get_one(CaseFile, to_file_id)
    acting = access.worker(by, source)
    access.worker(by, target)
    access.require_open(session, source)
    access.require_open(session, target)
    if source.id == target.id:
        raise AlreadyInCaseFile(t("The entry lies in this case file already."), field="case_file")
    _require_not_there(session, target, entry, ItemKind.REFERENCE, by)
    _end(session, item, ItemEnd.MOVED, clean, acting)
    new = _file(
        session,
        target,
        entry,
        ItemKind(item.kind),
        item.pages,
        by=acting,
        zone=zone,
        action="entry.moved-to-file",
        ended_item=item.id,
        from_file=source.id,
    )
    item.moved_to = new.id
    return new


def take_out(session: Session, item_id: int, *, reason: str, by: Principal) -> Item:
    """Take an entry out of its file, with the reason. Raises MovedMeanwhile, CaseFileClosed …"""
    by.require_scope("route")
    clean = access.clean_reason(reason, t("Write why it is taken out."))
    item, entry = _held(session, item_id, by)
    file = access.get(session, item.case_file_id, by=by, lock=True)
    acting = access.worker(by, file)
    access.require_open(session, file)
    _end(session, item, ItemEnd.TAKEN_OUT, clean, acting)
    audit.record(
        session,
        "entry.taken-out-of-file",
        by=acting,
        subject=("entry", entry.id),
        case_file=file.id,
        ended_item=item.id,
    )
    return item


def recount(session: Session, item_id: int, pages: int | None, *, by: Principal) -> Item:
    """Write how many pages the paper has; None goes back to those of the files."""
    by.require_scope("route")
    _check_pages(pages)
    item, entry = _held(session, item_id, by)
    file = access.get(session, item.case_file_id, by=by, lock=True)
    acting = access.worker(by, file)
    access.require_open(session, file)
    if item.pages != pages:
        item.pages = pages
        audit.record(
            session,
            "entry.pages-counted",
            by=acting,
            subject=("entry", entry.id),
            case_file=file.id,
            pages=pages,
        )
    return item


@registry.after_registration
def with_its_letter(
    session: Session, new: NewEntry, _: Sequence[documents.Upload], by: Principal
) -> _Then | None:
    """An answer goes into the open file of the letter, at once with its number.

    Nothing is waited for: the row is written while the series of numbers is held.
    """
    answered = [other for other, kind in new.relations if kind is Relation.ANSWERS]
    if not answered:
        return None
    file = session.scalar(
        select(CaseFile)
        .join(Item, Item.case_file_id == CaseFile.id)
        .where(
            Item.entry_id.in_(answered),
            Item.kind == ItemKind.MAIN,
            Item.ended_at.is_(None),
            CaseFile.closed_at.is_(None),
        )
        .order_by(CaseFile.id)
        .limit(1)
    )
    if file is None:
        return None
    kept = file

    def then(session: Session, entry: Entry) -> None:
        _file(
            session,
            kept,
            entry,
            ItemKind.MAIN,
            None,
            by=by,
            zone=clock.OFFICIAL_ZONE,
            action="entry.put-in-file",
            by_itself=True,
        )

    return then


def _file(
    session: Session,
    file: CaseFile,
    entry: Entry,
    kind: ItemKind,
    pages: int | None,
    *,
    by: Principal,
    zone: str,
    action: str,
    by_itself: bool = False,
    **details: Any,
) -> Item:
    """The row and its event; the caller holds entry and file."""
    last = session.scalar(select(func.max(Item.position)).where(Item.case_file_id == file.id))
    item = Item(
        case_file_id=file.id,
        entry_id=entry.id,
        kind=kind,
        position=(last or 0) + 1,
        pages=pages,
        filed_by=None if by_itself else by.user_id,
        filed_at=clock.now(),
    )
    session.add(item)
    session.flush()  # its id, for the event; the end of the row before it, for the index
    if file.titled_from is None and repeats(file.title, entry.subject):
        file.titled_from = entry.id
    if kind is ItemKind.MAIN and file.class_id is not None:
        classes.inherit(session, entry, file.class_id, by=by, zone=zone)
    audit.record(
        session,
        action,
        by=by,
        subject=("entry", entry.id),
        case_file=file.id,
        item=item.id,
        kind=kind.value,
        **details,
    )
    return item


def _held(session: Session, item_id: int, by: Principal) -> tuple[Item, Entry]:
    """A live item of an entry and a file that the person may see, held. Raises MovedMeanwhile."""
    found = session.get(Item, item_id)
    if found is None:
        raise access.NoSuchCaseFile(t("There is no such case file, or it is not open to you."))
    access.get(session, found.case_file_id, by=by)
    entry = registry.get(session, found.entry_id, by=by, lock=True)
    item = session.scalars(
        select(Item)
        .where(Item.id == item_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    if item.ended_at is not None:
        raise MovedMeanwhile(_what_became(session, item, by))
    return item, entry


def _what_became(session: Session, item: Item, by: Principal) -> Any:
    people = organization.names(session, [item.ended_by])
    at = clock.local(item.ended_at or clock.now())
    told = {"person": people.get(item.ended_by or 0, ""), "at": f"{at:%d/%m/%Y %H:%M}"}
    place = _code_of(session, item.moved_to, by) if item.moved_to else ""
    if place:
        return t("{person} moved it to {code} on {at}. Look again.", code=place, **told)
    if item.end_kind == ItemEnd.MOVED:
        return t("{person} moved it to another case file on {at}. Look again.", **told)
    return t("{person} took it out of the case file on {at}. Look again.", **told)


def _code_of(session: Session, item_id: int, by: Principal) -> str:
    """The code of the file in which the item lies, empty where it is not open to the person."""
    code = session.scalar(
        select(CaseFile.code)
        .join(Item, Item.case_file_id == CaseFile.id)
        .where(Item.id == item_id, access.visible_to(by))
    )
    return code or ""


def _require_not_there(
    session: Session, file: CaseFile, entry: Entry, kind: ItemKind, by: Principal
) -> None:
    """Raises AlreadyInCaseFile, naming the other file only to who may see it."""
    live = session.scalars(
        select(Item).where(Item.entry_id == entry.id, Item.ended_at.is_(None))
    ).all()
    if any(item.case_file_id == file.id for item in live):
        raise AlreadyInCaseFile(t("The entry lies in this case file already."), field="case_file")
    other = next((item for item in live if item.kind == ItemKind.MAIN), None)
    if kind is not ItemKind.MAIN or other is None:
        return
    code = _code_of(session, other.id, by)
    if code:
        people = organization.names(session, [other.filed_by])
        raise AlreadyInCaseFile(
            t(
                "The entry lies in {code} already, put there by {person}. Move it from there, or "
                "file it here by reference.",
                code=code,
                person=people.get(other.filed_by or 0) or t("the system"),
            ),
            field="case_file",
        )
    raise AlreadyInCaseFile(
        t("The entry lies in another case file already. File it here by reference."),
        field="case_file",
    )


def _end(session: Session, item: Item, how: ItemEnd, reason: str, by: Principal) -> None:
    item.ended_by, item.ended_at, item.end_kind = by.user_id, clock.now(), how
    item.reason = reason
    session.flush()  # it must have ended before the next one begins


def _check_pages(pages: int | None) -> None:
    if pages is not None and not 0 <= pages <= MOST_PAGES:
        raise BadPageCount(
            t("Write the number of pages as a whole number up to {max}.", max=MOST_PAGES),
            field="pages",
        )
