"""Jobs are rows: written in the business transaction, rung by a relay, claimed by a worker.

The broker is a doorbell and may lose everything. A row stays until its job is done, and is rung
again when it waits too long or when its worker gave no sign of life for the length of the lease.
A job may run more than once, so each re-checks the state of its subject under a row lock.
"""

import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    DateTime,
    Index,
    and_,
    delete,
    func,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from docflow.db import Base, one_of
from docflow.errors import DocflowError, NotFound, Unavailable
from docflow.i18n import DEFAULT_LANGUAGE, t
from docflow.office import Office

log = logging.getLogger(__name__)

CHANNEL = "docflow_jobs"  # NOTIFY channel that wakes the relay
MAX_ATTEMPTS = 8
RING_AGAIN = timedelta(seconds=60)  # a ring that nobody followed was lost
KEEP_DONE = timedelta(days=7)
_LONGEST_SILENCE = timedelta(minutes=5)  # and RING_AGAIN, between two rings
_LONGEST_PAUSE = timedelta(seconds=300)  # between two tries
_LONGEST_LEASE = timedelta(days=1)
# The database's clock: the machines of web, relay and worker may differ by a second.
_NOW: ColumnElement[datetime] = func.clock_timestamp(type_=DateTime(timezone=True))


class JobState(StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class Job(Base):
    """One thing to be done after the transaction that asked for it."""

    __tablename__ = "jobs"
    __table_args__ = (
        one_of("state", JobState),
        CheckConstraint("state <> 'failed' OR problem IS NOT NULL", name="failure_has_reason"),
        Index(
            "ix_jobs_open",
            "run_after",
            postgresql_where=text("state IN ('waiting','running')"),
        ),
        Index("ix_jobs_failed", "id", postgresql_where=text("state = 'failed'")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    task: Mapped[str]
    queue: Mapped[str]
    args: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(server_default="waiting")
    attempts: Mapped[int] = mapped_column(server_default="0")
    created_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))
    run_after: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))
    rung_at: Mapped[datetime | None]
    lease_until: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    problem: Mapped[str | None]


@dataclass(frozen=True, slots=True)
class Run:
    """A running job and its surroundings."""

    office: Office
    job_id: int
    attempt: int


Handler = Callable[..., None]
GivenUp = Callable[..., None]
_handlers: dict[str, tuple[Handler, str, GivenUp | None]] = {}


def job(
    task: str, *, queue: str = "default", given_up: GivenUp | None = None
) -> Callable[[Handler], Handler]:
    """Register the function that does jobs of this name: called with the `Run` and the args.

    `given_up` is called with the `Run`, the reason (`why=`, for people) and the args when the job
    fails for good, so that the thing it was about shows it and waits for nobody.
    """

    def register(handler: Handler) -> Handler:
        _handlers[task] = (handler, queue, given_up)
        return handler

    return register


def enqueue(session: Session, task: str, *, delay: timedelta | None = None, **args: object) -> Job:
    """Ask, in this transaction, for a job to be done after it.

    A trigger on the table wakes the relay when the transaction commits.
    """
    row = Job(task=task, queue=_handlers[task][1], args=dict(args))
    if delay:
        row.run_after = _NOW + delay
    session.add(row)
    return row


def due(session: Session, *, limit: int = 200) -> list[tuple[int, str]]:
    """Ids and queues of the jobs to ring now; marks them as rung.

    A job is due when its time has come and it was not rung lately, or when it runs but its lease
    is over (its worker died).
    """
    waits = and_(
        Job.state == JobState.WAITING,
        Job.run_after <= _NOW,
        or_(Job.rung_at.is_(None), _ring_again_at() < _NOW),
    )
    is_orphan = and_(Job.state == JobState.RUNNING, Job.lease_until < _NOW)
    found = (
        select(Job.id)
        .where(or_(waits, is_orphan, _of_the_future()))
        .order_by(Job.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).cte("found")
    rows = session.execute(
        update(Job)
        .where(Job.id == found.c.id)
        .values(
            rung_at=_NOW,
            run_after=func.least(Job.run_after, _NOW),
            state=JobState.WAITING,
            lease_until=None,
        )
        .returning(Job.id, Job.queue)
    ).all()
    return sorted((job_id, queue) for job_id, queue in rows)


def _ring_again_at() -> ColumnElement[datetime | None]:
    """A ring may be lost, or wait in a long queue: ring again after a minute, then later.

    The pause is a minute and the time that the job was due already, so that a backlog of thousands
    does not fill the broker with rings for the same jobs; but never so long that a broker which
    lost its queue after hours of backlog would leave the jobs lying for as many hours again.
    """
    waited = func.least(Job.rung_at - Job.run_after, _LONGEST_SILENCE)
    return Job.rung_at + waited + RING_AGAIN


def _of_the_future() -> ColumnElement[bool]:
    """Rows of a time when the database's clock ran ahead: nobody waits until it is then once more.

    At worst a job is done earlier than it was asked for, or twice.
    """
    is_waiting, is_tried = Job.state == JobState.WAITING, Job.attempts > 0
    return or_(
        and_(is_waiting, Job.created_at > _NOW, Job.run_after > _NOW),
        and_(is_waiting, is_tried, Job.run_after > _NOW + _LONGEST_PAUSE),
        and_(is_waiting, Job.rung_at > _NOW),
        and_(Job.state == JobState.RUNNING, Job.rung_at > _NOW),
        and_(Job.state == JobState.RUNNING, Job.lease_until > _NOW + _LONGEST_LEASE),
    )


def run(office: Office, job_id: int) -> None:
    """Claim and do one job. Rings for jobs that are done, or held by another, are ignored.

    A ring may arrive before the relay has committed: the row is waited for by its id alone, and
    judged as it is then. To skip it would lose the ring, and a minute.
    """
    with office.db.begin() as session:
        found = session.execute(
            select(Job, Job.run_after <= _NOW)
            .where(Job.id == job_id)
            .with_for_update()
            .execution_options(populate_existing=True)
        ).one_or_none()
        if found is None or found[0].state != JobState.WAITING or not found[1]:
            return
        row: Job = found[0]
        row.attempts += 1
        task, args, this = row.task, dict(row.args), Run(office, job_id, row.attempts)
        row.state = JobState.RUNNING
        row.lease_until = _NOW + timedelta(seconds=office.settings.job_lease_seconds)
    handler, _, given_up = _handlers[task]
    try:
        if this.attempt > MAX_ATTEMPTS:
            raise WorkerDied(
                t("The process that did it ended each time. Its log, or the machine’s, says why.")
            )
        with _heart(this):
            handler(this, **args)
    except Unavailable as error:
        why, final = (
            error.message.in_language(DEFAULT_LANGUAGE),
            this.attempt >= MAX_ATTEMPTS,
        )
    except DocflowError as error:
        why, final = error.message.in_language(DEFAULT_LANGUAGE), True
    except Exception as error:  # the worker's border: a bug must be seen, and must not kill others
        log.exception("job %s (%s) failed", job_id, task)
        why, final = f"{type(error).__name__}: {error}", this.attempt >= MAX_ATTEMPTS
    else:
        _end(this, state=JobState.DONE, finished_at=_NOW)
        return
    if not final:
        pause = min(timedelta(seconds=2**this.attempt), _LONGEST_PAUSE)
        _end(
            this,
            state=JobState.WAITING,
            problem=why,
            run_after=_NOW + pause,
            rung_at=None,
        )
        return
    log.error("job %s (%s) is given up: %s", job_id, task, why)
    try:
        if given_up is not None:
            given_up(this, why=why, **args)
    except Unavailable:
        raise  # the database is away: the lease ends, and the job is rung once more
    except Exception:  # as above; the job must end in any case
        log.exception("giving up job %s (%s) failed", job_id, task)
    _end(this, state=JobState.FAILED, problem=why, finished_at=_NOW)


def _end(this: Run, **values: object) -> None:
    """Record the outcome, unless another worker took the job over in the meantime."""
    with this.office.db.begin() as session:
        session.execute(
            update(Job)
            .where(Job.id == this.job_id, Job.attempts == this.attempt)
            .values({"problem": None, "lease_until": None, **values})
        )


class WorkerDied(Unavailable):
    """The job ended the process that did it, again and again."""


class NoSuchJob(NotFound):
    """There is no failed job with this id."""


def retry(session: Session, job_id: int) -> None:
    """Let a failed job run again, at a person's wish."""
    row = session.scalar(
        select(Job).where(Job.id == job_id, Job.state == JobState.FAILED).with_for_update()
    )
    if row is None:
        raise NoSuchJob(
            t(
                "There is no failed job {id}. It may have been retried already.",
                id=job_id,
            )
        )
    row.state, row.attempts, row.problem = JobState.WAITING, 0, None
    row.run_after, row.rung_at, row.finished_at = _NOW, None, None
    session.execute(text(f"NOTIFY {CHANNEL}"))


def counts(session: Session) -> Mapping[str, int]:
    """How many jobs stand in each state."""
    rows = session.execute(text("SELECT state, count(*) FROM jobs GROUP BY state")).all()
    return {state: count for state, count in rows}


def queues() -> list[str]:
    """The queues that jobs go to."""
    return sorted({queue for _, queue, _ in _handlers.values()})


def is_open(session: Session, task: str) -> bool:
    """Whether a job of this name waits or runs."""
    waits = Job.state.in_([JobState.WAITING, JobState.RUNNING])
    return session.scalar(select(Job.id).where(Job.task == task, waits).limit(1)) is not None


def failed(session: Session, *, limit: int = 100) -> list[Job]:
    """Jobs that wait for a person, the newest first."""
    return list(
        session.scalars(
            select(Job).where(Job.state == JobState.FAILED).order_by(Job.id.desc()).limit(limit)
        )
    )


def sweep(session: Session) -> None:
    """Forget jobs that were done a week ago. Failed ones wait for a person."""
    session.execute(
        delete(Job).where(Job.state == JobState.DONE, Job.finished_at < _NOW - KEEP_DONE)
    )


@contextmanager
def _heart(this: Run) -> Iterator[None]:
    """Renew the lease while the job runs, so that a long job is told from a dead worker."""
    seconds, stop = this.office.settings.job_lease_seconds, threading.Event()

    def beat() -> None:
        while not stop.wait(seconds / 3):
            try:
                with this.office.db.begin() as session:
                    session.execute(
                        update(Job)
                        .where(Job.id == this.job_id, Job.attempts == this.attempt)
                        .values(lease_until=_NOW + timedelta(seconds=seconds))
                    )
            except DocflowError as error:
                log.warning("the lease of job %s was not renewed: %s", this.job_id, error)

    thread = threading.Thread(target=beat, name=f"heart of job {this.job_id}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
