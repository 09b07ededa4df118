"""Processes of the office's own work, begun by the kind of an incoming document.

Revision ID: 0039
Revises: 0038
"""

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

APPLICATION = "docflow_app"


def upgrade() -> None:
    op.create_table(
        "process_templates",
        sa.Column("id", sa.BigInteger(), primary_key=True),
        sa.Column("body_id", sa.BigInteger(), sa.ForeignKey("bodies.id"), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.UniqueConstraint("body_id", "code"),
        sa.CheckConstraint("version > 0", name="version_positive"),
    )
    op.create_table(
        "process_template_versions",
        sa.Column(
            "template_id",
            sa.BigInteger(),
            sa.ForeignKey("process_templates.id"),
            primary_key=True,
        ),
        sa.Column("number", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column(
            "definition_id",
            sa.BigInteger(),
            sa.ForeignKey("process_definitions.id"),
            nullable=False,
        ),
        sa.Column("deployed_by", sa.BigInteger(), sa.ForeignKey("users.id"), nullable=True),
        sa.Column("deployed_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "kind_processes",
        sa.Column("kind_id", sa.BigInteger(), sa.ForeignKey("kinds.id"), primary_key=True),
        sa.Column(
            "template_id", sa.BigInteger(), sa.ForeignKey("process_templates.id"), nullable=True
        ),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("changed_by", sa.BigInteger(), sa.ForeignKey("users.id"), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("version > 0", name="version_positive"),
    )
    op.create_index("ix_kind_processes_template_id", "kind_processes", ["template_id"])
    op.execute(
        f"""
        CREATE TRIGGER written_once BEFORE UPDATE OR DELETE ON process_template_versions
            FOR EACH ROW EXECUTE FUNCTION refuse_change();
        CREATE TRIGGER never_emptied BEFORE TRUNCATE ON process_template_versions
            FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
        GRANT SELECT, INSERT ON process_template_versions TO {APPLICATION};
        GRANT SELECT, INSERT, UPDATE ON process_templates, kind_processes TO {APPLICATION};
        GRANT USAGE ON SEQUENCE process_templates_id_seq TO {APPLICATION};
        """
    )


def downgrade() -> None:
    op.drop_table("kind_processes")
    op.drop_table("process_template_versions")
    op.drop_table("process_templates")
