"""Processes of e-services: definitions, processes on their way, their steps."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

APPLICATION = "docflow_app"


def upgrade() -> None:
    _definitions()
    _instances()
    _tasks()
    op.execute(
        f"""
        CREATE TRIGGER written_once BEFORE UPDATE OR DELETE ON process_definitions
            FOR EACH ROW EXECUTE FUNCTION refuse_change();
        CREATE TRIGGER never_emptied BEFORE TRUNCATE ON process_definitions
            FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
        GRANT SELECT, INSERT ON process_definitions TO {APPLICATION};
        GRANT SELECT, INSERT, UPDATE ON process_instances, process_tasks TO {APPLICATION};
        GRANT USAGE ON SEQUENCE process_definitions_id_seq, process_instances_id_seq,
            process_tasks_id_seq TO {APPLICATION};
        """
    )


def _definitions() -> None:
    op.create_table(
        "process_definitions",
        sa.Column("id", sa.BigInteger(), primary_key=True),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("xml", sa.Text(), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("digest"),
    )


def _instances() -> None:
    op.create_table(
        "process_instances",
        sa.Column("id", sa.BigInteger(), primary_key=True),
        sa.Column("body_id", sa.BigInteger(), sa.ForeignKey("bodies.id"), nullable=False),
        sa.Column("subject_type", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.BigInteger(), nullable=False),
        sa.Column("entry_id", sa.BigInteger(), sa.ForeignKey("entries.id"), nullable=True),
        sa.Column(
            "definition_id",
            sa.BigInteger(),
            sa.ForeignKey("process_definitions.id"),
            nullable=False,
        ),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("service_version", sa.BigInteger(), nullable=False),
        sa.Column("unit_id", sa.BigInteger(), sa.ForeignKey("units.id"), nullable=False),
        sa.Column("state", sa.Text(), server_default="running", nullable=False),
        sa.Column("data", JSONB(), nullable=False),
        sa.Column("course", sa.Text(), nullable=False),
        sa.Column("steps", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("steps_allowed", sa.BigInteger(), nullable=False),
        sa.Column("problem", sa.Text(), server_default="", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('running', 'ended', 'cancelled', 'stopped')", name="state_known"
        ),
        sa.CheckConstraint("subject_type ~ '^[a-z-]{1,40}$'", name="subject_is_code"),
        sa.CheckConstraint("state <> 'stopped' OR problem <> ''", name="stop_has_reason"),
        sa.CheckConstraint(
            "(state IN ('ended', 'cancelled')) = (ended_at IS NOT NULL)", name="ended_has_time"
        ),
    )
    op.create_index(
        "ux_process_instances_live",
        "process_instances",
        ["subject_type", "subject_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('running', 'stopped')"),
    )
    op.create_index(
        "ix_process_instances_subject_type_subject_id",
        "process_instances",
        ["subject_type", "subject_id"],
    )
    op.create_index("ix_process_instances_entry_id", "process_instances", ["entry_id"])
    op.create_index("ix_process_instances_body_id_id", "process_instances", ["body_id", "id"])
    op.create_index(
        "ix_process_instances_stopped",
        "process_instances",
        ["body_id"],
        postgresql_where=sa.text("state = 'stopped'"),
    )


def _tasks() -> None:
    op.create_table(
        "process_tasks",
        sa.Column("id", sa.BigInteger(), primary_key=True),
        sa.Column(
            "instance_id", sa.BigInteger(), sa.ForeignKey("process_instances.id"), nullable=False
        ),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("element_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="open", nullable=False),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("unit_id", sa.BigInteger(), sa.ForeignKey("units.id"), nullable=True),
        sa.Column("taken_by", sa.BigInteger(), sa.ForeignKey("users.id"), nullable=True),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.BigInteger(), sa.ForeignKey("users.id"), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("message", sa.Text(), server_default="", nullable=False),
        sa.Column("problem", sa.Text(), server_default="", nullable=False),
        sa.Column("attempts", sa.BigInteger(), server_default="0", nullable=False),
        sa.UniqueConstraint("instance_id", "key"),
        sa.CheckConstraint(
            "kind IN ('citizen', 'employee', 'service', 'timer', 'message')", name="kind_known"
        ),
        sa.CheckConstraint("state IN ('open', 'done', 'dropped', 'failed')", name="state_known"),
        sa.CheckConstraint(
            "(state IN ('done', 'dropped')) = (ended_at IS NOT NULL)", name="ended_has_time"
        ),
        sa.CheckConstraint("(taken_at IS NULL) = (taken_by IS NULL)", name="taken_has_time"),
        sa.CheckConstraint("(kind = 'employee') = (unit_id IS NOT NULL)", name="employee_has_unit"),
        sa.CheckConstraint("state <> 'failed' OR problem <> ''", name="failure_has_reason"),
    )
    for name, column, condition in (
        ("open_unit", "unit_id", "state = 'open' AND kind = 'employee'"),
        ("open_person", "taken_by", "state = 'open' AND kind = 'employee'"),
    ):
        op.create_index(
            f"ix_process_tasks_{name}",
            "process_tasks",
            [column, "id"],
            postgresql_where=sa.text(condition),
        )
    op.create_index(
        "ix_process_tasks_due",
        "process_tasks",
        ["due_at"],
        postgresql_where=sa.text("state = 'open' AND kind = 'timer'"),
    )


def downgrade() -> None:
    op.drop_table("process_tasks")
    op.drop_table("process_instances")
    op.drop_table("process_definitions")
