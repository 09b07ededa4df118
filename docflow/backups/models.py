"""What is known of the backups that were made: the bytes themselves lie outside."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from docflow.db import Base, one_of


class BackupState(StrEnum):
    RUNNING = "running"
    DONE = "done"
    INCOMPLETE = "incomplete"  # the database is in it, but objects were missing or altered
    FAILED = "failed"


class Backup(Base):
    """A backup: begun, and how it ended. Sizes in bytes."""

    __tablename__ = "backups"
    __table_args__ = (
        one_of("state", BackupState),
        CheckConstraint(
            "(state IN ('failed', 'incomplete')) = (problem IS NOT NULL)", name="problem_is_said"
        ),
        CheckConstraint("(state = 'running') = (finished_at IS NULL)", name="ends_once"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    place: Mapped[str]
    name: Mapped[str]
    state: Mapped[str] = mapped_column(server_default="running")
    started_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))
    finished_at: Mapped[datetime | None]
    database_size: Mapped[int] = mapped_column(server_default="0")
    objects: Mapped[int] = mapped_column(server_default="0")
    new_objects: Mapped[int] = mapped_column(server_default="0")
    new_bytes: Mapped[int] = mapped_column(server_default="0")
    problem: Mapped[str | None]
