"""Drafts on their way to signature, and the steps of that way."""

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
    REJECTED = "rejected"  # for good, by a signer and with a reason


class Channel(StrEnum):
    """How the issued document reaches its recipient."""

    PICKUP = "pickup"  # e-mail with link and code, picked up on the citizen's page
    POST = "post"
    COUNTER = "counter"


class GivenKind(StrEnum):
    """What was taken along to be signed elsewhere."""

    FILE = "file"
    DIGEST = "digest"


class StepKind(StrEnum):
    """What is asked of a person of the chain."""

    COUNTERSIGN = "countersign"  # προσυπογραφή: who answers for the content below the signer
    SIGNATURE = "signature"
    SEAL = "seal"  # the body's own seal, by the worker: nobody's step
    INFORMATION = "information"  # sees it; nothing waits for him


class Rule(StrEnum):
    """When the steps of one rank are done."""

    ALL = "all"
    ANY = "any"


class StepState(StrEnum):
    WAITING = "waiting"
    ACTIVE = "active"
    SIGNED = "signed"
    RETURNED = "returned"
    REJECTED = "rejected"
    FORWARDED = "forwarded"  # to another person, whose step is a row of its own
    COVERED = "covered"  # one of the rank sufficed, and a colleague was faster
    SKIPPED = "skipped"  # somebody before signed as the last
    NOTED = "noted"  # read by whom it was for information
    CANCELLED = "cancelled"  # a later step of a round that was returned


def field_name(slot: int | str) -> str:
    """The signature field of a step, by its number on the paper."""
    return f"Signer{slot}"


class Draft(Base):
    """An outgoing document before it is issued (σχέδιο)."""

    __tablename__ = "drafts"
    __table_args__ = (
        one_of("state", DraftState),
        one_of("channel", Channel),
        CheckConstraint(
            "corrects_id IS NULL OR length(correction_reason) > 0", name="correction_has_reason"
        ),
        Index(
            "ux_drafts_one_correction",
            "corrects_id",
            unique=True,
            postgresql_where=text(
                "corrects_id IS NOT NULL AND state NOT IN ('withdrawn','rejected','issued')"
            ),
        ),
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
    corrects_id: Mapped[int | None] = mapped_column(ForeignKey("entries.id"))  # ορθή επανάληψη
    correction_reason: Mapped[str] = mapped_column(server_default=text("''"))
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


class DraftRound(Base):
    """A draft sent round: which version was printed, and the digest of what was printed."""

    __tablename__ = "draft_rounds"

    draft_id: Mapped[int] = mapped_column(ForeignKey("drafts.id"), primary_key=True)
    round: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    version: Mapped[int]
    sha256: Mapped[str]
    chain: Mapped[str]  # name of the chain that was taken, empty for one of its own
    started_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    started_at: Mapped[datetime] = mapped_column(default=clock.now)


class Step(Base):
    """What a round asks of one person. Steps of one rank have their turn together.

    The trigger `guard_step` (migration 0015) keeps the order, and what was decided.
    """

    __tablename__ = "steps"
    __table_args__ = (
        one_of("state", StepState),
        one_of("kind", StepKind),
        one_of("rule", Rule),
        UniqueConstraint("draft_id", "round", "position"),
        CheckConstraint(
            "state NOT IN ('returned', 'rejected', 'forwarded') OR length(reason) > 0",
            name="return_has_reason",
        ),
        CheckConstraint("(kind = 'seal') = (user_id IS NULL)", name="seal_is_of_the_house"),
        CheckConstraint("(kind = 'information') = (slot IS NULL)", name="place_on_paper"),
        CheckConstraint(
            "state <> 'signed' OR (acted_at IS NOT NULL AND signed_sha256 IS NOT NULL)",
            name="signed_whole",
        ),
        Index("ix_steps_active", "user_id", postgresql_where=text("state = 'active'")),
        Index(
            "ux_steps_person_in_rank",
            "draft_id",
            "round",
            "rank",
            "user_id",
            unique=True,
            postgresql_where=text("state <> 'forwarded'"),
        ),
        Index(
            "ux_steps_slot",
            "draft_id",
            "round",
            "slot",
            unique=True,
            postgresql_where=text("state <> 'forwarded'"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    draft_id: Mapped[int] = mapped_column(ForeignKey("drafts.id"))
    round: Mapped[int]
    position: Mapped[int]
    rank: Mapped[int]
    rule: Mapped[str]  # of all steps of its rank
    kind: Mapped[str]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))  # nobody's: a seal
    capacity: Mapped[str]  # as printed: «Ο Δήμαρχος»
    state: Mapped[str]
    slot: Mapped[int | None]  # its field in the PDF; none for information
    box: Mapped[list[Any]]  # [page from 1, x0, y0, x1, y1], points from bottom left
    activated_at: Mapped[datetime | None]
    acted_at: Mapped[datetime | None]
    acted_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))  # himself or his deputy
    deputy_id: Mapped[int | None] = mapped_column(ForeignKey("deputies.id"))  # under which right
    forwarded_from: Mapped[int | None] = mapped_column(ForeignKey("steps.id"))
    reason: Mapped[str] = mapped_column(server_default="")
    certificate: Mapped[str] = mapped_column(
        server_default=""
    )  # subject of the signing certificate
    signed_sha256: Mapped[str | None]  # the PDF after this signature
    signature_level: Mapped[str | None]  # B-B: its proof of time is pending
    reminded_at: Mapped[datetime | None]
    reminders: Mapped[int] = mapped_column(server_default="0")


class Objection(Base):
    """What a countersigner objects in writing (ν. 3528/2007 art. 25): with the draft, not on it."""

    __tablename__ = "objections"

    step_id: Mapped[int] = mapped_column(
        ForeignKey("steps.id"), primary_key=True, autoincrement=False
    )
    text: Mapped[str]
    written_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    written_at: Mapped[datetime] = mapped_column(default=clock.now)


class Chain(Base):
    """A way of signing that a unit uses again and again; `steps` as `chains.ChainStep` reads it."""

    __tablename__ = "chains"
    __table_args__ = (
        Index(
            "ux_chains_name",
            "body_id",
            "name",
            unique=True,
            postgresql_where=text("retired_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    body_id: Mapped[int] = mapped_column(ForeignKey("bodies.id"))
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"))  # none: every unit's
    name: Mapped[str]
    steps: Mapped[list[Any]]
    made_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    made_at: Mapped[datetime] = mapped_column(default=clock.now)
    retired_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    retired_at: Mapped[datetime | None]


class PendingSignature(Base):
    """A signature that its person makes elsewhere: prepared here, and waited for.

    A person and each of his deputies prepare their own, as a whole document and as a digest.
    """

    __tablename__ = "pending_signatures"
    __table_args__ = (one_of("kind", GivenKind),)

    step_id: Mapped[int] = mapped_column(ForeignKey("steps.id"), primary_key=True)
    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id"), primary_key=True, autoincrement=False
    )
    kind: Mapped[str] = mapped_column(primary_key=True)
    base_sha256: Mapped[str]  # the draft's PDF as it was when the signature was begun
    prepared_sha256: Mapped[str]  # the same with a gap for the signature
    details: Mapped[dict[str, Any]]
    begun_at: Mapped[datetime] = mapped_column(default=clock.now)
