"""Amounts of money: whole cents inside, read with comma or dot, shown as the reader is used to.

A dot or comma with one or two digits behind it is the decimal sign. With exactly three digits
behind it, “1.234” is one thousand and more to a Greek and one and a bit to an Englishman: nobody
guesses with money, so that is asked. With both signs the last one is the decimal sign.
"""

import re
from decimal import ROUND_HALF_UP, Decimal

from docflow.errors import Invalid
from docflow.i18n import t

MOST = 10_000_000_00  # cents; a municipality's page asks for less
_CENT = Decimal(1)
_SHAPE = re.compile(r"[0-9]{1,12}([.,][0-9]{1,2})?")
_GROUPED = re.compile(
    r"[0-9]{1,3}(?P<group>[., ’'])[0-9]{3}((?P=group)[0-9]{3})*(?P<decimals>[.,][0-9]{1,2})?"
)
_UNCLEAR = re.compile(r"[0-9]{1,3}[.,][0-9]{3}")
_PLAIN = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,2})?")  # how programs write it
_MARKS = str.maketrans("", "", "€")


class BadAmount(Invalid):
    """That is no amount of money."""


def parse(typed: str, *, field: str | None = None) -> int:
    """The cents of an amount that a person typed: “50”, “50,00”, “1.234,50”, “1,234.50 €”.

    Raises BadAmount, also where it can be read in two ways (“1.234”).
    """
    clean = typed.translate(_MARKS).strip().removesuffix("EUR").strip()
    if _UNCLEAR.fullmatch(clean):
        whole, part = re.split(r"[.,]", clean)
        raise BadAmount(
            t(
                "“{typed}” can be read in two ways. Write {many} or {few}.",
                typed=typed.strip(),
                many=f"{whole}{part},00",
                few=f"{whole},{part[:2]}",
            ),
            field=field,
        )
    plain = _plain(clean)
    if not plain:
        raise BadAmount(
            t("“{typed}” is no amount. Write it as 50 or 50,00.", typed=typed.strip()[:40]),
            field=field,
        )
    cents = int(Decimal(plain) * 100)
    if cents > MOST:
        raise BadAmount(t("The amount is too large."), field=field)
    return cents


def _plain(clean: str) -> str:
    """The amount with a decimal dot and no other sign; empty where it is none."""
    grouped = _GROUPED.fullmatch(clean)
    if grouped:
        group, decimals = grouped["group"], grouped["decimals"] or ""
        if decimals[:1] != group:
            whole = clean.removesuffix(decimals).replace(group, "")
            return whole + decimals.replace(",", ".")
    return clean.replace(",", ".") if _SHAPE.fullmatch(clean) else ""


def exact(written: object) -> int:
    """The cents of an amount in a file: “50.00”, “50”, 50. Raises BadAmount."""
    text = str(written) if isinstance(written, str | int) and not isinstance(written, bool) else ""
    if not _PLAIN.fullmatch(text):
        raise BadAmount(t("“{typed}” is no amount. Write it as “50.00”.", typed=str(written)[:40]))
    return int(Decimal(text) * 100)


def rounded(cents: Decimal) -> int:
    """Whole cents, half a cent up: as invoices are rounded."""
    return int(cents.quantize(_CENT, rounding=ROUND_HALF_UP))


def shown(cents: int, language: str = "el") -> str:
    """“1.234,50 €” in Greek, “€1,234.50” in English."""
    sign, whole, part = "-" if cents < 0 else "", abs(cents) // 100, abs(cents) % 100
    if language == "en":
        return f"{sign}€{whole:,}.{part:02}"
    return f"{sign}{whole:,}".replace(",", ".") + f",{part:02} €"


def typed(cents: int) -> str:
    """As a person would type it into a field: “1234,50”."""
    return f"{cents // 100},{cents % 100:02}"
