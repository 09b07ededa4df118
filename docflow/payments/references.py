"""The number by which a payment is known again: a structured creditor reference (ISO 11649).

“RF”, two check digits (ISO 7064, mod 97-10), and up to 21 characters, here digits alone: the code
that the interbank system gave the body, if it did, and a running number that is never given twice.
Greek banks take it as the RF payment code of always 25 characters (DIAS Interbanking Systems,
“RF / QR code payments”: “a unique 25-digit code”, ISO 11649), so it is filled up with zeros. The
older payment codes of 20 digits belong to the tax administration's own collection, and their check
digits are nowhere published; they are not made here.
"""

import re

from docflow.errors import Invalid
from docflow.i18n import t

LENGTH = 25  # with RF and the check digits
CREDITOR_LENGTH = 11  # digits of the body's code at most: ten are left for the running number
_FOUND = re.compile(r"RF ?[0-9]{2}(?: ?[0-9A-Z]){1,21}")
_ALLOWED = re.compile(r"RF[0-9]{2}[0-9A-Z]{1,21}")


class BadReference(Invalid):
    """The payment code is not right."""


def made(serial: int, creditor: str = "") -> str:
    """The reference of the running number; `creditor` is the body's code, digits or nothing."""
    body = creditor + str(serial).zfill(LENGTH - 4 - len(creditor))
    return f"RF{_check_digits(body):02}{body}"


def read(typed: str) -> str:
    """The reference that a person typed, with or without blanks. Raises BadReference."""
    clean = "".join(typed.upper().split()).replace("ΡΦ", "RF")
    if not is_valid(clean):
        raise BadReference(
            t(
                "The payment code “{code}” is not right: a character is missing or wrong. Compare "
                "it with the page or the mail it stands in.",
                code=typed.strip()[:40],
            ),
            field="reference",
        )
    return clean


def is_valid(reference: str) -> bool:
    """Whether the check digits are right."""
    return bool(_ALLOWED.fullmatch(reference)) and _remainder(reference[4:] + reference[:4]) == 1


def found(text: str) -> list[str]:
    """The references that stand in the free text of a transfer, each once, in their order.

    Payers write blanks into it, and words behind it: the longest piece with right check digits
    counts.
    """
    seen: list[str] = []
    for match in _FOUND.finditer(text.upper().replace("ΡΦ", "RF")):
        piece = match.group().replace(" ", "")
        for length in range(len(piece), 4, -1):
            if is_valid(piece[:length]):
                if piece[:length] not in seen:
                    seen.append(piece[:length])
                break
    return seen


def grouped(reference: str) -> str:
    """In groups of four, as ISO 11649 wants it printed."""
    return " ".join(reference[at : at + 4] for at in range(0, len(reference), 4))


def _check_digits(body: str) -> int:
    return 98 - _remainder(f"{body}RF00")


def _remainder(text: str) -> int:
    """Mod 97 of the text, its letters as 10 to 35 (ISO 7064)."""
    return int("".join(str(int(sign, 36)) for sign in text)) % 97
