"""Senders and recipients. An entry keeps its own snapshot; this is the directory for next time."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, literal_column, text
from sqlalchemy.orm import Mapped, mapped_column

from docflow.db import Base, one_of


class PartyKind(StrEnum):
    PERSON = "person"
    COMPANY = "company"
    PUBLIC_BODY = "public-body"


class Party(Base):
    """Somebody with whom the body corresponds."""

    __tablename__ = "parties"
    __table_args__ = (
        one_of("kind", PartyKind),
        UniqueConstraint("body_id", "name_key", "tax_number"),
        Index(
            "ix_parties_name_key_trgm",
            "name_key",
            postgresql_using="gin",
            postgresql_ops={"name_key": "gin_trgm_ops"},
        ),
        Index(None, "tax_number"),
        Index(None, "merged_into_id"),
        Index(
            "ix_parties_email_folded",
            text("lower(email)"),
            postgresql_where=text("email <> ''"),
        ),
        CheckConstraint("merged_into_id <> id", name="not_merged_into_itself"),
        # For suggestions while typing: the usual ones first, then by what a name begins with.
        Index("ix_parties_usual", "body_id", text("uses DESC")),
        Index(
            "ix_parties_name_begins",
            "body_id",
            "name_key",
            postgresql_ops={"name_key": "text_pattern_ops"},
        ),
        Index(
            "ix_parties_tax_number_begins",
            "body_id",
            "tax_number",
            postgresql_ops={"tax_number": "text_pattern_ops"},
        ),
        Index(
            "ix_parties_email_begins",
            literal_column("lower(email)").label("email_folded"),
            postgresql_ops={"email_folded": "text_pattern_ops"},
            postgresql_where=text("email <> ''"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    body_id: Mapped[int] = mapped_column(ForeignKey("bodies.id"))
    kind: Mapped[str]
    name: Mapped[str]
    name_key: Mapped[str]  # folding.fold(name): sorts and matches
    tax_number: Mapped[str] = mapped_column(server_default="")  # ΑΦΜ
    email: Mapped[str] = mapped_column(server_default="")
    phone: Mapped[str] = mapped_column(server_default="")
    address: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))
    last_used_at: Mapped[datetime | None]
    uses: Mapped[int] = mapped_column(server_default="0")  # hours in which it was used, for ranking
    code: Mapped[str] = mapped_column(server_default="")  # of a public body, in its directory
    network_id: Mapped[str] = mapped_column(server_default="")  # of a public body, in ΚΣΗΔΕ
    note: Mapped[str] = mapped_column(server_default="")
    # The party that this one turned out to be; entries keep pointing here, readers follow.
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("parties.id"))


class AddressKind(StrEnum):
    SEAT = "seat"  # έδρα
    POSTAL = "postal"
    HOME = "home"
    BRANCH = "branch"


class PartyAddress(Base):
    """A further address of a party, from one day to another; the first one stands in `parties`."""

    __tablename__ = "party_addresses"
    __table_args__ = (
        one_of("kind", AddressKind),
        CheckConstraint("length(address) > 0", name="address_given"),
        CheckConstraint("valid_to >= valid_from", name="days_in_order"),
        Index(None, "party_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    party_id: Mapped[int] = mapped_column(ForeignKey("parties.id"))
    kind: Mapped[str]
    address: Mapped[str]
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]


class ChangeKind(StrEnum):
    MADE = "made"
    EDITED = "edited"
    ADDRESS_ADDED = "address-added"
    ADDRESS_ENDED = "address-ended"
    MERGED = "merged"  # into the party that `new` names
    SEPARATED = "separated"  # a merge taken back


class PartyChange(Base):
    """What was changed in the directory, written once: the old values and the new ones."""

    __tablename__ = "party_changes"
    __table_args__ = (one_of("kind", ChangeKind), Index(None, "party_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    party_id: Mapped[int] = mapped_column(ForeignKey("parties.id"))
    kind: Mapped[str]
    old: Mapped[dict[str, Any]]
    new: Mapped[dict[str, Any]]
    reason: Mapped[str]
    changed_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    changed_at: Mapped[datetime]


class PartyGroup(Base):
    """Parties to whom the body writes together: all schools, the members of a council."""

    __tablename__ = "party_groups"
    __table_args__ = (UniqueConstraint("body_id", "name_key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    body_id: Mapped[int] = mapped_column(ForeignKey("bodies.id"))
    name: Mapped[str]
    name_key: Mapped[str]


class PartyGroupMember(Base):
    """A party of a group."""

    __tablename__ = "party_group_members"
    __table_args__ = (Index(None, "party_id"),)

    group_id: Mapped[int] = mapped_column(ForeignKey("party_groups.id"), primary_key=True)
    party_id: Mapped[int] = mapped_column(ForeignKey("parties.id"), primary_key=True)
