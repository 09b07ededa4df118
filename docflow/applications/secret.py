"""The secret that opens an application's page together with its number, without a login."""

import hashlib
import hmac
import secrets
from collections.abc import Iterable

ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # 0, 1, I and O are read wrong
LENGTH = 12  # 60 random bits; tries are limited and noted
# Greek capitals that look the same: a Greek keyboard is what most people have before them.
_TYPED = str.maketrans("ΑΒΕΖΗΚΜΝΡΤΥΧ", "ABEZHKMNPTYX")


def new() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def derived(key: str, of: str) -> str:
    """The same secret whenever it is shown again, from the installation's key."""
    raw = hmac.digest(key.encode(), of.encode(), "sha256")
    return "".join(ALPHABET[byte & 31] for byte in raw[:LENGTH])


def shown(secret: str) -> str:
    """In groups of four, as people copy it."""
    return "-".join(secret[place : place + 4] for place in range(0, len(secret), 4))


def digest(application_id: int, secret: str) -> str:
    """The stored form, bound to its application."""
    return hashlib.sha256(f"{application_id}:{typed(secret)}".encode()).hexdigest()


def typed(text: str) -> str:
    """A secret as a person typed it: no blanks or hyphens, capitals, Greek look-alikes as Latin."""
    latin = text.upper().translate(_TYPED)
    plain = "".join(char for char in latin if char.isascii() and char.isalnum())
    return plain[:40]


def opens(application_id: int, text: str, digests: Iterable[str]) -> bool:
    """Whether what was typed is one of the secrets; takes the same time for each."""
    given = digest(application_id, text)
    return any([hmac.compare_digest(given, one) for one in digests])
