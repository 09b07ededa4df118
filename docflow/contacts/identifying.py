"""Who it may be that calls: found by what he says of himself, in the directory."""

from collections.abc import Sequence

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from docflow import parties
from docflow.folding import line
from docflow.parties import Party
from docflow.principal import Principal

LEAST_DIGITS = 6  # of a telephone number, from which it tells people apart


def candidates(session: Session, typed: str, *, by: Principal, limit: int = 8) -> Sequence[Party]:
    """Who it may be: by name, ΑΦΜ, e-mail or telephone, for who looks through the directory."""
    typed = line(typed)
    if not typed or not parties.directory.may_read(by):
        return []
    found, _ = parties.directory.find(session, typed, by=by, limit=limit)
    digits = "".join(char for char in typed if char.isdigit())
    by_phone: Sequence[Party] = []
    if len(digits) >= LEAST_DIGITS:
        only_digits = func.regexp_replace(Party.phone, r"\D", "", "g")
        by_phone = session.scalars(
            select(Party)
            .where(
                Party.body_id == by.body_id,
                Party.merged_into_id.is_(None),
                or_(only_digits.like(f"%{digits}"), only_digits.like(f"{digits}%")),
            )
            .limit(limit)
        ).all()
    kept: dict[int, Party] = {}
    for one in [*by_phone, *found]:
        survivor = parties.survivor(session, one)
        kept.setdefault(survivor.id, survivor)
    return list(kept.values())[:limit]
