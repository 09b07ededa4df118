"""Where an application stands, in words: the stages of its process with their dates.

What is ahead is what the drawing may still come to; a stage that the process passed by is skipped.
Steps without a name, boundary events and what the definition hides are no stages.
"""

from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow.i18n import DEFAULT_LANGUAGE
from docflow.processes import kept, running
from docflow.processes.models import ProcessInstance, ProcessTask
from docflow.processes.values import (
    Definition,
    Element,
    InstanceState,
    Stage,
    StageState,
    Subject,
    TaskState,
)


def stages(session: Session, subject: Subject, *, language: str = DEFAULT_LANGUAGE) -> list[Stage]:
    """The stages of the process about this subject, in its order; none where there is none.

    The caller has checked the right.
    """
    row = running.last(session, subject)
    return of(session, row, language) if row is not None else []


def of(session: Session, row: ProcessInstance, language: str) -> list[Stage]:
    definition = kept.definition(session, row.definition_id)
    reached: dict[str, ProcessTask] = {}
    for task in tasks_of(session, row):
        before = reached.get(task.element_id)
        # A step that was done, and is dropped when the way comes to it again, was done.
        if before is None or before.state != TaskState.DONE or task.state != TaskState.DROPPED:
            reached[task.element_id] = task
    ahead = _ahead(definition, row, reached)
    return [
        _stage(one, reached.get(one.id), ahead, language)
        for one in definition.elements
        if not one.is_hidden
    ]


def tasks_of(session: Session, row: ProcessInstance) -> Sequence[ProcessTask]:
    """All steps that the process reached, the first first."""
    return session.scalars(
        select(ProcessTask).where(ProcessTask.instance_id == row.id).order_by(ProcessTask.id)
    ).all()


def _ahead(
    definition: Definition, row: ProcessInstance, reached: Mapping[str, ProcessTask]
) -> frozenset[str]:
    """What the process may still come to from where it stands."""
    if row.state in (InstanceState.ENDED, InstanceState.CANCELLED):
        return frozenset()
    if not row.has_begun:  # its first step is still to come
        return frozenset(one.id for one in definition.elements)
    here = [one for one, task in reached.items() if task.ended_at is None]
    return frozenset().union(*(definition.reaches.get(one, frozenset()) for one in here))


def _stage(
    element: Element, task: ProcessTask | None, ahead: frozenset[str], language: str
) -> Stage:
    if task is not None and task.ended_at is None:
        state = StageState.CURRENT
    elif task is not None and task.state == TaskState.DONE:
        state = StageState.DONE
    else:
        state = StageState.AHEAD if element.id in ahead else StageState.SKIPPED
    is_told = task is not None and state in (StageState.CURRENT, StageState.DONE)
    return Stage(
        element_id=element.id,
        kind=element.kind,
        name=element.name.in_language(language),
        state=state,
        since=task.opened_at if task is not None and is_told else None,
        at=task.ended_at if task is not None and state is StageState.DONE else None,
        due_on=task.due_on if task is not None and state is StageState.CURRENT else None,
        due_at=task.due_at if task is not None and state is StageState.CURRENT else None,
    )
