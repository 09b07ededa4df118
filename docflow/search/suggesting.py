"""What could be meant, while somebody types: numbers, correspondents and subjects of entries that
he may see. Nothing is proposed that is not on an entry in his sight.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import case
from sqlalchemy.orm import Session

from docflow import registry
from docflow.folding import fold, words
from docflow.principal import Principal
from docflow.registry import Entry
from docflow.search import citations, matching, sight, typed
from docflow.search.filters import Filters

_LOOKED_THROUGH = 60  # of the newest hits: enough for a handful of different values
_EACH = 4


class What(StrEnum):
    NUMBER = "number"
    PARTY = "party"
    SUBJECT = "subject"


@dataclass(frozen=True, slots=True)
class Suggested:
    """`text` goes into the box; `detail` tells a number apart; `line` is its entry."""

    what: What
    text: str
    detail: str = ""
    line: registry.Line | None = None


def suggest(session: Session, query: str, *, by: Principal, zone: str) -> list[Suggested]:
    """What begins as typed; nothing for less than two letters."""
    by.require_scope("read")
    asked = typed.parse(query)
    cited = citations.cited(session, asked.text, by=by).ids if asked.text else ()
    numbers = sight.of_ids(session, cited, Filters(), by=by, zone=zone).rows if cited else ()
    found = [
        Suggested(What.NUMBER, line.label, line.subject, line)
        for line in _lines(session, [row.id for row in numbers[:_EACH]], by)
    ]
    if any(len(word) > 1 for term in asked.wanted for word in term.words):
        found += _by_words(session, asked, by, zone)
    return found


def _by_words(session: Session, asked: typed.Query, by: Principal, zone: str) -> list[Suggested]:
    """Names and subjects in which every word begins as one that was typed, the newest first."""
    begins = [word for term in asked.wanted for word in term.words]
    query = " & ".join(matching.beginning_with(word) for word in begins)
    seen = sight.of_query(session, query, (), Filters(), by=by, zone=zone, most=_LOOKED_THROUGH)
    lines = _lines(session, [row.id for row in seen.rows], by)
    parties = dict.fromkeys(one.correspondent for one in lines if _fits(one.correspondent, begins))
    subjects = dict.fromkeys(one.subject for one in lines if _fits(one.subject, begins))
    return [
        *(Suggested(What.PARTY, name) for name in list(parties)[:_EACH]),
        *(Suggested(What.SUBJECT, subject) for subject in list(subjects)[:_EACH]),
    ]


def _fits(text: str, begins: Sequence[str]) -> bool:
    known = words(text)
    return bool(text) and all(any(w.startswith(fold(b)) for w in known) for b in begins)


def _lines(session: Session, ids: Sequence[int], by: Principal) -> list[registry.Line]:
    if not ids:
        return []
    place = case({entry_id: n for n, entry_id in enumerate(ids)}, value=Entry.id)
    query = registry.lines_query(by).where(Entry.id.in_(ids)).order_by(place)
    return registry.lines(session, session.execute(query).all())
