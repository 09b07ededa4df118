"""Reminders: whoever lets drafts wait is told once in so many days, at once and not with the mail
of the day where he did not choose otherwise.

Source: ν. 3528/2007 art. 25 (an omission counts as agreement; nobody shall omit by oversight).
"""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import ColumnElement, and_, false, or_, select, true
from sqlalchemy.orm import Session

from docflow import audit, clock, notices, outbox, schedule
from docflow.circulation import noticed
from docflow.circulation.models import Draft, DraftState, Step, StepKind, StepState
from docflow.notices import NoticeKind
from docflow.office import Office
from docflow.organization import User
from docflow.principal import system

TASK = "circulation.remind"


@outbox.job(TASK)
def remind(run: outbox.Run) -> None:
    """Ask for a reminder of each person for whom a draft has waited too long."""
    with run.office.db.begin() as session:
        due = session.scalars(
            select(Step.user_id)
            .join(Draft, Draft.id == Step.draft_id)
            .where(_is_due(run.office))
            .distinct()
        )
        for user_id in due:
            outbox.enqueue(session, "circulation.remind-person", user_id=user_id)


@outbox.job("circulation.remind-person")
def remind_person(run: outbox.Run, *, user_id: int) -> None:
    """Tell the person, and whoever acts for him today, once of each draft that waits.

    It takes the place of the notice that asked him first.
    """
    with run.office.db.begin() as session:
        by = system(session.get_one(User, user_id).body_id)
        for step in _due_steps(session, run.office, user_id):
            step.reminded_at, step.reminders = clock.now(), step.reminders + 1
            about = ("draft", step.draft_id)
            notices.settle(session, about=about, kinds=noticed.TURNS, user_ids=[user_id])
            notices.tell(session, [user_id], kind=NoticeKind.DRAFT_WAITS, about=about, by=by)
            audit.record(session, "draft.reminded", by=by, subject=about, person=user_id)


def _is_due(office: Office) -> ColumnElement[bool]:
    """The condition on `steps` joined with `drafts` that a reminder is due. No days: never."""
    days = office.settings.signing_reminder_days
    before = clock.now() - timedelta(days=days)
    return and_(
        true() if days else false(),
        Draft.state == DraftState.CIRCULATING,
        Step.round == Draft.round,
        Step.state == StepState.ACTIVE,
        Step.kind.in_([StepKind.COUNTERSIGN, StepKind.SIGNATURE]),
        Step.activated_at < before,
        or_(Step.reminded_at.is_(None), Step.reminded_at < before),
    )


def _due_steps(session: Session, office: Office, user_id: int) -> Sequence[Step]:
    return session.scalars(
        select(Step)
        .join(Draft, Draft.id == Step.draft_id)
        .where(_is_due(office), Step.user_id == user_id)
        .order_by(Step.id)
        .with_for_update(of=Step)
    ).all()


schedule.every(TASK, timedelta(hours=6))
