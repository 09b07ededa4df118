"""Reminders of the day until which others were asked for an opinion, or for a part of the work.

Who was asked is told before that day, when the handler of an item would be; and when it is over,
together with who asked. A body whose terms remind of nothing reminds of this neither. Each is told
once: its row and the notice are written in one transaction. Source: domain rows 57 and 60.
"""

from collections.abc import Iterator
from datetime import date, timedelta

from sqlalchemy import Select, exists, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from docflow import calendars, clock, notices, organization, outbox, routing, schedule
from docflow.calendars import Addressee, Calendar, Terms
from docflow.deadlines.models import ContributionReminder
from docflow.deadlines.reminding import due_for, is_here, may_see
from docflow.notices import NoticeKind
from docflow.principal import system
from docflow.registry import Annulment, Entry
from docflow.routing import Contribution

TASK = "deadlines.remind-answers"
_AT_ONCE = 200  # of a transaction; a run goes on until nothing is left
_OVER = 1


@outbox.job(TASK)
def remind(run: outbox.Run) -> None:
    """Tell each reminder of an answer whose day has come."""
    today = clock.today(run.office.settings.zone)
    with run.office.db.read() as session:
        spans = {
            body.id: list(
                _spans(
                    calendars.terms.current(session, body.id)[0],
                    calendars.of(session, body.id),
                    today,
                )
            )
            for body in organization.bodies(session)
        }
    for body_id, some in spans.items():
        for days, first, last in some:
            told = _AT_ONCE
            while told == _AT_ONCE:
                with run.office.db.begin() as session:
                    told = _tell(session, body_id, days, first, last)


def _spans(terms: Terms, calendar: Calendar, today: date) -> Iterator[tuple[int, date, date]]:
    """So many days after the day that was asked for: of which days it is time for it."""
    for one in terms.reminders:
        if one.days <= 0 and one.to is Addressee.HANDLER:
            span = due_for(one, terms, calendar, today=today)
            if span is not None:
                yield one.days, *span
    if terms.reminders:
        reach = timedelta(days=terms.reminder_reach)
        yield _OVER, today - reach, today - timedelta(days=1)


def _tell(session: Session, body_id: int, days: int, first: date, last: date) -> int:
    """Tell some of what is due; how many rows were looked at."""
    rows = session.execute(_wanted(body_id, days, first, last)).all()
    for entry, row in rows:
        people = [one for one in _addressees(session, row, days) if may_see(session, one, entry)]
        new = session.scalar(
            insert(ContributionReminder)
            .values(contribution_id=row.id, days=days, user_ids=people, told_at=clock.now())
            .on_conflict_do_nothing()
            .returning(ContributionReminder.contribution_id)
        )
        if new is not None:
            kind = NoticeKind.OPINION_LATE if days > 0 else NoticeKind.OPINION_DUE
            about = ("entry", entry.id)
            notices.tell(session, people, kind=kind, about=about, by=system(body_id))
    return len(rows)


def _wanted(body_id: int, days: int, first: date, last: date) -> Select[Entry, Contribution]:
    told = exists().where(
        ContributionReminder.contribution_id == Contribution.id,
        ContributionReminder.days == days,
    )
    return (
        select(Entry, Contribution)
        .join(Entry, Entry.id == Contribution.entry_id)
        .where(
            Entry.body_id == body_id,
            Contribution.ended_at.is_(None),
            Contribution.due_on.between(first, last),
            ~told,
            ~exists().where(Annulment.entry_id == Entry.id),
            func.is_erased(Entry.id).is_(False),
        )
        .order_by(Contribution.due_on, Contribution.id)
        .limit(_AT_ONCE)
    )


def _addressees(session: Session, row: Contribution, days: int) -> list[int]:
    """Who was asked, or the head where nobody of them is here; and who asked, when it is over."""
    to = routing.Target(row.unit_id, row.taken_by or row.user_id)
    asked = [one for one in routing.addressed(session, to) if one and is_here(session, one)]
    if not asked:
        asked = [one.id for one in organization.heads_above(session, row.unit_id)[:1]]
    if days > 0 and row.asked_by not in asked and is_here(session, row.asked_by):
        asked.append(row.asked_by)
    return asked


schedule.every(TASK, timedelta(hours=1))
