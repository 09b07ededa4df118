"""Files of entries, what was read in them, and what was derived from them.

A file row is written once. Reading state and renditions stand beside it, because a reading can be
repeated and a rendition replaced, while the original stays byte for byte as it came.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from docflow import clock
from docflow.db import Base, one_of


class FileRole(StrEnum):
    """What a file is to its entry."""

    ORIGINAL = "original"  # as it came, or as it was uploaded
    SIGNED_ORIGINAL = "signed-original"  # πρωτότυπο: signed by the persons, bears no number
    EXACT_COPY = "exact-copy"  # ακριβές αντίγραφο: number, date, seal, timestamp; what is sent
    SCAN = "scan"  # of the paper, made after it had its number


class ReadingState(StrEnum):
    PENDING = "pending"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class File(Base):
    """A file of an entry. Written once (the database refuses changes)."""

    __tablename__ = "files"
    __table_args__ = (
        one_of("role", FileRole),
        UniqueConstraint("entry_id", "position"),
        Index(None, "sha256"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    # Deferred: files are filed before their entry has its number, in the same transaction.
    entry_id: Mapped[int] = mapped_column(
        ForeignKey("entries.id", deferrable=True, initially="DEFERRED")
    )
    position: Mapped[int]
    role: Mapped[str]
    name: Mapped[str]
    sha256: Mapped[str]
    size: Mapped[int]
    media_type: Mapped[str]
    added_at: Mapped[datetime] = mapped_column(default=clock.now)
    added_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))


class Reading(Base):
    """How far the reading (OCR, or the text layer) of a file has come."""

    __tablename__ = "readings"
    __table_args__ = (one_of("state", ReadingState),)

    file_id: Mapped[int] = mapped_column(ForeignKey("files.id"), primary_key=True)
    state: Mapped[str]
    languages: Mapped[list[Any]]
    pages_total: Mapped[int | None]
    pages_done: Mapped[int] = mapped_column(server_default="0")
    confidence: Mapped[float | None]  # 0 to 100, mean over the pages that were recognised
    problem: Mapped[str | None]  # a code of ocr.Unreadable
    detail: Mapped[str | None]
    attempts: Mapped[int] = mapped_column(server_default="0")
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]


class PageText(Base):
    """The text of one page, with its words' boxes for the layer and for marking hits."""

    __tablename__ = "page_texts"

    file_id: Mapped[int] = mapped_column(ForeignKey("files.id"), primary_key=True)
    page: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[str]
    text: Mapped[str]
    confidence: Mapped[float | None]
    rotation: Mapped[int]
    skew: Mapped[float]
    width: Mapped[float]
    height: Mapped[float]
    words: Mapped[list[Any]]  # [text, x0, y0, x1, y1, confidence] in points, origin top left
    problem: Mapped[str | None]


class Rendition(Base):
    """Something derived from a file: its bytes are in the store, it can be made again."""

    __tablename__ = "renditions"

    file_id: Mapped[int] = mapped_column(ForeignKey("files.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)  # searchable-pdf
    sha256: Mapped[str]
    size: Mapped[int]
    media_type: Mapped[str]
    made_at: Mapped[datetime] = mapped_column(default=clock.now)
