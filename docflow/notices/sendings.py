"""What was sent, for the administrator: to whom, when, whether it arrived, and another try."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from docflow import audit, organization, outbox
from docflow.errors import Conflict, NotFound
from docflow.i18n import t
from docflow.notices.gathering import SEND
from docflow.notices.models import Channel, Sending, SendingState
from docflow.principal import Principal


class NoSuchSending(NotFound):
    """There is no such mail or push message."""


class NotFailed(Conflict):
    """Only what failed is sent again."""


@dataclass(frozen=True, slots=True)
class SendingLine:
    """A mail or a push message as a row of the list. Of what it told, only how many."""

    id: int
    person: str
    channel: str
    is_daily: bool
    count: int
    state: str
    tries: int
    problem: str
    created_at: datetime
    ended_at: datetime | None


def sendings(
    session: Session, *, by: Principal, state: SendingState | None = None, limit: int = 100
) -> list[SendingLine]:
    """The newest of the body, to its administrator. Raises NotAllowed."""
    _require(by)
    query = select(Sending).where(Sending.body_id == by.body_id)
    if state is not None:
        query = query.where(Sending.state == state)
    rows = session.scalars(query.order_by(Sending.id.desc()).limit(limit)).all()
    people = organization.names(session, (row.user_id for row in rows))
    return [
        SendingLine(
            id=row.id,
            person=people.get(row.user_id, ""),
            channel=row.channel,
            is_daily=row.is_daily,
            count=row.count,
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
    _require(by)
    rows: Sequence[tuple[str, int]] = [
        (state, count)
        for state, count in session.execute(
            select(Sending.state, func.count())
            .where(Sending.body_id == by.body_id)
            .group_by(Sending.state)
        )
    ]
    return dict(rows)


def send_again(session: Session, sending_id: int, *, by: Principal) -> Sending:
    """Try once more what failed for good. Raises NotAllowed, NoSuchSending, NotFailed."""
    _require(by)
    row = session.scalar(
        select(Sending)
        .where(Sending.id == sending_id, Sending.body_id == by.body_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise NoSuchSending(t("There is no such message. It may have been forgotten already."))
    if row.state != SendingState.FAILED:
        raise NotFailed(t("This message did not fail, or is being sent again already."))
    row.state, row.problem, row.ended_at = SendingState.WAITING, None, None
    outbox.enqueue(session, SEND[Channel(row.channel)], sending_id=row.id)
    audit.record(
        session, "notices.sent-again", by=by, subject=("user", row.user_id), sending=row.id
    )
    return row


def _require(by: Principal) -> None:
    by.require_scope("administer")
    by.require(by.is_administrator, t("Only an administrator sees what was sent."))
