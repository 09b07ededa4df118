"""Telling a sender who wrote electronically that his document was annulled in the register.

Source: domain row 16 (the sender is notified, with the reason).
"""

from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow import audit, clock, mail, organization, outbox
from docflow.i18n import translate
from docflow.office import Office
from docflow.principal import system
from docflow.registry.current import current
from docflow.registry.models import Annulment, DeliveryMethod, Direction, Entry

ELECTRONIC = (DeliveryMethod.EMAIL, DeliveryMethod.PORTAL, DeliveryMethod.SYSTEM)
TOLD, NOT_TOLD = "annulment.told", "annulment.not-told"


def give_up(run: outbox.Run, *, entry_id: int, why: str) -> None:
    """No mail server took the message: the history of the entry says so."""
    with run.office.db.begin() as session:
        entry = session.get_one(Entry, entry_id)
        audit.record(
            session,
            NOT_TOLD,
            by=system(entry.body_id),
            subject=("entry", entry.id),
            why=why[:500],
        )


@outbox.job("registry.tell-annulment", given_up=give_up)
def tell_annulment(run: outbox.Run, *, entry_id: int) -> None:
    """Mail the sender of an incoming document that came electronically; once."""
    office = run.office
    with office.db.read() as session:
        entry = session.get_one(Entry, entry_id)
        to = _address(session, entry)
        if not to or _was_told(session, entry):
            return
        subject, text = _message(office, session, entry)
    message_id = mail.send(office.settings, to=to, subject=subject, text=text)
    with office.db.begin() as session:
        audit.record(
            session,
            TOLD,
            by=system(entry.body_id),
            subject=("entry", entry.id),
            to=to,
            message_id=message_id,
        )


def _address(session: Session, entry: Entry) -> str:
    now = current(session, entry)
    came_electronically = (
        entry.direction == Direction.INCOMING and now.delivery_method in ELECTRONIC
    )
    return now.sender_email if came_electronically else ""


def _was_told(session: Session, entry: Entry) -> bool:
    """A job may run twice."""
    told = select(audit.Event.id).where(
        audit.Event.subject_type == "entry",
        audit.Event.subject_id == entry.id,
        audit.Event.action == TOLD,
    )
    return session.scalar(told.limit(1)) is not None


def _message(office: Office, session: Session, entry: Entry) -> tuple[str, str]:
    """Subject and text, Greek and English; the subject holds no personal data."""
    body = organization.body(session, entry.body_id).name
    annulment = session.get_one(Annulment, entry.id)
    day = clock.local(entry.registered_at, office.settings.zone).strftime("%d/%m/%Y")
    subject = translate(
        "{body}: the registration {number} was annulled", "el", body=body, number=entry.label
    )
    paragraphs = [
        translate(
            _NOTICE, language, body=body, number=entry.label, day=day, reason=annulment.reason
        )
        for language in ("el", "en")
    ]
    return subject, "\n\n---\n\n".join(paragraphs) + "\n"


_NOTICE = (
    "{body} had registered your document under number {number} on {day}.\n"
    "This registration was annulled. Reason: {reason}\n\n"
    "Please contact the registry if your matter is still open."
)
