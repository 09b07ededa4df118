"""What a password must be, a person's own new one, and who is told of one that another gave."""

import secrets
from collections.abc import Callable

from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow import audit
from docflow.errors import Invalid
from docflow.i18n import t
from docflow.organization.login import end_sessions, hash_password, password_is
from docflow.organization.models import User
from docflow.principal import Principal

MIN_PASSWORD, MAX_PASSWORD = 10, 200


class BadPassword(Invalid):
    """The password does not do."""


def change_own(session: Session, old: str, new: str, *, by: Principal, login: str = "") -> None:
    """The person's own new password; his logins end but for this one. Raises BadPassword."""
    row = session.scalars(
        select(User)
        .where(User.id == by.person_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    if row.password_hash is None:
        raise BadPassword(t("You log in through the identity provider: change it there."))
    if not password_is(row.password_hash, old):
        raise BadPassword(t("The present password is not right."), field="password")
    require_long(new)
    if new == old:
        raise BadPassword(t("Choose another password than the present one."), field="new_password")
    row.password_hash, row.must_change_password = hash_password(new), False
    end_sessions(session, row.id, but_for=login)
    audit.record(session, "user.password-changed", by=by, subject=("user", row.id))


AfterReplaced = Callable[[Session, User, Principal], None]
_after_replaced: list[AfterReplaced] = []


def after_replaced(function: AfterReplaced) -> AfterReplaced:
    """Register what an upper package does, in the same transaction, when another than the person
    replaces the way into his account."""
    _after_replaced.append(function)
    return function


def replaced(session: Session, row: User, *, by: Principal) -> None:
    """The way into the account is another now, by somebody else's hand."""
    for then in _after_replaced:
        then(session, row, by)


def random_password() -> str:
    """Easy to read aloud: no letters or digits that look alike; some 78 bits."""
    letters = "abcdefghkmnpqrstuvwxyz23456789"
    groups = ("".join(secrets.choice(letters) for _ in range(4)) for _ in range(4))
    return "-".join(groups)


def require_long(password: str) -> None:
    """Raises BadPassword."""
    if len(password) < MIN_PASSWORD:
        wrong = t("A password has at least {n} characters.", n=MIN_PASSWORD)
        raise BadPassword(wrong, field="new_password")
    if len(password) > MAX_PASSWORD:
        wrong = t("At most {max} characters fit here.", max=MAX_PASSWORD)
        raise BadPassword(wrong, field="new_password")
