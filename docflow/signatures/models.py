"""Keys of persons, the text of stamps, sealed documents and their proofs, reports, exact copies."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from docflow import clock
from docflow.db import Base, one_of


class KeyKind(StrEnum):
    """Where a person's private key lies."""

    FILE = "file"  # PKCS#12, kept here, encrypted under its password and once more by the office
    TOKEN = "token"  # noqa: S105  # a card or HSM, by PKCS#11
    CSC = "csc"  # a provider's service, by the API of the Cloud Signature Consortium
    OTP = "otp"  # the Greek public sector's service, with one-time passwords
    ELSEWHERE = "elsewhere"  # only the certificate is known: the person signs with a program


class Level(StrEnum):
    """ETSI EN 319 142-1."""

    B_B = "B-B"
    B_T = "B-T"
    B_LT = "B-LT"
    B_LTA = "B-LTA"


LEVELS = tuple(Level)  # the lowest first; as text they sort otherwise


class SealedKind(StrEnum):
    """What a sealed document is."""

    ORIGINAL = "original"  # with the signatures of persons
    EXACT_COPY = "exact-copy"
    COPY = "copy"  # a further exact copy, or a digitised one


class ValidationState(StrEnum):
    PENDING = "pending"
    DONE = "done"
    FAILED = "failed"


class CopyKind(StrEnum):
    EXACT = "exact"  # ακριβές αντίγραφο of an electronic document
    DIGITISED = "digitised"  # ψηφιοποιημένο αντίγραφο of a paper


class Keyring(Base):
    """The key that a person signs with. A private key that is kept here stays encrypted."""

    __tablename__ = "keyrings"
    __table_args__ = (
        one_of("kind", KeyKind),
        CheckConstraint("(kind = 'file') = (pkcs12 IS NOT NULL)", name="file_is_kept"),
        CheckConstraint(
            "(kind IN ('token', 'csc', 'otp')) = (provider <> '')", name="service_is_named"
        ),
    )

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(server_default="file")
    pkcs12: Mapped[bytes | None]
    provider: Mapped[str] = mapped_column(server_default="")  # name of a `SigningService`
    account: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    certificates: Mapped[str] = mapped_column(server_default="")  # PEM, the person's own first
    subject: Mapped[str]
    issuer: Mapped[str]
    not_after: Mapped[datetime]
    administered_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    added_at: Mapped[datetime] = mapped_column(default=clock.now)


class StampStyle(Base):
    """What the visible signatures of a body say."""

    __tablename__ = "stamp_styles"

    body_id: Mapped[int] = mapped_column(ForeignKey("bodies.id"), primary_key=True)
    heading: Mapped[str] = mapped_column(server_default="")
    lines: Mapped[list[Any]] = mapped_column(server_default=text("'[]'"))
    note: Mapped[str] = mapped_column(server_default="")
    has_qr: Mapped[bool] = mapped_column(server_default=text("true"))
    changed_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    changed_at: Mapped[datetime] = mapped_column(default=clock.now)


class TrustRoot(Base):
    """A root that one body trusts, besides those of the installation."""

    __tablename__ = "trust_roots"

    body_id: Mapped[int] = mapped_column(ForeignKey("bodies.id"), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(primary_key=True)  # SHA-256 of the DER
    pem: Mapped[str]
    subject: Mapped[str]
    not_after: Mapped[datetime]
    added_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    added_at: Mapped[datetime] = mapped_column(default=clock.now)
    withdrawn_at: Mapped[datetime | None]


class SealedDocument(Base):
    """A signed document that this office keeps verifiable, and where that stands now.

    `sha256` is the document as it was first kept; `current_sha256` is the same document with all
    proofs that were added to it since: its bytes begin with those of the first.
    """

    __tablename__ = "sealed_documents"
    __table_args__ = (
        one_of("kind", SealedKind),
        one_of("level", Level),
        CheckConstraint("wanted IN ('B-B', 'B-T', 'B-LT', 'B-LTA')", name="wanted_known"),
        UniqueConstraint("sha256"),
        Index(
            "ix_sealed_documents_pending",
            "try_after",
            postgresql_where=text("level <> wanted OR checked_at IS NULL"),
        ),
        Index(None, "renew_before"),
        Index(None, "entry_id"),
        Index(None, "current_sha256"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    body_id: Mapped[int] = mapped_column(ForeignKey("bodies.id"))
    kind: Mapped[str]
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("entries.id"))
    sha256: Mapped[str]
    current_sha256: Mapped[str]
    level: Mapped[str]
    wanted: Mapped[str]
    problem: Mapped[str] = mapped_column(server_default="")
    tries: Mapped[int] = mapped_column(server_default="0")
    try_after: Mapped[datetime] = mapped_column(default=clock.now)
    made_at: Mapped[datetime] = mapped_column(default=clock.now)
    renew_before: Mapped[datetime | None]
    holds: Mapped[bool | None]  # what a verifier will say on the last day before the renewal
    checked_at: Mapped[datetime | None]
    outlook: Mapped[dict[str, Any] | None]  # that verdict

    @property
    def is_time_pending(self) -> bool:
        """Is there no proof of time yet, though one is wanted?"""
        return self.level == Level.B_B and self.wanted != Level.B_B

    @property
    def is_pending(self) -> bool:
        return self.level != self.wanted


class DocumentProof(Base):
    """Each state of a sealed document: the bytes it had after signing, and after each addition."""

    __tablename__ = "document_proofs"
    __table_args__ = (one_of("level", Level), Index(None, "sha256"))

    document_id: Mapped[int] = mapped_column(ForeignKey("sealed_documents.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    act: Mapped[str]  # sealed | completed | renewed
    level: Mapped[str]
    sha256: Mapped[str]
    size: Mapped[int]
    made_at: Mapped[datetime] = mapped_column(default=clock.now)


class FileValidation(Base):
    """What the check of a file's signatures said, the last time it was made."""

    __tablename__ = "file_validations"
    __table_args__ = (one_of("state", ValidationState),)

    file_id: Mapped[int] = mapped_column(ForeignKey("files.id"), primary_key=True)
    state: Mapped[str] = mapped_column(server_default="pending")
    verdict: Mapped[str | None]
    integrity: Mapped[str | None]
    signatures: Mapped[int] = mapped_column(server_default="0")
    report: Mapped[dict[str, Any] | None]
    asked_at: Mapped[datetime] = mapped_column(default=clock.now)
    checked_at: Mapped[datetime | None]
    problem: Mapped[str | None]


class ExactCopy(Base):
    """An exact or digitised copy that an authorised person issued: the log of copies."""

    __tablename__ = "exact_copies"
    __table_args__ = (
        one_of("kind", CopyKind),
        UniqueConstraint("entry_id", "position"),
        UniqueConstraint("code"),
        CheckConstraint(
            "kind <> 'digitised' OR (paper_place <> '' AND destroy_after IS NOT NULL)",
            name="paper_is_somewhere",
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    body_id: Mapped[int] = mapped_column(ForeignKey("bodies.id"))
    entry_id: Mapped[int] = mapped_column(ForeignKey("entries.id"))
    position: Mapped[int]
    kind: Mapped[str]
    file_id: Mapped[int] = mapped_column(ForeignKey("files.id"))
    source_sha256: Mapped[str]
    sha256: Mapped[str]
    size: Mapped[int]
    code: Mapped[str]  # 80 random bits, as of an entry
    issued_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    name: Mapped[str]
    capacity: Mapped[str]
    purpose: Mapped[str] = mapped_column(server_default="")
    paper_place: Mapped[str] = mapped_column(server_default="")
    destroy_after: Mapped[date | None]
    issued_at: Mapped[datetime] = mapped_column(default=clock.now)
