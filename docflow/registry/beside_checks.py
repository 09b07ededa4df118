"""Do the rows beside the entries agree with the audit trail? Part of every `docflow audit verify`.

Recipients, persons concerned, depositors and the ties of a registration are written with their
entry, later ties and their removals with an event of their own. The database refuses any other
(migrations 0004 and 0006); this finds what was done with the database's own guards off.
"""

from collections.abc import Iterator, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow import audit
from docflow.registry.changes import EntryPerson, RelationRemoval
from docflow.registry.deposits import Depositor
from docflow.registry.digests import Beside
from docflow.registry.models import EntryRelation, Recipient

AT_ONCE = 2000


@audit.check
def rows_beside_are_as_registered(session: Session) -> Iterator[audit.Finding]:
    """What stands beside each entry is what its registration wrote."""
    events = session.execute(
        select(audit.Event.id, audit.Event.subject_id, audit.Event.details["beside"].astext)
        .where(
            audit.Event.action == "entry.registered",
            audit.Event.subject_type == "entry",
            # Registrations of before this digest do not have it.
            audit.Event.details.has_key("beside"),
        )
        .execution_options(yield_per=AT_ONCE)
    )
    for chunk in events.partitions():
        found = _beside(session, [entry_id for _, entry_id, _ in chunk])
        for event_id, entry_id, digest in chunk:
            if found.get(entry_id, Beside()).digest() != digest:
                yield audit.Finding(
                    "altered",
                    None,
                    event_id,
                    f"recipients, persons, depositor or ties of entry id {entry_id} "
                    "are not those of its registration",
                )


@audit.check
def ties_have_events(session: Session) -> Iterator[audit.Finding]:
    """Each tie made by hand, and each removal, has its event; none is missing."""
    for action, what, ids in (
        (
            "entry.related",
            "relation",
            select(EntryRelation.id).where(EntryRelation.related_by.is_not(None)),
        ),
        ("entry.unrelated", "removal of relation", select(RelationRemoval.relation_id)),
    ):
        rows = set(session.scalars(ids))
        told = {
            int(relation)
            for relation in session.scalars(
                select(audit.Event.details["relation"].astext).where(audit.Event.action == action)
            )
            if relation is not None
        }
        for relation_id in sorted(_not_erased(session, rows - told)):
            yield audit.Finding("inserted", None, None, f"{what} {relation_id} has no event")
        for relation_id in sorted(told - rows):
            yield audit.Finding("missing", None, None, f"{what} {relation_id} was removed")


def _not_erased(session: Session, relation_ids: set[int]) -> set[int]:
    """Those whose events still say what they said: an erased entry has only that it was erased."""
    if not relation_ids:
        return set()
    erased = select(audit.Event.subject_id).where(
        audit.Event.subject_type == "entry", audit.Event.details.has_key("erased")
    )
    return set(
        session.scalars(
            select(EntryRelation.id).where(
                EntryRelation.id.in_(relation_ids),
                EntryRelation.entry_id.not_in(erased),
                EntryRelation.other_id.not_in(erased),
            )
        )
    )


def _beside(session: Session, ids: Sequence[int]) -> dict[int, Beside]:
    """What stands beside these entries; those without anything are left out."""
    recipients: dict[int, list[Recipient]] = {}
    for one in session.scalars(select(Recipient).where(Recipient.entry_id.in_(ids))):
        recipients.setdefault(one.entry_id, []).append(one)
    persons: dict[int, list[EntryPerson]] = {}
    for person in session.scalars(select(EntryPerson).where(EntryPerson.entry_id.in_(ids))):
        persons.setdefault(person.entry_id, []).append(person)
    relations: dict[int, list[tuple[int, str]]] = {}
    for entry_id, other_id, kind in session.execute(
        select(EntryRelation.entry_id, EntryRelation.other_id, EntryRelation.kind).where(
            EntryRelation.entry_id.in_(ids), EntryRelation.related_by.is_(None)
        )
    ):
        relations.setdefault(entry_id, []).append((other_id, kind))
    depositors = {
        one.entry_id: one.name
        for one in session.scalars(select(Depositor).where(Depositor.entry_id.in_(ids)))
    }
    known = {*recipients, *persons, *relations, *depositors}
    return {
        entry_id: Beside(
            recipients.get(entry_id, ()),
            persons.get(entry_id, ()),
            relations.get(entry_id, ()),
            depositors.get(entry_id, ""),
        )
        for entry_id in known
    }
