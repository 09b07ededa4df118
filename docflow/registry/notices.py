"""Telling a sender who wrote electronically that his document was annulled in the register.

Source: domain row 16 (the sender is notified, with the reason).
"""

from typing import Any

from sqlalchemy.orm import Session

from docflow import audit, clock, messages, outbox
from docflow.i18n import t
from docflow.messages import Addressee, Message, MessageState
from docflow.principal import system
from docflow.registry.current import current
from docflow.registry.models import Annulment, DeliveryMethod, Direction, Entry

ELECTRONIC = (DeliveryMethod.EMAIL, DeliveryMethod.PORTAL, DeliveryMethod.SYSTEM)
TOLD, NOT_TOLD = "annulment.told", "annulment.not-told"

ANNULLED = messages.declare(
    messages.Kind(
        "registration-annulled",
        title=t("The registration of a document was annulled"),
        samples={"number": "1234/2026", "day": "31/12/2026", "reason": "…"},
        needed=frozenset({"number"}),
        is_audited=False,
        words=messages.Worded(
            t("{body}: the registration {number} was annulled"),
            t(
                "{body} had registered your document under number {number} on {day}.\n"
                "This registration was annulled. Reason: {reason}\n\n"
                "Please contact the registry if your matter is still open."
            ),
            t("{body}: the registration {number} was annulled. Please contact the registry."),
        ),
    )
)


def tell_annulment(session: Session, entry: Entry, annulment: Annulment) -> None:
    """Ask for the message to the sender of an incoming document that came electronically; once."""
    now = current(session, entry)
    if entry.direction != Direction.INCOMING or now.delivery_method not in ELECTRONIC:
        return
    messages.send(
        session,
        body_id=entry.body_id,
        to=messages.chosen(session, ("entry", entry.id), Addressee(email=now.sender_email)),
        kind=ANNULLED.code,
        values={
            "number": entry.label,
            "day": f"{clock.local(entry.registered_at):%d/%m/%Y}",
            "reason": annulment.reason,
        },
        about=("entry", entry.id),
        by=system(entry.body_id),
        once=f"annulled:{entry.id}",
    )


@messages.after_ended(ANNULLED.code)
def ended(session: Session, message: Message) -> None:
    """The history of the entry says whether the sender was told."""
    if message.state == MessageState.NEEDLESS:
        return
    is_told = message.state == MessageState.SENT
    details: dict[str, Any] = (
        {"message_id": message.message_id} if is_told else {"why": message.problem}
    )
    audit.record(
        session,
        TOLD if is_told else NOT_TOLD,
        by=system(message.body_id),
        subject=(message.about_type, message.about_id),
        **details,
    )


@outbox.job("registry.tell-annulment")
def tell_late(run: outbox.Run, *, entry_id: int) -> None:
    """A message that a process of the version before asked for, while both versions ran."""
    with run.office.db.begin() as session:
        entry = session.get_one(Entry, entry_id)
        tell_annulment(session, entry, session.get_one(Annulment, entry_id))
