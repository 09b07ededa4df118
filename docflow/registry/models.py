"""Books, their years, entries and what is said of them. Core rows are written once.

The database itself refuses UPDATE and DELETE on `entries`, `recipients`, `relations` and
`annulments`, for everybody (migration `registry guards`).
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from docflow.calendars import Standing
from docflow.db import Base, one_of
from docflow.registry.policies import PolicyColumns, policy_checks
from docflow.registry.vocabulary import DeliveryMethod as DeliveryMethod
from docflow.registry.vocabulary import Direction as Direction
from docflow.registry.vocabulary import Disposal as Disposal
from docflow.registry.vocabulary import HandlingState as HandlingState
from docflow.registry.vocabulary import Priority as Priority
from docflow.registry.vocabulary import Relation as Relation


class Book(PolicyColumns, Base):
    """A protocol book. Its policy is what each new year of it begins with."""

    __tablename__ = "books"
    __table_args__ = (UniqueConstraint("body_id", "code"), *policy_checks())

    id: Mapped[int] = mapped_column(primary_key=True)
    body_id: Mapped[int] = mapped_column(ForeignKey("bodies.id"))
    code: Mapped[str]
    title: Mapped[str]
    is_confidential: Mapped[bool] = mapped_column(server_default=text("false"))
    is_default: Mapped[bool] = mapped_column(server_default=text("false"))
    is_thematic: Mapped[bool] = mapped_column(server_default=text("false"))
    opens_by_hand: Mapped[bool] = mapped_column(server_default=text("false"))
    closed_at: Mapped[datetime | None]  # for good, all years
    closed_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))


class BookGrant(Base):
    """Opens a confidential book to a person by name."""

    __tablename__ = "book_grants"

    book_id: Mapped[int] = mapped_column(ForeignKey("books.id"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    can_write: Mapped[bool] = mapped_column(server_default=text("false"))


class YearState(StrEnum):
    OPEN = "open"
    IMPORTING = "importing"  # an old register is being taken over; nobody registers
    SEALED = "sealed"  # taken over: numbers as they were, for good


class BookYear(PolicyColumns, Base):
    """A book in one year. The row is locked to give a number in any of its series.

    `last_number` counts where there is one common series; `last_incoming`, `last_outgoing` and
    `last_internal` where each direction has its own. All begin at `first_number` - 1. The policy
    is fixed once a number was given; closing is for good (migration 0003).
    """

    __tablename__ = "book_years"
    __table_args__ = (
        CheckConstraint(
            "least(last_number, last_incoming, last_outgoing, last_internal) >= 0",
            name="number_not_negative",
        ),
        CheckConstraint("state <> 'sealed' OR closed_at IS NOT NULL", name="sealed_is_closed"),
        one_of("state", YearState),
        *policy_checks(),
    )

    book_id: Mapped[int] = mapped_column(ForeignKey("books.id"), primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last_number: Mapped[int] = mapped_column(server_default="0")
    last_incoming: Mapped[int] = mapped_column(server_default="0")
    last_outgoing: Mapped[int] = mapped_column(server_default="0")
    last_internal: Mapped[int] = mapped_column(server_default="0")
    last_registered_at: Mapped[datetime | None]
    opened_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))
    opened_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))  # None: by itself
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    state: Mapped[str] = mapped_column(server_default="open")
    declared_gaps: Mapped[list[Any]] = mapped_column(server_default="[]")
    # of an imported year: [series, first, last] of numbers that the old register lacks

    @property
    def is_imported(self) -> bool:
        return self.state != YearState.OPEN


ERASED = "(διαγράφηκε)"
"""What an erasure writes in place of personal data (the function erase_entry, migration 0017)."""


class Entry(Base):
    """A registered document: the core that nobody can change."""

    __tablename__ = "entries"
    __table_args__ = (
        # A number belongs to one entry; an answer may share it (ταυτάριθμο), once. The times stand
        # in the index for the check of millions of numbers (`unbroken`).
        Index(
            "ux_entries_number",
            "book_id",
            "year",
            "series",
            "number",
            "sub_number",
            unique=True,
            postgresql_where=text("shares_number_of IS NULL"),
            postgresql_include=["registered_at", "reservation_id"],
        ),
        Index(
            "ux_entries_shares_number_of",
            "shares_number_of",
            unique=True,
            postgresql_where=text("shares_number_of IS NOT NULL"),
        ),
        Index(
            "ux_entries_reservation_id",
            "reservation_id",
            unique=True,
            postgresql_where=text("reservation_id IS NOT NULL"),
        ),
        Index(
            "ux_entries_arrival_id",
            "arrival_id",
            unique=True,
            postgresql_where=text("arrival_id IS NOT NULL"),
        ),
        CheckConstraint(
            "series IN ('common', 'incoming', 'outgoing', 'internal')", name="series_known"
        ),
        CheckConstraint("sub_number >= 0", name="sub_number_not_negative"),
        CheckConstraint("length(label) > 0", name="label_given"),
        one_of("direction", Direction),
        one_of("delivery_method", DeliveryMethod),
        CheckConstraint(
            "grade IN ('unclassified', 'restricted', 'confidential')", name="grade_known"
        ),
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
    series: Mapped[str] = mapped_column(server_default="common")  # or the direction
    number: Mapped[int]
    sub_number: Mapped[int] = mapped_column(server_default="0")  # in its case; 0: no cases here
    label: Mapped[str]  # the number as people cite it, by the mask of the year: 1234/2026
    shares_number_of: Mapped[int | None] = mapped_column(ForeignKey("entries.id"))
    reservation_id: Mapped[int | None] = mapped_column(ForeignKey("reservations.id"))
    arrival_id: Mapped[int | None] = mapped_column(ForeignKey("arrivals.id"))
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
    grade: Mapped[str] = mapped_column(server_default="unclassified")  # see counter.Grade
    has_personal_data: Mapped[bool] = mapped_column(server_default=text("false"))  # ΠΔ


def _entry() -> ForeignKey:
    """The entry of a row that is written before its entry, in the same transaction.

    What hangs on an entry goes in first, so that the lock of the series is held as short as can be.
    """
    return ForeignKey("entries.id", deferrable=True, initially="DEFERRED")


class Recipient(Base):
    """To whom a document goes, as it stood when it was registered."""

    __tablename__ = "recipients"
    __table_args__ = (UniqueConstraint("entry_id", "position"), Index(None, "party_id"))

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
        Index(None, "entry_id"),
        Index(None, "other_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[int] = mapped_column(_entry())
    other_id: Mapped[int] = mapped_column(ForeignKey("entries.id"))
    kind: Mapped[str]
    related_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))  # None: at registration
    related_at: Mapped[datetime | None]


class Annulment(Base):
    """An entry struck out: it keeps its place and stays readable, once and for good."""

    __tablename__ = "annulments"
    __table_args__ = (CheckConstraint("length(reason) > 0", name="reason_given"),)

    entry_id: Mapped[int] = mapped_column(ForeignKey("entries.id"), primary_key=True)
    reason: Mapped[str]
    annulled_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    annulled_at: Mapped[datetime]
    # Who asked, when a person annulled; None where the issue of a document failed.
    request_id: Mapped[int | None] = mapped_column(ForeignKey("annulment_requests.id"), unique=True)


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
        # In the order of work lists (routing.lists), which read them from the front.
        *(
            Index(
                f"ix_handlings_{whose}_list",
                f"{whose}_id",
                text("(priority = 'normal')"),  # false stands before true
                text("(priority = 'urgent')"),
                text("COALESCE(due_on, '9999-12-31'::date)"),
                "entry_id",
                postgresql_where=text("state <> 'closed'"),
            )
            for whose in ("unit", "user")
        ),
        *(
            Index(
                f"ix_handlings_{whose}_closed",
                f"{whose}_id",
                "closed_at",
                "entry_id",
                postgresql_where=text("state = 'closed'"),
            )
            for whose in ("unit", "user")
        ),
        Index(
            "ix_handlings_unassigned",
            "entry_id",
            postgresql_where=text("state = 'new' OR (state = 'charged' AND user_id IS NULL)"),
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
    due_on: Mapped[date | None]  # as the clock of the entry says: see `follow`
    is_suspended: Mapped[bool] = mapped_column(server_default=text("false"))
    marked_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    marked_at: Mapped[datetime | None]
    disposal: Mapped[str | None]
    closed_reason: Mapped[str | None]
    closed_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    closed_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(server_default="0")  # of the state, raised by each act

    def follow(self, standing: Standing) -> None:
        """Show in lists what the clock of the entry says."""
        self.due_on, self.is_suspended = standing.due_on, standing.is_suspended


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
    """What an entry is found by: the folded words of its fields and of its files, and references.

    `keys` narrows a search inside the index: ids of units and, negative, of persons from
    `entry_access`; the block of 20,000 entries in which it stands; 0 where the row is of an older
    form and is still to be written anew. Triggers keep them (migration 0024); rights are asked of
    `visible_to` all the same.
    """

    __tablename__ = "search_texts"
    __table_args__ = (
        Index(
            "ix_search_texts_found",
            "vector",
            "keys",
            postgresql_using="gin",
            postgresql_with={"gin_pending_list_limit": 512},
        ),
    )

    entry_id: Mapped[int] = mapped_column(_entry(), primary_key=True)
    fields: Mapped[str]
    vector: Mapped[str] = mapped_column(TSVECTOR)
    keys: Mapped[list[int]] = mapped_column(ARRAY(BigInteger), server_default="{0}")
    language: Mapped[str] = mapped_column(server_default="")  # of its text: el, en, hu, cs, …
