"""Daily registers, closings of years, periodic tasks, exports.

A closed day takes nothing more: the database refuses an entry, a reservation, a correction or an
annulment whose time does not lie after the book's last register. Who closes a day holds the book's
lock alone, and who writes into the book shares it, so that neither misses the other. Registers form
a chain without a gap. (Domain rows 21, 22.)
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

APPLICATION = "docflow_app"
WRITTEN_ONCE = ("register_starts", "daily_registers", "year_closings")
STAND_IN_A_DAY = ("entries", "reservations", "corrections", "annulments")
CHANGES = ("schedule", "day_waits", "register_exports")


def upgrade() -> None:
    _closings()
    _others()
    for table in WRITTEN_ONCE:
        op.execute(
            f"CREATE TRIGGER written_once BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        op.execute(
            f"CREATE TRIGGER never_emptied BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
    op.execute(
        """
        CREATE FUNCTION guard_day_chain() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE last daily_registers%ROWTYPE;
        BEGIN
            SELECT * INTO last FROM daily_registers
             WHERE book_id = NEW.book_id ORDER BY running DESC LIMIT 1;
            IF NEW.running <> coalesce(last.running, 0) + 1
               OR NEW.previous_sha256 <> coalesce(last.content_sha256, repeat('0', 64))
               OR NEW.day <= last.day THEN
                RAISE EXCEPTION 'daily register % does not follow the one before', NEW.identifier
                    USING ERRCODE = 'restrict_violation';
            END IF;
            IF NEW.ends_at > clock_timestamp() THEN
                RAISE EXCEPTION 'the day % is not over', NEW.day
                    USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER follows BEFORE INSERT ON daily_registers "
        "FOR EACH ROW EXECUTE FUNCTION guard_day_chain()"
    )
    op.execute(
        """
        CREATE FUNCTION guard_closed_day() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            book bigint;
            at timestamptz;
            closed boolean;
        BEGIN
            IF TG_TABLE_NAME = 'entries' THEN
                book := NEW.book_id;
                at := NEW.registered_at;
            ELSIF TG_TABLE_NAME = 'reservations' THEN
                book := NEW.book_id;
                at := NEW.taken_at;
            ELSE
                SELECT e.book_id INTO book FROM entries e WHERE e.id = NEW.entry_id;
                IF TG_TABLE_NAME = 'corrections' THEN
                    at := NEW.corrected_at;
                ELSE
                    at := NEW.annulled_at;
                END IF;
            END IF;
            -- Until this transaction ends nobody closes a day of the book.
            PERFORM pg_advisory_xact_lock_shared(hashtextextended('closing:' || book, 0));
            SELECT at < d.ends_at INTO closed FROM daily_registers d
             WHERE d.book_id = book ORDER BY d.running DESC LIMIT 1;
            IF closed AND TG_TABLE_NAME = 'entries' THEN
                -- A register that is taken over is older; only no closed day may grow by it.
                IF (SELECT s.state = 'importing' FROM book_years s
                     WHERE s.book_id = book AND s.year = NEW.year) THEN
                    closed := EXISTS (
                        SELECT FROM daily_registers d WHERE d.book_id = book
                           AND d.day BETWEEN at::date - 1 AND at::date + 1
                           AND d.starts_at <= at AND at < d.ends_at);
                END IF;
            END IF;
            IF closed THEN
                RAISE EXCEPTION 'the day of % has its register already', at
                    USING ERRCODE = 'restrict_violation', CONSTRAINT = 'day_is_open';
            END IF;
            RETURN NEW;
        END $$
        """
    )
    for table in STAND_IN_A_DAY:
        op.execute(
            f"CREATE TRIGGER day_is_open BEFORE INSERT ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION guard_closed_day()"
        )
    op.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {APPLICATION}")
    op.execute(f"GRANT SELECT, INSERT ON {', '.join(WRITTEN_ONCE)} TO {APPLICATION}")
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {', '.join(CHANGES)} TO {APPLICATION}")


def _closings() -> None:
    instant = sa.DateTime(timezone=True)
    op.create_table(
        "register_starts",
        sa.Column("book_id", sa.BigInteger(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("set_by", sa.BigInteger(), nullable=True),
        sa.Column("set_at", instant, nullable=False),
        sa.ForeignKeyConstraint(["book_id"], ["books.id"], name=op.f("fk_register_starts_book_id")),
        sa.ForeignKeyConstraint(["set_by"], ["users.id"], name=op.f("fk_register_starts_set_by")),
        sa.PrimaryKeyConstraint("book_id", name=op.f("pk_register_starts")),
    )
    op.create_table(
        "daily_registers",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("body_id", sa.BigInteger(), nullable=False),
        sa.Column("book_id", sa.BigInteger(), nullable=False),
        sa.Column("year", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("running", sa.BigInteger(), nullable=False),
        sa.Column("identifier", sa.Text(), nullable=False),
        sa.Column("starts_at", instant, nullable=False),
        sa.Column("ends_at", instant, nullable=False),
        sa.Column("first_number", sa.BigInteger(), nullable=True),
        sa.Column("last_number", sa.BigInteger(), nullable=True),
        sa.Column("entries", sa.BigInteger(), nullable=False),
        sa.Column("content", JSONB(), nullable=False),
        sa.Column("content_sha256", sa.Text(), nullable=False),
        sa.Column("previous_sha256", sa.Text(), nullable=False),
        sa.Column("pdf_sha256", sa.Text(), nullable=False),
        sa.Column("pdf_size", sa.BigInteger(), nullable=False),
        sa.Column("is_late", sa.Boolean(), nullable=False),
        sa.Column("closed_at", instant, nullable=False),
        sa.Column("closed_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("running > 0", name=op.f("ck_daily_registers_running_positive")),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_daily_registers_day_has_length")),
        sa.CheckConstraint("entries >= 0", name=op.f("ck_daily_registers_entries_not_negative")),
        sa.ForeignKeyConstraint(
            ["body_id"], ["bodies.id"], name=op.f("fk_daily_registers_body_id")
        ),
        sa.ForeignKeyConstraint(["book_id"], ["books.id"], name=op.f("fk_daily_registers_book_id")),
        sa.ForeignKeyConstraint(
            ["closed_by"], ["users.id"], name=op.f("fk_daily_registers_closed_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_daily_registers")),
        sa.UniqueConstraint("book_id", "day", name=op.f("uq_daily_registers_book_id_day")),
        sa.UniqueConstraint("book_id", "running", name=op.f("uq_daily_registers_book_id_running")),
        sa.UniqueConstraint("identifier", name=op.f("uq_daily_registers_identifier")),
    )
    op.create_index(
        op.f("ix_daily_registers_book_id_year_ends_at"),
        "daily_registers",
        ["book_id", "year", "ends_at"],
    )
    op.create_table(
        "day_waits",
        sa.Column("book_id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("since", instant, nullable=False),
        sa.Column("tried_at", instant, nullable=False),
        sa.Column("tries", sa.BigInteger(), server_default=sa.text("1"), nullable=False),
        sa.ForeignKeyConstraint(["book_id"], ["books.id"], name=op.f("fk_day_waits_book_id")),
        sa.PrimaryKeyConstraint("book_id", "day", name=op.f("pk_day_waits")),
    )
    op.create_table(
        "year_closings",
        sa.Column("book_id", sa.BigInteger(), nullable=False),
        sa.Column("year", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("content", JSONB(), nullable=False),
        sa.Column("content_sha256", sa.Text(), nullable=False),
        sa.Column("pdf_sha256", sa.Text(), nullable=False),
        sa.Column("pdf_size", sa.BigInteger(), nullable=False),
        sa.Column("closed_at", instant, nullable=False),
        sa.Column("closed_by", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["book_id"], ["books.id"], name=op.f("fk_year_closings_book_id")),
        sa.ForeignKeyConstraint(
            ["closed_by"], ["users.id"], name=op.f("fk_year_closings_closed_by")
        ),
        sa.PrimaryKeyConstraint("book_id", "year", name=op.f("pk_year_closings")),
    )


def _others() -> None:
    instant = sa.DateTime(timezone=True)
    op.create_table(
        "schedule",
        sa.Column("task", sa.Text(), nullable=False),
        sa.Column("last_at", instant, nullable=False),
        sa.PrimaryKeyConstraint("task", name=op.f("pk_schedule")),
    )
    op.create_table(
        "register_exports",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("body_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("wanted", JSONB(), nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=True),
        sa.Column("sha256", sa.Text(), nullable=True),
        sa.Column("entry_ids", sa.ARRAY(sa.BigInteger()), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("created_at", instant, nullable=False),
        sa.Column("finished_at", instant, nullable=True),
        sa.CheckConstraint(
            "format IN ('pdf', 'csv', 'xlsx', 'xml')",
            name=op.f("ck_register_exports_format_known"),
        ),
        sa.CheckConstraint(
            "state IN ('waiting', 'done', 'failed', 'expired')",
            name=op.f("ck_register_exports_state_known"),
        ),
        sa.CheckConstraint(
            "state <> 'done' OR sha256 IS NOT NULL",
            name=op.f("ck_register_exports_done_has_file"),
        ),
        sa.CheckConstraint(
            "state IN ('done', 'expired') OR sha256 IS NULL",
            name=op.f("ck_register_exports_file_once_done"),
        ),
        sa.ForeignKeyConstraint(
            ["body_id"], ["bodies.id"], name=op.f("fk_register_exports_body_id")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_register_exports_user_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_register_exports")),
    )
    op.create_index(op.f("ix_register_exports_user_id_id"), "register_exports", ["user_id", "id"])


def downgrade() -> None:
    for table in STAND_IN_A_DAY:
        op.execute(f"DROP TRIGGER day_is_open ON {table}")
    for table in ("register_exports", "schedule", "year_closings", "day_waits"):
        op.drop_table(table)
    op.drop_table("daily_registers")
    op.drop_table("register_starts")
    op.execute("DROP FUNCTION guard_closed_day()")
    op.execute("DROP FUNCTION guard_day_chain()")
