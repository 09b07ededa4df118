"""Accounts of citizens, their logins, codes, proofs of identity and representations."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from docflow.accounts.citizen import Level, RepresentedKind
from docflow.db import Base, one_of
from docflow.messages import Channel


class AccountState(StrEnum):
    OPEN = "open"
    CLOSED = "closed"
    MERGED = "merged"  # it was the same person's as another one


class Way(StrEnum):
    """How somebody came in."""

    CODE = "code"
    PASSWORD = "password"  # noqa: S105  # the name of a way
    PROVIDER = "provider"


class Paper(StrEnum):
    """What proves who somebody is."""

    IDENTITY_CARD = "identity-card"
    PASSPORT = "passport"
    RESIDENCE_PERMIT = "residence-permit"
    DRIVING_LICENCE = "driving-licence"
    OTHER = "other"


class CodePurpose(StrEnum):
    ENTER = "enter"
    CHANGE_EMAIL = "change-email"


class RepresentationState(StrEnum):
    ASKED = "asked"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"  # by the citizen, before it was decided or after
    REVOKED = "revoked"  # by the office, or by whom it represents


class Ground(StrEnum):
    """Why somebody may act for another."""

    POWER_OF_ATTORNEY = "power-of-attorney"
    LEGAL_REPRESENTATIVE = "legal-representative"
    PARENT = "parent"
    GUARDIAN = "guardian"
    OTHER = "other"


class Account(Base):
    """A citizen, or anybody else who applies. Without a password and a provider: a visitor.

    `level` and `level_until` are the proof of who it is that stands now, as the newest row of
    `citizen_proofs` gave it.
    """

    __tablename__ = "citizen_accounts"
    __table_args__ = (
        one_of("state", AccountState),
        one_of("channel", Channel),
        CheckConstraint("level IN ('temporary', 'verified')", name="level_known"),
        CheckConstraint("level <> 'temporary' OR level_until IS NOT NULL", name="temporary_ends"),
        CheckConstraint("level IS NULL OR full_name <> ''", name="proven_has_name"),
        CheckConstraint(
            "(state = 'merged') = (merged_into_id IS NOT NULL)", name="merged_has_target"
        ),
        CheckConstraint("merged_into_id <> id", name="not_merged_into_itself"),
        CheckConstraint("(state = 'open') = (closed_at IS NULL)", name="closed_has_time"),
        Index(
            "ux_citizen_accounts_email",
            "body_id",
            "email_key",
            unique=True,
            postgresql_where=text("state = 'open' AND email_key <> ''"),
        ),
        Index(
            "ux_citizen_accounts_proven",
            "body_id",
            "tax_number",
            unique=True,
            postgresql_where=text("state = 'open' AND level IS NOT NULL AND tax_number <> ''"),
        ),
        Index("ix_citizen_accounts_tax_number", "tax_number"),
        Index("ix_citizen_accounts_merged_into_id", "merged_into_id"),
        Index(
            "ix_citizen_accounts_name_key_trgm",
            "name_key",
            postgresql_using="gin",
            postgresql_ops={"name_key": "gin_trgm_ops"},
        ),
        Index(
            "ix_citizen_accounts_to_erase",
            "id",
            postgresql_where=text("state <> 'open' AND erased_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    body_id: Mapped[int] = mapped_column(ForeignKey("bodies.id"))
    state: Mapped[str] = mapped_column(server_default="open")
    email: Mapped[str] = mapped_column(server_default="")  # confirmed, or empty
    email_key: Mapped[str] = mapped_column(server_default="")  # in small letters
    email_problem: Mapped[str] = mapped_column(server_default="")  # the server's last refusal
    full_name: Mapped[str] = mapped_column(server_default="")
    name_key: Mapped[str] = mapped_column(server_default="")  # folding.fold(full_name)
    phone: Mapped[str] = mapped_column(server_default="")
    tax_number: Mapped[str] = mapped_column(server_default="")  # ΑΦΜ; proven where level is set
    language: Mapped[str] = mapped_column(server_default="el")
    channel: Mapped[str] = mapped_column(server_default="email")
    password_hash: Mapped[str | None]
    # These two are written no more (see `tries`); a migration takes them away when no process of
    # the version that wrote them runs any longer.
    failed_logins: Mapped[int] = mapped_column(server_default="0")
    rests_until: Mapped[datetime | None]
    locked_at: Mapped[datetime | None]  # by the office
    level: Mapped[str | None]
    level_until: Mapped[date | None]  # its last day
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("citizen_accounts.id"))
    created_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))
    closed_at: Mapped[datetime | None]
    erased_at: Mapped[datetime | None]  # since when it holds no personal data any more
    step: Mapped[int] = mapped_column(server_default="1")  # counted at each act of a clerk


class Proof(Base):
    """That somebody was proven to be who he says: by a clerk who saw papers, or a provider.

    Written once but for its end. It names the kind of paper, never its number.
    """

    __tablename__ = "citizen_proofs"
    __table_args__ = (
        CheckConstraint("level IN ('temporary', 'verified')", name="level_known"),
        CheckConstraint("(paper IS NULL) = (provider IS NOT NULL)", name="one_source"),
        CheckConstraint("(paper IS NULL) = (given_by IS NULL)", name="paper_seen_by_somebody"),
        one_of("paper", Paper),
        Index(None, "account_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("citizen_accounts.id"))
    level: Mapped[str]
    paper: Mapped[str | None]
    provider: Mapped[str | None]
    given_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    given_at: Mapped[datetime]
    valid_to: Mapped[date | None]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))


class Identity(Base):
    """Somebody at an identity provider, and the account that is his here."""

    __tablename__ = "citizen_identities"
    __table_args__ = (
        Index("ux_citizen_identities_subject", "body_id", "issuer", "subject", unique=True),
        Index(None, "account_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    body_id: Mapped[int] = mapped_column(ForeignKey("bodies.id"))
    account_id: Mapped[int] = mapped_column(ForeignKey("citizen_accounts.id"))
    provider: Mapped[str]  # its name in the settings
    issuer: Mapped[str]
    subject: Mapped[str]
    tied_at: Mapped[datetime]


class CitizenSession(Base):
    """A login in a browser; the cookie has the secret, the row its SHA-256."""

    __tablename__ = "citizen_sessions"
    __table_args__ = (
        one_of("way", Way),
        one_of("level", Level),
        Index("ix_citizen_sessions_account_id", "account_id"),
        Index("ix_citizen_sessions_ends_at", "ends_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    token_digest: Mapped[str] = mapped_column(unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("citizen_accounts.id"))
    way: Mapped[str]
    level: Mapped[str]  # the most that this login may count as
    provider: Mapped[str | None]
    client: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    representation_id: Mapped[int | None] = mapped_column(ForeignKey("citizen_representations.id"))


class Code(Base):
    """A code that was asked for; the browser has the token of the row, the mail the six digits."""

    __tablename__ = "citizen_codes"
    __table_args__ = (
        one_of("purpose", CodePurpose),
        Index("ix_citizen_codes_created_at", "created_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    body_id: Mapped[int] = mapped_column(ForeignKey("bodies.id"))
    token_digest: Mapped[str] = mapped_column(unique=True)
    purpose: Mapped[str]
    account_id: Mapped[int | None] = mapped_column(ForeignKey("citizen_accounts.id"))
    email: Mapped[str]
    language: Mapped[str]
    code_digest: Mapped[str | None]  # none until it is sent
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    failed_tries: Mapped[int] = mapped_column(server_default="0")
    used_at: Mapped[datetime | None]
    problem: Mapped[str | None]  # why the mail server did not take it


class Representation(Base):
    """That a citizen acts for another person or a company; the proof is a file of the store."""

    __tablename__ = "citizen_representations"
    __table_args__ = (
        one_of("kind", RepresentedKind),
        one_of("ground", Ground),
        one_of("state", RepresentationState),
        CheckConstraint("valid_to >= valid_from", name="days_in_order"),
        CheckConstraint(
            "state NOT IN ('accepted', 'refused', 'revoked') OR decided_by IS NOT NULL",
            name="decided_by_somebody",
        ),
        CheckConstraint(
            "state NOT IN ('refused', 'revoked') OR reason <> ''", name="refusal_has_reason"
        ),
        Index("ix_citizen_representations_account_id", "account_id"),
        Index("ix_citizen_representations_tax_number", "tax_number"),
        Index(
            "ix_citizen_representations_asked",
            "body_id",
            "id",
            postgresql_where=text("state = 'asked'"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    body_id: Mapped[int] = mapped_column(ForeignKey("bodies.id"))
    account_id: Mapped[int] = mapped_column(ForeignKey("citizen_accounts.id"))
    kind: Mapped[str]
    name: Mapped[str]
    tax_number: Mapped[str]
    ground: Mapped[str]
    proof_sha256: Mapped[str | None]  # none once the personal data were removed
    proof_name: Mapped[str]
    proof_type: Mapped[str]
    proof_size: Mapped[int]
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    state: Mapped[str] = mapped_column(server_default="asked")
    asked_at: Mapped[datetime]
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(server_default="")
    ended_at: Mapped[datetime | None]
    step: Mapped[int] = mapped_column(server_default="1")
