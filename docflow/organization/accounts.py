"""Accounts made and kept by hand: who somebody is, and whether he may log in.

An administrator does it for his own body. Nobody changes his own rights, so that whoever runs the
system does not open documents to himself (domain row 102), and the last administrator stays one.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, func, select, true
from sqlalchemy.orm import Session

from docflow import audit, clock
from docflow.errors import Conflict, Invalid
from docflow.folding import by_name, fold, line
from docflow.i18n import t
from docflow.organization.login import end_sessions, hash_password
from docflow.organization.models import Body, Grant, Unit, User
from docflow.organization.passwords import random_password, replaced, require_long
from docflow.organization.principals import (
    NoSuchUser,
    in_service,
    is_in_service,
    is_person,
    logs_in,
    valid_today,
)
from docflow.principal import Principal, Role

_USERNAME = re.compile(r"[a-z][a-z0-9.-]{1,31}")
_MAX_TEXT = 200
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


class BadAccount(Invalid):
    """The account cannot be like this."""


class UsernameTaken(Conflict):
    """Somebody has this user name already."""


class OwnRights(Conflict):
    """Nobody changes his own rights, locks himself out or ends his own service."""


class LastAdministrator(Conflict):
    """A body is never without an administrator."""


@dataclass(frozen=True, slots=True)
class AccountData:
    """What an account says of a person."""

    full_name: str
    title: str = ""
    email: str = ""
    language: str = "el"


@dataclass(frozen=True, slots=True)
class GrantInfo:
    """A role of a person, with the unit where it is tied to one."""

    id: int
    role: str
    unit_id: int | None
    unit: str
    unit_code: str
    valid_from: date
    valid_to: date | None
    is_valid: bool
    is_over: bool


@dataclass(frozen=True, slots=True)
class Account:
    """An account as the administrator sees it."""

    id: int
    username: str
    full_name: str
    title: str
    email: str
    language: str
    state: str  # active, locked, closed or technical
    service_ends_on: date | None
    is_from_provider: bool
    grants: tuple[GrantInfo, ...]


def listing(
    session: Session, *, by: Principal, query: str = "", with_closed: bool = False
) -> list[Account]:
    """The accounts of the body by name. Raises NotAllowed."""
    require_administrator(by)
    wanted: list[ColumnElement[bool]] = [User.body_id == by.body_id]
    if not with_closed:
        wanted.append(User.is_active.is_(True))
    rows = session.scalars(select(User).where(*wanted).order_by(User.id)).all()
    typed = fold(query[:100])
    found = [row for row in rows if typed in fold(row.full_name) or typed in fold(row.username)]
    return _accounts(session, sorted(found, key=lambda row: by_name(row.full_name)))


def one(session: Session, user_id: int, *, by: Principal) -> Account:
    """An account of the body. Raises NotAllowed, NoSuchUser."""
    require_administrator(by)
    return _accounts(session, [held(session, user_id, by.body_id, lock=False)])[0]


def create(
    session: Session,
    username: str,
    data: AccountData,
    *,
    by: Principal,
    password: str | None = None,
    issuer: str | None = None,
) -> User:
    """Make an account without roles; with a password, it must be changed at the first login.

    `issuer` names the identity provider through which the person logs in; without it and without a
    password it is a technical account.

    Raises NotAllowed, BadAccount, BadPassword, UsernameTaken.
    """
    require_administrator(by)
    name = username.strip().lower()
    if not _USERNAME.fullmatch(name):
        raise BadAccount(
            t("A user name has 2 to 32 small Latin letters, digits, dots and dashes."),
            field="username",
        )
    clean = _checked(data)
    if password is not None:
        require_long(password)
    if session.scalar(select(User.id).where(User.username == name)) is not None:
        raise UsernameTaken(
            t("There is an account {username} already. Choose another user name.", username=name),
            field="username",
        )
    row = User(
        body_id=by.body_id,
        username=name,
        full_name=clean.full_name,
        title=clean.title,
        email=clean.email,
        language=clean.language,
        password_hash=hash_password(password) if password is not None else None,
        must_change_password=password is not None,
        oidc_issuer=issuer,
    )
    session.add(row)
    session.flush()  # its id, for the event
    audit.record(session, "user.created", by=by, subject=("user", row.id), username=name)
    return row


def change(session: Session, user_id: int, data: AccountData, *, by: Principal) -> User:
    """Say anew who somebody is. What he signed keeps the title that he had then.

    Raises NotAllowed, NoSuchUser, BadAccount.
    """
    require_administrator(by)
    clean, row = _checked(data), held(session, user_id, by.body_id)
    names = ("full_name", "title", "email", "language")
    changed = [name for name in names if getattr(row, name) != getattr(clean, name)]
    for name in changed:
        setattr(row, name, getattr(clean, name))
    if changed:
        audit.record(
            session, "user.changed", by=by, subject=("user", row.id), fields=sorted(changed)
        )
    return row


def lock(session: Session, user_id: int, *, by: Principal) -> User:
    """Lock somebody out at once, and end his logins. His work stays, and goes to nobody new.

    Raises NotAllowed, OwnRights, NoSuchUser, LastAdministrator.
    """
    require_administrator(by)
    require_another(by, user_id)
    row = held(session, user_id, by.body_id)
    require_may_end(session, row, by)
    if row.locked_at is None:
        row.locked_at = clock.now()
        end_sessions(session, row.id)
        audit.record(session, "user.locked", by=by, subject=("user", row.id))
    return row


def unlock(session: Session, user_id: int, *, by: Principal) -> User:
    """Take a lock away, also the rest after wrong passwords. Raises NotAllowed, NoSuchUser."""
    require_administrator(by)
    row = held(session, user_id, by.body_id)
    if row.locked_at is not None:
        require_may_rule(session, row, by)
    if row.locked_at is not None or row.locked_until is not None:
        row.locked_at = row.locked_until = None
        row.failed_logins = 0
        audit.record(session, "user.unlocked", by=by, subject=("user", row.id))
    return row


def new_password(session: Session, user_id: int, *, by: Principal) -> str:
    """A password to be handed over, good for one login; the person then chooses his own.

    Raises NotAllowed, OwnRights, NoSuchUser.
    """
    require_administrator(by)
    require_another(by, user_id)
    row, made = held(session, user_id, by.body_id), random_password()
    require_may_rule(session, row, by)
    row.password_hash, row.must_change_password = hash_password(made), True
    row.failed_logins, row.locked_until = 0, None
    end_sessions(session, row.id)
    audit.record(session, "user.password-reset", by=by, subject=("user", row.id))
    replaced(session, row, by=by)
    return made


def move_to_provider(session: Session, user_id: int, issuer: str, *, by: Principal) -> User:
    """From now on the person logs in through the identity provider; his password is gone.

    The first who comes from there with this user name is taken for him: see `oidc`.
    Raises NotAllowed, OwnRights, NoSuchUser, BadAccount.
    """
    require_administrator(by)
    require_another(by, user_id)
    row = held(session, user_id, by.body_id)
    require_may_rule(session, row, by)
    if row.password_hash is None:
        raise BadAccount(t("This account has no password that the provider could replace."))
    if row.oidc_issuer != issuer:
        row.oidc_issuer, row.oidc_subject = issuer, None
    row.password_hash, row.must_change_password = None, False
    end_sessions(session, row.id)
    audit.record(session, "user.moved-to-provider", by=by, subject=("user", row.id), issuer=issuer)
    replaced(session, row, by=by)
    return row


def require_administrator(by: Principal) -> None:
    by.require_scope("administer")
    by.require(by.is_administrator, t("Only an administrator keeps accounts."))


def require_administrator_left(session: Session, row: User) -> None:
    """Raises LastAdministrator where this account is the only one that can administer the body."""
    # Two administrators who lock each other out at once come in order.
    session.get_one(Body, row.body_id, with_for_update={"key_share": True})
    if _is_last(session, row, Role.ADMINISTRATOR, User.body_id == row.body_id):
        raise LastAdministrator(
            t("This is the only administrator of the body. Name another one first.")
        )


def require_may_end(session: Session, row: User, by: Principal) -> None:
    """Whether this account may be locked or closed: the house is not left without whom it needs.

    Raises NotAllowed, LastAdministrator.
    """
    require_administrator_left(session, row)
    require_may_rule(session, row, by)
    require_installation_left(session, row)


def require_installation_left(session: Session, row: User) -> None:
    """Raises LastAdministrator where this account is the only one that opens bodies."""
    # Two holders who lock each other out at once come in order.
    key = func.hashtextextended("installation-holders", 0)
    session.execute(select(func.pg_advisory_xact_lock(key)))
    if _is_last(session, row, Role.INSTALLATION, true()):
        raise LastAdministrator(
            t("This is the only administrator of the installation. Name another one first.")
        )


def _is_last(session: Session, row: User, role: Role, where: ColumnElement[bool]) -> bool:
    """Whether he has the role today, and nobody else has it for good and can log in."""
    holders = (
        select(User.id)
        .join(Grant, Grant.user_id == User.id)
        .where(Grant.role == role, valid_today(Grant), in_service(), where)
    )
    if row.id not in set(session.scalars(holders)):
        return False
    for_good = holders.where(
        User.id != row.id,
        Grant.valid_to.is_(None),
        User.service_ends_on.is_(None),
        logs_in(),
    )
    return session.scalar(for_good.limit(1)) is None


def held(session: Session, user_id: int, body_id: int, *, lock: bool = True) -> User:
    """An account of the body, held until the transaction ends. Raises NoSuchUser."""
    query = select(User).where(User.id == user_id, User.body_id == body_id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    row = session.scalar(query)
    if row is None:
        raise NoSuchUser(t("There is no such account in this body."))
    return row


def require_may_rule(session: Session, row: User, by: Principal) -> None:
    """Who opens bodies is above the administrators of a body: no way leads into his account.

    Raises NotAllowed.
    """
    query = select(Grant.id).where(
        Grant.user_id == row.id, Grant.role == Role.INSTALLATION, valid_today(Grant)
    )
    by.require(
        by.opens_bodies or session.scalar(query.limit(1)) is None,
        t("Only an administrator of the installation does this to such an account."),
    )


def require_another(by: Principal, user_id: int) -> None:
    if by.user_id == user_id:
        raise OwnRights(t("Nobody does this to his own account. Ask another administrator."))


def _checked(data: AccountData) -> AccountData:
    name, title, email = line(data.full_name), line(data.title), line(data.email)
    if not 2 <= len(name) <= _MAX_TEXT:
        raise BadAccount(t("Write the full name, of 2 to 200 characters."), field="full_name")
    if len(title) > _MAX_TEXT:
        raise BadAccount(t("At most {max} characters fit here.", max=_MAX_TEXT), field="title")
    if email and (len(email) > _MAX_TEXT or not _EMAIL.fullmatch(email)):
        raise BadAccount(t("This is not an e-mail address."), field="email")
    language = data.language if data.language in ("el", "en") else "el"
    return AccountData(name, title, email, language)


def _accounts(session: Session, rows: Iterable[User]) -> list[Account]:
    found = list(rows)
    grants = session.execute(
        select(Grant, Unit.name, Unit.code)
        .outerjoin(Unit, Unit.id == Grant.unit_id)
        .where(Grant.user_id.in_([row.id for row in found]))
        .order_by(Grant.valid_from, Grant.id)
    ).all()
    today = clock.today()
    of: dict[int, list[GrantInfo]] = {}
    for grant, name, code in grants:
        is_over = grant.valid_to is not None and grant.valid_to < today
        of.setdefault(grant.user_id, []).append(
            GrantInfo(
                id=grant.id,
                role=grant.role,
                unit_id=grant.unit_id,
                unit=name or "",
                unit_code=code or "",
                valid_from=grant.valid_from,
                valid_to=grant.valid_to,
                is_valid=not is_over and grant.valid_from <= today,
                is_over=is_over,
            )
        )
    return [
        Account(
            id=row.id,
            username=row.username,
            full_name=row.full_name,
            title=row.title,
            email=row.email,
            language=row.language,
            state=_state(row),
            service_ends_on=row.service_ends_on,
            is_from_provider=row.oidc_issuer is not None,
            grants=tuple(of.get(row.id, ())),
        )
        for row in found
    ]


def _state(row: User) -> str:
    if not row.is_active or (not is_in_service(row) and row.locked_at is None):
        return "closed"
    if row.locked_at is not None:
        return "locked"
    return "active" if is_person(row) else "technical"
