"""Lists of work that people keep under a name, and the one each begins with."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from docflow import clock
from docflow.db import Base


class SavedList(Base):
    """A work list narrowed in some way, under a name: its owner's, or shared with a unit."""

    __tablename__ = "saved_lists"
    __table_args__ = (
        CheckConstraint("length(name) BETWEEN 1 AND 60", name="name_length"),
        UniqueConstraint("owner_id", "name"),
        Index(None, "shared_unit_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    body_id: Mapped[int] = mapped_column(ForeignKey("bodies.id"))
    owner_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    name: Mapped[str]
    basket: Mapped[str]
    narrowing: Mapped[dict[str, Any]]  # see `wording.plain`
    shared_unit_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"))
    saved_at: Mapped[datetime] = mapped_column(default=clock.now)


class FirstList(Base):
    """The list with which a person's work begins."""

    __tablename__ = "first_lists"
    __table_args__ = (Index(None, "list_id"),)

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    list_id: Mapped[int] = mapped_column(ForeignKey("saved_lists.id", ondelete="CASCADE"))
