"""Backups that were made; the application may read every table, so that it can make them."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

APPLICATION = "docflow_app"


def upgrade() -> None:
    op.create_table(
        "backups",
        sa.Column("id", sa.BigInteger(), primary_key=True),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False, server_default="running"),
        sa.Column(
            "started_at",
            sa.DateTime(timezone=True),
            nullable=False,
            server_default=sa.text("clock_timestamp()"),
        ),
        sa.Column("finished_at", sa.DateTime(timezone=True)),
        sa.Column("database_size", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("objects", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("new_objects", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("new_bytes", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("problem", sa.Text()),
        sa.CheckConstraint(
            "state IN ('running', 'done', 'incomplete', 'failed')", name="state_known"
        ),
        sa.CheckConstraint(
            "(state IN ('failed', 'incomplete')) = (problem IS NOT NULL)", name="problem_is_said"
        ),
        sa.CheckConstraint("(state = 'running') = (finished_at IS NULL)", name="ends_once"),
    )
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON backups TO {APPLICATION}")
    op.execute(f"GRANT USAGE ON SEQUENCE backups_id_seq TO {APPLICATION}")
    # pg_dump, run as the application, reads all of them; those of later migrations too.
    op.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {APPLICATION}")
    op.execute(f"GRANT SELECT ON ALL SEQUENCES IN SCHEMA public TO {APPLICATION}")
    op.execute(f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO {APPLICATION}")
    op.execute(
        f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON SEQUENCES TO {APPLICATION}"
    )


def downgrade() -> None:
    op.execute(
        f"ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE SELECT ON SEQUENCES FROM {APPLICATION}"
    )
    op.execute(
        f"ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE SELECT ON TABLES FROM {APPLICATION}"
    )
    op.execute(f"REVOKE SELECT ON ALL SEQUENCES IN SCHEMA public FROM {APPLICATION}")
    op.drop_table("backups")
