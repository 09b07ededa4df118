"""International bank account numbers. Source: ISO 13616; lengths of the SWIFT register."""

import re

_FORM = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
IBAN_LENGTHS = {
    **dict.fromkeys(("GR", "FR", "IT"), 27),
    **dict.fromkeys(("CY", "HU", "PL"), 28),
    **dict.fromkeys(("CZ", "RO", "SK", "ES"), 24),
    **dict.fromkeys(("DE", "BG"), 22),
    **dict.fromkeys(("AT", "LU"), 20),
    "BE": 16,
    "NL": 18,
}
"""Of the countries whose numbers are looked for in documents."""


def is_iban(iban: str) -> bool:
    """Whether an IBAN without blanks has its form, its country's length and the right remainder.

    The letters as numbers, the first four signs last, modulo 97 leaves 1.
    """
    if not _FORM.fullmatch(iban) or len(iban) != IBAN_LENGTHS.get(iban[:2], len(iban)):
        return False
    return int("".join(str(int(sign, 36)) for sign in iban[4:] + iban[:4])) % 97 == 1
