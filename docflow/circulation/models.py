"""Drafts on their way to signature, the steps of that way, and the keys of the signers."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from docflow import clock
from docflow.db import Base, one_of


class DraftState(StrEnum):
    DRAFTING = "drafting"
    CIRCULATING = "circulating"
    ISSUING = "issuing"  # all persons signed; number, seal and timestamp are on their way
    ISSUED = "issued"
    ISSUE_FAILED = "issue-failed"  # the number it had was annulled; it can be issued again
    WITHDRAWN = "withdrawn"


class Channel(StrEnum):
    """How the issued document reaches its recipient."""

    PICKUP = "pickup"  # e-mail with link and code, picked up on the citizen's page
    POST = "post"
    COUNTER = "counter"


class StepState(StrEnum):
    WAITING = "waiting"
    ACTIVE = "active"
    SIGNED = "signed"
    RETURNED = "returned"
    CANCELLED = "cancelled"  # a later step of a round that was returned


class Draft(Base):
    """An outgoing document before it is issued (σχέδιο)."""

    __tablename__ = "drafts"
    __table_args__ = (
        one_of("state", DraftState),
        one_of("channel", Channel),
        Index(None, "answers_id"),
        Index(None, "drafter_id"),
        Index("ix_drafts_open", "state", postgresql_where=text("state NOT IN ('issued')")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    body_id: Mapped[int] = mapped_column(ForeignKey("bodies.id"))
    answers_id: Mapped[int | None] = mapped_column(ForeignKey("entries.id"))
    book_id: Mapped[int] = mapped_column(ForeignKey("books.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    drafter_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    state: Mapped[str]
    version: Mapped[int] = mapped_column(server_default="1")
    subject: Mapped[str]
    recipient_party_id: Mapped[int | None] = mapped_column(ForeignKey("parties.id"))
    recipient_name: Mapped[str]
    recipient_address: Mapped[str]
    recipient_email: Mapped[str]
    channel: Mapped[str]
    copies_to: Mapped[list[Any]]  # names, κοινοποίηση
    body_text: Mapped[str]
    upload_sha256: Mapped[str | None]  # the drafter's own PDF in place of the template
    upload_name: Mapped[str | None]
    round: Mapped[int] = mapped_column(server_default="0")
    current_sha256: Mapped[str | None]  # the PDF with the signatures so far
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("entries.id"))
    problem: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    changed_at: Mapped[datetime] = mapped_column(default=clock.now)


class DraftVersion(Base):
    """What a draft said each time it was saved."""

    __tablename__ = "draft_versions"

    draft_id: Mapped[int] = mapped_column(ForeignKey("drafts.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    content: Mapped[dict[str, Any]]
    saved_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    saved_at: Mapped[datetime] = mapped_column(default=clock.now)


class Step(Base):
    """One signature that a round of circulation asks for, in its order."""

    __tablename__ = "steps"
    __table_args__ = (
        one_of("state", StepState),
        UniqueConstraint("draft_id", "round", "position"),
        CheckConstraint("state <> 'returned' OR length(reason) > 0", name="return_has_reason"),
        Index("ix_steps_active", "user_id", postgresql_where=text("state = 'active'")),
        Index(
            "ux_steps_one_active",
            "draft_id",
            unique=True,
            postgresql_where=text("state = 'active'"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    draft_id: Mapped[int] = mapped_column(ForeignKey("drafts.id"))
    round: Mapped[int]
    position: Mapped[int]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    capacity: Mapped[str]  # as printed: «Ο Δήμαρχος»
    state: Mapped[str]
    box: Mapped[list[Any]]  # [page from 1, x0, y0, x1, y1], points from bottom left
    acted_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(server_default="")
    certificate: Mapped[str] = mapped_column(
        server_default=""
    )  # subject of the signing certificate
    signed_sha256: Mapped[str | None]  # the PDF after this signature


class Keyring(Base):
    """A person's key as a PKCS#12 file, which stays encrypted under the person's password."""

    __tablename__ = "keyrings"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    pkcs12: Mapped[bytes]
    subject: Mapped[str]
    issuer: Mapped[str]
    not_after: Mapped[datetime]
    added_at: Mapped[datetime] = mapped_column(default=clock.now)
