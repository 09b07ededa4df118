"""What waits for an entry: numbers that were promised, and arrivals that are not registered yet.

The rows are written once. That a reservation was filled, or an arrival registered, is said by the
entry that names it; that an arrival ended without an entry is a row of its own.
Source: domain rows 11 and 24.
"""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from docflow.db import Base, one_of
from docflow.registry.models import DeliveryMethod, Direction


class Reservation(Base):
    """A number taken from its series for a document that is still to come.

    `sub_number` is 1 where the number will be a case. The number is held by this row until an entry
    bears it: the document itself, or, when the time is over, an annulled entry with the reason.
    """

    __tablename__ = "reservations"
    __table_args__ = (
        UniqueConstraint("book_id", "year", "series", "number"),
        one_of("direction", Direction),
        CheckConstraint("length(reason) > 0", name="reason_given"),
        CheckConstraint("expires_at > taken_at", name="expires_later"),
        Index(None, "body_id", "expires_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    body_id: Mapped[int] = mapped_column(ForeignKey("bodies.id"))
    book_id: Mapped[int] = mapped_column(ForeignKey("books.id"))
    year: Mapped[int]
    series: Mapped[str]
    number: Mapped[int]
    sub_number: Mapped[int]
    label: Mapped[str]
    direction: Mapped[str]
    taken_at: Mapped[datetime]
    owner_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    reserved_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    reason: Mapped[str]
    expires_at: Mapped[datetime]


class ArrivalYear(Base):
    """The row that is locked to give an arrival number: one series a body and year."""

    __tablename__ = "arrival_years"
    __table_args__ = (CheckConstraint("last_number >= 0", name="number_not_negative"),)

    body_id: Mapped[int] = mapped_column(ForeignKey("bodies.id"), primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last_number: Mapped[int] = mapped_column(server_default="0")
    last_arrived_at: Mapped[datetime | None]


class Arrival(Base):
    """An item that reached the body: number and instant, before anybody opened it (érkeztetés)."""

    __tablename__ = "arrivals"
    __table_args__ = (
        UniqueConstraint("body_id", "year", "number"),
        one_of("delivery_method", DeliveryMethod),
        CheckConstraint("number > 0", name="number_positive"),
        Index(None, "body_id", "arrived_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    body_id: Mapped[int] = mapped_column(ForeignKey("bodies.id"))
    year: Mapped[int]
    number: Mapped[int]
    arrived_at: Mapped[datetime]
    received_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    sender_name: Mapped[str]  # as far as the envelope says it; may be empty
    sender_email: Mapped[str] = mapped_column(server_default="")
    delivery_method: Mapped[str]
    delivery_detail: Mapped[str] = mapped_column(server_default="")
    is_openable: Mapped[bool] = mapped_column(server_default=text("true"))
    note: Mapped[str] = mapped_column(server_default="")


class ArrivalOutcome(StrEnum):
    """Why an arrival gets no entry."""

    JUNK = "junk"  # advertising, newspapers, spam
    NOT_FOR_US = "not-for-us"  # forwarded or returned
    EMPTY = "empty"  # cannot be read, or nothing in it
    MISTAKE = "mistake"  # noted twice, or by mistake


class ArrivalEnd(Base):
    """An arrival that ended without an entry, and why."""

    __tablename__ = "arrival_ends"
    __table_args__ = (
        one_of("outcome", ArrivalOutcome),
        CheckConstraint("length(reason) > 0", name="reason_given"),
    )

    arrival_id: Mapped[int] = mapped_column(ForeignKey("arrivals.id"), primary_key=True)
    outcome: Mapped[str]
    reason: Mapped[str]
    ended_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    ended_at: Mapped[datetime]
