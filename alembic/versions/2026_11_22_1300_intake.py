"""Intake of every kind of file: parts of mails and archives, virus check, outcomes, pages again.

A part (an attachment of a mail, a member of an archive) is a file of the same entry that names the
file it came in. What may be opened stands in `screenings`; what an administrator did with a closed
file, and why, is written once.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

APPLICATION = "docflow_app"
WRITTEN_ONCE = ("quarantine_acts", "mail_headers")
CHANGES = ("screenings",)
ROLES = (
    "'original', 'signed-original', 'exact-copy', 'scan', "
    "'attachment', 'inline', 'mail-body', 'member'"
)
ROLES_BEFORE = "'original', 'signed-original', 'exact-copy', 'scan'"
STATES = "'pending', 'running', 'done', 'partly', 'failed', 'quarantined'"
STATES_BEFORE = "'pending', 'running', 'done', 'failed'"
MOMENT = sa.DateTime(timezone=True)
NOW = sa.text("clock_timestamp()")
NOTHING = sa.text("'[]'")


def upgrade() -> None:
    _allow("files", "role", ROLES)
    _allow("readings", "state", STATES)
    op.add_column("files", sa.Column("parent_id", sa.BigInteger(), nullable=True))
    op.add_column("files", sa.Column("part", sa.BigInteger(), nullable=True))
    op.create_foreign_key("fk_files_parent_id", "files", "files", ["parent_id"], ["id"])
    op.create_unique_constraint("uq_files_parent_id_part", "files", ["parent_id", "part"])
    op.create_check_constraint(
        op.f("ck_files_part_has_parent"), "files", "(parent_id IS NULL) = (part IS NULL)"
    )
    op.add_column("readings", sa.Column("notes", JSONB(), server_default=NOTHING, nullable=False))
    op.add_column(
        "readings", sa.Column("tries", sa.BigInteger(), server_default="0", nullable=False)
    )
    op.add_column("readings", sa.Column("settled_at", MOMENT, nullable=True))
    op.add_column("readings", sa.Column("settled_by", sa.BigInteger(), nullable=True))
    op.create_foreign_key("fk_readings_settled_by", "readings", "users", ["settled_by"], ["id"])
    op.create_index(
        "ix_readings_need_a_person",
        "readings",
        ["file_id"],
        postgresql_where=sa.text(
            "state IN ('partly', 'failed', 'quarantined') AND settled_at IS NULL"
        ),
    )
    op.add_column(
        "page_texts",
        sa.Column("is_stale", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.add_column(
        "page_texts", sa.Column("languages", JSONB(), server_default=NOTHING, nullable=False)
    )
    op.add_column("page_texts", sa.Column("wanted", JSONB(), nullable=True))
    _create_tables()
    _guard()


def _create_tables() -> None:
    op.create_table(
        "screenings",
        sa.Column("file_id", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("finding", sa.Text(), server_default="", nullable=False),
        sa.Column("checked_at", MOMENT, nullable=True),
        sa.Column("taken_in_at", MOMENT, nullable=True),
        sa.CheckConstraint(
            "state IN ('waiting', 'unchecked', 'clean', 'infected', 'refused', 'released')",
            name="state_known",
        ),
        sa.ForeignKeyConstraint(["file_id"], ["files.id"], name="fk_screenings_file_id"),
        sa.PrimaryKeyConstraint("file_id", name="pk_screenings"),
    )
    op.create_table(
        "quarantine_acts",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("file_id", sa.BigInteger(), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("acted_by", sa.BigInteger(), nullable=False),
        sa.Column("acted_at", MOMENT, server_default=NOW, nullable=False),
        sa.CheckConstraint("act IN ('opened', 'released')", name="act_known"),
        sa.CheckConstraint("length(reason) BETWEEN 1 AND 500", name="reason_length"),
        sa.ForeignKeyConstraint(["file_id"], ["files.id"], name="fk_quarantine_acts_file_id"),
        sa.ForeignKeyConstraint(["acted_by"], ["users.id"], name="fk_quarantine_acts_acted_by"),
        sa.PrimaryKeyConstraint("id", name="pk_quarantine_acts"),
    )
    op.create_index("ix_quarantine_acts_file_id", "quarantine_acts", ["file_id"])
    op.create_table(
        "mail_headers",
        sa.Column("file_id", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("from_name", sa.Text(), nullable=False),
        sa.Column("from_address", sa.Text(), nullable=False),
        sa.Column("recipients", JSONB(), nullable=False),
        sa.Column("copies", JSONB(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("sent_at", MOMENT, nullable=True),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["file_id"], ["files.id"], name="fk_mail_headers_file_id"),
        sa.PrimaryKeyConstraint("file_id", name="pk_mail_headers"),
    )


def _guard() -> None:
    # A part stands in the entry of the file that it came in.
    op.execute(
        """
        CREATE FUNCTION guard_part() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF (SELECT entry_id FROM files WHERE id = NEW.parent_id) IS DISTINCT FROM NEW.entry_id
            THEN
                RAISE EXCEPTION 'a part stands in the entry of its file'
                    USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NULL;
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER part_in_its_entry AFTER INSERT ON files FOR EACH ROW "
        "WHEN (NEW.parent_id IS NOT NULL) EXECUTE FUNCTION guard_part()"
    )
    for table in WRITTEN_ONCE:
        op.execute(
            f"CREATE TRIGGER written_once BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
    for table in (*WRITTEN_ONCE, *CHANGES):
        op.execute(
            f"CREATE TRIGGER never_emptied BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
    op.execute(f"GRANT SELECT, INSERT ON {', '.join(WRITTEN_ONCE)} TO {APPLICATION}")
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON {', '.join(CHANGES)} TO {APPLICATION}")
    op.execute(f"GRANT USAGE ON SEQUENCE quarantine_acts_id_seq TO {APPLICATION}")


def downgrade() -> None:
    for table in ("mail_headers", "quarantine_acts", "screenings"):
        op.drop_table(table)
    op.execute("DROP TRIGGER part_in_its_entry ON files")
    op.execute("DROP FUNCTION guard_part()")
    for column in ("wanted", "languages", "is_stale"):
        op.drop_column("page_texts", column)
    op.drop_index("ix_readings_need_a_person", "readings")
    for column in ("settled_by", "settled_at", "tries", "notes"):
        op.drop_column("readings", column)
    for column in ("part", "parent_id"):
        op.drop_column("files", column)
    _allow("readings", "state", STATES_BEFORE)
    _allow("files", "role", ROLES_BEFORE)


def _allow(table: str, column: str, codes: str) -> None:
    name = f"ck_{table}_{column}_known"
    op.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    op.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({column} IN ({codes}))")
