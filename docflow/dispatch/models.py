"""Deliveries: one row a recipient, with its way, its state and its proof."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from docflow.db import Base, one_of


class DeliveryState(StrEnum):
    QUEUED = "queued"
    SENT = "sent"
    FAILED = "failed"
    PICKED_UP = "picked-up"
    WITHDRAWN = "withdrawn"  # the document was annulled before it was picked up


class Delivery(Base):
    """A document on its way to one recipient.

    The pick-up link holds `token`; the code is asked for on the page. Both come in the mail, and
    only the digest of the code is kept once the mail is sent.
    """

    __tablename__ = "deliveries"
    __table_args__ = (
        one_of("state", DeliveryState),
        Index(None, "entry_id"),
        CheckConstraint("state <> 'failed' OR problem IS NOT NULL", name="failure_has_reason"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[int] = mapped_column(ForeignKey("entries.id"))
    channel: Mapped[str]
    state: Mapped[str]
    recipient_name: Mapped[str]
    email: Mapped[str]
    token: Mapped[str] = mapped_column(unique=True)
    code_digest: Mapped[str | None]
    failed_codes: Mapped[int] = mapped_column(server_default="0")
    created_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))
    sent_at: Mapped[datetime | None]
    picked_up_at: Mapped[datetime | None]
    expires_at: Mapped[datetime]
    problem: Mapped[str | None]
