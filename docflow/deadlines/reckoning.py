"""The days of open deadlines after the calendar of a body changed."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow import audit, calendars, clock, notices, outbox, registry
from docflow.notices import NoticeKind
from docflow.principal import system
from docflow.registry import Entry, Handling, HandlingState

TASK = "deadlines.reckon"


@calendars.after_change
def ask(session: Session, body_id: int) -> None:
    """Have the deadlines computed anew after this transaction."""
    outbox.enqueue(session, TASK, body_id=body_id)


@outbox.job(TASK)
def reckon(run: outbox.Run, *, body_id: int) -> None:
    """Compute the deadlines of open items that lie ahead; what has passed stays as it was."""
    today = clock.today()
    with run.office.db.read() as session:
        entry_ids = session.scalars(
            select(Handling.entry_id)
            .join(Entry, Entry.id == Handling.entry_id)
            .where(
                Entry.body_id == body_id,
                Handling.state != HandlingState.CLOSED,
                Handling.due_on >= today,
            )
            .order_by(Handling.entry_id)
        ).all()
    for entry_id in entry_ids:
        with run.office.db.begin() as session:
            _reckon(session, entry_id, body_id)


def _reckon(session: Session, entry_id: int, body_id: int) -> None:
    registry.hold(session, entry_id)
    handling = session.get_one(Handling, entry_id, with_for_update=True, populate_existing=True)
    if handling.state == HandlingState.CLOSED or handling.due_on is None:
        return
    before, by = handling.due_on, system(body_id)
    standing = calendars.clocks.reckon(
        session,
        entry_id,
        calendar=calendars.of(session, body_id),
        by=by,
        shown=handling.due_on,
    )
    if standing is None or standing.due_on == before:
        return
    handling.follow(standing)
    audit.record(
        session,
        "deadline.reckoned",
        by=by,
        subject=("entry", entry_id),
        before=before.isoformat(),
        due_on=standing.due_on.isoformat() if standing.due_on else None,
    )
    kind = NoticeKind.DEADLINE_CHANGED
    notices.tell(session, [handling.user_id], kind=kind, about=("entry", entry_id), by=by)
