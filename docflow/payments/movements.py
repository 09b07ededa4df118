"""A movement of a bank account as a file tells it, whatever the form of the file."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from docflow.errors import Invalid
from docflow.i18n import Text, t

MOST_BYTES = 20 * 1024 * 1024
MOST_MOVEMENTS = 100_000
_TOLD = 10  # faults named at once
_PLAUSIBLE = (date(1990, 1, 1), date(2200, 1, 1))


class BadBankFile(Invalid):
    """The bank’s file cannot be read."""


@dataclass(frozen=True, slots=True)
class Movement:
    """`cents` is negative where money left; `file_line` counts as an editor does, from 1."""

    file_line: int
    booked_on: date
    cents: int
    bank_number: str = ""
    payer_name: str = ""
    payer_iban: str = ""
    text: str = ""
    reference: str = ""  # where the form has a place of its own for it

    def identity(self) -> str:
        """What tells it from another movement of its account: the bank's own number where there
        is one, else all that is known of it."""
        parts = [self.booked_on.isoformat(), str(self.cents)]
        if self.bank_number:
            parts.append(self.bank_number)
        else:
            parts += [self.payer_name, self.payer_iban, self.text, self.reference]
        return hashlib.sha256("\x00".join(parts).encode()).hexdigest()

    def is_told_as(self, other: "Movement") -> bool:
        """Whether both have the same payer and text: some banks give all transfers of a batch one
        number, so that two payers of the same amount differ in nothing else."""
        return (self.payer_name, self.payer_iban, self.text, self.reference) == (
            other.payer_name,
            other.payer_iban,
            other.text,
            other.reference,
        )


@dataclass(frozen=True, slots=True)
class Contents:
    """What a file says. `iban` is the account it is of, where it says so."""

    form: str
    iban: str
    movements: tuple[Movement, ...]


class Faults:
    """The faults of a file, each with its line; told together at the end."""

    def __init__(self) -> None:
        self.found: list[tuple[int, Text]] = []

    def add(self, file_line: int, why: Text) -> None:
        self.found.append((file_line, why))

    def refuse(self) -> None:
        """Raises BadBankFile where there are any."""
        if not self.found:
            return
        told: Text | None = None
        for file_line, why in self.found[:_TOLD]:
            one = t("line {line}: {why}", line=file_line, why=why)
            told = one if told is None else t("{first}; {then}", first=told, then=one)
        count = len(self.found)
        raise BadBankFile(
            t(
                "Nothing was taken in: the file has {count} faults. {faults}.",
                count=count,
                faults=told,
            )
            if count > 1
            else t("Nothing was taken in: {fault}.", fault=told),
            field="file",
        )


def is_plausible(day: date) -> bool:
    return _PLAUSIBLE[0] <= day < _PLAUSIBLE[1]


def require_size(data: bytes) -> None:
    """Raises BadBankFile where the file is empty or too large."""
    if not data.strip():
        raise BadBankFile(t("The file is empty."), field="file")
    if len(data) > MOST_BYTES:
        raise BadBankFile(
            t("The file is too large: at most {size} MB.", size=MOST_BYTES // 1024**2),
            field="file",
        )


def require_count(movements: Sequence[Movement]) -> None:
    if len(movements) > MOST_MOVEMENTS:
        raise BadBankFile(
            t("The file has more than {max} movements.", max=MOST_MOVEMENTS), field="file"
        )
