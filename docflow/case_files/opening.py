"""Opening case files and sub-files, changing what stands on their cover, putting one under another.

Source: domain row 87 (fascicolo, sottofascicolo, inserto); row 91 for where the paper lies.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from docflow import audit, clock, organization
from docflow.case_files import access, classes, masks
from docflow.case_files.models import CaseFile, Item
from docflow.errors import Conflict, Invalid
from docflow.folding import fold, line
from docflow.i18n import t
from docflow.principal import NotAllowed, Principal
from docflow.registry import Entry

MAX_TITLE = 300
MAX_PLACE = 200
DEEPEST = 2  # levels below a case file: sub-file, and sub-file of it


class BadCaseFile(Invalid):
    """What stands on the cover of the case file is not right."""


class CannotLieThere(Conflict):
    """The case file cannot be put under this one."""


@dataclass(frozen=True, slots=True)
class Cover:
    """What a person writes on a case file. `class_code` is a code, or `plan:code`."""

    title: str
    unit_id: int
    class_code: str = ""
    responsible_id: int | None = None
    is_confidential: bool = False
    paper_place: str = ""


def open_file(
    session: Session,
    cover: Cover,
    *,
    by: Principal,
    zone: str,
    parent_id: int | None = None,
) -> CaseFile:
    """A new case file with its code, or a sub-file with its parent's code and a number.

    Raises BadCaseFile, ClassNotInForce, ClassUnclear, ClassMissing, NotAllowed, NoSuchCaseFile,
    CaseFileClosed, CannotLieThere, NoSuchUnit.
    """
    by.require_scope("route")
    parent = None
    if parent_id is not None:
        _hold_tree(session, by.body_id)
        parent = access.get(session, parent_id, by=by, lock=True)
        by = access.worker(by, parent)
        access.require_open(session, parent)
    values = _checked(session, cover, None, by=by, zone=zone)
    now = clock.now()
    year = clock.local(now, zone).year
    if parent is None:
        depth, code = 0, _new_code(session, values, year, by)
    else:
        depth = _depth_under(parent, 0)
        code = _sub_code(session, parent)
        values["is_confidential"] |= parent.is_confidential
    file = CaseFile(
        body_id=by.body_id,
        code=code,
        year=year,
        parent_id=parent.id if parent else None,
        depth=depth,
        key=_key(code, values["title"]),
        opened_by=by.user_id,
        opened_at=now,
        version=1,
        **values,
    )
    session.add(file)
    session.flush()  # its id, for the event
    audit.record(
        session,
        "case-file.opened",
        by=by,
        subject=("case-file", file.id),
        code=code,
        unit=file.unit_id,
        parent=file.parent_id,
    )
    return file


def amend(
    session: Session, file_id: int, cover: Cover, *, version: int | None, by: Principal, zone: str
) -> CaseFile:
    """Write another cover; the code stays. Raises as `open_file`, and CaseFileChanged."""
    by.require_scope("route")
    file = access.get(session, file_id, by=by, lock=True)
    asking, by = by, access.worker(by, file)
    access.require_version(session, file, version)
    access.require_open(session, file)
    values = _checked(session, cover, file, by=by, zone=zone)
    if file.parent_id is not None:
        above = session.get_one(CaseFile, file.parent_id)
        values["is_confidential"] |= above.is_confidential
    changed = sorted(name for name, value in values.items() if getattr(file, name) != value)
    if not changed:
        return file
    if not {"responsible_id", "is_confidential"}.isdisjoint(changed):
        access.closer(asking, file)  # they decide who sees the file, and who may close it
    for name, value in values.items():
        setattr(file, name, value)
    file.key = _key(file.code, file.title)
    if "title" in changed:
        file.titled_from = _titled_from(session, file)
    touch(file, by)
    if "is_confidential" in changed and file.is_confidential:
        for below in _below(session, file.id):
            below.is_confidential = True
            touch(below, by)
    details: dict[str, Any] = {"fields": changed}
    if "responsible_id" in changed:
        details["person"] = file.responsible_id
    if "unit_id" in changed:
        details["unit"] = file.unit_id
    audit.record(session, "case-file.changed", by=by, subject=("case-file", file.id), **details)
    return file


def put_under(
    session: Session, file_id: int, parent_id: int | None, *, version: int | None, by: Principal
) -> CaseFile:
    """The file becomes a sub-file of another, or (None) stands by itself. Its code stays.

    Raises CannotLieThere where it would lie under itself, or too deep; CaseFileClosed,
    CaseFileChanged, NotYourCaseFile.
    """
    by.require_scope("route")
    _hold_tree(session, by.body_id)
    file = access.get(session, file_id, by=by, lock=True)
    asking, by = by, access.worker(by, file)
    access.require_version(session, file, version)
    access.require_open(session, file)
    if file.parent_id == parent_id:
        raise CannotLieThere(
            t("The case file lies there already.")
            if parent_id
            else t(
                "The case file stands by itself already. Write the code of the one that it goes "
                "under."
            ),
            field="parent",
        )
    below = _below(session, file.id)
    depth = 0
    if parent_id is not None:
        parent = access.get(session, parent_id, by=by, lock=True)
        access.worker(by, parent)
        access.require_open(session, parent)
        if parent.id == file.id or parent.id in {one.id for one in below}:
            raise CannotLieThere(
                t("A case file cannot lie under itself or under one of its sub-files."),
                field="parent",
            )
        levels = max((one.depth for one in below), default=file.depth) - file.depth
        depth = _depth_under(parent, levels)
        if parent.is_confidential and not file.is_confidential:
            access.closer(asking, file)  # as in `amend`: it vanishes for the others of the unit
            for one in (file, *below):
                one.is_confidential = True
    for one in below:
        one.depth += depth - file.depth
        touch(one, by)
    file.parent_id, file.depth = parent_id, depth
    touch(file, by)
    audit.record(
        session, "case-file.put-under", by=by, subject=("case-file", file.id), parent=parent_id
    )
    return file


def repeats(title: str, subject: str) -> bool:
    """Whether the title of a file says the subject of an entry: it goes when that is erased."""
    said = line(subject)[:MAX_TITLE].rstrip()
    return bool(said) and fold(said) in fold(title)


def _titled_from(session: Session, file: CaseFile) -> int | None:
    """The entry, lying in the file or formerly so, whose subject the title repeats."""
    rows = session.execute(
        select(Entry.id, Entry.subject)
        .join(Item, Item.entry_id == Entry.id)
        .where(Item.case_file_id == file.id)
        .order_by(Item.id)
    )
    return next((entry for entry, subject in rows if repeats(file.title, subject)), None)


def touch(file: CaseFile, by: Principal) -> None:
    """The file is another now than it was: whoever saw it before must look again."""
    file.version += 1
    file.changed_by, file.changed_at = by.user_id, clock.now()


def _checked(
    session: Session, cover: Cover, file: CaseFile | None, *, by: Principal, zone: str
) -> dict[str, Any]:
    """The columns of a cover. Raises BadCaseFile and what its parts raise."""
    title, place = line(cover.title), line(cover.paper_place)
    if not 1 <= len(title) <= MAX_TITLE:
        raise BadCaseFile(
            t("A case file needs a title of {max} characters at most.", max=MAX_TITLE),
            field="title",
        )
    if len(place) > MAX_PLACE:
        raise BadCaseFile(
            t("At most {max} characters fit here.", max=MAX_PLACE), field="paper_place"
        )
    if file is None or cover.unit_id != file.unit_id:
        organization.hold_unit(session, cover.unit_id, body_id=by.body_id)
        _require_place(by, cover.unit_id)
    if cover.responsible_id is not None and (
        file is None or cover.responsible_id != file.responsible_id
    ):
        try:
            organization.hold_person(session, cover.responsible_id, body_id=by.body_id)
            organization.colleague(session, cover.responsible_id, body_id=by.body_id)
        except organization.NoSuchUser as error:
            raise BadCaseFile(error.message, field="responsible_id") from error
    return {
        "title": title,
        "unit_id": cover.unit_id,
        "class_id": _class_id(session, cover.class_code, file, by=by, zone=zone),
        "responsible_id": cover.responsible_id,
        "is_confidential": cover.is_confidential,
        "paper_place": place,
    }


def _require_place(by: Principal, unit_id: int) -> None:
    """Files are opened for one's own unit; the registry opens them for any. Raises NotAllowed."""
    theirs = by.works_in(unit_id) or by.works_for(unit_id) is not None
    if not (theirs or by.is_clerk or by.is_registrar):
        raise NotAllowed(
            t("Case files are opened for one’s own unit. Ask the registry for another."),
            field="unit_id",
        )


def _class_id(
    session: Session, typed: str, file: CaseFile | None, *, by: Principal, zone: str
) -> int | None:
    """The class of today's plan; a file keeps its class of before while nobody changes it."""
    if not typed.strip():
        return None
    if file is not None and file.class_id is not None:
        now = classes.by_ids(session, [file.class_id])[file.class_id]
        if line(typed) in (now.code, now.name):
            return file.class_id
    return classes.find(session, typed, clock.today(zone), by=by).id


def _new_code(session: Session, values: dict[str, Any], year: int, by: Principal) -> str:
    unit = organization.unit(session, values["unit_id"], body_id=by.body_id)
    given = classes.by_ids(session, [values["class_id"]]).get(values["class_id"] or 0)
    return masks.next_code(
        session,
        by.body_id,
        unit_id=unit.id,
        unit=unit.code,
        class_code=given.code if given else "",
        year=year,
    )


def _sub_code(session: Session, parent: CaseFile) -> str:
    """The code of the parent and the next number under it; the caller holds the tree."""
    n = session.scalar(select(func.count()).where(CaseFile.parent_id == parent.id)) or 0
    while True:
        n += 1
        code = f"{parent.code}.{n}"
        taken = select(CaseFile.id).where(CaseFile.body_id == parent.body_id, CaseFile.code == code)
        if session.scalar(taken) is None:
            return code


def _depth_under(parent: CaseFile, levels: int) -> int:
    """The depth of what is put under the file with so many levels below it."""
    if parent.depth + 1 + levels > DEEPEST:
        raise CannotLieThere(
            t("Sub-files have two levels at most. Put it under a file further up."),
            field="parent",
        )
    return parent.depth + 1


def _below(session: Session, file_id: int) -> list[CaseFile]:
    """The sub-files of a file and theirs, held."""
    found: list[CaseFile] = []
    ids = [file_id]
    while ids:
        rows = session.scalars(
            select(CaseFile)
            .where(CaseFile.parent_id.in_(ids))
            .order_by(CaseFile.id)
            .with_for_update(key_share=True)
            .execution_options(populate_existing=True)
        ).all()
        found += rows
        ids = [row.id for row in rows]
    return found


def _hold_tree(session: Session, body_id: int) -> None:
    """One at a time: two who put files under each other at once would make a circle."""
    key = func.hashtextextended(f"case-files:{body_id}", 0)
    session.execute(select(func.pg_advisory_xact_lock(key)))


def _key(code: str, title: str) -> str:
    return fold(f"{code} {title}")
