"""What applicants are told by mail: that an answer is late, or that another body gives it.

Each thing is told once. Who left no address is told by the handler, who is told to do so. The
subject of the mail names nothing but the body. Source: ν. 2690/1999 art. 4; domain (b) 25.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Row, exists, func, select, true
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from docflow import (
    audit,
    calendars,
    clock,
    mail,
    notices,
    organization,
    outbox,
    registry,
    schedule,
)
from docflow.calendars import ClockState, Terms
from docflow.deadlines.models import ApplicantNotice, NoticeKind, NoticeState
from docflow.deadlines.reminding import over_for
from docflow.i18n import DEFAULT_LANGUAGE, LANGUAGES, translate
from docflow.principal import Principal, system
from docflow.registry import Annulment, Direction, Entry, Handling, HandlingState

TASK = "deadlines.tell-delays"
SEND = "deadlines.tell-applicant"
_AT_ONCE = 200  # entries a run looks at; the next run takes the rest


@dataclass(frozen=True, slots=True)
class NoticeInfo:
    """A notice to the applicant as the entry's page shows it."""

    kind: str
    state: str
    email: str
    about_on: date
    competent: str
    queued_at: datetime
    sent_at: datetime | None
    problem: str | None


def of_entry(session: Session, entry_id: int) -> list[NoticeInfo]:
    """What the applicant was told; the caller got the entry through `registry.get`."""
    rows = session.scalars(
        select(ApplicantNotice)
        .where(ApplicantNotice.entry_id == entry_id)
        .order_by(ApplicantNotice.id)
    )
    return [
        NoticeInfo(
            row.kind,
            row.state,
            row.email,
            row.about_on,
            row.competent,
            row.queued_at,
            row.sent_at,
            row.problem,
        )
        for row in rows
    ]


def tell_forwarded(
    session: Session, entry: Entry, terms: Terms, competent: str, *, by: Principal
) -> None:
    """Ask for the mail that says to which body the request went."""
    if entry.direction != Direction.INCOMING or not any(_texts(terms, NoticeKind.FORWARDED)):
        return
    email = registry.current(session, entry).sender_email
    state = NoticeState.QUEUED if email else NoticeState.BY_HAND
    row = _queue(session, entry.id, NoticeKind.FORWARDED, clock.today(), email, state, competent)
    if row is not None and not email:
        _tell_handler(session, entry, [by.user_id], by=system(entry.body_id))


@outbox.job(TASK)
def tell_delays(run: outbox.Run) -> None:
    """Ask for a mail to each applicant whose answer is late, as the terms of his body say."""
    today = clock.today(run.office.settings.zone)
    with run.office.db.read() as session:
        body_ids = [body.id for body in organization.bodies(session)]
    for body_id in body_ids:
        with run.office.db.begin() as session:
            terms = calendars.terms.current(session, body_id)[0]
            if terms.tells_delay and any(_texts(terms, NoticeKind.DELAY)):
                for entry, handling in _late(session, body_id, terms, today):
                    _tell_late(session, entry, handling, terms)


def _late(
    session: Session, body_id: int, terms: Terms, today: date
) -> Sequence[Row[Entry, Handling]]:
    """Incoming items that are late for so long, and whose applicant was not told yet."""
    span = over_for(terms.delay_days, terms, calendars.of(session, body_id), today=today)
    if span is None:
        return []
    told = exists().where(
        ApplicantNotice.entry_id == Handling.entry_id,
        ApplicantNotice.kind == NoticeKind.DELAY,
        ApplicantNotice.about_on == Handling.due_on,
    )
    annulled = exists().where(Annulment.entry_id == Handling.entry_id)
    of_law = calendars.clocks.is_statutory(Handling.entry_id)
    return session.execute(
        select(Entry, Handling)
        .join(Entry, Entry.id == Handling.entry_id)
        .where(
            Entry.body_id == body_id,
            Entry.direction == Direction.INCOMING,
            Handling.state != HandlingState.CLOSED,
            Handling.due_on.between(*span),
            of_law if terms.only_statutory else true(),
            ~told,
            ~annulled,
            func.is_erased(Entry.id).is_(False),  # nobody is left whom one could tell
        )
        .order_by(Handling.due_on, Entry.id)
        .limit(_AT_ONCE)
    ).all()


def _tell_late(session: Session, entry: Entry, handling: Handling, terms: Terms) -> None:
    assert handling.due_on is not None  # the query asks for it
    email = registry.current(session, entry).sender_email
    state = NoticeState.QUEUED if email else NoticeState.BY_HAND
    row = _queue(session, entry.id, NoticeKind.DELAY, handling.due_on, email, state)
    if row is not None and not email:
        head = organization.head_of(session, handling.unit_id)
        who = handling.user_id or (head.id if head else None)
        _tell_handler(session, entry, [who], by=system(entry.body_id))


def _tell_handler(session: Session, entry: Entry, who: list[int | None], *, by: Principal) -> None:
    kind = notices.NoticeKind.DELAY_TO_TELL
    notices.tell(session, who, kind=kind, about=("entry", entry.id), by=by)


def _queue(
    session: Session,
    entry_id: int,
    kind: NoticeKind,
    about_on: date,
    email: str,
    state: NoticeState,
    competent: str = "",
) -> int | None:
    """The id of the new notice; None where it was told already."""
    row = session.scalar(
        insert(ApplicantNotice)
        .values(
            entry_id=entry_id,
            kind=kind,
            about_on=about_on,
            email=email,
            competent=competent,
            state=state,
            queued_at=clock.now(),
        )
        .on_conflict_do_nothing()
        .returning(ApplicantNotice.id)
    )
    if row is not None and state is NoticeState.QUEUED:
        outbox.enqueue(session, SEND, notice_id=row)
    return row


def _give_up(run: outbox.Run, *, notice_id: int, why: str) -> None:
    """No mail server took it: the entry says so, and the handler is asked to tell the applicant."""
    with run.office.db.begin() as session:
        row, entry, handling = _row(session, notice_id)
        if row.state != NoticeState.QUEUED:
            return
        row.state, row.problem = NoticeState.FAILED, why[:500]
        _tell_handler(session, entry, [handling.user_id], by=system(entry.body_id))
        audit.record(
            session,
            "deadline.applicant-not-told",
            by=system(entry.body_id),
            subject=("entry", entry.id),
            notice=row.id,
            kind=row.kind,
        )


@outbox.job(SEND, given_up=_give_up)
def send(run: outbox.Run, *, notice_id: int) -> None:
    """Mail the notice, if it is still true."""
    with run.office.db.begin() as session:
        row, entry, handling = _row(session, notice_id)
        if row.state != NoticeState.QUEUED:
            return
        if not _is_true(session, row, entry, handling):
            row.state = NoticeState.DROPPED
            return
        to, body = row.email, organization.body(session, entry.body_id).name
        terms = calendars.terms.current(session, entry.body_id)[0]
        text = _text(terms, row, entry, body)
    subject = translate("About your case, {body}", DEFAULT_LANGUAGE, body=body)
    message_id = mail.send(run.office.settings, to=to, subject=subject, text=text)
    with run.office.db.begin() as session:
        row, entry, _ = _row(session, notice_id)
        if row.state != NoticeState.QUEUED:
            return
        row.state, row.sent_at, row.problem = NoticeState.SENT, clock.now(), None
        audit.record(
            session,
            "deadline.applicant-told",
            by=system(entry.body_id),
            subject=("entry", entry.id),
            notice=row.id,
            kind=row.kind,
            message_id=message_id,
        )


def _is_true(session: Session, row: ApplicantNotice, entry: Entry, handling: Handling) -> bool:
    if session.get(Annulment, entry.id) is not None:
        return False
    if session.scalar(select(func.is_erased(entry.id))):
        return False  # its address too
    if row.kind == NoticeKind.DELAY:
        return handling.state != HandlingState.CLOSED and handling.due_on == row.about_on
    standing = calendars.clocks.known(session, entry.id, shown=handling.due_on).standing
    return standing.state is ClockState.FORWARDED


def _text(terms: Terms, row: ApplicantNotice, entry: Entry, body: str) -> str:
    said = {
        "body": body,
        "number": entry.label,
        "day": f"{row.about_on:%d/%m/%Y}",
        "to": row.competent,
    }
    texts = [text.format_map(said) for text in _texts(terms, NoticeKind(row.kind)) if text]
    return "\n\n---\n\n".join(texts) + "\n"


def _texts(terms: Terms, kind: NoticeKind) -> list[str]:
    said = terms.delay if kind is NoticeKind.DELAY else terms.forwarded
    return [said.text(language) for language in LANGUAGES]


def _row(session: Session, notice_id: int) -> tuple[ApplicantNotice, Entry, Handling]:
    row = session.get_one(ApplicantNotice, notice_id, with_for_update=True, populate_existing=True)
    return row, session.get_one(Entry, row.entry_id), session.get_one(Handling, row.entry_id)


schedule.every(TASK, timedelta(hours=1))
