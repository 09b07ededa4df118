"""Getting an issued document to its recipient: a pick-up notice by e-mail, post, or the counter.

Source: domain rows 80, 81, 99. What the recipient is told is in `notices`.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, or_, select, update
from sqlalchemy.orm import Session

from docflow import audit, circulation, clock, messages, outbox, registry
from docflow.dispatch.models import Delivery, DeliveryState
from docflow.dispatch.notices import tell_ready
from docflow.errors import Conflict, Forbidden, NotFound
from docflow.i18n import t
from docflow.messages import Addressee
from docflow.principal import Principal, system

KEEP = timedelta(days=60)  # how long a document waits to be picked up


class NoSuchDelivery(NotFound):
    """There is no such delivery."""


class NotYoursToSend(Forbidden):
    """Only the registry, the drafter and his unit send a document."""


class AlreadySent(Conflict):
    """A document that has left is not annulled: a new one is issued that replaces it."""


class DeliveryMoved(Conflict):
    """The delivery is not in the state that this needs."""


@circulation.after_issue
def dispatch(session: Session, draft: circulation.Draft, entry: registry.Entry) -> None:
    """The document was issued: send it the way that the draft says."""
    to = Addressee(email=draft.recipient_email)
    if draft.answers_id is not None:  # whoever asked may have chosen how he is told
        chosen = messages.chosen(session, ("entry", draft.answers_id), to)
        # Only he himself: an answer may go to somebody else, and to the address that was signed.
        if to.email and _is_same(chosen.email, to.email):
            to = chosen
    by = system(entry.body_id)
    place(session, entry, recipient_name=draft.recipient_name, to=to, channel=draft.channel, by=by)


def _is_same(one: str, other: str) -> bool:
    """Whether two addresses are one; people write them in small letters and in capitals."""
    return one.strip().lower() == other.strip().lower()


def place(
    session: Session,
    entry: registry.Entry,
    *,
    recipient_name: str,
    to: Addressee,
    channel: str = circulation.Channel.PICKUP,
    by: Principal,
    follows: Delivery | None = None,
) -> Delivery:
    """Let an issued document go to a recipient; what is to be picked up is told to him.

    Who cannot or will not be told finds it in his account: the delivery counts as sent.
    """
    row = Delivery(
        entry_id=entry.id,
        channel=channel,
        state=DeliveryState.QUEUED,
        recipient_name=recipient_name,
        email=to.email,
        phone=to.phone,
        language=to.language,
        wanted=to.channel,
        follows_id=follows.id if follows else None,
        token=secrets.token_urlsafe(24),
        expires_at=clock.now() + KEEP,
    )
    session.add(row)
    session.flush()  # its id, for the message
    if channel == circulation.Channel.PICKUP and not tell_ready(session, row, entry, by=by):
        row.state, row.sent_at = DeliveryState.SENT, clock.now()
    return row


def notify_again(session: Session, delivery_id: int, *, by: Principal) -> Delivery:
    """Send the notice once more, with a new code (lost mail, wrong codes, mail server down)."""
    row, entry = _sendable(session, delivery_id, by)
    ended = (DeliveryState.PICKED_UP, DeliveryState.EXPIRED)
    if row.channel != circulation.Channel.PICKUP or row.state in ended:
        raise DeliveryMoved(
            t("There is nothing to send: the document was picked up, or goes by post.")
        )
    row.state, row.problem, row.expires_at = (
        DeliveryState.QUEUED,
        None,
        clock.now() + KEEP,
    )
    if not tell_ready(session, row, entry, by=by):
        raise DeliveryMoved(
            t("There is no address to send the notice to. The document waits in his account.")
        )
    audit.record(
        session,
        "delivery.notified-again",
        by=by,
        subject=("entry", entry.id),
        delivery=row.id,
    )
    return row


def hand_over(session: Session, delivery_id: int, *, by: Principal) -> Delivery:
    """A clerk or the handler posted the document, or gave it out at the counter."""
    row, entry = _sendable(session, delivery_id, by)
    if row.channel == circulation.Channel.PICKUP or row.state != DeliveryState.QUEUED:
        raise DeliveryMoved(t("This delivery was noted already, or waits to be picked up online."))
    row.state, row.sent_at = DeliveryState.SENT, clock.now()
    audit.record(
        session,
        "delivery.handed-over",
        by=by,
        subject=("entry", entry.id),
        delivery=row.id,
        channel=row.channel,
    )
    return row


@dataclass(frozen=True, slots=True)
class DeliveryInfo:
    id: int
    recipient: str
    channel: str
    state: str
    email: str
    sent_at: datetime | None
    picked_up_at: datetime | None
    expires_at: datetime
    problem: str | None
    phone: str = ""
    wanted: str = "email"
    follows_id: int | None = None


def deliveries(session: Session, entry_id: int) -> list[DeliveryInfo]:
    """The deliveries of an entry; the caller got the entry through `registry.get`."""
    rows = session.scalars(
        select(Delivery).where(Delivery.entry_id == entry_id).order_by(Delivery.id)
    )
    return [
        DeliveryInfo(
            row.id,
            row.recipient_name,
            row.channel,
            row.state,
            row.email,
            row.sent_at,
            row.picked_up_at,
            row.expires_at,
            row.problem,
            row.phone,
            row.wanted,
            row.follows_id,
        )
        for row in rows
    ]


def may_send(session: Session, entry: registry.Entry, *, by: Principal) -> bool:
    """Whether the person may send the document: the registry, the drafter, and his unit."""
    drafted = session.execute(
        select(circulation.Draft.drafter_id, circulation.Draft.unit_id).where(
            circulation.Draft.entry_id == entry.id
        )
    ).first()
    book = session.get_one(registry.Book, entry.book_id)
    is_ours = drafted is not None and (
        drafted.drafter_id == by.user_id or by.works_in(drafted.unit_id)
    )
    return is_ours or registry.may_write(by, book)


def _sendable(session: Session, delivery_id: int, by: Principal) -> tuple[Delivery, registry.Entry]:
    """The delivery, held, when the person may send it: whoever only reads may not."""
    entry_id = session.scalar(select(Delivery.entry_id).where(Delivery.id == delivery_id))
    if entry_id is None:
        raise NoSuchDelivery(t("There is no such delivery."))
    entry = registry.get(session, entry_id, by=by)
    if not may_send(session, entry, by=by):
        raise NotYoursToSend(t("Only the registry, the drafter and his unit send this document."))
    registry.require_not_annulled(session, entry)
    return _locked(session, delivery_id), entry


@registry.before_annulment
def require_not_sent(session: Session, entry: registry.Entry) -> None:
    """What the recipient has in hand cannot be made undone (domain row 16). Raises AlreadySent.

    A notice alone is not the document: the link behind it is closed by the annulment.
    """
    gone = select(Delivery.id).where(
        Delivery.entry_id == entry.id,
        or_(
            Delivery.state == DeliveryState.PICKED_UP,
            and_(
                Delivery.state == DeliveryState.SENT,
                Delivery.channel != circulation.Channel.PICKUP,
            ),
        ),
    )
    if session.scalar(gone.limit(1)) is not None:
        raise AlreadySent(
            t(
                "{label} was sent already and is not annulled. Issue a new document and relate it "
                "to this one as its replacement or corrected re-issue.",
                label=entry.label,
            )
        )


@registry.after_annulment
def withdraw(session: Session, entry: registry.Entry) -> None:
    """An annulled document is not sent any more, and cannot be picked up."""
    session.execute(
        update(Delivery)
        .where(
            Delivery.entry_id == entry.id,
            Delivery.state.in_([DeliveryState.QUEUED, DeliveryState.SENT, DeliveryState.FAILED]),
        )
        .values(state=DeliveryState.WITHDRAWN)
    )


def _locked(session: Session, delivery_id: int) -> Delivery:
    row = session.scalar(
        select(Delivery)
        .where(Delivery.id == delivery_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise NoSuchDelivery(t("There is no such delivery."))
    return row


@registry.after_erasure
def erase(session: Session, entry: registry.Entry) -> None:
    """The telephone of the recipient goes with the rest, and what was told of the entry."""
    session.execute(update(Delivery).where(Delivery.entry_id == entry.id).values(phone=""))
    messages.forget_about(session, "entry", entry.id)


@outbox.job("dispatch.notify")
def notify(run: outbox.Run, *, delivery_id: int) -> None:
    """A notice that a process of the version before asked for, while both versions ran."""
    with run.office.db.begin() as session:
        row = _locked(session, delivery_id)
        entry = session.get_one(registry.Entry, row.entry_id)
        if row.state == DeliveryState.QUEUED:
            tell_ready(session, row, entry, by=system(entry.body_id))
