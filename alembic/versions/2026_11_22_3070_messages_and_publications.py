"""Messages to citizens, pick-ups that are reminded of and expire, and published acts.

Revision ID: 0034
Revises: 0033
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

APPLICATION = "docflow_app"
MOMENT = sa.DateTime(timezone=True)
STATES = ("queued", "sent", "failed", "picked-up", "withdrawn")
INDEXES = (
    ("ix_deliveries_expires", "expires_at", "channel = 'pickup' AND state = 'sent'"),
    ("ix_deliveries_to_post", "entry_id", "channel <> 'pickup' AND state = 'queued'"),
)
ABOUT = "about_type ~ '^[a-z-]{1,40}$'"
KIND = "kind ~ '^[a-z-]{1,40}$'"


def upgrade() -> None:
    # First: what is committed by itself leaves nothing half done when it breaks off.
    with op.get_context().autocommit_block():
        _states((*STATES, "expired"))
        _drop_indexes()
        for name, columns, rows in INDEXES:
            op.execute(f"CREATE INDEX CONCURRENTLY {name} ON deliveries ({columns}) WHERE {rows}")
    _create_messages()
    _create_templates()
    _create_publications()
    # Constant defaults: no row is written for them.
    for name, default in (("phone", ""), ("language", ""), ("wanted", "email")):
        op.add_column(
            "deliveries", sa.Column(name, sa.Text(), server_default=default, nullable=False)
        )
    op.add_column("deliveries", sa.Column("follows_id", sa.BigInteger(), nullable=True))


def _drop_indexes() -> None:
    for name, _, _ in INDEXES:
        op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")


def _states(allowed: tuple[str, ...]) -> None:
    """Other states; existing rows are looked at in a transaction of its own, without a lock."""
    words = ", ".join(f"'{one}'" for one in allowed)
    op.execute(
        "ALTER TABLE deliveries DROP CONSTRAINT IF EXISTS ck_deliveries_state_known, "
        f"ADD CONSTRAINT ck_deliveries_state_known CHECK (state IN ({words})) NOT VALID"
    )
    op.execute("ALTER TABLE deliveries VALIDATE CONSTRAINT ck_deliveries_state_known")


def _create_messages() -> None:
    op.create_table(
        "messages",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("body_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("about_type", sa.Text(), nullable=False),
        sa.Column("about_id", sa.BigInteger(), nullable=False),
        sa.Column("source_id", sa.BigInteger(), nullable=True),
        sa.Column("way", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("values", postgresql.JSONB(), nullable=False),
        sa.Column("once", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), server_default="queued", nullable=False),
        sa.Column("tries", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("message_id", sa.Text(), nullable=True),
        sa.Column("by_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.CheckConstraint("way IN ('email', 'sms')", name="way_known"),
        sa.CheckConstraint(
            "state IN ('queued', 'sent', 'failed', 'bounced', 'needless')", name="state_known"
        ),
        sa.CheckConstraint(KIND, name="kind_is_code"),
        sa.CheckConstraint(ABOUT, name="about_is_code"),
        sa.CheckConstraint(
            "state NOT IN ('failed', 'bounced') OR problem IS NOT NULL", name="failure_has_reason"
        ),
        sa.CheckConstraint("(state = 'queued') = (ended_at IS NULL)", name="ended_has_time"),
        sa.ForeignKeyConstraint(["body_id"], ["bodies.id"], name="fk_messages_body_id"),
        sa.ForeignKeyConstraint(["by_id"], ["users.id"], name="fk_messages_by_id"),
        sa.PrimaryKeyConstraint("id", name="pk_messages"),
    )
    op.create_index("ix_messages_body_id_id", "messages", ["body_id", "id"])
    op.create_index("ix_messages_about_type_about_id", "messages", ["about_type", "about_id"])
    op.create_index("ix_messages_body_id_address", "messages", ["body_id", "address"])
    op.create_index(
        "ux_messages_once",
        "messages",
        ["body_id", "once", "way"],
        unique=True,
        postgresql_where=sa.text("once IS NOT NULL"),
    )
    op.create_index(
        "ix_messages_message_id",
        "messages",
        ["message_id"],
        postgresql_where=sa.text("message_id IS NOT NULL"),
    )
    # A message is forgotten when it is old.
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON messages TO {APPLICATION}")
    op.execute(f"GRANT USAGE ON SEQUENCE messages_id_seq TO {APPLICATION}")


def _create_templates() -> None:
    op.create_table(
        "message_templates",
        sa.Column("body_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("sms", sa.Text(), nullable=False),
        sa.Column("set_by", sa.BigInteger(), nullable=False),
        sa.Column("set_at", MOMENT, nullable=False),
        sa.CheckConstraint("version > 0", name="version_positive"),
        sa.CheckConstraint(KIND, name="kind_is_code"),
        sa.ForeignKeyConstraint(["body_id"], ["bodies.id"], name="fk_message_templates_body_id"),
        sa.ForeignKeyConstraint(["set_by"], ["users.id"], name="fk_message_templates_set_by"),
        sa.PrimaryKeyConstraint(
            "body_id", "kind", "language", "version", name="pk_message_templates"
        ),
    )
    op.execute(
        "CREATE TRIGGER written_once BEFORE UPDATE OR DELETE ON message_templates "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        "CREATE TRIGGER never_emptied BEFORE TRUNCATE ON message_templates "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    op.execute(f"GRANT SELECT, INSERT ON message_templates TO {APPLICATION}")


def _create_publications() -> None:
    op.create_table(
        "publications",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("body_id", sa.BigInteger(), nullable=False),
        sa.Column("entry_id", sa.BigInteger(), nullable=False),
        sa.Column("ada", sa.Text(), server_default="", nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), server_default="", nullable=False),
        sa.Column("unit_id", sa.BigInteger(), nullable=True),
        sa.Column("acted_on", sa.Date(), nullable=False),
        sa.Column("folded", sa.Text(), nullable=False),
        sa.Column("published_at", MOMENT, nullable=False),
        sa.Column("published_by", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.Column("withdrawn_at", MOMENT, nullable=True),
        sa.Column("withdrawn_by", sa.BigInteger(), nullable=True),
        sa.Column("withdrawal_reason", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("length(subject) BETWEEN 1 AND 1000", name="subject_length"),
        sa.CheckConstraint(
            "(withdrawn_at IS NULL) = (withdrawal_reason = '') "
            "AND (withdrawn_at IS NULL) = (withdrawn_by IS NULL)",
            name="withdrawal_has_reason",
        ),
        sa.ForeignKeyConstraint(["body_id"], ["bodies.id"], name="fk_publications_body_id"),
        sa.ForeignKeyConstraint(["entry_id"], ["entries.id"], name="fk_publications_entry_id"),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name="fk_publications_unit_id"),
        sa.ForeignKeyConstraint(
            ["published_by"], ["users.id"], name="fk_publications_published_by"
        ),
        sa.ForeignKeyConstraint(
            ["withdrawn_by"], ["users.id"], name="fk_publications_withdrawn_by"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_publications"),
    )
    op.create_index(
        "ux_publications_entry_id",
        "publications",
        ["entry_id"],
        unique=True,
        postgresql_where=sa.text("withdrawn_at IS NULL"),
    )
    op.create_index(
        "ux_publications_ada",
        "publications",
        ["body_id", "ada"],
        unique=True,
        postgresql_where=sa.text("ada <> '' AND withdrawn_at IS NULL"),
    )
    op.create_index(
        "ix_publications_body_id_acted_on_id", "publications", ["body_id", "acted_on", "id"]
    )
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON publications TO {APPLICATION}")
    op.execute(f"GRANT USAGE ON SEQUENCE publications_id_seq TO {APPLICATION}")


def downgrade() -> None:
    with op.get_context().autocommit_block():
        # What has expired waits no more; the older program knows it as withdrawn.
        op.execute("UPDATE deliveries SET state = 'withdrawn' WHERE state = 'expired'")
        _states(STATES)
        _drop_indexes()
    for column in ("follows_id", "wanted", "language", "phone"):
        op.drop_column("deliveries", column)
    for table in ("publications", "message_templates", "messages"):
        op.drop_table(table)
