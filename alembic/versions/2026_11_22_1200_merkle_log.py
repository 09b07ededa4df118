"""The audit trail becomes a Merkle log of each body, in place of the chain over all events.

Every event that there is gets its leaf from the sequencer again; the chain's end is written into
the log as an event, so that a head of the chain that somebody kept can still be compared.
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0008"
branch_labels = None
depends_on = None

APPLICATION = "docflow_app"
WRITTEN_ONCE = (
    "audit_leaves",
    "audit_checkpoints",
    "audit_timestamps",
    "audit_cosignatures",
    "audit_keys",
)


def upgrade() -> None:
    op.create_table(
        "audit_logs",
        sa.Column("body_id", sa.BigInteger(), sa.ForeignKey("bodies.id"), primary_key=True),
        sa.Column("size", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("size >= 0", name="size_not_negative"),
        sa.CheckConstraint("length(root) = 32", name="root_length"),
    )
    op.create_table(
        "audit_leaves",
        sa.Column("body_id", sa.BigInteger(), sa.ForeignKey("bodies.id"), primary_key=True),
        sa.Column("index", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("event_id", sa.BigInteger(), sa.ForeignKey("audit_events.id"), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.UniqueConstraint("event_id"),
        sa.CheckConstraint("length(salt) = 32", name="salt_length"),
    )
    op.create_table(
        "audit_tiles",
        sa.Column("body_id", sa.BigInteger(), sa.ForeignKey("bodies.id"), primary_key=True),
        sa.Column("level", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("index", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("hashes", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "length(hashes) BETWEEN 32 AND 8192 AND length(hashes) % 32 = 0",
            name="whole_hashes",
        ),
    )
    op.create_table(
        "audit_checkpoints",
        sa.Column("body_id", sa.BigInteger(), sa.ForeignKey("bodies.id"), primary_key=True),
        sa.Column("size", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "audit_timestamps",
        sa.Column("body_id", sa.BigInteger(), sa.ForeignKey("bodies.id"), primary_key=True),
        sa.Column("day", sa.Date(), primary_key=True),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("token", sa.LargeBinary(), nullable=False),
        sa.Column("stamped_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["body_id", "size"],
            ["audit_checkpoints.body_id", "audit_checkpoints.size"],
        ),
    )
    op.create_table(
        "audit_cosignatures",
        sa.Column("body_id", sa.BigInteger(), sa.ForeignKey("bodies.id"), primary_key=True),
        sa.Column("size", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("witness", sa.Text(), primary_key=True),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["body_id", "size"],
            ["audit_checkpoints.body_id", "audit_checkpoints.size"],
        ),
    )
    op.create_table(
        "audit_keys",
        sa.Column("body_id", sa.BigInteger(), sa.ForeignKey("bodies.id"), primary_key=True),
        sa.Column("verifier", sa.Text(), primary_key=True),
        sa.Column("first_size", sa.BigInteger(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
    )
    _guards()
    op.execute(
        f"""
        GRANT SELECT, INSERT ON {", ".join(WRITTEN_ONCE)} TO {APPLICATION};
        GRANT SELECT, INSERT ON audit_tiles, audit_logs TO {APPLICATION};
        GRANT UPDATE (hashes) ON audit_tiles TO {APPLICATION};
        GRANT UPDATE (size, root) ON audit_logs TO {APPLICATION};
        """
    )
    op.execute(
        """
        INSERT INTO audit_events
               (at, body_id, actor_id, actor_name, via, action, subject_type, subject_id, details)
        SELECT clock_timestamp(), (SELECT min(id) FROM bodies), NULL, '', 'job',
               'log.chain-ended', 'log', 0, jsonb_build_object('links', seq, 'head', hash)
          FROM audit_chain ORDER BY seq DESC LIMIT 1
        """
    )
    op.execute("DELETE FROM audit_pending")
    op.execute("INSERT INTO audit_pending (event_id) SELECT id FROM audit_events")
    op.drop_table("audit_chain")


def _guards() -> None:
    for table in WRITTEN_ONCE:
        op.execute(
            f"CREATE TRIGGER written_once BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
    for table in (*WRITTEN_ONCE, "audit_tiles", "audit_logs"):
        op.execute(
            f"CREATE TRIGGER never_emptied BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
    # Hashes are added to the last tile of a level; what stands in it stays.
    op.execute(
        """
        CREATE FUNCTION guard_tile() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'UPDATE' AND NEW.body_id = OLD.body_id AND NEW.level = OLD.level
               AND NEW.index = OLD.index
               AND substring(NEW.hashes FOR length(OLD.hashes)) = OLD.hashes THEN
                RETURN NEW;
            END IF;
            RAISE EXCEPTION 'hashes of the log are only added'
                USING ERRCODE = 'restrict_violation';
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER only_added BEFORE UPDATE OR DELETE ON audit_tiles "
        "FOR EACH ROW EXECUTE FUNCTION guard_tile()"
    )
    op.execute(
        """
        CREATE FUNCTION guard_log() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'UPDATE' AND NEW.body_id = OLD.body_id AND NEW.size > OLD.size THEN
                RETURN NEW;
            END IF;
            RAISE EXCEPTION 'a log only grows' USING ERRCODE = 'restrict_violation';
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE ON audit_logs "
        "FOR EACH ROW EXECUTE FUNCTION guard_log()"
    )


def downgrade() -> None:
    op.create_table(
        "audit_chain",
        sa.Column("seq", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("event_id", sa.BigInteger(), sa.ForeignKey("audit_events.id"), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.UniqueConstraint("event_id"),
    )
    op.execute(
        "CREATE TRIGGER written_once BEFORE UPDATE OR DELETE ON audit_chain "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        "CREATE TRIGGER never_emptied BEFORE TRUNCATE ON audit_chain "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    op.execute(f"GRANT SELECT, INSERT ON audit_chain TO {APPLICATION}")
    op.execute("DELETE FROM audit_pending")
    op.execute("INSERT INTO audit_pending (event_id) SELECT id FROM audit_events")
    for table in (
        "audit_keys",
        "audit_cosignatures",
        "audit_timestamps",
        "audit_checkpoints",
        "audit_tiles",
        "audit_leaves",
        "audit_logs",
    ):
        op.drop_table(table)
    for function in ("guard_tile", "guard_log"):
        op.execute(f"DROP FUNCTION {function}()")
