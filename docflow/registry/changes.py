"""What is said of an entry after its registration, and who is concerned: tables of their own.

The rows of `entries` never change. A correction is a row of `corrections`; the database itself
keeps `corrected`, one row an entry with the values of now (migration 0004), which lists join.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from docflow.db import Base, one_of


class CorrectionKind(StrEnum):
    CORRECTION = "correction"  # a wrong value, on somebody's authority
    COMPLETION = "completion"  # what was left "to be described" at the registration


class Correction(Base):
    """One field of an entry corrected: the old value stays, with who, when, on what authority."""

    __tablename__ = "corrections"
    __table_args__ = (
        one_of("kind", CorrectionKind),
        CheckConstraint("kind = 'completion' OR length(reason) > 0", name="reason_given"),
        CheckConstraint("length(field) > 0", name="field_named"),
        Index(None, "entry_id"),
        Index(None, "corrected_at"),
        Index(
            "ix_corrections_key_given",
            "key",
            postgresql_where=text("key <> ''"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[int] = mapped_column(ForeignKey("entries.id"))
    kind: Mapped[str]
    field: Mapped[str]
    old: Mapped[Any] = mapped_column(JSONB(none_as_null=False), nullable=False)
    new: Mapped[Any] = mapped_column(JSONB(none_as_null=False), nullable=False)
    key: Mapped[str] = mapped_column(server_default="")  # of a new sender's number, for search
    reason: Mapped[str]
    authority: Mapped[str]  # the act or order that allows it
    corrected_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    corrected_at: Mapped[datetime]


class Corrected(Base):
    """The values of now of an entry that was corrected: {field: value}. A trigger writes it."""

    __tablename__ = "corrected"

    entry_id: Mapped[int] = mapped_column(ForeignKey("entries.id"), primary_key=True)
    fields: Mapped[dict[str, Any]]
    is_corrected: Mapped[bool]  # false while there are only completions
    corrected_at: Mapped[datetime]


class RequestState(StrEnum):
    PENDING = "pending"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class AnnulmentRequest(Base):
    """A clerk asks that an entry be annulled; another person, the registrar, decides."""

    __tablename__ = "annulment_requests"
    __table_args__ = (
        one_of("state", RequestState),
        CheckConstraint("length(reason) > 0", name="reason_given"),
        CheckConstraint("(state = 'pending') = (decided_at IS NULL)", name="decision_has_time"),
        CheckConstraint("(decided_by IS NULL) = (decided_at IS NULL)", name="decision_has_person"),
        CheckConstraint(
            "state NOT IN ('approved', 'refused') OR decided_by <> requested_by",
            name="two_people",
        ),
        CheckConstraint(
            "state <> 'refused' OR length(decision_reason) > 0", name="refusal_has_reason"
        ),
        Index(
            "ux_annulment_requests_pending",
            "entry_id",
            unique=True,
            postgresql_where=text("state = 'pending'"),
        ),
        Index(None, "entry_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[int] = mapped_column(ForeignKey("entries.id"))
    reason: Mapped[str]
    authority: Mapped[str]
    requested_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    requested_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(server_default="pending")
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[datetime | None]
    decision_reason: Mapped[str] = mapped_column(server_default="")


class RelationRemoval(Base):
    """A tie between two entries struck out, with the reason; the tie itself stays written."""

    __tablename__ = "relation_removals"
    __table_args__ = (CheckConstraint("length(reason) > 0", name="reason_given"),)

    relation_id: Mapped[int] = mapped_column(ForeignKey("relations.id"), primary_key=True)
    reason: Mapped[str]
    removed_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    removed_at: Mapped[datetime]


class EntryPerson(Base):
    """A person concerned (συναλλασσόμενος) who is not the sender, as he stood at registration."""

    __tablename__ = "entry_persons"
    __table_args__ = (UniqueConstraint("entry_id", "position"), Index(None, "party_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    # Written before its entry, as the recipients are.
    entry_id: Mapped[int] = mapped_column(
        ForeignKey("entries.id", deferrable=True, initially="DEFERRED")
    )
    position: Mapped[int]
    name: Mapped[str]
    tax_number: Mapped[str]
    party_id: Mapped[int | None] = mapped_column(ForeignKey("parties.id"))
