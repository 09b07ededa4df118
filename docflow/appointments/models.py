"""Calendars in which citizens get an hour with somebody, and the appointments in them."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from docflow import clock
from docflow.db import Base, one_of
from docflow.messages import Channel

DAY = 24 * 60  # minutes


class DiaryCalendar(Base):
    """The hours in which a unit, or one person of it, receives citizens.

    `week` holds [weekday from 1 = Monday, first minute of the day, minute of the end] each; the
    minutes are those of the wall clock of the office. `services` are the codes of the services
    that are asked for here; none means any matter.
    """

    __tablename__ = "appointment_calendars"
    __table_args__ = (
        CheckConstraint("minutes BETWEEN 5 AND 480", name="minutes_fit"),
        CheckConstraint("places BETWEEN 1 AND 50", name="places_fit"),
        CheckConstraint("lead_hours BETWEEN 0 AND 720", name="lead_fits"),
        CheckConstraint("horizon_days BETWEEN 1 AND 366", name="horizon_fits"),
        CheckConstraint("remind_hours BETWEEN 0 AND 168", name="reminder_fits"),
        Index(None, "body_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    body_id: Mapped[int] = mapped_column(ForeignKey("bodies.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))  # whose hours they are
    title: Mapped[str]
    title_en: Mapped[str] = mapped_column(server_default="")
    place: Mapped[str] = mapped_column(server_default="")  # where one goes
    week: Mapped[list[Any]]
    minutes: Mapped[int]  # of one appointment
    places: Mapped[int]  # how many may come at the same time
    services: Mapped[list[Any]]
    lead_hours: Mapped[int]  # a citizen books so long before at the latest
    horizon_days: Mapped[int]  # and so many days ahead at most
    remind_hours: Mapped[int]  # before; 0: nobody is reminded
    is_public: Mapped[bool]  # citizens book by themselves
    is_open: Mapped[bool] = mapped_column(server_default=text("true"))
    version: Mapped[int] = mapped_column(server_default="1")
    changed_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    changed_at: Mapped[datetime] = mapped_column(default=clock.now)

    def title_in(self, language: str) -> str:
        """For what one comes; Greek for who chose no language, and where there is nothing else."""
        return self.title if language in ("", "el") else self.title_en or self.title


class DiaryException(Base):
    """Hours of one day that are closed, or open beside those of the week; no hours: the whole day.

    It is taken away by a time, never deleted: people were told of it.
    """

    __tablename__ = "appointment_exceptions"
    __table_args__ = (
        CheckConstraint("(from_minute IS NULL) = (to_minute IS NULL)", name="hours_whole"),
        CheckConstraint(
            f"from_minute >= 0 AND from_minute < to_minute AND to_minute <= {DAY}",
            name="hours_in_order",
        ),
        CheckConstraint("is_closed OR from_minute IS NOT NULL", name="opening_has_hours"),
        CheckConstraint("(removed_at IS NULL) = (removed_by IS NULL)", name="removal_has_person"),
        Index(None, "calendar_id", "on_date"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    calendar_id: Mapped[int] = mapped_column(ForeignKey("appointment_calendars.id"))
    on_date: Mapped[date]
    is_closed: Mapped[bool]
    from_minute: Mapped[int | None]
    to_minute: Mapped[int | None]
    reason: Mapped[str] = mapped_column(server_default="")  # citizens are told it
    added_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    added_at: Mapped[datetime] = mapped_column(default=clock.now)
    removed_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    removed_at: Mapped[datetime | None]


class AppointmentState(StrEnum):
    BOOKED = "booked"
    KEPT = "kept"  # came
    MISSED = "missed"  # did not come
    CALLED_OFF = "called-off"  # by the office, and a new time was offered
    CANCELLED = "cancelled"


TAKES_PLACE = (AppointmentState.BOOKED, AppointmentState.KEPT, AppointmentState.MISSED)


class BookedVia(StrEnum):
    PORTAL = "portal"
    PHONE = "phone"
    COUNTER = "counter"


class Appointment(Base):
    """One person's hour. Two cannot have the same `place` of an hour: the index decides.

    `token` is the address at which the person moves or cancels it, as that of a pick-up is.
    """

    __tablename__ = "appointments"
    __table_args__ = (
        one_of("state", AppointmentState),
        one_of("booked_via", BookedVia),
        one_of("channel", Channel),
        CheckConstraint("starts_at < ends_at", name="times_in_order"),
        CheckConstraint("place_number > 0", name="place_positive"),
        CheckConstraint("(state = 'cancelled') = (cancelled_at IS NOT NULL)", name="cancelled_at"),
        Index(
            "ux_appointments_place",
            "calendar_id",
            "starts_at",
            "place_number",
            unique=True,
            postgresql_where=text("state IN ('booked', 'kept', 'missed')"),
        ),
        Index(None, "calendar_id", "starts_at"),
        Index(
            "ix_appointments_to_remind",
            "starts_at",
            postgresql_where=text("state = 'booked' AND reminded_at IS NULL"),
        ),
        Index(None, "party_id", postgresql_where=text("party_id IS NOT NULL")),
        Index(None, "account_id", postgresql_where=text("account_id IS NOT NULL")),
        Index(None, "entry_id", postgresql_where=text("entry_id IS NOT NULL")),
        Index("ix_appointments_email_folded", text("lower(email)")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    body_id: Mapped[int] = mapped_column(ForeignKey("bodies.id"))
    calendar_id: Mapped[int] = mapped_column(ForeignKey("appointment_calendars.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    place_number: Mapped[int]
    state: Mapped[str]
    service_code: Mapped[str] = mapped_column(server_default="")
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("entries.id"))
    party_id: Mapped[int | None] = mapped_column(ForeignKey("parties.id"))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("citizen_accounts.id"))
    full_name: Mapped[str]
    email: Mapped[str] = mapped_column(server_default="")
    phone: Mapped[str] = mapped_column(server_default="")
    language: Mapped[str] = mapped_column(server_default="")
    channel: Mapped[str]
    subject: Mapped[str] = mapped_column(server_default="")  # in the person's or the clerk's words
    token: Mapped[str] = mapped_column(unique=True)
    booked_via: Mapped[str]
    booked_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    booked_at: Mapped[datetime] = mapped_column(default=clock.now)
    version: Mapped[int] = mapped_column(server_default="1")
    changed_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))  # none: the person
    changed_at: Mapped[datetime] = mapped_column(default=clock.now)
    reason: Mapped[str] = mapped_column(server_default="")  # why it was cancelled or called off
    cancelled_at: Mapped[datetime | None]
    reminded_at: Mapped[datetime | None]
