"""The signers' keys: one for each person, wherever it lies.

Passwords, PINs and one-time passwords are asked for at each signature, never stored, never logged.
"""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

import signing
from docflow import audit, clock, organization
from docflow.errors import Invalid, NotFound
from docflow.i18n import t
from docflow.principal import Principal
from docflow.settings import Settings
from docflow.signatures import vault
from docflow.signatures.models import KeyKind, Keyring


class NoKey(NotFound):
    """The person has no signing key here."""


class BadKeyFile(Invalid):
    """The file is not a usable signing key."""


class WrongKeyPassword(Invalid):
    """The password of the signing key is wrong."""


def add(
    session: Session, data: bytes, password: str, *, by: Principal, settings: Settings
) -> Keyring:
    """Keep the person's own key file, after opening it once to see that it is usable.

    Raises BadKeyFile, WrongKeyPassword.
    """
    by.require_scope("sign")
    return _kept(session, data, password, owner_id=by.person_id, by=by, settings=settings)


def administer(
    session: Session,
    data: bytes,
    password: str,
    *,
    owner_id: int,
    by: Principal,
    settings: Settings,
) -> Keyring:
    """An administrator stores a colleague's key file; the owner then gives it his own password.

    Raises NotAllowed, NoSuchPerson, BadKeyFile, WrongKeyPassword.
    """
    by.require_scope("sign")
    by.require(by.is_administrator, t("Only an administrator stores keys for others."))
    owner = session.get(organization.User, owner_id)
    if owner is None or owner.body_id != by.body_id:
        raise organization.NoSuchUser(t("There is no such person."))
    return _kept(session, data, password, owner_id=owner_id, by=by, settings=settings)


def keep_connected(
    session: Session,
    key: "signing.SigningKey",  # as text: naming the class would load pyHanko
    *,
    kind: KeyKind,
    provider: str,
    account: dict[str, str],
    by: Principal,
) -> Keyring:
    """Remember where the person's key lies: a token, a service, or a program of his own."""
    row = session.merge(
        Keyring(
            user_id=by.person_id,
            kind=kind,
            pkcs12=None,
            provider=provider,
            account=account,
            certificates=_pem(key),
            subject=key.subject_name,
            issuer=key.issuer_name,
            not_after=key.not_after,
            administered_by=None,
            added_at=clock.now(),
        )
    )
    _record(session, key, row, by)
    return row


def remove(session: Session, *, by: Principal) -> None:
    """Forget the person's key. What it signed stays signed. Raises NoKey."""
    by.require_scope("sign")
    row = of_person(session, by.person_id)
    audit.record(session, "key.removed", by=by, subject=("user", row.user_id), kind=row.kind)
    session.delete(row)


def of_person(session: Session, user_id: int, *, hold: bool = False) -> Keyring:
    """Raises NoKey."""
    row = session.get(Keyring, user_id, with_for_update=True if hold else None)
    if row is None:
        raise NoKey(t("You have no signing key yet. Add one under “My keys”."))
    return row


def open_key(data: bytes, password: str) -> "signing.SigningKey":
    """The key, unlocked. Raises WrongKeyPassword, BadKeyFile."""
    try:
        return signing.SigningKey.load_pkcs12(data, password)
    except signing.WrongPassword as error:
        raise WrongKeyPassword(
            t("The password of the signing key is wrong. Nothing was signed."),
            field="password",
        ) from error
    except signing.KeyUnusable as error:
        raise BadKeyFile(
            t("The signing key cannot be used: it is expired, not yet valid, or not a key file."),
            field="key",
        ) from error


def expiring(session: Session, body_id: int, *, before: datetime) -> list[tuple[str, Keyring]]:
    """Names and keys of the body's people whose certificates end before the moment."""
    rows = session.execute(
        select(organization.User.full_name, Keyring)
        .join(Keyring, Keyring.user_id == organization.User.id)
        .where(
            organization.User.body_id == body_id,
            organization.User.is_active,
            Keyring.not_after < before,
        )
        .order_by(Keyring.not_after)
    )
    return [(name, row) for name, row in rows]


def _kept(
    session: Session,
    data: bytes,
    password: str,
    *,
    owner_id: int,
    by: Principal,
    settings: Settings,
) -> Keyring:
    key = open_key(data, password)
    row = session.merge(
        Keyring(
            user_id=owner_id,
            kind=KeyKind.FILE,
            pkcs12=vault.wrap(data, owner_id=owner_id, settings=settings),
            provider="",
            account={},
            certificates=_pem(key),
            subject=key.subject_name,
            issuer=key.issuer_name,
            not_after=key.not_after,
            administered_by=by.user_id if by.user_id != owner_id else None,
            added_at=clock.now(),
        )
    )
    _record(session, key, row, by)
    return row


def _record(session: Session, key: "signing.SigningKey", row: Keyring, by: Principal) -> None:
    audit.record(
        session,
        "key.added",
        by=by,
        subject=("user", row.user_id),
        certificate=key.subject_name,
        serial=str(key.serial),
        kind=row.kind,
    )


def _pem(key: "signing.SigningKey") -> str:
    """The certificate and its chain."""
    return "".join(key.certificates_pem)
