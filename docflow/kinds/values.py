"""What is typed into the fields of a kind, checked and brought into one form.

Kept as JSON: text, choice, ΑΦΜ, IBAN, e-mail, phone and plate as strings; whole numbers as
numbers; amounts as strings with two decimals, so that no cent is lost; dates as YYYY-MM-DD;
yes/no as a boolean. An empty field is not kept at all.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from docflow import canonical, parties
from docflow.errors import Invalid
from docflow.folding import fold, line
from docflow.i18n import Text, t
from docflow.kinds.definitions import MAX_TEXT, Field, FieldType
from docflow.kinds.iban import is_iban

PREFIX = "value."  # before a field's code, where an error or a form names it
MAX_LINE = 300
_DATE = re.compile(r"(\d{1,2})[/.\- ](\d{1,2})[/.\- ](\d{4})")
_COMPACT = re.compile(r"(\d{2})(\d{2})(\d{4})")
_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_AMOUNT = re.compile(r"-?[\d.,]{1,24}")
_YES = {"1", "true", "yes", "on", "ναι", "ν", "y"}
_NO = {"0", "false", "no", "off", "οχι", "ο", "n"}
# A Greek plate only has letters that Latin has too; people type them on either keyboard.
_TO_GREEK = str.maketrans("ABEZHIKMNOPTYX", "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ")
_GREEK_PLATE = re.compile(r"([ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ]{2,3})(\d{1,4})")
_ANY_PLATE = re.compile(r"[^\W_]{2,12}")


class BadValues(Invalid):
    """Something in the fields of the kind of document is not right."""

    def __init__(self, faults: Mapping[str, Text]) -> None:
        """`faults` by code of the field; the message and `field` are those of the first."""
        code, message = next(iter(faults.items()))
        super().__init__(message, field=PREFIX + code)
        self.faults = {PREFIX + one: text for one, text in faults.items()}


class _Wrong(ValueError):
    """A value that cannot stand in its field."""

    def __init__(self, message: Text) -> None:
        super().__init__(str(message))
        self.message = message


def checked(
    fields: Sequence[Field], said: Mapping[str, Any], *, is_whole: bool = True
) -> dict[str, Any]:
    """The values to keep. Raises BadValues with every fault at once.

    `said` has what was typed (strings) or sent (also numbers and booleans), by code of the field.
    Where it is not the whole yet (`is_whole` False) a required field may be empty.
    """
    kept: dict[str, Any] = {}
    faults: dict[str, Text] = {}
    known = {field.code for field in fields}
    for code in said:
        if code not in known:
            faults[code] = t("This kind of document has no field “{code}”.", code=code[:40])
    for field in fields:
        typed = said.get(field.code)
        typed = line(typed) if isinstance(typed, str) else typed
        if typed is None or typed == "":
            if field.is_required and is_whole:
                faults[field.code] = t("Fill in “{title}”.", title=field.title_el)
            continue
        try:
            kept[field.code] = _READ[field.type](field, typed)
        except _Wrong as wrong:
            faults[field.code] = wrong.message
    if faults:
        raise BadValues(faults)
    return kept


def typed(fields: Sequence[Field], kept: Mapping[str, Any]) -> dict[str, str]:
    """Kept values as they stand in a form, by code."""
    return {field.code: _typed(field, kept[field.code]) for field in fields if field.code in kept}


def shown(field: Field, value: Any, language: str) -> str:
    """A kept value as people read it."""
    if field.type is FieldType.YES_NO:
        return str(_WORDS[language][bool(value)])
    if field.type is FieldType.AMOUNT:
        whole, cents = str(value).split(".")
        sign, digits = ("-", whole[1:]) if whole.startswith("-") else ("", whole)
        grouped = f"{int(digits):,}"
        return (
            f"{sign}{grouped}.{cents} €"
            if language == "en"
            else f"{sign}{grouped.replace(',', '.')},{cents} €"
        )
    return _typed(field, value)


def digest(kept: Mapping[str, Any]) -> str:
    """SHA-256 over kept values; the registration's event holds it, for verification."""
    return canonical.digest(dict(kept))


def words(kept: Mapping[str, Any]) -> list[str]:
    """What the entry is found by, of its values."""
    return [str(value) for value in kept.values() if not isinstance(value, bool)]


def _typed(field: Field, value: Any) -> str:
    if field.type is FieldType.DATE:
        day = date.fromisoformat(value)
        return f"{day:%d/%m/%Y}"
    if field.type is FieldType.YES_NO:
        return "yes" if value else "no"
    if field.type is FieldType.AMOUNT:
        return str(value).replace(".", ",")
    return str(value)


_WORDS = {
    "el": {True: "Ναι", False: "Όχι"},
    "en": {True: "Yes", False: "No"},
    "hu": {True: "Igen", False: "Nem"},  # a citizen reads what he filed in his own language
    "cs": {True: "Ano", False: "Ne"},
}


def _string(value: Any) -> str:
    """What was sent where text is meant; a number is as good, a list is not."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise _Wrong(t("Write it as text."))
    return line(str(value))


def _text(field: Field, value: Any) -> str:
    clean = _string(value)
    longest = field.max_length or MAX_LINE
    if len(clean) > min(longest, MAX_TEXT):
        raise _Wrong(t("At most {max} characters fit here.", max=longest))
    return clean


def _whole(field: Field, value: Any) -> int:
    clean = _string(value)
    if not re.fullmatch(r"-?\d{1,15}", clean, re.ASCII):
        raise _Wrong(t("“{typed}” is not a whole number.", typed=clean[:40]))
    return int(clean)


def _amount(field: Field, value: Any) -> str:
    """Both "1.234,56" and "1234.56": the last mark is decimal, unless it groups thousands.

    In Greek only the point groups: "12.345" is twelve thousand, "12,345" no amount.
    """
    clean = _string(value).replace("€", "").replace(" ", "")
    wrong = _Wrong(t("“{typed}” is not an amount. Write it as 1234,56.", typed=clean[:40]))
    if not _AMOUNT.fullmatch(clean) or not clean[-1].isdigit():
        raise wrong
    sign, digits = ("-", clean[1:]) if clean.startswith("-") else ("", clean)
    if isinstance(value, float):  # a program's number groups nothing
        whole, _, cents = digits.partition(".")
        if len(cents) > 2:
            raise wrong
    else:
        whole, cents = _parts(digits, wrong)
    return str(Decimal(f"{sign}{whole}.{cents:0<2}"))


def _parts(digits: str, wrong: _Wrong) -> tuple[str, str]:
    """Whole and cents of an amount without sign. Raises `wrong`."""
    points, commas = digits.count("."), digits.count(",")
    if points and commas:  # the last of them is the decimal one
        decimal, group = (",", ".") if digits.rfind(",") > digits.rfind(".") else (".", ",")
        whole, _, cents = digits.rpartition(decimal)
        if decimal in whole or not _is_grouped(whole, group) or len(cents) > 2:
            raise wrong
        return whole.replace(group, ""), cents
    mark = "." if points else ","
    if points + commas > 1:  # a mark that stands twice groups the thousands
        if commas or not _is_grouped(digits, mark):
            raise wrong
        return digits.replace(mark, ""), ""
    whole, _, cents = digits.partition(mark)
    if points and len(cents) == 3 and _is_grouped(digits, mark) and not whole.startswith("0"):
        return whole + cents, ""  # no amount has three decimals: it groups the thousands
    if commas and len(cents) == 3 and whole:
        raise _Wrong(
            t(
                "“{typed}” has three digits after the comma. Write {thousands} where it is meant "
                "so, or two decimals: {decimals}.",
                typed=digits,
                thousands=f"{int(whole + cents)},00",
                decimals=f"{whole},{cents[:2]}",
            )
        )
    if not whole or len(cents) > 2:
        raise wrong
    return whole, cents


def _is_grouped(whole: str, mark: str) -> bool:
    first, *rest = whole.split(mark)
    return 1 <= len(first) <= 3 and all(len(group) == 3 for group in rest)


def _date(field: Field, value: Any) -> str:
    clean = _string(value)
    if iso := _ISO.fullmatch(clean):
        year, month, day = iso.groups()
    elif match := _DATE.fullmatch(clean) or _COMPACT.fullmatch(clean):
        day, month, year = match.groups()
    else:
        raise _Wrong(t("“{typed}” is not a date. Write it as 21/11/2026.", typed=clean[:40]))
    try:
        found = date(int(year), int(month), int(day))
    except ValueError as error:
        raise _Wrong(
            t("“{typed}” is not a date. Write it as 21/11/2026.", typed=clean[:40])
        ) from error
    if not 1900 <= found.year <= 2999:
        raise _Wrong(t("The year of “{typed}” cannot be right.", typed=clean[:40]))
    return found.isoformat()


def _choice(field: Field, value: Any) -> str:
    meant = fold(_string(value))
    for one in field.choices:
        if fold(one) == meant:
            return one
    raise _Wrong(t("Choose one from the list."))


def _yes_no(field: Field, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    word = fold(_string(value))
    if word in _YES or word in _NO:
        return word in _YES
    raise _Wrong(t("Say yes or no."))


def _tax_number(field: Field, value: Any) -> str:
    clean = re.sub(r"[\s.\-]", "", _string(value)).upper().removeprefix("EL")
    if not parties.is_tax_number(clean):
        raise _Wrong(t("“{number}” is not a valid ΑΦΜ: check its nine digits.", number=clean[:40]))
    return clean


def _iban(field: Field, value: Any) -> str:
    clean = re.sub(r"[\s.\-]", "", _string(value)).upper()
    if not is_iban(clean):
        raise _Wrong(
            t("“{number}” is not a valid IBAN: compare it sign by sign.", number=clean[:40])
        )
    return clean


def _email(field: Field, value: Any) -> str:
    clean = _string(value)
    try:
        parties.check_email(clean, field=field.code)
    except parties.BadEmail as error:
        raise _Wrong(error.message) from error
    return clean


def _phone(field: Field, value: Any) -> str:
    clean = re.sub(r"[\s./()\-]", "", _string(value))
    if clean.startswith("00"):
        clean = "+" + clean[2:]
    if not re.fullmatch(r"\+?\d{7,15}", clean, re.ASCII):
        raise _Wrong(t("“{number}” is not a telephone number.", number=clean[:40]))
    return clean


def _plate(field: Field, value: Any) -> str:
    clean = re.sub(r"[\s.\-]", "", _string(value)).upper()
    if greek := _GREEK_PLATE.fullmatch(clean.translate(_TO_GREEK)):
        return f"{greek[1]}-{greek[2]}"
    if not _ANY_PLATE.fullmatch(clean):
        raise _Wrong(t("“{number}” is not a plate. Write it as ΙΒΡ-1234.", number=clean[:40]))
    return clean


_READ: Mapping[FieldType, Callable[[Field, Any], Any]] = {
    FieldType.TEXT: _text,
    FieldType.WHOLE: _whole,
    FieldType.AMOUNT: _amount,
    FieldType.DATE: _date,
    FieldType.CHOICE: _choice,
    FieldType.YES_NO: _yes_no,
    FieldType.TAX_NUMBER: _tax_number,
    FieldType.IBAN: _iban,
    FieldType.EMAIL: _email,
    FieldType.PHONE: _phone,
    FieldType.PLATE: _plate,
}
