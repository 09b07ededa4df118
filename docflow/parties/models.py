"""Senders and recipients. An entry keeps its own snapshot; this is the directory for next time."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
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
