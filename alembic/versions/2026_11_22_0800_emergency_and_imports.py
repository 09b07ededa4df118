"""The emergency register, and registers of earlier systems.

Kits, periods, authorisations and emergency entries are written once: paper that people hold says
the same. Kits of a body and year follow each other without gap or overlap. An old register does
not change once it is sealed. (Domain row 23, (b) 30 and 32.)
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

APPLICATION = "docflow_app"
WRITTEN_ONCE = (
    "emergency_kits",
    "emergency_periods",
    "emergency_authorisations",
    "emergency_entries",
    "old_entries",
)


def upgrade() -> None:
    _emergency()
    _old_registers()
    for table in WRITTEN_ONCE:
        op.execute(
            f"CREATE TRIGGER written_once BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        op.execute(
            f"CREATE TRIGGER never_emptied BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
        op.execute(f"GRANT SELECT, INSERT ON {table} TO {APPLICATION}")
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON old_registers TO {APPLICATION}")
    for sequence in ("emergency_kits_id_seq", "emergency_periods_id_seq", "old_registers_id_seq"):
        op.execute(f"GRANT USAGE ON SEQUENCE {sequence} TO {APPLICATION}")
    _guards()


def _emergency() -> None:
    op.create_table(
        "emergency_kits",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("body_id", sa.BigInteger(), nullable=False),
        sa.Column("book_id", sa.BigInteger(), nullable=False),
        sa.Column("year", sa.BigInteger(), nullable=False),
        sa.Column("first_number", sa.BigInteger(), nullable=False),
        sa.Column("last_number", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("prepared_by", sa.BigInteger(), nullable=True),
        sa.Column("prepared_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "first_number > 0", name=op.f("ck_emergency_kits_first_number_positive")
        ),
        sa.CheckConstraint(
            "last_number BETWEEN first_number AND first_number + 999",
            name=op.f("ck_emergency_kits_size"),
        ),
        sa.CheckConstraint(
            "length(place) BETWEEN 1 AND 200", name=op.f("ck_emergency_kits_place_length")
        ),
        sa.ForeignKeyConstraint(["body_id"], ["bodies.id"], name=op.f("fk_emergency_kits_body_id")),
        sa.ForeignKeyConstraint(["book_id"], ["books.id"], name=op.f("fk_emergency_kits_book_id")),
        sa.ForeignKeyConstraint(
            ["prepared_by"], ["users.id"], name=op.f("fk_emergency_kits_prepared_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_emergency_kits")),
        sa.UniqueConstraint(
            "body_id",
            "year",
            "first_number",
            name=op.f("uq_emergency_kits_body_id_year_first_number"),
        ),
        sa.UniqueConstraint("code", name=op.f("uq_emergency_kits_code")),
    )
    op.create_table(
        "emergency_periods",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("kit_id", sa.BigInteger(), nullable=False),
        sa.Column("mark", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("totals", JSONB(), nullable=False),
        sa.Column("file_sha256", sa.Text(), nullable=True),
        sa.Column("recovered_by", sa.BigInteger(), nullable=True),
        sa.Column("recovered_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "ended_at > started_at", name=op.f("ck_emergency_periods_ends_after_start")
        ),
        sa.CheckConstraint(
            "length(cause) BETWEEN 3 AND 1000", name=op.f("ck_emergency_periods_cause_length")
        ),
        sa.CheckConstraint(
            "source IN ('page', 'paper')", name=op.f("ck_emergency_periods_source_known")
        ),
        sa.ForeignKeyConstraint(
            ["kit_id"], ["emergency_kits.id"], name=op.f("fk_emergency_periods_kit_id")
        ),
        sa.ForeignKeyConstraint(
            ["recovered_by"], ["users.id"], name=op.f("fk_emergency_periods_recovered_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_emergency_periods")),
        sa.UniqueConstraint("kit_id", "mark", name=op.f("uq_emergency_periods_kit_id_mark")),
    )
    op.create_table(
        "emergency_authorisations",
        sa.Column("period_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("authorised_by", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_late", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "valid_until > valid_from AND valid_until - valid_from <= interval '7 days'",
            name=op.f("ck_emergency_authorisations_one_week_at_most"),
        ),
        sa.CheckConstraint(
            "length(authorised_by) BETWEEN 3 AND 300",
            name=op.f("ck_emergency_authorisations_named"),
        ),
        sa.ForeignKeyConstraint(
            ["period_id"],
            ["emergency_periods.id"],
            name=op.f("fk_emergency_authorisations_period_id"),
        ),
        sa.PrimaryKeyConstraint("period_id", "position", name=op.f("pk_emergency_authorisations")),
    )
    op.create_table(
        "emergency_entries",
        sa.Column("kit_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("body_id", sa.BigInteger(), nullable=False),
        sa.Column("year", sa.BigInteger(), nullable=False),
        sa.Column("period_id", sa.BigInteger(), nullable=False),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("record", JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("struck_reason", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("entry_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "(entry_id IS NULL) = (length(struck_reason) > 0)",
            name=op.f("ck_emergency_entries_entry_or_reason"),
        ),
        sa.ForeignKeyConstraint(
            ["kit_id"], ["emergency_kits.id"], name=op.f("fk_emergency_entries_kit_id")
        ),
        sa.ForeignKeyConstraint(
            ["body_id"], ["bodies.id"], name=op.f("fk_emergency_entries_body_id")
        ),
        sa.ForeignKeyConstraint(
            ["period_id"], ["emergency_periods.id"], name=op.f("fk_emergency_entries_period_id")
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"],
            ["entries.id"],
            name=op.f("fk_emergency_entries_entry_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("kit_id", "number", name=op.f("pk_emergency_entries")),
        sa.UniqueConstraint(
            "body_id", "year", "number", name=op.f("uq_emergency_entries_body_id_year_number")
        ),
        sa.UniqueConstraint("entry_id", name=op.f("uq_emergency_entries_entry_id")),
    )
    op.create_index(op.f("ix_emergency_entries_period_id"), "emergency_entries", ["period_id"])


def _old_registers() -> None:
    op.create_table(
        "old_registers",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("body_id", sa.BigInteger(), nullable=False),
        sa.Column("book_id", sa.BigInteger(), nullable=False),
        sa.Column("year", sa.BigInteger(), nullable=False),
        sa.Column("taken_from", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("file_sha256", sa.Text(), nullable=False),
        sa.Column("file_size", sa.BigInteger(), nullable=False),
        sa.Column("form", JSONB(), nullable=False),
        sa.Column("columns", JSONB(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=True),
        sa.Column("by_direction", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("duplicates", sa.Text(), server_default="refuse", nullable=False),
        sa.Column("without_bad", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("state", sa.Text(), server_default="mapping", nullable=False),
        sa.Column("rows_total", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("rows_done", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("report", JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("report_sha256", sa.Text(), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("begun_by", sa.BigInteger(), nullable=True),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_by", sa.BigInteger(), nullable=True),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("core_digest", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "state IN ('mapping', 'checking', 'checked', 'importing', 'sealed', 'cancelled', 'failed')",
            name=op.f("ck_old_registers_state_known"),
        ),
        sa.CheckConstraint(
            "duplicates IN ('refuse', 'suffix')", name=op.f("ck_old_registers_duplicates_known")
        ),
        sa.CheckConstraint("year BETWEEN 1900 AND 2999", name=op.f("ck_old_registers_year_known")),
        sa.CheckConstraint(
            "length(taken_from) BETWEEN 1 AND 300", name=op.f("ck_old_registers_source_named")
        ),
        sa.CheckConstraint(
            "state <> 'failed' OR problem IS NOT NULL",
            name=op.f("ck_old_registers_failure_has_reason"),
        ),
        sa.CheckConstraint(
            "(state = 'sealed') = (core_digest IS NOT NULL AND sealed_at IS NOT NULL)",
            name=op.f("ck_old_registers_sealed_has_digest"),
        ),
        sa.ForeignKeyConstraint(["body_id"], ["bodies.id"], name=op.f("fk_old_registers_body_id")),
        sa.ForeignKeyConstraint(["book_id"], ["books.id"], name=op.f("fk_old_registers_book_id")),
        sa.ForeignKeyConstraint(["begun_by"], ["users.id"], name=op.f("fk_old_registers_begun_by")),
        sa.ForeignKeyConstraint(
            ["confirmed_by"], ["users.id"], name=op.f("fk_old_registers_confirmed_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_old_registers")),
    )
    op.create_index(
        "ux_old_registers_sealed",
        "old_registers",
        ["book_id", "year"],
        unique=True,
        postgresql_where=sa.text("state = 'sealed'"),
    )
    op.create_table(
        "old_entries",
        sa.Column("entry_id", sa.BigInteger(), nullable=False),
        sa.Column("register_id", sa.BigInteger(), nullable=False),
        sa.Column("row", sa.BigInteger(), nullable=False),
        sa.Column("cells", JSONB(), nullable=False),
        sa.ForeignKeyConstraint(
            ["entry_id"],
            ["entries.id"],
            name=op.f("fk_old_entries_entry_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["register_id"], ["old_registers.id"], name=op.f("fk_old_entries_register_id")
        ),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_old_entries")),
    )


def _guards() -> None:
    # Numbers of kits are reserved one after the other: none twice, none left between two kits.
    op.execute(
        """
        CREATE FUNCTION guard_kit() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE expected bigint;
        BEGIN
            PERFORM pg_advisory_xact_lock(hashtextextended(
                format('emergency-kits:%s:%s', NEW.body_id, NEW.year), 0));
            SELECT coalesce(max(k.last_number), 0) + 1 INTO expected FROM emergency_kits k
             WHERE k.body_id = NEW.body_id AND k.year = NEW.year;
            IF NEW.first_number <> expected THEN
                RAISE EXCEPTION 'emergency numbers of % go on with %', NEW.year, expected
                    USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER numbers_follow BEFORE INSERT ON emergency_kits "
        "FOR EACH ROW EXECUTE FUNCTION guard_kit()"
    )
    # An emergency number is one that its kit had reserved.
    op.execute(
        """
        CREATE FUNCTION guard_emergency_number() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            PERFORM 1 FROM emergency_kits k
             WHERE k.id = NEW.kit_id AND k.body_id = NEW.body_id AND k.year = NEW.year
               AND NEW.number BETWEEN k.first_number AND k.last_number;
            IF NOT FOUND THEN
                RAISE EXCEPTION 'emergency number %/% is not of its kit', NEW.number, NEW.year
                    USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER number_of_kit BEFORE INSERT ON emergency_entries "
        "FOR EACH ROW EXECUTE FUNCTION guard_emergency_number()"
    )
    op.execute(
        """
        CREATE FUNCTION guard_old_register() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'INSERT' THEN
                IF NEW.state <> 'mapping' THEN
                    RAISE EXCEPTION 'an old register begins with its mapping'
                        USING ERRCODE = 'restrict_violation';
                END IF;
                RETURN NEW;
            END IF;
            IF TG_OP = 'DELETE' OR OLD.state = 'sealed'
               OR (NEW.state = 'sealed' AND OLD.state <> 'importing')
               OR NEW.file_sha256 <> OLD.file_sha256 OR NEW.book_id <> OLD.book_id
               OR NEW.year <> OLD.year THEN
                RAISE EXCEPTION 'an old register is never deleted, and does not change once sealed'
                    USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER sealed_for_good BEFORE INSERT OR UPDATE OR DELETE ON old_registers "
        "FOR EACH ROW EXECUTE FUNCTION guard_old_register()"
    )
    # No entry of our own is passed off as one of an old register.
    op.execute(
        """
        CREATE FUNCTION guard_old_entry() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            PERFORM 1 FROM old_registers r
              JOIN entries e ON e.book_id = r.book_id AND e.year = r.year
              JOIN book_years y ON y.book_id = r.book_id AND y.year = r.year
             WHERE r.id = NEW.register_id AND e.id = NEW.entry_id
               AND r.state = 'importing' AND y.state = 'importing';
            IF NOT FOUND THEN
                RAISE EXCEPTION 'entry % is not being taken over', NEW.entry_id
                    USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER only_while_importing BEFORE INSERT ON old_entries "
        "FOR EACH ROW EXECUTE FUNCTION guard_old_entry()"
    )
    op.execute(
        "CREATE TRIGGER never_emptied BEFORE TRUNCATE ON old_registers "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def downgrade() -> None:
    for table in (
        "old_entries",
        "old_registers",
        "emergency_entries",
        "emergency_authorisations",
        "emergency_periods",
        "emergency_kits",
    ):
        op.drop_table(table)
    for function in (
        "guard_kit",
        "guard_emergency_number",
        "guard_old_register",
        "guard_old_entry",
    ):
        op.execute(f"DROP FUNCTION {function}()")
