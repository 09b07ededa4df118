"""A person's own key file: opened with its password, or put under another. Wrong ones count."""

import signing
from docflow import audit
from docflow.i18n import t
from docflow.office import Office
from docflow.principal import Principal
from docflow.signatures import keys, patience, vault
from docflow.signatures.keys import NoKey, WrongKeyPassword
from docflow.signatures.models import Keyring

SHORTEST = 8  # characters of a new password


def open_own(office: Office, password: str, *, by: Principal) -> "signing.SigningKey":
    """The person's key file, opened.

    Raises NoKey, WrongKeyPassword, BadKeyFile, VaultLocked, throttle.TooManyTries.
    """
    by.require_scope("sign")
    with office.db.read() as session:
        row = keys.of_person(session, by.person_id)
    if row.pkcs12 is None:
        raise NoKey(t("This needs a key that is kept here as a file. Yours lies elsewhere."))
    data = vault.unwrap(row.pkcs12, owner_id=row.user_id, settings=office.settings)
    with patience.tried(office, row.user_id):
        return keys.open_key(data, password)


def change_password(office: Office, old: str, new: str, *, by: Principal) -> Keyring:
    """Put the person's key file under a new password.

    Raises NoKey, WrongKeyPassword, BadKeyFile, VaultLocked, throttle.TooManyTries.
    """
    by.require_scope("sign")
    if len(new) < SHORTEST:
        raise WrongKeyPassword(t("Choose at least 8 characters."), field="new_password")
    with office.db.read() as session:
        if keys.of_person(session, by.person_id).pkcs12 is None:
            raise NoKey(t("Your key is not kept here: its password is changed where it lies."))
    with patience.tried(office, by.person_id), office.db.begin() as session:
        row = keys.of_person(session, by.person_id, hold=True)
        if row.pkcs12 is None:
            raise NoKey(t("Your key is not kept here: its password is changed where it lies."))
        data = vault.unwrap(row.pkcs12, owner_id=row.user_id, settings=office.settings)
        keys.open_key(data, old)
        changed = signing.with_password(data, old, new)
        row.pkcs12 = vault.wrap(changed, owner_id=row.user_id, settings=office.settings)
        row.administered_by = None
        audit.record(session, "key.password-changed", by=by, subject=("user", row.user_id))
        return row
