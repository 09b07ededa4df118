"""Closed days and years. What is closed is written once; `day_waits` says what holds a day up."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from docflow.db import Base

NOTHING_BEFORE = "0" * 64  # digest before the first register of a book


class RegisterStart(Base):
    """From which day on a book has daily registers; without a row, from its first entry on."""

    __tablename__ = "register_starts"

    book_id: Mapped[int] = mapped_column(ForeignKey("books.id"), primary_key=True)
    first_day: Mapped[date]
    set_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    set_at: Mapped[datetime]


class DailyRegister(Base):
    """A closed day of a book: its content, the digest over it, and the sealed PDF.

    `running` counts the registers of the book without a gap; `previous_sha256` is the content
    digest of the one before, so that none can be taken out or put in (a trigger checks both).
    """

    __tablename__ = "daily_registers"
    __table_args__ = (
        UniqueConstraint("book_id", "day"),
        UniqueConstraint("book_id", "running"),
        Index(None, "book_id", "year", "ends_at"),
        CheckConstraint("running > 0", name="running_positive"),
        CheckConstraint("starts_at < ends_at", name="day_has_length"),
        CheckConstraint("entries >= 0", name="entries_not_negative"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    body_id: Mapped[int] = mapped_column(ForeignKey("bodies.id"))
    book_id: Mapped[int] = mapped_column(ForeignKey("books.id"))
    year: Mapped[int]
    day: Mapped[date]
    running: Mapped[int]
    identifier: Mapped[str] = mapped_column(unique=True)  # body-book-yyyymmdd-nnn
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    first_number: Mapped[int | None]
    last_number: Mapped[int | None]
    entries: Mapped[int]
    content: Mapped[dict[str, Any]]
    content_sha256: Mapped[str]
    previous_sha256: Mapped[str]
    pdf_sha256: Mapped[str]
    pdf_size: Mapped[int]
    is_late: Mapped[bool]  # made after the next working day
    closed_at: Mapped[datetime]
    closed_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))


class DayWait(Base):
    """A day that is over and cannot be closed yet: what holds it up, and since when."""

    __tablename__ = "day_waits"

    book_id: Mapped[int] = mapped_column(ForeignKey("books.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    problem: Mapped[str]
    since: Mapped[datetime]
    tried_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(server_default=text("1"))


class YearClosing(Base):
    """The act that closed a book's year, with its sealed declaration."""

    __tablename__ = "year_closings"

    book_id: Mapped[int] = mapped_column(ForeignKey("books.id"), primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    content: Mapped[dict[str, Any]]
    content_sha256: Mapped[str]
    pdf_sha256: Mapped[str]
    pdf_size: Mapped[int]
    closed_at: Mapped[datetime]
    closed_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
