"""Numbers that an entry bore before its own: an upper package says so, receipts repeat it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class EarlierNumber:
    """A number under which the document was noted before it was registered, and when."""

    label: str
    noted_at: datetime


Source = Callable[[Session, int], EarlierNumber | None]
_sources: list[Source] = []


def earlier_number(function: Source) -> Source:
    """Register a function that knows the earlier number of an entry (by its id), or None."""
    _sources.append(function)
    return function


def find(session: Session, entry_id: int) -> EarlierNumber | None:
    """The number that people may still hold on paper for this entry; None for most."""
    found = (source(session, entry_id) for source in _sources)
    return next((one for one in found if one is not None), None)
