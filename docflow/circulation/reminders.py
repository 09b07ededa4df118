"""Reminders: whoever lets drafts wait is told by mail, once in so many days.

The mail names no document: only how many wait, since when, and where. A deputy of today is told
too. Source: ν. 3528/2007 art. 25 (an omission counts as agreement; nobody shall omit by oversight).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, false, or_, select, true
from sqlalchemy.orm import Session

from docflow import audit, clock, mail, outbox, schedule
from docflow.circulation.models import Draft, DraftState, Step, StepKind, StepState
from docflow.i18n import plural, translate
from docflow.office import Office
from docflow.organization import User, deputies
from docflow.principal import system

TASK = "circulation.remind"


@outbox.job(TASK)
def remind(run: outbox.Run) -> None:
    """Ask for a mail to each person for whom a draft has waited too long."""
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
    """Mail the person, and whoever acts for him today, what waits; then note that it was said."""
    office = run.office
    with office.db.begin() as session:
        person = session.get_one(User, user_id)
        steps = _due_steps(session, office, user_id)
        to = _addresses(session, person)
        oldest = min((one.activated_at for one in steps if one.activated_at), default=None)
    if not steps or oldest is None:
        return
    for address, language in to:
        subject, text = _words(office, len(steps), oldest, person.full_name, language)
        mail.send(office.settings, to=address, subject=subject, text=text)
    with office.db.begin() as session:
        for step in _due_steps(session, office, user_id):
            step.reminded_at, step.reminders = clock.now(), step.reminders + 1
            audit.record(
                session,
                "draft.reminded",
                by=system(person.body_id),
                subject=("draft", step.draft_id),
                person=user_id,
                mails=len(to),
            )


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


def _addresses(session: Session, person: User) -> list[tuple[str, str]]:
    """Mail addresses and languages of the person and of his deputies of today."""
    acting = deputies.deputies_of(session, [person.id]).get(person.id, [])
    ids = [one.deputy_id for one in acting]
    others = session.scalars(select(User).where(User.id.in_(ids), User.is_active)).all()
    found = [(one.email, one.language) for one in (person, *others) if one.email]
    return list(dict.fromkeys(found)) if person.is_active or others else []


def _words(
    office: Office, count: int, oldest: datetime, name: str, language: str
) -> tuple[str, str]:
    subject = plural(
        "A draft waits for a signature", "{n} drafts wait for a signature", count, language
    )
    text = translate(
        "For {name}: {what}, the first since {day}.\n\nOpen your list here: {link}",
        language,
        name=name,
        what=subject[0].lower() + subject[1:],
        day=f"{clock.local(oldest, office.settings.zone):%d/%m/%Y}",
        link=f"{office.settings.public_url.rstrip('/')}/drafts",
    )
    return subject, text + "\n"


schedule.every(TASK, timedelta(hours=6))
