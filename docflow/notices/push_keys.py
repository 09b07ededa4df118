"""The key by which push services know this installation (VAPID, RFC 8292), and whom it may call."""

from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from docflow.errors import Unavailable
from docflow.i18n import t
from docflow.settings import Settings

POINT_BYTES = 65  # an uncompressed point of P-256


class PushUnusable(Unavailable):
    """Push messages are not set up here, or their key cannot be read."""


def new() -> bytes:
    """A fresh key as PEM."""
    return ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def private(settings: Settings) -> ec.EllipticCurvePrivateKey:
    """The key of the settings. Raises PushUnusable."""
    if settings.push_key is None:
        raise PushUnusable(t("Push messages are not set up here. Ask the administrator."))
    return _read(settings.push_key)


def public(settings: Settings) -> bytes | None:
    """The public point, which a browser subscribes with; None where there is no push.

    Raises PushUnusable where the key cannot be read.
    """
    if settings.push_key is None:
        return None
    return (
        _read(settings.push_key)
        .public_key()
        .public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    )


def is_allowed(endpoint: str, settings: Settings) -> bool:
    """Whether a message may be sent there: a browser could name any address of our network."""
    try:
        parts = urlsplit(endpoint)
        origin, host = f"{parts.scheme}://{parts.netloc}", parts.hostname or ""
    except ValueError:
        return False
    for allowed in settings.push_services:
        if "*" not in allowed:
            if origin == allowed.rstrip("/"):
                return True
            continue
        scheme, _, name = allowed.partition("://*")
        if parts.scheme == scheme and origin == f"{scheme}://{host}" and host.endswith(name):
            return True
    return False


@cache
def _read(path: Path) -> ec.EllipticCurvePrivateKey:
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as error:
        raise PushUnusable(
            t("The key of push messages cannot be read: {why}", why=str(error))
        ) from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.curve.name != "secp256r1":
        raise PushUnusable(t("The key of push messages is no P-256 key."))
    return key
