"""Ending a process early, also one that the engine cannot read any more.

What was struck out, erased or given up must not be kept waiting by a fault of its process.
"""

from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow import audit, clock
from docflow.folding import lines
from docflow.principal import Principal
from docflow.processes import running, showing
from docflow.processes.models import ProcessInstance, ProcessTask
from docflow.processes.stepping import subject, tell
from docflow.processes.values import InstanceState, Progress, TaskState


def end(session: Session, instance_id: int, *, by: Principal, reason: str) -> bool:
    """End a process that is on its way or stopped; whether it was.

    The caller has checked the right. Raises NoSuchProcess, ReasonNeeded.
    """
    try:
        walk = running.held(session, instance_id)
    except running.ProcessUnreadable:
        row = session.get_one(ProcessInstance, instance_id)  # held by now
        if row.state in running.LIVE:
            _without_engine(session, row, by=by, reason=lines(reason)[: running.MAX_REASON])
            return True
        return False
    if walk.row.state not in running.LIVE:
        return False
    running.end_early(walk, by=by, reason=reason)
    return True


def _without_engine(session: Session, row: ProcessInstance, *, by: Principal, reason: str) -> None:
    """What the engine kept stays as it is: nobody reads it again."""
    if not reason:
        raise running.reason_needed()
    now = clock.now()
    waiting = select(ProcessTask).where(
        ProcessTask.instance_id == row.id, ProcessTask.state.in_(running.WAITING)
    )
    for task in session.scalars(waiting).all():
        task.state, task.ended_at, task.version = TaskState.DROPPED, now, task.version + 1
        showing.settle(session, task)
    row.state, row.reason, row.ended_at, row.changed_at = InstanceState.CANCELLED, reason, now, now
    audit.record(session, "process.cancelled", by=by, subject=subject(row), process=row.id)
    session.flush()
    tell(
        session,
        Progress(
            instance_id=row.id,
            body_id=row.body_id,
            subject=(row.subject_type, row.subject_id),
            entry_id=row.entry_id,
            service=row.service,
            state=InstanceState.CANCELLED,
            opened=(),
            ended=(),
            data=dict(row.data),
        ),
    )
