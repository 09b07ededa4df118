"""Understanding documents: read ahead of registration, learned from past entries, looked at.

Outcomes of proposals and trainings are written once, so that the figures shown to the
administrator cannot be made better afterwards. What was read ahead is deleted after a day.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

APPLICATION = "docflow_app"
WRITTEN_ONCE = ("learned_models", "proposal_outcomes")
CHANGES = ("read_aheads", "page_checks")
NUMBERED = ("learned_models", "proposal_outcomes", "read_aheads")
MOMENT = sa.DateTime(timezone=True)
NOW = sa.text("clock_timestamp()")


def upgrade() -> None:
    op.create_table(
        "read_aheads",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("body_id", sa.BigInteger(), nullable=False),
        sa.Column("asked_by", sa.BigInteger(), nullable=False),
        sa.Column("asked_at", MOMENT, server_default=NOW, nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("languages", JSONB(), nullable=False),
        sa.Column("state", sa.Text(), server_default="pending", nullable=False),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("pages", JSONB(), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("finished_at", MOMENT, nullable=True),
        sa.CheckConstraint("state IN ('pending', 'done', 'failed')", name="state_known"),
        sa.ForeignKeyConstraint(["body_id"], ["bodies.id"], name="fk_read_aheads_body_id"),
        sa.ForeignKeyConstraint(["asked_by"], ["users.id"], name="fk_read_aheads_asked_by"),
        sa.PrimaryKeyConstraint("id", name="pk_read_aheads"),
        sa.UniqueConstraint("asked_by", "sha256", name="uq_read_aheads_asked_by_sha256"),
    )
    op.create_index("ix_read_aheads_asked_at", "read_aheads", ["asked_at"])
    op.create_table(
        "learned_models",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("body_id", sa.BigInteger(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=True),
        sa.Column("examples", sa.BigInteger(), nullable=False),
        sa.Column("figures", JSONB(), nullable=False),
        sa.Column("trained_by", sa.BigInteger(), nullable=True),
        sa.Column("trained_at", MOMENT, server_default=NOW, nullable=False),
        sa.CheckConstraint("target IN ('unit', 'kind')", name="target_known"),
        sa.CheckConstraint("state IN ('ready', 'too-little')", name="state_known"),
        sa.CheckConstraint("(state = 'ready') = (sha256 IS NOT NULL)", name="ready_has_model"),
        sa.ForeignKeyConstraint(["body_id"], ["bodies.id"], name="fk_learned_models_body_id"),
        sa.ForeignKeyConstraint(["trained_by"], ["users.id"], name="fk_learned_models_trained_by"),
        sa.PrimaryKeyConstraint("id", name="pk_learned_models"),
    )
    op.create_index(
        "ix_learned_models_body_id_target_id", "learned_models", ["body_id", "target", "id"]
    )
    op.create_table(
        "proposal_outcomes",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("entry_id", sa.BigInteger(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("fate", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.BigInteger(), nullable=True),
        sa.Column("decided_at", MOMENT, server_default=NOW, nullable=False),
        sa.CheckConstraint("fate IN ('taken', 'changed', 'left-out')", name="fate_known"),
        sa.CheckConstraint("confidence BETWEEN 0 AND 1", name="confidence_is_share"),
        sa.ForeignKeyConstraint(
            ["entry_id"],
            ["entries.id"],
            name="fk_proposal_outcomes_entry_id",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["users.id"], name="fk_proposal_outcomes_decided_by"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_proposal_outcomes"),
        sa.UniqueConstraint("entry_id", "field", name="uq_proposal_outcomes_entry_id_field"),
    )
    op.create_index("ix_proposal_outcomes_decided_at", "proposal_outcomes", ["decided_at"])
    op.create_table(
        "page_checks",
        sa.Column("file_id", sa.BigInteger(), nullable=False),
        sa.Column("page", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("checked_by", sa.BigInteger(), nullable=False),
        sa.Column("checked_at", MOMENT, server_default=NOW, nullable=False),
        sa.ForeignKeyConstraint(["file_id"], ["files.id"], name="fk_page_checks_file_id"),
        sa.ForeignKeyConstraint(["checked_by"], ["users.id"], name="fk_page_checks_checked_by"),
        sa.PrimaryKeyConstraint("file_id", "page", name="pk_page_checks"),
    )
    # Few of many pages need a person, and the list of them is asked for at every look.
    op.create_index(
        "ix_page_texts_doubtful",
        "page_texts",
        ["file_id", "page"],
        postgresql_where=sa.text("source = 'failed' OR confidence < 60"),
    )
    for table in WRITTEN_ONCE:
        op.execute(
            f"CREATE TRIGGER written_once BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        op.execute(
            f"CREATE TRIGGER never_emptied BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
    op.execute(f"GRANT SELECT, INSERT ON {', '.join(WRITTEN_ONCE)} TO {APPLICATION}")
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {', '.join(CHANGES)} TO {APPLICATION}")
    for table in NUMBERED:
        op.execute(f"GRANT USAGE ON SEQUENCE {table}_id_seq TO {APPLICATION}")


def downgrade() -> None:
    op.drop_index("ix_page_texts_doubtful", "page_texts")
    for table in ("page_checks", "proposal_outcomes", "learned_models", "read_aheads"):
        op.drop_table(table)
