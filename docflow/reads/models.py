"""Who read what: written when it is shown, sealed in batches into the log of the body.

Kept apart from the acts: a register has ten reads for one act. A batch names its reads one by one,
and an event in the Merkle log names the batch, so that none can be changed, left out or added.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from docflow.db import Base, one_of

MOST_REASON = 500


class What(StrEnum):
    """What of an entry was read."""

    ENTRY = "entry"  # its page: the data, the way, the names of its files
    FILE = "file"  # the bytes of a file
    TEXT = "text"  # what was read in a file by recognition
    PAPER = "paper"  # receipt or proof


class Basis(StrEnum):
    """Why the person could read it."""

    ORDINARY = "ordinary"
    OWN_WORK = "own-work"  # confidential, and it is in his hands, or he registered it
    REASON = "reason"  # confidential, for the reason that he gave


class Reason(Base):
    """Why somebody opened something confidential, in his own words. Written once."""

    __tablename__ = "read_reasons"
    __table_args__ = (
        CheckConstraint(f"length(reason) BETWEEN 3 AND {MOST_REASON}", name="reason_given"),
        Index(None, "user_id", "entry_id", "given_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    given_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))
    body_id: Mapped[int] = mapped_column(ForeignKey("bodies.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    entry_id: Mapped[int] = mapped_column(ForeignKey("entries.id"))
    via: Mapped[str]
    reason: Mapped[str]


class Read(Base):
    """Somebody was shown something. Written once, before it is shown."""

    __tablename__ = "reads"
    __table_args__ = (
        one_of("what", What),
        one_of("basis", Basis),
        CheckConstraint("(basis = 'reason') = (reason_id IS NOT NULL)", name="reason_named"),
        Index(None, "entry_id", "id"),
        Index(None, "user_id", "entry_id", "at"),
        Index(None, "body_id", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))
    body_id: Mapped[int] = mapped_column(ForeignKey("bodies.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    user_name: Mapped[str]  # as it was then
    via: Mapped[str]
    entry_id: Mapped[int] = mapped_column(ForeignKey("entries.id"))
    what: Mapped[str]
    position: Mapped[int | None]  # of the file
    is_confidential: Mapped[bool]
    basis: Mapped[str]
    reason_id: Mapped[int | None] = mapped_column(ForeignKey("read_reasons.id"))


class Pending(Base):
    """A read that waits for its batch; a trigger writes the row with the read."""

    __tablename__ = "reads_pending"

    read_id: Mapped[int] = mapped_column(ForeignKey("reads.id"), primary_key=True)


class Batch(Base):
    """Reads that were sealed together, and the digest over them that stands in the log.

    `first_number` counts the reads of the body from 1: the next batch begins where this one ends.
    """

    __tablename__ = "read_batches"

    body_id: Mapped[int] = mapped_column(ForeignKey("bodies.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    first_number: Mapped[int]
    read_ids: Mapped[list[Any]]
    digest: Mapped[str]
    sealed_at: Mapped[datetime]
