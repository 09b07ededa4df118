"""Applications, drafts of them, what is asked for afterwards, and the messages about them.

What was filed stands in the register as an entry with its papers; the row here is how the citizen
and the unit work with it. The event `application.filed` holds the digest of the values.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from docflow.db import Base, one_of


class ApplicationState(StrEnum):
    """Where an application stands, for citizen and office."""

    RUNNING = "running"  # with the office
    WAITING = "waiting"  # the office asked the applicant for something
    ENDED = "ended"  # decided, or done
    WITHDRAWN = "withdrawn"  # by the applicant


class Outcome(StrEnum):
    """How an application ended."""

    DONE = "done"  # what was asked for was done
    GRANTED = "granted"
    REFUSED = "refused"


class Draft(Base):
    """A form that somebody is filling in, as he typed it. Gone after 30 days, or once filed.

    `secret_digest` is of the secret in the browser's cookie: who has it goes on with the draft,
    logged in or not; `account_id` lets its owner find it again elsewhere.
    """

    __tablename__ = "application_drafts"
    __table_args__ = (
        Index(None, "account_id", postgresql_where=text("account_id IS NOT NULL")),
        Index(None, "expires_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    body_id: Mapped[int] = mapped_column(ForeignKey("bodies.id"))
    version_id: Mapped[int] = mapped_column(ForeignKey("service_versions.id"))
    service_code: Mapped[str]
    token: Mapped[str] = mapped_column(unique=True)  # names it in addresses; opens nothing
    secret_digest: Mapped[str]
    account_id: Mapped[int | None] = mapped_column(ForeignKey("citizen_accounts.id"))
    language: Mapped[str]
    typed: Mapped[dict[str, Any]] = mapped_column(server_default="{}")  # name -> str or list of str
    begun_at: Mapped[datetime]
    saved_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    filed_at: Mapped[datetime | None]  # its typed values are emptied then


class DraftFile(Base):
    """A file that was sent with a draft; `field` is the field of the form, "" for the free ones."""

    __tablename__ = "application_draft_files"
    __table_args__ = (UniqueConstraint("draft_id", "field", "sha256"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    draft_id: Mapped[int] = mapped_column(ForeignKey("application_drafts.id"))
    field: Mapped[str]
    name: Mapped[str]
    sha256: Mapped[str]
    size: Mapped[int]
    media_type: Mapped[str]
    waits_for_check: Mapped[bool] = mapped_column(server_default=text("false"))
    added_at: Mapped[datetime]


class Application(Base):
    """An application as it was filed, and where it stands."""

    __tablename__ = "applications"
    __table_args__ = (
        one_of("state", ApplicationState),
        CheckConstraint(
            "outcome IS NULL OR outcome IN ('done', 'granted', 'refused')", name="outcome_known"
        ),
        CheckConstraint("(state = 'ended') = (ended_at IS NOT NULL)", name="end_has_time"),
        CheckConstraint(
            "(state = 'withdrawn') = (withdrawn_at IS NOT NULL)", name="withdrawal_has_time"
        ),
        Index(None, "account_id", "filed_at"),
        Index(None, "party_id"),
        Index(None, "body_id", "filed_at"),
        Index(None, "body_id", "tax_number", postgresql_where=text("tax_number <> ''")),
        Index(None, "body_id", "email", postgresql_where=text("email <> ''")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    body_id: Mapped[int] = mapped_column(ForeignKey("bodies.id"))
    entry_id: Mapped[int] = mapped_column(ForeignKey("entries.id"), unique=True)
    draft_id: Mapped[int] = mapped_column(ForeignKey("application_drafts.id"), unique=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("service_versions.id"))
    service_code: Mapped[str]
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))  # competent when it was filed
    account_id: Mapped[int | None] = mapped_column(ForeignKey("citizen_accounts.id"))
    representation_id: Mapped[int | None] = mapped_column(ForeignKey("citizen_representations.id"))
    party_id: Mapped[int | None] = mapped_column(ForeignKey("parties.id"))
    # Whom it concerns; `filed_by` is who filled it in for him, where that was another.
    full_name: Mapped[str]
    tax_number: Mapped[str]  # as typed in the form, or of the account
    proven_tax_number: Mapped[str]  # of a login that proved it; empty else
    email: Mapped[str]  # in small letters, where he wants to be told
    phone: Mapped[str]
    filed_by: Mapped[str]
    language: Mapped[str]
    channel: Mapped[str]
    level: Mapped[str]  # of identity, when it was filed
    values: Mapped[dict[str, Any]]
    files: Mapped[list[Any]]  # [field of the form, position of the file in the entry]
    secret_nonce: Mapped[str]
    secret_digests: Mapped[list[Any]]  # of the receipt's page, and of the links in mails
    filed_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(server_default="running")
    version: Mapped[int] = mapped_column(server_default="1")  # grows at each change: `seen`
    outcome: Mapped[str | None]
    outcome_note: Mapped[str] = mapped_column(server_default="")
    ended_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    withdrawal_reason: Mapped[str] = mapped_column(server_default="")
    citizen_read_at: Mapped[datetime | None]  # the thread, last
    office_read_at: Mapped[datetime | None]


class ApplicationKey(Base):
    """What makes two applications one (`unique_by` of a service), as a digest.

    The database lets a key stand once among those that were not withdrawn.
    """

    __tablename__ = "application_keys"
    __table_args__ = (
        Index(
            "ux_application_keys_open",
            "body_id",
            "service_code",
            "key_digest",
            unique=True,
            postgresql_where=text("released_at IS NULL"),
        ),
    )

    application_id: Mapped[int] = mapped_column(
        ForeignKey("applications.id", deferrable=True, initially="DEFERRED"), primary_key=True
    )
    body_id: Mapped[int] = mapped_column(ForeignKey("bodies.id"))
    service_code: Mapped[str]
    key_digest: Mapped[str]
    released_at: Mapped[datetime | None]


class Supplement(Base):
    """Something that the office asked the applicant for, by a day, and his answer."""

    __tablename__ = "application_supplements"
    __table_args__ = (
        Index(
            "ux_application_supplements_open",
            "application_id",
            unique=True,
            postgresql_where=text("answered_at IS NULL AND cancelled_at IS NULL"),
        ),
        CheckConstraint(
            "(answered_at IS NULL) = (answer_entry_id IS NULL)", name="answer_is_registered"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    application_id: Mapped[int] = mapped_column(ForeignKey("applications.id"))
    text: Mapped[str]
    due_on: Mapped[date]
    asked_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))  # None: by an act
    asked_at: Mapped[datetime]
    stops_clock: Mapped[bool]  # whether the deadline was suspended for it
    answered_at: Mapped[datetime | None]
    answer: Mapped[str] = mapped_column(server_default="")
    answer_entry_id: Mapped[int | None] = mapped_column(ForeignKey("entries.id"))
    cancelled_at: Mapped[datetime | None]  # the office no longer needs it, or it was withdrawn
    cancelled_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))


class ThreadMessage(Base):
    """A message about an application, of the citizen or of the office."""

    __tablename__ = "application_messages"
    __table_args__ = (
        CheckConstraint("is_from_office OR author_id IS NULL", name="citizen_is_no_user"),
        Index(None, "application_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    application_id: Mapped[int] = mapped_column(ForeignKey("applications.id"))
    is_from_office: Mapped[bool]
    author_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))  # None: a citizen, an act
    text: Mapped[str]
    sent_at: Mapped[datetime]


class ThreadFile(Base):
    """A file that came with a message: a file of the application's entry."""

    __tablename__ = "application_message_files"

    file_id: Mapped[int] = mapped_column(ForeignKey("files.id"), primary_key=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("application_messages.id"))
