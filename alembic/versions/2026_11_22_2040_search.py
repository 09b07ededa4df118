"""Search over everything.

Revision ID: 0024
Revises: 0023
"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

APPLICATION = "docflow_app"


def upgrade() -> None:
    # The indexes are made outside a transaction: where that broke off, what is before them stands.
    if not sa.inspect(op.get_bind()).has_table("saved_searches"):
        _keys()
        _saved()
    _indexes()


def _keys() -> None:
    """What narrows a search inside its index: who may see the entry, and its block by age.

    Rows that stand already have the key 0, which everybody looks for too, until the scheduled job
    `registry.index-anew` has written them once more. `entry_access` is the truth; a key too many
    finds nothing more, because every hit is asked for its rights again.
    """
    op.execute(
        "ALTER TABLE search_texts ADD COLUMN keys bigint[] NOT NULL DEFAULT '{0}', "
        "ADD COLUMN language text NOT NULL DEFAULT ''"
    )
    op.execute(
        """
        CREATE FUNCTION give_search_keys() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            NEW.keys := ARRAY(
                SELECT unnest(NEW.keys)
                UNION SELECT coalesce(a.unit_id, -a.user_id) FROM entry_access a
                       WHERE a.entry_id = NEW.entry_id
                UNION SELECT 1000000000000000 + NEW.entry_id / 20000
            );
            RETURN NEW;
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER keys_given BEFORE INSERT ON search_texts "
        "FOR EACH ROW EXECUTE FUNCTION give_search_keys()"
    )
    op.execute(
        """
        CREATE FUNCTION add_search_keys() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            UPDATE search_texts s SET keys = s.keys || n.keys
              FROM (SELECT entry_id, array_agg(coalesce(unit_id, -user_id)) AS keys
                      FROM added GROUP BY entry_id) n
             WHERE s.entry_id = n.entry_id AND NOT s.keys @> n.keys;
            RETURN NULL;
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER search_keys_added AFTER INSERT ON entry_access "
        "REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION add_search_keys()"
    )


def _saved() -> None:
    now = sa.text("clock_timestamp()")
    op.create_table(
        "saved_searches",
        sa.Column("id", sa.BigInteger(), primary_key=True),
        sa.Column("user_id", sa.BigInteger(), sa.ForeignKey("users.id"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_key", sa.Text(), nullable=False),
        sa.Column("wanted", sa.dialects.postgresql.JSONB(), nullable=False),
        sa.Column("alert", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), server_default=now, nullable=False),
        sa.Column("looked_at", sa.DateTime(timezone=True), server_default=now, nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), server_default=now, nullable=False),
        sa.UniqueConstraint("user_id", "name_key"),
        sa.CheckConstraint("length(name) BETWEEN 1 AND 100", name="name_length"),
        sa.CheckConstraint("alert IN ('none', 'daily', 'at-once')", name="alert_known"),
    )
    op.create_index(
        "ix_saved_searches_alerts",
        "saved_searches",
        ["looked_at"],
        postgresql_where=sa.text("alert <> 'none'"),
    )
    op.create_table(
        "saved_search_hits",
        sa.Column(
            "search_id",
            sa.BigInteger(),
            sa.ForeignKey("saved_searches.id", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("entry_id", sa.BigInteger(), sa.ForeignKey("entries.id"), primary_key=True),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_new", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.execute(
        f"""
        GRANT SELECT, INSERT, UPDATE, DELETE ON saved_searches, saved_search_hits TO {APPLICATION};
        GRANT USAGE ON SEQUENCE saved_searches_id_seq TO {APPLICATION};
        """
    )


def _indexes() -> None:
    """Words and keys in one index, which intersects them itself; the two old ones go.

    A short list of what waits for its place in the index: every search reads it whole.
    """
    with op.get_context().autocommit_block():
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_search_texts_found")
        op.execute(
            "CREATE INDEX CONCURRENTLY ix_search_texts_found ON search_texts "
            "USING gin (vector, keys) WITH (gin_pending_list_limit = 512)"
        )
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_search_texts_vector")
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_search_texts_fields_trgm")


def downgrade() -> None:
    op.execute("CREATE INDEX ix_search_texts_vector ON search_texts USING gin (vector)")
    op.execute(
        "CREATE INDEX ix_search_texts_fields_trgm ON search_texts USING gin (fields gin_trgm_ops)"
    )
    op.execute("DROP INDEX ix_search_texts_found")
    op.drop_table("saved_search_hits")
    op.drop_table("saved_searches")
    op.execute("DROP TRIGGER search_keys_added ON entry_access")
    op.execute("DROP FUNCTION add_search_keys()")
    op.execute("DROP TRIGGER keys_given ON search_texts")
    op.execute("DROP FUNCTION give_search_keys()")
    op.execute("ALTER TABLE search_texts DROP COLUMN keys, DROP COLUMN language")
