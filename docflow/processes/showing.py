"""Steps and processes as values for pages, and who is told of them."""

from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow import notices, organization
from docflow.i18n import DEFAULT_LANGUAGE, t
from docflow.notices import NoticeKind
from docflow.principal import Principal, Role, system
from docflow.processes import access, kept
from docflow.processes.models import ProcessInstance, ProcessTask
from docflow.processes.values import (
    Definition,
    InstanceInfo,
    InstanceState,
    TaskInfo,
    TaskKind,
    TaskState,
)

Told = Mapping[int, tuple[ProcessInstance, Definition]]


def infos(
    session: Session,
    tasks: Sequence[ProcessTask],
    told: Told,
    *,
    language: str = DEFAULT_LANGUAGE,
) -> list[TaskInfo]:
    """The steps in words; `told` has their processes and what the definitions say of them."""
    units = organization.unit_names(session, [one.unit_id for one in tasks])
    people = organization.names(session, [one.taken_by for one in tasks])
    return [_info(one, *told[one.instance_id], units, people, language) for one in tasks]


def _info(
    task: ProcessTask,
    row: ProcessInstance,
    definition: Definition,
    units: Mapping[int, str],
    people: Mapping[int, str],
    language: str,
) -> TaskInfo:
    element = definition.element(task.element_id)
    # An event is called by what has happened: while it is waited for, its gateway says for what.
    gate = definition.gate_of(task.element_id) if task.ended_at is None else None
    named = gate or element
    name = named.name.in_language(language) if named else ""
    return TaskInfo(
        id=task.id,
        instance_id=row.id,
        subject=(row.subject_type, row.subject_id),
        entry_id=row.entry_id,
        element_id=task.element_id,
        kind=TaskKind(task.kind),
        state=TaskState(task.state),
        name=name or task.element_id,
        version=task.version,
        unit_id=task.unit_id,
        unit_name=units.get(task.unit_id or 0, ""),
        taken_by=task.taken_by,
        taken_by_name=people.get(task.taken_by or 0, ""),
        taken_at=task.taken_at,
        opened_at=task.opened_at,
        ended_at=task.ended_at,
        due_on=task.due_on,
        due_at=task.due_at,
        message=task.message,
        problem=task.problem,
        fields=element.fields if element else (),
        shows=element.shows if element else (),
        is_hidden=element is None or element.is_hidden,
    )


def instance_info(
    session: Session,
    row: ProcessInstance,
    waits_for: Sequence[TaskInfo],
    label: str = "",
    *,
    language: str,
) -> InstanceInfo:
    return InstanceInfo(
        id=row.id,
        body_id=row.body_id,
        subject=(row.subject_type, row.subject_id),
        entry_id=row.entry_id,
        entry_label=label,
        title=kept.definition(session, row.definition_id).name.in_language(language),
        service=row.service,
        version=row.service_version,
        state=InstanceState(row.state),
        problem=row.problem,
        steps=row.steps,
        started_at=row.started_at,
        ended_at=row.ended_at,
        waits_for=tuple(waits_for),
    )


def settle(session: Session, task: ProcessTask) -> None:
    """Nobody has to do the step any more."""
    if task.kind == TaskKind.EMPLOYEE:
        notices.settle(session, about=("process-task", task.id), kinds=[NoticeKind.STEP_WAITS])


def tell_administrators(session: Session, row: ProcessInstance) -> None:
    notices.tell(
        session,
        notices.holders(session, row.body_id, Role.ADMINISTRATOR),
        kind=NoticeKind.PROCESS_STOPPED,
        about=("process", row.id),
        by=system(row.body_id),
    )


@notices.describes("process-task")
def describe_tasks(
    session: Session, ids: Sequence[int], by: Principal
) -> Mapping[int, notices.Subject]:
    """Those of the steps that are the person's to do, with the subject of the entry."""
    return {
        found.task_id: notices.Subject(
            name=found.subject or t("A step of a process"),
            page=f"/steps/{found.task_id}",
            mark=found.label,
            is_closed=found.is_closed,
        )
        for found in access.named(session, ids, by=by)
    }


@notices.describes("process")
def describe_processes(
    session: Session, ids: Sequence[int], by: Principal
) -> Mapping[int, notices.Subject]:
    """Processes, for administrators: the number of one, and nothing of its content."""
    if not by.is_administrator:
        return {}
    rows = session.scalars(
        select(ProcessInstance.id).where(
            ProcessInstance.id.in_(ids), ProcessInstance.body_id == by.body_id
        )
    )
    return {
        one: notices.Subject(name=t("Process {n}", n=one), page=f"/processes/{one}", mark=str(one))
        for one in rows
    }
