"""What narrows a search: each filter a value that stands in the address and in a saved search."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, select

from docflow import documents, kinds
from docflow.errors import Invalid
from docflow.i18n import t
from docflow.principal import Principal
from docflow.registry import (
    Annulment,
    Book,
    Corrected,
    DeliveryMethod,
    Direction,
    Entry,
    Handling,
    HandlingState,
    SearchText,
    findable,
    midnight,
)

MAX_NARROWED = 100  # characters of a code
_LAST_YEAR = 2999  # one reckons onward from a day


class BadFilter(Invalid):
    """A filter of the search is not right."""


class State(StrEnum):
    """Where an entry stands, for the filter: as handled, or struck out."""

    NEW = "new"
    CHARGED = "charged"
    ACCEPTED = "accepted"
    CLOSED = "closed"
    ANNULLED = "annulled"


class Sort(StrEnum):
    RELEVANCE = "relevance"
    NEWEST = "newest"


@dataclass(frozen=True, slots=True)
class Filters:
    """All that narrows a search; days are those of the office, None and "" do not narrow.

    `unit_id` and `user_id` are those with whom an entry is now; `kind` and `book` are codes.
    """

    first_day: date | None = None
    last_day: date | None = None
    year: int | None = None
    book: str = ""
    direction: Direction | None = None
    state: State | None = None
    unit_id: int | None = None
    user_id: int | None = None
    kind: str = ""
    channel: DeliveryMethod | None = None
    has_files: bool | None = None
    language: str = ""

    @property
    def chosen(self) -> dict[str, Any]:
        """The filters that narrow, by name."""
        return {name: value for name, value in asdict(self).items() if value not in (None, "")}

    def without(self, name: str) -> "Filters":
        return replace(self, **{name: getattr(Filters(), name)})

    def as_json(self) -> dict[str, Any]:
        return {
            name: value.isoformat() if isinstance(value, date) else value
            for name, value in self.chosen.items()
        }


def of_json(said: Mapping[str, Any]) -> Filters:
    """The filters of a saved search, or of an address. Raises BadFilter."""
    known = {field.name for field in fields(Filters)}
    return Filters(
        **{
            name: _value(name, value)
            for name, value in said.items()
            if name in known and value not in (None, "")
        }
    )


def _value(name: str, said: Any) -> Any:
    try:
        match name:
            case "first_day" | "last_day":
                day = said if isinstance(said, date) else date.fromisoformat(said)
                if day.year > _LAST_YEAR:
                    raise ValueError(said)
                return day
            case "unit_id" | "user_id" | "year":
                return _id(said)
            case "direction":
                return Direction(said)
            case "state":
                return State(said)
            case "channel":
                return DeliveryMethod(said)
            case "has_files":
                return said in (True, "true", "yes", "1")
            case "language":
                return findable.LANGUAGES[findable.LANGUAGES.index(said)]
            case _:
                return str(said)[:MAX_NARROWED]
    except (ValueError, TypeError) as error:
        raise BadFilter(
            t("“{value}” is no value for this filter. Choose one.", value=str(said)[:40]),
            field=name,
        ) from error


def _id(said: Any) -> int:
    number = int(said)
    if not 0 < number < 2**62:
        raise ValueError(said)
    return number


def conditions(wanted: Filters, *, by: Principal, zone: str) -> list[ColumnElement[bool]]:
    """On entries with books, handlings and annulments joined, the last two from outside."""
    found: list[ColumnElement[bool]] = []
    if wanted.first_day:
        found.append(Entry.registered_at >= midnight(wanted.first_day, zone))
    if wanted.last_day:
        day_after = wanted.last_day + timedelta(days=1)
        found.append(Entry.registered_at < midnight(day_after, zone))
    if wanted.year:
        found.append(Entry.year == wanted.year)
    if wanted.book:
        found.append(Book.code == wanted.book)
    if wanted.direction:
        found.append(Entry.direction == wanted.direction)
    if wanted.state:
        found.append(_in_state(wanted.state))
    if wanted.unit_id:
        found.append(Handling.unit_id == wanted.unit_id)
    if wanted.user_id:
        found.append(Handling.user_id == wanted.user_id)
    if wanted.kind:
        found.append(_of_kind(wanted.kind, by))
    if wanted.channel:
        found.append(channel() == wanted.channel)
    if wanted.has_files is not None:
        found.append(with_files() if wanted.has_files else ~with_files())
    if wanted.language:
        found.append(SearchText.language == wanted.language)
    return found


def channel() -> ColumnElement[str]:
    """How the entry came, as it is known now: a correction counts, as in lists and statistics."""
    corrected = (
        select(Corrected.fields["delivery_method"].astext)
        .where(Corrected.entry_id == Entry.id)
        .scalar_subquery()
    )
    return func.coalesce(corrected, Entry.delivery_method)


def with_files() -> ColumnElement[bool]:
    return exists().where(documents.File.entry_id == Entry.id)


def _of_kind(code: str, by: Principal) -> ColumnElement[bool]:
    of_kind = (
        select(kinds.EntryKind.entry_id)
        .join(kinds.Kind, kinds.Kind.id == kinds.EntryKind.kind_id)
        .where(kinds.Kind.body_id == by.body_id, kinds.Kind.code == code)
    )
    return Entry.id.in_(of_kind)


def _in_state(state: State) -> ColumnElement[bool]:
    if state is State.ANNULLED:
        return Annulment.entry_id.is_not(None)
    return and_(Handling.state == HandlingState(state), Annulment.entry_id.is_(None))
