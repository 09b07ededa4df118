"""A person's choice of where his key lies, and the one-time password on its way to him."""

import signing
from docflow.errors import Conflict
from docflow.i18n import t
from docflow.office import Office
from docflow.principal import Principal
from docflow.signatures import hand, keys, patience, services
from docflow.signatures.hand import Secrets
from docflow.signatures.models import KeyKind, Keyring


class NothingToSend(Conflict):
    """The person's key needs no one-time password."""


def connect(
    office: Office, name: str, *, account: dict[str, str], secrets: Secrets, by: Principal
) -> Keyring:
    """Use the person's key at a service or on a token from now on; `account` says which.

    Raises NoSuchService, ChooseKey, WrongKeyPassword, Refused, SignerAway, BadKeyFile,
    throttle.TooManyTries.
    """
    by.require_scope("sign")
    with patience.tried(office, by.person_id), hand.own_words():
        kind, key, remembered = services.connect(
            office.settings, name, account=account, password=secrets.password, pin=secrets.pin
        )
    with office.db.begin() as session:
        return keys.keep_connected(
            session, key, kind=kind, provider=name, account=remembered, by=by
        )


def register_certificate(office: Office, data: bytes, *, by: Principal) -> Keyring:
    """The person signs with a program of his own: only his certificate is known here.

    Raises BadKeyFile.
    """
    by.require_scope("sign")
    with hand.own_words():
        key = signing.SigningKey.load_certificates(data)
    with office.db.begin() as session:
        return keys.keep_connected(
            session, key, kind=KeyKind.ELSEWHERE, provider="", account={}, by=by
        )


def send_otp(office: Office, *, secrets: Secrets, by: Principal) -> str:
    """Have a one-time password sent to the person; where to ("mail", "phone", or empty).

    Raises NoKey, NothingToSend, WrongKeyPassword, Refused, SignerAway, throttle.TooManyTries.
    """
    by.require_scope("sign")
    with office.db.read() as session:
        row = keys.of_person(session, by.person_id)
    if not services.asks(office.settings, row).sends_otp:
        raise NothingToSend(t("Your key needs no one-time password."))
    with patience.tried(office, by.person_id), hand.own_words():
        return services.send_otp(office.settings, row, password=secrets.password)
