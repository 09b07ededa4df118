"""Kinds of document with their fields, grades of entries, likenesses, entries not yet described."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

APPLICATION = "docflow_app"
WRITTEN_ONCE = ("kind_versions", "entry_kinds", "duplicate_notes")
CHANGES = ("kinds", "provisional_entries")


def upgrade() -> None:
    op.add_column(
        "entries",
        sa.Column("grade", sa.Text(), server_default="unclassified", nullable=False),
    )
    op.add_column(
        "entries",
        sa.Column(
            "has_personal_data", sa.Boolean(), server_default=sa.text("false"), nullable=False
        ),
    )
    op.create_check_constraint(
        op.f("ck_entries_grade_known"),
        "entries",
        "grade IN ('unclassified', 'restricted', 'confidential')",
    )
    op.add_column("parties", sa.Column("uses", sa.BigInteger(), server_default="0", nullable=False))
    # Suggestions while typing: the usual correspondents, and what a name begins with.
    op.create_index("ix_parties_usual", "parties", ["body_id", sa.text("uses DESC")])
    op.create_index(
        "ix_parties_name_begins",
        "parties",
        ["body_id", "name_key"],
        postgresql_ops={"name_key": "text_pattern_ops"},
    )
    op.create_index(
        "ix_parties_tax_number_begins",
        "parties",
        ["body_id", "tax_number"],
        postgresql_ops={"tax_number": "text_pattern_ops"},
    )
    op.create_index(
        "ix_parties_email_begins",
        "parties",
        [sa.text("lower(email) text_pattern_ops")],
        postgresql_where=sa.text("email <> ''"),
    )
    _create_kinds()
    _create_notes()
    for table in WRITTEN_ONCE:
        op.execute(
            f"CREATE TRIGGER written_once BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        op.execute(
            f"CREATE TRIGGER never_emptied BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
    _guard_description()
    op.execute(
        "CREATE TRIGGER with_its_entry BEFORE INSERT ON duplicate_notes "
        "FOR EACH ROW EXECUTE FUNCTION guard_beside()"
    )
    op.execute(f"GRANT SELECT, INSERT ON {', '.join(WRITTEN_ONCE)} TO {APPLICATION}")
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON {', '.join(CHANGES)} TO {APPLICATION}")
    op.execute(f"GRANT USAGE ON SEQUENCE kinds_id_seq TO {APPLICATION}")


def _create_kinds() -> None:
    op.create_table(
        "kinds",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("body_id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("title_el", sa.Text(), nullable=False),
        sa.Column("title_en", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("version > 0", name=op.f("ck_kinds_version_positive")),
        sa.ForeignKeyConstraint(["body_id"], ["bodies.id"], name=op.f("fk_kinds_body_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kinds")),
        sa.UniqueConstraint("body_id", "code", name=op.f("uq_kinds_body_id_code")),
    )
    op.create_table(
        "kind_versions",
        sa.Column("kind_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("definition", JSONB(), nullable=False),
        sa.Column("defined_by", sa.BigInteger(), nullable=True),
        sa.Column("defined_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["kind_id"], ["kinds.id"], name=op.f("fk_kind_versions_kind_id")),
        sa.ForeignKeyConstraint(
            ["defined_by"], ["users.id"], name=op.f("fk_kind_versions_defined_by")
        ),
        sa.PrimaryKeyConstraint("kind_id", "version", name=op.f("pk_kind_versions")),
    )
    op.create_table(
        "entry_kinds",
        sa.Column("entry_id", sa.BigInteger(), nullable=False),
        sa.Column("kind_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("values", JSONB(), nullable=False),
        sa.ForeignKeyConstraint(
            ["entry_id"],
            ["entries.id"],
            name=op.f("fk_entry_kinds_entry_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["kind_id", "version"],
            ["kind_versions.kind_id", "kind_versions.version"],
            name=op.f("fk_entry_kinds_kind_id_version"),
        ),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_entry_kinds")),
    )
    op.create_index(op.f("ix_entry_kinds_kind_id"), "entry_kinds", ["kind_id"])


def _create_notes() -> None:
    op.create_table(
        "duplicate_notes",
        sa.Column("entry_id", sa.BigInteger(), nullable=False),
        sa.Column("other_id", sa.BigInteger(), nullable=False),
        sa.Column("likeness", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "likeness IN ('reference', 'file')", name=op.f("ck_duplicate_notes_likeness_known")
        ),
        sa.CheckConstraint("length(reason) > 0", name=op.f("ck_duplicate_notes_reason_given")),
        sa.CheckConstraint("entry_id <> other_id", name=op.f("ck_duplicate_notes_not_itself")),
        sa.ForeignKeyConstraint(
            ["entry_id"],
            ["entries.id"],
            name=op.f("fk_duplicate_notes_entry_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["other_id"], ["entries.id"], name=op.f("fk_duplicate_notes_other_id")
        ),
        sa.PrimaryKeyConstraint(
            "entry_id", "other_id", "likeness", name=op.f("pk_duplicate_notes")
        ),
    )
    op.create_index(op.f("ix_duplicate_notes_other_id"), "duplicate_notes", ["other_id"])
    op.create_table(
        "provisional_entries",
        sa.Column("entry_id", sa.BigInteger(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("described_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("described_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "mode IN ('queue', 'envelope')", name=op.f("ck_provisional_entries_mode_known")
        ),
        sa.CheckConstraint(
            "(described_at IS NULL) = (described_by IS NULL)",
            name=op.f("ck_provisional_entries_described_by_one"),
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"],
            ["entries.id"],
            name=op.f("fk_provisional_entries_entry_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["described_by"], ["users.id"], name=op.f("fk_provisional_entries_described_by")
        ),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_provisional_entries")),
    )
    op.create_index(
        "ix_provisional_entries_open",
        "provisional_entries",
        ["mode", "entry_id"],
        postgresql_where=sa.text("described_at IS NULL"),
    )


def _guard_description() -> None:
    """An entry is described once; what kind of wait it was never changes."""
    op.execute(
        """
        CREATE FUNCTION guard_description() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF OLD.described_at IS NOT NULL OR NEW.entry_id <> OLD.entry_id
               OR NEW.mode <> OLD.mode THEN
                RAISE EXCEPTION 'an entry is described once'
                    USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER described_once BEFORE UPDATE ON provisional_entries "
        "FOR EACH ROW EXECUTE FUNCTION guard_description()"
    )
    op.execute(
        "CREATE TRIGGER never_removed BEFORE DELETE ON provisional_entries "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        "CREATE TRIGGER never_emptied BEFORE TRUNCATE ON provisional_entries "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def downgrade() -> None:
    op.drop_table("provisional_entries")
    op.execute("DROP FUNCTION guard_description()")
    op.drop_table("duplicate_notes")
    op.drop_table("entry_kinds")
    op.drop_table("kind_versions")
    op.drop_table("kinds")
    for index in ("email_begins", "tax_number_begins", "name_begins", "usual"):
        op.drop_index(f"ix_parties_{index}", table_name="parties")
    op.drop_column("parties", "uses")
    op.drop_constraint(op.f("ck_entries_grade_known"), "entries", type_="check")
    op.drop_column("entries", "has_personal_data")
    op.drop_column("entries", "grade")
