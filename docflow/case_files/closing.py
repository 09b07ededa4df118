"""Closing a case file, and opening it again; both keep the reason."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow import audit, clock, registry
from docflow.case_files import access
from docflow.case_files.models import CaseFile, FileAct, Item, ItemKind
from docflow.case_files.opening import touch
from docflow.errors import Conflict
from docflow.i18n import t
from docflow.principal import Principal
from docflow.registry import Annulment, Entry, Handling, HandlingState

_NAMED = 5  # open items that the message names


class OpenItems(Conflict):
    """Work in the case file is still open."""


class SubFilesOpen(Conflict):
    """A sub-file of the case file is still open."""


class NotClosed(Conflict):
    """The case file is open already."""


def close(
    session: Session, file_id: int, *, version: int | None, by: Principal, reason: str = ""
) -> CaseFile:
    """Close the file: nothing is filed, moved or taken out any more.

    While work in it is open, a reason is needed. Only entries that are open to the person count:
    of others he is not told. Raises OpenItems, SubFilesOpen, CaseFileClosed, CaseFileChanged,
    NotYourCaseFile.
    """
    by.require_scope("route")
    file = access.get(session, file_id, by=by, lock=True)
    acting = access.closer(by, file)
    access.require_version(session, file, version)
    access.require_open(session, file)
    _require_sub_files_closed(session, file, by)
    left = open_items(session, file.id, by=by)
    if left and not reason.strip():
        raise OpenItems(
            t(
                "{n} documents of the case file are still being handled: {labels}. Finish them, or "
                "write why the file is closed all the same.",
                n=len(left),
                labels=", ".join(left[:_NAMED]) + (" …" if len(left) > _NAMED else ""),
            ),
            field="reason",
        )
    act = _act(session, file, reason, acting) if reason.strip() else None
    file.closed_by, file.closed_at = acting.person_id, clock.now()
    touch(file, acting)
    audit.record(
        session,
        "case-file.closed",
        by=acting,
        subject=("case-file", file.id),
        open_items=len(left),
        act=act.id if act else None,
    )
    return file


def reopen(
    session: Session, file_id: int, *, version: int | None, by: Principal, reason: str
) -> CaseFile:
    """Open a closed file again, with the reason. Raises NotClosed, CaseFileClosed (of the file
    above it), CaseFileReason, CaseFileChanged, NotYourCaseFile.
    """
    by.require_scope("route")
    file = access.get(session, file_id, by=by, lock=True)
    acting = access.closer(by, file)
    access.require_version(session, file, version)
    if file.closed_at is None:
        raise NotClosed(t("The case file is open already."))
    if file.parent_id is not None:
        access.require_open(session, session.get_one(CaseFile, file.parent_id))
    act = _act(session, file, reason, acting)
    file.closed_by = file.closed_at = None
    touch(file, acting)
    audit.record(
        session, "case-file.reopened", by=acting, subject=("case-file", file.id), act=act.id
    )
    return file


def open_items(session: Session, file_id: int, *, by: Principal) -> list[str]:
    """The numbers of those entries of the file that are still being handled and open to him."""
    rows = session.scalars(
        select(Entry.label)
        .join(Item, Item.entry_id == Entry.id)
        .join(Handling, Handling.entry_id == Entry.id)
        .outerjoin(Annulment, Annulment.entry_id == Entry.id)
        .where(
            Item.case_file_id == file_id,
            Item.ended_at.is_(None),
            Item.kind == ItemKind.MAIN,
            Handling.state != HandlingState.CLOSED,
            Annulment.entry_id.is_(None),
            registry.visible_to(by),
        )
        .order_by(Item.position)
    )
    return list(rows)


def _require_sub_files_closed(session: Session, file: CaseFile, by: Principal) -> None:
    below = select(CaseFile).where(CaseFile.parent_id == file.id, CaseFile.closed_at.is_(None))
    one = session.scalar(below.order_by(CaseFile.id).limit(1))
    if one is None:
        return
    seen = session.scalar(below.where(access.visible_to(by)).order_by(CaseFile.id).limit(1))
    if seen is None:
        raise SubFilesOpen(
            t("A sub-file is still open. Who is responsible for it closes it first.")
        )
    raise SubFilesOpen(t("The sub-file {code} is still open. Close it first.", code=seen.code))


def _act(session: Session, file: CaseFile, reason: str, by: Principal) -> FileAct:
    act = FileAct(
        case_file_id=file.id,
        reason=access.clean_reason(reason),
        acted_by=by.person_id,
        acted_at=clock.now(),
    )
    session.add(act)
    session.flush()  # its id, for the event
    return act
