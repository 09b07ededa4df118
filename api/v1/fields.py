"""Fields that many bodies share, with the limits that keep nonsense from the domain."""

from datetime import date
from typing import Annotated

from fastapi import Path, Query
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from docflow import parties, registry, routing

_OLDEST, _LATEST = date(1900, 1, 1), date(2999, 12, 31)


def _storable(text: str) -> str:
    if "\0" in text:
        raise ValueError("a NUL character cannot be kept")
    return text


Storable = AfterValidator(_storable)
Text = Annotated[str, StringConstraints(max_length=50_000), Storable]
Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2_000), Storable]
LongLine = Annotated[str, StringConstraints(strip_whitespace=True, max_length=20_000), Storable]
Needed = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=20_000),
    Storable,
]
Code = Annotated[str, StringConstraints(min_length=1, max_length=64), Storable]
Id = Annotated[int, Field(ge=1, le=2**63 - 1)]
Day = Annotated[date, Field(ge=_OLDEST, le=_LATEST)]

BookCode = Annotated[Code, Path(description="Code of the book, as `GET /books` names it.")]
Year = Annotated[int, Path(ge=1, le=9999)]
Number = Annotated[
    str,
    Path(
        pattern=registry.places.PATTERN,
        description="The number; with the sub-number (`15-2`) in a book of cases, with `-in`, "
        "`-out` or `-int` where each direction has its own numbers or the number is shared.",
        examples=["15"],
    ),
]
Position = Annotated[int, Path(ge=1, le=2**31 - 1, description="Place of the file, from 1.")]
Seen = Annotated[
    int | None,
    Query(
        ge=0,
        le=2**63 - 1,
        description="The `version` of the handling on which you decided. Where the entry moved on "
        "since then nothing is done, and the problem `state-changed` says who did what and when.",
    ),
]
Typed = Annotated[str, Query(max_length=500)]


class Body(BaseModel):
    """What is sent: a field that is not known here is an error, not a silence."""

    model_config = ConfigDict(extra="forbid")


class ContactBody(Body):
    """A sender or recipient."""

    name: Annotated[Needed, Field(examples=["Σύλλογος Κατοίκων Κάτω Πόλης"])]
    party_id: Id | None = Field(None, description="Where it was chosen from `GET /parties`.")
    tax_number: Line = Field("", description="ΑΦΜ, nine digits.")
    email: Line = ""
    phone: Line = ""
    address: Line = ""

    def contact(self) -> parties.Contact:
        return parties.Contact(**self.model_dump())


class TargetBody(Body):
    """A unit, or a person in it."""

    unit_id: Id
    user_id: Id | None = None

    def target(self) -> routing.Target:
        return routing.Target(self.unit_id, self.user_id)


class ReasonBody(Body):
    """Why: it stands in the history for good."""

    reason: Needed


class InstructionsBody(Body):
    instructions: Text = ""
