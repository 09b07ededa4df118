"""Charges: to whom an entry was given, for action or for information, and what became of it."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from docflow.db import Base, one_of


class ChargeKind(StrEnum):
    ACTION = "action"  # χρέωση προς ενέργεια: exactly one is live
    INFORMATION = "information"  # κοινοποίηση


class ChargeState(StrEnum):
    OPEN = "open"
    ACCEPTED = "accepted"
    RETURNED = "returned"
    PASSED_ON = "passed-on"
    DONE = "done"


class Charge(Base):
    """One handing over of an entry."""

    __tablename__ = "charges"
    __table_args__ = (
        one_of("kind", ChargeKind),
        one_of("state", ChargeState),
        CheckConstraint(
            "(state IN ('returned', 'passed-on', 'done')) = (ended_at IS NOT NULL)",
            name="ended_has_time",
        ),
        CheckConstraint("state <> 'returned' OR length(reason) > 0", name="return_has_reason"),
        Index(
            "ux_charges_one_responsible",
            "entry_id",
            unique=True,
            postgresql_where=text("kind = 'action' AND ended_at IS NULL"),
        ),
        Index(None, "entry_id"),
        Index(None, "charged_by"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[int] = mapped_column(ForeignKey("entries.id"))
    kind: Mapped[str]
    state: Mapped[str]
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    instructions: Mapped[str] = mapped_column(server_default="")
    due_on: Mapped[date | None]
    from_unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))  # a return goes back there
    charged_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    charged_at: Mapped[datetime]
    accepted_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    accepted_at: Mapped[datetime | None]
    ended_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    ended_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(server_default="")
