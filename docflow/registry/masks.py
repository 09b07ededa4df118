"""The printed form of a number, from the mask of its book.

Fields: {n} the number ({n:07} with leading zeros), {sub} the sub-number in its case, {year}, {yy},
{date} the day on which the number was given, {dir} ΕΙΣ, ΕΞ or ΕΣΩ, {book} the code of the book,
{check} two check digits (ISO 7064 MOD 97-10). Source: domain row 7; the marks ΕΙΣ and ΕΞ are those
of the Greek register. The mask never alters the stored numbers.
"""

import re
from datetime import date
from itertools import pairwise

from docflow.errors import Invalid
from docflow.i18n import Text, t
from docflow.registry.models import Direction
from docflow.registry.policies import Numbering, Policy, Scheme

MAX_MASK = 60
FIELDS = ("n", "sub", "year", "yy", "date", "dir", "book", "check")
DIRECTIONS = {Direction.INCOMING: "ΕΙΣ", Direction.OUTGOING: "ΕΞ", Direction.INTERNAL: "ΕΣΩ"}
_FIELD = re.compile(r"\{([a-z]+)(?::0?([1-9]|1[0-2]))?\}")


class BadMask(Invalid):
    """The mask of a book's numbers is not right."""


def render(
    mask: str,
    *,
    number: int,
    sub_number: int,
    year: int,
    day: date,
    direction: Direction,
    book: str,
) -> str:
    """The number as people cite it. The mask was checked (`check`) when the policy was set."""
    values: dict[str, int | str] = {
        "n": number,
        "sub": sub_number,
        "year": year,
        "yy": f"{year % 100:02}",
        "date": f"{day:%d.%m.%Y}",
        "dir": DIRECTIONS[direction],
        "book": book,
        "check": check_digits(year, number, sub_number),
    }

    def fill(match: re.Match[str]) -> str:
        value, width = values[match[1]], match[2]
        return f"{value:0{width}}" if width and isinstance(value, int) else str(value)

    return _FIELD.sub(fill, mask)


def check_digits(year: int, number: int, sub_number: int = 0) -> str:
    """Two digits that show a mistyped number, over year, number and sub-number (if there is one).

    ISO 7064 MOD 97-10: the digits with the check digits behind them leave 1 when divided by 97.
    """
    digits = f"{year}{number}{sub_number or ''}"
    return f"{98 - int(digits) * 100 % 97:02}"


def check(policy: Policy) -> Policy:
    """The policy, if its mask tells any two of its numbers apart. Raises BadMask."""
    mask = policy.mask.strip()
    if not mask or len(mask) > MAX_MASK or not mask.isprintable():
        raise _bad(t("A mask has 1 to {max} characters, such as {{n}}/{{year}}.", max=MAX_MASK))
    used = [match[1] for match in _FIELD.finditer(mask)]
    unknown = [name for name in used if name not in FIELDS]
    if unknown:
        raise _bad(t("There is no field “{field}” for a mask.", field="{" + unknown[0] + "}"))
    rest = _FIELD.sub("", mask)
    if "{" in rest or "}" in rest:
        raise _bad(t("A bracket of the mask is left over. A field looks like {n} or {n:07}."))
    _require(used, "n", t("The mask needs the number: {n}."))
    if not {"year", "yy", "date"} & set(used):
        raise _bad(
            t("The mask needs the year, or numbers of two years look the same: {year} or {yy}.")
        )
    if policy.numbering is Numbering.BY_DIRECTION:
        _require(
            used,
            "dir",
            t("Each direction has its own numbers; the mask must tell them apart by {dir}."),
        )
    if policy.scheme is Scheme.CASE:
        _require(used, "sub", t("A book of cases needs the sub-number in its mask: {sub}."))
    elif "sub" in used:
        raise _bad(t("Only a book of cases has sub-numbers; take {sub} out of the mask."))
    if _runs_together(mask):
        raise _bad(
            t(
                "Two fields stand side by side with nothing between them: two numbers would look "
                "the same. Write a sign between them, or give the number a fixed width: {n:07}."
            )
        )
    return policy


def _runs_together(mask: str) -> bool:
    """Whether a figure without a fixed width touches another field of figures."""
    pieces = list(_FIELD.finditer(mask))
    figures = {"n", "sub", "year", "yy", "date", "check", "book"}
    for one, other in pairwise(pieces):
        if one.end() == other.start() and {one[1], other[1]} <= figures:
            loose = [piece for piece in (one, other) if piece[1] in ("n", "sub", "book")]
            if any(piece[2] is None for piece in loose):
                return True
    return False


def preview(policy: Policy, *, book: str, day: date) -> list[str]:
    """How the first numbers would look: one of each direction, or of one case."""
    first = policy.first_number
    if policy.scheme is Scheme.CASE:
        shapes = [
            (first, 1, Direction.INCOMING),
            (first, 2, Direction.OUTGOING),
            (first + 1, 1, Direction.INCOMING),
        ]
    elif policy.numbering is Numbering.BY_DIRECTION:
        shapes = [(first, 0, direction) for direction in Direction]
    else:
        answer = first if policy.shares_numbers else first + 1
        shapes = [
            (first, 0, Direction.INCOMING),
            (answer, 0, Direction.OUTGOING),
            (answer + 1, 0, Direction.INTERNAL),
        ]
    return [
        render(
            policy.mask,
            number=number,
            sub_number=sub,
            year=day.year,
            day=day,
            direction=direction,
            book=book,
        )
        for number, sub, direction in shapes
    ]


def _require(used: list[str], field: str, message: Text) -> None:
    if field not in used:
        raise _bad(message)


def _bad(message: Text) -> BadMask:
    return BadMask(message, field="mask")
