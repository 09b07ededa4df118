"""Posts of units: begun, filled, left vacant and ended, each from a day on.

Who holds a post has its role in the unit; leaving it ends that role and nothing else.
"""

from datetime import date, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from docflow import audit, clock
from docflow.errors import Conflict, Invalid, NotFound
from docflow.folding import line
from docflow.i18n import t
from docflow.organization import roles
from docflow.organization.accounts import require_administrator
from docflow.organization.models import Grant, Position, Unit
from docflow.organization.service import hold_unit
from docflow.principal import Principal, Role

MAX_TITLE = 200


class BadPosition(Invalid):
    """The post cannot be like this."""


class NoSuchPosition(NotFound):
    """The body has no such post now."""


class PositionHeld(Conflict):
    """Somebody holds this post in these days."""


def begin(session: Session, unit_id: int, title: str, role: Role, *, by: Principal) -> Position:
    """A new post of a unit, vacant. Raises NotAllowed, NoSuchUnit, BadPosition."""
    require_administrator(by)
    unit, clean = hold_unit(session, unit_id, body_id=by.body_id), line(title)
    if not 2 <= len(clean) <= MAX_TITLE:
        raise BadPosition(t("Write the title of the post, of 2 to 200 characters."), field="title")
    if role not in roles.UNIT_ROLES:
        raise BadPosition(t("A post gives a role in its unit."), field="role")
    row = Position(unit_id=unit.id, title=clean, role=role, valid_from=clock.today())
    session.add(row)
    session.flush()  # its id, for the event
    audit.record(
        session,
        "position.begun",
        by=by,
        subject=("unit", unit.id),
        position=row.id,
        title=clean,
        role=role,
    )
    return row


def fill(
    session: Session,
    position_id: int,
    user_id: int,
    *,
    by: Principal,
    valid_from: date | None = None,
    valid_to: date | None = None,
) -> Grant:
    """Put somebody on a vacant post. Raises PositionHeld, NoSuchPosition, and as `roles.give`."""
    require_administrator(by)
    row = _held(session, position_id, by)
    first = valid_from or clock.today()
    holding = or_(Grant.valid_to.is_(None), Grant.valid_to >= first)
    taken = session.scalar(select(Grant.id).where(Grant.position_id == row.id, holding).limit(1))
    if taken is not None:
        raise PositionHeld(
            t("Somebody holds this post in these days. Declare it vacant first."), field="user_id"
        )
    return roles.give(
        session,
        user_id,
        Role(row.role),
        by=by,
        unit_id=row.unit_id,
        valid_from=first,
        valid_to=valid_to,
        position_id=row.id,
    )


def vacate(session: Session, position_id: int, *, by: Principal) -> None:
    """Its holder leaves the post today. Raises NotAllowed, NoSuchPosition, OwnRights."""
    require_administrator(by)
    row = _held(session, position_id, by)
    holding = or_(Grant.valid_to.is_(None), Grant.valid_to >= clock.today())
    for grant in session.scalars(select(Grant).where(Grant.position_id == row.id, holding)).all():
        roles.take(session, grant.user_id, grant.id, by=by)


def end(session: Session, position_id: int, *, by: Principal) -> None:
    """The post is no more; whoever holds it leaves it. Raises NotAllowed, NoSuchPosition."""
    vacate(session, position_id, by=by)
    row = _held(session, position_id, by)
    row.valid_to = clock.today() - timedelta(days=1)
    audit.record(session, "position.ended", by=by, subject=("unit", row.unit_id), position=row.id)


def _held(session: Session, position_id: int, by: Principal) -> Position:
    row = session.scalar(
        select(Position)
        .join(Unit, Unit.id == Position.unit_id)
        .where(
            Position.id == position_id,
            Unit.body_id == by.body_id,
            or_(Position.valid_to.is_(None), Position.valid_to >= clock.today()),
        )
        .with_for_update(of=Position)
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise NoSuchPosition(t("The body has no such post now."))
    return row
