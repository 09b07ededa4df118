"""Making a `Principal`: who somebody is today, in which units, and in whose place he acts."""

from collections.abc import Iterable

from sqlalchemy import ColumnElement, and_, or_, select, text
from sqlalchemy.orm import Session

from docflow import clock
from docflow.errors import NotFound
from docflow.i18n import t
from docflow.organization.models import Deputy, DeputyScope, Grant, Unit, User
from docflow.principal import Principal, Role, Substitution, Via


class NoSuchUser(NotFound):
    """There is no active account of this name."""


def principal(
    session: Session,
    user_id: int,
    *,
    via: Via,
    language: str | None = None,
    scopes: frozenset[str] | None = None,
) -> Principal:
    """The person with the rights that he has today.

    Raises NoSuchUser when the account does not exist, is locked or was closed.
    """
    user = session.get(User, user_id)
    if user is None or not is_in_service(user):
        raise NoSuchUser(t("This account is closed. Ask the administrator."))
    return _principal(session, user, via=via, language=language, scopes=scopes)


def principal_named(session: Session, username: str, *, via: Via) -> Principal:
    """The same by user name, for the command line."""
    user = session.scalar(select(User).where(User.username == username, in_service()))
    if user is None:
        raise NoSuchUser(t("There is no active account “{name}”.", name=username))
    return _principal(session, user, via=via)


def is_in_service(user: User) -> bool:
    """Whether the account may act: not closed, not locked, its service not over."""
    is_over = user.service_ends_on is not None and user.service_ends_on < clock.today()
    return user.is_active and user.locked_at is None and not is_over


def in_service() -> ColumnElement[bool]:
    """The same as a condition on `users`."""
    return and_(
        User.is_active,
        User.locked_at.is_(None),
        or_(User.service_ends_on.is_(None), User.service_ends_on >= clock.today()),
    )


def logs_in() -> ColumnElement[bool]:
    """The condition on `users` that it is a person and no technical account."""
    return or_(User.password_hash.is_not(None), User.oidc_issuer.is_not(None))


def is_person(user: User) -> bool:
    return user.password_hash is not None or user.oidc_issuer is not None


def valid_today(row: type[Unit] | type[Grant]) -> ColumnElement[bool]:
    """The condition that a unit, or a role of somebody, holds today."""
    today = clock.today()
    return and_(row.valid_from <= today, or_(row.valid_to.is_(None), row.valid_to >= today))


def _principal(
    session: Session,
    user: User,
    *,
    via: Via,
    language: str | None = None,
    scopes: frozenset[str] | None = None,
) -> Principal:
    grants = session.execute(
        select(Grant.role, Grant.unit_id).where(Grant.user_id == user.id, valid_today(Grant))
    ).all()
    headed = {unit for role, unit in grants if role == Role.HEAD and unit is not None}
    books = session.execute(
        text("SELECT book_id, can_write FROM book_grants WHERE user_id = :user"),
        {"user": user.id},
    ).all()
    return Principal(
        user_id=user.id,
        body_id=user.body_id,
        username=user.username,
        full_name=user.full_name,
        title=user.title,
        language=language or user.language,
        via=via,
        roles=frozenset(Role(role) for role, _ in grants),
        unit_ids=_with_predecessors(session, (unit for _, unit in grants)),
        headed_unit_ids=_with_units_below(session, headed),
        confidential_reads=frozenset(book for book, _ in books),
        confidential_writes=frozenset(book for book, can_write in books if can_write),
        scopes=scopes,
        substitutions=_substitutions(session, user.id),
        must_change_password=user.must_change_password,
    )


def _substitutions(session: Session, user_id: int) -> tuple[Substitution, ...]:
    """Those who are away and whose whole work the person does today, the longest appointed first.

    A deputy who only signs or countersigns is asked by circulation, and sees no basket.
    """
    today = clock.today()
    rows = session.execute(
        select(Deputy.id, Deputy.person_id, User.full_name)
        .join(User, User.id == Deputy.person_id)
        .where(
            Deputy.deputy_id == user_id,
            Deputy.scope == DeputyScope.ALL,
            Deputy.valid_from <= today,
            Deputy.valid_to >= today,
            Deputy.ended_at.is_(None),
        )
        .order_by(Deputy.id)
    ).all()
    found = []
    for appointment_id, person_id, name in rows:
        grants = session.execute(
            select(Grant.role, Grant.unit_id).where(Grant.user_id == person_id, valid_today(Grant))
        ).all()
        headed = [unit for role, unit in grants if role == Role.HEAD and unit is not None]
        found.append(
            Substitution(
                appointment_id=appointment_id,
                person_id=person_id,
                full_name=name,
                unit_ids=_with_predecessors(session, (unit for _, unit in grants)),
                headed_unit_ids=_with_units_below(session, headed),
            )
        )
    return tuple(found)


def _with_predecessors(session: Session, unit_ids: Iterable[int | None]) -> frozenset[int]:
    """These units and those whose work went to them when they were dissolved, step by step.

    Who works in a unit sees what was work of its predecessors, as their people saw it.
    """
    ids = {one for one in unit_ids if one is not None}
    if not ids:
        return frozenset()
    now = select(Unit.id).where(Unit.id.in_(ids)).cte("now", recursive=True)
    before = now.union(select(Unit.id).join(now, Unit.successor_id == now.c.id))
    return frozenset(session.scalars(select(before.c.id)))


def _with_units_below(session: Session, unit_ids: Iterable[int]) -> frozenset[int]:
    """These units, those below them, and the predecessors of all these."""
    ids = list(unit_ids)
    if not ids:
        return frozenset()
    top = select(Unit.id).where(Unit.id.in_(ids)).cte("below", recursive=True)
    joins = or_(Unit.parent_id == top.c.id, Unit.successor_id == top.c.id)
    tree = top.union(select(Unit.id).join(top, joins))
    return frozenset(session.scalars(select(tree.c.id)))
