"""Exports that are too large to be made while somebody waits."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ARRAY, BigInteger, CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from docflow.db import Base, one_of


class Format(StrEnum):
    PDF = "pdf"
    CSV = "csv"
    XLSX = "xlsx"
    XML = "xml"


class ExportState(StrEnum):
    WAITING = "waiting"
    DONE = "done"
    FAILED = "failed"
    EXPIRED = "expired"  # nobody gets the file any more; who exported what stays


class RegisterExport(Base):
    """A file that a person asked for: the register as he may see it, kept for a week."""

    __tablename__ = "register_exports"
    __table_args__ = (
        one_of("format", Format),
        one_of("state", ExportState),
        CheckConstraint("state <> 'done' OR sha256 IS NOT NULL", name="done_has_file"),
        CheckConstraint("state IN ('done', 'expired') OR sha256 IS NULL", name="file_once_done"),
        Index(None, "user_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    body_id: Mapped[int] = mapped_column(ForeignKey("bodies.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    wanted: Mapped[dict[str, Any]]
    format: Mapped[str]
    state: Mapped[str]
    rows: Mapped[int | None]
    sha256: Mapped[str | None]  # until the bytes are removed
    entry_ids: Mapped[list[int] | None] = mapped_column(ARRAY(BigInteger))  # in the file
    size: Mapped[int | None]
    problem: Mapped[str | None]
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
