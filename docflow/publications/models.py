"""Acts that the body made public: one row a publication, withdrawn and never deleted."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from docflow import clock
from docflow.db import Base


class Publication(Base):
    """An issued act on the public pages. Its id is part of its permanent address."""

    __tablename__ = "publications"
    __table_args__ = (
        CheckConstraint("length(subject) BETWEEN 1 AND 1000", name="subject_length"),
        CheckConstraint(
            "(withdrawn_at IS NULL) = (withdrawal_reason = '') "
            "AND (withdrawn_at IS NULL) = (withdrawn_by IS NULL)",
            name="withdrawal_has_reason",
        ),
        Index(
            "ux_publications_entry_id",
            "entry_id",
            unique=True,
            postgresql_where=text("withdrawn_at IS NULL"),
        ),
        Index(
            "ux_publications_ada",
            "body_id",
            "ada",
            unique=True,
            postgresql_where=text("ada <> '' AND withdrawn_at IS NULL"),
        ),
        Index(None, "body_id", "acted_on", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    body_id: Mapped[int] = mapped_column(ForeignKey("bodies.id"))
    entry_id: Mapped[int] = mapped_column(ForeignKey("entries.id"))
    ada: Mapped[str] = mapped_column(server_default="")  # of Diavgeia (ν. 4727/2020 art. 76 ff.)
    subject: Mapped[str]  # as the public reads it
    kind: Mapped[str] = mapped_column(server_default="")  # name of the kind of document
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"))
    acted_on: Mapped[date]
    folded: Mapped[str]  # what it is found by
    published_at: Mapped[datetime] = mapped_column(default=clock.now)
    published_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    changed_at: Mapped[datetime] = mapped_column(default=clock.now)
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    withdrawal_reason: Mapped[str] = mapped_column(server_default="")
