"""A timestamp of an outside authority over the log's head of each day.

What stands under such a head existed on that day, whoever holds our keys later.
"""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

import signing
from docflow import clock, outbox, principal, schedule
from docflow.audit.events import record
from docflow.audit.models import Log, SignedHead, Timestamp
from docflow.errors import Unavailable
from docflow.i18n import t

TASK = "audit.timestamp"


class NoTimestamp(Unavailable):
    """No time-stamping service answered; the day's head waits for its timestamp."""


@outbox.job(TASK)
def stamp_days(run: outbox.Run) -> None:
    """Stamp the last signed head of each day that is over and has no timestamp.

    Nothing to do where no service is configured. Raises NoTimestamp: the job is tried again.
    """
    office = run.office
    if not office.settings.tsa_urls:
        return
    with office.db.read() as session:
        waiting = _waiting(session, office.settings.zone)
    for body_id, day, size, note in waiting:
        try:
            token = signing.timestamp(
                note.encode(),
                tsa_urls=office.settings.tsa_urls,
                timeout=office.settings.tsa_timeout,
            )
        except signing.TsaUnavailable as error:
            raise NoTimestamp(
                t("No time-stamping service answered. The log is stamped when one does.")
            ) from error
        with office.db.begin() as session:
            _keep(session, body_id, day, size, token)


def _waiting(session: Session, zone: str) -> list[tuple[int, date, int, str]]:
    """Body, day, size and note of the last head of each day before today without a timestamp."""
    day = func.date(func.timezone(zone, SignedHead.signed_at))
    last = (
        select(SignedHead.body_id, day.label("day"), func.max(SignedHead.size).label("size"))
        .where(SignedHead.signed_at < _midnight(zone))
        .group_by(SignedHead.body_id, day)
        .subquery()
    )
    rows = session.execute(
        select(last.c.body_id, last.c.day, last.c.size, SignedHead.note)
        .join(
            SignedHead,
            (SignedHead.body_id == last.c.body_id) & (SignedHead.size == last.c.size),
        )
        .outerjoin(Timestamp, (Timestamp.body_id == last.c.body_id) & (Timestamp.day == last.c.day))
        .where(Timestamp.day.is_(None))
        .order_by(last.c.body_id, last.c.day)
    )
    return [(body_id, on, size, note) for body_id, on, size, note in rows]


def _midnight(zone: str) -> datetime:
    today = clock.local(clock.now(), zone)
    return today.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=ZoneInfo(zone))


def _keep(session: Session, body_id: int, day: date, size: int, token: bytes) -> None:
    # Two workers at once: the row of the log is the turnstile.
    session.execute(select(Log.size).where(Log.body_id == body_id).with_for_update())
    if session.get(Timestamp, (body_id, day)) is not None:
        return
    session.add(Timestamp(body_id=body_id, day=day, size=size, token=token, stamped_at=clock.now()))
    record(
        session,
        "log.timestamped",
        by=principal.system(body_id),
        subject=("log", body_id),
        day=day.isoformat(),
        size=size,
    )


schedule.every(TASK, timedelta(hours=1))
