"""Whether the office waits for the applicant: then the clock of the entry stands still.

It waits for him while it has asked him for something, and while his process waits for a step of his
own, as a payment, and for nothing of the office. Source: ν. 2690/1999 art. 4 (the time that the
applicant takes is not the office's).
"""

from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow import deadlines, processes
from docflow.applications import access, telling
from docflow.applications.models import Application, ApplicationState, Supplement
from docflow.calendars import ClockEvent, ClockEventKind
from docflow.i18n import DEFAULT_LANGUAGE, translate
from docflow.principal import system
from docflow.processes import TaskKind

OPEN = (ApplicationState.RUNNING, ApplicationState.WAITING)
_REASON = "The next step is the applicant’s"


def asked(session: Session, application_id: int) -> Supplement | None:
    """What is asked of the applicant now."""
    return session.scalar(
        select(Supplement).where(
            Supplement.application_id == application_id,
            Supplement.answered_at.is_(None),
            Supplement.cancelled_at.is_(None),
        )
    )


def is_right(session: Session, row: Application) -> bool:
    """Whether the state says already for whom is waited; needs no lock."""
    is_his = _is_his_step(session, row)
    wanted = is_his or asked(session, row.id) is not None
    return row.state == _state(wanted) and (is_his or not _stopped_here(session, row))


def settle(session: Session, row: Application) -> None:
    """Let state and clock follow what is asked and where the process stands; `row` is held."""
    by, is_his, open_now = system(row.body_id), _is_his_step(session, row), asked(session, row.id)
    if not is_his:
        if let_run(session, row) and open_now is not None:
            open_now.stops_clock = deadlines.stand_still(
                session, row.entry_id, by=by, reason=open_now.text[:500]
            )
    elif open_now is None and row.state == ApplicationState.RUNNING:
        reason = translate(_REASON, DEFAULT_LANGUAGE)
        deadlines.stand_still(session, row.entry_id, by=by, reason=reason, is_told=False)
    state = _state(is_his or open_now is not None)
    if row.state != state:
        row.state = state
        access.moved(row)


def let_run(session: Session, row: Application) -> bool:
    """Let the clock run on where a step of the applicant had stopped it; whether it had."""
    if not _stopped_here(session, row):
        return False
    return deadlines.run_on(session, row.entry_id, by=system(row.body_id), is_told=False)


def _is_his_step(session: Session, row: Application) -> bool:
    """Whether the process waits for the applicant and for nobody of the office."""
    kinds = {one.kind for one in processes.tasks(session, (telling.SUBJECT, row.id))}
    return TaskKind.CITIZEN in kinds and kinds.isdisjoint((TaskKind.EMPLOYEE, TaskKind.SERVICE))


def _stopped_here(session: Session, row: Application) -> bool:
    """Whether the clock stands still since a step of the applicant was reached.

    A person's stop is his, what is asked of the applicant notes its own, and no other act of the
    software stops a clock. The reason does not tell: its words may be others in the next version.
    """
    last = session.execute(
        select(ClockEvent.kind, ClockEvent.user_id)
        .where(
            ClockEvent.entry_id == row.entry_id,
            # What was forwarded or closed meanwhile, and taken up again, stands still as before.
            ClockEvent.kind.in_((ClockEventKind.SUSPENDED, ClockEventKind.RESUMED)),
        )
        .order_by(ClockEvent.position.desc())
        .limit(1)
    ).one_or_none()
    open_now = asked(session, row.id)
    by_asking = open_now is not None and open_now.stops_clock
    return last is not None and tuple(last) == (ClockEventKind.SUSPENDED, None) and not by_asking


def _state(waits: bool) -> ApplicationState:
    return ApplicationState.WAITING if waits else ApplicationState.RUNNING
