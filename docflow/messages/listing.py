"""What was sent to citizens: for the page of a thing, for staff, and another try.

The list of all of them is for who keeps the sending going; it shows neither what was said nor
whole addresses. What was said stands on the page of its subject, to whoever may see that.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from docflow import audit, outbox
from docflow.errors import Conflict, NotFound
from docflow.i18n import DEFAULT_LANGUAGE, t
from docflow.messages import kinds, sms, templates
from docflow.messages.models import Message
from docflow.messages.sending import SEND, SEND_SEALED
from docflow.messages.values import MessageState
from docflow.principal import Principal

PAGE_SIZE = 50
_HIDDEN = "••••"  # in place of a code, which stands nowhere


class NoSuchMessage(NotFound):
    """There is no such message."""


class MessageNotFailed(Conflict):
    """Only what failed is sent again."""


@dataclass(frozen=True, slots=True)
class MessageInfo:
    """A message as the page of its subject shows it. `text` is that of today's words."""

    id: int
    kind: str
    about: tuple[str, int]
    way: str
    address: str
    state: str
    problem: str
    created_at: datetime
    ended_at: datetime | None
    text: str


@dataclass(frozen=True, slots=True)
class MessageLine:
    """A message as a row of the list of all; the address is masked."""

    id: int
    kind: str
    way: str
    address: str
    state: str
    tries: int
    problem: str
    created_at: datetime
    ended_at: datetime | None


def about(session: Session, about_type: str, about_id: int) -> list[MessageInfo]:
    """What was told of a thing, the newest first. The caller has checked the right to see it."""
    rows = session.scalars(
        select(Message)
        .where(Message.about_type == about_type, Message.about_id == about_id)
        .order_by(Message.id.desc())
    )
    return [_info(session, row) for row in rows]


def to_address(
    session: Session,
    body_id: int,
    *,
    emails: Collection[str] = (),
    phones: Collection[str] = (),
    limit: int = 100,
) -> list[MessageInfo]:
    """What was sent to these addresses, the newest first.

    The caller has checked the right, and shows of each only what its subject allows.
    """
    wanted = {one.strip().lower() for one in emails if one} | {
        sms.digits(one) for one in phones if one
    }
    if not wanted:
        return []
    rows = session.scalars(
        select(Message)
        .where(Message.body_id == body_id, Message.address.in_(wanted))
        .order_by(Message.id.desc())
        .limit(limit)
    )
    return [_info(session, row) for row in rows]


def _info(session: Session, row: Message) -> MessageInfo:
    kind = kinds.kind(row.kind)
    language = row.language or DEFAULT_LANGUAGE
    words, _ = templates.current(session, row.body_id, kind, language)
    said = words.sms if row.way == "sms" and words.sms else words.text
    values = templates.values_in(row.values, language)
    hidden = dict.fromkeys(kind.late, _HIDDEN)
    return MessageInfo(
        id=row.id,
        kind=row.kind,
        about=(row.about_type, row.about_id),
        way=row.way,
        address=row.address,
        state=row.state,
        problem=row.problem or "",
        created_at=row.created_at,
        ended_at=row.ended_at,
        text=templates.filled(said, {**values, **hidden}),
    )


def masked(address: str) -> str:
    """Enough of an address to recognise it: "a•••@example.gr", "•••4567"."""
    name, at, host = address.partition("@")
    return f"{name[:1]}•••@{host}" if at else f"•••{address[-4:]}"


def lines(
    session: Session,
    *,
    by: Principal,
    state: MessageState | None = None,
    before: int | None = None,
    limit: int = PAGE_SIZE,
) -> list[MessageLine]:
    """The newest messages of the body, below the id `before`. Raises NotAllowed."""
    require_keeper(by)
    query = select(Message).where(Message.body_id == by.body_id)
    if state is not None:
        query = query.where(Message.state == state)
    if before is not None:
        query = query.where(Message.id < before)
    rows: Sequence[Message] = session.scalars(query.order_by(Message.id.desc()).limit(limit)).all()
    return [
        MessageLine(
            id=row.id,
            kind=row.kind,
            way=row.way,
            address=masked(row.address),
            state=row.state,
            tries=row.tries,
            problem=row.problem or "",
            created_at=row.created_at,
            ended_at=row.ended_at,
        )
        for row in rows
    ]


def counts(session: Session, *, by: Principal) -> dict[str, int]:
    """How many stand in each state. Raises NotAllowed."""
    require_keeper(by)
    rows = session.execute(
        select(Message.state, func.count())
        .where(Message.body_id == by.body_id)
        .group_by(Message.state)
    )
    return {state: count for state, count in rows}


def send_again(session: Session, message_id: int, *, by: Principal) -> Message:
    """Try once more what failed or bounced. Raises NotAllowed, NoSuchMessage, MessageNotFailed."""
    require_keeper(by)
    row = session.scalar(
        select(Message)
        .where(Message.id == message_id, Message.body_id == by.body_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise NoSuchMessage(t("There is no such message. It may have been forgotten already."))
    if row.state not in (MessageState.FAILED, MessageState.BOUNCED):
        raise MessageNotFailed(t("This message did not fail, or is being sent again already."))
    row.state, row.problem, row.ended_at, row.message_id = MessageState.QUEUED, None, None, None
    is_sealed = kinds.kind(row.kind).is_sealed
    outbox.enqueue(session, SEND_SEALED if is_sealed else SEND, message_id=row.id)
    audit.record(
        session,
        "message.sent-again",
        by=by,
        subject=(row.about_type, row.about_id),
        message=row.id,
        kind=row.kind,
    )
    return row


def forget_about(session: Session, about_type: str, about_id: int) -> None:
    """Forget what was told of a thing whose personal data go."""
    session.execute(
        delete(Message).where(Message.about_type == about_type, Message.about_id == about_id)
    )


def require_keeper(by: Principal) -> None:
    """Raises NotAllowed."""
    by.require_scope("administer")
    by.require(
        by.is_administrator or by.is_registrar,
        t("Only the head of the registry and the administrator see what was sent to citizens."),
    )


def of_reference(session: Session, body_id: int, references: Collection[str]) -> Message | None:
    """The message that a server calls so, held; see `bounces`."""
    return session.scalar(
        select(Message)
        .where(Message.body_id == body_id, Message.message_id.in_(list(references)))
        .order_by(Message.id.desc())
        .limit(1)
        .with_for_update()
    )
