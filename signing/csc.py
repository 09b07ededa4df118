"""Remote signing by the API of the Cloud Signature Consortium, versions 1.0.4 and 2.

The service holds the key (a qualified provider's HSM), and activates it for given digests with a
PIN, a one-time password or both; what it then gives is signature activation data (SAD), good for
a while and for a number of signatures. One SAD can serve a whole batch (`multisign`).
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from cryptography.hazmat.primitives.asymmetric import ec, rsa

from signing.errors import AuthorisationRefused, KeyUnusable, SignerUnavailable
from signing.keys import SigningKey
from signing.remote import certificate_of, post_json, value_of

Version = Literal["v1", "v2"]

_SHA256 = "2.16.840.1.101.3.4.2.1"
_SHA256_WITH_RSA, _RSA = "1.2.840.113549.1.1.11", "1.2.840.113549.1.1.1"
_ECDSA_WITH_SHA256 = "1.2.840.10045.4.3.2"
_USUAL_LIFE = timedelta(hours=1)  # of a SAD where the service names none (CSC API, 11.6)


@dataclass(frozen=True)
class Credential:
    """One key of a person at the service. `batch` is how many one authorisation can sign."""

    id: str
    key: SigningKey
    algorithm: str
    batch: int
    is_bound_to_digests: bool  # SCAL 2
    needs_pin: bool
    needs_otp: bool


@dataclass(frozen=True)
class Activation:
    """Signature activation data for given digests, while it lasts."""

    sad: str
    until: datetime
    digests: tuple[bytes, ...]

    def __repr__(self) -> str:
        return f"<Activation for {len(self.digests)} digests until {self.until:%H:%M:%S}>"


class CscService:
    """One service as one person. Its secrets are never shown by repr()."""

    def __init__(
        self, base_url: str, *, access_token: str = "", version: Version = "v1", timeout: float = 30
    ) -> None:
        """`base_url` is what stands before /csc/v1/; `access_token` is OAuth 2's, or `login`'s."""
        self._base = f"{base_url.rstrip('/')}/csc/{version}"
        self._version = version
        self._token = access_token
        self._timeout = timeout

    def __repr__(self) -> str:
        return f"<CscService at {self._base}>"

    def login(self, username: str, password: str) -> None:
        """HTTP Basic login (version 1). Raises AuthorisationRefused."""
        pair = base64.b64encode(f"{username}:{password}".encode()).decode("ascii")
        answer = post_json(
            f"{self._base}/auth/login",
            {"rememberMe": False},
            headers={"Authorization": f"Basic {pair}"},
            timeout=self._timeout,
        )
        self._token = _text(answer, "access_token")

    def credentials(self) -> tuple[str, ...]:
        """The identifiers of the person's keys, all pages of them."""
        found: list[str] = []
        page: str | None = None
        while True:
            body: dict[str, object] = {"maxResults": 50}
            if page:
                body["pageToken"] = page
            answer = self._ask("credentials/list", body)
            found += [str(one) for one in _list(answer, "credentialIDs")]
            following = answer.get("nextPageToken")
            if not following or following == page or len(found) > 1000:
                return tuple(dict.fromkeys(found))
            page = str(following)

    def credential(self, credential_id: str) -> Credential:
        """One key with its chain. Raises KeyUnusable: disabled, expired, not for SHA-256."""
        answer = self._ask(
            "credentials/info",
            {
                "credentialID": credential_id,
                "certificates": "chain",
                "certInfo": False,
                "authInfo": True,
            },
        )
        key, certificates = _dict(answer, "key"), _dict(answer, "cert")
        if key.get("status", "enabled") != "enabled":
            raise KeyUnusable("The signing service has disabled this key.")
        if certificates.get("status", "valid") != "valid":
            raise KeyUnusable(f"The key's certificate is {certificates['status']}.")
        first, *rest = (certificate_of(one) for one in _list(certificates, "certificates"))
        signing_key = SigningKey(first, tuple(rest))
        pin, otp = self._factors(answer)
        return Credential(
            id=credential_id,
            key=signing_key,
            algorithm=_algorithm(signing_key, _list(key, "algo")),
            batch=max(1, _number(answer.get("multisign", 1))),
            is_bound_to_digests=str(answer.get("SCAL", "1")) == "2",
            needs_pin=pin,
            needs_otp=otp,
        )

    def send_otp(self, credential_id: str) -> None:
        """Have the one-time password sent to the person."""
        name = "credentials/sendOTP" if self._version == "v1" else "credentials/getChallenge"
        self._ask(name, {"credentialID": credential_id}, empty=True)

    def authorize(
        self,
        credential: Credential,
        digests: Sequence[bytes],
        *,
        pin: str | None = None,
        otp: str | None = None,
    ) -> Activation:
        """Activate the key for these SHA-256 digests. Raises AuthorisationRefused.

        No more than `credential.batch` at a time.
        """
        if not 0 < len(digests) <= credential.batch:
            raise KeyUnusable(f"This key signs 1 to {credential.batch} documents at a time.")
        hashes = _encoded(digests)
        body: dict[str, object] = {"credentialID": credential.id, "numSignatures": len(digests)}
        if self._version == "v1":
            body |= {"hash": hashes}
            body |= {"PIN": pin} if pin is not None else {}
            body |= {"OTP": otp} if otp is not None else {}
        else:
            given = (("PIN", pin), ("OTP", otp))
            factors = [{"id": name, "value": value} for name, value in given if value is not None]
            body |= {"hashes": hashes, "hashAlgorithmOID": _SHA256, "authData": factors}
        asked = datetime.now(UTC)
        answer = self._ask("credentials/authorize", body)
        life = answer.get("expiresIn")
        until = asked + (timedelta(seconds=_number(life)) if life else _USUAL_LIFE)
        return Activation(_text(answer, "SAD"), until, tuple(digests))

    def sign(self, credential: Credential, activation: Activation) -> tuple[bytes, ...]:
        """The signature values, one for each digest, in order.

        Raises AuthorisationRefused where the SAD has expired, SignerUnavailable where the answer
        is short of signatures.
        """
        if datetime.now(UTC) >= activation.until:
            raise AuthorisationRefused("The authorisation has expired: authorise anew.")
        name = "hash" if self._version == "v1" else "hashes"
        oid = "hashAlgo" if self._version == "v1" else "hashAlgorithmOID"
        body: dict[str, object] = {
            "credentialID": credential.id,
            "SAD": activation.sad,
            name: _encoded(activation.digests),
            oid: _SHA256,
            "signAlgo": credential.algorithm,
        }
        if self._version == "v2":
            body["operationMode"] = "S"
        answer = self._ask("signatures/signHash", body)
        values = tuple(value_of(one) for one in _list(answer, "signatures"))
        if len(values) != len(activation.digests):
            raise SignerUnavailable("The signing service sent another number of signatures.")
        return values

    def _ask(
        self, endpoint: str, body: dict[str, object], *, empty: bool = False
    ) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        return post_json(
            f"{self._base}/{endpoint}",
            body,
            headers=headers,
            timeout=self._timeout,
            may_be_empty=empty,
        )

    def _factors(self, answer: dict[str, Any]) -> tuple[bool, bool]:
        """Does the key ask for a PIN, and for a one-time password?"""
        if self._version == "v1":
            pin, otp = (
                _dict(answer, name, default={}).get("presence") in ("true", True, "optional")
                for name in ("PIN", "OTP")
            )
            return pin, otp
        objects = _dict(answer, "auth", default={}).get("objects") or []
        kinds = {str(one.get("type", "")).lower() for one in objects if isinstance(one, dict)}
        names = {str(one.get("id", "")).lower() for one in objects if isinstance(one, dict)}
        return "password" in kinds or "pin" in names, "otp" in names or "challengeresponse" in kinds


def _algorithm(key: SigningKey, offered: list[Any]) -> str:
    """The OID to ask for: what the key can and the service offers."""
    wanted: tuple[str, ...] = ()
    if isinstance(key.public_key, rsa.RSAPublicKey):
        wanted = (_SHA256_WITH_RSA, _RSA)
    elif isinstance(key.public_key, ec.EllipticCurvePublicKey):
        wanted = (_ECDSA_WITH_SHA256,)
    for oid in wanted:
        if oid in offered:
            return oid
    raise KeyUnusable("The signing service offers no algorithm that PDF signatures can use.")


def _encoded(digests: Sequence[bytes]) -> list[str]:
    return [base64.b64encode(one).decode("ascii") for one in digests]


def _list(answer: dict[str, Any], name: str) -> list[Any]:
    value = answer.get(name)
    if not isinstance(value, list) or not (value or name == "credentialIDs"):
        raise SignerUnavailable(f"The signing service's answer has no {name}.")
    return value


def _dict(
    answer: dict[str, Any], name: str, *, default: dict[str, Any] | None = None
) -> dict[str, Any]:
    value = answer.get(name, default)
    if not isinstance(value, dict):
        raise SignerUnavailable(f"The signing service's answer has no {name}.")
    return value


def _text(answer: dict[str, Any], name: str) -> str:
    value = answer.get(name)
    if not isinstance(value, str) or not value:
        raise SignerUnavailable(f"The signing service's answer has no {name}.")
    return value


def _number(value: object) -> int:
    try:
        return int(str(value))
    except ValueError as error:
        raise SignerUnavailable("The signing service's answer has a wrong number.") from error
