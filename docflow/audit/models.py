"""The audit trail: what happened (events), and the chain that shows that nothing was altered."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from docflow.db import Base


class Event(Base):
    """One act, written in the transaction of the act. Nobody updates or deletes a row."""

    __tablename__ = "audit_events"
    __table_args__ = (
        Index(None, "subject_type", "subject_id", "id"),
        Index(None, "at"),
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


class Link(Base):
    """An event's place in the chain: SHA-256 over the link before it and the event."""

    __tablename__ = "audit_chain"

    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    event_id: Mapped[int] = mapped_column(ForeignKey("audit_events.id"), unique=True)
    hash: Mapped[str]


class Pending(Base):
    """An event that waits for its place in the chain; a trigger writes the row with the event."""

    __tablename__ = "audit_pending"

    event_id: Mapped[int] = mapped_column(ForeignKey("audit_events.id"), primary_key=True)
