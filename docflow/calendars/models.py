"""What holds for a body's days and deadlines, and the events of each entry's clock."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from docflow import clock
from docflow.db import Base, one_of
from docflow.workdays import Country, DayUnit


class BodyCalendar(Base):
    """Whose national holidays a body keeps; without a row those of Greece."""

    __tablename__ = "body_calendars"
    __table_args__ = (one_of("country", Country),)

    body_id: Mapped[int] = mapped_column(ForeignKey("bodies.id"), primary_key=True)
    country: Mapped[str]
    set_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    set_at: Mapped[datetime] = mapped_column(default=clock.now)


class CalendarDay(Base):
    """A holiday of the body's own, or a working day of its own; see `workdays.OwnDay`.

    It is taken away by a time, never deleted: registers and deadlines of the past were made by it.
    """

    __tablename__ = "calendar_days"
    __table_args__ = (
        CheckConstraint("(on_date IS NULL) = (month IS NOT NULL)", name="date_or_yearly"),
        CheckConstraint("(month IS NULL) = (day IS NULL)", name="month_with_day"),
        CheckConstraint("month BETWEEN 1 AND 12 AND day BETWEEN 1 AND 31", name="day_of_year"),
        CheckConstraint("valid_to >= valid_from", name="validity_forward"),
        CheckConstraint("(removed_at IS NULL) = (removed_by IS NULL)", name="removal_has_person"),
        Index(None, "body_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    body_id: Mapped[int] = mapped_column(ForeignKey("bodies.id"))
    name: Mapped[str]
    is_working: Mapped[bool] = mapped_column(server_default=text("false"))
    on_date: Mapped[date | None]
    month: Mapped[int | None]
    day: Mapped[int | None]
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]
    added_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    added_at: Mapped[datetime] = mapped_column(default=clock.now)
    removed_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    removed_at: Mapped[datetime | None]


class DeadlineTerms(Base):
    """A version of what a body says of its deadlines: see `terms.Terms`. Written once."""

    __tablename__ = "deadline_terms"
    __table_args__ = (CheckConstraint("version > 0", name="version_positive"),)

    body_id: Mapped[int] = mapped_column(ForeignKey("bodies.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    definition: Mapped[dict[str, Any]]
    set_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    set_at: Mapped[datetime] = mapped_column(default=clock.now)


class ClockEventKind(StrEnum):
    """What can happen to the clock of an entry."""

    STARTED = "started"  # a period begins: so many days after a day
    SET = "set"  # a person set the day, or took it away
    SUSPENDED = "suspended"  # the applicant must do something first
    RESUMED = "resumed"
    EXTENDED = "extended"
    FORWARDED = "forwarded"  # a new period begins, at the competent body
    TAKEN_BACK = "taken-back"  # the item came back from there, or was opened again
    RECKONED = "reckoned"  # holidays changed: the same period ends on another day


class ClockEvent(Base):
    """What happened to the clock of an entry, and how it stood after that. Written once.

    The first columns are what the deadline is computed from, anew at any time; `standing` and
    `due_on` are what came out of it then. `handlings` shows the last `due_on`, for lists.
    """

    __tablename__ = "clock_events"
    __table_args__ = (
        one_of("kind", ClockEventKind),
        one_of("unit", DayUnit),
        UniqueConstraint("entry_id", "position"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    # Deferred: it is written before its entry, which takes its number last.
    entry_id: Mapped[int] = mapped_column(
        ForeignKey("entries.id", deferrable=True, initially="DEFERRED")
    )
    position: Mapped[int]  # from 1: two who act at once cannot both have the next
    kind: Mapped[str]
    happened_on: Mapped[date]  # the day in the office
    starts_on: Mapped[date | None]  # of a period: the day that is not counted
    days: Mapped[int | None]
    unit: Mapped[str | None]
    is_statutory: Mapped[bool] = mapped_column(server_default=text("false"))
    asked_on: Mapped[date | None]  # the day that a person set, before holidays
    reason: Mapped[str] = mapped_column(server_default="")
    standing: Mapped[dict[str, Any]]  # see `reckoning.Standing`
    due_on: Mapped[date | None]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime] = mapped_column(default=clock.now)
