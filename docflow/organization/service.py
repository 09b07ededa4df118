"""People and their rights: who somebody is, in which units he works, what he may do."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from docflow.errors import NotFound
from docflow.folding import by_name
from docflow.i18n import Text, t
from docflow.organization.models import Body, Grant, Unit, UnitVersion, User
from docflow.organization.principals import (
    NoSuchUser,
    in_service,
    is_in_service,
    is_person,
    logs_in,
    valid_today,
)
from docflow.principal import Role


class NoSuchUnit(NotFound):
    """The organogram has no such unit today."""


def no_such_unit() -> Text:
    return t("The organogram has no such unit today. Choose one from the list.")


class NoSuchBody(NotFound):
    """There is no such body."""


@dataclass(frozen=True, slots=True)
class UnitInfo:
    """A unit as lists and choices show it; `depth` is 0 at the top of the tree."""

    id: int
    code: str
    name: str
    parent_id: int | None
    depth: int


def units(session: Session, body_id: int) -> list[UnitInfo]:
    """The organogram of today, from the top down, units below a unit following it."""
    rows = session.scalars(
        select(Unit).where(Unit.body_id == body_id, valid_today(Unit)).order_by(Unit.code)
    ).all()
    below: dict[int | None, list[Unit]] = {}
    known = {unit.id for unit in rows}
    for unit in rows:
        below.setdefault(unit.parent_id if unit.parent_id in known else None, []).append(unit)

    def walk(parent: int | None, depth: int) -> list[UnitInfo]:
        found: list[UnitInfo] = []
        for unit in below.get(parent, []):
            found.append(UnitInfo(unit.id, unit.code, unit.name, unit.parent_id, depth))
            found += walk(unit.id, depth + 1)
        return found

    return walk(None, 0)


@dataclass(frozen=True, slots=True)
class Person:
    id: int
    full_name: str
    title: str
    username: str
    email: str


def people_of(session: Session, unit_id: int) -> list[Person]:
    """Who works in a unit today, heads first."""
    rows = session.execute(
        select(User, Grant.role)
        .join(Grant, Grant.user_id == User.id)
        .where(
            Grant.unit_id == unit_id,
            Grant.role.in_([Role.HEAD, Role.EMPLOYEE, Role.CLERK]),
            in_service(),
            logs_in(),  # technical accounts get no work
            valid_today(Grant),
        )
    ).all()
    seen: dict[int, Person] = {}
    for user, _ in sorted(rows, key=lambda row: (row[1] != Role.HEAD, by_name(row[0].full_name))):
        seen.setdefault(user.id, _person(user))
    return list(seen.values())


def signers(session: Session, body_id: int) -> list[Person]:
    """Who signs documents of the body today."""
    rows = session.scalars(
        select(User)
        .join(Grant, Grant.user_id == User.id)
        .where(
            User.body_id == body_id,
            Grant.role == Role.SIGNER,
            in_service(),
            valid_today(Grant),
        )
        .distinct()
    )
    return [_person(user) for user in sorted(rows, key=lambda user: by_name(user.full_name))]


def head_of(session: Session, unit_id: int) -> Person | None:
    """The head of a unit today, or of the nearest unit above it that has one."""
    current: int | None = unit_id
    while current is not None:
        user = session.scalar(
            select(User)
            .join(Grant, Grant.user_id == User.id)
            .where(
                Grant.unit_id == current,
                Grant.role == Role.HEAD,
                in_service(),
                valid_today(Grant),
            )
            .order_by(Grant.valid_from.desc())
            .limit(1)
        )
        if user is not None:
            return _person(user)
        current = session.scalar(select(Unit.parent_id).where(Unit.id == current))
    return None


def heads_above(session: Session, unit_id: int) -> list[Person]:
    """The heads on the way up from a unit, the nearest first, nobody twice."""
    found: list[Person] = []
    for one in unit_and_above(session, unit_id):
        head = head_of(session, one)
        if head is not None and head not in found:
            found.append(head)
    return found


def unit_and_above(session: Session, unit_id: int) -> list[int]:
    """The ids of a unit and of those above it, upwards."""
    way: list[int] = []
    current: int | None = unit_id
    while current is not None and current not in way:
        way.append(current)
        current = session.scalar(select(Unit.parent_id).where(Unit.id == current))
    return way


def colleague(session: Session, user_id: int, *, body_id: int) -> Person:
    """An active person of the body who can log in. Raises NoSuchUser."""
    user = session.get(User, user_id)
    if user is None or not is_in_service(user) or user.body_id != body_id or not is_person(user):
        raise NoSuchUser(t("There is no such person in the house. Choose somebody else."))
    return _person(user)


def person(session: Session, user_id: int, *, body_id: int) -> Person:
    """An active person of the body, whoever asks. Raises NoSuchUser."""
    user = session.get(User, user_id)
    if user is None or not is_in_service(user) or user.body_id != body_id:
        raise NoSuchUser(t("This account is closed or locked. Choose somebody else."))
    return _person(user)


def hold_person(session: Session, user_id: int, *, body_id: int) -> Person:
    """As `person`, and nobody closes or locks the account until the transaction ends.

    For whoever gives the person work: who ends the service waits, and moves this work too.
    """
    session.scalar(
        select(User)
        .where(User.id == user_id)
        .with_for_update(read=True, key_share=True)
        .execution_options(populate_existing=True)
    )
    return person(session, user_id, body_id=body_id)


def names(session: Session, user_ids: Iterable[int | None]) -> dict[int, str]:
    """Full names by id, closed accounts included."""
    ids = {user_id for user_id in user_ids if user_id is not None}
    if not ids:
        return {}
    rows = session.execute(select(User.id, User.full_name).where(User.id.in_(ids))).all()
    return {user_id: name for user_id, name in rows}


def works_in(session: Session, user_id: int, unit_id: int) -> bool:
    """Whether the person has a place in the unit today."""
    return (
        session.scalar(
            select(Grant.id)
            .where(
                and_(Grant.user_id == user_id, Grant.unit_id == unit_id),
                valid_today(Grant),
            )
            .limit(1)
        )
        is not None
    )


def unit(session: Session, unit_id: int, *, body_id: int) -> Unit:
    """A unit of the body that is valid today. Raises NoSuchUnit."""
    found = session.scalar(
        select(Unit).where(
            Unit.id == unit_id,
            Unit.body_id == body_id,
            valid_today(Unit),
        )
    )
    if found is None:
        raise NoSuchUnit(no_such_unit())
    return found


def hold_unit(session: Session, unit_id: int, *, body_id: int) -> Unit:
    """As `unit`, and the unit stays valid until the transaction ends.

    For whoever gives it work: a change of the organogram that dissolves it waits, and moves this
    work too, or is over and the unit is not found. Raises NoSuchUnit.
    """
    found = session.scalar(
        select(Unit)
        .where(Unit.id == unit_id, Unit.body_id == body_id, valid_today(Unit))
        .with_for_update(read=True, key_share=True)
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise NoSuchUnit(no_such_unit())
    return found


def hold_secretariat(session: Session, body_id: int) -> int | None:
    """Where new entries of the body land; it stays valid until the transaction ends.

    A change of the organogram that dissolves it is waited for, and then its successor is it.
    """
    held = (
        select(Unit.id)
        .join(Body, Body.secretariat_id == Unit.id)
        .where(Body.id == body_id, valid_today(Unit))
        .with_for_update(read=True, key_share=True, of=Unit)
    )
    found = session.scalar(held)
    if found is None:  # dissolved while it was waited for, or there is none in force
        found = session.scalar(held)
    if found is None:
        found = session.scalar(select(Body.secretariat_id).where(Body.id == body_id))
    return found


def unit_names_at(
    session: Session, wanted: Iterable[tuple[int | None, datetime]]
) -> dict[tuple[int, datetime], str]:
    """The names that units had at these moments; before its first, a unit has its first name."""
    asked = {(unit_id, at) for unit_id, at in wanted if unit_id is not None}
    if not asked:
        return {}
    rows = session.execute(
        select(UnitVersion.unit_id, UnitVersion.since, UnitVersion.name)
        .where(UnitVersion.unit_id.in_({unit_id for unit_id, _ in asked}))
        .order_by(UnitVersion.since, UnitVersion.id)
    ).all()
    told: dict[int, list[tuple[datetime, str]]] = {}
    for unit_id, since, name in rows:
        told.setdefault(unit_id, []).append((since, name))
    found = {}
    for unit_id, at in asked:
        versions = told.get(unit_id, [])
        earlier = [name for since, name in versions if since <= at]
        if versions:
            found[unit_id, at] = earlier[-1] if earlier else versions[0][1]
    return found


def unit_names(session: Session, unit_ids: Iterable[int | None]) -> dict[int, str]:
    ids = {unit_id for unit_id in unit_ids if unit_id is not None}
    if not ids:
        return {}
    rows = session.execute(select(Unit.id, Unit.name).where(Unit.id.in_(ids))).all()
    return {unit_id: name for unit_id, name in rows}


def body(session: Session, body_id: int) -> Body:
    """The body by its id. Raises NoSuchBody."""
    found = session.get(Body, body_id)
    if found is None:
        raise NoSuchBody(t("There is no such body."))
    return found


def bodies(session: Session) -> list[Body]:
    """All bodies of the installation."""
    return list(session.scalars(select(Body).order_by(Body.id)))


def body_named(session: Session, code: str | None) -> Body:
    """The body with this code, or the first one without it. Raises NoSuchBody."""
    query = select(Body).order_by(Body.id).limit(1)
    found = session.scalar(query.where(Body.code == code) if code else query)
    if found is None:
        raise NoSuchBody(t("There is no such body."))
    return found


def first_body(session: Session) -> Body | None:
    """The body of a single-body installation, or the oldest of several."""
    return session.scalar(select(Body).order_by(Body.id).limit(1))


def grant(
    session: Session,
    user: User,
    role: Role,
    unit: Unit | None = None,
    *,
    valid_from: date = date(2000, 1, 1),
    valid_to: date | None = None,
) -> Grant:
    """Give a person a role, in a unit where the role is tied to one."""
    row = Grant(
        user_id=user.id,
        role=role,
        unit_id=unit.id if unit else None,
        valid_from=valid_from,
        valid_to=valid_to,
    )
    session.add(row)
    return row


def _person(user: User) -> Person:
    return Person(user.id, user.full_name, user.title, user.username, user.email)


def usernames(session: Session, body_id: int) -> Sequence[tuple[str, str, str]]:
    """User name, full name and title of everybody who can log in, for the demo's login page."""
    rows = session.execute(
        select(User.username, User.full_name, User.title)
        .where(User.body_id == body_id, in_service(), logs_in())
        .order_by(User.id)
    ).all()
    return [(username, name, title) for username, name, title in rows]


def locked(user: User, now: datetime) -> bool:
    return user.locked_until is not None and user.locked_until > now


def administrator_mails(session: Session) -> list[str]:
    """The addresses of those who administer now, of all bodies; each once."""
    rows = session.scalars(
        select(User.email)
        .join(Grant, Grant.user_id == User.id)
        .where(Grant.role == Role.ADMINISTRATOR, valid_today(Grant), in_service(), User.email != "")
        .order_by(User.id)
    )
    return list(dict.fromkeys(rows))
