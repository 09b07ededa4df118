"""Classification plans in versions, case files, and what lies in them.

Classes of a version that was put in force, the class of an entry and the reasons of acts are
written once. What lies in a file is a row with a beginning and, when it was moved or taken out, an
end; it is never rewritten (migration 0023).
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from docflow import clock, exports
from docflow.db import Base, one_of


class RetentionAction(StrEnum):
    """What the plan says shall become of the files of a class when their time is over."""

    DESTROY = "destroy"  # εκκαθάριση
    TRANSFER = "transfer"  # παράδοση στα Γενικά Αρχεία του Κράτους
    PERMANENT = "permanent"  # διηνεκής φύλαξη
    REVIEW = "review"  # to be looked at then


class Plan(Base):
    """A classification plan (ταξινομικό σχέδιο); a body may have several beside each other."""

    __tablename__ = "classification_plans"
    __table_args__ = (UniqueConstraint("body_id", "code"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    body_id: Mapped[int] = mapped_column(ForeignKey("bodies.id"))
    code: Mapped[str]
    title: Mapped[str]
    made_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    made_at: Mapped[datetime] = mapped_column(default=clock.now)


class PlanVersion(Base):
    """A state of a plan. Without `valid_from` it is a draft; `content` are its classes till then.

    At most one draft of a plan; the days of its versions do not overlap.
    """

    __tablename__ = "classification_versions"
    __table_args__ = (
        UniqueConstraint("plan_id", "number"),
        Index(
            "ux_classification_versions_draft",
            "plan_id",
            unique=True,
            postgresql_where=text("valid_from IS NULL"),
        ),
        CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name="period_forward"),
        CheckConstraint("(valid_from IS NULL) = (put_at IS NULL)", name="put_in_force"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("classification_plans.id"))
    number: Mapped[int]
    content: Mapped[list[Any]]
    revision: Mapped[int] = mapped_column(server_default="1")  # of a draft: counts what was saved
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]
    changed_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    changed_at: Mapped[datetime] = mapped_column(default=clock.now)
    put_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    put_at: Mapped[datetime | None]


class PlanClass(Base):
    """A class of a version in force (Φ.20.3). Written once."""

    __tablename__ = "classification_classes"
    __table_args__ = (
        UniqueConstraint("version_id", "code"),
        one_of("action", RetentionAction),
        Index(None, "code"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("classification_versions.id"))
    position: Mapped[int]
    code: Mapped[str]
    parent_code: Mapped[str]  # empty at the top
    depth: Mapped[int]
    title: Mapped[str]
    retention_years: Mapped[int | None]
    action: Mapped[str]
    note: Mapped[str]


class EntryClass(Base):
    """The class of an entry, of the plan in force on the day of the entry. The last one counts."""

    __tablename__ = "entry_classes"
    __table_args__ = (Index(None, "entry_id"), Index(None, "class_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[int] = mapped_column(ForeignKey("entries.id"))
    class_id: Mapped[int] = mapped_column(ForeignKey("classification_classes.id"))
    classed_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    classed_at: Mapped[datetime] = mapped_column(default=clock.now)


class CodeMask(Base):
    """How the codes of a body's case files look; see `masks`."""

    __tablename__ = "case_file_masks"

    body_id: Mapped[int] = mapped_column(ForeignKey("bodies.id"), primary_key=True)
    mask: Mapped[str]
    set_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    set_at: Mapped[datetime] = mapped_column(default=clock.now)


class CodeSeries(Base):
    """The last number given to a case file of a unit in a year; unit 0 counts for the body."""

    __tablename__ = "case_file_series"

    body_id: Mapped[int] = mapped_column(ForeignKey("bodies.id"), primary_key=True)
    unit_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last_number: Mapped[int]


class CaseFile(Base):
    """A case file (φάκελος υπόθεσης), or a sub-file of one. `version` counts its changes."""

    __tablename__ = "case_files"
    __table_args__ = (
        UniqueConstraint("body_id", "code"),
        CheckConstraint("parent_id <> id", name="not_in_itself"),
        CheckConstraint("depth BETWEEN 0 AND 2", name="two_levels"),
        CheckConstraint("(depth = 0) = (parent_id IS NULL)", name="depth_of_parent"),
        CheckConstraint("length(title) BETWEEN 1 AND 300", name="title_length"),
        CheckConstraint("(closed_at IS NULL) = (closed_by IS NULL)", name="closed_by_somebody"),
        Index(None, "unit_id"),
        Index(None, "parent_id"),
        Index(None, "responsible_id"),
        Index(None, "class_id"),
        Index(
            "ix_case_files_key_trgm",
            "key",
            postgresql_using="gin",
            postgresql_ops={"key": "gin_trgm_ops"},
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    body_id: Mapped[int] = mapped_column(ForeignKey("bodies.id"))
    code: Mapped[str]
    year: Mapped[int]
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("case_files.id"))
    depth: Mapped[int] = mapped_column(server_default="0")
    title: Mapped[str]
    key: Mapped[str]  # code and title, folded, for finding
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    class_id: Mapped[int | None] = mapped_column(ForeignKey("classification_classes.id"))
    responsible_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    is_confidential: Mapped[bool] = mapped_column(server_default=text("false"))
    paper_place: Mapped[str] = mapped_column(server_default="")  # room, shelf, box
    # The entry whose subject the title repeats: the title goes when its personal data is erased.
    titled_from: Mapped[int | None] = mapped_column(ForeignKey("entries.id"))
    opened_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    opened_at: Mapped[datetime]
    closed_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    closed_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(server_default="1")
    changed_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    changed_at: Mapped[datetime | None]


class FileAct(Base):
    """Why a case file was closed or opened again, in the person's own words. Written once."""

    __tablename__ = "case_file_acts"
    __table_args__ = (
        CheckConstraint("length(reason) BETWEEN 1 AND 500", name="reason_length"),
        Index(None, "case_file_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    case_file_id: Mapped[int] = mapped_column(ForeignKey("case_files.id"))
    reason: Mapped[str]
    acted_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    acted_at: Mapped[datetime] = mapped_column(default=clock.now)


class ItemKind(StrEnum):
    """How an entry lies in a file."""

    MAIN = "main"  # it belongs here: one file at a time
    REFERENCE = "reference"  # it is only named here


class ItemEnd(StrEnum):
    MOVED = "moved"
    TAKEN_OUT = "taken-out"


class Item(Base):
    """An entry in a case file, from when to when."""

    __tablename__ = "case_file_items"
    __table_args__ = (
        one_of("kind", ItemKind),
        one_of("end_kind", ItemEnd),
        CheckConstraint("(ended_at IS NULL) = (end_kind IS NULL)", name="end_has_kind"),
        CheckConstraint("ended_at IS NULL OR length(reason) > 0", name="end_has_reason"),
        CheckConstraint("pages IS NULL OR pages BETWEEN 0 AND 99999", name="pages_in_range"),
        Index(
            "ux_case_file_items_main",
            "entry_id",
            unique=True,
            postgresql_where=text("kind = 'main' AND ended_at IS NULL"),
        ),
        Index(
            "ux_case_file_items_once",
            "case_file_id",
            "entry_id",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index(None, "entry_id"),
        Index(None, "case_file_id", "position"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    case_file_id: Mapped[int] = mapped_column(ForeignKey("case_files.id"))
    entry_id: Mapped[int] = mapped_column(ForeignKey("entries.id"))
    kind: Mapped[str]
    position: Mapped[int]
    pages: Mapped[int | None]  # as counted on paper; None: as its files have them
    filed_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))  # None: by itself
    filed_at: Mapped[datetime] = mapped_column(default=clock.now)
    ended_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    ended_at: Mapped[datetime | None]
    end_kind: Mapped[str | None]
    reason: Mapped[str] = mapped_column(server_default="")
    moved_to: Mapped[int | None] = mapped_column(ForeignKey("case_file_items.id"))


class ExportForm(StrEnum):
    PDF = "pdf"  # one document: contents, then what lies in the file
    ZIP = "zip"  # the originals with an index


class FileExport(exports.KeptFile):
    """A case file as one file that a job makes for a person; kept for a week."""

    __tablename__ = "case_file_exports"
    __table_args__ = (
        one_of("form", ExportForm),
        one_of("state", exports.ExportState),
        CheckConstraint("state <> 'done' OR sha256 IS NOT NULL", name="done_has_file"),
        CheckConstraint("state IN ('done', 'expired') OR sha256 IS NULL", name="file_once_done"),
        Index(None, "user_id", "id"),
        Index(None, "case_file_id"),
    )

    case_file_id: Mapped[int] = mapped_column(ForeignKey("case_files.id"))
    form: Mapped[str]
    language: Mapped[str]
    documents: Mapped[int | None]
