"""What applicants are told: that an answer is late, or that another body gives it.

Each thing is told once. Who left no address is told by the handler, who is told to do so. The
subject of the mail names nothing but the body. Source: ν. 2690/1999 art. 4; domain (b) 25.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum

from sqlalchemy import Row, exists, func, select, true
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from docflow import (
    audit,
    calendars,
    clock,
    messages,
    notices,
    organization,
    outbox,
    registry,
    schedule,
)
from docflow.calendars import ClockState, Terms
from docflow.deadlines.models import ApplicantNotice, NoticeKind, NoticeState
from docflow.deadlines.reminding import over_for
from docflow.i18n import LANGUAGES, t
from docflow.messages import Addressee, Message, MessageState
from docflow.principal import Principal, system
from docflow.registry import Annulment, Direction, Entry, Handling, HandlingState

TASK = "deadlines.tell-delays"
_AT_ONCE = 200  # entries a run looks at; the next run takes the rest

NOTICE = messages.declare(
    messages.Kind(
        "deadline-notice",
        title=t("A delay, or another competent body"),
        samples={"text": "…"},
        is_editable=False,  # the words stand in the terms of the deadlines
        is_audited=False,
        words=messages.Worded(t("About your case, {body}"), t("{text}"), t("{text}")),
    )
)


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
    """Ask for the message that says to which body the request went."""
    if entry.direction != Direction.INCOMING or not any(_texts(terms, NoticeKind.FORWARDED)):
        return
    today = clock.today()
    if _queue(session, entry, terms, NoticeKind.FORWARDED, today, competent) is _Told.BY_HAND:
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
    told = _queue(session, entry, terms, NoticeKind.DELAY, handling.due_on)
    if told is _Told.BY_HAND:
        head = organization.head_of(session, handling.unit_id)
        who = handling.user_id or (head.id if head else None)
        _tell_handler(session, entry, [who], by=system(entry.body_id))


def _tell_handler(session: Session, entry: Entry, who: list[int | None], *, by: Principal) -> None:
    kind = notices.NoticeKind.DELAY_TO_TELL
    notices.tell(session, who, kind=kind, about=("entry", entry.id), by=by)


class _Told(Enum):
    EARLIER = "earlier"
    QUEUED = "queued"
    BY_HAND = "by-hand"  # no address is known


def _queue(
    session: Session,
    entry: Entry,
    terms: Terms,
    kind: NoticeKind,
    about_on: date,
    competent: str = "",
) -> _Told:
    """Note that it is told, and ask for the message; what became of it."""
    known = Addressee(email=registry.current(session, entry).sender_email)
    to = messages.chosen(session, ("entry", entry.id), known)
    state = NoticeState.QUEUED if to.ways() else NoticeState.BY_HAND
    row = session.scalar(
        insert(ApplicantNotice)
        .values(
            entry_id=entry.id,
            kind=kind,
            about_on=about_on,
            email=to.email,
            competent=competent,
            state=state,
            queued_at=clock.now(),
        )
        .on_conflict_do_nothing()
        .returning(ApplicantNotice.id)
    )
    if row is None:
        return _Told.EARLIER
    if state is NoticeState.BY_HAND:
        return _Told.BY_HAND
    _send(session, row, entry, to, _values(session, terms, kind, entry, about_on, competent))
    return _Told.QUEUED


def _send(
    session: Session, notice_id: int, entry: Entry, to: Addressee, values: dict[str, str]
) -> None:
    messages.send(
        session,
        body_id=entry.body_id,
        to=to,
        kind=NOTICE.code,
        values=values,
        about=("entry", entry.id),
        by=system(entry.body_id),
        source=notice_id,
    )


@outbox.job("deadlines.tell-applicant")
def send(run: outbox.Run, *, notice_id: int) -> None:
    """A notice that a process of the version before asked for, while both versions ran."""
    with run.office.db.begin() as session:
        row, entry, _ = _row(session, notice_id)
        if row.state != NoticeState.QUEUED:
            return
        terms = calendars.terms.current(session, entry.body_id)[0]
        kind = NoticeKind(row.kind)
        values = _values(session, terms, kind, entry, row.about_on, row.competent)
        _send(session, notice_id, entry, Addressee(email=row.email), values)


def _values(
    session: Session,
    terms: Terms,
    kind: NoticeKind,
    entry: Entry,
    about_on: date,
    competent: str,
) -> dict[str, str]:
    """The text in each language, in the words of the terms; Greek where they have only that."""
    said = {
        "body": organization.body(session, entry.body_id).name,
        "number": entry.label,
        "day": f"{about_on:%d/%m/%Y}",
        "to": competent,
    }
    texts = [text.format_map(said) for text in _texts(terms, kind)]
    in_own = dict(zip(LANGUAGES, texts, strict=True))
    whole = next(text for text in texts if text)
    return {
        f"text.{language}": in_own.get(language) or in_own["en"] or whole
        for language in messages.LANGUAGES
    }


@messages.at_sending(NOTICE.code)
def still_true(session: Session, message: Message) -> dict[str, str] | None:
    """Nobody is told of a delay that is over by now."""
    row, entry, handling = _row(session, message.source_id or 0)
    if row.state not in (NoticeState.QUEUED, NoticeState.FAILED):
        return None
    if not _is_true(session, row, entry, handling):
        row.state = NoticeState.DROPPED
        return None
    row.state, row.problem = NoticeState.QUEUED, None
    return {}


@messages.after_ended(NOTICE.code)
def ended(session: Session, message: Message) -> None:
    """The entry says what became of it; where it did not arrive the handler is asked to tell."""
    row, entry, handling = _row(session, message.source_id or 0)
    by, about = system(entry.body_id), ("entry", entry.id)
    if message.state == MessageState.SENT and row.state == NoticeState.QUEUED:
        row.state, row.sent_at, row.problem = NoticeState.SENT, clock.now(), None
        audit.record(
            session,
            "deadline.applicant-told",
            by=by,
            subject=about,
            notice=row.id,
            kind=row.kind,
            message_id=message.message_id,
        )
    elif message.state in (MessageState.FAILED, MessageState.BOUNCED):
        row.state, row.sent_at, row.problem = NoticeState.FAILED, None, message.problem
        _tell_handler(session, entry, [handling.user_id], by=by)
        audit.record(
            session,
            "deadline.applicant-not-told",
            by=by,
            subject=about,
            notice=row.id,
            kind=row.kind,
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


def _texts(terms: Terms, kind: NoticeKind) -> list[str]:
    said = terms.delay if kind is NoticeKind.DELAY else terms.forwarded
    return [said.text(language) for language in LANGUAGES]


def _row(session: Session, notice_id: int) -> tuple[ApplicantNotice, Entry, Handling]:
    row = session.get_one(ApplicantNotice, notice_id, with_for_update=True, populate_existing=True)
    return row, session.get_one(Entry, row.entry_id), session.get_one(Handling, row.entry_id)


schedule.every(TASK, timedelta(hours=1))
