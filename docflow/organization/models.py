"""Bodies, their units in a tree, people, what they may do, and their logins."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

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
    """A place in the organogram, valid from one day to another."""

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


class User(Base):
    """A person of the body, or a technical account (no password: it cannot log in)."""

    __tablename__ = "users"

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
