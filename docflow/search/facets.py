"""How many of the hits there are of each unit, kind, year …: counted over hits in sight alone."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow import kinds, organization
from docflow.principal import Principal
from docflow.registry import books_open_to
from docflow.search.filters import Filters
from docflow.search.sight import Row

MOST_VALUES = 12

_COUNTED: Mapping[str, Callable[[Row], object]] = {
    "year": lambda row: row.year,
    "book": lambda row: row.book,
    "direction": lambda row: row.direction,
    "kind": lambda row: row.kind,
    "state": lambda row: "annulled" if row.is_annulled else row.state,
    "unit_id": lambda row: row.unit_id,
    "user_id": lambda row: row.user_id,
    "channel": lambda row: row.channel,
    "has_files": lambda row: row.has_files,
    "language": lambda row: row.language or None,
}


@dataclass(frozen=True, slots=True)
class Value:
    """A value of a filter, how many hits have it, and its name where it has one of its own (unit,
    person, kind, book); words for codes are the edges'.
    """

    value: str
    count: int
    name: str = ""


@dataclass(frozen=True, slots=True)
class Facet:
    """A filter and its values, the most frequent first."""

    name: str
    values: tuple[Value, ...]


def counted(session: Session, rows: Sequence[Row], *, by: Principal) -> tuple[Facet, ...]:
    """The facets of the hits; one with a single value that all hits have narrows nothing."""
    found = []
    names = _Names(session, rows, by)
    for name, of in _COUNTED.items():
        counts = Counter(value for row in rows if (value := of(row)) is not None)
        if not counts or (len(counts) == 1 and counts.total() == len(rows)):
            continue
        best = counts.most_common()
        if name == "year":
            best.sort(key=lambda pair: -int(str(pair[0])))
        values = tuple(
            Value(_code(value), count, names.of(name, value)) for value, count in best[:MOST_VALUES]
        )
        found.append(Facet(name, values))
    return tuple(found)


def _code(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


class _Names:
    """The names of what is counted by ids and codes."""

    def __init__(self, session: Session, rows: Sequence[Row], by: Principal) -> None:
        self.units = organization.unit_names(session, {r.unit_id for r in rows})
        self.people = organization.names(session, {r.user_id for r in rows})
        self.kinds: dict[str, str] = {}
        if any(row.kind for row in rows):
            title = kinds.Kind.title_en if by.language == "en" else kinds.Kind.title_el
            named = select(kinds.Kind.code, title).where(kinds.Kind.body_id == by.body_id)
            self.kinds = {code: title for code, title in session.execute(named)}
        self.books = {book.code: book.title for book in books_open_to(session, by)}

    def of(self, facet: str, value: object) -> str:
        match facet:
            case "unit_id":
                return self.units.get(int(str(value)), "")
            case "user_id":
                return self.people.get(int(str(value)), "")
            case "kind":
                return self.kinds.get(str(value), str(value))
            case "book":
                return self.books.get(str(value), str(value))
        return ""


def named(session: Session, wanted: Filters, *, by: Principal) -> dict[str, str]:
    """The names of what filters choose by id or code; "—" for what the body does not have."""
    found: dict[str, str] = {}
    if wanted.unit_id:
        unit = session.get(organization.Unit, wanted.unit_id)
        found["unit_id"] = unit.name if unit and unit.body_id == by.body_id else "—"
    if wanted.user_id:
        user = session.get(organization.User, wanted.user_id)
        found["user_id"] = user.full_name if user and user.body_id == by.body_id else "—"
    if wanted.book:
        books = {book.code: book.title for book in books_open_to(session, by)}
        found["book"] = books.get(wanted.book, wanted.book)
    if wanted.kind:
        title = kinds.Kind.title_en if by.language == "en" else kinds.Kind.title_el
        query = select(title).where(
            kinds.Kind.body_id == by.body_id, kinds.Kind.code == wanted.kind
        )
        found["kind"] = session.scalar(query) or wanted.kind
    return found
