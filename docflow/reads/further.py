"""What packages above report beside the readings of a month, to the same officer."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from docflow.i18n import Text
from docflow.principal import Principal
from docflow.reads.report import bounds


@dataclass(frozen=True, slots=True)
class Further:
    """A table of its own in the report; instants stand as they are, for the edge to show."""

    title: Text
    heads: tuple[Text, ...]
    rows: Sequence[tuple[datetime | str | Text, ...]]
    nothing: Text


Source = Callable[[Session, datetime, datetime, Principal], Further]
_sources: list[Source] = []


def reported_beside(function: Source) -> Source:
    """Register what makes a table: called with the session, first instant, end, and the officer.

    It checks the right itself, as `monthly` does.
    """
    _sources.append(function)
    return function


def further(session: Session, year: int, month: int, *, by: Principal, zone: str) -> list[Further]:
    """The tables beside the report of a month. Raises NotAllowed, BadMonth."""
    first, end = bounds(year, month, zone)
    return [function(session, first, end, by) for function in _sources]
