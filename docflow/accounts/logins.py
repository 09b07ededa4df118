"""Logins of citizens: a cookie with a secret, a row with its digest, seen and ended by their owner.

A login counts as no more than the way that opened it: whoever came by a code alone is a visitor,
and a proof that a clerk gave counts where the account was entered by its password or a provider.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from docflow import audit, clock
from docflow.accounts.citizen import Citizen, Level, Represented, RepresentedKind, acting
from docflow.accounts.models import (
    Account,
    AccountState,
    CitizenSession,
    Representation,
    RepresentationState,
    Way,
)
from docflow.errors import NotFound
from docflow.i18n import t
from docflow.messages import Channel

FRESH = timedelta(minutes=30)
"""So long after a code was typed a password may be chosen without the old one."""


class NoSuchLogin(NotFound):
    """There is no such login of yours."""


@dataclass(frozen=True, slots=True)
class Login:
    """A login as its owner sees it among the others."""

    id: int
    way: Way
    provider: str
    level: Level
    client: str  # what the browser says of itself
    created_at: datetime
    last_used_at: datetime
    is_this: bool


def digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def open_login(
    session: Session,
    account: Account,
    *,
    way: Way,
    hours: int,
    client: str,
    level: Level | None = None,
    provider: str | None = None,
) -> str:
    """Begin a login; the secret for the cookie. `level` is what a provider proves of itself."""
    secret, now = secrets.token_urlsafe(32), clock.now()
    if level is None:
        level = Level.VISITOR if way is Way.CODE else Level.REGISTERED
    row = CitizenSession(
        token_digest=digest(secret),
        account_id=account.id,
        way=way,
        level=level,
        provider=provider,
        client=client[:200],
        created_at=now,
        last_used_at=now,
        ends_at=now + timedelta(hours=hours),
    )
    session.add(row)
    session.flush()
    audit.record(
        session,
        "account.entered",
        by=acting(Citizen(), body_id=account.body_id),
        subject=("citizen-account", account.id),
        way=way,
        level=level,
        provider=provider,
    )
    return secret


def by_session(session: Session, secret: str, *, idle_minutes: int) -> tuple[Citizen, bool] | None:
    """Who is logged in with this cookie, and whether its use should be noted (`touch`)."""
    found = session.execute(
        select(CitizenSession, Account)
        .join(Account, Account.id == CitizenSession.account_id)
        .where(CitizenSession.token_digest == digest(secret))
    ).one_or_none()
    if found is None:
        return None
    row, account = found
    now = clock.now()
    is_live = (
        row.ended_at is None
        and row.ends_at > now
        and now - row.last_used_at <= timedelta(minutes=idle_minutes)
        and account.state == AccountState.OPEN
        and account.locked_at is None
    )
    if not is_live:
        return None
    return _picture(session, row, account), now - row.last_used_at > timedelta(minutes=1)


def level_of(account: Account, *, way: Way, own: Level) -> Level:
    """As what a login counts now: `own` is what its way proves, the account's proof may lift it."""
    given = proof_of(account)
    if way is Way.CODE or given is None:
        return own
    return given if given.reaches(own) else own


def proof_of(account: Account) -> Level | None:
    """The proof that stands today, None where there is none or it is over."""
    if account.level is None:
        return None
    if account.level_until is not None and account.level_until < clock.today():
        return None
    return Level(account.level)


def touch(session: Session, secret: str) -> None:
    """Note that a login is in use (once a minute is enough)."""
    session.execute(
        update(CitizenSession)
        .where(CitizenSession.token_digest == digest(secret))
        .values(last_used_at=clock.now())
    )


def leave(session: Session, secret: str) -> None:
    """End this login."""
    session.execute(
        update(CitizenSession)
        .where(CitizenSession.token_digest == digest(secret), CitizenSession.ended_at.is_(None))
        .values(ended_at=clock.now())
    )


def open_logins(session: Session, citizen: Citizen, *, idle_minutes: int) -> list[Login]:
    """Where the citizen is logged in now, the last used first."""
    now = clock.now()
    rows = session.scalars(
        select(CitizenSession)
        .where(
            CitizenSession.account_id == citizen.known_id,
            CitizenSession.ended_at.is_(None),
            CitizenSession.ends_at > now,
            CitizenSession.last_used_at > now - timedelta(minutes=idle_minutes),
        )
        .order_by(CitizenSession.last_used_at.desc(), CitizenSession.id.desc())
    )
    return [
        Login(
            id=row.id,
            way=Way(row.way),
            provider=row.provider or "",
            level=Level(row.level),
            client=row.client,
            created_at=row.created_at,
            last_used_at=row.last_used_at,
            is_this=row.id == citizen.session_id,
        )
        for row in rows
    ]


def end_login(session: Session, login_id: int, citizen: Citizen) -> None:
    """End one of the citizen's own logins, in whatever browser. Raises NoSuchLogin."""
    ended = session.scalar(
        update(CitizenSession)
        .where(
            CitizenSession.id == login_id,
            CitizenSession.account_id == citizen.known_id,
            CitizenSession.ended_at.is_(None),
        )
        .values(ended_at=clock.now())
        .returning(CitizenSession.id)
    )
    if ended is None:
        raise NoSuchLogin(t("This login has ended already."))
    _note_ended(session, citizen.known_id, citizen, 1)


def end_others(session: Session, citizen: Citizen) -> int:
    """End all logins but the present one; how many."""
    count = end_logins(session, citizen.known_id, but_for=citizen.session_id)
    if count:
        _note_ended(session, citizen.known_id, citizen, count)
    return count


def end_logins(session: Session, account_id: int, *, but_for: int | None = None) -> int:
    """End the logins of an account: another password, a lock, its end."""
    ended = (
        update(CitizenSession)
        .where(CitizenSession.account_id == account_id, CitizenSession.ended_at.is_(None))
        .values(ended_at=clock.now())
    )
    if but_for is not None:
        ended = ended.where(CitizenSession.id != but_for)
    return len(session.scalars(ended.returning(CitizenSession.id)).all())


def end_provider_logins(session: Session, account_id: int) -> None:
    """End those that count by themselves as more than registered: what they proved was wrong."""
    session.execute(
        update(CitizenSession)
        .where(
            CitizenSession.account_id == account_id,
            CitizenSession.ended_at.is_(None),
            CitizenSession.level.in_([Level.TEMPORARY, Level.VERIFIED]),
        )
        .values(ended_at=clock.now())
    )


def is_fresh(session: Session, citizen: Citizen) -> bool:
    """Whether this login was opened by a code, or a provider, within the last half hour."""
    row = session.get(CitizenSession, citizen.session_id) if citizen.session_id else None
    if row is None or row.way == Way.PASSWORD:
        return False
    return clock.now() - row.created_at <= FRESH


def came_by_code(session: Session, citizen: Citizen) -> bool:
    """Whether nothing but a mailbox vouches for this login."""
    row = session.get(CitizenSession, citizen.session_id) if citizen.session_id else None
    return row is not None and row.way == Way.CODE


def _note_ended(session: Session, account_id: int, citizen: Citizen, count: int) -> None:
    assert citizen.body_id is not None
    audit.record(
        session,
        "account.logins-ended",
        by=acting(citizen, body_id=citizen.body_id),
        subject=("citizen-account", account_id),
        count=count,
    )


def _picture(session: Session, row: CitizenSession, account: Account) -> Citizen:
    return Citizen(
        account_id=account.id,
        body_id=account.body_id,
        full_name=account.full_name,
        email=account.email,
        phone=account.phone,
        tax_number=account.tax_number,
        level=level_of(account, way=Way(row.way), own=Level(row.level)),
        language=account.language,
        channel=Channel(account.channel),
        representation=_represented(session, row),
        session_id=row.id,
    )


def _represented(session: Session, row: CitizenSession) -> Represented | None:
    """For whom he acts in this login, as long as the representation holds."""
    if row.representation_id is None:
        return None
    found = session.get(Representation, row.representation_id)
    if found is None or found.account_id != row.account_id or not holds(found):
        return None
    kind = RepresentedKind(found.kind)
    return Represented(found.id, kind, found.name, found.tax_number, found.valid_to)


def holds(row: Representation) -> bool:
    """Whether a representation was accepted and today is one of its days."""
    today = clock.today()
    return (
        row.state == RepresentationState.ACCEPTED
        and row.valid_from <= today
        and (row.valid_to is None or row.valid_to >= today)
    )
