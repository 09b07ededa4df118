"""The certificates of the test PKI: what goes into each kind."""

from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import (
    AuthorityInformationAccessOID,
    ExtendedKeyUsageOID,
    NameOID,
)

MARK = "TEST"
_LONGEST = 64  # X.520, ub-common-name and the like
_OVERLAP = timedelta(hours=1)


def new_key() -> rsa.RSAPrivateKey:
    """A key good enough for a demonstration."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def subject(common_name: str, organisation: str, **more: str) -> x509.Name:
    """A distinguished name that says TEST in each part that people read.

    `more` takes title, given_name, surname and organization_identifier.
    """
    parts = [
        (NameOID.COUNTRY_NAME, "GR"),
        (NameOID.ORGANIZATION_NAME, _marked(organisation)),
        (NameOID.ORGANIZATIONAL_UNIT_NAME, f"{MARK} - no legal value"),
    ]
    oids = {
        "title": NameOID.TITLE,
        "given_name": NameOID.GIVEN_NAME,
        "surname": NameOID.SURNAME,
        "organization_identifier": NameOID.ORGANIZATION_IDENTIFIER,
    }
    for key, value in more.items():
        if shown := value.encode()[:_LONGEST].decode(errors="ignore"):
            parts.append((oids[key], shown))
    parts.append((NameOID.COMMON_NAME, _marked(common_name)))
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in parts])


def _marked(name: str) -> str:
    """The name with its mark, cut after a word to the 64 bytes that cryptography allows.

    (X.520 counts characters; a name of more than 28 Greek letters loses its end here.)
    """
    mark = f" ({MARK})"
    room = _LONGEST - len(mark)
    encoded = name.encode()
    if len(encoded) > room:
        cut = encoded[:room].decode(errors="ignore")
        name = cut.rpartition(" ")[0] or cut
    return name + mark


def authority(
    name: x509.Name,
    key: rsa.RSAPrivateKey,
    *,
    issuer: x509.Certificate | None,
    issuer_key: rsa.RSAPrivateKey,
    now: datetime,
    years: int,
    crl_url: str | None,
    depth: int,
) -> x509.Certificate:
    """A CA certificate; self-signed where `issuer` is None."""
    builder = (
        _builder(name, key, issuer=issuer, now=now, until=now + timedelta(days=365 * years))
        .add_extension(x509.BasicConstraints(ca=True, path_length=depth), critical=True)
        .add_extension(_key_usage(key_cert_sign=True, crl_sign=True), critical=True)
    )
    if crl_url:
        builder = builder.add_extension(_crl_points(crl_url), critical=False)
    return builder.sign(issuer_key, hashes.SHA256())


def leaf(
    name: x509.Name,
    key: rsa.RSAPrivateKey,
    *,
    issuer: x509.Certificate,
    issuer_key: rsa.RSAPrivateKey,
    since: datetime,
    until: datetime,
    base_url: str,
    issuer_label: str,
    time_stamping: bool = False,
) -> x509.Certificate:
    """A signer's certificate, or that of the time-stamping service."""
    access = [
        (AuthorityInformationAccessOID.OCSP, f"{base_url}/ocsp/{issuer_label}"),
        (
            AuthorityInformationAccessOID.CA_ISSUERS,
            f"{base_url}/certs/{issuer_label}.crt",
        ),
    ]
    usage = _key_usage(digital_signature=True, content_commitment=not time_stamping)
    builder = (
        _builder(name, key, issuer=issuer, now=since, until=until)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(_crl_points(f"{base_url}/crl/{issuer_label}.crl"), critical=False)
        .add_extension(
            x509.AuthorityInformationAccess(
                x509.AccessDescription(method, x509.UniformResourceIdentifier(url))
                for method, url in access
            ),
            critical=False,
        )
    )
    if time_stamping:
        builder = builder.add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True
        )
    return builder.sign(issuer_key, hashes.SHA256())


def _builder(
    name: x509.Name,
    key: rsa.RSAPrivateKey,
    *,
    issuer: x509.Certificate | None,
    now: datetime,
    until: datetime,
) -> x509.CertificateBuilder:
    public = key.public_key()
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer.subject if issuer else name)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _OVERLAP)
        .not_valid_after(until)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )
    if issuer is None:
        return builder
    identifier = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
    return builder.add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier.value),
        critical=False,
    )


def _crl_points(url: str) -> x509.CRLDistributionPoints:
    name = x509.UniformResourceIdentifier(url)
    return x509.CRLDistributionPoints(
        [
            x509.DistributionPoint(
                full_name=[name], relative_name=None, reasons=None, crl_issuer=None
            )
        ]
    )


def _key_usage(
    *,
    digital_signature: bool = False,
    content_commitment: bool = False,
    key_cert_sign: bool = False,
    crl_sign: bool = False,
) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        content_commitment=content_commitment,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=key_cert_sign,
        crl_sign=crl_sign,
        encipher_only=False,
        decipher_only=False,
    )
