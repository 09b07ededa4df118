"""Messages to citizens, and the words that the office gave their kinds."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from docflow import clock
from docflow.db import Base, one_of
from docflow.messages.values import MessageState, Way


class Message(Base):
    """One message by one way. It is forgotten after `message_days` of the settings.

    `about` is what it tells of, as in the audit trail; `source_id` the row of the package that
    asked for it. Late values (codes) stand nowhere.
    """

    __tablename__ = "messages"
    __table_args__ = (
        one_of("way", Way),
        one_of("state", MessageState),
        CheckConstraint("kind ~ '^[a-z-]{1,40}$'", name="kind_is_code"),
        CheckConstraint("about_type ~ '^[a-z-]{1,40}$'", name="about_is_code"),
        CheckConstraint(
            "state NOT IN ('failed', 'bounced') OR problem IS NOT NULL", name="failure_has_reason"
        ),
        CheckConstraint("(state = 'queued') = (ended_at IS NULL)", name="ended_has_time"),
        Index(None, "body_id", "id"),
        Index(None, "about_type", "about_id"),
        Index(None, "body_id", "address"),
        Index(
            "ux_messages_once",
            "body_id",
            "once",
            "way",
            unique=True,
            postgresql_where=text("once IS NOT NULL"),
        ),
        Index(
            "ix_messages_message_id", "message_id", postgresql_where=text("message_id IS NOT NULL")
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    body_id: Mapped[int] = mapped_column(ForeignKey("bodies.id"))
    kind: Mapped[str]
    about_type: Mapped[str]
    about_id: Mapped[int]
    source_id: Mapped[int | None]
    way: Mapped[str]
    address: Mapped[str]  # of mail in small letters; a telephone as digits, with + where typed
    language: Mapped[str]  # empty: not known
    values: Mapped[dict[str, Any]]
    once: Mapped[str | None]
    state: Mapped[str] = mapped_column(server_default="queued")
    tries: Mapped[int] = mapped_column(server_default="0")
    problem: Mapped[str | None]
    message_id: Mapped[str | None]  # of the mail, or what the SMS gateway calls it
    by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))  # None: the installation
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    ended_at: Mapped[datetime | None]


class MessageTemplate(Base):
    """A version of the words of a kind in one language. Written once; the last one holds."""

    __tablename__ = "message_templates"
    __table_args__ = (
        CheckConstraint("version > 0", name="version_positive"),
        CheckConstraint("kind ~ '^[a-z-]{1,40}$'", name="kind_is_code"),
    )

    body_id: Mapped[int] = mapped_column(ForeignKey("bodies.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    language: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    subject: Mapped[str]
    text: Mapped[str]
    sms: Mapped[str]
    set_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    set_at: Mapped[datetime] = mapped_column(default=clock.now)
