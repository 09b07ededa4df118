"""Getting an issued document to its recipient: a pick-up notice by e-mail, post, or the counter.

Source: domain rows 80, 81, 99. The notice holds a link and a code; no personal data in its subject.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, or_, select, update
from sqlalchemy.orm import Session

from docflow import audit, circulation, clock, mail, organization, outbox, registry
from docflow.dispatch import corrections
from docflow.dispatch.models import Delivery, DeliveryState
from docflow.errors import Conflict, Forbidden, NotFound
from docflow.i18n import t, translate
from docflow.office import Office
from docflow.principal import Principal, system

KEEP = timedelta(days=60)  # how long a document waits to be picked up
CODE_DIGITS = 8


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
    row = Delivery(
        entry_id=entry.id,
        channel=draft.channel,
        state=DeliveryState.QUEUED,
        recipient_name=draft.recipient_name,
        email=draft.recipient_email,
        token=secrets.token_urlsafe(24),
        expires_at=clock.now() + KEEP,
    )
    session.add(row)
    if draft.channel == circulation.Channel.PICKUP:
        session.flush()  # its id, for the job
        outbox.enqueue(session, "dispatch.notify", delivery_id=row.id)


def give_up(run: outbox.Run, *, delivery_id: int, why: str) -> None:
    """No mail server took the notice: the delivery says so, and can be sent once more."""
    with run.office.db.begin() as session:
        row = _locked(session, delivery_id)
        if row.state != DeliveryState.QUEUED:
            return
        row.state, row.problem = DeliveryState.FAILED, why[:500]
        entry = session.get_one(registry.Entry, row.entry_id)
        audit.record(
            session,
            "delivery.failed",
            by=system(entry.body_id),
            subject=("entry", entry.id),
            delivery=row.id,
            why=why[:500],
        )


@outbox.job("dispatch.notify", given_up=give_up)
def notify(run: outbox.Run, *, delivery_id: int) -> None:
    """Mail the pick-up link and a new code. Only the digest of the code is ever stored."""
    office = run.office
    code = "".join(secrets.choice("0123456789") for _ in range(CODE_DIGITS))
    with office.db.begin() as session:
        row = _locked(session, delivery_id)
        entry = session.get_one(registry.Entry, row.entry_id)
        if row.state != DeliveryState.QUEUED:
            return
        row.code_digest = code_digest(row.token, code)
        row.failed_codes = 0
        body = organization.body(session, entry.body_id)
        corrected = {one: corrections.said(session, entry, one) for one in ("el", "en")}
        subject, text = _notice(office, row, entry, body.name, code, corrected)
        to = row.email
    message_id = mail.send(office.settings, to=to, subject=subject, text=text)
    with office.db.begin() as session:
        row = _locked(session, delivery_id)
        if row.state != DeliveryState.QUEUED:
            return  # annulled while the mail went out: the link stays closed
        row.state, row.sent_at, row.problem = DeliveryState.SENT, clock.now(), None
        entry = session.get_one(registry.Entry, row.entry_id)
        audit.record(
            session,
            "delivery.notified",
            by=system(entry.body_id),
            subject=("entry", entry.id),
            delivery=row.id,
            message_id=message_id,
        )


def _notice(
    office: Office,
    row: Delivery,
    entry: registry.Entry,
    body: str,
    code: str,
    corrected: dict[str, str],
) -> tuple[str, str]:
    subject = translate("A document of {body} is ready for you", "el", body=body)
    link = f"{office.settings.public_url.rstrip('/')}/pickup/{row.token}"
    day = clock.local(row.expires_at, office.settings.zone).strftime("%d/%m/%Y")
    paragraphs = [
        translate(
            _NOTICE,
            language,
            body=body,
            number=entry.label,
            link=link,
            code=code,
            day=day,
        )
        + (f"\n\n{corrected[language]}" if corrected[language] else "")
        for language in ("el", "en")
    ]
    return subject, "\n\n---\n\n".join(paragraphs) + "\n"


_NOTICE = (
    "{body} has issued a document for you, number {number}.\n\n"
    "Pick it up here: {link}\n"
    "Your code: {code}\n\n"
    "The document waits for you until {day}. The link and the code are for you alone."
)


def notify_again(session: Session, delivery_id: int, *, by: Principal) -> Delivery:
    """Send the notice once more, with a new code (lost mail, wrong codes, mail server down)."""
    row, entry = _sendable(session, delivery_id, by)
    if row.channel != circulation.Channel.PICKUP or row.state == DeliveryState.PICKED_UP:
        raise DeliveryMoved(
            t("There is nothing to send: the document was picked up, or goes by post.")
        )
    row.state, row.problem, row.expires_at = (
        DeliveryState.QUEUED,
        None,
        clock.now() + KEEP,
    )
    outbox.enqueue(session, "dispatch.notify", delivery_id=row.id)
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


def code_digest(token: str, code: str) -> str:
    """The stored form of a pick-up code, bound to its link."""
    return hashlib.sha256(f"{token}:{code}".encode()).hexdigest()


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
