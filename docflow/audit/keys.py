"""The keys that sign the heads of the logs: Ed25519, in a PEM file or on a token (PKCS#11)."""

from collections.abc import Sequence
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from docflow.audit import hardware
from docflow.audit.hardware import LogKeyUnusable
from docflow.audit.notes import SigningKey
from docflow.i18n import t

__all__ = ["LogKeyUnusable", "load", "new"]


def load(places: Sequence[str | Path]) -> list[SigningKey]:
    """The keys in their order, the current one first; files or `pkcs11:` URIs.

    Raises LogKeyUnusable.
    """
    return [
        hardware.load(str(place)) if str(place).startswith(hardware.SCHEME) else _load(Path(place))
        for place in places
    ]


def new() -> bytes:
    """A fresh key as PEM (PKCS#8, not encrypted: the file's permissions protect it)."""
    return Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _load(path: Path) -> Ed25519PrivateKey:
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise LogKeyUnusable(
            t("The log's key {path} cannot be read: {problem}", path=path, problem=str(error))
        ) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise LogKeyUnusable(t("The log's key {path} is no Ed25519 key.", path=path))
    return key
