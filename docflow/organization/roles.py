"""Roles given and taken from day to day, in units where they are tied to one.

A unit has one head; who becomes it follows the one before. Nobody gives himself a role.
"""

from datetime import date, timedelta

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from docflow import audit, clock
from docflow.errors import Invalid, NotFound
from docflow.i18n import t
from docflow.organization.accounts import (
    held,
    require_administrator,
    require_administrator_left,
    require_another,
    require_installation_left,
    require_may_rule,
)
from docflow.organization.models import Grant, Unit, User
from docflow.organization.principals import NoSuchUser
from docflow.organization.service import hold_unit
from docflow.principal import Principal, Role

UNIT_ROLES = frozenset({Role.CLERK, Role.HEAD, Role.EMPLOYEE})


class BadRole(Invalid):
    """The role cannot be given like this."""


class NoSuchGrant(NotFound):
    """This person has no such role now."""


def give(
    session: Session,
    user_id: int,
    role: Role,
    *,
    by: Principal,
    unit_id: int | None = None,
    valid_from: date | None = None,
    valid_to: date | None = None,
    position_id: int | None = None,
) -> Grant:
    """Give a role, from a day to a day; a new head follows the one before.

    Raises NotAllowed, OwnRights, NoSuchUser, NoSuchUnit, BadRole.
    """
    require_administrator(by)
    require_another(by, user_id)
    row = held(session, user_id, by.body_id)
    if not row.is_active:
        raise NoSuchUser(t("This account is closed or locked. Choose somebody else."))
    if role == Role.INSTALLATION:
        by.require(by.opens_bodies, t("Only an administrator of the installation gives this role."))
    place = _place(session, role, unit_id, by)
    first = valid_from or clock.today()
    if valid_to is not None and valid_to < max(first, clock.today()):
        raise BadRole(t("The last day is before the first."), field="valid_to")
    _require_new(session, row, role, place, first, valid_to)
    if role == Role.HEAD and place is not None:
        unit = select(Unit.id).where(Unit.id == place.id)
        session.execute(unit.with_for_update(key_share=True))  # two heads come in order
        _follow_head(session, place, first, valid_to)
    grant = Grant(
        user_id=row.id,
        role=role,
        unit_id=place.id if place else None,
        valid_from=first,
        valid_to=valid_to,
        position_id=position_id,
    )
    session.add(grant)
    session.flush()  # its id, for the event
    audit.record(
        session,
        "user.role-given",
        by=by,
        subject=("user", row.id),
        role=role,
        unit=place.id if place else None,
        valid_from=first.isoformat(),
        valid_to=valid_to.isoformat() if valid_to else None,
    )
    return grant


def take(session: Session, user_id: int, grant_id: int, *, by: Principal) -> None:
    """End a role today; what was done under it stays. Its open work stays with the person.

    Raises NotAllowed, OwnRights, NoSuchUser, NoSuchGrant, LastAdministrator.
    """
    require_administrator(by)
    require_another(by, user_id)
    row = held(session, user_id, by.body_id)
    today = clock.today()
    grant = session.scalar(
        select(Grant).where(
            Grant.id == grant_id,
            Grant.user_id == row.id,
            or_(Grant.valid_to.is_(None), Grant.valid_to >= today),
        )
    )
    if grant is None:
        raise NoSuchGrant(t("This person has no such role now."))
    if grant.role == Role.ADMINISTRATOR:
        require_administrator_left(session, row)
    if grant.role == Role.INSTALLATION:
        require_may_rule(session, row, by)
        require_installation_left(session, row)
    grant.valid_to = today - timedelta(days=1)
    audit.record(
        session,
        "user.role-taken",
        by=by,
        subject=("user", row.id),
        role=grant.role,
        unit=grant.unit_id,
    )


def _place(session: Session, role: Role, unit_id: int | None, by: Principal) -> Unit | None:
    if role not in UNIT_ROLES and role != Role.REGISTRAR:
        return None
    if unit_id is None:
        if role == Role.REGISTRAR:
            return None
        raise BadRole(t("This role belongs to a unit. Choose the unit."), field="unit_id")
    return hold_unit(session, unit_id, body_id=by.body_id)


def _require_new(
    session: Session,
    row: User,
    role: Role,
    place: Unit | None,
    first: date,
    last: date | None,
) -> None:
    same = session.scalars(
        select(Grant).where(Grant.user_id == row.id, Grant.role == role, _overlaps(first, last))
    ).all()
    if any(one.unit_id == (place.id if place else None) for one in same):
        raise BadRole(t("The person has this role already in these days."), field="role")


def _overlaps(first: date, last: date | None) -> ColumnElement[bool]:
    later = or_(Grant.valid_to.is_(None), Grant.valid_to >= first)
    return later if last is None else (Grant.valid_from <= last) & later


def _follow_head(session: Session, place: Unit, first: date, last: date | None) -> None:
    """A unit has one head: whoever was it is so until the day before.

    An appointment to come is not pushed aside: it must be ended by hand. Raises BadRole.
    """
    for row in session.scalars(
        select(Grant).where(
            Grant.unit_id == place.id, Grant.role == Role.HEAD, _overlaps(first, last)
        )
    ):
        if row.valid_from >= first and row.valid_from > clock.today():
            raise BadRole(
                t(
                    "From {day} somebody else is head of the unit. End that first.",
                    day=f"{row.valid_from:%d/%m/%Y}",
                ),
                field="valid_from",
            )
        today = clock.today()
        if row.valid_to is None or row.valid_to >= today:  # who was head before today stays told
            row.valid_to = max(first, today) - timedelta(days=1)
