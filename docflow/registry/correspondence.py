"""The entries of a party: what it sent, what it was sent, what concerns it."""

from collections.abc import Sequence

from sqlalchemy import BigInteger, cast, or_, select
from sqlalchemy.orm import Session

from docflow import parties
from docflow.principal import Principal
from docflow.registry.changes import Corrected, EntryPerson
from docflow.registry.models import Entry, Recipient
from docflow.registry.queries import Line, lines, lines_query


def of_party(session: Session, party_id: int, *, by: Principal, limit: int = 50) -> Sequence[Line]:
    """The newest entries of a party, and of those merged into it, that the person may see.

    The entry keeps its own snapshot of the name; the link is what leads here. So does a sender who
    was named by a correction.
    """
    family = parties.family(session, party_id)
    corrected = select(Corrected.entry_id).where(
        cast(Corrected.fields["sender"]["party_id"].astext, BigInteger).in_(family)
    )
    rows = session.execute(
        lines_query(by)
        .where(
            or_(
                Entry.sender_party_id.in_(family),
                Entry.id.in_(select(Recipient.entry_id).where(Recipient.party_id.in_(family))),
                Entry.id.in_(select(EntryPerson.entry_id).where(EntryPerson.party_id.in_(family))),
                Entry.id.in_(corrected),
            )
        )
        .order_by(Entry.registered_at.desc(), Entry.id.desc())
        .limit(limit)
    ).all()
    return lines(session, rows)
