"""What is done again and again: a task gets its job when its time has come.

A package names its task beside the job that does it: `schedule.every("closings.due", …)`. The
relays, any number of them, look every twenty seconds. A task whose last job is still open is not
asked for again, so that a worker that was away does not find a heap of the same.
"""

from datetime import datetime, timedelta

from sqlalchemy import DateTime, func, or_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from docflow import outbox
from docflow.db import Base

_pauses: dict[str, timedelta] = {}


class Schedule(Base):
    """When a task was asked for last."""

    __tablename__ = "schedule"

    task: Mapped[str] = mapped_column(primary_key=True)
    last_at: Mapped[datetime]


def every(task: str, pause: timedelta) -> None:
    """Have the job of this name done every so often; it takes no arguments."""
    _pauses[task] = pause


def enqueue_due(session: Session) -> list[str]:
    """Ask for the jobs whose time has come; their tasks.

    The row of the task decides between two relays that ask at the same moment.
    """
    now = func.clock_timestamp(type_=DateTime(timezone=True))
    asked = []
    for task, pause in _pauses.items():
        turn = insert(Schedule).values(task=task, last_at=now)
        # Later than now: the clock once ran ahead, and the task would wait until then.
        is_due = or_(Schedule.last_at <= now - pause, Schedule.last_at > now)
        turn = turn.on_conflict_do_update(
            index_elements=[Schedule.task], set_={"last_at": now}, where=is_due
        )
        is_mine = session.execute(turn.returning(Schedule.task)).first() is not None
        if is_mine and not outbox.is_open(session, task):
            outbox.enqueue(session, task)
            asked.append(task)
    return asked
