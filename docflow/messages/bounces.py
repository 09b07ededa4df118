"""What servers say later: a mail that came back (RFC 3464), an SMS that did not arrive."""

from email import message_from_bytes, policy
from email.message import EmailMessage
from email.message import Message as Mail

from sqlalchemy.orm import Session

from docflow import audit, clock
from docflow.errors import Invalid
from docflow.folding import line
from docflow.i18n import t
from docflow.messages import kinds, listing
from docflow.messages.listing import NoSuchMessage
from docflow.messages.models import Message
from docflow.messages.values import MessageState, nameless
from docflow.principal import Principal


class NotABounce(Invalid):
    """This is no report of a mail that was not delivered."""


def report_mail(session: Session, data: bytes, *, by: Principal) -> Message:
    """Note what a delivery report (RFC 3464) says of a mail of ours; its message.

    Raises NotABounce, NoSuchMessage, NotAllowed.
    """
    listing.require_keeper(by)
    mail = message_from_bytes(data, policy=policy.default)
    assert isinstance(mail, EmailMessage)
    recipient = next((part for part in _recipients(mail) if _failed(part)), None)
    if recipient is None:
        raise NotABounce(
            t("This mail is no report of a failed delivery. Nothing was noted."), field="file"
        )
    why = line(str(recipient.get("Diagnostic-Code") or recipient.get("Status") or ""))
    return report(session, _references(mail), why, by=by)


def report(session: Session, references: list[str], why: str, *, by: Principal) -> Message:
    """A server says that this message did not arrive. Raises NoSuchMessage, NotAllowed."""
    listing.require_keeper(by)
    row = listing.of_reference(session, by.body_id, references)
    if row is None:
        raise NoSuchMessage(t("No message of ours is named in this report."))
    if row.state != MessageState.SENT:
        return row  # reported twice, or sent again meanwhile
    row.state, row.ended_at = MessageState.BOUNCED, clock.now()
    row.problem = nameless(line(why), row.address)[:500] or "-"
    audit.record(
        session,
        "message.bounced",
        by=by,
        subject=(row.about_type, row.about_id),
        message=row.id,
        kind=row.kind,
    )
    kinds.ended(session, row)
    return row


def _recipients(mail: EmailMessage) -> list[Mail]:
    """The blocks of the delivery-status part; the first one is of the whole message."""
    for part in mail.walk():
        if part.get_content_type() == "message/delivery-status":
            blocks = part.get_payload()
            return [one for one in blocks if isinstance(one, Mail)] if blocks else []
    return []


def _failed(block: Mail) -> bool:
    return str(block.get("Action", "")).strip().lower() == "failed"


def _references(mail: EmailMessage) -> list[str]:
    """The Message-IDs of the mail that came back, in the part that holds it or its headers."""
    found = []
    for part in mail.walk():
        if part.get_content_type() in ("message/rfc822", "text/rfc822-headers"):
            inner = part.get_payload()
            held = inner[0] if isinstance(inner, list) and inner else None
            if held is None:
                decoded = part.get_payload(decode=True)
                held = message_from_bytes(decoded if isinstance(decoded, bytes) else b"")
            if isinstance(held, Mail) and held.get("Message-ID"):
                found.append(str(held["Message-ID"]).strip())
    return found
