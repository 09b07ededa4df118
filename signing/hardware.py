"""Keys on a token (smart card, HSM) by PKCS#11. The private key never leaves it.

The library (a .so of the maker) is a setting of the installation: never let a user name one.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol, cast

import pkcs11
from cryptography import x509
from pkcs11 import Attribute, KeyType, Mechanism, ObjectClass
from pkcs11 import exceptions as faults
from pkcs11.util.ec import encode_ecdsa_signature

from signing.errors import AuthorisationRefused, KeyUnusable, SignerUnavailable, WrongPassword
from signing.keys import RawSign, SigningKey


class _SignsByToken(Protocol):
    """A private key's handle; the binding's own type leaves out its methods."""

    key_type: KeyType

    def sign(self, data: bytes, *, mechanism: Mechanism) -> bytes: ...


_RSA = {"sha256": Mechanism.SHA256_RSA_PKCS, "sha384": Mechanism.SHA384_RSA_PKCS}


@contextmanager
def token_key(
    library: Path, *, token: str, pin: str, label: str | None = None
) -> Iterator[SigningKey]:
    """The signing key of a token, usable while the session is open.

    `token` is the token's label; `label` is that of certificate and key, needed where the token
    holds several. One session serves one thread at a time; signing many with one PIN is one
    session. Raises WrongPassword, AuthorisationRefused (PIN locked or expired), SignerUnavailable
    (library, reader or token missing; the token was pulled out) and KeyUnusable.
    """
    with _token_errors():
        found = pkcs11.lib(str(library)).get_token(token_label=token)
        session = found.open(user_pin=pin)
    try:
        with _token_errors():
            certificates = _certificates(session)
            name, certificate = _own(certificates, label)
            key = session.get_key(object_class=ObjectClass.PRIVATE_KEY, label=name)
            chain = tuple(one for _, one in certificates if one != certificate)
        yield SigningKey(certificate, chain, raw_sign=_signing_with(cast(_SignsByToken, key)))
    finally:
        session.close()


def _certificates(session: pkcs11.Session) -> list[tuple[str, x509.Certificate]]:
    objects = session.get_objects({Attribute.CLASS: ObjectClass.CERTIFICATE})
    return [
        (str(one[Attribute.LABEL]), x509.load_der_x509_certificate(bytes(one[Attribute.VALUE])))
        for one in objects
    ]


def _own(
    certificates: list[tuple[str, x509.Certificate]], label: str | None
) -> tuple[str, x509.Certificate]:
    """The holder's certificate: the one of that label, or the only one that is no authority's."""
    own = [
        (name, one)
        for name, one in certificates
        if name == label or (label is None and not _is_authority(one))
    ]
    if len(own) != 1:
        names = ", ".join(name for name, _ in certificates) or "none"
        raise KeyUnusable(f"Say which certificate of the token signs; it holds: {names}.")
    return own[0]


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def _signing_with(key: _SignsByToken) -> RawSign:
    def sign(data: bytes, digest_algorithm: str) -> bytes:
        with _token_errors():
            if key.key_type == KeyType.RSA:
                return bytes(key.sign(data, mechanism=_RSA[digest_algorithm]))
            if key.key_type == KeyType.EC:
                # Hashed here: few tokens know the combined mechanisms.
                digest = hashlib.new(digest_algorithm, data).digest()
                return encode_ecdsa_signature(key.sign(digest, mechanism=Mechanism.ECDSA))
            raise KeyUnusable("The key's kind is not supported: use RSA or ECDSA.")

    return sign


@contextmanager
def _token_errors() -> Iterator[None]:
    """Say in our own words what the token said."""
    try:
        yield
    except (faults.PinIncorrect, faults.PinInvalid, faults.PinLenRange) as error:
        raise WrongPassword("The PIN does not open this token.") from error
    except (faults.PinLocked, faults.PinExpired) as error:
        raise AuthorisationRefused("The token's PIN is locked or expired.") from error
    except faults.NoSuchToken as error:
        raise SignerUnavailable("There is no token of this name in any reader.") from error
    except (faults.NoSuchKey, faults.MultipleObjectsReturned) as error:
        raise KeyUnusable("The token holds no such private key, or several of one name.") from error
    except (faults.PKCS11Error, RuntimeError, OSError) as error:
        # Also what the binding raises where the library itself cannot be loaded.
        raise SignerUnavailable(f"The token does not answer: {error!r}") from error
