"""Posts of units: begun, filled, left vacant and ended, each from a day on.

Who holds a post has its role in the unit; leaving it ends that role and nothing else.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from docflow import audit, clock
from docflow.errors import Conflict, Invalid, NotFound
from docflow.folding import line
from docflow.i18n import t
from docflow.organization import organogram, roles
from docflow.organization.accounts import require_administrator
from docflow.organization.models import Grant, Position, Unit
from docflow.organization.service import NoSuchUnit, hold_unit, no_such_unit, units
from docflow.principal import Principal, Role

MAX_TITLE = 200


class BadPosition(Invalid):
    """The post cannot be like this."""


class NoSuchPosition(NotFound):
    """The body has no such post now."""


class PositionHeld(Conflict):
    """Somebody holds this post in these days."""


@dataclass(frozen=True, slots=True)
class PositionInfo:
    """A post of today, with its unit."""

    unit_id: int
    unit_code: str
    unit_name: str
    post: organogram.Post


def listing(
    session: Session,
    *,
    by: Principal,
    zone: str,
    unit: str | None = None,
    only_vacant: bool = False,
) -> list[PositionInfo]:
    """The posts of today, unit by unit from the top down; of one unit, by its code.

    Raises NoSuchUnit.
    """
    tree = organogram.tree(session, by=by, zone=zone)
    if unit is not None and unit not in {one.code for one in tree}:
        raise NoSuchUnit(no_such_unit())
    return [
        PositionInfo(one.id, one.code, one.name, post)
        for one in tree
        if unit in (None, one.code)
        for post in one.posts
        if not (only_vacant and post.holder is not None)
    ]


def one(session: Session, position_id: int, *, by: Principal, zone: str) -> PositionInfo:
    """A post of today. Raises NoSuchPosition."""
    found = listing(session, by=by, zone=zone)
    post = next((each for each in found if each.post.id == position_id), None)
    if post is None:
        raise _no_such_position()
    return post


def unit_of(session: Session, code: str, *, by: Principal) -> int:
    """The id of a unit of today by its code. Raises NoSuchUnit."""
    found = [each.id for each in units(session, by.body_id) if each.code == code]
    if not found:
        raise NoSuchUnit(no_such_unit(), field="unit")
    return found[0]


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
        raise _no_such_position()
    return row


def _no_such_position() -> NoSuchPosition:
    return NoSuchPosition(t("The body has no such post now."))
