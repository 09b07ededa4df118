"""How far the log is: what waits, and when its head was signed and stamped last."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from docflow.audit.models import Event, Pending, SignedHead, Timestamp


@dataclass(frozen=True, slots=True)
class Standing:
    """`waiting` events have no place yet, the oldest since `oldest_at`; None: never."""

    waiting: int
    oldest_at: datetime | None
    head_at: datetime | None
    timestamp_at: datetime | None


def standing(session: Session) -> Standing:
    """Over the logs of all bodies."""
    waiting, oldest = session.execute(
        select(func.count(), func.min(Event.at))
        .select_from(Pending)
        .join(Event, Event.id == Pending.event_id)
    ).one()
    return Standing(
        waiting=waiting,
        oldest_at=oldest,
        head_at=session.scalar(select(func.max(SignedHead.signed_at))),
        timestamp_at=session.scalar(select(func.max(Timestamp.stamped_at))),
    )
