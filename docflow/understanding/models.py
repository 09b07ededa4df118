"""What understanding keeps: documents read before they are registered, what was learned from past
entries, what became of proposals, and the pages that a person has looked at.

The text of a document that is not registered yet belongs to whoever brought it, and is forgotten
after a day. Of a proposal only its fate is kept, never its value.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from docflow.db import Base, one_of


class AheadState(StrEnum):
    PENDING = "pending"
    DONE = "done"
    FAILED = "failed"


class ReadAhead(Base):
    """A document whose first pages are read before it has a number, for one person's form."""

    __tablename__ = "read_aheads"
    __table_args__ = (
        one_of("state", AheadState),
        UniqueConstraint("asked_by", "sha256"),
        Index(None, "asked_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    body_id: Mapped[int] = mapped_column(ForeignKey("bodies.id"))
    asked_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    asked_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))
    sha256: Mapped[str]
    languages: Mapped[list[Any]]
    state: Mapped[str] = mapped_column(server_default="pending")
    problem: Mapped[str | None]  # a code of documents.PROBLEMS
    pages: Mapped[list[Any]] = mapped_column(server_default=text("'[]'"))
    # [number, width, height, [[text, x0, y0, x1, y1, confidence], …]] in points
    finished_at: Mapped[datetime | None]


class Target(StrEnum):
    """What is learned from past entries."""

    UNIT = "unit"  # the unit that an entry was addressed or charged to first
    KIND = "kind"


class LearnedState(StrEnum):
    READY = "ready"
    TOO_LITTLE = "too-little"  # too few entries, or of one sort only: nothing is proposed


class Learned(Base):
    """A training: what came out of it, and the digest of the model in the object store. Once."""

    __tablename__ = "learned_models"
    __table_args__ = (
        one_of("target", Target),
        one_of("state", LearnedState),
        CheckConstraint("(state = 'ready') = (sha256 IS NOT NULL)", name="ready_has_model"),
        Index(None, "body_id", "target", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    body_id: Mapped[int] = mapped_column(ForeignKey("bodies.id"))
    target: Mapped[str]
    state: Mapped[str]
    sha256: Mapped[str | None]
    examples: Mapped[int]
    figures: Mapped[dict[str, Any]]  # see training.Figures
    trained_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))  # None: by itself
    trained_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))


class Fate(StrEnum):
    """What a person did with a proposal."""

    TAKEN = "taken"  # the field holds what was proposed
    CHANGED = "changed"  # it holds something else
    LEFT_OUT = "left-out"  # it stayed empty


class ProposalOutcome(Base):
    """The fate of one proposal that was shown, without its value. Written once."""

    __tablename__ = "proposal_outcomes"
    __table_args__ = (
        one_of("fate", Fate),
        CheckConstraint("confidence BETWEEN 0 AND 1", name="confidence_is_share"),
        UniqueConstraint("entry_id", "field"),
        Index(None, "decided_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    # Deferred: it may be written before its entry, which takes its number last.
    entry_id: Mapped[int] = mapped_column(
        ForeignKey("entries.id", deferrable=True, initially="DEFERRED")
    )
    field: Mapped[str]
    source: Mapped[str]  # proposals.Source
    confidence: Mapped[float]
    fate: Mapped[str]
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))


class PageCheck(Base):
    """A person has looked at a page that was read badly; it leaves the list until read again."""

    __tablename__ = "page_checks"

    file_id: Mapped[int] = mapped_column(ForeignKey("files.id"), primary_key=True)
    page: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    checked_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    checked_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))
