"""What recipients are told of a document that waits: ready, soon over, over, corrected.

The subject names nothing but the body; of the code only the digest is kept. Source: domain rows 77
and 99.
"""

import hashlib
import secrets
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow import audit, circulation, clock, messages, registry
from docflow.dispatch.models import Delivery, DeliveryState
from docflow.i18n import t, translate
from docflow.messages import LANGUAGES as MESSAGE_LANGUAGES
from docflow.messages import Addressee, Channel, Message, MessageState
from docflow.principal import Principal, system

CODE_DIGITS = 8
CORRECTED = "It is the corrected re-issue of our document number {number}, which it replaces."
_LINK = "https://protokollo.example.gr/pickup/…"

READY = messages.declare(
    messages.Kind(
        "pickup-ready",
        title=t("A document is ready to be picked up"),
        samples={
            "number": "1234/2026",
            "link": _LINK,
            "code": "12345678",
            "day": "31/12/2026",
            "corrected": "",
        },
        late=frozenset({"code"}),
        needed=frozenset({"link"}),
        is_audited=False,
        words=messages.Worded(
            t("A document of {body} is ready for you"),
            t(
                "{body} has issued a document for you, number {number}.\n\n"
                "Pick it up here: {link}\n"
                "Your code: {code}\n\n"
                "The document waits for you until {day}. The link and the code are for you alone."
                "{corrected}"
            ),
            t("{body}: document {number} is ready: {link} Code: {code} (until {day})"),
        ),
    )
)
REMINDER = messages.declare(
    messages.Kind(
        "pickup-reminder",
        title=t("A document was not picked up yet"),
        samples={"number": "1234/2026", "link": _LINK, "day": "31/12/2026"},
        needed=frozenset({"link"}),
        is_audited=False,
        words=messages.Worded(
            t("A document of {body} still waits for you"),
            t(
                "The document number {number} of {body} still waits for you.\n\n"
                "Pick it up here: {link}\n"
                "You need the code from our first message. If you no longer have it, ask us for a "
                "new one.\n\n"
                "The document waits until {day}; afterwards we send it by post."
            ),
            t("{body}: document {number} waits until {day}: {link}"),
        ),
    )
)
OVER = messages.declare(
    messages.Kind(
        "pickup-over",
        title=t("The time to pick a document up is over"),
        samples={"number": "1234/2026"},
        is_audited=False,
        words=messages.Worded(
            t("A document of {body} was not picked up"),
            t(
                "The time to pick up the document number {number} of {body} is over. We send it "
                "to you by post. If your address has changed, please tell us."
            ),
            t("{body}: document {number} was not picked up; we send it by post."),
        ),
    )
)


def addressee(row: Delivery) -> Addressee:
    """To whom the notices of a delivery go, as he chose."""
    return Addressee(row.email, row.phone, row.language, Channel(row.wanted))


def tell_ready(session: Session, row: Delivery, entry: registry.Entry, *, by: Principal) -> bool:
    """Ask for the notice with link and code; False where he cannot or will not be told."""
    said = {f"corrected.{one}": _corrected(session, entry, one) for one in MESSAGE_LANGUAGES}
    asked = _tell(session, row, entry, READY.code, {**said, **_where(row)}, by=by)
    return bool(asked)


def tell_reminder(session: Session, row: Delivery, entry: registry.Entry, *, days: int) -> None:
    """Remind of a document that waits, once for so many days before the end."""
    once = f"pickup-reminder:{row.id}:{row.expires_at:%Y%m%d}:{days}"
    _tell(session, row, entry, REMINDER.code, _where(row), by=system(entry.body_id), once=once)


def tell_over(session: Session, row: Delivery, entry: registry.Entry) -> None:
    once = f"pickup-over:{row.id}"
    _tell(session, row, entry, OVER.code, {}, by=system(entry.body_id), once=once)


def _where(row: Delivery) -> dict[str, str]:
    return {
        "link": f"{{portal}}/pickup/{row.token}",
        "day": f"{clock.local(row.expires_at):%d/%m/%Y}",
    }


def _tell(
    session: Session,
    row: Delivery,
    entry: registry.Entry,
    kind: str,
    values: Mapping[str, str],
    *,
    by: Principal,
    once: str = "",
) -> tuple[int, ...]:
    return messages.send(
        session,
        body_id=entry.body_id,
        to=addressee(row),
        kind=kind,
        values={"number": entry.label, **values},
        about=("entry", entry.id),
        by=by,
        once=once,
        source=row.id,
    )


def _corrected(session: Session, entry: registry.Entry, language: str) -> str:
    """The sentence in the notice of a corrected re-issue; empty for any other document."""
    before = session.scalar(
        select(registry.Entry.label)
        .join(circulation.Draft, circulation.Draft.corrects_id == registry.Entry.id)
        .where(circulation.Draft.entry_id == entry.id)
    )
    return "\n\n" + translate(CORRECTED, language, number=before) if before else ""


@messages.at_sending(READY.code)
def with_code(session: Session, message: Message) -> Mapping[str, str] | None:
    """A new code for each try; None where nothing waits any more. Only its digest is stored."""
    row, _ = _behind(session, message)
    if row is None or row.state not in (DeliveryState.QUEUED, DeliveryState.FAILED):
        return None
    code = "".join(secrets.choice("0123456789") for _ in range(CODE_DIGITS))
    row.state, row.problem = DeliveryState.QUEUED, None
    row.code_digest, row.failed_codes = code_digest(row.token, code), 0
    return {"code": code}


@messages.at_sending(REMINDER.code)
def still_waits(session: Session, message: Message) -> Mapping[str, str] | None:
    row, _ = _behind(session, message)
    return {} if row is not None and row.state == DeliveryState.SENT else None


@messages.after_ended(READY.code)
def ready_ended(session: Session, message: Message) -> None:
    """What became of the notice becomes of the delivery, and stands in the entry's history."""
    row, entry = _behind(session, message)
    if row is None or entry is None:
        return
    is_sent = message.state == MessageState.SENT
    if is_sent and row.state == DeliveryState.QUEUED:
        row.state, row.sent_at, row.problem = DeliveryState.SENT, clock.now(), None
        _note(session, "delivery.notified", row, entry, message_id=message.message_id)
    elif (message.state == MessageState.FAILED and row.state == DeliveryState.QUEUED) or (
        message.state == MessageState.BOUNCED and row.state == DeliveryState.SENT
    ):
        _fail(session, row, entry, message)


@messages.after_ended(REMINDER.code)
def reminder_ended(session: Session, message: Message) -> None:
    row, entry = _behind(session, message)
    if row is not None and entry is not None and message.state == MessageState.SENT:
        _note(session, "delivery.reminded", row, entry, message_id=message.message_id)


def _fail(session: Session, row: Delivery, entry: registry.Entry, message: Message) -> None:
    row.state, row.problem = DeliveryState.FAILED, message.problem or "-"
    _note(session, "delivery.failed", row, entry, why=row.problem)


def _note(
    session: Session, action: str, row: Delivery, entry: registry.Entry, **details: Any
) -> None:
    by, subject = system(entry.body_id), ("entry", entry.id)
    audit.record(session, action, by=by, subject=subject, delivery=row.id, **details)


def _behind(session: Session, message: Message) -> tuple[Delivery | None, registry.Entry | None]:
    """The delivery of a message, held, and its entry."""
    row = session.scalar(
        select(Delivery)
        .where(Delivery.id == message.source_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return row, session.get(registry.Entry, row.entry_id) if row else None


def code_digest(token: str, code: str) -> str:
    """The stored form of a pick-up code, bound to its link."""
    return hashlib.sha256(f"{token}:{code}".encode()).hexdigest()
