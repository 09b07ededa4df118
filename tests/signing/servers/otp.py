"""The signing service of the Greek public sector, as its public clients know it."""

import base64
import secrets
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa, utils
from cryptography.hazmat.primitives.serialization import Encoding

from tests.signing.servers.service import Service


class OtpServer(Service):
    """One account, anna with password "secret"; errors come with HTTP status 200."""

    def __init__(self, key: rsa.RSAPrivateKey, chain: list[x509.Certificate]) -> None:
        super().__init__()
        self.key, self.chain = key, chain
        self.otp = ""
        self.outcome: int | str = 0
        self.style = "plain"

    def answer(self, endpoint: str, body: dict[str, Any], headers: Any) -> dict[str, Any] | None:
        if (body.get("Username"), body.get("Password")) != ("anna", "secret"):
            return {"Success": False, "Outcome": 9, "Description": "Λάθος στοιχεία σύνδεσης"}
        match endpoint.rsplit("/", 1)[1]:
            case "RequestOTP":
                if self.outcome not in (0, 1, "0"):
                    return {"Outcome": self.outcome, "Description": "Υπέρβαση ορίου αιτημάτων"}
                self.otp = f"{secrets.randbelow(10**6):06d}"
                return {"Outcome": self.outcome}
            case "Certificates":
                return {"Certificates": [self.certificate(one) for one in self.chain]}
            case "SignBuffer":
                return self.signed(body)
        return {"Success": False, "Description": "?"}

    def certificate(self, one: x509.Certificate) -> str:
        if self.style == "plain":
            return base64.b64encode(one.public_bytes(Encoding.DER)).decode()
        return one.public_bytes(Encoding.PEM).decode()

    def signed(self, body: dict[str, Any]) -> dict[str, Any]:
        if not self.otp or body["SignPassword"] != self.otp:
            return {"Success": "false", "Description": "Λάθος ή ληγμένος κωδικός OTP"}
        self.otp = ""
        digest = base64.b64decode(body["BufferToSign"])
        value = self.key.sign(digest, padding.PKCS1v15(), utils.Prehashed(hashes.SHA256()))
        text = base64.b64encode(value).decode()
        if self.style == "plain":
            return {"Success": True, "Data": {"Signature": text}}
        return {"Success": "true", "Signature": text}
