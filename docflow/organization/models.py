"""Bodies, their units in a tree, people, what they may do, and their logins."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from docflow import clock
from docflow.db import Base, one_of
from docflow.principal import Role


class Body(Base):
    """A legal body that keeps a register: a municipality, or a legal person of its own."""

    __tablename__ = "bodies"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    letterhead: Mapped[list[Any]]  # lines above the name: state, region …
    city: Mapped[str]  # in the date line of letters
    address: Mapped[str]
    phone: Mapped[str]
    email: Mapped[str]
    website: Mapped[str]
    secretariat_id: Mapped[int | None] = mapped_column(
        ForeignKey("units.id", use_alter=True)
    )  # the unit where a new entry lands


class Unit(Base):
    """A place in the organogram, valid from one day to another.

    The row says what holds now; the trigger `keep_unit_version` (migration 0020) keeps what it said
    before, so that the history of an entry names the unit as it was named then.
    """

    __tablename__ = "units"
    __table_args__ = (UniqueConstraint("body_id", "code"), Index(None, "parent_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    body_id: Mapped[int] = mapped_column(ForeignKey("bodies.id"))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"))
    code: Mapped[str]
    name: Mapped[str]
    phone: Mapped[str] = mapped_column(server_default="")
    email: Mapped[str] = mapped_column(server_default="")
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    # Who has its work since it was dissolved.
    successor_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"))
    changed_at: Mapped[datetime] = mapped_column(
        default=clock.now, server_default=text("clock_timestamp()")
    )


class UnitVersion(Base):
    """What a unit was called, and where it stood, from a moment on."""

    __tablename__ = "unit_versions"
    __table_args__ = (Index(None, "unit_id", "since"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    since: Mapped[datetime]
    code: Mapped[str]
    name: Mapped[str]
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"))


class ChangeState(StrEnum):
    """Where a change of the organogram stands."""

    PLANNED = "planned"
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"


class OrganogramChange(Base):
    """A decision that changes the organogram on a day, as one act.

    `steps` and `placements` are as `organograms.steps` writes them; `outcome` counts what moved.
    """

    __tablename__ = "organogram_changes"
    __table_args__ = (
        one_of("state", ChangeState),
        CheckConstraint("(state = 'done') = (done_at IS NOT NULL)", name="done_has_time"),
        CheckConstraint("state <> 'failed' OR problem IS NOT NULL", name="failure_has_reason"),
        Index(
            "ix_organogram_changes_planned",
            "takes_effect_on",
            postgresql_where=text("state = 'planned'"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    body_id: Mapped[int] = mapped_column(ForeignKey("bodies.id"))
    takes_effect_on: Mapped[date]
    authority: Mapped[str]  # the decision, as it is cited
    steps: Mapped[list[Any]]
    placements: Mapped[dict[str, Any]]
    state: Mapped[str]
    made_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    made_at: Mapped[datetime] = mapped_column(default=clock.now)
    done_at: Mapped[datetime | None]
    cancelled_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    outcome: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    problem: Mapped[str | None]


class Position(Base):
    """A post of a unit, which somebody holds from one day to another, or nobody.

    Who holds it has the role in the unit: a grant that names the position.
    """

    __tablename__ = "positions"
    __table_args__ = (
        CheckConstraint("role IN ('clerk', 'head', 'employee')", name="role_of_unit"),
        Index(None, "unit_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    title: Mapped[str]
    role: Mapped[str]
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]


class User(Base):
    """A person of the body, or a technical account (no password: it cannot log in).

    A person may also log in through the identity provider that `oidc_issuer` names; who does so
    alone has no password, and no `oidc_subject` before his first login. `locked_until` is the rest
    after wrong passwords, `locked_at` the lock that an administrator put on. After
    `service_ends_on` the account is closed, and what was open goes where `work_to_…` says.
    """

    __tablename__ = "users"
    __table_args__ = (
        Index(
            "ux_users_oidc",
            "oidc_issuer",
            "oidc_subject",
            unique=True,
            postgresql_where=text("oidc_subject IS NOT NULL"),
        ),
        CheckConstraint("oidc_subject IS NULL OR oidc_issuer IS NOT NULL", name="oidc_whole"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    body_id: Mapped[int] = mapped_column(ForeignKey("bodies.id"))
    username: Mapped[str] = mapped_column(unique=True)
    full_name: Mapped[str]
    title: Mapped[str]  # as it stands under a signature: «Ο Δήμαρχος»
    email: Mapped[str] = mapped_column(server_default="")
    password_hash: Mapped[str | None]
    language: Mapped[str] = mapped_column(server_default="el")
    is_active: Mapped[bool] = mapped_column(server_default=text("true"))
    failed_logins: Mapped[int] = mapped_column(server_default="0")
    locked_until: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))
    locked_at: Mapped[datetime | None]
    must_change_password: Mapped[bool] = mapped_column(server_default=text("false"))
    service_ends_on: Mapped[date | None]
    service_ended_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    work_to_unit_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"))
    work_to_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    oidc_issuer: Mapped[str | None]
    oidc_subject: Mapped[str | None]


class Grant(Base):
    """A role of a person, in a unit where the role is tied to one, for a time."""

    __tablename__ = "grants"
    __table_args__ = (
        one_of("role", Role),
        Index(None, "user_id"),
        Index(None, "unit_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    role: Mapped[str]
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"))
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    position_id: Mapped[int | None] = mapped_column(ForeignKey("positions.id"))


class DeputyScope(StrEnum):
    """What a deputy may do in the other's place."""

    COUNTERSIGN = "countersign"
    SIGN = "sign"
    ALL = "all"


class ActsAs(StrEnum):
    """What stands beside his name: acting by order (με εντολή), or as deputy (αναπληρωτής)."""

    BY_ORDER = "by-order"
    DEPUTY = "deputy"


class Deputy(Base):
    """Who acts for a person from one day to another, both included.

    A period is ended early, never deleted. The trigger `guard_deputy` (migration 0015) refuses
    that a deputy has a deputy in the same days.
    """

    __tablename__ = "deputies"
    __table_args__ = (
        one_of("scope", DeputyScope),
        one_of("acts_as", ActsAs),
        CheckConstraint("deputy_id <> person_id", name="another_person"),
        CheckConstraint("valid_to >= valid_from", name="period_forward"),
        CheckConstraint("(ended_at IS NULL) = (ended_by IS NULL)", name="end_has_person"),
        Index(None, "person_id"),
        Index(None, "deputy_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    body_id: Mapped[int] = mapped_column(ForeignKey("bodies.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("users.id"))  # in whose place
    deputy_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    valid_from: Mapped[date]
    valid_to: Mapped[date]
    scope: Mapped[str]
    acts_as: Mapped[str]
    authority: Mapped[str]  # the decision that appoints him, as it is cited
    appointed_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    appointed_at: Mapped[datetime] = mapped_column(default=clock.now)
    ended_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    ended_at: Mapped[datetime | None]


class LoginSession(Base):
    """A login in a browser. The cookie holds a secret; the row holds its digest."""

    __tablename__ = "login_sessions"
    __table_args__ = (Index(None, "user_id"),)

    token_digest: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    client: Mapped[str] = mapped_column(server_default="")


class ApiToken(Base):
    """A key of another program, acting as a user within scopes."""

    __tablename__ = "api_tokens"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    name: Mapped[str]
    token_digest: Mapped[str] = mapped_column(unique=True)
    scopes: Mapped[list[Any]]
    created_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
