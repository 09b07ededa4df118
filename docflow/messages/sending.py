"""Asking for a message in a transaction, and sending it by a job after it.

A message may leave twice where a worker dies between the server's answer and the record of it; it
never gets lost. What it says is worded when it leaves, in the words of that moment.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from docflow import audit, clock, mail, organization, outbox, schedule
from docflow.errors import Unavailable
from docflow.folding import line
from docflow.i18n import DEFAULT_LANGUAGE
from docflow.messages import kinds, sms, templates
from docflow.messages.models import Message
from docflow.messages.values import (
    UNKNOWN_LANGUAGE,
    Addressee,
    Kind,
    MessageState,
    Way,
    Wording,
    nameless,
)
from docflow.office import Office
from docflow.principal import Principal, system
from docflow.settings import Settings

SEND, SEND_SEALED, FORGET = "messages.send", "messages.send-sealed", "messages.forget"
_BETWEEN = "\n\n---\n\n"


@dataclass(frozen=True, slots=True)
class _Letter:
    """A message as it leaves."""

    way: Way
    to: str
    subject: str
    text: str


def send(
    session: Session,
    *,
    body_id: int,
    to: Addressee,
    kind: str,
    values: Mapping[str, str],
    about: tuple[str, int],
    by: Principal,
    once: str = "",
    source: int | None = None,
) -> tuple[int, ...]:
    """Ask, in this transaction, for a message; the ids of its rows, one a way.

    None of them: he has no address, or wants no such messages; tell him otherwise. With `once` the
    same is not told a second time: the rows of the first time are returned. `source` is the id of
    the caller's own row, for his hooks. A link is given as "{portal}/…", and a value that differs
    by language as "name.el", "name.en" and so on. Raises NoSuchKind.
    """
    declared = kinds.kind(kind)
    given = {name.partition(".")[0] for name in values}
    missing = set(declared.samples) - declared.late - given
    if missing:
        raise ValueError(f"{kind}: no value for {sorted(missing)}")  # a mistake in the program
    ways = [way for way in to.ways() if way is Way.EMAIL or _goes_by_sms(declared)]
    if not ways and to.ways() and to.email:
        ways = [Way.EMAIL]
    if declared.late:
        ways = ways[:1]
    return tuple(
        _queued(session, body_id, declared, way, to, values, about, by, once, source)
        for way in ways
    )


def _goes_by_sms(kind: Kind) -> bool:
    return bool(kinds.default_words(kind, "en").sms)


def _queued(
    session: Session,
    body_id: int,
    kind: Kind,
    way: Way,
    to: Addressee,
    values: Mapping[str, str],
    about: tuple[str, int],
    by: Principal,
    once: str,
    source: int | None,
) -> int:
    row = {
        "body_id": body_id,
        "kind": kind.code,
        "about_type": about[0],
        "about_id": about[1],
        "source_id": source,
        "way": way,
        "address": line(to.email).lower() if way is Way.EMAIL else sms.digits(to.phone),
        "language": to.language,
        "values": {name: str(value) for name, value in values.items()},
        "once": once or None,
        "by_id": by.user_id,
        "created_at": clock.now(),
    }
    made: int | None = session.scalar(
        insert(Message)
        .values(row)
        .on_conflict_do_nothing(
            index_elements=["body_id", "once", "way"], index_where=text("once IS NOT NULL")
        )
        .returning(Message.id)
    )
    if made is None:
        told = select(Message.id).where(
            Message.body_id == body_id, Message.once == once, Message.way == way
        )
        earlier: int = session.scalars(told).one()
        return earlier
    outbox.enqueue(session, SEND_SEALED if kind.is_sealed else SEND, message_id=made)
    return made


def give_up(run: outbox.Run, *, message_id: int, why: str) -> None:
    """No server took it, or it was refused: the row says so; a person may have it tried again."""
    _end(run.office, message_id, MessageState.FAILED, problem=why)


@outbox.job(SEND, given_up=give_up)
def send_now(run: outbox.Run, *, message_id: int) -> None:
    """Word a message and hand it over. Raises MailUnavailable, SmsUnavailable, and refusals."""
    _send(run.office, message_id)


# The worker that holds the seal: what is attached is sealed by it.
@outbox.job(SEND_SEALED, queue="signing", given_up=give_up)
def send_sealed(run: outbox.Run, *, message_id: int) -> None:
    """As `send_now`."""
    _send(run.office, message_id)


def _send(office: Office, message_id: int) -> None:
    with office.db.begin() as session:
        row = _locked(session, message_id)
        if row is None or row.state != MessageState.QUEUED:
            return
        late = kinds.late_values(session, row)
        letter = None if late is None else _letter(session, row, late, office.settings)
        if letter is None:
            _ended(session, row, MessageState.NEEDLESS)
            return
        row.tries += 1
    try:
        sent_as = _hand_over(office, row, letter)
    except Unavailable as error:
        with office.db.begin() as session:
            again = _locked(session, message_id)
            if again is not None and again.state == MessageState.QUEUED:
                said = error.message.in_language(DEFAULT_LANGUAGE)
                again.problem = nameless(said, again.address)[:500]
        raise
    _end(office, message_id, MessageState.SENT, message_id_there=sent_as)


def _letter(session: Session, row: Message, late: Mapping[str, str], settings: Settings) -> _Letter:
    kind, way = kinds.kind(row.kind), Way(row.way)
    portal = settings.public_url.rstrip("/")
    everywhere = {
        **late,
        "body": organization.body(session, row.body_id).name,
        "portal": portal,
    }
    said = []
    for language in (row.language,) if row.language else UNKNOWN_LANGUAGE:
        words, _ = templates.current(session, row.body_id, kind, language)
        values = {**templates.values_in(row.values, language, portal=portal), **everywhere}
        said.append(
            Wording(
                line(templates.filled(words.subject, values)),
                templates.filled(words.text, values),
                templates.filled(words.sms, values),
            )
        )
    if way is Way.SMS:  # in one language: an SMS is short, and dear
        return _Letter(way, row.address, "", said[0].sms or said[0].text)
    text = _BETWEEN.join(one.text for one in said)
    return _Letter(way, row.address, said[0].subject, text + "\n")


def _hand_over(office: Office, row: Message, letter: _Letter) -> str:
    if letter.way is Way.SMS:
        return sms.send(office.settings, to=letter.to, text=letter.text, number=row.id)
    return mail.send(
        office.settings,
        to=letter.to,
        subject=letter.subject,
        text=letter.text,
        attachments=kinds.attachments(office, row),
    )


def _end(
    office: Office,
    message_id: int,
    state: MessageState,
    *,
    problem: str | None = None,
    message_id_there: str | None = None,
) -> None:
    with office.db.begin() as session:
        row = _locked(session, message_id)
        if row is None or row.state != MessageState.QUEUED:
            return
        row.message_id = message_id_there
        _ended(session, row, state, problem=problem)


def _ended(
    session: Session, row: Message, state: MessageState, *, problem: str | None = None
) -> None:
    row.state, row.ended_at = state, clock.now()
    row.problem = nameless(problem, row.address)[:500] if problem else None
    if kinds.kind(row.kind).is_audited and state is not MessageState.NEEDLESS:
        audit.record(
            session,
            "message.sent" if state is MessageState.SENT else "message.failed",
            by=system(row.body_id),
            subject=(row.about_type, row.about_id),
            message=row.id,
            kind=row.kind,
            way=row.way,
        )
    kinds.ended(session, row)


def _locked(session: Session, message_id: int) -> Message | None:
    return session.scalar(
        select(Message)
        .where(Message.id == message_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


@outbox.job(FORGET)
def forget(run: outbox.Run) -> None:
    """Forget messages that are older than `message_days`; what waits is sent first."""
    before = clock.now() - timedelta(days=run.office.settings.message_days)
    with run.office.db.begin() as session:
        session.execute(
            delete(Message).where(Message.created_at < before, Message.state != MessageState.QUEUED)
        )


schedule.every(FORGET, timedelta(hours=24))

__all__ = ["FORGET", "SEND", "SEND_SEALED", "forget", "give_up", "send", "send_now"]
