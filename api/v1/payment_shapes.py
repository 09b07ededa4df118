"""Shapes of payments in the API, and how one payment becomes its shape."""

from datetime import date, datetime
from typing import Annotated, Any

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from api.v1.fields import Body, Id, Line, Needed, Text
from docflow import payments
from docflow.payments import (
    CardState,
    Certainty,
    LineState,
    PayableState,
    RefundState,
    RefundWhy,
    Source,
)
from docflow.principal import Principal

Start = Annotated[int, Query(ge=0, le=1_000_000, description="Pass over so many.")]
Typed = Annotated[str, Query(max_length=200)]
SeenVersion = Annotated[
    int | None,
    Query(
        ge=0,
        le=2**31 - 1,
        description="The `version` on which you decided. Where it changed since then nothing is "
        "done, and the problem `changed-meanwhile` says who did what and when.",
    ),
]


class FeePart(BaseModel):
    label: dict[str, str] = Field(examples=[{"el": "Πρόστιμο ΚΟΚ", "en": "Traffic fine"}])
    cents: int


class Payment(BaseModel):
    """Something that somebody owes the body. Amounts are cents."""

    id: int
    reference: str = Field(examples=["RF74000000000000000000001"])
    state: PayableState
    reason: dict[str, str] = Field(examples=[{"el": "Πρόστιμο ΚΟΚ 123456"}])
    shown_as: str = Field(description="Number of the entry.", examples=["1234/2026"])
    payer_name: str
    cents: int = Field(description="As it was demanded.", examples=[5000])
    bank_number: str = Field(description="As the payer typed it.", examples=["123456"])
    demanded_at: datetime
    told_at: datetime | None
    found_lines: int = Field(description="Lines of the bank that wait for a decision about it.")

    model_config = ConfigDict(from_attributes=True)


class Payments(BaseModel):
    items: list[Payment]


class Part(BaseModel):
    source: Source
    cents: int
    received_on: date
    bank_number: str
    note: str
    noted_by: str
    noted_at: datetime

    model_config = ConfigDict(from_attributes=True)


class BankLine(BaseModel):
    """A movement of the account and what became of it."""

    id: int
    version: int
    booked_on: date
    cents: int
    bank_number: str
    payer_name: str
    payer_iban: str
    text: str
    references: list[str] = Field(description="Payment codes found in it.")
    state: LineState
    payable_id: int | None
    certainty: Certainty | None = Field(description="Why `payable_id` is proposed.")
    reason: str

    model_config = ConfigDict(from_attributes=True)


class BankLines(BaseModel):
    items: list[BankLine]


class OnePayment(BaseModel):
    """A payment with all that belongs to it."""

    id: int
    version: int = Field(description="Send it as `seen` with a decision.")
    reference: str
    state: PayableState
    reason: dict[str, str]
    shown_as: str
    unit: str
    payer_name: str
    payer_tax_number: str
    payer_email: str
    due_on: date | None
    bank_number: str
    owed_cents: int = Field(description="By who pays today; what has ended: as it ended.")
    paid_cents: int
    left_cents: int
    lines: list[FeePart]
    until: date | None = Field(description="Last day on which it is this much.")
    demanded_at: datetime
    told_at: datetime | None
    ended_at: datetime | None
    ended_why: str
    receipt: str = Field(description="Number of the receipt.", examples=["12/2026"])
    parts: list[Part]
    marked: list[BankLine]
    candidates: list[BankLine] = Field(description="Lines of the bank that may be this payment.")
    card: CardState | None = Field(description="The latest payment by card.")


class Marking(Body):
    line_id: Id
    line_seen: int | None = Field(None, ge=0, le=2**31 - 1, description="`version` of the line.")


class Proof(Body):
    """Money that stands in no file of the bank."""

    cents: int = Field(ge=1, le=payments.amounts.MOST, examples=[5000])
    received_on: date
    number: Line = Field("", examples=["POS 17"])
    note: Annotated[Needed, Field(examples=["Απόδειξη POS, ελέγχθηκε στο ταμείο"])]


class Reason(Body):
    reason: Annotated[Text, Field(min_length=1, examples=["Δεν βρέθηκε στην κατάσταση"])]


class NewFile(Body):
    """What is said beside the bank's file."""

    account_id: Id | None = Field(None, description="Account of a CSV file; the current without.")


class Taken(BaseModel):
    statement_id: int
    form: str = Field(examples=["camt.053.001.08"])
    counts: dict[str, int] = Field(
        description="State of a line to how many.", examples=[{"proposed": 12, "open": 1}]
    )

    model_config = ConfigDict(from_attributes=True)


class Statement(BaseModel):
    id: int
    file_name: str
    form: str
    bank: str
    iban: str
    first_on: date | None
    last_on: date | None
    counts: dict[str, int]
    imported_by: str
    imported_at: datetime

    model_config = ConfigDict(from_attributes=True)


class Statements(BaseModel):
    items: list[Statement]


class Matching(Body):
    reference: Annotated[Needed, Field(max_length=60, examples=["RF74000000000000000000001"])]
    is_more: bool = Field(
        False, description="More money than what was counted by a proof before the file came."
    )


class Refund(BaseModel):
    id: int
    cents: int
    why: RefundWhy
    note: str
    state: RefundState
    reference: str
    shown_as: str
    payer: str
    iban: str
    opened_at: datetime
    ended_by: str
    ended_at: datetime | None
    ended_note: str

    model_config = ConfigDict(from_attributes=True)


class Refunds(BaseModel):
    items: list[Refund]


class RefundEnd(Body):
    dropped: bool = Field(False, description="It is not given back.")
    note: Annotated[Needed, Field(examples=["Χρηματικό ένταλμα 412/2026"])]


class Event(BaseModel):
    """Something that happened to a payment, for the financial application."""

    position: int
    kind: str = Field(examples=["demanded", "told", "paid", "refused", "refund-recorded"])
    at: datetime
    content: dict[str, Any] = Field(
        description="The payment as it was then; amounts are cents.",
        examples=[{"reference": "RF74000000000000000000001", "state": "paid", "cents": 5000}],
    )

    model_config = ConfigDict(from_attributes=True)


class Events(BaseModel):
    items: list[Event]
    last: int = Field(description="Send it as `after` next time.")


class Account(BaseModel):
    """A bank account into which citizens pay."""

    id: int
    iban: str
    bic: str
    bank: str
    holder: str
    unit_id: int
    creditor_code: str
    is_current: bool

    model_config = ConfigDict(from_attributes=True)


class Accounts(BaseModel):
    items: list[Account]


class NewAccount(Body):
    iban: Annotated[Needed, Field(max_length=60, examples=["GR1601101250000000012300695"])]
    bank: Needed
    holder: Needed
    unit_id: Id = Field(description="The unit whose people keep it.")
    bic: Line = ""
    creditor_code: Line = ""
    is_current: bool = True
    profile: dict[str, Any] | None = Field(
        None,
        description="How the bank writes its CSV files (docs/payments.md); general without it.",
    )


def one_payment(session: Session, payment_id: int, by: Principal) -> OnePayment:
    """The payment as the caller may see it. Raises NoSuchPayable."""
    shown = payments.queries.details(session, payment_id, by=by)
    one, owed = shown.payable, shown.owed
    return OnePayment(
        id=one.id,
        version=one.version,
        reference=one.reference,
        state=PayableState(one.state),
        reason=one.reason,
        shown_as=one.shown_as,
        unit=shown.unit,
        payer_name=one.payer_name,
        payer_tax_number=one.payer_tax_number,
        payer_email=one.payer_email,
        due_on=one.due_on,
        bank_number=one.bank_number,
        owed_cents=owed.cents,
        paid_cents=owed.paid_cents,
        left_cents=owed.left_cents,
        lines=[FeePart(label=dict(line.label), cents=line.cents) for line in owed.lines],
        until=owed.until,
        demanded_at=one.demanded_at,
        told_at=one.told_at,
        ended_at=one.ended_at,
        ended_why=one.ended_why,
        receipt=shown.receipt,
        parts=[Part.model_validate(part) for part in shown.parts],
        marked=[BankLine.model_validate(line) for line in shown.marked],
        candidates=[BankLine.model_validate(line) for line in shown.candidates],
        card=CardState(shown.cards[-1].state) if shown.cards else None,
    )
