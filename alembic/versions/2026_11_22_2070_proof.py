"""Keys of objects that several bodies have: wrapped for each of them by its own key.

Revision ID: 0027
Revises: 0026
"""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

APPLICATION = "docflow_app"


def upgrade() -> None:
    op.create_table(
        "object_key_shares",
        sa.Column("digest", sa.Text(), primary_key=True),
        sa.Column("body_id", sa.BigInteger(), sa.ForeignKey("bodies.id"), primary_key=True),
        sa.Column("wrapped", sa.LargeBinary(), nullable=True),
        sa.Column("kek", sa.Text(), nullable=False),
        sa.Column(
            "made_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("destroyed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(wrapped IS NULL) = (destroyed_at IS NOT NULL)", name="destroyed_is_gone"
        ),
    )
    op.execute(
        "CREATE TRIGGER not_exchanged BEFORE UPDATE ON object_key_shares "
        "FOR EACH ROW EXECUTE FUNCTION guard_object_key()"
    )
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON object_key_shares TO {APPLICATION}")


def downgrade() -> None:
    op.drop_table("object_key_shares")
