"""Books, their years, entries and what is said of them. Core rows are written once.

The database itself refuses UPDATE and DELETE on `entries`, `recipients`, `relations` and
`annulments`, for everybody (migration `registry guards`).
"""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from docflow.db import Base, one_of


class Direction(StrEnum):
    INCOMING = "incoming"
    OUTGOING = "outgoing"
    INTERNAL = "internal"


class DeliveryMethod(StrEnum):
    """How a document came, or goes (τρόπος διακίνησης)."""

    COUNTER = "counter"
    POST = "post"
    REGISTERED_POST = "registered-post"
    COURIER = "courier"
    EMAIL = "email"
    FAX = "fax"
    PORTAL = "portal"
    SYSTEM = "system"  # from another information system, by API


class Priority(StrEnum):
    NORMAL = "normal"
    URGENT = "urgent"
    VERY_URGENT = "very-urgent"


class HandlingState(StrEnum):
    NEW = "new"  # with the secretariat, or back with the unit that charged it
    CHARGED = "charged"  # with a unit or person who has not accepted it yet
    ACCEPTED = "accepted"  # in work
    CLOSED = "closed"


class Disposal(StrEnum):
    """How an item was closed (διεκπεραίωση)."""

    ANSWERED = "answered"
    FILED = "filed"


class Relation(StrEnum):
    ANSWERS = "answers"  # the entry is the answer to the other
    REPLACES = "replaces"  # issued in place of an annulled one


class Book(Base):
    """A protocol book: one unbroken series of numbers a year."""

    __tablename__ = "books"
    __table_args__ = (UniqueConstraint("body_id", "code"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    body_id: Mapped[int] = mapped_column(ForeignKey("bodies.id"))
    code: Mapped[str]
    title: Mapped[str]
    is_confidential: Mapped[bool] = mapped_column(server_default=text("false"))
    is_default: Mapped[bool] = mapped_column(server_default=text("false"))


class BookGrant(Base):
    """Opens a confidential book to a person by name."""

    __tablename__ = "book_grants"

    book_id: Mapped[int] = mapped_column(ForeignKey("books.id"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    can_write: Mapped[bool] = mapped_column(server_default=text("false"))


class BookYear(Base):
    """The row that is locked to give a number: last number and last time of the series."""

    __tablename__ = "book_years"
    __table_args__ = (CheckConstraint("last_number >= 0", name="number_not_negative"),)

    book_id: Mapped[int] = mapped_column(ForeignKey("books.id"), primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last_number: Mapped[int] = mapped_column(server_default="0")
    last_registered_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]


class Entry(Base):
    """A registered document: the core that nobody can change."""

    __tablename__ = "entries"
    __table_args__ = (
        UniqueConstraint("book_id", "year", "number"),
        one_of("direction", Direction),
        one_of("delivery_method", DeliveryMethod),
        CheckConstraint("number > 0", name="number_positive"),
        CheckConstraint("length(subject) BETWEEN 1 AND 1000", name="subject_length"),
        CheckConstraint("attachments_count >= 0", name="attachments_not_negative"),
        CheckConstraint(
            "direction <> 'incoming' OR length(sender_name) > 0",
            name="incoming_has_sender",
        ),
        Index(None, "body_id", "registered_at"),
        Index(None, "sender_party_id"),
        Index(None, "sender_reference_key"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    body_id: Mapped[int] = mapped_column(ForeignKey("bodies.id"))
    book_id: Mapped[int] = mapped_column(ForeignKey("books.id"))
    year: Mapped[int]
    number: Mapped[int]
    direction: Mapped[str]
    registered_at: Mapped[datetime]
    received_at: Mapped[datetime]  # when it reached the body, by any gate
    registered_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    subject: Mapped[str]
    sender_party_id: Mapped[int | None] = mapped_column(ForeignKey("parties.id"))
    sender_name: Mapped[str]
    sender_address: Mapped[str]
    sender_email: Mapped[str]
    sender_reference: Mapped[str]
    sender_reference_key: Mapped[str]
    sender_dated_on: Mapped[date | None]
    delivery_method: Mapped[str]
    delivery_detail: Mapped[str]  # number of the registered letter, name of the courier
    attachments_count: Mapped[int]
    attachments_note: Mapped[str]
    addressee_unit_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"))
    verification_code: Mapped[str] = mapped_column(unique=True)

    @property
    def label(self) -> str:
        """The number as people cite it: 1234/2026."""
        return f"{self.number}/{self.year}"


def _entry() -> ForeignKey:
    """The entry of a row that is written before its entry, in the same transaction.

    What hangs on an entry goes in first, so that the lock of the series is held as short as can be.
    """
    return ForeignKey("entries.id", deferrable=True, initially="DEFERRED")


class Recipient(Base):
    """To whom a document goes, as it stood when it was registered."""

    __tablename__ = "recipients"
    __table_args__ = (UniqueConstraint("entry_id", "position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[int] = mapped_column(_entry())
    position: Mapped[int]
    name: Mapped[str]
    address: Mapped[str]
    email: Mapped[str]
    is_copy: Mapped[bool]  # κοινοποίηση
    party_id: Mapped[int | None] = mapped_column(ForeignKey("parties.id"))


class EntryRelation(Base):
    """A tie between two entries, shown on both sides."""

    __tablename__ = "relations"
    __table_args__ = (
        one_of("kind", Relation),
        CheckConstraint("entry_id <> other_id", name="not_itself"),
        Index(None, "other_id"),
    )

    entry_id: Mapped[int] = mapped_column(_entry(), primary_key=True)
    other_id: Mapped[int] = mapped_column(ForeignKey("entries.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)


class Annulment(Base):
    """An entry struck out: it keeps its place and stays readable, once and for good."""

    __tablename__ = "annulments"
    __table_args__ = (CheckConstraint("length(reason) > 0", name="reason_given"),)

    entry_id: Mapped[int] = mapped_column(ForeignKey("entries.id"), primary_key=True)
    reason: Mapped[str]
    annulled_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    annulled_at: Mapped[datetime]


class Access(Base):
    """Who may see an entry besides the registry: units and persons whose work it became.

    One narrow indexed table, so that filtering by rights is a semi-join and not a rule per row.
    """

    __tablename__ = "entry_access"
    __table_args__ = (
        CheckConstraint("(unit_id IS NULL) <> (user_id IS NULL)", name="unit_or_user"),
        Index("ux_entry_access_unit", "unit_id", "entry_id", unique=True),
        Index("ux_entry_access_user", "user_id", "entry_id", unique=True),
        Index(None, "entry_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[int] = mapped_column(_entry())
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))


class Handling(Base):
    """Where an incoming or internal entry stands: who is responsible, until when, how it ended."""

    __tablename__ = "handlings"
    __table_args__ = (
        one_of("state", HandlingState),
        one_of("priority", Priority),
        one_of("disposal", Disposal),
        CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL)", name="closed_has_time"),
        Index(
            "ix_handlings_unit_open",
            "unit_id",
            postgresql_where=text("state <> 'closed'"),
        ),
        Index(
            "ix_handlings_user_open",
            "user_id",
            postgresql_where=text("state <> 'closed'"),
        ),
        Index(
            "ix_handlings_due_open",
            "due_on",
            postgresql_where=text("state <> 'closed'"),
        ),
    )

    entry_id: Mapped[int] = mapped_column(_entry(), primary_key=True)
    state: Mapped[str]
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    priority: Mapped[str] = mapped_column(server_default="normal")
    instructions: Mapped[str] = mapped_column(server_default="")
    due_on: Mapped[date | None]
    marked_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    marked_at: Mapped[datetime | None]
    disposal: Mapped[str | None]
    closed_reason: Mapped[str | None]
    closed_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    closed_at: Mapped[datetime | None]


class Paper(Base):
    """A receipt that was handed out: the same bytes again for whoever asks again."""

    __tablename__ = "papers"

    entry_id: Mapped[int] = mapped_column(ForeignKey("entries.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)  # receipt
    language: Mapped[str] = mapped_column(primary_key=True)
    sha256: Mapped[str]
    made_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))


class IdempotencyKey(Base):
    """A key of a client that registers: the same call again gives the same entry."""

    __tablename__ = "idempotency_keys"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    request_digest: Mapped[str]
    entry_id: Mapped[int] = mapped_column(_entry())
    created_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))


class SearchText(Base):
    """What an entry is found by: the folded words of its fields and of its files."""

    __tablename__ = "search_texts"
    __table_args__ = (
        Index("ix_search_texts_vector", "vector", postgresql_using="gin"),
        Index(
            "ix_search_texts_fields_trgm",
            "fields",
            postgresql_using="gin",
            postgresql_ops={"fields": "gin_trgm_ops"},
        ),
    )

    entry_id: Mapped[int] = mapped_column(_entry(), primary_key=True)
    fields: Mapped[str]
    vector: Mapped[str] = mapped_column(TSVECTOR)
