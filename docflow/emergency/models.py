"""Kits of reserved emergency numbers, periods of emergency, and what was registered in them.

Everything is written once: a kit, a period, an authorisation and an emergency entry
never change (migration 0008), since the paper that people hold says what stands here.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from docflow.db import Base, one_of


class Source(StrEnum):
    """From where the records of an emergency came back."""

    PAGE = "page"  # the file of the offline page
    PAPER = "paper"  # typed from the printed sheets


class Kit(Base):
    """Emergency numbers that were reserved for one workplace, before anything failed."""

    __tablename__ = "emergency_kits"
    __table_args__ = (
        UniqueConstraint("body_id", "year", "first_number"),
        CheckConstraint("first_number > 0", name="first_number_positive"),
        CheckConstraint("last_number BETWEEN first_number AND first_number + 999", name="size"),
        CheckConstraint("length(place) BETWEEN 1 AND 200", name="place_length"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    body_id: Mapped[int] = mapped_column(ForeignKey("bodies.id"))
    book_id: Mapped[int] = mapped_column(ForeignKey("books.id"))
    year: Mapped[int]
    first_number: Mapped[int]
    last_number: Mapped[int]
    code: Mapped[str] = mapped_column(unique=True)  # on each sheet and in each file
    secret: Mapped[str]  # key of the digests of the offline page's records, in hex
    place: Mapped[str]  # the workplace that the kit is for
    prepared_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    prepared_at: Mapped[datetime]


class Period(Base):
    """A time in which the ordinary register could not be used: why, from when, until when."""

    __tablename__ = "emergency_periods"
    __table_args__ = (
        UniqueConstraint("kit_id", "mark"),
        CheckConstraint("ended_at > started_at", name="ends_after_start"),
        CheckConstraint("length(cause) BETWEEN 3 AND 1000", name="cause_length"),
        one_of("source", Source),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kit_id: Mapped[int] = mapped_column(ForeignKey("emergency_kits.id"))
    mark: Mapped[str]  # digest of its activation: the same file again is the same period
    source: Mapped[str]
    cause: Mapped[str]
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime]
    totals: Mapped[dict[str, Any]]  # entries of each day (ISO date), as the sheets or page say
    file_sha256: Mapped[str | None]  # of the offline page's file, kept in the store
    recovered_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    recovered_at: Mapped[datetime]


class Authorisation(Base):
    """Who allowed the emergency register, for a day at first and a week at most each time after."""

    __tablename__ = "emergency_authorisations"
    __table_args__ = (
        CheckConstraint(
            "valid_until > valid_from AND valid_until - valid_from <= interval '7 days'",
            name="one_week_at_most",
        ),
        CheckConstraint("length(authorised_by) BETWEEN 3 AND 300", name="named"),
    )

    period_id: Mapped[int] = mapped_column(ForeignKey("emergency_periods.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    authorised_by: Mapped[str]
    note: Mapped[str]
    valid_from: Mapped[datetime]
    valid_until: Mapped[datetime]
    is_late: Mapped[bool]  # given only when the records were taken over


class EmergencyEntry(Base):
    """An emergency number that was used, and the ordinary entry that it became."""

    __tablename__ = "emergency_entries"
    __table_args__ = (
        UniqueConstraint("body_id", "year", "number"),
        UniqueConstraint("entry_id"),
        Index(None, "period_id"),
        CheckConstraint("(entry_id IS NULL) = (length(struck_reason) > 0)", name="entry_or_reason"),
    )

    kit_id: Mapped[int] = mapped_column(ForeignKey("emergency_kits.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    body_id: Mapped[int] = mapped_column(ForeignKey("bodies.id"))
    year: Mapped[int]
    period_id: Mapped[int] = mapped_column(ForeignKey("emergency_periods.id"))
    noted_at: Mapped[datetime]  # the instant that counts for deadlines
    operator: Mapped[str]
    digest: Mapped[str]  # of the record as it came; the same record again is recognised by it
    record: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    struck_reason: Mapped[str] = mapped_column(server_default=text("''"))
    entry_id: Mapped[int | None] = mapped_column(
        ForeignKey("entries.id", deferrable=True, initially="DEFERRED")
    )
