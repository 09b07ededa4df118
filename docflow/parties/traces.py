"""What the house knows of a person, from every package that knows something.

A package registers how it finds its own; the one view of a person (`docflow.contacts`, far above)
asks them all. A source returns only what this principal may see: it is asked about a person whose
view was opened for a purpose, and that purpose gives no right to any single thing.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy.orm import Session

from docflow.i18n import Text
from docflow.principal import Principal


class TraceKind(StrEnum):
    """What a line of the view is about."""

    ENTRY = "entry"
    APPLICATION = "application"
    PAYMENT = "payment"
    PICKUP = "pickup"
    MESSAGE = "message"
    APPOINTMENT = "appointment"
    CONTACT = "contact"
    ACCOUNT = "account"  # of the citizen's, or a representation


@dataclass(frozen=True, slots=True)
class Whose:
    """By what a person is known: his row of the directory with all that were merged into it."""

    body_id: int
    party_ids: tuple[int, ...]
    tax_numbers: frozenset[str]
    emails: frozenset[str]  # in small letters


@dataclass(frozen=True, slots=True)
class Trace:
    """One thing at one time. `title` is shown as it is where it is a string (people's words)."""

    kind: TraceKind
    at: datetime
    title: Text | str
    state: str = ""  # a code, whose word is in the group `state_group` of the pages' wording
    state_group: str = ""
    href: str = ""  # the staff's page of the thing
    channel: str = ""  # a `docflow.contacts.Channel`, where there is one
    number: str = ""  # protocol number, payment reference, number of the application
    about: tuple[str, int] | None = None  # type and id, as in events
    is_open: bool = False  # somebody has still to do something about it


Source = Callable[[Session, Whose, Principal, int], Sequence[Trace]]
_sources: dict[TraceKind, list[Source]] = {}


def source(kind: TraceKind) -> Callable[[Source], Source]:
    """Register a function that finds things of this kind: the newest first, at most `limit`.

    It is called as function(session, whose, by, limit), in a transaction that may only read.
    """

    def register(function: Source) -> Source:
        _sources.setdefault(kind, []).append(function)
        return function

    return register


def of(
    session: Session, whose: Whose, kinds: Sequence[TraceKind], *, by: Principal, limit: int = 100
) -> list[Trace]:
    """What the sources of these kinds find, the newest first."""
    found = [
        trace
        for kind in kinds
        for function in _sources.get(kind, ())
        for trace in function(session, whose, by, limit)
    ]
    return sorted(found, key=lambda trace: trace.at, reverse=True)[:limit]
