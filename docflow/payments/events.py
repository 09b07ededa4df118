"""What the financial application is told: a list that it reads on, and an address that is rung.

An event is written with what it tells of; its position in the list of its body is given afterwards,
to what is committed, so that who reads on behind a position never misses one that was written
earlier and committed later.
"""

import hashlib
import hmac
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from docflow import clock, outbox, posting, schedule
from docflow.errors import Unavailable
from docflow.i18n import t
from docflow.payments import access
from docflow.payments.models import Payable, PaymentEvent
from docflow.principal import Principal

log = logging.getLogger(__name__)

TELL = "payments.tell-finance"
TELL_AGAIN = "payments.tell-finance-again"
SIGNATURE = "Docflow-Signature"
MOST = 500
_LOCK = 0x70617965  # of the transactions that give positions
_OWN_TRIES = timedelta(minutes=10)  # the job of an event itself tries again for so long
_GIVEN_UP = timedelta(days=30)
_AT_ONCE = 200
_LONGEST = timedelta(minutes=5)  # of one round, where each answer is waited for


class FinanceUnavailable(Unavailable):
    """The financial application does not take what it is told."""


@dataclass(frozen=True, slots=True)
class EventInfo:
    """One thing that happened to a payable, with the payable as it was then and its payer."""

    position: int
    kind: str
    at: datetime
    content: Mapping[str, Any]


def note(session: Session, payable: Payable, kind: str, **more: object) -> None:
    """Write, in this transaction, what happened; the financial application is told after it."""
    session.flush()
    content = {
        "reference": payable.reference,
        "state": str(payable.state),
        "cents": payable.cents,
        "currency": "EUR",
        "about": [payable.subject_type, payable.subject_id],
        "shown_as": payable.shown_as,
        "due_on": payable.due_on.isoformat() if payable.due_on else None,
        "bank_number": payable.bank_number,
        **more,
    }
    event = PaymentEvent(
        body_id=payable.body_id, kind=kind, payable_id=payable.id, content=content, at=clock.now()
    )
    session.add(event)
    session.flush()
    outbox.enqueue(session, TELL, event_id=event.id)


def place(session: Session) -> None:
    """Give positions to what is committed and has none.

    One transaction at a time does, and it does nothing else: so nobody waits for it who holds
    something that it waits for.
    """
    session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    new = session.scalars(
        select(PaymentEvent).where(PaymentEvent.position.is_(None)).order_by(PaymentEvent.id)
    ).all()
    last: dict[int, int] = {}
    for event in new:
        if event.body_id not in last:
            highest = select(func.max(PaymentEvent.position)).where(
                PaymentEvent.body_id == event.body_id
            )
            last[event.body_id] = session.scalar(highest) or 0
        last[event.body_id] += 1
        event.position = last[event.body_id]
    session.flush()


def after(session: Session, position: int, *, by: Principal, limit: int = 100) -> list[EventInfo]:
    """The events behind a position, in their order. Raises NotAllowed."""
    access.require_keeper(session, by, reads=True)
    rows = session.execute(
        select(PaymentEvent, Payable)
        .join(Payable, Payable.id == PaymentEvent.payable_id)
        .where(PaymentEvent.body_id == by.body_id, PaymentEvent.position > position)
        .order_by(PaymentEvent.position)
        .limit(min(limit, MOST))
    ).all()
    return [_info(event, payable) for event, payable in rows]


def _info(event: PaymentEvent, payable: Payable) -> EventInfo:
    payer = {"name": payable.payer_name, "tax_number": payable.payer_tax_number}
    content = {**event.content, "reason": payable.reason, "payer": payer}
    return EventInfo(event.position or 0, event.kind, event.at, content)


@outbox.job(TELL)
def tell(run: outbox.Run, event_id: int) -> None:
    """Give the event its position, and ring the financial application where it has an address."""
    office = run.office
    with office.db.begin() as session:
        place(session)
    url = office.settings.finance_url
    if url is None:
        return
    with office.db.begin() as session:
        event = session.get_one(PaymentEvent, event_id)
        if event.told_at is not None:
            return
        found = _info(event, session.get_one(Payable, event.payable_id))
    secret = office.settings.finance_secret.get_secret_value()
    _post(url, found, secret)
    with office.db.begin() as session:
        row = session.get_one(PaymentEvent, event_id, with_for_update=True)
        row.told_at = row.told_at or clock.now()


@outbox.job(TELL_AGAIN)
def tell_again(run: outbox.Run) -> None:
    """Every quarter of an hour: what was not taken in thirty days, by lot.

    So what is refused by itself keeps nothing else waiting, however much of it there is; positions
    say what comes after what.
    """
    if run.office.settings.finance_url is None:
        return
    begun = clock.now()
    with run.office.db.read() as session:
        waiting = session.scalars(
            select(PaymentEvent.id)
            .where(
                PaymentEvent.told_at.is_(None),
                PaymentEvent.at > begun - _GIVEN_UP,
                PaymentEvent.at < begun - _OWN_TRIES,
            )
            .order_by(func.random())
            .limit(_AT_ONCE)
        ).all()
    for event_id in waiting:
        if clock.now() - begun > _LONGEST:
            return
        try:
            tell(run, event_id)
        except FinanceUnavailable as error:
            log.warning("payment event %s is not taken: %s", event_id, error)


schedule.every(TELL_AGAIN, timedelta(minutes=15))


def signature(secret: str, body: bytes, moment: int) -> str:
    """“t=…,v1=…”: HMAC-SHA256 of the time (Unix seconds), a dot and the body."""
    digest = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={moment},v1={digest}"


def is_signed(secret: str, body: bytes, header: str, *, now: datetime, minutes: int = 5) -> bool:
    """Whether the header is the signature of the body, and not older than some minutes."""
    parts = dict(part.split("=", 1) for part in header.split(",") if "=" in part)
    moment = parts.get("t", "")
    if not secret or not moment.isascii() or not moment.isdecimal() or len(moment) > 12:
        return False
    is_fresh = abs(now.timestamp() - int(moment)) <= minutes * 60
    expected = signature(secret, body, int(moment)).rpartition("=")[2]
    given = parts.get("v1", "").encode(errors="replace")
    return is_fresh and hmac.compare_digest(expected.encode(), given)


def _post(url: str, event: EventInfo, secret: str) -> None:
    body = json.dumps(
        {
            "position": event.position,
            "kind": event.kind,
            "at": event.at.isoformat(),
            **event.content,
        },
        ensure_ascii=False,
    ).encode()
    signed = signature(secret, body, int(clock.now().timestamp()))
    try:
        answer = posting.ask("POST", url, body=body, headers={**posting.JSON, SIGNATURE: signed})
    except posting.NoAnswer as error:
        raise FinanceUnavailable(
            t("The financial application does not take what it is told: {why}", why=str(error))
        ) from error
    if not 200 <= answer.status < 300:
        raise FinanceUnavailable(
            t("The financial application does not take what it is told: {why}", why=answer.status)
        )
