"""Whom a notice concerns, where that is a role and not a person."""

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from docflow import clock
from docflow.organization import Grant, User
from docflow.principal import Role


def holders(session: Session, body_id: int, role: Role) -> list[int]:
    """The ids of those who have the role in the body today."""
    today = clock.today()
    return list(
        session.scalars(
            select(User.id)
            .join(Grant, Grant.user_id == User.id)
            .where(
                User.body_id == body_id,
                User.is_active,
                Grant.role == role,
                Grant.valid_from <= today,
                or_(Grant.valid_to.is_(None), Grant.valid_to >= today),
            )
            .distinct()
            .order_by(User.id)
        )
    )
