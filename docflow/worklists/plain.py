"""A narrowing as plain words: in addresses, in forms and in what is kept of a list."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from docflow.errors import Invalid
from docflow.i18n import t
from docflow.registry import DeliveryMethod, Direction, HandlingState, Priority
from docflow.routing import Age, Deadline, Narrowing, Timeliness

NOBODY = "nobody"  # in place of a person: what is with a unit alone
_LONGEST = 64


class BadNarrowing(Invalid):
    """The list cannot be narrowed like this."""


def _day(text: str) -> date:
    return date.fromisoformat(text)


def _id(text: str) -> int:
    if not text.isdecimal() or len(text) > 18:
        raise ValueError(text)
    return int(text)


def _code(text: str) -> str:
    if len(text) > _LONGEST or "\0" in text:
        raise ValueError(text)
    return text


# Word of the address: field of the narrowing, and what makes its value of the text.
FIELDS: Mapping[str, tuple[str, Callable[[str], Any]]] = {
    "book": ("book", _code),
    "kind": ("kind", _code),
    "unit": ("unit_id", _id),
    "person": ("person_id", _id),
    "priority": ("priority", Priority),
    "deadline": ("deadline", Deadline),
    "channel": ("channel", DeliveryMethod),
    "direction": ("direction", Direction),
    "state": ("state", HandlingState),
    "age": ("age", Age),
    "first": ("first_day", _day),
    "last": ("last_day", _day),
    "closed_first": ("closed_first", _day),
    "closed_last": ("closed_last", _day),
    "timeliness": ("timeliness", Timeliness),
}


def narrowing_of(words: Mapping[str, str], *, day: Callable[[str, str], date | None]) -> Narrowing:
    """The narrowing that was typed; `day` reads a date of a field. Raises BadNarrowing."""
    found: dict[str, Any] = {}
    for word, (field, read) in FIELDS.items():
        text = words.get(word, "").strip()
        if not text:
            continue
        if word == "person" and text == NOBODY:
            found["unassigned"] = True
            continue
        try:
            found[field] = day(text, word) if read is _day else read(text)
        except ValueError as error:
            raise BadNarrowing(t("Choose one from the list."), field=word) from error
    return Narrowing(**found)


def iso_day(text: str, field: str) -> date:
    """A day as it is kept. Raises BadNarrowing."""
    try:
        return _day(text)
    except ValueError as error:
        raise BadNarrowing(
            t("“{typed}” is not a date. Write it as 2026-11-21.", typed=text[:40]), field=field
        ) from error


def plain(narrowing: Narrowing) -> dict[str, str]:
    """The words of a narrowing, days as ISO 8601; what is not given is not there."""
    words = {}
    for word, (field, _) in FIELDS.items():
        value = getattr(narrowing, field)
        if value is not None:
            words[word] = value.isoformat() if isinstance(value, date) else str(value)
    if narrowing.unassigned:
        words["person"] = NOBODY
    return words


def kept(words: Mapping[str, Any]) -> Narrowing:
    """The narrowing of a list that was kept; a word that is known no more narrows nothing."""
    found: dict[str, str] = {}
    for word, text in words.items():
        if word not in FIELDS or not isinstance(text, str):
            continue
        try:
            narrowing_of({word: text}, day=iso_day)
        except BadNarrowing:
            continue
        found[word] = text
    return narrowing_of(found, day=iso_day)
