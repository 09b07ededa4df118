"""A narrowing of a work list between its address, its form and what people read of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from api import wording
from api.web import forms
from docflow import worklists
from docflow.i18n import Text, t
from docflow.principal import Principal
from docflow.routing import Basket, Narrowing

_LONGEST = 100  # of a word of the address


def words_in(given: Mapping[str, Any]) -> dict[str, str]:
    """The words of a narrowing that stand in an address or a form."""
    found = {}
    for word in worklists.FIELDS:
        value = given.get(word, "")
        if isinstance(value, str) and value.strip():
            found[word] = forms.clean(value)[:_LONGEST]
    return found


def address(basket: Basket, words: Mapping[str, str]) -> str:
    return f"/work?{urlencode({'basket': basket, **words})}"


@dataclass(frozen=True, slots=True)
class Chip:
    """A word by which the list is narrowed, and the list without it."""

    name: Text
    value: str
    without: str


def chips(
    basket: Basket, words: Mapping[str, str], choices: Mapping[str, Any], by: Principal
) -> list[Chip]:
    """What narrows the list, as people read it."""
    titles: dict[str, Mapping[str, str]] = {
        "book": dict(choices["books"]),
        "kind": dict(choices["kinds"]),
        "unit": {str(unit.id): unit.name for unit in choices["units"]},
        "person": {
            str(one.id): one.full_name for people in choices["people"].values() for one in people
        }
        | {worklists.NOBODY: t("nobody yet").in_language(by.language)},
    }
    found = []
    for word, text in words.items():
        group = _WORD_GROUPS.get(word)
        value = titles[word].get(text, "–") if word in titles else text
        if group:
            value = wording.label(group, text, by.language)
        rest = {other: said for other, said in words.items() if other != word}
        found.append(Chip(_WORDS[word], value, address(basket, rest)))
    return found


_WORD_GROUPS = {
    "priority": "priority",
    "deadline": "list_deadline",
    "channel": "delivery_method",
    "direction": "direction",
    "state": "handling",
    "age": "list_age",
    "timeliness": "timeliness",
}
_WORDS: Mapping[str, Text] = {
    "book": t("Book"),
    "kind": t("Kind of document"),
    "unit": t("Unit"),
    "person": t("Charged to"),
    "priority": t("Priority"),
    "deadline": t("Deadline"),
    "channel": t("Way of delivery"),
    "direction": t("Direction"),
    "state": t("State"),
    "age": t("Age"),
    "first": t("Registered from"),
    "last": t("Registered until"),
    "closed_first": t("Closed from"),
    "closed_last": t("Closed until"),
    "timeliness": t("Kept the deadline"),
}


def day(typed: str, field: str) -> date | None:
    return forms.parse_day(typed, field=field)


def typed(narrowing: Narrowing) -> dict[str, str]:
    """A narrowing as its form shows it: days as people write them."""
    return {
        word: f"{date.fromisoformat(text):%d/%m/%Y}" if word in _DAYS else text
        for word, text in worklists.plain(narrowing).items()
    }


_DAYS = frozenset({"first", "last", "closed_first", "closed_last"})
