"""What of a person this package knows, or takes from packages that know nothing of views."""

from collections.abc import Sequence

from sqlalchemy import exists, func, or_, select
from sqlalchemy.orm import Session

from docflow import dispatch, messages, parties, registry
from docflow.contacts.listing import lines, visible
from docflow.contacts.log import LIVE
from docflow.contacts.models import Contact
from docflow.folding import fold
from docflow.i18n import Text, t
from docflow.parties import Party, Trace, TraceKind, Whose
from docflow.principal import Principal
from docflow.registry import Entry, Recipient

_CHANNEL = {  # of a document as a channel of contacts
    "registered-post": "post",
    "courier": "post",
    "system": "",
}


@parties.traces.source(TraceKind.ENTRY)
def entries(session: Session, whose: Whose, by: Principal, limit: int) -> Sequence[Trace]:
    """What he sent, what he was sent, what concerns him."""
    found = registry.of_party(session, whose.party_ids[0], by=by, limit=limit)
    return [
        Trace(
            TraceKind.ENTRY,
            one.registered_at,
            one.subject,
            state="annulled" if one.is_annulled else (one.state or "issued"),
            state_group="handling",
            href=f"/entries/{one.book}/{one.year}/{one.place}",
            channel=_CHANNEL.get(one.delivery_method, one.delivery_method),
            number=one.label,
            about=("entry", one.id),
        )
        for one in found
    ]


@parties.traces.source(TraceKind.PICKUP)
def pickups(session: Session, whose: Whose, by: Principal, limit: int) -> Sequence[Trace]:
    """Documents that were sent to him, of entries that the reader sees."""
    to_him = exists().where(Recipient.entry_id == Entry.id, Recipient.party_id.in_(whose.party_ids))
    names = session.scalars(select(Party.name).where(Party.id.in_(whose.party_ids)))
    keys = {fold(name) for name in names}
    rows = session.execute(
        select(dispatch.Delivery, Entry.label)
        .join(Entry, Entry.id == dispatch.Delivery.entry_id)
        .where(
            registry.visible_to(by),
            or_(func.lower(dispatch.Delivery.email).in_(whose.emails), to_him),
        )
        .order_by(dispatch.Delivery.id.desc())
        .limit(limit)
    ).all()
    return [
        Trace(
            TraceKind.PICKUP,
            row.picked_up_at or row.sent_at or row.created_at,
            t("Delivery of {number}", number=label),
            state=row.state,
            state_group="delivery",
            number=label,
            about=("entry", row.entry_id),
        )
        for row, label in rows
        # Of a document to several, only the copy that went to him.
        if row.email.lower() in whose.emails or fold(row.recipient_name) in keys
    ]


@parties.traces.source(TraceKind.MESSAGE)
def sent(session: Session, whose: Whose, by: Principal, limit: int) -> Sequence[Trace]:
    """What he was told, for the registry: by its kind, without what it said."""
    if not (by.is_clerk or by.is_registrar):
        return []
    found = messages.to_address(session, whose.body_id, emails=whose.emails, limit=limit)
    return [
        Trace(
            TraceKind.MESSAGE,
            one.ended_at or one.created_at,
            _said(messages.kinds.kind(one.kind).title),
            state=one.state,
            state_group="message_state",
            channel="email" if one.way == "email" else "phone",
            about=one.about,
        )
        for one in found
    ]


@parties.traces.source(TraceKind.CONTACT)
def contacts(session: Session, whose: Whose, by: Principal, limit: int) -> Sequence[Trace]:
    """When he turned to the house, and what came of it."""
    rows = session.scalars(
        select(Contact)
        .where(
            Contact.body_id == whose.body_id,
            visible(by),
            or_(
                Contact.party_id.in_(whose.party_ids),
                Contact.party_id.is_(None) & func.lower(Contact.email).in_(whose.emails),
            ),
        )
        .order_by(Contact.began_at.desc())
        .limit(limit)
    ).all()
    return [
        Trace(
            TraceKind.CONTACT,
            one.row.began_at,
            one.row.subject or t("Without a subject yet"),
            state=one.row.state,
            state_group="contact",
            href=f"/contacts/{one.row.id}",
            channel=one.row.channel,
            number=one.label,
            about=("contact", one.row.id),
            is_open=one.row.state in LIVE,
        )
        for one in lines(session, rows, by=by)
    ]


def _said(title: Text | str) -> Text:
    return title if isinstance(title, Text) else Text(title)
