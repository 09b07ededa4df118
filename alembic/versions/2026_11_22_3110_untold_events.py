"""What the financial application was not told yet is found without reading what it was.

Revision ID: 0038
Revises: 0037
"""

from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None

_NAME = "ix_payment_events_at"


def upgrade() -> None:
    with op.get_context().autocommit_block():
        _drop()  # one that broke off earlier stands invalid
        op.execute(
            f"CREATE INDEX CONCURRENTLY {_NAME} ON payment_events (at) WHERE told_at IS NULL"
        )


def downgrade() -> None:
    with op.get_context().autocommit_block():
        _drop()


def _drop() -> None:
    op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {_NAME}")
