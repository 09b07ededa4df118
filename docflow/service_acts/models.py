"""The register of residents, as the office gives it: the condition of certificates of residence."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from docflow import clock
from docflow.db import Base


class ResidentList(Base):
    """One state of the register of residents that was taken over.

    Only its counts and its digest are kept, not the file: it is full of personal data.
    """

    __tablename__ = "resident_lists"
    __table_args__ = (Index(None, "body_id"), CheckConstraint("rows > 0", name="has_rows"))

    id: Mapped[int] = mapped_column(primary_key=True)
    body_id: Mapped[int] = mapped_column(ForeignKey("bodies.id"))
    file_name: Mapped[str]
    file_sha256: Mapped[str]
    rows: Mapped[int]
    entered: Mapped[int]
    changed: Mapped[int]
    removed: Mapped[int]
    taken_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    taken_at: Mapped[datetime] = mapped_column(default=clock.now)


class Resident(Base):
    """Somebody who lives in the municipality for good, by the keyed digest of his number.

    `person_key` is the digest of his ΑΦΜ or, without one, of his ΑΜΚΑ; who copies the table alone
    has neither number.
    """

    __tablename__ = "residents"
    __table_args__ = (
        UniqueConstraint("body_id", "person_key"),
        Index(None, "body_id", "social_key"),
        Index(None, "body_id", "list_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    body_id: Mapped[int] = mapped_column(ForeignKey("bodies.id"))
    person_key: Mapped[bytes] = mapped_column(LargeBinary)
    social_key: Mapped[bytes | None] = mapped_column(LargeBinary)
    name: Mapped[str]
    address: Mapped[str]
    lives_since: Mapped[date]
    list_id: Mapped[int] = mapped_column(ForeignKey("resident_lists.id"))  # the last that named him
    entered_list_id: Mapped[int] = mapped_column(ForeignKey("resident_lists.id"))
    changed_list_id: Mapped[int] = mapped_column(ForeignKey("resident_lists.id"))


class IssuedCertificate(Base):
    """A document that a process issued under the seal alone, by the step that asked for it.

    The number is taken first, and once: each later try of the step goes on with it.
    """

    __tablename__ = "issued_certificates"
    __table_args__ = (UniqueConstraint("step_key"), Index(None, "application_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    body_id: Mapped[int] = mapped_column(ForeignKey("bodies.id"))
    application_id: Mapped[int] = mapped_column(ForeignKey("applications.id"))
    step_key: Mapped[str]
    template: Mapped[str]
    entry_id: Mapped[int] = mapped_column(ForeignKey("entries.id"))
    sha256: Mapped[str | None]
    begun_at: Mapped[datetime] = mapped_column(default=clock.now)
    issued_at: Mapped[datetime | None]
