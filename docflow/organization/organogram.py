"""The organogram as people see it: the tree of a day, with heads, deputies and posts.

Names and places of a day that is over are those of that day (domain row 53).
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, literal, or_, select
from sqlalchemy.orm import Session

from docflow import clock
from docflow.folding import by_name
from docflow.organization import deputies
from docflow.organization.models import Grant, Position, Unit, UnitVersion, User
from docflow.organization.principals import logs_in
from docflow.organization.service import NoSuchUnit, no_such_unit
from docflow.principal import Principal, Role


@dataclass(frozen=True, slots=True)
class Holder:
    """Who has a role in a unit, or holds a post, from when to when."""

    user_id: int
    full_name: str
    username: str
    role: str
    valid_from: date
    valid_to: date | None
    deputy: str = ""  # who acts for him today


@dataclass(frozen=True, slots=True)
class Post:
    """A position; nobody holds it where it is vacant."""

    id: int
    title: str
    role: str
    valid_from: date
    valid_to: date | None
    holder: Holder | None


@dataclass(frozen=True, slots=True)
class UnitView:
    """A unit on a day; `depth` is 0 at the top."""

    id: int
    code: str
    name: str
    parent_id: int | None
    parent: str  # its code
    phone: str
    email: str
    valid_from: date
    valid_to: date | None
    successor: str  # its code
    depth: int = 0
    heads: tuple[Holder, ...] = ()
    people: tuple[Holder, ...] = ()  # without the heads
    posts: tuple[Post, ...] = ()

    @property
    def head(self) -> Holder | None:
        return self.heads[0] if self.heads else None

    @property
    def is_over(self) -> bool:
        return self.valid_to is not None and self.valid_to < clock.today()


@dataclass(frozen=True, slots=True)
class Named:
    """What a unit was called from a moment on."""

    since: datetime
    code: str
    name: str


def tree(session: Session, *, by: Principal, zone: str, day: date | None = None) -> list[UnitView]:
    """The units of a day from the top down, today's without one."""
    on = day or clock.today(zone)
    rows = session.scalars(
        select(Unit).where(Unit.body_id == by.body_id, _holds(Unit, on)).order_by(Unit.code)
    ).all()
    return _walk(_views(session, rows, on, zone))


def every_unit(session: Session, *, by: Principal, zone: str) -> list[UnitView]:
    """All units that there ever were, those of today first and in their tree."""
    now = tree(session, by=by, zone=zone)
    today = clock.today(zone)
    over = session.scalars(
        select(Unit)
        .where(Unit.body_id == by.body_id, Unit.id.not_in([one.id for one in now]))
        .order_by(Unit.valid_to, Unit.code)
    ).all()
    return now + _views(session, over, today, zone)


def one(session: Session, unit_id: int, *, by: Principal, zone: str) -> UnitView:
    """A unit of the body, also one that is over. Raises NoSuchUnit."""
    row = session.scalar(select(Unit).where(Unit.id == unit_id, Unit.body_id == by.body_id))
    if row is None:
        raise NoSuchUnit(no_such_unit())
    return _views(session, [row], clock.today(zone), zone)[0]


def names_over_time(session: Session, unit_id: int) -> list[Named]:
    """The names of a unit, the latest first."""
    rows = session.scalars(
        select(UnitVersion)
        .where(UnitVersion.unit_id == unit_id)
        .order_by(UnitVersion.since.desc(), UnitVersion.id.desc())
    ).all()
    return [Named(row.since, row.code, row.name) for row in rows]


def heads_over_time(session: Session, unit_id: int) -> list[Holder]:
    """Who headed the unit, from when to when, the latest first, those to come among them."""
    rows = session.execute(
        select(Grant, User)
        .join(User, User.id == Grant.user_id)
        .where(Grant.unit_id == unit_id, Grant.role == Role.HEAD)
        .order_by(Grant.valid_from.desc(), Grant.id.desc())
    ).all()
    return [
        _holder(grant, user)
        for grant, user in rows
        if grant.valid_to is None or grant.valid_to >= grant.valid_from
    ]


def _holds(row: type[Unit] | type[Grant] | type[Position], on: date) -> ColumnElement[bool]:
    return (row.valid_from <= on) & or_(row.valid_to.is_(None), row.valid_to >= on)


def _views(session: Session, rows: Iterable[Unit], on: date, zone: str) -> list[UnitView]:
    found = list(rows)
    ids = [row.id for row in found]
    told = _versions(session, ids, on, zone)
    codes = _codes(session, found)
    holders = _holders(session, ids, on)
    posts = _posts(session, ids, on)
    return [
        UnitView(
            id=row.id,
            code=told.get(row.id, (row.code, row.name, row.parent_id))[0],
            name=told.get(row.id, (row.code, row.name, row.parent_id))[1],
            parent_id=told.get(row.id, (row.code, row.name, row.parent_id))[2],
            parent=codes.get(told.get(row.id, ("", "", row.parent_id))[2] or 0, ""),
            phone=row.phone,
            email=row.email,
            valid_from=row.valid_from,
            valid_to=row.valid_to,
            successor=codes.get(row.successor_id or 0, ""),
            heads=tuple(one for one in holders.get(row.id, ()) if one.role == Role.HEAD),
            people=tuple(one for one in holders.get(row.id, ()) if one.role != Role.HEAD),
            posts=tuple(posts.get(row.id, ())),
        )
        for row in found
    ]


def _versions(
    session: Session, ids: list[int], on: date, zone: str
) -> dict[int, tuple[str, str, int | None]]:
    """Code, name and unit above at the end of the day."""
    end = datetime.combine(on + timedelta(days=1), time(), ZoneInfo(zone))
    rows = session.scalars(
        select(UnitVersion)
        .where(UnitVersion.unit_id.in_(ids))
        .order_by(UnitVersion.since, UnitVersion.id)
    ).all()
    found: dict[int, tuple[str, str, int | None]] = {}
    for row in rows:
        if row.since < end or row.unit_id not in found:
            found[row.unit_id] = (row.code, row.name, row.parent_id)
    return found


def _codes(session: Session, rows: list[Unit]) -> dict[int, str]:
    bodies = {row.body_id for row in rows}
    pairs = session.execute(select(Unit.id, Unit.code).where(Unit.body_id.in_(bodies))).all()
    return {unit_id: code for unit_id, code in pairs}


def _holders(session: Session, ids: list[int], on: date) -> dict[int, list[Holder]]:
    is_over = literal(on < clock.today())  # then also those count whose account is closed now
    standing = session.execute(
        select(Grant, User)
        .join(User, User.id == Grant.user_id)
        .where(Grant.unit_id.in_(ids), _holds(Grant, on), or_(User.is_active, is_over), logs_in())
        .order_by(Grant.id)
    ).all()
    rows = sorted(standing, key=lambda row: (row[0].role != Role.HEAD, by_name(row[1].full_name)))
    now: set[int] = set() if on < clock.today() else {user.id for _, user in rows}
    away = deputies.deputies_of(session, now)  # who acts today says nothing of a day that is over
    found: dict[int, list[Holder]] = {}
    for grant, user in rows:
        names = ", ".join(one.deputy for one in away.get(user.id, ()))
        if grant.unit_id is not None:
            held = replace(_holder(grant, user), deputy=names)
            found.setdefault(grant.unit_id, []).append(held)
    return found


def _posts(session: Session, ids: list[int], on: date) -> dict[int, list[Post]]:
    rows = session.scalars(
        select(Position)
        .where(Position.unit_id.in_(ids), _holds(Position, on))
        .order_by(Position.role != Role.HEAD, Position.title, Position.id)
    ).all()
    held = session.execute(
        select(Grant, User)
        .join(User, User.id == Grant.user_id)
        .where(Grant.position_id.in_([row.id for row in rows]), _holds(Grant, on))
    ).all()
    holders = {grant.position_id: _holder(grant, user) for grant, user in held}
    found: dict[int, list[Post]] = {}
    for row in rows:
        found.setdefault(row.unit_id, []).append(
            Post(row.id, row.title, row.role, row.valid_from, row.valid_to, holders.get(row.id))
        )
    return found


def _holder(grant: Grant, user: User) -> Holder:
    return Holder(
        user_id=user.id,
        full_name=user.full_name,
        username=user.username,
        role=grant.role,
        valid_from=grant.valid_from,
        valid_to=grant.valid_to,
    )


def _walk(views: list[UnitView]) -> list[UnitView]:
    known = {one.id for one in views}
    below: dict[int | None, list[UnitView]] = {}
    for view in sorted(views, key=lambda unit: unit.code):
        below.setdefault(view.parent_id if view.parent_id in known else None, []).append(view)

    def walk(above: int | None, depth: int) -> list[UnitView]:
        found: list[UnitView] = []
        for view in below.get(above, []):
            found.append(replace(view, depth=depth))
            found += walk(view.id, depth + 1)
        return found

    return walk(None, 0)
