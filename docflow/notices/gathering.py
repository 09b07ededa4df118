"""When what is said and how it goes out: soon after the act, or once a working day, never in hours
that the person keeps quiet.

A job gathers what waits for a person into one mail and one push message a browser; each is a row
(`Sending`) with a job of its own, so that it is seen, and tried again, by itself.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, delete, func, select, union, update
from sqlalchemy.orm import Session

from docflow import calendars, clock, outbox, schedule
from docflow.notices import choices
from docflow.notices.models import (
    Channel,
    Mailing,
    Notice,
    NoticeHours,
    PushSubscription,
    Sending,
)
from docflow.notices.telling import GATHER, GATHER_AFTER
from docflow.organization import User, in_service

LOOK, SWEEP = "notices.look", "notices.sweep"
SEND = {Channel.MAIL: "notices.send-mail", Channel.PUSH: "notices.send-push"}


@outbox.job(GATHER)
def gather(run: outbox.Run, *, user_id: int, daily: bool = False) -> None:
    """Ask for the mail, and the push messages, that tell the person of what waits."""
    office = run.office
    now = clock.local(clock.now(), office.settings.zone)
    with office.db.begin() as session:
        user = session.scalar(select(User).where(User.id == user_id, in_service()))
        if user is None:
            return  # for who is locked out, it waits until he is not
        hours = choices.hours(session, user_id)
        if hours.are_quiet(now, calendars.of(session, user.body_id)):
            return  # what waits is found again, when the hours are over
        is_daily = daily and choices.take_today(session, user_id, now)
        _gather_mail(session, user, is_daily=is_daily)
        _gather_push(session, user)


@outbox.job(LOOK)
def look(run: outbox.Run) -> None:
    """Whose mail of the day is due, and for whom something waited until his quiet hours ended."""
    office = run.office
    now = clock.local(clock.now(), office.settings.zone)
    with office.db.begin() as session:
        daily = _due_today(session, now)
        for user_id in daily:
            outbox.enqueue(session, GATHER, user_id=user_id, daily=True)
        for user_id in _left(session):
            if user_id not in daily:
                outbox.enqueue(session, GATHER, user_id=user_id)


@outbox.job(SWEEP)
def sweep(run: outbox.Run) -> None:
    """Forget what is old: notices, and what was sent."""
    office = run.office
    before = clock.now() - timedelta(days=office.settings.notice_days)
    with office.db.begin() as session:
        session.execute(delete(Notice).where(Notice.told_at < before))
        named = select(Notice.id).where(Notice.sending_id == Sending.id).exists()
        session.execute(delete(Sending).where(Sending.created_at < before, ~named))


def _due_today(session: Session, now: datetime) -> list[int]:
    """Who has something in the mail of the day, whose hour has come on a working day."""
    rows = session.execute(
        select(User.id, User.body_id)
        .outerjoin(NoticeHours, NoticeHours.user_id == User.id)
        .where(
            in_service(),  # for who is locked out, it waits until he is not
            User.email != "",
            func.coalesce(NoticeHours.daily_at, choices.DAILY_AT) <= now.hour,
            NoticeHours.last_daily_on.is_distinct_from(now.date()),
            select(Notice.id).where(Notice.user_id == User.id, _to_mail(Mailing.DAILY)).exists(),
        )
        .order_by(User.id)
    ).all()
    works = {
        body_id: calendars.of(session, body_id).is_working(now.date())
        for body_id in {r[1] for r in rows}
    }
    return [user_id for user_id, body_id in rows if works[body_id]]


def _left(session: Session) -> Sequence[int]:
    """For whom something waits that should have gone out at once."""
    due = Notice.told_at < clock.now() - 2 * GATHER_AFTER
    people = select(User.id).join(Notice, Notice.user_id == User.id).where(in_service(), due)
    # Two questions, each with an index of its own.
    to_mail = people.where(_to_mail(Mailing.AT_ONCE), User.email != "")
    to_push = people.where(Notice.read_at.is_(None), Notice.push)
    return sorted(session.scalars(union(to_mail, to_push)).all())


def _gather_mail(session: Session, user: User, *, is_daily: bool) -> None:
    if not user.email:
        return
    wanted = (Mailing.AT_ONCE, Mailing.DAILY) if is_daily else (Mailing.AT_ONCE,)
    ids = session.scalars(
        select(Notice.id)
        .where(Notice.user_id == user.id, _to_mail(*wanted))
        .with_for_update(skip_locked=True)
    ).all()
    if not ids:
        return
    sending = Sending(
        body_id=user.body_id,
        user_id=user.id,
        channel=Channel.MAIL,
        is_daily=is_daily,
        count=len(ids),
    )
    session.add(sending)
    session.flush()  # its id, for the notices and the job
    session.execute(
        update(Notice)
        .where(Notice.id.in_(ids))
        .values(sending_id=sending.id)
        .execution_options(synchronize_session=False)
    )
    outbox.enqueue(session, SEND[Channel.MAIL], sending_id=sending.id)


def _gather_push(session: Session, user: User) -> None:
    ids = session.scalars(
        update(Notice)
        .where(Notice.user_id == user.id, Notice.read_at.is_(None), Notice.push)
        .values(push=False)
        .returning(Notice.id)
        .execution_options(synchronize_session=False)
    ).all()
    if not ids:
        return
    browsers = session.scalars(
        select(PushSubscription).where(PushSubscription.user_id == user.id)
    ).all()
    for browser in browsers:
        sending = Sending(
            body_id=user.body_id,
            user_id=user.id,
            channel=Channel.PUSH,
            subscription_id=browser.id,
            count=len(ids),
        )
        session.add(sending)
        session.flush()  # its id, for the job
        outbox.enqueue(session, SEND[Channel.PUSH], sending_id=sending.id)


def _to_mail(*wanted: Mailing) -> ColumnElement[bool]:
    return and_(
        Notice.read_at.is_(None),
        Notice.sending_id.is_(None),
        Notice.mail.in_([str(one) for one in wanted]),
    )


schedule.every(LOOK, timedelta(minutes=5))
schedule.every(SWEEP, timedelta(days=1))
