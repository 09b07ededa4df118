"""Keys at rest: key files are sealed once more under a key that does not lie in the database.

A PKCS#12 file is as strong as its password. Whoever copies the database alone must not be able to
try passwords on it: so what is stored is AES-256-GCM over it, bound to its owner.
"""

import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from docflow.errors import Conflict
from docflow.i18n import t
from docflow.settings import Settings

_MARK = b"DFK1"
_NONCE = 12


class VaultLocked(Conflict):
    """The key file was stored under another key of the installation."""


def wrap(data: bytes, *, owner_id: int, settings: Settings) -> bytes:
    """What may lie in the database of a key file."""
    nonce = secrets.token_bytes(_NONCE)
    sealed = AESGCM(_key(settings)).encrypt(nonce, data, _bound_to(owner_id))
    return _MARK + nonce + sealed


def unwrap(stored: bytes, *, owner_id: int, settings: Settings) -> bytes:
    """The key file again, still under its own password. Raises VaultLocked."""
    if not stored.startswith(_MARK):
        return stored  # kept before there was a vault; wrapped when it is replaced
    nonce, sealed = stored[4 : 4 + _NONCE], stored[4 + _NONCE :]
    try:
        return AESGCM(_key(settings)).decrypt(nonce, sealed, _bound_to(owner_id))
    except InvalidTag as error:
        raise VaultLocked(
            t(
                "Your key was stored under another key of the installation. Add it again under "
                "“My keys”, or ask the administrator for DOCFLOW_VAULT_KEY."
            )
        ) from error


def _key(settings: Settings) -> bytes:
    secret = settings.vault_key or settings.secret_key
    derive = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"docflow keyrings 1")
    return derive.derive(secret.get_secret_value().encode())


def _bound_to(owner_id: int) -> bytes:
    return f"user:{owner_id}".encode()
