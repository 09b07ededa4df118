"""Definitions as they were deployed, processes on their way, and their steps.

`process_instances.course` is what the engine keeps, for itself alone. What people and queries need
stands in `process_tasks`, one row for each step that was reached; it is written with the course, in
the same transaction.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from docflow.db import Base, one_of
from docflow.processes.values import InstanceState, TaskKind, TaskState


class ProcessDefinition(Base):
    """A file of BPMN, kept for as long as processes are told by it. Written once."""

    __tablename__ = "process_definitions"
    __table_args__ = (UniqueConstraint("digest"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str]  # SHA-256 of the file, hex
    xml: Mapped[str]
    kept_at: Mapped[datetime]


class ProcessTemplate(Base):
    """A process of the office's own work, by the code that its file gives it.

    `version` is the one by which processes begin from now on.
    """

    __tablename__ = "process_templates"
    __table_args__ = (
        UniqueConstraint("body_id", "code"),
        CheckConstraint("version > 0", name="version_positive"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    body_id: Mapped[int] = mapped_column(ForeignKey("bodies.id"))
    code: Mapped[str]
    version: Mapped[int]
    withdrawn_at: Mapped[datetime | None]


class ProcessTemplateVersion(Base):
    """A file as it was deployed: number 1, 2 … of its template. Written once."""

    __tablename__ = "process_template_versions"

    template_id: Mapped[int] = mapped_column(ForeignKey("process_templates.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    definition_id: Mapped[int] = mapped_column(ForeignKey("process_definitions.id"))
    deployed_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    deployed_at: Mapped[datetime]


class KindProcess(Base):
    """The template by which documents of a kind are worked on; none where the tie was undone."""

    __tablename__ = "kind_processes"
    __table_args__ = (
        CheckConstraint("version > 0", name="version_positive"),
        Index(None, "template_id"),
    )

    kind_id: Mapped[int] = mapped_column(ForeignKey("kinds.id"), primary_key=True)
    template_id: Mapped[int | None] = mapped_column(ForeignKey("process_templates.id"))
    version: Mapped[int]  # rises with each change
    changed_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    changed_at: Mapped[datetime]


class ProcessInstance(Base):
    """One process about one subject.

    `service` and `service_version` say which service it is of; of a process about an entry itself,
    which template.
    """

    __tablename__ = "process_instances"
    __table_args__ = (
        one_of("state", InstanceState),
        CheckConstraint("subject_type ~ '^[a-z-]{1,40}$'", name="subject_is_code"),
        CheckConstraint("state <> 'stopped' OR problem <> ''", name="stop_has_reason"),
        CheckConstraint(
            "(state IN ('ended', 'cancelled')) = (ended_at IS NOT NULL)", name="ended_has_time"
        ),
        Index(
            "ux_process_instances_live",
            "subject_type",
            "subject_id",
            unique=True,
            postgresql_where=text("state IN ('running', 'stopped')"),
        ),
        Index(None, "subject_type", "subject_id"),
        Index(None, "entry_id"),
        Index(None, "body_id", "id"),
        Index(
            "ix_process_instances_stopped", "body_id", postgresql_where=text("state = 'stopped'")
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    body_id: Mapped[int] = mapped_column(ForeignKey("bodies.id"))
    subject_type: Mapped[str]
    subject_id: Mapped[int]
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("entries.id"))
    definition_id: Mapped[int] = mapped_column(ForeignKey("process_definitions.id"))
    service: Mapped[str]
    service_version: Mapped[int]
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))  # competent for the service
    state: Mapped[str] = mapped_column(server_default="running")
    data: Mapped[dict[str, Any]]  # what the process knows: personal data among it
    course: Mapped[str]  # the engine's own JSON; empty before its first step
    steps: Mapped[int] = mapped_column(server_default="0")
    steps_allowed: Mapped[int]  # before it counts as one that never ends
    problem: Mapped[str] = mapped_column(server_default="")  # why it stopped
    reason: Mapped[str] = mapped_column(server_default="")  # why it was cancelled
    started_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    @property
    def has_begun(self) -> bool:
        """Whether the engine had it; a course that was lost later is no beginning."""
        return bool(self.course or self.steps)


class ProcessTask(Base):
    """A step that a process reached. `key` is the engine's name of it."""

    __tablename__ = "process_tasks"
    __table_args__ = (
        one_of("kind", TaskKind),
        one_of("state", TaskState),
        UniqueConstraint("instance_id", "key"),
        CheckConstraint(
            "(state IN ('done', 'dropped')) = (ended_at IS NOT NULL)", name="ended_has_time"
        ),
        CheckConstraint("(taken_at IS NULL) = (taken_by IS NULL)", name="taken_has_time"),
        CheckConstraint("(kind = 'employee') = (unit_id IS NOT NULL)", name="employee_has_unit"),
        CheckConstraint("state <> 'failed' OR problem <> ''", name="failure_has_reason"),
        Index(
            "ix_process_tasks_open_unit",
            "unit_id",
            "id",
            postgresql_where=text("state = 'open' AND kind = 'employee'"),
        ),
        Index(
            "ix_process_tasks_open_person",
            "taken_by",
            "id",
            postgresql_where=text("state = 'open' AND kind = 'employee'"),
        ),
        Index(
            "ix_process_tasks_due",
            "due_at",
            postgresql_where=text("state = 'open' AND kind = 'timer'"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    instance_id: Mapped[int] = mapped_column(ForeignKey("process_instances.id"))
    key: Mapped[str]
    element_id: Mapped[str]
    kind: Mapped[str]
    state: Mapped[str] = mapped_column(server_default="open")
    version: Mapped[int] = mapped_column(server_default="1")  # rises with each act on the step
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"))
    taken_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    taken_at: Mapped[datetime | None]
    opened_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))  # None: not by an employee
    due_on: Mapped[date | None]
    due_at: Mapped[datetime | None]
    message: Mapped[str] = mapped_column(server_default="")
    problem: Mapped[str] = mapped_column(server_default="")
    attempts: Mapped[int] = mapped_column(server_default="0")
