"""Keys that lie elsewhere: tokens by PKCS#11, CSC services, the public sector's OTP service.

Which there are is a setting of the installation; a person chooses among them. Their secrets are
asked for each time.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import signing
from docflow.errors import Invalid, NotFound
from docflow.i18n import t
from docflow.settings import Settings, SigningService
from docflow.signatures.models import KeyKind, Keyring


class NoSuchService(NotFound):
    """There is no such signing service in the settings."""


class ChooseKey(Invalid):
    """The account holds several keys: one must be named."""


@dataclass(frozen=True, slots=True)
class RemoteKey:
    """A key that signs digests, `batch` of them with one authorisation.

    `is_once`: what was typed serves for one authorisation, and never for a second.
    """

    key: "signing.SigningKey"
    batch: int
    sign_digests: Callable[[Sequence[bytes]], Sequence[bytes]]
    is_once: bool


@dataclass(frozen=True, slots=True)
class Asks:
    """What the signing form asks the person for."""

    password: bool = False
    pin: bool = False
    otp: bool = False
    sends_otp: bool = False  # the one-time password is sent when it is asked for
    elsewhere: bool = False


def asks(settings: Settings, row: Keyring) -> Asks:
    """What signing with this key needs."""
    match row.kind:
        case KeyKind.FILE:
            return Asks(password=True)
        case KeyKind.TOKEN:
            return Asks(pin=True)
        case KeyKind.OTP:
            return Asks(password=True, otp=True, sends_otp=True)
        case KeyKind.CSC:
            logs_in = bool(row.account.get("username"))
            needs_otp = row.account.get("otp") == "yes"
            return Asks(
                password=logs_in,
                pin=row.account.get("pin") == "yes",
                otp=needs_otp,
                sends_otp=needs_otp,
            )
    return Asks(elsewhere=True)


def named(settings: Settings, name: str) -> SigningService:
    """Raises NoSuchService."""
    for service in settings.signing_services:
        if service.name == name:
            return service
    raise NoSuchService(
        t("The signing service “{name}” is no longer set up. Ask the administrator.", name=name)
    )


def title(settings: Settings, row: Keyring) -> str:
    """How the service of a key is called, as far as it still is set up."""
    known = [one.title for one in settings.signing_services if one.name == row.provider]
    return known[0] if known else row.provider


def token(
    settings: Settings, row: Keyring, *, pin: str
) -> "AbstractContextManager[signing.SigningKey]":
    """The key of a token while the session is open."""
    service = named(settings, row.provider)
    return signing.token_key(
        _library(service),
        token=service.token or str(row.account.get("token", "")),
        pin=pin,
        label=str(row.account.get("label", "")) or None,
    )


def csc(settings: Settings, row: Keyring, *, password: str, pin: str, otp: str) -> RemoteKey:
    """A key at a CSC service, logged in. Raises signing.SigningError."""
    service = _csc(named(settings, row.provider), row.account, password)
    credential = service.credential(str(row.account["credential"]))
    given = signing.csc_signing(
        service,
        credential,
        pin=pin if credential.needs_pin else None,
        otp=otp if credential.needs_otp else None,
    )
    return RemoteKey(credential.key, credential.batch, given, is_once=credential.needs_otp)


def otp(settings: Settings, row: Keyring, *, password: str, otp: str) -> RemoteKey:
    """A key at the OTP service. Raises signing.SigningError."""
    service = _otp(named(settings, row.provider), row.account, password)

    def one(digests: Sequence[bytes]) -> Sequence[bytes]:
        return [service.sign(digest, otp=otp) for digest in digests]

    return RemoteKey(service.key(), 1, one, is_once=True)


def send_otp(settings: Settings, row: Keyring, *, password: str) -> str:
    """Have a one-time password sent; where to ("mail", "phone", or empty).

    Raises signing.SigningError, NoSuchService.
    """
    service = named(settings, row.provider)
    if row.kind == KeyKind.OTP:
        return _otp(service, row.account, password).request_otp().value
    _csc(service, row.account, password).send_otp(str(row.account["credential"]))
    return ""


def connect(
    settings: Settings, name: str, *, account: dict[str, str], password: str, pin: str
) -> "tuple[KeyKind, signing.SigningKey, dict[str, str]]":
    """Look up the person's key at a service: its kind, certificate, and what to remember of it.

    Raises NoSuchService, ChooseKey, signing.SigningError.
    """
    service = named(settings, name)
    match service.kind:
        case "token":
            wanted = {"token": service.token or account.get("token", ""), "label": account["label"]}
            with signing.token_key(
                _library(service),
                token=wanted["token"],
                pin=pin,
                label=wanted["label"] or None,
            ) as key:
                return KeyKind.TOKEN, key, wanted
        case "otp":
            wanted = {"username": account["username"]}
            return KeyKind.OTP, _otp(service, wanted, password).key(), wanted
        case "csc":
            return _connect_csc(service, account, password)


def _connect_csc(
    service: SigningService, account: dict[str, str], password: str
) -> "tuple[KeyKind, signing.SigningKey, dict[str, str]]":
    client = _csc(service, account, password)
    wanted = account.get("credential", "")
    if not wanted:
        offered = client.credentials()
        if len(offered) != 1:
            raise ChooseKey(
                t(
                    "The account holds these keys: {names}. Write one of them.",
                    names=", ".join(offered) or "–",
                ),
                field="credential",
            )
        (wanted,) = offered
    credential = client.credential(wanted)
    remembered = {
        "username": account.get("username", ""),
        "credential": wanted,
        "pin": "yes" if credential.needs_pin else "",
        "otp": "yes" if credential.needs_otp else "",
    }
    return KeyKind.CSC, credential.key, remembered


def _csc(service: SigningService, account: dict[str, str], password: str) -> "signing.CscService":
    client = signing.CscService(
        service.url,
        access_token=service.access_token.get_secret_value(),
        version=service.version,
        timeout=service.timeout,
    )
    if account.get("username"):
        client.login(account["username"], password)
    return client


def _otp(service: SigningService, account: dict[str, str], password: str) -> "signing.OtpService":
    person = signing.OtpAccount(str(account["username"]), password)
    return signing.OtpService(service.url, person, timeout=service.timeout)


def _library(service: SigningService) -> Path:
    if service.library is None:
        raise NoSuchService(t("The token's library is not set up. Ask the administrator."))
    return service.library
