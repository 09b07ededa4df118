"""What processes need done by itself: timers that went off, slow acts, failed acts once more."""

import logging
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow import clock, outbox, schedule
from docflow.errors import DocflowError, NotFound, Unavailable
from docflow.i18n import t
from docflow.processes import acts, running
from docflow.processes.models import ProcessInstance, ProcessTask
from docflow.processes.stepping import AGAIN, SLOW, SLOW_SEALED, Walk
from docflow.processes.values import Context, InstanceState, TaskKind, TaskState

log = logging.getLogger(__name__)

TIMERS = "processes.timers"
LOOK = timedelta(seconds=60)
MOST_AT_ONCE = 500  # processes in one run of the job; the rest come a minute later


class NoSuchAct(NotFound):
    """A process asks for an act that this version does not have."""


@outbox.job(TIMERS)
def timers(run: outbox.Run) -> None:
    """Let the timers of all processes go off whose time has come, each in its own transaction."""
    with run.office.db.read() as session:
        due = list(
            session.scalars(
                select(ProcessTask.instance_id)
                .join(ProcessInstance, ProcessInstance.id == ProcessTask.instance_id)
                .where(
                    ProcessTask.state == TaskState.OPEN,
                    ProcessTask.kind == TaskKind.TIMER,
                    ProcessTask.due_at <= clock.now(),
                    ProcessInstance.state == InstanceState.RUNNING,
                )
                .distinct()
                .limit(MOST_AT_ONCE)
            )
        )
    for instance_id in due:
        try:
            with run.office.db.begin() as session:
                running.held(session, instance_id).go_on()
        except Unavailable:
            raise  # the database: the whole job is tried again
        except DocflowError as error:  # one process must not keep the others waiting
            log.error("the timers of process %s were not looked at: %s", instance_id, error)
        except Exception:  # a border: nor must one whose acts or hooks have a fault
            log.exception("the timers of process %s were not looked at", instance_id)


schedule.every(TIMERS, LOOK)


@outbox.job(AGAIN)
def try_again(run: outbox.Run, *, task_id: int) -> None:
    """Do an act of the software once more that failed for a while."""
    with run.office.db.begin() as session:
        found = _service_task(session, task_id)
        if found is None:
            return
        walk, task = found
        if task.state == TaskState.FAILED:
            reopen(task)
            walk.go_on()


def reopen(task: ProcessTask) -> None:
    """Let the act be done again when the process goes on."""
    task.state, task.problem = TaskState.OPEN, ""
    task.version += 1


def _given_up(run: outbox.Run, *, why: str, task_id: int) -> None:
    with run.office.db.begin() as session:
        found = _service_task(session, task_id)
        if found is None or found[1].state != TaskState.OPEN:
            return
        if _is_asked_again(session, run, task_id):
            return  # after a repair the newer job says what becomes of the step
        walk, task = found
        walk.failed(task, t("The act did not succeed: {why}", why=why), is_passing=False)
        walk.go_on()


def _is_asked_again(session: Session, run: outbox.Run, task_id: int) -> bool:
    """Whether a newer job for the same step waits or runs. The process is held."""
    job = outbox.Job
    newer = select(job.id).where(
        job.state.in_([outbox.JobState.WAITING, outbox.JobState.RUNNING]),
        job.task.in_([SLOW, SLOW_SEALED]),
        job.id > run.job_id,
        job.args["task_id"].as_integer() == task_id,
    )
    return session.scalar(newer.limit(1)) is not None


@outbox.job(SLOW, given_up=_given_up)
def act(run: outbox.Run, *, task_id: int) -> None:
    """Do a slow act without a transaction, and let the process go on with what it gave.

    A fault that may pass is left to the job, which is tried again; any other stops the process.
    """
    _act(run, task_id)


@outbox.job(SLOW_SEALED, queue="signing", given_up=_given_up)
def sealed_act(run: outbox.Run, *, task_id: int) -> None:
    """As `act`, by the worker that holds the seal."""
    _act(run, task_id)


def _act(run: outbox.Run, task_id: int) -> None:
    with run.office.db.begin() as session:
        found = _service_task(session, task_id)
        if found is None or found[1].state != TaskState.OPEN:
            return  # done already, cancelled, or waiting for a person
        walk, task = found
        element = walk.definition.element(task.element_id)
        assert element is not None  # as it has a step
        context: Context = walk.context(task, element)
        function, name = acts.slow(element.act), element.act
    if function is None:
        raise NoSuchAct(t("This version of Docflow has no act “{act}”.", act=name))
    result = function(run.office, context)
    with run.office.db.begin() as session:
        again = _service_task(session, task_id)
        if again is None or again[1].state != TaskState.OPEN:
            return
        walk, task = again
        walk.know(result)
        walk.done(task)
        walk.go_on()


def _service_task(session: Session, task_id: int) -> tuple[Walk, ProcessTask] | None:
    """The step of the software and its process, held, where the process is still on its way."""
    instance_id = session.scalar(select(ProcessTask.instance_id).where(ProcessTask.id == task_id))
    if instance_id is None:
        return None
    walk = running.held(session, instance_id)
    if walk.row.state != InstanceState.RUNNING:
        return None
    return walk, next(one for one in walk.tasks.values() if one.id == task_id)
