"""What a letter names, found again among what the body knows: its correspondents, units, kinds."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from docflow import kinds, organization, parties
from docflow.folding import fold
from docflow.parties import Party
from docflow.principal import Principal

_STEM = 6  # letters of a Greek word that stay the same in all its cases, as a rule
_EMPTY = {"και", "του", "τησ", "των", "στο", "στη", "τον", "την", "για", "απο", "the", "and", "for"}
_SHORT = {"δ/νση": "διευθυνση", "δνση": "διευθυνση", "δ/νσησ": "διευθυνση", "τμ.": "τμημα"}


def party(
    session: Session, by: Principal, *, tax_number: str = "", email: str = "", name: str = ""
) -> Party | None:
    """The correspondent of the directory who has this ΑΦΜ, else this address, else this name.

    Several who share it give none: which is meant, nobody but a person can say.
    """
    mine = select(Party).where(Party.body_id == by.body_id)
    ways = []
    if tax_number:
        ways.append(mine.where(Party.tax_number == tax_number))
    if email:
        ways.append(mine.where(func.lower(Party.email) == email.lower()))
    if name:
        ways.append(mine.where(Party.name_key == fold(name)))
    for way in ways:
        rows = session.scalars(way.limit(20))
        kept = {one.id: one for one in (parties.survivor(session, row) for row in rows)}
        if len(kept) == 1:
            return next(iter(kept.values()))
    return None


def stems(text: str) -> list[str]:
    """The words of a name by their beginnings: «Τεχνικών Υπηρεσιών» as «Τεχνική Υπηρεσία»."""
    words = (_SHORT.get(word, word) for word in fold(text).split())
    bare = (re.sub(r"[^\w]", "", word) for word in words)
    return [word[:_STEM] for word in bare if len(word) > 2 and word not in _EMPTY]


@dataclass(frozen=True, slots=True)
class Match:
    """Something known that a text names; `weight` words of it stand there."""

    value: str
    shown: str
    weight: int


def unit(text: str, units: Sequence[organization.UnitInfo]) -> Match | None:
    """The unit whose whole name stands in the text; of several the longest, if only one is."""
    return _longest(text, ((str(one.id), one.name, one.name) for one in units))


def kind(text: str, choices: Sequence[kinds.KindInfo], language: str) -> Match | None:
    """The kind of document whose whole title stands in the text, likewise."""
    return _longest(
        text,
        ((one.code, one.definition.title(language), one.definition.title_el) for one in choices),
    )


def _longest(text: str, known: Iterable[tuple[str, str, str]]) -> Match | None:
    there = set(stems(text))
    matches = []
    for value, shown, name in known:
        parts = stems(name)
        if parts and there.issuperset(parts):
            matches.append(Match(value, shown, len(parts)))
    matches.sort(key=lambda match: -match.weight)
    if not matches or (len(matches) > 1 and matches[0].weight == matches[1].weight):
        return None
    return matches[0]
