"""Work lists that come in their order from an index; lists that people keep under a name.

Revision ID: 0026
Revises: 0025
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

APPLICATION = "docflow_app"
_URGENCY = "(priority = 'normal'), (priority = 'urgent')"  # false stands before true
_DUE = "COALESCE(due_on, '9999-12-31'::date)"
_OPEN, _CLOSED = "state <> 'closed'", "state = 'closed'"
_INFORMED = "kind = 'information' AND ended_at IS NULL"

# Name, table, columns, which rows.
INDEXES = (
    ("ix_handlings_unit_list", "handlings", f"unit_id, {_URGENCY}, {_DUE}, entry_id", _OPEN),
    ("ix_handlings_user_list", "handlings", f"user_id, {_URGENCY}, {_DUE}, entry_id", _OPEN),
    ("ix_handlings_unit_closed", "handlings", "unit_id, closed_at, entry_id", _CLOSED),
    ("ix_handlings_user_closed", "handlings", "user_id, closed_at, entry_id", _CLOSED),
    (
        "ix_handlings_unassigned",
        "handlings",
        "entry_id",
        "state = 'new' OR (state = 'charged' AND user_id IS NULL)",
    ),
    ("ix_charges_sent", "charges", "charged_by, entry_id", "ended_at IS NULL"),
    ("ix_charges_from_unit", "charges", "from_unit_id", "ended_at IS NULL"),
    ("ix_charges_informed_unit", "charges", "unit_id, entry_id", _INFORMED),
    ("ix_charges_informed_user", "charges", "user_id, entry_id", _INFORMED),
)
# The first columns of new ones: what they did, those do.
REPLACED = (
    ("ix_handlings_unit_open", "handlings", "unit_id", _OPEN),
    ("ix_handlings_user_open", "handlings", "user_id", _OPEN),
)


def upgrade() -> None:
    # First: what is committed by itself leaves nothing half done when it breaks off.
    with op.get_context().autocommit_block():
        _make(INDEXES)
        _drop(REPLACED)
    op.create_table(
        "saved_lists",
        sa.Column("id", sa.BigInteger(), primary_key=True),
        _to("body_id", "bodies.id"),
        _to("owner_id", "users.id"),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("basket", sa.Text(), nullable=False),
        sa.Column("narrowing", postgresql.JSONB(), nullable=False),
        _to("shared_unit_id", "units.id", nullable=True),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("length(name) BETWEEN 1 AND 60", name="name_length"),
        sa.UniqueConstraint("owner_id", "name"),
    )
    op.create_index(op.f("ix_saved_lists_shared_unit_id"), "saved_lists", ["shared_unit_id"])
    op.create_table(
        "first_lists",
        sa.Column("user_id", sa.BigInteger(), sa.ForeignKey("users.id"), primary_key=True),
        sa.Column(
            "list_id",
            sa.BigInteger(),
            sa.ForeignKey("saved_lists.id", ondelete="CASCADE"),
            nullable=False,
        ),
    )
    op.create_index(op.f("ix_first_lists_list_id"), "first_lists", ["list_id"])
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON saved_lists, first_lists TO {APPLICATION}")
    op.execute(f"GRANT USAGE ON SEQUENCE saved_lists_id_seq TO {APPLICATION}")


def downgrade() -> None:
    with op.get_context().autocommit_block():
        _make(REPLACED)
        _drop(INDEXES)
    op.drop_table("first_lists")
    op.drop_table("saved_lists")


def _make(indexes: tuple[tuple[str, str, str, str], ...]) -> None:
    """One that broke off earlier stands invalid: it goes first."""
    _drop(indexes)
    for name, table, columns, rows in indexes:
        op.execute(f"CREATE INDEX CONCURRENTLY {name} ON {table} ({columns}) WHERE {rows}")


def _drop(indexes: tuple[tuple[str, str, str, str], ...]) -> None:
    for name, *_ in indexes:
        op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")


def _to(name: str, target: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.BigInteger(), sa.ForeignKey(target), nullable=nullable)
