"""Searches that people keep, and what each of them found until now."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from docflow.db import Base, one_of


class Alert(StrEnum):
    """When the owner is told of what a saved search finds anew."""

    NONE = "none"
    DAILY = "daily"
    AT_ONCE = "at-once"


class SavedSearch(Base):
    """A search that a person keeps: his own, seen by nobody else.

    `wanted` is {"query": text, "filters": {…}}. `looked_at` is when it was last looked for new
    hits, `opened_at` when the owner last saw them.
    """

    __tablename__ = "saved_searches"
    __table_args__ = (
        UniqueConstraint("user_id", "name_key"),
        CheckConstraint("length(name) BETWEEN 1 AND 100", name="name_length"),
        one_of("alert", Alert),
        Index(
            "ix_saved_searches_alerts",
            "looked_at",
            postgresql_where=text("alert <> 'none'"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    name: Mapped[str]
    name_key: Mapped[str]
    wanted: Mapped[dict[str, Any]]
    alert: Mapped[str]
    made_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))
    looked_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))
    opened_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))


class SavedSearchHit(Base):
    """An entry that a saved search has found, so that nobody is told of it twice."""

    __tablename__ = "saved_search_hits"

    search_id: Mapped[int] = mapped_column(
        ForeignKey("saved_searches.id", ondelete="CASCADE"), primary_key=True
    )
    entry_id: Mapped[int] = mapped_column(ForeignKey("entries.id"), primary_key=True)
    found_at: Mapped[datetime]
    is_new: Mapped[bool] = mapped_column(server_default=text("false"))  # the owner saw it not yet
