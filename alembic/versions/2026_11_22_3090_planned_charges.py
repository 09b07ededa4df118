"""Charges that are to be made on a day to come.

Revision ID: 0036
Revises: 0035
"""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

APPLICATION = "docflow_app"
ERASED = (("planned_charges", "entry_id = entry", "instructions = '', problem = ''"),)


def upgrade() -> None:
    op.create_table(
        "planned_charges",
        sa.Column("id", sa.BigInteger(), primary_key=True),
        sa.Column("entry_id", sa.BigInteger(), sa.ForeignKey("entries.id"), nullable=False),
        sa.Column("charge_id", sa.BigInteger(), sa.ForeignKey("charges.id"), nullable=True),
        sa.Column("unit_id", sa.BigInteger(), sa.ForeignKey("units.id"), nullable=False),
        sa.Column("user_id", sa.BigInteger(), sa.ForeignKey("users.id"), nullable=True),
        sa.Column("inform", sa.dialects.postgresql.JSONB(), nullable=False),
        sa.Column("instructions", sa.Text(), nullable=False, server_default=""),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("planned_by", sa.BigInteger(), sa.ForeignKey("users.id"), nullable=False),
        sa.Column("planned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False, server_default="waiting"),
        sa.Column("ended_by", sa.BigInteger(), sa.ForeignKey("users.id"), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("problem", sa.Text(), nullable=False, server_default=""),
        sa.CheckConstraint(
            "state IN ('waiting', 'done', 'withdrawn', 'overtaken', 'failed')", name="state_known"
        ),
        sa.CheckConstraint("(state = 'waiting') = (ended_at IS NULL)", name="ended_has_time"),
    )
    op.create_index(op.f("ix_planned_charges_entry_id"), "planned_charges", ["entry_id"])
    op.create_index(
        "ux_planned_charges_one_waiting",
        "planned_charges",
        ["entry_id"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index(
        "ix_planned_charges_due",
        "planned_charges",
        ["on_day"],
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.execute(
        "CREATE TRIGGER not_of_erased BEFORE INSERT ON planned_charges "
        "FOR EACH ROW EXECUTE FUNCTION guard_erased_handling()"
    )
    op.execute(
        "CREATE TRIGGER never_deleted BEFORE DELETE ON planned_charges "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    [(table, whose, changes)] = ERASED
    op.execute(
        f"""
        CREATE FUNCTION also_erase_planned_charges(entry bigint) RETURNS void
        LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
        BEGIN
            UPDATE {table} SET {changes} WHERE {whose};
        END $$
        """
    )
    op.execute("REVOKE ALL ON FUNCTION also_erase_planned_charges(bigint) FROM PUBLIC")
    op.execute(
        f"""
        GRANT SELECT, INSERT, UPDATE ON planned_charges TO {APPLICATION};
        GRANT USAGE ON SEQUENCE planned_charges_id_seq TO {APPLICATION};
        """
    )


def downgrade() -> None:
    op.execute("DROP FUNCTION also_erase_planned_charges(bigint)")
    op.drop_table("planned_charges")
