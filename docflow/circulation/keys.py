"""The signers' keys: PKCS#12 files that stay encrypted under their owners' passwords.

The password is asked for at each signature, never stored and never logged.
"""

from sqlalchemy.orm import Session

import signing
from docflow import audit
from docflow.circulation.models import Keyring
from docflow.errors import Invalid, NotFound
from docflow.i18n import t
from docflow.principal import Principal


class NoKey(NotFound):
    """The person has no signing key here."""


class BadKeyFile(Invalid):
    """The file is not a usable signing key."""


class WrongKeyPassword(Invalid):
    """The password of the signing key is wrong."""


def add(session: Session, data: bytes, password: str, *, by: Principal) -> Keyring:
    """Keep the person's own key, after opening it once to see that it is usable.

    Raises BadKeyFile, WrongKeyPassword.
    """
    key = _open(data, password)
    row = session.merge(
        Keyring(
            user_id=by.person_id,
            pkcs12=data,
            subject=key.subject_name,
            issuer=key.issuer_name,
            not_after=key.not_after,
        )
    )
    audit.record(
        session,
        "key.added",
        by=by,
        subject=("user", by.person_id),
        certificate=key.subject_name,
        serial=str(key.serial),
    )
    return row


def of_person(session: Session, user_id: int) -> Keyring:
    """Raises NoKey."""
    row = session.get(Keyring, user_id)
    if row is None:
        raise NoKey(t("You have no signing key yet. Add one under “My account”."))
    return row


def open_key(data: bytes, password: str) -> "signing.SigningKey":
    """The key, unlocked. Raises WrongKeyPassword, BadKeyFile."""
    return _open(data, password)


def _open(data: bytes, password: str) -> "signing.SigningKey":
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
