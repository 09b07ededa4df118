"""What is owed, what the bank says came, what counts for what, and what is to be given back."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from docflow import clock
from docflow.db import Base, one_of


class PayableState(StrEnum):
    OPEN = "open"  # to be paid
    TOLD = "told"  # the citizen says that he paid, and under which number of the bank
    PART = "part"  # less than the whole came
    PAID = "paid"  # for good; there is a receipt
    REFUSED = "refused"  # for good: the payment was not found
    WITHDRAWN = "withdrawn"  # nobody has to pay it any more


class LineState(StrEnum):
    """What became of a line of a bank's statement."""

    OPEN = "open"  # nobody knows what it is for
    PROPOSED = "proposed"  # a payable was found; a person decides
    MARKED = "marked"  # a person found it for a payable, whose check is not complete yet
    COUNTED = "counted"  # it counts for its payable
    IGNORED = "ignored"  # by a person, with the reason
    REFUND = "refund"  # it stands in the list of what is to be given back
    KNOWN = "known"  # the same line came before
    TWIN = "twin"  # it looks like another line of its file; a person decides
    OUTGOING = "outgoing"  # money that left the account


class Certainty(StrEnum):
    """Why a payable is proposed for a line."""

    SURE = "sure"  # reference and amount
    REFERENCE = "reference"  # the reference, with another amount
    NUMBER = "number"  # the bank's number that the citizen typed, and the amount
    PAYER = "payer"  # amount and payer


class Source(StrEnum):
    """Where money for a payable came from."""

    BANK = "bank"
    CARD = "card"
    HAND = "hand"  # an employee saw a proof that stands in no file


class RefundWhy(StrEnum):
    OVERPAID = "overpaid"
    ENDED = "ended"  # it came for what was withdrawn, or refused
    TWICE = "twice"  # it came for what was paid already
    WITHDRAWN = "withdrawn"  # the application was withdrawn after it was paid
    NOT_OURS = "not-ours"  # an employee says that the body is owed nothing


class RefundState(StrEnum):
    OPEN = "open"
    DONE = "done"  # the financial service gave it back
    DROPPED = "dropped"  # it is not given back, with the reason


class CardState(StrEnum):
    ASKED = "asked"  # the provider was, or is being, asked; what it says is not known
    OPEN = "open"  # the citizen was sent to the provider's page
    PAID = "paid"
    FAILED = "failed"


class CollectionAccount(Base):
    """A bank account of the body into which citizens pay, and the unit that keeps it."""

    __tablename__ = "collection_accounts"
    __table_args__ = (
        UniqueConstraint("body_id", "iban"),
        Index(
            "ux_collection_accounts_current",
            "body_id",
            unique=True,
            postgresql_where=text("is_current"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    body_id: Mapped[int] = mapped_column(ForeignKey("bodies.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    bank: Mapped[str]
    holder: Mapped[str]
    iban: Mapped[str]
    bic: Mapped[str] = mapped_column(server_default="")
    creditor_code: Mapped[str] = mapped_column(server_default="")
    profile: Mapped[dict[str, Any]]  # how the bank writes its CSV files, see `csv_files`
    is_current: Mapped[bool]  # what is demanded from now on is paid into it
    changed_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    changed_at: Mapped[datetime] = mapped_column(default=clock.now)


class Payable(Base):
    """What somebody owes the body: once demanded, its reference and reason never change."""

    __tablename__ = "payables"
    __table_args__ = (
        one_of("state", PayableState),
        UniqueConstraint("body_id", "subject_type", "subject_id", "key"),
        CheckConstraint("cents BETWEEN 1 AND 1000000000", name="amount_sane"),
        CheckConstraint(
            "(state IN ('paid','refused','withdrawn')) = (ended_at IS NOT NULL)",
            name="end_has_time",
        ),
        CheckConstraint("state <> 'told' OR bank_number <> ''", name="told_has_number"),
        Index("ix_payables_body_id_state", "body_id", "state", "id"),
        Index(None, "unit_id"),
        Index(None, "bank_number", postgresql_where=text("bank_number <> ''")),
        Index(None, "payer_tax_number", postgresql_where=text("payer_tax_number <> ''")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    body_id: Mapped[int] = mapped_column(ForeignKey("bodies.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))  # that the service belongs to
    subject_type: Mapped[str]  # "application"; another package knows what it is
    subject_id: Mapped[int]
    key: Mapped[str]  # which of the payables of its subject: "fee"
    shown_as: Mapped[str] = mapped_column(server_default="")  # number of the entry, for people
    reference: Mapped[str] = mapped_column(unique=True)
    token: Mapped[str] = mapped_column(unique=True)  # of the payer's own page
    reason: Mapped[dict[str, Any]]  # language -> text
    rule: Mapped[dict[str, Any]]  # `FeeRule.as_json`
    data: Mapped[dict[str, Any]]  # the values that the rule asks
    cents: Mapped[int]  # on the day on which it was demanded
    due_on: Mapped[date | None]
    payer_name: Mapped[str]
    payer_name_key: Mapped[str]  # folding.fold
    payer_tax_number: Mapped[str] = mapped_column(server_default="")
    payer_email: Mapped[str] = mapped_column(server_default="")
    payer_phone: Mapped[str] = mapped_column(server_default="")
    language: Mapped[str]  # of the mails to the payer
    tells: Mapped[bool]  # whether this room mails the payer what becomes of it
    state: Mapped[str] = mapped_column(server_default="open")
    bank_number: Mapped[str] = mapped_column(server_default="")  # as the citizen typed it
    told_at: Mapped[datetime | None]
    demanded_at: Mapped[datetime] = mapped_column(default=clock.now)
    ended_at: Mapped[datetime | None]
    ended_why: Mapped[str] = mapped_column(server_default="")
    version: Mapped[int] = mapped_column(server_default="1")  # counts the changes
    changed_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    changed_at: Mapped[datetime] = mapped_column(default=clock.now)

    @property
    def is_ended(self) -> bool:
        return self.state in ENDED


ENDED = (PayableState.PAID, PayableState.REFUSED, PayableState.WITHDRAWN)


class BankStatement(Base):
    """A file of a bank that was taken in, once."""

    __tablename__ = "bank_statements"
    __table_args__ = (UniqueConstraint("body_id", "sha256"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    body_id: Mapped[int] = mapped_column(ForeignKey("bodies.id"))
    account_id: Mapped[int] = mapped_column(ForeignKey("collection_accounts.id"))
    sha256: Mapped[str]  # the file in the store
    file_name: Mapped[str]
    form: Mapped[str]  # csv, camt.053.001.02 …
    first_on: Mapped[date | None]  # days of its lines
    last_on: Mapped[date | None]
    counts: Mapped[dict[str, Any]]  # state of a line -> how many, when it was taken in
    imported_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    imported_at: Mapped[datetime] = mapped_column(default=clock.now)


class BankLine(Base):
    """A movement of the account, as the bank tells it, and what became of it."""

    __tablename__ = "bank_lines"
    __table_args__ = (
        one_of("state", LineState),
        one_of("certainty", Certainty),
        UniqueConstraint("statement_id", "place"),
        # The same movement counts once, in however many files it comes.
        Index(
            "ux_bank_lines_movement",
            "account_id",
            "movement",
            "apart",
            unique=True,
            postgresql_where=text("state NOT IN ('known','twin')"),
        ),
        CheckConstraint(
            "state NOT IN ('proposed','marked','counted') OR payable_id IS NOT NULL",
            name="match_has_payable",
        ),
        CheckConstraint("state <> 'ignored' OR reason <> ''", name="ignored_has_reason"),
        Index(None, "body_id", "state", "id"),
        Index(None, "payable_id"),
        Index(None, "bank_number"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    body_id: Mapped[int] = mapped_column(ForeignKey("bodies.id"))
    account_id: Mapped[int] = mapped_column(ForeignKey("collection_accounts.id"))
    statement_id: Mapped[int] = mapped_column(ForeignKey("bank_statements.id"))
    place: Mapped[int]  # which movement of the file, from 1
    file_line: Mapped[int]  # line of the file, as an editor counts them
    movement: Mapped[str]  # digest that tells one movement from another
    # Of one that looks like another and, as a person said, is not: its own id.
    apart: Mapped[int] = mapped_column(server_default="0")
    booked_on: Mapped[date]
    cents: Mapped[int]  # negative: money that left
    bank_number: Mapped[str]
    payer_name: Mapped[str]
    payer_iban: Mapped[str]
    text: Mapped[str]
    references: Mapped[list[Any]]  # payment codes found in it
    state: Mapped[str]
    payable_id: Mapped[int | None] = mapped_column(ForeignKey("payables.id"))
    certainty: Mapped[str | None]
    reason: Mapped[str] = mapped_column(server_default="")
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(server_default="1")


class PaymentPart(Base):
    """Money that counts for a payable; written once."""

    __tablename__ = "payment_parts"
    __table_args__ = (
        one_of("source", Source),
        CheckConstraint("cents > 0", name="amount_positive"),
        CheckConstraint(
            "(source = 'bank') = (bank_line_id IS NOT NULL) "
            "AND (source = 'card') = (card_payment_id IS NOT NULL)",
            name="source_named",
        ),
        Index(None, "payable_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    payable_id: Mapped[int] = mapped_column(ForeignKey("payables.id"))
    source: Mapped[str]
    cents: Mapped[int]
    received_on: Mapped[date]
    bank_number: Mapped[str] = mapped_column(server_default="")
    bank_line_id: Mapped[int | None] = mapped_column(ForeignKey("bank_lines.id"), unique=True)
    card_payment_id: Mapped[int | None] = mapped_column(ForeignKey("card_payments.id"), unique=True)
    note: Mapped[str] = mapped_column(server_default="")
    noted_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    noted_at: Mapped[datetime] = mapped_column(default=clock.now)


class PaymentSeries(Base):
    """The last number of the receipts of a body's year; its row is locked while one is given."""

    __tablename__ = "payment_series"

    body_id: Mapped[int] = mapped_column(ForeignKey("bodies.id"), primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last_number: Mapped[int] = mapped_column(server_default="0")


class PaymentReceipt(Base):
    """The receipt of a payable that was paid in full; written once."""

    __tablename__ = "payment_receipts"
    __table_args__ = (UniqueConstraint("body_id", "year", "number"),)

    payable_id: Mapped[int] = mapped_column(ForeignKey("payables.id"), primary_key=True)
    body_id: Mapped[int] = mapped_column(ForeignKey("bodies.id"))
    year: Mapped[int]
    number: Mapped[int]
    cents: Mapped[int]
    lines: Mapped[list[Any]]  # the parts of the amount: [label by language, cents]
    issued_at: Mapped[datetime] = mapped_column(default=clock.now)


class PaymentPaper(Base):
    """The printed receipt, kept as it was handed out; written once."""

    __tablename__ = "payment_papers"

    payable_id: Mapped[int] = mapped_column(ForeignKey("payables.id"), primary_key=True)
    language: Mapped[str] = mapped_column(primary_key=True)
    sha256: Mapped[str]
    made_at: Mapped[datetime] = mapped_column(default=clock.now)


class Refund(Base):
    """Money that is to be given back. The payments room records it; the financial service pays."""

    __tablename__ = "refunds"
    __table_args__ = (
        one_of("why", RefundWhy),
        one_of("state", RefundState),
        CheckConstraint("cents > 0", name="amount_positive"),
        CheckConstraint("(state = 'open') = (ended_at IS NULL)", name="end_has_time"),
        Index(None, "body_id", "state", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    body_id: Mapped[int] = mapped_column(ForeignKey("bodies.id"))
    payable_id: Mapped[int | None] = mapped_column(ForeignKey("payables.id"))
    bank_line_id: Mapped[int | None] = mapped_column(ForeignKey("bank_lines.id"))
    card_payment_id: Mapped[int | None] = mapped_column(ForeignKey("card_payments.id"))
    cents: Mapped[int]
    why: Mapped[str]
    note: Mapped[str] = mapped_column(server_default="")
    state: Mapped[str] = mapped_column(server_default="open")
    opened_at: Mapped[datetime] = mapped_column(default=clock.now)
    ended_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    ended_at: Mapped[datetime | None]
    ended_note: Mapped[str] = mapped_column(server_default="")


class CardPayment(Base):
    """A payment by card: asked under a key of ours, so that asking again asks for the same."""

    __tablename__ = "card_payments"
    __table_args__ = (
        one_of("state", CardState),
        CheckConstraint("state <> 'failed' OR problem IS NOT NULL", name="failure_has_reason"),
        Index(None, "payable_id"),
        Index(None, "changed_at", postgresql_where=text("state IN ('asked','open')")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    payable_id: Mapped[int] = mapped_column(ForeignKey("payables.id"))
    key: Mapped[str] = mapped_column(unique=True)
    cents: Mapped[int]
    state: Mapped[str] = mapped_column(server_default="asked")
    provider_id: Mapped[str | None] = mapped_column(unique=True)
    address: Mapped[str] = mapped_column(server_default="")  # of the provider's page
    problem: Mapped[str | None]
    asked_at: Mapped[datetime] = mapped_column(default=clock.now)
    changed_at: Mapped[datetime] = mapped_column(default=clock.now)


class PaymentEvent(Base):
    """What the financial application is told; its position is given when it is committed."""

    __tablename__ = "payment_events"
    __table_args__ = (
        UniqueConstraint("body_id", "position"),
        Index(None, "id", postgresql_where=text("position IS NULL")),
        Index(None, "at", postgresql_where=text("told_at IS NULL")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    body_id: Mapped[int] = mapped_column(ForeignKey("bodies.id"))
    position: Mapped[int | None]
    kind: Mapped[str]
    payable_id: Mapped[int] = mapped_column(ForeignKey("payables.id"))
    content: Mapped[dict[str, Any]]
    at: Mapped[datetime] = mapped_column(default=clock.now)
    told_at: Mapped[datetime | None]  # to the address in the settings
