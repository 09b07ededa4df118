"""Logins: passwords (argon2), sessions in the database, access tokens of programs.

The cookie and the token hold a random secret; the database holds its SHA-256, so that a copy of
the database opens no session. After five wrong passwords an account rests for a while.
"""

import hashlib
import secrets
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from docflow import clock
from docflow.errors import Forbidden
from docflow.i18n import t
from docflow.organization.models import ApiToken, LoginSession, User
from docflow.organization.principals import NoSuchUser, in_service, principal
from docflow.organization.service import locked
from docflow.principal import Principal, Via

MAX_FAILED = 5
REST = timedelta(minutes=5)
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)  # OWASP's minimum
_DECOY = _hasher.hash("nobody")  # checked for unknown names, so that time does not tell them


class LoginFailed(Forbidden):
    """The user name or the password is not right."""


class NotLoggedIn(Forbidden):
    """Nobody is logged in, or the login has ended."""


class PasswordHandedOver(Forbidden):
    """Whoever was handed a password chooses his own before anything else."""


class BadToken(Forbidden):
    """The access token is unknown, revoked or expired."""


def hash_password(password: str) -> str:
    return _hasher.hash(password)


def check_password(session: Session, username: str, password: str) -> User | None:
    """The user when the password is right, else None; counts failures and locks the account.

    The caller's transaction must commit in both cases, or failures would not be counted.
    Raises LoginFailed when the account rests after too many failures.
    """
    user = session.scalar(
        select(User)
        .where(User.username == username.strip().lower(), in_service())
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    now = clock.now()
    if user is not None and locked(user, now):
        raise LoginFailed(
            t("Too many wrong passwords. The account rests for some minutes; then try again.")
        )
    if not _matches(user.password_hash if user else None, password) or user is None:
        if user is not None:
            user.failed_logins += 1
            if user.failed_logins >= MAX_FAILED:
                user.failed_logins, user.locked_until = 0, now + REST
        return None
    user.failed_logins, user.locked_until = 0, None
    return user


def _matches(password_hash: str | None, password: str) -> bool:
    try:
        return _hasher.verify(password_hash or _DECOY, password) and password_hash is not None
    except VerificationError:
        return False


def open_session(session: Session, user: User, *, hours: int, client: str) -> str:
    """Begin a login; the secret for the cookie."""
    secret, now = secrets.token_urlsafe(32), clock.now()
    session.add(
        LoginSession(
            token_digest=digest(secret),
            user_id=user.id,
            created_at=now,
            last_used_at=now,
            ends_at=now + timedelta(hours=hours),
            client=client[:200],
        )
    )
    return secret


def by_session(
    session: Session, secret: str, *, idle_minutes: int, language: str | None = None
) -> tuple[Principal, bool]:
    """Who is logged in with this cookie, and whether its use should be noted (`touch`).

    Raises NotLoggedIn.
    """
    row = session.get(LoginSession, digest(secret))
    now = clock.now()
    if row is None or not _is_live(row, now, idle_minutes):
        raise NotLoggedIn(
            t("Your login has ended. Please log in again; nothing you typed is lost.")
        )
    try:
        person = principal(session, row.user_id, via=Via.WEB, language=language)
    except NoSuchUser as error:
        raise NotLoggedIn(error.message) from error
    return person, now - row.last_used_at > timedelta(minutes=1)


def touch(session: Session, secret: str) -> None:
    """Note that a login is in use (once a minute is enough)."""
    row = session.get(LoginSession, digest(secret))
    if row is not None:
        row.last_used_at = clock.now()


def owner_of_ended(session: Session, secret: str) -> int | None:
    """Whose login this was, if it ended of itself within a week: his typed form may be kept."""
    row = session.get(LoginSession, digest(secret))
    if row is None or row.ended_at or clock.now() - row.ends_at > timedelta(days=7):
        return None
    return row.user_id


def close_session(session: Session, secret: str) -> None:
    row = session.get(LoginSession, digest(secret))
    if row is not None and row.ended_at is None:
        row.ended_at = clock.now()


def end_sessions(session: Session, user_id: int, *, but_for: str = "") -> None:
    """End every login of a person: he is locked out, or has another password.

    `but_for` is the secret of the login in which he chose the password himself.
    """
    session.execute(
        update(LoginSession)
        .where(
            LoginSession.user_id == user_id,
            LoginSession.ended_at.is_(None),
            LoginSession.token_digest != digest(but_for),
        )
        .values(ended_at=clock.now())
    )


def password_is(password_hash: str, password: str) -> bool:
    """Whether the password is that of the hash."""
    return _matches(password_hash, password)


def issue_token(
    session: Session,
    user: User,
    *,
    name: str,
    scopes: list[str],
    expires_at: datetime | None = None,
) -> str:
    """A new access token for a program; it is shown once and never again."""
    secret = "dfk_" + secrets.token_urlsafe(32)
    session.add(
        ApiToken(
            user_id=user.id,
            name=name,
            token_digest=digest(secret),
            scopes=list(scopes),
            expires_at=expires_at,
        )
    )
    return secret


def by_token(session: Session, secret: str) -> Principal:
    """Who acts with this access token, within its scopes. Raises BadToken."""
    row = session.scalar(select(ApiToken).where(ApiToken.token_digest == digest(secret)))
    now = clock.now()
    if row is None or row.revoked_at or (row.expires_at and row.expires_at < now):
        raise BadToken(t("The access token is unknown, revoked or expired. Ask for a new one."))
    try:
        return principal(session, row.user_id, via=Via.API, scopes=frozenset(row.scopes))
    except NoSuchUser as error:
        raise BadToken(error.message) from error


def digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _is_live(row: LoginSession, now: datetime, idle_minutes: int) -> bool:
    idle = now - row.last_used_at > timedelta(minutes=idle_minutes)
    return row.ended_at is None and row.ends_at > now and not idle
