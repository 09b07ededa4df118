"""Reminders before and after a deadline: to the handler, then the head, then the director.

When and to whom is said in the body's terms. Each reminder is told once, whatever happens to the
worker: its row and the notice are written in one transaction. Who may not see the entry is told
nothing. Source: domain row 60.
"""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy import Select, exists, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from docflow import calendars, clock, notices, organization, outbox, registry, schedule
from docflow.calendars import Addressee, Calendar, DayUnit, Reminder, Terms
from docflow.deadlines.models import DeadlineReminder
from docflow.notices import NoticeKind
from docflow.principal import Via, system
from docflow.registry import Annulment, Entry, Handling, HandlingState

TASK = "deadlines.remind"
_AT_ONCE = 200  # of a transaction; a run goes on until nothing is left


@outbox.job(TASK)
def remind(run: outbox.Run) -> None:
    """Tell each reminder whose day has come."""
    today = clock.today(run.office.settings.zone)
    with run.office.db.read() as session:
        body_ids = [body.id for body in organization.bodies(session)]
        known = {
            body_id: (calendars.terms.current(session, body_id)[0], calendars.of(session, body_id))
            for body_id in body_ids
        }
    for body_id, (terms, calendar) in known.items():
        for reminder in terms.reminders:
            span = due_for(reminder, terms, calendar, today=today)
            told = _AT_ONCE
            while span is not None and told == _AT_ONCE:
                with run.office.db.begin() as session:
                    told = _tell(session, body_id, reminder, *span)


def due_for(
    reminder: Reminder, terms: Terms, calendar: Calendar, *, today: date
) -> tuple[date, date] | None:
    """The first and the last deadline for which it is time for the reminder.

    A reminder before the deadline is told until that day; one after it as long as the terms say.
    """
    if reminder.days <= 0:
        last = calendar.end(today, -reminder.days, DayUnit.WORKING)
        while reminder.days and calendar.before(last + timedelta(days=1), -reminder.days) <= today:
            last += timedelta(days=1)
        return today, last
    return over_for(reminder.days, terms, calendar, today=today)


def over_for(
    days: int, terms: Terms, calendar: Calendar, *, today: date
) -> tuple[date, date] | None:
    """The first and the last deadline that have been over for so many working days, as far back as
    the terms say; None where no day is.
    """
    first = today - timedelta(days=terms.reminder_reach)
    past = [first + timedelta(days=n) for n in range(terms.reminder_reach)]
    # The later the deadline, the later its days are over.
    over = bisect_right(past, today, key=lambda day: calendar.end(day, days, DayUnit.WORKING))
    return (first, past[over - 1]) if over else None


def _tell(session: Session, body_id: int, reminder: Reminder, first: date, last: date) -> int:
    """Tell some of what is due; how many rows were looked at."""
    rows = session.execute(_wanted(body_id, reminder, first, last)).all()
    for entry, handling in rows:
        people = _addressees(session, handling, reminder.to)
        people = [one for one in people if may_see(session, one, entry)]
        new = session.scalar(
            insert(DeadlineReminder)
            .values(
                entry_id=entry.id,
                due_on=handling.due_on,
                days=reminder.days,
                addressee=reminder.to,
                user_ids=people,
                told_at=clock.now(),
            )
            .on_conflict_do_nothing()
            .returning(DeadlineReminder.id)
        )
        if new is not None:
            notices.tell(
                session,
                people,
                kind=_kind(reminder),
                about=("entry", entry.id),
                by=system(body_id),
            )
    return len(rows)


def _wanted(body_id: int, reminder: Reminder, first: date, last: date) -> Select[Entry, Handling]:
    told = exists().where(
        DeadlineReminder.entry_id == Handling.entry_id,
        DeadlineReminder.due_on == Handling.due_on,
        DeadlineReminder.days == reminder.days,
        DeadlineReminder.addressee == reminder.to,
    )
    return (
        select(Entry, Handling)
        .join(Entry, Entry.id == Handling.entry_id)
        .where(
            Entry.body_id == body_id,
            Handling.state != HandlingState.CLOSED,
            Handling.due_on.between(first, last),
            ~told,
            ~exists().where(Annulment.entry_id == Handling.entry_id),
        )
        .order_by(Handling.due_on, Handling.entry_id)
        .limit(_AT_ONCE)
    )


def _kind(reminder: Reminder) -> NoticeKind:
    if reminder.days <= 0:
        return NoticeKind.DEADLINE_NEAR
    if reminder.to is Addressee.HANDLER:
        return NoticeKind.DEADLINE_OVER
    return NoticeKind.ESCALATED


def _addressees(session: Session, handling: Handling, to: Addressee) -> Sequence[int]:
    """Whom the reminder means: nobody twice on the way up, and never the one below."""
    heads = [one.id for one in organization.heads_above(session, handling.unit_id)]
    handler = handling.user_id
    if handler is not None and not is_here(session, handler):
        handler = None
    if to is Addressee.HANDLER:
        return [handler] if handler is not None else heads[:1]
    above = [one for one in heads if one != handler]
    if to is Addressee.HEAD:
        return above[:1]
    return above[1:2] or above[:1]


def is_here(session: Session, user_id: int) -> bool:
    """Whether the person serves and can log in; who may not has no rights to ask for."""
    here = select(organization.User.id).where(
        organization.User.id == user_id, organization.in_service()
    )
    return session.scalar(here) is not None


def may_see(session: Session, user_id: int, entry: Entry) -> bool:
    """Whether a person who `is_here` sees the entry."""
    by = organization.principal(session, user_id, via=Via.JOB)
    sees = select(Entry.id).where(Entry.id == entry.id, registry.visible_to(by))
    return session.scalar(sees) is not None


def escalated() -> Select[int]:
    """The ids of entries whose delay was told above the handler."""
    return select(DeadlineReminder.entry_id).where(
        DeadlineReminder.addressee != Addressee.HANDLER,
        DeadlineReminder.days > 0,
        func.jsonb_array_length(DeadlineReminder.user_ids) > 0,
    )


schedule.every(TASK, timedelta(hours=1))
