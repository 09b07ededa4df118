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
    EXPIRED = "expired"  # it was not picked up in time; another delivery follows


class Delivery(Base):
    """A document on its way to one recipient.

    The pick-up link holds `token`; the code is asked for on the page. Both come in the notice, and
    only the digest of the code is kept.
    """

    __tablename__ = "deliveries"
    __table_args__ = (
        one_of("state", DeliveryState),
        Index(None, "entry_id"),
        Index(
            "ix_deliveries_expires",
            "expires_at",
            postgresql_where=text("channel = 'pickup' AND state = 'sent'"),
        ),
        Index(
            "ix_deliveries_to_post",
            "entry_id",
            postgresql_where=text("channel <> 'pickup' AND state = 'queued'"),
        ),
        CheckConstraint("state <> 'failed' OR problem IS NOT NULL", name="failure_has_reason"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[int] = mapped_column(ForeignKey("entries.id"))
    channel: Mapped[str]
    state: Mapped[str]
    recipient_name: Mapped[str]
    email: Mapped[str]
    phone: Mapped[str] = mapped_column(server_default="")
    language: Mapped[str] = mapped_column(server_default="")  # empty: not known
    wanted: Mapped[str] = mapped_column(server_default="email")  # messages.Channel: how he is told
    follows_id: Mapped[int | None]  # the pick-up that expired, and that this delivery replaces
    token: Mapped[str] = mapped_column(unique=True)
    code_digest: Mapped[str | None]
    failed_codes: Mapped[int] = mapped_column(server_default="0")
    created_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))
    sent_at: Mapped[datetime | None]
    picked_up_at: Mapped[datetime | None]
    expires_at: Mapped[datetime]
    problem: Mapped[str | None]
