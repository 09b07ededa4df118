"""Remote signing by the interface of the Greek public sector's signing service (mindigital-shde).

Status, RequestOTP, Certificates, SignBuffer: the caller logs in with each request, has a one-time
password sent to mail or phone, and sends the SHA-256 to be signed with it, one at a time. There is
no public standard; this follows the public clients (domain study, F2), which disagree on details:
`Success` comes as a boolean or as text, certificates with or without PEM's lines.
"""

import base64
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from signing.errors import AuthorisationRefused, SignerUnavailable
from signing.keys import SigningKey
from signing.remote import certificate_of, post_json, value_of


class Delivery(StrEnum):
    """Where the one-time password comes from."""

    MAIL = "mail"
    PHONE = "phone"


_DELIVERIES = {0: Delivery.MAIL, 1: Delivery.PHONE}


@dataclass(frozen=True)
class OtpAccount:
    """A person's account at the service. repr() does not show the password."""

    username: str
    password: str

    def __repr__(self) -> str:
        return f"<OtpAccount of {self.username!r}>"


class OtpService:
    """The service at `base_url` (what stands before /RequestOTP), as one person."""

    def __init__(self, base_url: str, account: OtpAccount, *, timeout: float = 30) -> None:
        self._base = base_url.rstrip("/")
        self._account = account
        self._timeout = timeout

    def request_otp(self) -> Delivery:
        """Have a one-time password sent; where to. Raises AuthorisationRefused."""
        answer = self._ask("RequestOTP")
        try:
            outcome = int(str(answer["Outcome"]))
        except (KeyError, ValueError) as error:
            raise SignerUnavailable("The signing service did not say what it did.") from error
        if outcome not in _DELIVERIES:
            raise AuthorisationRefused(f"No one-time password was sent: {_said(answer)}")
        return _DELIVERIES[outcome]

    def key(self) -> SigningKey:
        """The person's certificate with its chain. Raises AuthorisationRefused, KeyUnusable."""
        answer = self._ask("Certificates")
        certificates = answer.get("Certificates")
        if not isinstance(certificates, list) or not certificates:
            # The service tells of a wrong password by another kind of answer.
            raise AuthorisationRefused(f"The signing service gave no certificate: {_said(answer)}")
        first, *rest = (certificate_of(one) for one in certificates)
        return SigningKey(first, tuple(rest))

    def sign(self, digest: bytes, *, otp: str) -> bytes:
        """The signature's value over a SHA-256. A one-time password signs once.

        Raises AuthorisationRefused for a wrong, used or expired one, SignerUnavailable.
        """
        answer = self._ask(
            "SignBuffer",
            SignPassword=otp,
            BufferToSign=base64.b64encode(digest).decode("ascii"),
        )
        if str(answer.get("Success")).lower() != "true":
            raise AuthorisationRefused(f"Nothing was signed: {_said(answer)}")
        data = answer.get("Data")
        value = data.get("Signature") if isinstance(data, dict) else answer.get("Signature")
        return value_of(value or "")

    def _ask(self, name: str, **more: str) -> dict[str, Any]:
        account = {"Username": self._account.username, "Password": self._account.password}
        url = f"{self._base}/{name}"
        return post_json(url, account | more, headers={}, timeout=self._timeout)


def _said(answer: dict[str, Any]) -> str:
    for name in ("Description", "ErrMsg", "ErrorMessage", "Message"):
        if isinstance(answer.get(name), str) and answer[name]:
            return str(answer[name])[:300]
    return "no reason was given"
