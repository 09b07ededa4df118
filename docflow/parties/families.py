"""Parties that turned out to be one: each leads to its survivor, and nothing else changes."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow.parties.models import Party


def survivor(session: Session, party: Party) -> Party:
    """The party that this one was merged into, at the end of the chain; itself where it was not."""
    while party.merged_into_id is not None:  # no circle: only one that leads nowhere is merged into
        party = session.get_one(Party, party.merged_into_id)
    return party


def family(session: Session, party_id: int) -> list[int]:
    """The ids of the party and of all that were merged into it, itself first."""
    top = select(Party.id).where(Party.id == party_id).cte("family", recursive=True)
    tree = top.union(select(Party.id).join(top, Party.merged_into_id == top.c.id))
    found = set(session.scalars(select(tree.c.id))) - {party_id}
    return [party_id, *sorted(found)]
