"""Alarms."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

APPLICATION = "docflow_app"


def upgrade() -> None:
    op.create_table(
        "alarms",
        sa.Column("id", sa.BigInteger(), primary_key=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column(
            "since",
            sa.DateTime(timezone=True),
            nullable=False,
            server_default=sa.text("clock_timestamp()"),
        ),
        sa.Column("told_at", sa.DateTime(timezone=True)),
        sa.Column("over_at", sa.DateTime(timezone=True)),
        sa.Column("over_told_at", sa.DateTime(timezone=True)),
    )
    op.create_index(
        "ux_alarms_open",
        "alarms",
        ["name"],
        unique=True,
        postgresql_where=sa.text("over_at IS NULL"),
    )
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON alarms TO {APPLICATION}")
    op.execute(f"GRANT USAGE ON SEQUENCE alarms_id_seq TO {APPLICATION}")


def downgrade() -> None:
    op.drop_table("alarms")
