"""Batches of a scanner, the documents found in them, and the place of every page.

A batch keeps its bytes as they came. Each of its pages stands in exactly one place: in one
document, or set aside as a separator or a blank; the database sees to it, and lets no page go.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from docflow.db import Base, one_of


class Source(StrEnum):
    """How a batch came in."""

    FOLDER = "folder"
    UPLOAD = "upload"
    SCANNER = "scanner"


class BatchState(StrEnum):
    SCANNING = "scanning"  # the scanner works: there are no bytes yet
    WAITING = "waiting"
    SPLITTING = "splitting"
    SPLIT = "split"
    UNREADABLE = "unreadable"  # `problem` says why; a person decides what becomes of it


class DocumentState(StrEnum):
    REVIEW = "review"  # waits for a person, `reason` says why
    FILING = "filing"  # its entry is known, its file is being made
    FILED = "filed"
    SAME = "same"  # the entry has this very scan already
    DISCARDED = "discarded"  # by a person, with a reason; it can be taken back
    SUPERSEDED = "superseded"  # nothing is left in it: joined to another, or tried again


class Reason(StrEnum):
    """Why a document waits for a person."""

    NO_LABEL = "no-label"
    TWO_LABELS = "two-labels"
    FOREIGN_LABEL = "foreign-label"  # of another body or installation
    UNKNOWN_CODE = "unknown-code"
    DOUBTFUL_CODE = "doubtful-code"  # torn, or the code of a receipt or copy of ours
    ANNULLED = "annulled"
    HAS_SCAN = "has-scan"  # the entry has another scan already
    SAME_SCAN = "same-scan"  # without a label, and filed before
    SIGNED = "signed"  # splitting would break a digital signature
    UNREADABLE = "unreadable"  # the batch as a whole
    PAGE_FAILED = "page-failed"
    BY_HAND = "by-hand"  # a person split it off, or took it back
    FAILED = "failed"  # filing failed; `problem` says why


class PageKind(StrEnum):
    PAGE = "page"
    SEPARATOR = "separator"
    BLANK = "blank"


class Batch(Base):
    """One file with any number of documents in it, or one run of a scanner."""

    __tablename__ = "scan_batches"
    __table_args__ = (
        one_of("source", Source),
        one_of("state", BatchState),
        Index(
            "ux_scan_batches_digest",
            "body_id",
            "owner_id",
            "sha256",
            unique=True,
            postgresql_nulls_not_distinct=True,
            postgresql_where=text("sha256 IS NOT NULL"),
        ),
        CheckConstraint("state <> 'unreadable' OR problem IS NOT NULL", name="failure_has_reason"),
        Index(None, "body_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    body_id: Mapped[int] = mapped_column(ForeignKey("bodies.id"))
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))  # only he sees it
    source: Mapped[str]
    name: Mapped[str]
    sha256: Mapped[str | None]
    size: Mapped[int] = mapped_column(server_default="0")
    media_type: Mapped[str] = mapped_column(server_default="")
    state: Mapped[str]
    options: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))  # of a scanner
    problem: Mapped[str | None]  # a code of documents.PROBLEMS or scans.PROBLEMS
    detail: Mapped[str | None]
    pages_total: Mapped[int | None]
    pages_done: Mapped[int] = mapped_column(server_default="0")
    again: Mapped[int] = mapped_column(server_default="0")  # how often the same file came again
    again_at: Mapped[datetime | None]
    added_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    added_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))
    finished_at: Mapped[datetime | None]


class Document(Base):
    """A run of pages of a batch that belongs to one entry, or will."""

    __tablename__ = "scan_documents"
    __table_args__ = (
        one_of("state", DocumentState),
        one_of("reason", Reason),
        UniqueConstraint("id", "batch_id"),
        CheckConstraint("state <> 'review' OR reason IS NOT NULL", name="review_has_reason"),
        CheckConstraint(
            "state NOT IN ('filing', 'filed', 'same') OR entry_id IS NOT NULL",
            name="filed_has_entry",
        ),
        CheckConstraint("state <> 'filed' OR file_id IS NOT NULL", name="filed_has_file"),
        CheckConstraint("state <> 'discarded' OR length(note) > 0", name="discarded_has_reason"),
        Index(None, "batch_id"),
        Index(None, "entry_id"),
        Index(None, "fingerprint"),
        Index("ix_scan_documents_review", "id", postgresql_where=text("state = 'review'")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    batch_id: Mapped[int] = mapped_column(ForeignKey("scan_batches.id"))
    state: Mapped[str]
    reason: Mapped[str | None]
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("entries.id"))  # found, or suggested
    file_id: Mapped[int | None] = mapped_column(ForeignKey("files.id"))
    fingerprint: Mapped[str]  # SHA-256 over the prints of its pages
    sha256: Mapped[str | None]  # of the file that was made of it
    problem: Mapped[str | None]
    note: Mapped[str] = mapped_column(server_default="")  # why a person discarded it
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[datetime | None]


class Page(Base):
    """A page of a batch, in the one place where it stands."""

    __tablename__ = "scan_pages"
    __table_args__ = (
        one_of("kind", PageKind),
        CheckConstraint("rotation IN (0, 90, 180, 270)", name="rotation_known"),
        CheckConstraint("(kind = 'page') = (document_id IS NOT NULL)", name="one_place"),
        ForeignKeyConstraint(
            ["document_id", "batch_id"], ["scan_documents.id", "scan_documents.batch_id"]
        ),
        Index(None, "document_id"),
    )

    batch_id: Mapped[int] = mapped_column(ForeignKey("scan_batches.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    document_id: Mapped[int | None]
    kind: Mapped[str]
    rotation: Mapped[int] = mapped_column(server_default="0")  # clockwise, to stand upright
    print: Mapped[str]  # digest of the raster
    codes: Mapped[list[Any]] = mapped_column(server_default=text("'[]'"))  # what its codes say
    problem: Mapped[str | None]
