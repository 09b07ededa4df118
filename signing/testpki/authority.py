"""The authority itself: its keys in a directory, and what it issues and revokes."""

import json
import socket
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    pkcs12,
)

from signing.testpki import certificates

HOST = "127.0.0.1"
_ROOT, _ISSUING, _TSA_CA, _TSA = "root", "issuing", "tsa-ca", "tsa"
_ISSUED_BY = {_ISSUING: _ROOT, _TSA_CA: _ROOT, _TSA: _TSA_CA}


@dataclass(frozen=True)
class Issuer:
    """A certificate with its private key."""

    certificate: x509.Certificate
    key: rsa.RSAPrivateKey


def create(
    directory: Path, *, organisation: str, port: int | None = None, host: str = HOST
) -> "TestPki":
    """Open the PKI of `directory`; make it first if there is none.

    `port` is where its server will listen. It is written into the certificates, so it is fixed at
    creation (a free one is taken by default) and kept in `pki.json`.
    """
    settings = directory / "pki.json"
    if not settings.exists():
        directory.mkdir(parents=True, exist_ok=True)
        base_url = f"http://{host}:{port or _free_port(host)}"
        _make_authorities(directory, organisation=organisation, base_url=base_url)
        # Written last: its presence says that the rest is complete.
        settings.write_text(
            json.dumps({"organisation": organisation, "base_url": base_url}, ensure_ascii=False),
            encoding="utf-8",
        )
    return TestPki(directory)


class TestPki:
    """Root, issuing authority, and a time-stamping service, each with its CRL and OCSP."""

    __test__ = False  # not a test class, whatever pytest thinks of the name

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        settings = json.loads((directory / "pki.json").read_text(encoding="utf-8"))
        self.organisation: str = settings["organisation"]
        self.base_url: str = settings["base_url"]

    @property
    def port(self) -> int:
        """Where the server listens; the certificates name it."""
        return int(self.base_url.rsplit(":", 1)[1])

    @property
    def tsa_url(self) -> str:
        """Address of the RFC 3161 service."""
        return f"{self.base_url}/tsa"

    @property
    def trust_roots(self) -> list[bytes]:
        """The root certificate, PEM."""
        return [(self.directory / "root.pem").read_bytes()]

    @cached_property
    def authorities(self) -> dict[str, Issuer]:
        """The three authorities by label: root, issuing, tsa-ca."""
        return {label: _load(self.directory, label) for label in (_ROOT, _ISSUING, _TSA_CA)}

    @cached_property
    def tsa(self) -> Issuer:
        """The time-stamping service's own certificate and key."""
        return _load(self.directory, _TSA)

    def issue_person(
        self,
        *,
        name: str,
        title: str = "",
        password: str,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> bytes:
        """A natural person's key (PKCS#12). `since` and `until` bound its validity."""
        given, _, surname = name.rpartition(" ")
        subject = certificates.subject(
            name, self.organisation, title=title, given_name=given, surname=surname
        )
        return self._issue(subject, name, password, since, until)

    def issue_seal(
        self,
        *,
        name: str | None = None,
        password: str,
        identifier: str = "VATGR-000000000",
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> bytes:
        """The body's own key (PKCS#12), for its electronic seal (eIDAS, article 3, 25)."""
        name = name or self.organisation
        subject = certificates.subject(name, self.organisation, organization_identifier=identifier)
        return self._issue(subject, name, password, since, until)

    def revoke(self, serial: int, *, at: datetime | None = None) -> None:
        """Put a certificate on the CRL, from `at` (now) on."""
        revoked = self.revoked() | {serial: at or datetime.now(UTC)}
        text = json.dumps({f"{number:x}": time.isoformat() for number, time in revoked.items()})
        temporary = self.directory / "revoked.json.new"
        temporary.write_text(text, encoding="ascii")
        temporary.replace(self.directory / "revoked.json")

    def revoked(self) -> dict[int, datetime]:
        """Revoked serial numbers and when."""
        path = self.directory / "revoked.json"
        if not path.exists():
            return {}
        entries: dict[str, Any] = json.loads(path.read_text(encoding="ascii"))
        return {int(number, 16): datetime.fromisoformat(at) for number, at in entries.items()}

    def _issue(
        self,
        subject: x509.Name,
        name: str,
        password: str,
        since: datetime | None,
        until: datetime | None,
    ) -> bytes:
        issuing = self.authorities[_ISSUING]
        key = certificates.new_key()
        since = since or datetime.now(UTC)
        certificate = certificates.leaf(
            subject,
            key,
            issuer=issuing.certificate,
            issuer_key=issuing.key,
            since=since,
            until=until or since + timedelta(days=5 * 365),
            base_url=self.base_url,
            issuer_label=_ISSUING,
        )
        return pkcs12.serialize_key_and_certificates(
            name.encode(),
            key,
            certificate,
            [issuing.certificate],
            BestAvailableEncryption(password.encode()),
        )


def _make_authorities(directory: Path, *, organisation: str, base_url: str) -> None:
    now = datetime.now(UTC)
    names = {
        _ROOT: "Root CA",
        _ISSUING: "Issuing CA",
        _TSA_CA: "Time-stamping CA",
        _TSA: "Time-stamping service",
    }
    made: dict[str, Issuer] = {}
    for label, name in names.items():
        key = certificates.new_key()
        parent = made.get(_ISSUED_BY.get(label, ""))
        subject = certificates.subject(name, organisation)
        if label == _TSA and parent:
            certificate = certificates.leaf(
                subject,
                key,
                issuer=parent.certificate,
                issuer_key=parent.key,
                since=now,
                until=now + timedelta(days=14 * 365),
                base_url=base_url,
                issuer_label=_TSA_CA,
                time_stamping=True,
            )
        else:
            certificate = certificates.authority(
                subject,
                key,
                issuer=parent.certificate if parent else None,
                issuer_key=parent.key if parent else key,
                now=now,
                years=15 if parent else 20,
                crl_url=f"{base_url}/crl/{_ROOT}.crl" if parent else None,
                depth=0 if parent else 1,
            )
        made[label] = Issuer(certificate, key)
        _store(directory, label, made[label])


def _store(directory: Path, label: str, issuer: Issuer) -> None:
    key = issuer.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path = directory / f"{label}.key"
    path.touch(mode=0o600)
    path.write_bytes(key)
    (directory / f"{label}.pem").write_bytes(issuer.certificate.public_bytes(Encoding.PEM))


def _load(directory: Path, label: str) -> Issuer:
    certificate = x509.load_pem_x509_certificate((directory / f"{label}.pem").read_bytes())
    key = load_pem_private_key((directory / f"{label}.key").read_bytes(), password=None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError(f"{label}.key is not an RSA key")
    return Issuer(certificate, key)


def _free_port(host: str) -> int:
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])
