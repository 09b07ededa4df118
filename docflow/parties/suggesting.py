"""Who could be meant, while somebody types: under 30 ms in a directory of 100,000.

Ranking thousands of matches at each key would be slow. So the most used correspondents are looked
through first, by an index in that order; only where they do not fill the list, the whole directory
is asked: names that begin with what was typed, then names that hold it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session, aliased

from docflow import clock
from docflow.folding import fold
from docflow.parties.families import survivor
from docflow.parties.models import Party
from docflow.principal import Principal

_RECENT = timedelta(days=90)  # whoever wrote lately is likely to write again
_MOST_USED = 2000  # rows of the directory that are looked through for the usual correspondents
_ENOUGH = 200  # matches among which the best are chosen


@dataclass(frozen=True, slots=True)
class Suggestion:
    id: int
    name: str
    tax_number: str
    email: str
    address: str


def suggest(session: Session, typed: str, *, by: Principal, limit: int = 8) -> list[Suggestion]:
    """Who could be meant: by any part of the name (accent-blind), ΑΦΜ or e-mail.

    Names that begin with what was typed come first; then those used in the last months, the most
    used of them before the others. One or two letters are sought where a name begins: beside the
    usual correspondents, no index answers for them elsewhere.
    """
    key = " ".join(fold(typed).split())
    if len(key) < 2:
        return []
    found = _usual(session, key, by)
    if len(found) < limit:
        found += _beginning(session, key, by)
    if len({party.id for party in found}) < limit and any(len(word) > 2 for word in key.split()):
        found += _holding(session, key, by)
    # A name that was merged leads to the party that is kept.
    kept = {party.id: party for party in (survivor(session, row) for row in found)}
    best = sorted(kept.values(), key=lambda party: _rank(party, key))[:limit]
    return [Suggestion(p.id, p.name, p.tax_number, p.email, p.address) for p in best]


def _usual(session: Session, key: str, by: Principal) -> list[Party]:
    """Matches among the most used correspondents."""
    most = (
        select(Party)
        .where(Party.body_id == by.body_id)
        .order_by(Party.uses.desc())
        .limit(_MOST_USED)
        .subquery()
    )
    usual = aliased(Party, most)
    words = [usual.name_key.like(f"%{_escaped(word)}%") for word in key.split()]
    meant: ColumnElement[bool] = and_(*words)
    if key.isdigit():
        meant = or_(meant, usual.tax_number.like(f"{key}%"))
    if "@" in key:
        meant = or_(meant, func.lower(usual.email).like(f"{_escaped(key)}%"))
    return list(session.scalars(select(usual).where(meant).limit(_ENOUGH)))


def _beginning(session: Session, key: str, by: Principal) -> list[Party]:
    """Names, ΑΦΜ or addresses that begin with the key, by an index of their beginnings."""
    begins = f"{_escaped(key)}%"
    mine = Party.body_id == by.body_id
    wanted = [select(Party).where(mine, Party.name_key.like(begins))]
    if key.isdigit():
        wanted.append(select(Party).where(mine, Party.tax_number.like(begins)))
    if "@" in key:
        wanted.append(
            select(Party).where(mine, Party.email != "", func.lower(Party.email).like(begins))
        )
    found: list[Party] = []
    for query in wanted:
        found += session.scalars(query.limit(_ENOUGH))
    return found


def _holding(session: Session, key: str, by: Principal) -> Sequence[Party]:
    """Names that hold the words of the key anywhere, by the trigrams of the longer ones."""
    words = [Party.name_key.like(f"%{_escaped(word)}%") for word in key.split()]
    return session.scalars(
        select(Party).where(Party.body_id == by.body_id, *words).limit(_ENOUGH)
    ).all()


def _rank(party: Party, key: str) -> tuple[bool, bool, int, float, str]:
    """Where a match stands in the list; the smallest first."""
    used = party.last_used_at
    is_recent = used is not None and clock.now() - used < _RECENT
    begins = party.name_key.startswith(key)
    seconds = used.timestamp() if used else 0.0
    return not begins, not is_recent, -party.uses, -seconds, party.name_key


def _escaped(word: str) -> str:
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
