"""A person's or body's key: its certificate, and a way to sign with it, wherever the key lies.

pyHanko's SimpleSigner parses and checks the RSA key anew for every signature, and twice because
of its size estimate: four times the cost of the signature itself (measured; benchmarks/signing.py).
"""

from collections.abc import Callable
from datetime import UTC, datetime

from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    pkcs12,
)
from cryptography.x509.oid import NameOID
from pyhanko.sign.signers import Signer
from pyhanko_certvalidator.registry import SimpleCertificateStore

from signing.errors import KeyUnusable, SigningError, WrongPassword

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey

# The data to be signed and the name of the digest, as in "sha256"; gives the signature's value:
# PKCS#1 v1.5 for RSA, DER for ECDSA.
RawSign = Callable[[bytes, str], bytes]

HASHES: dict[str, type[hashes.HashAlgorithm]] = {
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
}


class SigningKey:
    """A certificate with its chain and a way to sign.

    Raises KeyUnusable where the certificate is not valid now: whoever signs with an expired
    certificate makes a document that nobody can confirm.
    """

    def __init__(
        self,
        certificate: x509.Certificate,
        chain: tuple[x509.Certificate, ...] = (),
        *,
        raw_sign: RawSign | None = None,
    ) -> None:
        """Without `raw_sign` the key is elsewhere: only `begin_external` can use it."""
        public = certificate.public_key()
        if not isinstance(public, PublicKey):
            raise KeyUnusable("The key's kind is not supported: use RSA, ECDSA or Ed25519.")
        self.public_key: PublicKey = public
        self.certificate = certificate
        self.chain = chain
        self.check_period()
        self.signer = _KeySigner(certificate, chain, raw_sign or _elsewhere)

    @classmethod
    def load_pkcs12(cls, data: bytes, password: str) -> "SigningKey":
        """Open a PKCS#12 file (.p12, .pfx). Raises WrongPassword or KeyUnusable."""
        try:
            store = pkcs12.load_pkcs12(data, password.encode() or None)
        except ValueError as error:
            # One exception class for both cases; only the message tells them apart.
            if "password" in str(error).lower():
                raise WrongPassword("The password does not open this key file.") from error
            raise KeyUnusable("This is not a PKCS#12 key file, or it is damaged.") from error
        if store.key is None or store.cert is None:
            raise KeyUnusable("The file holds no private key with its certificate.")
        if not isinstance(store.key, PrivateKey):
            raise KeyUnusable("The key's kind is not supported: use RSA, ECDSA or Ed25519.")
        chain = tuple(extra.certificate for extra in store.additional_certs)
        return cls(store.cert.certificate, chain, raw_sign=_with_parsed(store.key))

    @classmethod
    def load_certificates(cls, data: bytes) -> "SigningKey":
        """A key that lies elsewhere, by its certificate (PEM with its chain, or DER).

        Raises KeyUnusable: no certificate, or not valid now.
        """
        try:
            if b"-----BEGIN" in data:
                first, *rest = x509.load_pem_x509_certificates(data)
            else:
                first, *rest = [x509.load_der_x509_certificate(data)]
        except ValueError as error:
            raise KeyUnusable("This is not a certificate, or it is damaged.") from error
        return cls(first, tuple(rest))

    @property
    def subject_name(self) -> str:
        """The name to show: the common name, else the whole distinguished name."""
        return common_name(self.certificate.subject)

    @property
    def issuer_name(self) -> str:
        """The common name of the authority that issued the certificate."""
        return common_name(self.certificate.issuer)

    @property
    def serial(self) -> int:
        """The certificate's serial number."""
        return self.certificate.serial_number

    @property
    def not_before(self) -> datetime:
        """Valid from, UTC."""
        return self.certificate.not_valid_before_utc

    @property
    def not_after(self) -> datetime:
        """Valid until, UTC."""
        return self.certificate.not_valid_after_utc

    @property
    def certificate_pem(self) -> str:
        """The certificate as PEM text."""
        return self.certificate.public_bytes(Encoding.PEM).decode("ascii")

    @property
    def certificates_pem(self) -> tuple[str, ...]:
        """The certificate and its chain as PEM text."""
        certificates = (self.certificate, *self.chain)
        return tuple(one.public_bytes(Encoding.PEM).decode("ascii") for one in certificates)

    def __repr__(self) -> str:
        return f"<SigningKey of {self.subject_name!r}, serial {self.serial:x}>"

    def __reduce__(self) -> tuple[object, ...]:
        raise TypeError("A private key is not to be pickled.")

    @property
    def der_certificates(self) -> tuple[bytes, ...]:
        """The certificate and its chain, as they go into a signature."""
        return tuple(
            certificate.public_bytes(Encoding.DER)
            for certificate in (self.certificate, *self.chain)
        )

    @property
    def signature_size(self) -> int:
        """Bytes of one signature value, at most."""
        if isinstance(self.public_key, ed25519.Ed25519PublicKey):
            return 64
        bits = self.public_key.key_size
        return bits // 8 if isinstance(self.public_key, rsa.RSAPublicKey) else bits // 4 + 16

    def check_period(self) -> None:
        """Raise KeyUnusable if the certificate is not valid now."""
        now = datetime.now(UTC)
        if now > self.not_after:
            raise KeyUnusable(f"The certificate expired on {self.not_after:%Y-%m-%d}.")
        if now < self.not_before:
            raise KeyUnusable(f"The certificate is not valid before {self.not_before:%Y-%m-%d}.")


def with_password(data: bytes, old: str, new: str) -> bytes:
    """The same PKCS#12 file under another password (AES-256, PBKDF2).

    Raises WrongPassword or KeyUnusable.
    """
    SigningKey.load_pkcs12(data, old)  # its errors in our words
    store = pkcs12.load_pkcs12(data, old.encode() or None)
    assert store.cert is not None  # or it had not loaded; nor had a key of another kind
    assert isinstance(store.key, PrivateKey)
    return pkcs12.serialize_key_and_certificates(
        store.cert.friendly_name,
        store.key,
        store.cert.certificate,
        [extra.certificate for extra in store.additional_certs],
        BestAvailableEncryption(new.encode()),
    )


def common_name(name: x509.Name) -> str:
    """What people call the holder."""
    values = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(values[0].value) if values else name.rfc4514_string()


def as_asn1(certificate: x509.Certificate) -> asn1_x509.Certificate:
    """The same certificate in the library that pyHanko speaks."""
    return asn1_x509.Certificate.load(certificate.public_bytes(Encoding.DER))


def _with_parsed(key: PrivateKey) -> RawSign:
    def sign(data: bytes, digest_algorithm: str) -> bytes:
        if isinstance(key, ed25519.Ed25519PrivateKey):
            return key.sign(data)
        algorithm = HASHES[digest_algorithm]()
        if isinstance(key, rsa.RSAPrivateKey):
            return key.sign(data, padding.PKCS1v15(), algorithm)
        return key.sign(data, ec.ECDSA(algorithm))

    return sign


def _elsewhere(data: bytes, digest_algorithm: str) -> bytes:
    raise SigningError("This key lies elsewhere: begin the signature here, and finish it there.")


class _KeySigner(Signer):
    """Signs by the function it is given."""

    def __init__(
        self,
        certificate: x509.Certificate,
        chain: tuple[x509.Certificate, ...],
        raw_sign: RawSign,
    ) -> None:
        registry = SimpleCertificateStore()
        for extra in chain:
            registry.register(as_asn1(extra))
        self._raw_sign = raw_sign
        super().__init__(
            signing_cert=as_asn1(certificate),
            cert_registry=registry,
            # The verifier has the roots already; an embedded copy proves nothing.
            embed_roots=False,
        )

    async def async_sign_raw(
        self, data: bytes, digest_algorithm: str, dry_run: bool = False
    ) -> bytes:
        return self._raw_sign(data, digest_algorithm)
