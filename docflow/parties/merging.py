"""Two parties that are one: merged, and taken apart again where that was wrong.

A merged party stays with all that it was; it only points to the one that is kept. Entries keep
their own words and their link; whoever follows the link comes to the survivor.
Source: domain row 33.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, SQLColumnExpression, and_, func, select
from sqlalchemy.orm import Session

from docflow.errors import Conflict, Invalid
from docflow.folding import line, words
from docflow.i18n import t
from docflow.parties import directory
from docflow.parties.models import ChangeKind, Party, PartyChange
from docflow.principal import Principal

FILLED = ("email", "phone", "address")
LIKENESS = 0.6  # of two names, by trigrams (pg_trgm), from which they are worth a look


class NotMergeable(Conflict):
    """The two cannot be one."""


class MergeReasonMissing(Invalid):
    """Merging and separating parties needs a reason."""


def merge(session: Session, party_id: int, into_id: int, *, reason: str, by: Principal) -> Party:
    """Say that the party is the other one; the other one, which is kept, comes back.

    What the survivor lacks of e-mail, telephone and address it takes over. Raises NoSuchParty,
    NotYoursToKeep, NotMergeable, MergeReasonMissing.
    """
    directory.require_keeper(by)
    by.require_scope("register")
    clean = _reason(reason)
    if party_id == into_id:
        raise NotMergeable(t("Choose another party: this is the same one."), field="into")
    held = {
        one: directory.get(session, one, by=by, lock=True) for one in sorted((party_id, into_id))
    }  # in one order: two merges cannot block
    party, kept = held[party_id], held[into_id]
    _require_mergeable(party, kept)
    filled = {
        name: getattr(party, name)
        for name in FILLED
        if getattr(party, name) and not getattr(kept, name)
    }
    for name, value in filled.items():
        setattr(kept, name, value)
    party.merged_into_id = kept.id
    directory.note_change(
        session,
        party,
        ChangeKind.MERGED,
        {},
        {"into": kept.id, "name": kept.name, "filled": filled},
        reason=clean,
        by=by,
    )
    return kept


def _require_mergeable(party: Party, kept: Party) -> None:
    if party.merged_into_id is not None or kept.merged_into_id is not None:
        raise NotMergeable(t("One of the two was merged already. Look again."), field="into")
    if party.tax_number and kept.tax_number and party.tax_number != kept.tax_number:
        raise NotMergeable(t("They have two different ΑΦΜ: they are not one person."), field="into")
    if party.tax_number and not kept.tax_number:
        raise NotMergeable(
            t("Keep the one that has an ΑΦΜ: merge “{name}” into it.", name=kept.name),
            field="into",
        )


def separate(session: Session, party_id: int, *, reason: str, by: Principal) -> Party:
    """Take a merge back: the party stands by itself again.

    What the survivor took over from it, and nobody has changed since, goes too. Raises NoSuchParty,
    NotYoursToKeep, NotMergeable, MergeReasonMissing.
    """
    directory.require_keeper(by)
    by.require_scope("register")
    clean = _reason(reason)
    party, *holders = _held_chain(session, party_id, by)
    if not holders:
        raise NotMergeable(t("This party is not merged into another one."))
    kept = holders[0]
    given = _filled(session, party)
    for holder in holders:  # what the survivor took over it may have handed on, merged itself
        for name, value in given.items():
            if getattr(holder, name) == value:
                setattr(holder, name, "")
        if holder.merged_into_id is not None:
            on = _filled(session, holder)
            given = {name: value for name, value in given.items() if on.get(name) == value}
    party.merged_into_id = None
    directory.note_change(
        session,
        party,
        ChangeKind.SEPARATED,
        {"into": kept.id, "name": kept.name},
        {},
        reason=clean,
        by=by,
    )
    return party


def _held_chain(session: Session, party_id: int, by: Principal) -> list[Party]:
    """The party and those into which it is merged, one into the next, all held.

    In the order of their ids, as `merge` holds them: two acts cannot block each other.
    """
    while True:
        ids = _chain(session, party_id, by)
        held = {one: directory.get(session, one, by=by, lock=True) for one in sorted(ids)}
        if _chain(session, party_id, by) == ids:
            return [held[one] for one in ids]
        # Somebody merged one of them in between: it is held too, and what is held stays so.


def _chain(session: Session, party_id: int, by: Principal) -> list[int]:
    ids: list[int] = []
    following: int | None = party_id
    while following is not None:
        ids.append(following)
        following = directory.get(session, following, by=by).merged_into_id
    return ids


def _filled(session: Session, party: Party) -> dict[str, str]:
    """What the survivor took over when the party was merged into it the last time."""
    merging = session.scalars(
        select(PartyChange)
        .where(PartyChange.party_id == party.id, PartyChange.kind == ChangeKind.MERGED)
        .order_by(PartyChange.id.desc())
        .limit(1)
    ).one()
    filled: dict[str, str] = merging.new["filled"]
    return filled


def _reason(reason: str) -> str:
    clean = line(reason)
    if not clean:
        raise MergeReasonMissing(t("Write the reason."), field="reason")
    return clean


@dataclass(frozen=True, slots=True)
class Likeness:
    """Parties that may be one, and why it seems so: "tax-number", "email" or "name"."""

    why: str
    parties: tuple[Party, ...]


def similar(session: Session, party: Party, *, limit: int = 8) -> list[Party]:
    """Parties that may be the same as this one: same ΑΦΜ, same e-mail, or a name like it."""
    like = func.similarity(Party.name_key, party.name_key)
    conditions: list[ColumnElement[bool]] = [
        and_(Party.name_key.bool_op("%")(party.name_key), like >= LIKENESS)
    ]
    if party.tax_number:
        conditions.append(Party.tax_number == party.tax_number)
    if party.email:
        conditions.append(func.lower(Party.email) == party.email.lower())
    found: dict[int, Party] = {}
    for condition in reversed(conditions):  # the surest first
        rows = session.scalars(
            select(Party)
            .where(
                Party.body_id == party.body_id,
                Party.id != party.id,
                Party.merged_into_id.is_(None),
                condition,
            )
            .order_by(like.desc(), Party.id)
            .limit(limit)
        )
        for row in rows:
            if _may_be_one(party, row):
                found.setdefault(row.id, row)
    return list(found.values())[:limit]


def _may_be_one(party: Party, other: Party) -> bool:
    numbers = {party.tax_number, other.tax_number} - {""}
    return len(numbers) < 2


def duplicates(session: Session, *, by: Principal, limit: int = 50) -> list[Likeness]:
    """Parties of the directory that may be one, the surest first.

    By the same ΑΦΜ; by the same e-mail; by the same words of the name in another order. Those with
    two different ΑΦΜ are two. Raises NotYoursToKeep.
    """
    directory.require_keeper(by)
    found = _alike(session, by, "tax-number", Party.tax_number, limit)
    found += _alike(session, by, "email", func.lower(Party.email), limit)
    seen = {one.id for likeness in found for one in likeness.parties}
    return (found + _same_words(session, by, seen, limit))[:limit]


def _alike(
    session: Session, by: Principal, why: str, key: SQLColumnExpression[str], limit: int
) -> list[Likeness]:
    standing = (Party.body_id == by.body_id, Party.merged_into_id.is_(None), key != "")
    keys = select(key).where(*standing).group_by(key).having(func.count() > 1).limit(limit)
    rows = session.scalars(select(Party).where(*standing, key.in_(keys)).order_by(key, Party.id))
    groups: dict[str, list[Party]] = {}
    for row in rows:
        shared = row.tax_number if why == "tax-number" else row.email.lower()
        groups.setdefault(shared, []).append(row)
    return _likenesses(why, groups.values())


def _same_words(session: Session, by: Principal, seen: set[int], limit: int) -> list[Likeness]:
    """«Παπαδόπουλος Γεώργιος» and «Γεώργιος Παπαδόπουλος»; the same name with and without ΑΦΜ."""
    rows = session.execute(
        select(Party.id, Party.name_key).where(
            Party.body_id == by.body_id, Party.merged_into_id.is_(None)
        )
    )
    by_words: dict[tuple[str, ...], list[int]] = {}
    for party_id, name_key in rows:
        by_words.setdefault(tuple(sorted(words(name_key))), []).append(party_id)
    groups = [ids for ids in by_words.values() if len(ids) > 1 and not seen.issuperset(ids)]
    wanted = [party_id for ids in groups[:limit] for party_id in ids]
    parties = {row.id: row for row in session.scalars(select(Party).where(Party.id.in_(wanted)))}
    return _likenesses("name", [[parties[one] for one in ids] for ids in groups[:limit]])


def _likenesses(why: str, groups: Iterable[list[Party]]) -> list[Likeness]:
    found = []
    for group in groups:
        numbers = {party.tax_number for party in group} - {""}
        if len(numbers) < 2:
            found.append(Likeness(why, tuple(group)))
    return found
