"""What two people had erased: the leaves whose salt went, and the entries that lost their data.

An erasure is an act with an event (`entry.erased`), which names the leaves. In the row of such a
leaf the salted digest stands in place of the salt: the leaf is still the same and can be checked,
and nobody can show any more of which event it is. A salt that went otherwise is a finding.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import literal_column, select
from sqlalchemy.orm import Session

from docflow.audit.events import COLUMNS, canonical
from docflow.audit.models import Event, Leaf

ERASED = "entry.erased"
MARK = {"erased": True}
"""What an erased event has for its details (the function erase_entry, migration 0017)."""

# Written out, not bound: only so does PostgreSQL always see that its small index has the answer.
_IS_ERASURE = Event.action == literal_column(f"'{ERASED}'")


def erased_leaves(session: Session) -> Mapping[int, set[int]]:
    """By body, the places of the leaves that were erased."""
    found: dict[int, set[int]] = {}
    rows = session.execute(select(Event.body_id, Event.details).where(_IS_ERASURE))
    for body_id, details in rows:
        found.setdefault(body_id, set()).update(details.get("leaves", []))
    return found


def erased_subjects(session: Session, kind: str = "entry") -> set[int]:
    """The ids of the things whose data were erased: nothing of them can be compared any more."""
    return set(
        session.scalars(select(Event.subject_id).where(_IS_ERASURE, Event.subject_type == kind))
    )


def salted_digests(session: Session, subject: tuple[str, int]) -> dict[str, str]:
    """Of each leaf about the subject, by its place: the digest that will stand for its salt."""
    rows = session.execute(
        select(Leaf.index, Leaf.salt, *COLUMNS)
        .join(Event, Event.id == Leaf.event_id)
        .where(Event.subject_type == subject[0], Event.subject_id == subject[1])
    )
    return {
        str(index): hashlib.sha256(salt + canonical(*event)).hexdigest()
        for index, salt, *event in rows
    }


def is_erased(event: Sequence[Any]) -> bool:
    """Whether an event (as `events.COLUMNS`) was erased."""
    return bool(event[-1] == MARK)
