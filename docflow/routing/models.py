"""Charges, contributions, notes and lists of paper: who had an entry, and what each did with it."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from docflow.db import Base, one_of


class ChargeKind(StrEnum):
    ACTION = "action"  # χρέωση προς ενέργεια: exactly one is live
    INFORMATION = "information"  # κοινοποίηση


class ChargeState(StrEnum):
    OPEN = "open"
    ACCEPTED = "accepted"
    REFUSED = "refused"  # before it was accepted
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
            "(state IN ('refused', 'returned', 'passed-on', 'done')) = (ended_at IS NOT NULL)",
            name="ended_has_time",
        ),
        CheckConstraint(
            "state NOT IN ('refused', 'returned') OR length(reason) > 0", name="return_has_reason"
        ),
        Index(
            "ux_charges_one_responsible",
            "entry_id",
            unique=True,
            postgresql_where=text("kind = 'action' AND ended_at IS NULL"),
        ),
        Index(None, "entry_id"),
        Index(None, "charged_by"),
        Index(
            "ix_charges_sent",
            "charged_by",
            "entry_id",
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index("ix_charges_from_unit", "from_unit_id", postgresql_where=text("ended_at IS NULL")),
        *(
            Index(
                f"ix_charges_informed_{whose}",
                f"{whose}_id",
                "entry_id",
                postgresql_where=text("kind = 'information' AND ended_at IS NULL"),
            )
            for whose in ("unit", "user")
        ),
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


class PlanState(StrEnum):
    WAITING = "waiting"
    DONE = "done"
    WITHDRAWN = "withdrawn"
    OVERTAKEN = "overtaken"  # the item went another way before the day came
    FAILED = "failed"


class PlannedCharge(Base):
    """A charge that is to be made on a day to come. The entry has one at a time."""

    __tablename__ = "planned_charges"
    __table_args__ = (
        one_of("state", PlanState),
        CheckConstraint("(state = 'waiting') = (ended_at IS NULL)", name="ended_has_time"),
        Index(None, "entry_id"),
        Index(
            "ux_planned_charges_one_waiting",
            "entry_id",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index("ix_planned_charges_due", "on_day", postgresql_where=text("ended_at IS NULL")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[int] = mapped_column(ForeignKey("entries.id"))
    charge_id: Mapped[int | None] = mapped_column(ForeignKey("charges.id"))  # that it would end
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    inform: Mapped[list[Any]]  # [unit, person or null], of those told for information
    instructions: Mapped[str] = mapped_column(server_default="")
    on_day: Mapped[date]
    planned_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    planned_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(server_default="waiting")
    ended_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    ended_at: Mapped[datetime | None]
    problem: Mapped[str] = mapped_column(server_default="")


class ContributionKind(StrEnum):
    OPINION = "opinion"  # γνώμη
    PART = "part"  # a part of the work, done by somebody else


class ContributionState(StrEnum):
    ASKED = "asked"
    GIVEN = "given"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class Contribution(Base):
    """What another unit or person is asked for, beside the one who is responsible.

    The trigger `guard_contribution` (migration 0021) keeps the question, and the answer once given.
    """

    __tablename__ = "contributions"
    __table_args__ = (
        one_of("kind", ContributionKind),
        one_of("state", ContributionState),
        CheckConstraint("length(question) > 0", name="question_asked"),
        CheckConstraint("(state = 'asked') = (ended_at IS NULL)", name="ended_has_time"),
        CheckConstraint(
            "state NOT IN ('given', 'refused') OR length(answer) > 0", name="answer_said"
        ),
        CheckConstraint("(taken_at IS NULL) = (taken_by IS NULL)", name="taken_has_time"),
        Index(None, "entry_id"),
        Index(
            "ix_contributions_unit_id_open", "unit_id", postgresql_where=text("ended_at IS NULL")
        ),
        Index(
            "ix_contributions_user_id_open", "user_id", postgresql_where=text("ended_at IS NULL")
        ),
        Index(
            "ix_contributions_taken_by_open", "taken_by", postgresql_where=text("ended_at IS NULL")
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[int] = mapped_column(ForeignKey("entries.id"))
    kind: Mapped[str]
    state: Mapped[str] = mapped_column(server_default="asked")
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    question: Mapped[str]  # what is asked, or what the part is
    due_on: Mapped[date | None]
    is_awaited: Mapped[bool]  # the item is not closed before it came
    asked_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    asked_at: Mapped[datetime]
    taken_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    taken_at: Mapped[datetime | None]
    ended_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))  # None: with the item
    ended_at: Mapped[datetime | None]
    answer: Mapped[str] = mapped_column(server_default="")  # or why it was refused or withdrawn


class HandlingNote(Base):
    """What somebody noted while handling an entry (ιστορικό χειρισμών). Written once."""

    __tablename__ = "handling_notes"
    __table_args__ = (
        CheckConstraint("length(text) > 0", name="text_written"),
        Index(None, "entry_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[int] = mapped_column(ForeignKey("entries.id"))
    text: Mapped[str]
    written_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    written_at: Mapped[datetime]


class Forwarding(Base):
    """An entry was sent on to the body that is competent. Written once.

    Source: ν. 2690/1999 art. 4: who is not competent forwards, and tells the applicant.
    """

    __tablename__ = "forwardings"
    __table_args__ = (
        CheckConstraint("length(to_name) > 0", name="addressee_named"),
        CheckConstraint("length(reason) > 0", name="reason_given"),
        Index(None, "entry_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[int] = mapped_column(ForeignKey("entries.id"))
    to_name: Mapped[str]
    to_address: Mapped[str] = mapped_column(server_default="")
    to_email: Mapped[str] = mapped_column(server_default="")
    reason: Mapped[str]
    forwarded_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    forwarded_at: Mapped[datetime]


class DeliveryList(Base):
    """A list with which paper is handed to a unit, against signature. Written once."""

    __tablename__ = "delivery_lists"
    __table_args__ = (
        UniqueConstraint("body_id", "year", "number"),
        CheckConstraint("number > 0", name="number_positive"),
        Index(None, "made_by"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    body_id: Mapped[int] = mapped_column(ForeignKey("bodies.id"))
    year: Mapped[int]
    number: Mapped[int]
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    made_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    made_at: Mapped[datetime]


class DeliveryListItem(Base):
    """A charge whose paper goes with the list; it goes once."""

    __tablename__ = "delivery_list_items"
    __table_args__ = (
        UniqueConstraint("charge_id"),
        CheckConstraint("position > 0", name="position_positive"),
    )

    list_id: Mapped[int] = mapped_column(ForeignKey("delivery_lists.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    charge_id: Mapped[int] = mapped_column(ForeignKey("charges.id"))
