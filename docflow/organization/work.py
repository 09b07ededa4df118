"""Open work of units and persons, whatever room keeps it: counted, listed and moved from here.

The organogram lies below the rooms whose rows wait for a unit or a person, so these tell it how to
find and move them (`carried_by`). A change of the organogram, and the end of somebody's service,
then leave nothing behind. The administrator who does it reads no documents: an item shows its
number, and what is confidential is moved without being shown or counted.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from docflow.i18n import Text
from docflow.principal import Principal


@dataclass(frozen=True, slots=True)
class Place:
    """Where work goes: to a unit, or to a person in it."""

    unit_id: int
    user_id: int | None = None


@dataclass(frozen=True, slots=True)
class OpenItem:
    """Something that waits for a unit or a person. `is_hidden`: confidential, never shown."""

    carrier: str
    id: int
    label: str
    unit_id: int
    user_id: int | None
    since: datetime
    is_hidden: bool = False

    @property
    def key(self) -> str:
        """How forms and plans name the item."""
        return f"{self.carrier}:{self.id}"


@dataclass(frozen=True, slots=True)
class Carrier:
    """A room whose rows wait for somebody.

    `move` gives one item a new place and says so in the trail; an item that is done by now is left
    alone. `inherit` puts a unit (the second id) where another (the first) is named for times to
    come, once the latter is dissolved: a return, for instance, then goes to the successor.
    """

    name: str
    title: Text
    of_units: Callable[[Session, Collection[int]], Sequence[OpenItem]]
    of_person: Callable[[Session, int], Sequence[OpenItem]]
    move: Callable[[Session, OpenItem, Place, Principal], None]
    inherit: Callable[[Session, int, int, Principal], None] | None = None


_carriers: dict[str, Carrier] = {}


def carried_by(carrier: Carrier) -> None:
    """Have the work of this room move with the organogram."""
    _carriers[carrier.name] = carrier


def carriers() -> list[Carrier]:
    """All rooms that carry work, by name."""
    return [_carriers[name] for name in sorted(_carriers)]


def of_units(session: Session, unit_ids: Collection[int]) -> list[OpenItem]:
    """The open items of these units, hidden ones among them, the oldest first."""
    return _sorted(item for one in carriers() for item in one.of_units(session, unit_ids))


def of_person(session: Session, user_id: int) -> list[OpenItem]:
    """The open items of a person, hidden ones among them, the oldest first."""
    return _sorted(item for one in carriers() for item in one.of_person(session, user_id))


def _sorted(items: Iterable[OpenItem]) -> list[OpenItem]:
    return sorted(items, key=lambda item: (item.since, item.key))


def shown(items: Sequence[OpenItem]) -> list[OpenItem]:
    """Those that an administrator may be told of."""
    return [item for item in items if not item.is_hidden]


def move(session: Session, item: OpenItem, to: Place, *, by: Principal) -> None:
    _carriers[item.carrier].move(session, item, to, by)


def inherit(session: Session, old: int, new: int, *, by: Principal) -> None:
    """The unit `new` takes the place of the dissolved unit `old` wherever one is still to come."""
    for one in carriers():
        if one.inherit is not None:
            one.inherit(session, old, new, by)
