"""Contacts with the house over every channel, and who looked at the view of a person and why."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from docflow import clock
from docflow.db import Base, one_of


class Channel(StrEnum):
    """Over what somebody turned to the house. Source: domain rows S2-1, S3-1."""

    COUNTER = "counter"
    PHONE = "phone"
    POST = "post"
    EMAIL = "email"
    FAX = "fax"
    PORTAL = "portal"


class ContactState(StrEnum):
    """Where a contact stands. Source: domain row S3-3."""

    OPEN = "open"  # somebody is on the line, or what he wants is not decided
    SOLVED = "solved"  # answered at once
    TO_CALL = "to-call"  # an answer was promised
    PASSED = "passed"  # registered as a request, and with the competent unit
    CLOSED = "closed"  # answered later


class Contact(Base):
    """Somebody turned to the house. The name is as he said it; the link is whom we knew him to be.

    `answered_at` is when he had his answer: at once, or after a call back or a decision.
    """

    __tablename__ = "contacts"
    __table_args__ = (
        one_of("channel", Channel),
        one_of("state", ContactState),
        CheckConstraint("(state IN ('solved', 'closed')) = (answered_at IS NOT NULL)", name="end"),
        CheckConstraint("state <> 'passed' OR entry_id IS NOT NULL", name="passed_has_entry"),
        CheckConstraint("state <> 'to-call' OR call_at IS NOT NULL", name="call_has_time"),
        Index(None, "body_id", "began_at"),
        Index(
            "ix_contacts_waiting",
            "body_id",
            "call_at",
            postgresql_where=text("state IN ('open', 'to-call', 'passed')"),
        ),
        Index(None, "party_id", postgresql_where=text("party_id IS NOT NULL")),
        Index(None, "entry_id", postgresql_where=text("entry_id IS NOT NULL")),
        Index(
            "ix_contacts_email_folded", text("lower(email)"), postgresql_where=text("email <> ''")
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    body_id: Mapped[int] = mapped_column(ForeignKey("bodies.id"))
    party_id: Mapped[int | None] = mapped_column(ForeignKey("parties.id"))
    full_name: Mapped[str] = mapped_column(server_default="")
    phone: Mapped[str] = mapped_column(server_default="")
    email: Mapped[str] = mapped_column(server_default="")
    channel: Mapped[str]
    subject: Mapped[str] = mapped_column(server_default="")
    note: Mapped[str] = mapped_column(server_default="")
    service_code: Mapped[str] = mapped_column(server_default="")  # of the catalogue
    article: Mapped[str] = mapped_column(server_default="")  # of the knowledge base, that answered
    state: Mapped[str]
    began_at: Mapped[datetime] = mapped_column(default=clock.now)
    answered_at: Mapped[datetime | None]
    call_at: Mapped[datetime | None]  # until when he was promised an answer
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("entries.id"))
    taken_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"))  # of who took it
    version: Mapped[int] = mapped_column(server_default="1")
    changed_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    changed_at: Mapped[datetime] = mapped_column(default=clock.now)


class StepKind(StrEnum):
    TAKEN = "taken"
    IDENTIFIED = "identified"
    CLASSIFIED = "classified"
    SOLVED = "solved"
    PROMISED = "promised"
    TRIED = "tried"  # nobody answered
    PASSED = "passed"
    CLOSED = "closed"
    REOPENED = "reopened"


class ContactStep(Base):
    """That something was done with a contact, written once; words stand in the contact alone,
    which forgets them one day.
    """

    __tablename__ = "contact_steps"
    __table_args__ = (one_of("kind", StepKind), UniqueConstraint("contact_id", "position"))

    id: Mapped[int] = mapped_column(primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id"))
    position: Mapped[int]
    kind: Mapped[str]
    call_at: Mapped[datetime | None]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime] = mapped_column(default=clock.now)


class Purpose(StrEnum):
    """Why somebody opens the view of a person; what he is shown follows from it."""

    SERVING = "serving"  # the person asks, at the counter or on the telephone
    HANDLING = "handling"  # of a matter in hand
    PAYMENT = "payment"
    ACCESS = "access"  # the person wants to know what is kept of him (GDPR art. 15)
    DIRECTORY = "directory"  # is this one person, or two?
    AUDIT = "audit"


class PersonView(Base):
    """Somebody looked at the view of a person. Written once, before it is shown."""

    __tablename__ = "person_views"
    __table_args__ = (
        one_of("purpose", Purpose),
        Index(None, "party_id", "id"),
        Index(None, "user_id", "party_id", "at"),
        Index(None, "body_id", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))
    body_id: Mapped[int] = mapped_column(ForeignKey("bodies.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    user_name: Mapped[str]  # as it was then
    via: Mapped[str]
    party_id: Mapped[int] = mapped_column(ForeignKey("parties.id"))
    purpose: Mapped[str]
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contacts.id"))
