"""The audit trail: what happened (events), and the Merkle log that shows that nothing was altered.

Of the log, `audit_leaves` says which event stands at which place, `audit_tiles` holds the hashes
(in the shape in which they are published, 256 a tile), and `audit_checkpoints` the signed heads.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from docflow.db import Base


class Event(Base):
    """One act, written in the transaction of the act. Nobody updates or deletes a row."""

    __tablename__ = "audit_events"
    __table_args__ = (
        Index(None, "subject_type", "subject_id", "id"),
        Index(None, "at"),
        Index(
            "ix_audit_events_erasures",
            "subject_id",
            postgresql_where=text("action = 'entry.erased'"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    body_id: Mapped[int] = mapped_column(ForeignKey("bodies.id"))
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    actor_name: Mapped[str]  # as it was then: people are renamed, and leave
    via: Mapped[str]
    action: Mapped[str]
    subject_type: Mapped[str]
    subject_id: Mapped[int]
    details: Mapped[dict[str, Any]]


class Pending(Base):
    """An event that waits for its place in the log; a trigger writes the row with the event."""

    __tablename__ = "audit_pending"

    event_id: Mapped[int] = mapped_column(ForeignKey("audit_events.id"), primary_key=True)


class Log(Base):
    """The log of one body: how many leaves it has, and their root."""

    __tablename__ = "audit_logs"
    __table_args__ = (
        CheckConstraint("size >= 0", name="size_not_negative"),
        CheckConstraint("length(root) = 32", name="root_length"),
    )

    body_id: Mapped[int] = mapped_column(ForeignKey("bodies.id"), primary_key=True)
    size: Mapped[int] = mapped_column(server_default=text("0"))
    root: Mapped[bytes]


class Leaf(Base):
    """An event's place in its body's log. Without its salt the leaf says nothing of the event."""

    __tablename__ = "audit_leaves"
    __table_args__ = (CheckConstraint("length(salt) = 32", name="salt_length"),)

    body_id: Mapped[int] = mapped_column(ForeignKey("bodies.id"), primary_key=True)
    index: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)  # from 0
    event_id: Mapped[int] = mapped_column(ForeignKey("audit_events.id"), unique=True)
    salt: Mapped[bytes]


class Tile(Base):
    """Up to 256 hashes of a level; level 0 holds leaf hashes, level 1 roots of whole tiles …

    Source: C2SP tlog-tiles.
    """

    __tablename__ = "audit_tiles"
    __table_args__ = (
        CheckConstraint(
            "length(hashes) BETWEEN 32 AND 8192 AND length(hashes) % 32 = 0",
            name="whole_hashes",
        ),
    )

    body_id: Mapped[int] = mapped_column(ForeignKey("bodies.id"), primary_key=True)
    level: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    index: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    hashes: Mapped[bytes]


class SignedHead(Base):
    """A checkpoint: the head of the log at one size, signed; a C2SP note."""

    __tablename__ = "audit_checkpoints"

    body_id: Mapped[int] = mapped_column(ForeignKey("bodies.id"), primary_key=True)
    size: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    root: Mapped[bytes]
    note: Mapped[str]
    signed_at: Mapped[datetime]


class Timestamp(Base):
    """An RFC 3161 token over the note of a day's last checkpoint."""

    __tablename__ = "audit_timestamps"
    __table_args__ = (
        ForeignKeyConstraint(
            ["body_id", "size"], ["audit_checkpoints.body_id", "audit_checkpoints.size"]
        ),
    )

    body_id: Mapped[int] = mapped_column(ForeignKey("bodies.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    size: Mapped[int]
    token: Mapped[bytes]  # TimeStampToken (CMS), DER
    stamped_at: Mapped[datetime]


class Cosignature(Base):
    """A witness's line under a checkpoint: he saw it, and it goes on from the last he saw."""

    __tablename__ = "audit_cosignatures"
    __table_args__ = (
        ForeignKeyConstraint(
            ["body_id", "size"], ["audit_checkpoints.body_id", "audit_checkpoints.size"]
        ),
    )

    body_id: Mapped[int] = mapped_column(ForeignKey("bodies.id"), primary_key=True)
    size: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    witness: Mapped[str] = mapped_column(primary_key=True)
    line: Mapped[str]
    received_at: Mapped[datetime]


class LogKey(Base):
    """A public key that signs the checkpoints of a log, from a size on."""

    __tablename__ = "audit_keys"

    body_id: Mapped[int] = mapped_column(ForeignKey("bodies.id"), primary_key=True)
    verifier: Mapped[str] = mapped_column(primary_key=True)
    first_size: Mapped[int]
    added_at: Mapped[datetime]
