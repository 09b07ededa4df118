"""Steps that wait for a unit, or that a person has, moved with the organogram."""

from collections.abc import Collection, Sequence

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.orm import Session

from docflow import audit, clock, registry
from docflow.i18n import t
from docflow.organization import Carrier, OpenItem, Place, work
from docflow.principal import Principal
from docflow.processes.models import ProcessInstance, ProcessTask
from docflow.processes.reaching import open_to
from docflow.processes.running import held
from docflow.processes.stepping import subject
from docflow.processes.values import InstanceState, TaskKind, TaskState
from docflow.registry import Book, Entry, Grade

STEP = "process-task"
_LIVE = (InstanceState.RUNNING, InstanceState.STOPPED)


def _items(session: Session, where: ColumnElement[bool]) -> list[OpenItem]:
    rows = session.execute(
        select(
            ProcessTask, Entry.label, or_(Book.is_confidential, Entry.grade == Grade.CONFIDENTIAL)
        )
        .join(ProcessInstance, ProcessInstance.id == ProcessTask.instance_id)
        .outerjoin(Entry, Entry.id == ProcessInstance.entry_id)
        .outerjoin(Book, Book.id == Entry.book_id)
        .where(
            ProcessTask.state == TaskState.OPEN,
            ProcessTask.kind == TaskKind.EMPLOYEE,
            ProcessInstance.state.in_(_LIVE),
            where,
        )
    ).all()
    return [
        OpenItem(
            STEP,
            task.id,
            label or str(task.id),
            task.unit_id or 0,
            task.taken_by,
            task.opened_at,
            bool(is_hidden),
        )
        for task, label, is_hidden in rows
    ]


def _of_units(session: Session, unit_ids: Collection[int]) -> Sequence[OpenItem]:
    return _items(session, ProcessTask.unit_id.in_(unit_ids))


def _of_person(session: Session, user_id: int) -> Sequence[OpenItem]:
    return _items(session, ProcessTask.taken_by == user_id)


def _move(session: Session, item: OpenItem, to: Place, by: Principal) -> None:
    found = session.scalar(select(ProcessTask.instance_id).where(ProcessTask.id == item.id))
    if found is None:
        return
    walk = held(session, found)
    task = next(one for one in walk.tasks.values() if one.id == item.id)
    if task.state != TaskState.OPEN:
        return
    task.unit_id, task.taken_by = to.unit_id, to.user_id
    task.taken_at = clock.now() if to.user_id is not None else None
    task.version += 1
    open_to(session, walk.row.entry_id, to.unit_id)
    if to.user_id is not None and walk.row.entry_id is not None:
        registry.open_to_person(session, walk.row.entry_id, to.user_id)
    audit.record(
        session,
        "process.step-moved",
        by=by,
        subject=subject(walk.row),
        process=walk.row.id,
        task=task.id,
        unit=to.unit_id,
        person=to.user_id,
    )


def _inherit(session: Session, old: int, new: int, by: Principal) -> None:
    """Steps that processes come to later reach the successor."""
    session.execute(
        update(ProcessInstance)
        .where(ProcessInstance.unit_id == old, ProcessInstance.state.in_(_LIVE))
        .values(unit_id=new)
    )


work.carried_by(
    Carrier(STEP, t("Steps of processes"), _of_units, _of_person, _move, inherit=_inherit)
)
