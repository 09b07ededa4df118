"""A remote signing service by the CSC API (1.0.4 and 2): PIN 1234, one-time password by "SMS"."""

import base64
import secrets
import time
from dataclasses import dataclass
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from cryptography.hazmat.primitives.serialization import Encoding

from tests.signing.servers.service import Refused, Service

PIN, TOKEN = "1234", "token-of-anna"
SHA256 = "2.16.840.1.101.3.4.2.1"


@dataclass
class Sad:
    hashes: list[str]
    expires_at: float
    used: bool = False


class CscServer(Service):
    """One credential, "key-1", of one person."""

    def __init__(
        self,
        key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey,
        chain: list[x509.Certificate],
        *,
        version: str = "v1",
        multisign: int = 5,
        sad_seconds: float = 3600,
    ) -> None:
        super().__init__()
        self.key, self.chain, self.version = key, chain, version
        self.multisign, self.sad_seconds = multisign, sad_seconds
        self.otp = ""
        self.status = "enabled"
        self.sads: dict[str, Sad] = {}
        self.twist = ""  # "fewer", "foreign": what is wrong with signatures

    def answer(self, endpoint: str, body: dict[str, Any], headers: Any) -> dict[str, Any] | None:
        prefix = f"/csc/{self.version}/"
        if not endpoint.startswith(prefix):
            raise Refused(404, error="not_found")
        name = endpoint.removeprefix(prefix)
        if name == "auth/login":
            pair = base64.b64decode(headers["Authorization"].removeprefix("Basic ")).decode()
            if pair != "anna:secret":
                raise Refused(401, error="authentication_error", error_description="Bad login")
            return {"access_token": TOKEN, "token_type": "Bearer", "expires_in": 3600}
        if headers.get("Authorization") != f"Bearer {TOKEN}":
            raise Refused(401, error="invalid_token", error_description="The token has expired")
        if name != "credentials/list" and body.get("credentialID") != "key-1":
            raise Refused(
                400, error="invalid_request", error_description="Invalid parameter credentialID"
            )
        method = {
            "credentials/list": self.list_all,
            "credentials/info": self.info,
            "credentials/sendOTP": self.send_otp,
            "credentials/getChallenge": self.send_otp,
            "credentials/authorize": self.authorize,
            "signatures/signHash": self.sign,
        }[name]
        return method(body)

    def list_all(self, body: dict[str, Any]) -> dict[str, Any]:
        if body.get("pageToken") == "2":
            return {"credentialIDs": ["key-1"]}
        return {"credentialIDs": ["key-0"], "nextPageToken": "2"}

    def info(self, body: dict[str, Any]) -> dict[str, Any]:
        is_rsa = isinstance(self.key, rsa.RSAPrivateKey)
        algorithms = ["1.2.840.113549.1.1.11"] if is_rsa else ["1.2.840.10045.4.3.2"]
        certificates = [
            base64.b64encode(one.public_bytes(Encoding.DER)).decode() for one in self.chain
        ]
        common = {
            "key": {"status": self.status, "algo": algorithms, "len": self.key.key_size},
            "cert": {"status": "valid", "certificates": certificates},
            "multisign": self.multisign,
            "SCAL": "2",
        }
        if self.version == "v1":
            return common | {
                "authMode": "explicit",
                "PIN": {"presence": "true", "format": "N"},
                "OTP": {"presence": "true", "type": "online"},
            }
        objects = [{"type": "Password", "id": "PIN"}, {"type": "ChallengeResponse", "id": "OTP"}]
        return (
            common
            | {"auth": {"mode": "explicit", "expression": "PIN AND OTP"}}
            | {"auth": {"mode": "explicit", "objects": objects}}
        )

    def send_otp(self, body: dict[str, Any]) -> None:
        self.otp = f"{secrets.randbelow(10**6):06d}"

    def authorize(self, body: dict[str, Any]) -> dict[str, Any]:
        if self.version == "v1":
            pin, otp, digests = body.get("PIN"), body.get("OTP"), body["hash"]
        else:
            factors = {one["id"]: one["value"] for one in body["authData"]}
            pin, otp, digests = factors.get("PIN"), factors.get("OTP"), body["hashes"]
            if body["hashAlgorithmOID"] != SHA256:
                raise Refused(400, error="invalid_request")
        if pin != PIN:
            raise Refused(400, error="invalid_pin", error_description="The PIN is invalid")
        if not self.otp or otp != self.otp:
            raise Refused(400, error="invalid_otp", error_description="The OTP is invalid")
        if body["numSignatures"] > self.multisign:
            raise Refused(400, error="invalid_request", error_description="Too many signatures")
        self.otp = ""  # once
        sad = secrets.token_urlsafe(16)
        self.sads[sad] = Sad(digests, time.monotonic() + self.sad_seconds)
        return {"SAD": sad, "expiresIn": max(1, round(self.sad_seconds))}

    def sign(self, body: dict[str, Any]) -> dict[str, Any]:
        digests = body["hash" if self.version == "v1" else "hashes"]
        algorithm = body["hashAlgo" if self.version == "v1" else "hashAlgorithmOID"]
        sad = self.sads.get(body["SAD"])
        if sad is None or sad.used or time.monotonic() > sad.expires_at:
            raise Refused(400, error="invalid_sad", error_description="The SAD has expired")
        if sad.hashes != digests or algorithm != SHA256:
            raise Refused(400, error="invalid_request", error_description="Hashes do not match")
        sad.used = True
        values = [self.value(base64.b64decode(one)) for one in digests]
        if self.twist == "fewer":
            values.pop()
        if self.twist == "foreign":
            values.reverse()
        if self.twist == "twice":
            values = [values[0]] * len(values)
        return {"signatures": [base64.b64encode(one).decode() for one in values]}

    def value(self, digest: bytes) -> bytes:
        algorithm = utils.Prehashed(hashes.SHA256())
        if isinstance(self.key, rsa.RSAPrivateKey):
            return self.key.sign(digest, padding.PKCS1v15(), algorithm)
        numbers = utils.decode_dss_signature(self.key.sign(digest, ec.ECDSA(algorithm)))
        return b"".join(one.to_bytes(32, "big") for one in numbers)  # plain, as cards give it
