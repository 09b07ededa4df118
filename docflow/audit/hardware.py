"""The log's key on a token (PKCS#11): it signs there, and nobody can copy it.

Named by a URI (RFC 7512) in place of a file: `pkcs11:token=LABEL;object=LABEL` with `?module-path=`
and `pin-source=` (a file). Ed25519 is the mechanism CKM_EDDSA of PKCS#11 3.0; SoftHSM2 has it.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from docflow.errors import Unavailable
from docflow.i18n import t

SCHEME = "pkcs11:"
_POINT = b"\x04\x20"  # DER: the public key is an octet string of 32 bytes


class LogKeyUnusable(Unavailable):
    """A key of the log cannot be read, or is none."""


@dataclass(frozen=True, slots=True)
class TokenKey:
    """A key on a token; `public` are its 32 bytes."""

    public: bytes
    _key: Any

    def public_key(self) -> Ed25519PublicKey:
        return Ed25519PublicKey.from_public_bytes(self.public)

    def sign(self, data: bytes, /) -> bytes:
        """The signature of 64 bytes. Raises LogKeyUnusable."""
        # Imported here: only who has a token needs the library.
        import pkcs11

        try:
            return bytes(self._key.sign(data, mechanism=pkcs11.Mechanism.EDDSA))
        except pkcs11.PKCS11Error as error:
            raise LogKeyUnusable(
                t("The token does not sign the log: {problem}", problem=type(error).__name__)
            ) from error


def load(uri: str) -> TokenKey:
    """The key that the URI names; its session stays open. Raises LogKeyUnusable."""
    import pkcs11

    path, query = _parts(uri)
    try:
        pin = Path(query["pin-source"]).read_text().strip() if "pin-source" in query else None
        token = pkcs11.lib(query["module-path"]).get_token(token_label=path["token"])
        try:
            session = token.open(user_pin=pin)
        except pkcs11.UserAlreadyLoggedIn:  # with another key of the same token
            session = token.open()
        private = session.get_key(pkcs11.ObjectClass.PRIVATE_KEY, label=path["object"])
        public = session.get_key(pkcs11.ObjectClass.PUBLIC_KEY, label=path["object"])
        point = bytes(public[pkcs11.Attribute.EC_POINT])
    except KeyError as error:
        raise LogKeyUnusable(
            t("The address of the log’s key lacks {part}.", part=str(error.args[0]))
        ) from error
    except (OSError, RuntimeError, pkcs11.PKCS11Error) as error:
        raise LogKeyUnusable(
            t(
                "The log's key {path} cannot be read: {problem}",
                path=uri.partition("?")[0],
                problem=str(error) or type(error).__name__,
            )
        ) from error
    if private.key_type is not pkcs11.KeyType.EC_EDWARDS:
        raise LogKeyUnusable(
            t("The log's key {path} is no Ed25519 key.", path=uri.partition("?")[0])
        )
    return TokenKey(point.removeprefix(_POINT), private)


def _parts(uri: str) -> tuple[dict[str, str], dict[str, str]]:
    """What names the key, and how to get to it."""
    path, _, query = uri.removeprefix(SCHEME).partition("?")
    named = dict(part.partition("=")[::2] for part in path.split(";") if part)
    return {key: unquote(value) for key, value in named.items()}, dict(
        parse_qsl(query, separator="&")
    )
