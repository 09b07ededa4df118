"""Steps that wait for a person or his units, and processes for those who keep them going."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from docflow import clock, registry
from docflow.i18n import DEFAULT_LANGUAGE, t
from docflow.principal import Principal
from docflow.processes import access, kept, running, showing, stages
from docflow.processes.models import ProcessInstance, ProcessTask
from docflow.processes.values import (
    InstanceInfo,
    InstanceState,
    Stage,
    TaskInfo,
    TaskState,
)
from docflow.registry import Book, Entry, Grade

MOST_COUNTED = 1000  # as in the lists of entries


class Whose(StrEnum):
    """Which steps of the units a list shows."""

    ALL = "all"
    FREE = "free"  # nobody took them
    MINE = "mine"  # the person's own, or of somebody in whose place he acts
    LATE = "late"


@dataclass(frozen=True, slots=True)
class Step:
    """A step with what it is about, as lists and its page show it."""

    task: TaskInfo
    service: str
    entry: registry.Line | None


@dataclass(frozen=True, slots=True)
class Position:
    """Where a process stands, for the picture and the list beside it."""

    instance: InstanceInfo
    stages: list[Stage]
    current: tuple[str, ...]  # ids of elements, for the picture
    done: tuple[str, ...]
    failed: tuple[str, ...]


def steps(
    session: Session,
    *,
    by: Principal,
    whose: Whose = Whose.ALL,
    after: int | None = None,
    limit: int = 50,
    language: str = DEFAULT_LANGUAGE,
) -> list[Step]:
    """The steps that wait for the person or his units, the oldest first."""
    by.require_scope("read")
    query = _open(select(ProcessTask.id), by, whose).order_by(ProcessTask.id).limit(limit)
    if after is not None:
        query = query.where(ProcessTask.id > after)
    return _told(session, list(session.scalars(query)), by, language)


def count(session: Session, *, by: Principal, whose: Whose = Whose.ALL) -> int:
    """How many steps wait, `MOST_COUNTED` where there are more."""
    by.require_scope("read")
    some = _open(select(ProcessTask.id), by, whose).limit(MOST_COUNTED).subquery()
    return session.scalar(select(func.count()).select_from(some)) or 0


def step(
    session: Session, task_id: int, *, by: Principal, language: str = DEFAULT_LANGUAGE
) -> Step:
    """A step of the person's units, also when it is done. Raises NoSuchTask."""
    by.require_scope("read")
    found = session.scalar(
        select(ProcessTask.id)
        .join(ProcessInstance, ProcessInstance.id == ProcessTask.instance_id)
        .where(ProcessTask.id == task_id, access.workable_by(by), access.seen_by(by))
    )
    if found is None:
        raise access.no_such_task()
    return _told(session, [found], by, language)[0]


def of_entry(
    session: Session, entry_id: int, *, by: Principal, language: str = DEFAULT_LANGUAGE
) -> list[Position]:
    """The processes about an entry that the person may see, the last first."""
    by.require_scope("read")
    rows = session.scalars(
        select(ProcessInstance)
        .where(ProcessInstance.entry_id == entry_id, access.seen_by(by))
        .order_by(ProcessInstance.id.desc())
    ).all()
    return [_position(session, row, by, language) for row in rows]


def position(
    session: Session, instance_id: int, *, by: Principal, language: str = DEFAULT_LANGUAGE
) -> Position:
    """Where a process stands: for who may see the entry, and for administrators.

    Raises NoSuchProcess.
    """
    return _position(session, _seen(session, instance_id, by), by, language)


def picture(session: Session, instance_id: int, *, by: Principal) -> str:
    """The file of BPMN by which the process runs, to be drawn. Raises NoSuchProcess."""
    return kept.xml(session, _seen(session, instance_id, by).definition_id)


def known(session: Session, task_id: int, *, by: Principal) -> dict[str, object]:
    """What the process of the step knows of what the step shows. Raises NoSuchTask."""
    task = step(session, task_id, by=by).task
    data = session.scalars(
        select(ProcessInstance.data).where(ProcessInstance.id == task.instance_id)
    ).one()
    return {one.name: data.get(one.name) for one in (*task.shows, *task.fields)}


def instances(
    session: Session,
    *,
    by: Principal,
    state: InstanceState | None = None,
    before: int | None = None,
    limit: int = 50,
    language: str = DEFAULT_LANGUAGE,
) -> list[InstanceInfo]:
    """Processes of the body for its administrators, the newest first. Raises NotAllowed."""
    by.require_scope("administer")
    by.require(by.is_administrator, t("Only administrators see all processes."))
    query = (
        select(ProcessInstance)
        .where(ProcessInstance.body_id == by.body_id)
        .order_by(ProcessInstance.id.desc())
        .limit(limit)
    )
    if state is not None:
        query = query.where(ProcessInstance.state == state)
    if before is not None:
        query = query.where(ProcessInstance.id < before)
    rows = session.scalars(query).all()
    labels = _labels(session, [row.entry_id for row in rows], by)
    return [
        showing.instance_info(
            session,
            row,
            running.waiting(session, row, language),
            labels.get(row.entry_id or 0, ""),
            language=language,
        )
        for row in rows
    ]


def _open(query: Select[int], by: Principal, whose: Whose) -> Select[int]:
    found = query.join(ProcessInstance, ProcessInstance.id == ProcessTask.instance_id).where(
        ProcessTask.state == TaskState.OPEN,
        ProcessInstance.state == InstanceState.RUNNING,
        access.workable_by(by),
        access.seen_by(by),
    )
    narrow: dict[Whose, ColumnElement[bool]] = {
        Whose.FREE: ProcessTask.taken_by.is_(None),
        Whose.MINE: ProcessTask.taken_by.in_(by.person_ids),
        Whose.LATE: ProcessTask.due_on < clock.today(),
    }
    return found.where(narrow[whose]) if whose in narrow else found


def _told(session: Session, ids: list[int], by: Principal, language: str) -> list[Step]:
    rows = session.execute(
        select(ProcessTask, ProcessInstance)
        .join(ProcessInstance, ProcessInstance.id == ProcessTask.instance_id)
        .where(ProcessTask.id.in_(ids))
        .order_by(ProcessTask.id)
    ).all()
    told = {row.id: (row, kept.definition(session, row.definition_id)) for _, row in rows}
    infos = showing.infos(session, [task for task, _ in rows], told, language=language)
    entries = [row.entry_id for _, row in rows if row.entry_id is not None]
    lines: dict[int, registry.Line] = {}
    if entries:
        found = session.execute(registry.lines_query(by).where(Entry.id.in_(entries))).all()
        lines = {line.id: line for line in registry.lines(session, found)}
    return [
        Step(info, row.service, lines.get(row.entry_id or 0))
        for info, (_, row) in zip(infos, rows, strict=True)
    ]


def _seen(session: Session, instance_id: int, by: Principal) -> ProcessInstance:
    by.require_scope("read")
    query = select(ProcessInstance).where(
        ProcessInstance.id == instance_id, ProcessInstance.body_id == by.body_id
    )
    row = session.scalar(query if by.is_administrator else query.where(access.seen_by(by)))
    if row is None:
        raise running.NoSuchProcess(t("There is no such process, or it is not open to you."))
    return row


def _position(session: Session, row: ProcessInstance, by: Principal, language: str) -> Position:
    tasks = stages.tasks_of(session, row)
    labels = _labels(session, [row.entry_id], by)
    waiting = running.waiting(session, row, language)
    # What may happen at a boundary waits too, but is not where the application stands.
    here = [one.element_id for one in waiting if one.state == TaskState.OPEN and not one.is_hidden]
    definition = kept.definition(session, row.definition_id)
    gates = [definition.gate_of(one) for one in here]
    here = [gate.id if gate else one for gate, one in zip(gates, here, strict=True)]
    return Position(
        instance=showing.instance_info(
            session, row, waiting, labels.get(row.entry_id or 0, ""), language=language
        ),
        stages=stages.of(session, row, language),
        current=tuple(dict.fromkeys(here))
        or _elements(one for one in tasks if one.state == TaskState.OPEN),
        done=_elements(one for one in tasks if one.state == TaskState.DONE),
        failed=_elements(one for one in tasks if one.state == TaskState.FAILED),
    )


def _elements(tasks: Iterable[ProcessTask]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.element_id for one in tasks))


def _labels(session: Session, entry_ids: Iterable[int | None], by: Principal) -> dict[int, str]:
    """The numbers of entries: all that an administrator is told, and nothing of closed ones."""
    ids = [one for one in entry_ids if one is not None]
    is_open = and_(~Book.is_confidential, Entry.grade != Grade.CONFIDENTIAL)
    rows = session.execute(
        select(Entry.id, Entry.label)
        .join(Book, Book.id == Entry.book_id)
        .where(Entry.id.in_(ids), or_(is_open, registry.visible_to(by)))
    )
    return {entry_id: label for entry_id, label in rows}


def workable(session: Session, task_ids: Sequence[int], *, by: Principal) -> frozenset[int]:
    """Those of the steps that are the person's to do."""
    return frozenset(one.task_id for one in access.named(session, task_ids, by=by))
