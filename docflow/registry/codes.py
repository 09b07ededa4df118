"""Verification codes: 80 random bits in Crockford's base 32, so that none can be guessed.

Source: ΚΥΑ 32256/2021 (a printed electronic document counts when it can be checked by a code).
"""

import secrets

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 16
# What people type for what stands there: O for 0, I and L for 1; Greek capitals that look the same.
_TYPED = str.maketrans("OILΑΒΕΖΗΚΜΝΟΡΤΥΧΙ", "011ABEZHKMN0PTYX1")


def new() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(LENGTH))


def shown(code: str) -> str:
    """In groups of four, as printed: 7K3M-Q2XP-94TD-0AVE."""
    return "-".join(code[place : place + 4] for place in range(0, len(code), 4))


def typed(text: str) -> str | None:
    """The code that a person typed, or None where it cannot be one."""
    code = "".join(char for char in text.upper() if char.isalnum()).translate(_TYPED)
    return code if len(code) == LENGTH and all(char in _ALPHABET for char in code) else None


def url(public_url: str, code: str) -> str:
    """The address of the verification page of what bears the code."""
    return f"{public_url.rstrip('/')}/verify/{shown(code)}"
