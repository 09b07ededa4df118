"""Steps that people do: taken in hand, put back, completed with what the definition asks for.

A step belongs to everybody of its unit (S0-8: each employee of the department sees each payment)
until one takes it. Two who act at once are put in order by the row of the process: the second is
told who was first.
"""

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow import clock, organization, registry
from docflow.errors import Conflict
from docflow.i18n import Text, t
from docflow.principal import Principal, Via, system
from docflow.processes import access, forms, running
from docflow.processes.models import ProcessTask
from docflow.processes.stepping import Walk
from docflow.processes.values import InstanceState, Subject, TaskKind, TaskState


class StepChanged(Conflict):
    """Somebody else acted on the step in the meantime."""


class ProcessStopped(Conflict):
    """The process stopped: an administrator has to look at it first."""


def complete(
    session: Session,
    task_id: int,
    typed: Mapping[str, str],
    *,
    by: Principal,
    seen: int | None = None,
) -> None:
    """Do a step of a unit for good, with what the form asks for; the process goes on.

    `seen` is the version of the step that the person saw. Whoever completes what nobody took has
    taken it. Raises NoSuchTask, StepChanged, ProcessStopped, BadAnswer.
    """
    walk, task = _held(session, task_id)
    by = access.acting(session, walk.row, task, by)
    _require_open(session, walk, task, seen)
    _require_not_anothers(session, task, by)
    _finish(walk, task, typed, by)


def answer(
    session: Session,
    task_id: int,
    typed: Mapping[str, str],
    *,
    subject: Subject,
    seen: int | None = None,
    by: Principal | None = None,
) -> None:
    """Do a step of the citizen; the caller has checked that the subject is his.

    Raises NoSuchTask, StepChanged, ProcessStopped, BadAnswer.
    """
    walk, task = _held(session, task_id)
    row = walk.row
    if (row.subject_type, row.subject_id) != subject or task.kind != TaskKind.CITIZEN:
        raise access.no_such_task()
    _require_open(session, walk, task, seen)
    _finish(walk, task, typed, by or system(row.body_id, via=Via.PUBLIC))


def take(session: Session, task_id: int, *, by: Principal, seen: int | None = None) -> None:
    """Take a step of the unit in hand: the colleagues see who does it.

    In the place of a person who is away it becomes that person's. Raises as `complete`.
    """
    walk, task = _held(session, task_id)
    by = access.acting(session, walk.row, task, by)
    _require_open(session, walk, task, seen)
    holder = by.in_place_of.person_id if by.in_place_of else by.person_id
    if task.taken_by == holder:
        return
    _require_not_anothers(session, task, by)
    task.taken_by, task.taken_at = holder, clock.now()
    task.version += 1
    if walk.row.entry_id is not None:
        registry.open_to_person(session, walk.row.entry_id, holder)
    walk.record("process.step-taken", by=by, step=task.element_id, task=task.id)


def put_back(session: Session, task_id: int, *, by: Principal, seen: int | None = None) -> None:
    """Give a step back to the unit: who has it, or a head of the unit.

    Raises NoSuchTask, StepChanged, ProcessStopped.
    """
    walk, task = _held(session, task_id)
    by = access.acting(session, walk.row, task, by)
    _require_open(session, walk, task, seen)
    if task.taken_by is None:
        return
    if not (by.heads(task.unit_id) or by.heads_for(task.unit_id)):
        _require_not_anothers(session, task, by)
    task.taken_by = task.taken_at = None
    task.version += 1
    walk.record("process.step-put-back", by=by, step=task.element_id, task=task.id)


def _held(session: Session, task_id: int) -> tuple[Walk, ProcessTask]:
    instance_id = session.scalar(select(ProcessTask.instance_id).where(ProcessTask.id == task_id))
    if instance_id is None:
        raise access.no_such_task()
    walk = running.held(session, instance_id)
    task = next(one for one in walk.tasks.values() if one.id == task_id)
    return walk, task


def _require_open(session: Session, walk: Walk, task: ProcessTask, seen: int | None) -> None:
    if task.state != TaskState.OPEN:
        at = f"{clock.local(task.ended_at or task.opened_at):%d/%m/%Y %H:%M}"
        name = organization.names(session, [task.ended_by]).get(task.ended_by or 0, "")
        raise StepChanged(
            t("{name} completed this step on {at}.", name=name, at=at)
            if name
            else t("This step was done with, or needed no more, on {at}.", at=at)
        )
    if seen is not None and seen != task.version:
        raise StepChanged(_now_with(session, task))
    if walk.row.state == InstanceState.STOPPED:
        raise ProcessStopped(
            t("The process stopped with an error. The administrator was told; please wait.")
        )


def _now_with(session: Session, task: ProcessTask) -> Text:
    """Who has the step now, and since when."""
    if task.taken_by is None or task.taken_at is None:
        return t("The step was put back to the unit in the meantime. Look at it again.")
    return t(
        "{name} took this step on {at}.",
        name=organization.names(session, [task.taken_by]).get(task.taken_by, ""),
        at=f"{clock.local(task.taken_at):%d/%m/%Y %H:%M}",
    )


def _require_not_anothers(session: Session, task: ProcessTask, by: Principal) -> None:
    holder = by.in_place_of.person_id if by.in_place_of else by.user_id
    if task.taken_by in (None, holder, by.user_id):
        return
    raise StepChanged(_now_with(session, task))


def _finish(walk: Walk, task: ProcessTask, typed: Mapping[str, str], by: Principal) -> None:
    element = walk.definition.element(task.element_id)
    found = forms.answers(element.fields, typed) if element else {}
    walk.know(found)
    walk.done(task, by=by.user_id)
    walk.record("process.step-completed", by=by, step=task.element_id, task=task.id)
    walk.go_on()
