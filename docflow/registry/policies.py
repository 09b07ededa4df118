"""How a book numbers: its policy, fixed for a year once a number of that year was given.

Source: domain rows 6, 7, 9, 10 and 11. What a policy says never alters the stored numbers.
"""

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import CheckConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

PLAIN_MASK = "{n}/{year}"


class Numbering(StrEnum):
    """Who shares a series of numbers."""

    COMMON = "common"  # one series for all directions, the Greek habit
    BY_DIRECTION = "by-direction"  # incoming, outgoing and internal documents each have their own


class Scheme(StrEnum):
    PLAIN = "plain"  # each entry its own number
    CASE = "case"  # a number is a case; its documents have sub-numbers from 1 (főszám-alszám)


class PolicyColumns:
    """The policy as columns, of a book (for its new years) and of a book's year."""

    numbering: Mapped[str] = mapped_column(server_default="common")
    scheme: Mapped[str] = mapped_column(server_default="plain")
    shares_numbers: Mapped[bool] = mapped_column(server_default=text("false"))  # ταυτάριθμο
    first_number: Mapped[int] = mapped_column(server_default="1")
    mask: Mapped[str] = mapped_column(server_default=PLAIN_MASK)
    uses_arrivals: Mapped[bool] = mapped_column(server_default=text("false"))


def policy_checks() -> tuple[CheckConstraint, ...]:
    """What the database itself asks of a policy.

    A shared number needs one series and no sub-numbers; a case holds documents of all directions.
    """
    return (
        CheckConstraint("numbering IN ('common', 'by-direction')", name="numbering_known"),
        CheckConstraint("scheme IN ('plain', 'case')", name="scheme_known"),
        CheckConstraint("first_number BETWEEN 1 AND 1000000000", name="first_number_sane"),
        CheckConstraint(
            "numbering = 'common' OR (scheme = 'plain' AND NOT shares_numbers)",
            name="one_series_for_cases_and_shared_numbers",
        ),
        CheckConstraint("scheme = 'plain' OR NOT shares_numbers", name="cases_share_no_numbers"),
    )


@dataclass(frozen=True, slots=True)
class Policy:
    """The policy as a value; `policy_of` takes it from a book or a book's year."""

    numbering: Numbering = Numbering.COMMON
    scheme: Scheme = Scheme.PLAIN
    shares_numbers: bool = False
    first_number: int = 1
    mask: str = PLAIN_MASK
    uses_arrivals: bool = False


def policy_of(row: PolicyColumns) -> Policy:
    """The policy of a book or of a book's year."""
    return Policy(
        numbering=Numbering(row.numbering),
        scheme=Scheme(row.scheme),
        shares_numbers=row.shares_numbers,
        first_number=row.first_number,
        mask=row.mask,
        uses_arrivals=row.uses_arrivals,
    )


def series_of(policy: Policy, direction: str) -> str:
    """The name of the series that gives a document of this direction its number."""
    return "common" if policy.numbering is Numbering.COMMON else str(direction)
