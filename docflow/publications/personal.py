"""What looks like personal data in a text that is to be made public.

Numbers are told by their check digits, so that a number of a document is not taken for one of a
person. It finds what can be found by form; names it cannot find: a person looks.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from docflow import kinds, parties

_NINE = re.compile(r"(?<!\d)\d{9}(?!\d)")
_ELEVEN = re.compile(r"(?<!\d)\d{11}(?!\d)")
_IBAN = re.compile(r"\bGR\d{2}(?:\s?\d{4}){5}\s?\d{3}\b")
_MOBILE = re.compile(r"(?<!\d)(?:\+30\s?)?69\d(?:[\s-]?\d){7}(?!\d)")
_MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")


class Personal(StrEnum):
    TAX_NUMBER = "tax-number"  # ΑΦΜ
    SOCIAL_NUMBER = "social-number"  # ΑΜΚΑ
    ACCOUNT = "account"  # IBAN
    MOBILE = "mobile"
    MAIL = "mail"


@dataclass(frozen=True, slots=True)
class Found:
    """Something that looks like personal data; `shown` is masked but for its end."""

    what: Personal
    shown: str


def found_in(text: str, *, own: frozenset[str] = frozenset()) -> list[Found]:
    """What looks personal, each once. `own` are the body's own numbers and addresses."""
    seen: dict[tuple[Personal, str], None] = {}
    for what, value in _all(text):
        if value.casefold() not in own:
            seen[(what, value)] = None
    return [Found(what, f"…{value[-4:]}") for what, value in seen]


def _all(text: str) -> Iterator[tuple[Personal, str]]:
    for number in _NINE.findall(text):
        if parties.is_tax_number(number):
            yield Personal.TAX_NUMBER, number
    for number in _ELEVEN.findall(text):
        if _is_social_number(number):
            yield Personal.SOCIAL_NUMBER, number
    for account in _IBAN.findall(text):
        if kinds.is_iban(plain := "".join(account.split())):
            yield Personal.ACCOUNT, plain
    for phone in _MOBILE.findall(text):
        yield Personal.MOBILE, re.sub(r"\D", "", phone)[-10:]
    for mail in _MAIL.findall(text):
        yield Personal.MAIL, mail


def _is_social_number(number: str) -> bool:
    """ΑΜΚΑ: the day of birth as ddmmyy, and the check digit of Luhn (ISO/IEC 7812-1)."""
    try:
        date(2000 + int(number[4:6]), int(number[2:4]), int(number[:2]))
    except ValueError:
        return False
    digits = [int(one) for one in number]
    doubled = [digit * 2 - 9 if digit > 4 else digit * 2 for digit in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0
