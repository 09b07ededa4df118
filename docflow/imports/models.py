"""Registers of earlier systems: the file, how its columns were understood, what became of it."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from docflow.db import Base, one_of


class ImportState(StrEnum):
    MAPPING = "mapping"  # uploaded; a person says which column is what
    CHECKING = "checking"  # a job reads every row and writes nothing into the register
    CHECKED = "checked"  # the report is there; a person decides
    IMPORTING = "importing"  # a job writes everything, in one transaction
    SEALED = "sealed"  # the year stands; nothing of it changes any more
    CANCELLED = "cancelled"
    FAILED = "failed"


class Duplicates(StrEnum):
    """What to do where a number stands twice in the old register."""

    REFUSE = "refuse"  # they are errors
    SUFFIX = "suffix"  # the second and further ones become sub-numbers 1, 2 …


class OldRegister(Base):
    """One file with one year of a book that another system, or paper, had kept."""

    __tablename__ = "old_registers"
    __table_args__ = (
        one_of("state", ImportState),
        one_of("duplicates", Duplicates),
        CheckConstraint("year BETWEEN 1900 AND 2999", name="year_known"),
        CheckConstraint("length(taken_from) BETWEEN 1 AND 300", name="source_named"),
        CheckConstraint("state <> 'failed' OR problem IS NOT NULL", name="failure_has_reason"),
        CheckConstraint(
            "(state = 'sealed') = (core_digest IS NOT NULL AND sealed_at IS NOT NULL)",
            name="sealed_has_digest",
        ),
        Index(
            "ux_old_registers_sealed",
            "book_id",
            "year",
            unique=True,
            postgresql_where=text("state = 'sealed'"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    body_id: Mapped[int] = mapped_column(ForeignKey("bodies.id"))
    book_id: Mapped[int] = mapped_column(ForeignKey("books.id"))
    year: Mapped[int]
    taken_from: Mapped[str]  # the old system or book, as people call it
    file_name: Mapped[str]
    file_sha256: Mapped[str]
    file_size: Mapped[int]
    form: Mapped[dict[str, Any]]  # encoding, separator, sheet, header row
    columns: Mapped[dict[str, Any]]  # field -> number of the column, from 0
    direction: Mapped[str | None]  # of every row, where no column says it
    by_direction: Mapped[bool] = mapped_column(server_default=text("false"))  # a series each
    duplicates: Mapped[str] = mapped_column(server_default="refuse")
    without_bad: Mapped[bool] = mapped_column(server_default=text("false"))
    state: Mapped[str] = mapped_column(server_default="mapping")
    rows_total: Mapped[int] = mapped_column(server_default="0")
    rows_done: Mapped[int] = mapped_column(server_default="0")
    report: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    report_sha256: Mapped[str | None]  # the whole report as CSV, in the store
    problem: Mapped[str | None]
    begun_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    begun_at: Mapped[datetime]
    confirmed_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    sealed_at: Mapped[datetime | None]
    core_digest: Mapped[str | None]


class OldEntry(Base):
    """The row of the old register that became an entry, all its columns as they were."""

    __tablename__ = "old_entries"

    entry_id: Mapped[int] = mapped_column(
        ForeignKey("entries.id", deferrable=True, initially="DEFERRED"), primary_key=True
    )
    register_id: Mapped[int] = mapped_column(ForeignKey("old_registers.id"))
    row: Mapped[int]  # in the file, as a person counts them
    cells: Mapped[list[Any]]  # name of the column and what stood there, in their order
