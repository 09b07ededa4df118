"""Where an application stands, in words: the stages of its process with their dates.

What is ahead is what the drawing may still come to; a stage that the process passed by is skipped.
Steps without a name, boundary events and what the definition hides are no stages; what it hides
until it is reached is none before. A gateway with a name that waits for events is one.
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
    Gate,
    InstanceState,
    Label,
    Stage,
    StageState,
    Subject,
    TaskKind,
    TaskState,
)

_ORDER = (StageState.DONE, StageState.CURRENT, StageState.AHEAD, StageState.SKIPPED)


def stages(session: Session, subject: Subject, *, language: str = DEFAULT_LANGUAGE) -> list[Stage]:
    """The stages of the process about this subject, in its order; none where there is none.

    The caller has checked the right.
    """
    row = running.last(session, subject)
    return of(session, row, language) if row is not None else []


def of(session: Session, row: ProcessInstance, language: str) -> list[Stage]:
    """What was done in the order of its dates, then where it stands, then what is ahead."""
    definition = kept.definition(session, row.definition_id)
    reached: dict[str, ProcessTask] = {}
    for task in tasks_of(session, row):
        before = reached.get(task.element_id)
        # A step that was done, and is dropped when the way comes to it again, was done.
        if before is None or before.state != TaskState.DONE or task.state != TaskState.DROPPED:
            reached[task.element_id] = task
    ahead = _ahead(definition, row, reached)
    found: list[Stage] = []
    for one in definition.elements:
        gate = definition.gate_of(one.id)
        if gate is not None and all(gate.id != stage.element_id for stage in found):
            found.append(_gate(gate, definition, reached, ahead, language))
        if not one.is_hidden:
            found.append(_stage(one, reached.get(one.id), ahead, gate is not None, language))
    found.sort(key=lambda stage: (_ORDER.index(stage.state), stage.at or row.started_at))
    return found


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
    element: Element,
    task: ProcessTask | None,
    ahead: frozenset[str],
    is_gated: bool,
    language: str,
) -> Stage:
    is_open = task is not None and task.ended_at is None
    if is_open and not is_gated:
        state = StageState.CURRENT
    elif is_open:  # its gateway is where the process stands
        state = StageState.AHEAD
    elif task is not None and task.state == TaskState.DONE:
        state = StageState.DONE
    else:
        is_told = element.id in ahead and not element.is_exception
        state = StageState.AHEAD if is_told else StageState.SKIPPED
    return _told(element.id, element.kind, element.name, state, task, language)


def _gate(
    gate: Gate,
    definition: Definition,
    reached: Mapping[str, ProcessTask],
    ahead: frozenset[str],
    language: str,
) -> Stage:
    """The waiting for one of several events: done when the first of them has happened."""
    tasks = [reached[one] for one in sorted(gate.events) if one in reached]
    task = next((one for one in tasks if one.ended_at is None), None)
    state = StageState.CURRENT
    if task is None:
        task = next((one for one in tasks if one.state == TaskState.DONE), None)
        is_told = not gate.events.isdisjoint(ahead)
        state = StageState.AHEAD if is_told else StageState.SKIPPED
        state = StageState.DONE if task is not None else state
    first = next(one for one in definition.elements if one.id in gate.events)
    return _told(gate.id, first.kind, gate.name, state, task, language)


def _told(
    element_id: str,
    kind: TaskKind,
    name: Label,
    state: StageState,
    task: ProcessTask | None,
    language: str,
) -> Stage:
    is_current, is_done = state is StageState.CURRENT, state is StageState.DONE
    return Stage(
        element_id=element_id,
        kind=kind,
        name=name.in_language(language),
        state=state,
        since=task.opened_at if task is not None and (is_current or is_done) else None,
        at=task.ended_at if task is not None and is_done else None,
        due_on=task.due_on if task is not None and is_current else None,
        due_at=task.due_at if task is not None and is_current else None,
    )
