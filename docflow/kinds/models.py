"""Kinds of document and their versions, and the kind of each entry with the values of its fields.

What a kind asks for is a version, written once: an entry keeps the version under which it was
registered, whatever the administrator changes afterwards. No field needs a migration.
"""

from datetime import datetime
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

from docflow import clock
from docflow.db import Base


class Kind(Base):
    """A kind of document (είδος εγγράφου), by the code under which it is chosen."""

    __tablename__ = "kinds"
    __table_args__ = (
        UniqueConstraint("body_id", "code"),
        CheckConstraint("version > 0", name="version_positive"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    body_id: Mapped[int] = mapped_column(ForeignKey("bodies.id"))
    code: Mapped[str]
    title_el: Mapped[str]
    title_en: Mapped[str]
    version: Mapped[int]  # the one that holds for new entries
    is_active: Mapped[bool] = mapped_column(server_default=text("true"))
    retired_at: Mapped[datetime | None]


class KindVersion(Base):
    """What a kind asked for from some moment on: see `definitions.Definition`. Written once."""

    __tablename__ = "kind_versions"

    kind_id: Mapped[int] = mapped_column(ForeignKey("kinds.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    definition: Mapped[dict[str, Any]]
    defined_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    defined_at: Mapped[datetime] = mapped_column(default=clock.now)


class EntryKind(Base):
    """The kind of an entry and what was said in its fields, as registered. Written once."""

    __tablename__ = "entry_kinds"
    __table_args__ = (
        ForeignKeyConstraint(
            ["kind_id", "version"], ["kind_versions.kind_id", "kind_versions.version"]
        ),
        Index(None, "kind_id"),
    )

    # Deferred: it is written before its entry, which takes its number last.
    entry_id: Mapped[int] = mapped_column(
        ForeignKey("entries.id", deferrable=True, initially="DEFERRED"), primary_key=True
    )
    kind_id: Mapped[int]
    version: Mapped[int]
    values: Mapped[dict[str, Any]]
