"""The use cases that move a process as a whole: begun, told something, looked into, cancelled."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow import calendars, clock, registry
from docflow.db import explain
from docflow.errors import Conflict, Invalid, NotFound
from docflow.folding import lines
from docflow.i18n import DEFAULT_LANGUAGE, t
from docflow.principal import Principal, Via, system
from docflow.processes import kept, showing
from docflow.processes.engine import Course, EngineFault
from docflow.processes.models import ProcessInstance, ProcessTask
from docflow.processes.stepping import LIFE_LIMIT, Walk, moving
from docflow.processes.values import InstanceInfo, InstanceState, Subject, TaskInfo, TaskState

MAX_REASON = 2000
LIVE = (InstanceState.RUNNING, InstanceState.STOPPED)
WAITING = (TaskState.OPEN, TaskState.FAILED)


class NoSuchProcess(NotFound):
    """There is no such process."""


class AlreadyRunning(Conflict):
    """A process about this runs already."""


def _already_running() -> AlreadyRunning:
    return AlreadyRunning(t("The process of this application runs already."))


explain("ux_process_instances_live", _already_running)  # of two at once the second is told


class ProcessUnreadable(Conflict):
    """What the workflow engine kept of the process cannot be read."""


class ReasonNeeded(Invalid):
    """This act needs a reason."""


def start(
    session: Session,
    *,
    body_id: int,
    subject: Subject,
    xml: bytes | str,
    service: str,
    version: int,
    unit_id: int,
    data: Mapping[str, Any],
    entry_id: int | None = None,
    by: Principal | None = None,
) -> int:
    """Begin a process and let it come to its first steps that wait for somebody; its id.

    `unit_id` is the unit that is competent for the service; `data` must be JSON.
    Raises BadDefinition, AlreadyRunning.
    """
    if _live(session, subject) is not None:
        raise _already_running()
    definition_id = kept.keep(session, xml)
    file = kept.xml(session, definition_id).encode()
    course = Course.begin(file, data, lambda: calendars.of(session, body_id))
    now = clock.now()
    row = ProcessInstance(
        body_id=body_id,
        subject_type=subject[0],
        subject_id=subject[1],
        entry_id=entry_id,
        definition_id=definition_id,
        service=service,
        service_version=version,
        unit_id=unit_id,
        state=InstanceState.RUNNING,
        data=dict(data),
        course="",  # written when it comes to rest
        steps=0,
        steps_allowed=LIFE_LIMIT,
        problem="",
        reason="",
        started_at=now,
        changed_at=now,
    )
    session.add(row)
    session.flush()  # its id
    walk = Walk(session, row, course)
    walk.record("process.started", by=by or system(body_id, via=Via.PUBLIC), service=service)
    walk.go_on()
    return row.id


def send(
    session: Session, subject: Subject, message: str, data: Mapping[str, Any] | None = None
) -> bool:
    """Tell the process about this subject something; whether it waited for it.

    What is told is known to the process in any case, so that a condition can ask for it where the
    message came before the process waited. Without a live process nothing happens.
    """
    found = _live(session, subject)
    if found is None:
        return False
    walk = moving(session, found)
    if walk is not None:  # an act of this very process sends it
        walk.know(data)
        walk.messages.append(message)
        return True
    walk = held(session, found)
    if walk.row.state not in LIVE:  # it ended while we waited for our turn
        return False
    walk.know(data)
    is_awaited = walk.course.catch(message)  # kept also where the process is stopped just now
    walk.go_on()
    return is_awaited


def cancel(session: Session, subject: Subject, *, by: Principal, reason: str) -> bool:
    """End the process before its end, as when an application is withdrawn; whether there was one.

    The caller has checked the right. Raises ReasonNeeded.
    """
    found = _live(session, subject)
    if found is None:
        return False
    walk = held(session, found)
    if walk.row.state not in LIVE:  # it ended while we waited for our turn
        return False
    end_early(walk, by=by, reason=reason)
    return True


def end_early(walk: Walk, *, by: Principal, reason: str) -> None:
    clean = lines(reason)[:MAX_REASON]
    if not clean:
        raise reason_needed()
    walk.course.cancel()
    row = walk.row
    row.state, row.reason, row.ended_at = InstanceState.CANCELLED, clean, clock.now()
    walk.record("process.cancelled", by=by)
    walk.go_on()


def reason_needed() -> ReasonNeeded:
    return ReasonNeeded(t("Write the reason."), field="reason")


def held(session: Session, instance_id: int) -> Walk:
    """The process, held until the transaction ends, after the entry that it is about.

    Raises NoSuchProcess, ProcessUnreadable.
    """
    entry_id = session.scalar(
        select(ProcessInstance.entry_id).where(ProcessInstance.id == instance_id)
    )
    if entry_id is not None:
        registry.hold(session, entry_id)
    row = session.scalar(
        select(ProcessInstance)
        .where(ProcessInstance.id == instance_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise NoSuchProcess(t("There is no such process."))
    try:
        return Walk(session, row)
    except EngineFault as error:
        if not row.has_begun:
            raise ProcessUnreadable(
                t("The workflow engine cannot begin it: {what}", what=str(error)[:300])
            ) from error
        raise ProcessUnreadable(
            t(
                "What was kept of process {n} cannot be read by this version of Docflow. Tell "
                "the administrator.",
                n=row.id,
            )
        ) from error


def instance(
    session: Session, subject: Subject, *, language: str = DEFAULT_LANGUAGE
) -> InstanceInfo | None:
    """The process about this subject, the last one where there were several."""
    row = last(session, subject)
    if row is None:
        return None
    waits_for = waiting(session, row, language)
    return showing.instance_info(session, row, waits_for, language=language)


def tasks(
    session: Session, subject: Subject, *, language: str = DEFAULT_LANGUAGE
) -> list[TaskInfo]:
    """What the process about this subject waits for now. The caller has checked the right."""
    row = last(session, subject)
    return waiting(session, row, language) if row is not None else []


def data(session: Session, subject: Subject) -> dict[str, Any]:
    """What the process about this subject knows; empty where there is none."""
    row = last(session, subject)
    return dict(row.data) if row is not None else {}


def waiting(session: Session, row: ProcessInstance, language: str) -> list[TaskInfo]:
    """The steps at which the process stands."""
    found = session.scalars(
        select(ProcessTask)
        .where(ProcessTask.instance_id == row.id, ProcessTask.state.in_(WAITING))
        .order_by(ProcessTask.id)
    ).all()
    told = {row.id: (row, kept.definition(session, row.definition_id))}
    return showing.infos(session, found, told, language=language)


def _live(session: Session, subject: Subject) -> int | None:
    return session.scalar(
        select(ProcessInstance.id).where(
            ProcessInstance.subject_type == subject[0],
            ProcessInstance.subject_id == subject[1],
            ProcessInstance.state.in_(LIVE),
        )
    )


def last(session: Session, subject: Subject) -> ProcessInstance | None:
    """The process about this subject that began last."""
    return session.scalar(
        select(ProcessInstance)
        .where(ProcessInstance.subject_type == subject[0], ProcessInstance.subject_id == subject[1])
        .order_by(ProcessInstance.id.desc())
        .limit(1)
    )
