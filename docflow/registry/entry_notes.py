"""What the counter notes beside an entry: registered in spite of a likeness, or before description.

Source: domain rows 17 and 36; section (b) 20.
"""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from docflow.db import Base, one_of


class Grade(StrEnum):
    """How far an entry is open (διαβάθμιση); state secrets are not registered here."""

    UNCLASSIFIED = "unclassified"  # αδιαβάθμητο
    RESTRICTED = "restricted"  # ΠΧ, περιορισμένης χρήσης
    CONFIDENTIAL = "confidential"  # ΕΜΠ, εμπιστευτικό: open only to those who work on it


class Likeness(StrEnum):
    """By what two entries look like one document."""

    REFERENCE = "reference"  # same sender, sender's number and date
    FILE = "file"  # the same bytes


class DuplicateNote(Base):
    """An entry that was registered although another looks the same, with the reason. Once."""

    __tablename__ = "duplicate_notes"
    __table_args__ = (
        one_of("likeness", Likeness),
        CheckConstraint("length(reason) > 0", name="reason_given"),
        CheckConstraint("entry_id <> other_id", name="not_itself"),
        Index(None, "other_id"),
    )

    entry_id: Mapped[int] = mapped_column(
        ForeignKey("entries.id", deferrable=True, initially="DEFERRED"), primary_key=True
    )
    other_id: Mapped[int] = mapped_column(ForeignKey("entries.id"), primary_key=True)
    likeness: Mapped[str] = mapped_column(primary_key=True)
    reason: Mapped[str]


class ProvisionalMode(StrEnum):
    """Why an entry was registered before it was described."""

    QUEUE = "queue"  # people wait at the counter
    ENVELOPE = "envelope"  # addressed to somebody who alone opens it


class Provisional(Base):
    """An entry that has its number and waits for its description."""

    __tablename__ = "provisional_entries"
    __table_args__ = (
        one_of("mode", ProvisionalMode),
        CheckConstraint("(described_at IS NULL) = (described_by IS NULL)", name="described_by_one"),
        Index(
            "ix_provisional_entries_open",
            "mode",
            "entry_id",
            postgresql_where=text("described_at IS NULL"),
        ),
    )

    entry_id: Mapped[int] = mapped_column(
        ForeignKey("entries.id", deferrable=True, initially="DEFERRED"), primary_key=True
    )
    mode: Mapped[str]
    described_at: Mapped[datetime | None]
    described_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
