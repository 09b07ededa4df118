"""Documents that wait to be picked up: reminders before the end, and the post after it.

What was not picked up in time becomes a delivery by post that the unit sees among its deliveries;
its people are told. Source: domain row 99.
"""

from collections.abc import Callable, Sequence
from datetime import timedelta

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from docflow import audit, circulation, clock, notices, organization, outbox, registry, schedule
from docflow.dispatch import service
from docflow.dispatch.models import Delivery, DeliveryState
from docflow.dispatch.notices import addressee, tell_over, tell_reminder
from docflow.notices import NoticeKind
from docflow.principal import Role, system

REMIND, EXPIRE = "dispatch.remind", "dispatch.expire"
_AT_ONCE = 100  # of a transaction; a run goes on until nothing is left
_FRESH = timedelta(days=1)  # who was told today is not reminded today

AfterExpiry = Callable[[Session, Delivery, registry.Entry], None]
_after_expiry: list[AfterExpiry] = []


def after_expiry(function: AfterExpiry) -> AfterExpiry:
    """Register what an upper package does, in the same transaction, when nobody picked it up."""
    _after_expiry.append(function)
    return function


@outbox.job(REMIND)
def remind(run: outbox.Run) -> None:
    """Remind of each document whose end is near; each recipient once for each of the days."""
    days = sorted({one for one in run.office.settings.pickup_reminder_days if one > 0})
    before = 0
    for wanted in days:  # the one that is nearest to the end counts alone
        last = 0
        while (last := _remind(run, after=last, least=before, most=wanted)) > 0:
            pass
        before = wanted


def _remind(run: outbox.Run, *, after: int, least: int, most: int) -> int:
    """Remind some of those that end in more than `least` and at most `most` days; the last id."""
    now = clock.now()
    with run.office.db.begin() as session:
        rows = session.execute(
            select(Delivery, registry.Entry)
            .join(registry.Entry, registry.Entry.id == Delivery.entry_id)
            .where(
                Delivery.id > after,
                *_waiting(),
                Delivery.expires_at > now + timedelta(days=least),
                Delivery.expires_at <= now + timedelta(days=most),
                Delivery.sent_at < now - _FRESH,
            )
            .order_by(Delivery.id)
            .limit(_AT_ONCE)
        ).all()
        for row, entry in rows:
            tell_reminder(session, row, entry, days=most)
    return rows[-1][0].id if rows else 0


@outbox.job(EXPIRE)
def expire(run: outbox.Run) -> None:
    """What was not picked up in time goes by post."""
    while _expire(run):
        pass


def _expire(run: outbox.Run) -> bool:
    with run.office.db.begin() as session:
        ids: Sequence[int] = session.scalars(
            select(Delivery.id)
            .where(*_waiting(), Delivery.expires_at < clock.now())
            .order_by(Delivery.id)
            .limit(_AT_ONCE)
            .with_for_update(skip_locked=True)
        ).all()
        for delivery_id in ids:
            _to_post(session, session.get_one(Delivery, delivery_id, populate_existing=True))
    return bool(ids)


def _waiting() -> tuple[ColumnElement[bool], ...]:
    return (
        Delivery.channel == circulation.Channel.PICKUP,
        Delivery.state == DeliveryState.SENT,
    )


def _to_post(session: Session, row: Delivery) -> None:
    entry = session.get_one(registry.Entry, row.entry_id)
    by = system(entry.body_id)
    row.state, row.code_digest = DeliveryState.EXPIRED, None
    follows = service.place(
        session,
        entry,
        recipient_name=row.recipient_name,
        to=addressee(row),
        channel=circulation.Channel.POST,
        by=by,
        follows=row,
    )
    audit.record(
        session,
        "delivery.expired",
        by=by,
        subject=("entry", entry.id),
        delivery=row.id,
        follows=follows.id,
    )
    tell_over(session, row, entry)
    kind, about = NoticeKind.PICKUP_EXPIRED, ("entry", entry.id)
    notices.tell(session, _concerned(session, entry), kind=kind, about=about, by=by)
    for function in _after_expiry:
        function(session, row, entry)


def _concerned(session: Session, entry: registry.Entry) -> list[int | None]:
    """Who drafted it and the head of his unit; without a draft the heads of the registry."""
    drafted = session.execute(
        select(circulation.Draft.drafter_id, circulation.Draft.unit_id).where(
            circulation.Draft.entry_id == entry.id
        )
    ).first()
    if drafted is None:
        return [*notices.holders(session, entry.body_id, Role.REGISTRAR)]
    head = organization.head_of(session, drafted.unit_id)
    return [drafted.drafter_id, head.id if head else None]


schedule.every(REMIND, timedelta(hours=6))
schedule.every(EXPIRE, timedelta(hours=1))
