"""Alarms: what was wrong, since when, who was told."""

from datetime import datetime

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from docflow.db import Base


class Alarm(Base):
    """Something that an administrator must look at; over when `over_at` stands.

    `name` is that of a `Limit`. Told once when it begins and once when it is over.
    """

    __tablename__ = "alarms"
    __table_args__ = (
        Index("ux_alarms_open", "name", unique=True, postgresql_where=text("over_at IS NULL")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    what: Mapped[str]  # as it was told, in the language of the body
    since: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))
    told_at: Mapped[datetime | None]
    over_at: Mapped[datetime | None]
    over_told_at: Mapped[datetime | None]
