"""Where an entry stands in its book's year, as a word for addresses: 15, 15-2, 15-out.

The number alone names an entry in most books. Where it does not (cases, a series for each
direction, an answer under the number of the letter), the sub-number or the direction follows.
"""

import re
from dataclasses import dataclass

from sqlalchemy import ColumnElement

from docflow.registry.models import Direction, Entry

PATTERN = r"^[1-9][0-9]{0,9}(-([1-9][0-9]{0,5}|in|out|int))?$"
_WORDS = {"in": Direction.INCOMING, "out": Direction.OUTGOING, "int": Direction.INTERNAL}
_OF = {direction: word for word, direction in _WORDS.items()}
_CITED = re.compile(PATTERN)


@dataclass(frozen=True, slots=True)
class Place:
    """A number with what tells it from others of the same number."""

    number: int
    sub_number: int | None = None
    direction: Direction | None = None

    def condition(self) -> ColumnElement[bool]:
        """On `entries`: those that the place may mean, mostly one (see `queries.numbered`)."""
        where = Entry.number == self.number
        if self.sub_number is not None:
            where &= Entry.sub_number == self.sub_number
        if self.direction is not None:
            where &= Entry.direction == self.direction
        return where


def word(entry: Entry) -> str:
    """The place of an entry as addresses have it."""
    if entry.sub_number:
        return f"{entry.number}-{entry.sub_number}"
    if entry.series != "common" or entry.shares_number_of is not None:
        return f"{entry.number}-{_OF[Direction(entry.direction)]}"
    return str(entry.number)


def parse(cited: str) -> Place | None:
    """The place that a word names, None where it is none."""
    if _CITED.fullmatch(cited) is None:
        return None
    number, _, rest = cited.partition("-")
    if rest.isdecimal():
        return Place(int(number), sub_number=int(rest))
    return Place(int(number), direction=_WORDS.get(rest))
