"""What was told of deadlines, and to whom; the personal addresses of calendars."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from docflow import clock
from docflow.calendars import Addressee
from docflow.db import Base, one_of


class DeadlineReminder(Base):
    """A reminder that was told, once: the row is what keeps it from being told again."""

    __tablename__ = "deadline_reminders"
    __table_args__ = (
        one_of("addressee", Addressee),
        UniqueConstraint("entry_id", "due_on", "days", "addressee"),
        Index(None, "addressee"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[int] = mapped_column(ForeignKey("entries.id"))
    due_on: Mapped[date]
    days: Mapped[int]  # working days after the deadline; negative before it
    addressee: Mapped[str]
    user_ids: Mapped[list[Any]]  # who was told; empty where nobody was there, or may see the entry
    told_at: Mapped[datetime] = mapped_column(default=clock.now)


class ContributionReminder(Base):
    """What was told of the day until which others were asked for an answer, once."""

    __tablename__ = "contribution_reminders"

    contribution_id: Mapped[int] = mapped_column(ForeignKey("contributions.id"), primary_key=True)
    days: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)  # as above
    user_ids: Mapped[list[Any]]
    told_at: Mapped[datetime] = mapped_column(default=clock.now)


class NoticeKind(StrEnum):
    """What an applicant is told."""

    DELAY = "delay"
    FORWARDED = "forwarded"


class NoticeState(StrEnum):
    QUEUED = "queued"
    BY_HAND = "by-hand"  # no address is known: the handler tells the applicant
    SENT = "sent"
    FAILED = "failed"
    DROPPED = "dropped"  # it was not true any more when it was to be sent


class ApplicantNotice(Base):
    """A mail to the applicant about the time limit, told once for each deadline."""

    __tablename__ = "applicant_notices"
    __table_args__ = (
        one_of("kind", NoticeKind),
        one_of("state", NoticeState),
        UniqueConstraint("entry_id", "kind", "about_on"),
        CheckConstraint("(state = 'sent') = (sent_at IS NOT NULL)", name="sent_has_time"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[int] = mapped_column(ForeignKey("entries.id"))
    kind: Mapped[str]
    about_on: Mapped[date]  # the deadline that passed, or the day of the forwarding
    email: Mapped[str]
    competent: Mapped[str] = mapped_column(server_default="")  # the body that it was forwarded to
    state: Mapped[str] = mapped_column(server_default="queued")
    problem: Mapped[str | None]
    queued_at: Mapped[datetime] = mapped_column(default=clock.now)
    sent_at: Mapped[datetime | None]


class CalendarFeed(Base):
    """The secret address of a person's calendar of deadlines; the row holds its digest."""

    __tablename__ = "calendar_feeds"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    token_digest: Mapped[str] = mapped_column(unique=True)
    made_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))
    read_at: Mapped[datetime | None]
