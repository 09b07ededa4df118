"""One run of a process: from the act that moves it to the next steps that wait for somebody.

A `Walk` holds the row of the process and lets the engine do one thing after the other. Acts of the
software run inside the transaction, each in a savepoint of its own: what fails is undone, shown,
and tried again or left to a person. A process that goes round and round is stopped.
"""

import logging
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import cached_property
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from docflow import audit, calendars, clock, outbox
from docflow.errors import DocflowError, Unavailable
from docflow.i18n import DEFAULT_LANGUAGE, Text, t
from docflow.principal import Principal, system
from docflow.processes import acts, conditions, kept, showing
from docflow.processes.conditions import ExpressionFailed
from docflow.processes.engine import Course, EngineFault, Position
from docflow.processes.models import ProcessInstance, ProcessTask
from docflow.processes.reaching import reached, unit_for
from docflow.processes.timers import due_on
from docflow.processes.values import (
    Context,
    Element,
    InstanceState,
    Progress,
    TaskKind,
    TaskState,
)

log = logging.getLogger(__name__)

RUN_LIMIT = 120  # things that the engine does in one run; the longest of ours does some twenty
LIFE_LIMIT = 1000  # and all its life, until a person allows as many once more
MAX_ATTEMPTS = 6
AGAIN = "processes.try-again"
SLOW, SLOW_SEALED = "processes.act", "processes.act-sealed"
_WALKS = "docflow.processes.walks"

AfterStep = Callable[[Session, Progress], None]
_after: list[AfterStep] = []


def after_step(function: AfterStep) -> AfterStep:
    """Have the function called with each run of a process, in its transaction."""
    _after.append(function)
    return function


def tell(session: Session, progress: Progress) -> None:
    """Tell all who asked to be called with each run of a process."""
    for function in _after:
        function(session, progress)


class Walk:
    """A process that is held and moves."""

    def __init__(
        self, session: Session, row: ProcessInstance, course: Course | None = None
    ) -> None:
        self.session, self.row = session, row
        self.definition = kept.definition(session, row.definition_id)
        self.data: dict[str, Any] = dict(row.data)
        self.course = (course or self._course()).knowing(self.data)
        steps = select(ProcessTask).where(ProcessTask.instance_id == row.id)
        self.tasks = {one.key: one for one in session.scalars(steps.order_by(ProcessTask.id))}
        self.messages: list[str] = []  # sent while the process moves
        self._opened: list[ProcessTask] = []
        self._ended: list[ProcessTask] = []
        self._ended_by: dict[str, int | None] = {}

    def _course(self) -> Course:
        """As it was left, or before its first step. Raises EngineFault."""
        if self.row.has_begun:
            return Course.resume(self.row.course, self.data, lambda: self.calendar)
        file = kept.xml(self.session, self.row.definition_id).encode()
        return Course.begin(file, self.data, lambda: self.calendar)

    @cached_property
    def calendar(self) -> calendars.Calendar:
        return calendars.of(self.session, self.row.body_id)

    @property
    def by(self) -> Principal:
        return system(self.row.body_id)

    def know(self, more: Mapping[str, Any] | None) -> None:
        """What acts, forms and messages say becomes what the process knows."""
        self.data.update(more or {})

    def done(self, task: ProcessTask, *, by: int | None = None) -> None:
        """Somebody did the step; the process moves when it is let `go_on`."""
        self._ended_by[task.key] = by
        self.course.complete(task.key)

    def go_on(self) -> None:
        """Move as far as it goes without anybody, then keep all that changed.

        An act or a hook may send a message to the very process that moves: see `moving`.
        """
        walks = self.session.info.setdefault(_WALKS, {})
        walks[self.row.id] = self
        try:
            self._move()
            self._keep()
        finally:
            del walks[self.row.id]
        tell(self.session, self._progress())

    def stop(self, why: Text) -> None:
        """Leave it to a person; nothing of it is lost."""
        self.row.state = InstanceState.STOPPED
        self.row.problem = why.in_language(DEFAULT_LANGUAGE)
        log.error("process %s is stopped: %s", self.row.id, why)
        self.record("process.stopped")

    def record(self, action: str, *, by: Principal | None = None, **details: Any) -> None:
        audit.record(
            self.session,
            action,
            by=by or self.by,
            subject=subject(self.row),
            process=self.row.id,
            **details,
        )

    def _move(self) -> None:
        try:
            for _ in range(RUN_LIMIT):
                if self.row.state != InstanceState.RUNNING:
                    return
                if self.row.steps >= self.row.steps_allowed:
                    break
                if not self._once():
                    return
                self.row.steps += 1
            self.stop(
                t(
                    "It went on and on without an end, and was stopped after {n} steps. Look at "
                    "its drawing and at what it knows before you let it run on.",
                    n=self.row.steps,
                )
            )
        except (EngineFault, ExpressionFailed) as error:
            message = (
                error.message
                if isinstance(error, ExpressionFailed)
                else t("The workflow engine cannot go on: {what}", what=str(error)[:300])
            )
            self.stop(message)

    def _once(self) -> bool:
        """Do one thing; False where everything waits."""
        if self.course.step() or self._deliver():
            return True
        self.course.look_at_clock()
        if self.course.step():
            return True
        self.project()
        for key, element_id in self.course.ready():
            element = self.definition.element(element_id)
            if element is not None and element.kind is TaskKind.SERVICE and self._act(key, element):
                return True
        return False

    def _deliver(self) -> bool:
        """Give the process what was sent to it while it moved, as soon as it waits for it."""
        for message in self.messages:
            if self.course.catch(message):
                self.messages.remove(message)
                return True
        return False

    def _act(self, key: str, element: Element) -> bool:
        """Do an act of the software; whether it succeeded."""
        task = self.tasks[key]
        function = acts.quick(element.act)
        if task.state == TaskState.FAILED or (function is None and task.attempts):
            return False
        task.attempts += 1
        if function is None:
            # Slow, or known no more: the job says so.
            self.session.flush()  # the id of the task, for the job
            job = SLOW_SEALED if acts.is_sealed(element.act) else SLOW
            outbox.enqueue(self.session, job, task_id=task.id)
            return False
        context = self.context(task, element)
        try:
            with self.session.begin_nested():
                result = function(self.session, context)
        except OperationalError:
            raise  # the database is away, or two acts met: the whole transaction is undone
        except DocflowError as error:
            self.failed(task, error.message, is_passing=isinstance(error, Unavailable))
            return False
        except Exception as error:  # a border: a fault of one act must not lose an application
            log.exception("act %s of process %s failed", element.act, self.row.id)
            self.failed(task, _unexpected(error), is_passing=False)
            return False
        self.know(result)
        self.course.complete(key)
        return True

    def context(self, task: ProcessTask, element: Element) -> Context:
        """What the act is told. Raises ExpressionFailed."""
        self.session.flush()  # the id of the task
        row = self.row
        return Context(
            instance_id=row.id,
            task_id=task.id,
            body_id=row.body_id,
            subject=(row.subject_type, row.subject_id),
            entry_id=row.entry_id,
            service=row.service,
            version=row.service_version,
            unit_id=row.unit_id,
            data=dict(self.data),
            given={name: conditions.evaluate(text, self.data) for name, text in element.given},
            key=f"{row.id}-{task.id}",
        )

    def failed(self, task: ProcessTask, why: Text, *, is_passing: bool) -> None:
        """The act did not succeed: it is tried again where that may help, else a person looks."""
        task.state, task.problem = TaskState.FAILED, why.in_language(DEFAULT_LANGUAGE)
        task.version += 1
        if is_passing and task.attempts < MAX_ATTEMPTS:
            self.session.flush()
            pause = timedelta(minutes=4 ** (task.attempts - 1))  # a minute … 17 hours
            outbox.enqueue(self.session, AGAIN, delay=pause, task_id=task.id)
            return
        self.stop(why)

    def project(self) -> None:
        """Write the steps as the engine has them now."""
        now, seen = clock.now(), set()
        for position in self.course.positions():
            element = self.definition.element(position.element_id)
            if element is None:
                continue
            seen.add(position.key)
            task = self.tasks.get(position.key)
            if task is None:
                self._begin(position, element)
            elif task.ended_at is None and not position.is_open:
                self._end(task, is_done=position.is_done)
            elif task.ended_at is None:
                task.due_at = position.timer_at
        for key, task in self.tasks.items():
            if key not in seen and task.ended_at is None:
                self._end(task, is_done=False)
        self.row.changed_at = now

    def _begin(self, position: Position, element: Element) -> None:
        if not position.is_open and not position.is_done:
            return
        now = clock.now()
        task = ProcessTask(
            instance_id=self.row.id,
            key=position.key,
            element_id=element.id,
            kind=element.kind,
            state=TaskState.OPEN if position.is_open else TaskState.DONE,
            version=1,
            attempts=0,
            problem="",
            opened_at=now,
            ended_at=None if position.is_open else now,
            due_at=position.timer_at,
            message=element.message,
        )
        if element.days and position.is_open:
            task.due_on = due_on(
                now, element.days, is_working=element.is_working_days, calendar=self.calendar
            )
        if element.kind is TaskKind.EMPLOYEE:
            task.unit_id = unit_for(self.session, self.row, element.who)
        self.session.add(task)
        self.tasks[position.key] = task
        if element.kind is TaskKind.EMPLOYEE and position.is_open:
            reached(self.session, self.row, task)
        (self._opened if position.is_open else self._ended).append(task)

    def _end(self, task: ProcessTask, *, is_done: bool) -> None:
        task.state = TaskState.DONE if is_done else TaskState.DROPPED
        task.ended_at, task.ended_by = clock.now(), self._ended_by.get(task.key)
        task.version += 1
        showing.settle(self.session, task)
        self._ended.append(task)

    def _keep(self) -> None:
        self.project()
        row = self.row
        row.data, row.course = dict(self.data), self.course.kept()
        if self.course.is_ended and row.state == InstanceState.RUNNING:
            row.state, row.ended_at = InstanceState.ENDED, clock.now()
            self.record("process.ended")
        if row.state == InstanceState.STOPPED:
            showing.tell_administrators(self.session, row)
        self.session.flush()

    def _progress(self) -> Progress:
        row, opened = self.row, [one for one in self._opened if one.ended_at is None]
        infos = showing.infos(
            self.session, [*opened, *self._ended], {row.id: (row, self.definition)}
        )
        return Progress(
            instance_id=row.id,
            body_id=row.body_id,
            subject=(row.subject_type, row.subject_id),
            entry_id=row.entry_id,
            service=row.service,
            state=InstanceState(row.state),
            opened=tuple(infos[: len(opened)]),
            ended=tuple(infos[len(opened) :]),
            data=dict(self.data),
        )


def moving(session: Session, instance_id: int) -> Walk | None:
    """The run of this process that is under way in this very transaction."""
    walk: Walk | None = session.info.get(_WALKS, {}).get(instance_id)
    return walk


def subject(row: ProcessInstance) -> tuple[str, int]:
    """Under what the trail tells of the process: its entry, where it has one."""
    if row.entry_id is not None:
        return "entry", row.entry_id
    return row.subject_type, row.subject_id


def _unexpected(error: Exception) -> Text:
    return t(
        "A fault of the software ({kind}). The log of the server tells more.",
        kind=type(error).__name__,
    )
