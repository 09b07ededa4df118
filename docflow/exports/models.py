"""Exports that are too large to be made while somebody waits."""

from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped

from docflow.db import one_of
from docflow.exports.kept import ExportState, KeptFile


class Format(StrEnum):
    PDF = "pdf"
    CSV = "csv"
    XLSX = "xlsx"
    XML = "xml"


class RegisterExport(KeptFile):
    """A file that a person asked for: the register as he may see it, kept for a week."""

    __tablename__ = "register_exports"
    __table_args__ = (
        one_of("format", Format),
        one_of("state", ExportState),
        CheckConstraint("state <> 'done' OR sha256 IS NOT NULL", name="done_has_file"),
        CheckConstraint("state IN ('done', 'expired') OR sha256 IS NULL", name="file_once_done"),
        Index(None, "user_id", "id"),
    )

    wanted: Mapped[dict[str, Any]]
    format: Mapped[str]
    rows: Mapped[int | None]
