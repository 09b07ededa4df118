"""New hits of saved searches: looked for by a job, told to the owner as he wished.

Each search is looked at with the rights that its owner has at that moment. One who may not log in
is told nothing; his searches are looked at again when he may.
"""

import logging
import time
from datetime import datetime, timedelta

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from docflow import clock, notices, organization, outbox, schedule
from docflow.organization import Via
from docflow.principal import system
from docflow.registry import midnight
from docflow.search import saved
from docflow.search.models import Alert, SavedSearch

_log = logging.getLogger(__name__)
_EVERY = timedelta(minutes=5)
_MORNING = 6  # hour of the office's clock after which the searches of the day are looked at
_LONGEST = 20.0  # seconds of one job, so that others have their turn
_TASK = "search.look-for-new"


@outbox.job(_TASK)
def look_for_new(run: outbox.Run) -> None:
    """Look at the saved searches whose time has come, those first that waited longest."""
    zone = run.office.settings.zone
    until, begun = time.monotonic() + _LONGEST, clock.now()
    while time.monotonic() < until:
        with run.office.db.begin() as session:
            row = _next(session, begun, zone)
            if row is None:
                return
            try:
                with session.begin_nested():
                    _look(session, row, zone)
            except Exception:  # whatever it is
                # One that cannot be done keeps nobody else waiting: it has its turn again later.
                _log.exception("saved search %d could not be looked at", row.id)
                row.looked_at = clock.now()


def _next(session: Session, now: datetime, zone: str) -> SavedSearch | None:
    """The next search to be looked at, held; one that another worker holds is left to it."""
    here = clock.local(now, zone)
    morning = midnight(here.date(), zone) + timedelta(hours=_MORNING)
    is_due = and_(SavedSearch.alert == Alert.AT_ONCE, SavedSearch.looked_at < now)
    if now >= morning:
        is_due = or_(
            is_due, and_(SavedSearch.alert == Alert.DAILY, SavedSearch.looked_at < morning)
        )
    return session.scalar(
        select(SavedSearch)
        .where(is_due)
        .order_by(SavedSearch.looked_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    )


def _look(session: Session, row: SavedSearch, zone: str) -> None:
    try:
        by = organization.principal(session, row.user_id, via=Via.JOB)
    except organization.NoSuchUser:
        row.looked_at = clock.now()  # his turn comes again, and keeps nobody else waiting
        return
    if saved.find_new(session, row, by=by, zone=zone):
        notices.tell(
            session,
            [row.user_id],
            kind=notices.NoticeKind.SEARCH_ALERT,
            about=(saved.ABOUT, row.id),
            by=system(by.body_id),
            at_once=row.alert == Alert.AT_ONCE,
        )


schedule.every(_TASK, _EVERY)
