"""Notices, what each person chose of them, and how they were sent on.

No text of a thing is kept here: a notice names its kind and its subject, and is worded when it is
read, by the rights that its reader has then.
"""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from docflow import clock
from docflow.db import Base, one_of


class Mailing(StrEnum):
    """When a notice goes out by mail."""

    AT_ONCE = "at-once"
    DAILY = "daily"
    NEVER = "never"


class Channel(StrEnum):
    MAIL = "mail"
    PUSH = "push"


class SendingState(StrEnum):
    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"
    NEEDLESS = "needless"  # all was read, or closed to the person, before it could be sent


class Notice(Base):
    """Something that a person is told. The same, told again before he read it, renews the row."""

    __tablename__ = "notices"
    __table_args__ = (
        one_of("mail", Mailing),
        # Kinds and subjects are those of the packages that tell; see `kinds` and `subjects`.
        CheckConstraint("kind ~ '^[a-z-]{1,40}$'", name="kind_is_code"),
        CheckConstraint("about_type ~ '^[a-z-]{1,40}$'", name="about_is_code"),
        Index(
            "ux_notices_unread",
            "user_id",
            "kind",
            "about_type",
            "about_id",
            unique=True,
            postgresql_where=text("read_at IS NULL"),
        ),
        Index(None, "user_id", "told_at"),
        Index(None, "about_type", "about_id"),
        Index(
            "ix_notices_sending_id",
            "sending_id",
            postgresql_where=text("sending_id IS NOT NULL"),
        ),
        Index(
            "ix_notices_to_mail",
            "user_id",
            postgresql_where=text("read_at IS NULL AND sending_id IS NULL AND mail <> 'never'"),
        ),
        Index("ix_notices_to_push", "user_id", postgresql_where=text("read_at IS NULL AND push")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    body_id: Mapped[int] = mapped_column(ForeignKey("bodies.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    kind: Mapped[str]
    about_type: Mapped[str]
    about_id: Mapped[int]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))  # None: the installation
    in_place_of: Mapped[int | None] = mapped_column(ForeignKey("users.id"))  # told to his deputy
    told_at: Mapped[datetime] = mapped_column(default=clock.now)
    times: Mapped[int] = mapped_column(server_default="1")
    read_at: Mapped[datetime | None]
    mail: Mapped[str]
    sending_id: Mapped[int | None] = mapped_column(ForeignKey("notice_sendings.id"))  # its mail
    push: Mapped[bool] = mapped_column(server_default=text("false"))  # is to be pushed still


class NoticeChoice(Base):
    """How a person wants to be told of a kind; without a row, as `kinds.USUAL` says."""

    __tablename__ = "notice_choices"
    __table_args__ = (one_of("mail", Mailing),)

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    mail: Mapped[str]
    push: Mapped[bool]


class NoticeHours(Base):
    """When a person wants his daily mail, and when nothing shall be sent to him.

    Hours are full ones of the office's zone. Quiet may go over midnight; None: no quiet hours.
    """

    __tablename__ = "notice_hours"
    __table_args__ = (
        CheckConstraint("daily_at BETWEEN 0 AND 23", name="daily_is_hour"),
        CheckConstraint("quiet_from BETWEEN 0 AND 23", name="quiet_from_is_hour"),
        CheckConstraint("quiet_to BETWEEN 0 AND 23", name="quiet_to_is_hour"),
        CheckConstraint("(quiet_from IS NULL) = (quiet_to IS NULL)", name="quiet_has_both"),
    )

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    daily_at: Mapped[int | None]
    quiet_from: Mapped[int | None]
    quiet_to: Mapped[int | None]
    quiet_days_off: Mapped[bool] = mapped_column(server_default=text("false"))
    last_daily_on: Mapped[date | None]


class PushSubscription(Base):
    """A browser that takes push messages for a person (W3C Push API)."""

    __tablename__ = "push_subscriptions"
    __table_args__ = (UniqueConstraint("endpoint"), Index(None, "user_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    endpoint: Mapped[str]
    p256dh: Mapped[str]  # the browser's public key, base64url
    auth: Mapped[str]  # its secret of the encryption, base64url
    device: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    used_at: Mapped[datetime | None]


class Sending(Base):
    """One mail, or one push message, that tells a person of `count` notices."""

    __tablename__ = "notice_sendings"
    __table_args__ = (
        one_of("channel", Channel),
        one_of("state", SendingState),
        CheckConstraint("state <> 'failed' OR problem IS NOT NULL", name="failure_has_reason"),
        CheckConstraint("(state = 'waiting') = (ended_at IS NULL)", name="ended_has_time"),
        Index(None, "body_id", "id"),
        Index(None, "user_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    body_id: Mapped[int] = mapped_column(ForeignKey("bodies.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    channel: Mapped[str]
    is_daily: Mapped[bool] = mapped_column(server_default=text("false"))
    # Of a push message; None where the browser took its leave.
    subscription_id: Mapped[int | None] = mapped_column(
        ForeignKey("push_subscriptions.id", ondelete="SET NULL")
    )
    count: Mapped[int]
    state: Mapped[str] = mapped_column(server_default="waiting")
    tries: Mapped[int] = mapped_column(server_default="0")
    problem: Mapped[str | None]
    message_id: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    ended_at: Mapped[datetime | None]
