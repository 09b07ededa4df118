"""Whom a list can be narrowed to, and to whom its items can be given."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from docflow import clock, organization
from docflow.folding import by_name
from docflow.organization import Grant, User
from docflow.principal import Role

_WORK = (Role.HEAD, Role.EMPLOYEE, Role.CLERK)


@dataclass(frozen=True, slots=True)
class Colleague:
    id: int
    full_name: str


def people_in(session: Session, unit_ids: Collection[int]) -> dict[int, Sequence[Colleague]]:
    """Who works in each of the units today, the heads first; in one question for all."""
    today = clock.today()
    rows = session.execute(
        select(Grant.unit_id, User.id, User.full_name, Grant.role)
        .join(User, User.id == Grant.user_id)
        .where(
            Grant.unit_id.in_(unit_ids),
            Grant.role.in_(_WORK),
            Grant.valid_from <= today,
            or_(Grant.valid_to.is_(None), Grant.valid_to >= today),
            organization.in_service(),
            organization.logs_in(),
        )
    )
    found: dict[int, dict[int, Colleague]] = {}
    by_rank = sorted(rows, key=lambda row: (row[3] != Role.HEAD, by_name(row[2])))
    for unit_id, user_id, name, _ in by_rank:
        assert unit_id is not None
        found.setdefault(unit_id, {}).setdefault(user_id, Colleague(user_id, name))
    return {unit_id: list(people.values()) for unit_id, people in found.items()}
