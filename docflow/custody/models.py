"""The watch over the store, legal holds, and erasure by two people."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from docflow.db import Base, one_of

MOST_REASON = 500


class RunKind(StrEnum):
    """What a run over the store looks after."""

    PROBE = "probe"  # does the store hold its word?
    DIGESTS = "digests"  # is each object there, and unchanged?
    ORPHANS = "orphans"  # which objects does no row name?
    GUARDS = "guards"  # retention and holds are put on what is new


class RunState(StrEnum):
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class StoreRun(Base):
    """One run; `position` is where a run in parts goes on."""

    __tablename__ = "store_runs"
    __table_args__ = (
        one_of("kind", RunKind),
        one_of("state", RunState),
        Index(None, "kind", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    state: Mapped[str] = mapped_column(server_default="running")
    started_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))
    finished_at: Mapped[datetime | None]
    objects: Mapped[int] = mapped_column(server_default="0")
    bytes: Mapped[int] = mapped_column(server_default="0")
    position: Mapped[str] = mapped_column(server_default="")
    promises: Mapped[list[Any]] = mapped_column(server_default="[]")  # [name, is_kept, detail]
    findings: Mapped[int] = mapped_column(server_default="0")
    problem: Mapped[str | None]


class Flaw(StrEnum):
    """What is wrong with an object."""

    MISSING = "missing"
    ALTERED = "altered"
    NO_KEY = "no-key"


class StoreFinding(Base):
    """An object that a row names and that is not as it was put. Mended when it is so again."""

    __tablename__ = "store_findings"
    __table_args__ = (
        one_of("what", Flaw),
        Index(
            "ux_store_findings_open",
            "digest",
            unique=True,
            postgresql_where=text("mended_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str]
    what: Mapped[str]
    found_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))
    mended_at: Mapped[datetime | None]


class Orphan(Base):
    """An object that no row names, since when that was seen, and when it was removed."""

    __tablename__ = "store_orphans"

    digest: Mapped[str] = mapped_column(primary_key=True)
    size: Mapped[int]
    first_seen_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    deleted_at: Mapped[datetime | None]


class Guard(Base):
    """What was asked of the store for an object: retention, a hold."""

    __tablename__ = "store_guards"

    digest: Mapped[str] = mapped_column(primary_key=True)
    retain_until: Mapped[datetime | None]
    is_held: Mapped[bool] = mapped_column(server_default=text("false"))
    guarded_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))


class LegalHold(Base):
    """An entry that nobody may erase while the hold stands (a court, an inquiry). Written once."""

    __tablename__ = "legal_holds"
    __table_args__ = (
        CheckConstraint(f"length(reason) BETWEEN 3 AND {MOST_REASON}", name="reason_given"),
        Index(None, "entry_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    body_id: Mapped[int] = mapped_column(ForeignKey("bodies.id"))
    entry_id: Mapped[int] = mapped_column(ForeignKey("entries.id"))
    reason: Mapped[str]
    placed_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    placed_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))


class HoldRelease(Base):
    """The end of a hold. Written once."""

    __tablename__ = "hold_releases"
    __table_args__ = (
        CheckConstraint(f"length(reason) BETWEEN 3 AND {MOST_REASON}", name="reason_given"),
    )

    hold_id: Mapped[int] = mapped_column(ForeignKey("legal_holds.id"), primary_key=True)
    reason: Mapped[str]
    released_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    released_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))


class Erasure(Base):
    """Somebody asks that the personal data of an entry be erased, and says by what law."""

    __tablename__ = "erasures"
    __table_args__ = (
        CheckConstraint(f"length(basis) BETWEEN 3 AND {MOST_REASON}", name="basis_given"),
        CheckConstraint(f"length(reason) BETWEEN 3 AND {MOST_REASON}", name="reason_given"),
        Index(None, "entry_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    body_id: Mapped[int] = mapped_column(ForeignKey("bodies.id"))
    entry_id: Mapped[int] = mapped_column(ForeignKey("entries.id"))
    basis: Mapped[str]
    reason: Mapped[str]
    asked_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    asked_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))


class ErasureDecision(Base):
    """What another person decided. Written once; a trigger refuses the one who asked."""

    __tablename__ = "erasure_decisions"
    __table_args__ = (
        CheckConstraint("is_approved OR length(reason) > 0", name="refusal_has_reason"),
    )

    erasure_id: Mapped[int] = mapped_column(ForeignKey("erasures.id"), primary_key=True)
    is_approved: Mapped[bool]
    reason: Mapped[str]
    decided_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))


class VerificationState(StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class VerificationRun(Base):
    """A check of the whole trail that somebody asked for on a page, with how far it is."""

    __tablename__ = "verifications"
    __table_args__ = (one_of("state", VerificationState),)

    id: Mapped[int] = mapped_column(primary_key=True)
    body_id: Mapped[int] = mapped_column(ForeignKey("bodies.id"))
    asked_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    asked_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))
    with_objects: Mapped[bool]
    state: Mapped[str] = mapped_column(server_default="waiting")
    stage: Mapped[str] = mapped_column(server_default="")
    done: Mapped[int] = mapped_column(server_default="0")
    total: Mapped[int] = mapped_column(server_default="0")
    finished_at: Mapped[datetime | None]
    is_sound: Mapped[bool | None]
    outcome: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    problem: Mapped[str | None]
