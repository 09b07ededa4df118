"""Calendars of bodies, terms of deadlines, clocks of entries, what was told of them.

Revision ID: 0022
Revises: 0021
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

APPLICATION = "docflow_app"
WRITTEN_ONCE = ("clock_events", "contribution_reminders", "deadline_reminders", "deadline_terms")
KINDS = (
    "'started', 'set', 'suspended', 'resumed', 'extended', 'forwarded', 'taken-back', 'reckoned'"
)

# What an erasure writes in the new tables: table, whose rows, what (see erase_entry, 0021).
ERASED = (
    ("clock_events", "entry_id = $1 AND reason <> ''", "reason = '(διαγράφηκε)'"),
    (
        "applicant_notices",
        "entry_id = $1",
        "email = '(διαγράφηκε)', "
        "competent = CASE competent WHEN '' THEN '' ELSE '(διαγράφηκε)' END, "
        "problem = CASE WHEN problem IS NULL THEN NULL ELSE '(διαγράφηκε)' END",
    ),
)


def upgrade() -> None:
    op.execute("ALTER TABLE handlings ADD COLUMN is_suspended boolean NOT NULL DEFAULT false")
    _calendars()
    _clocks()
    _told()
    _guards()
    _erasure()


def _when(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _to(name: str, target: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.BigInteger(), sa.ForeignKey(target), nullable=nullable)


def _number(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


def _text(name: str, *, empty: bool = False, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.Text(), nullable=nullable, server_default="" if empty else None)


def _json(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.dialects.postgresql.JSONB(), nullable=False)


def _flag(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.text("false"))


def _day(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.Date(), nullable=True)


def _id() -> sa.Column[object]:
    return sa.Column("id", sa.BigInteger(), primary_key=True)


def _calendars() -> None:
    op.create_table(
        "body_calendars",
        sa.Column("body_id", sa.BigInteger(), sa.ForeignKey("bodies.id"), primary_key=True),
        _text("country"),
        _to("set_by", "users.id", nullable=True),
        _when("set_at"),
        sa.CheckConstraint("country IN ('GR', 'HU', 'CZ')", name="country_known"),
    )
    op.create_table(
        "calendar_days",
        _id(),
        _to("body_id", "bodies.id"),
        _text("name"),
        _flag("is_working"),
        _day("on_date"),
        _number("month", nullable=True),
        _number("day", nullable=True),
        _day("valid_from"),
        _day("valid_to"),
        _to("added_by", "users.id"),
        _when("added_at"),
        _to("removed_by", "users.id", nullable=True),
        _when("removed_at", nullable=True),
        sa.CheckConstraint("(on_date IS NULL) = (month IS NOT NULL)", name="date_or_yearly"),
        sa.CheckConstraint("(month IS NULL) = (day IS NULL)", name="month_with_day"),
        sa.CheckConstraint("month BETWEEN 1 AND 12 AND day BETWEEN 1 AND 31", name="day_of_year"),
        sa.CheckConstraint("valid_to >= valid_from", name="validity_forward"),
        sa.CheckConstraint(
            "(removed_at IS NULL) = (removed_by IS NULL)", name="removal_has_person"
        ),
    )
    op.create_index(op.f("ix_calendar_days_body_id"), "calendar_days", ["body_id"])
    op.create_table(
        "deadline_terms",
        _to("body_id", "bodies.id"),
        _number("version"),
        _json("definition"),
        _to("set_by", "users.id", nullable=True),
        _when("set_at"),
        sa.PrimaryKeyConstraint("body_id", "version"),
        sa.CheckConstraint("version > 0", name="version_positive"),
    )


def _clocks() -> None:
    op.create_table(
        "clock_events",
        _id(),
        sa.Column(
            "entry_id",
            sa.BigInteger(),
            sa.ForeignKey("entries.id", deferrable=True, initially="DEFERRED"),
            nullable=False,
        ),
        _number("position"),
        _text("kind"),
        sa.Column("happened_on", sa.Date(), nullable=False),
        _day("starts_on"),
        _number("days", nullable=True),
        _text("unit", nullable=True),
        _flag("is_statutory"),
        _day("asked_on"),
        _text("reason", empty=True),
        _json("standing"),
        _day("due_on"),
        _to("user_id", "users.id", nullable=True),
        _when("at"),
        sa.CheckConstraint(f"kind IN ({KINDS})", name="kind_known"),
        sa.CheckConstraint("unit IN ('working', 'calendar')", name="unit_known"),
        sa.UniqueConstraint("entry_id", "position"),
    )


def _told() -> None:
    op.create_table(
        "deadline_reminders",
        _id(),
        _to("entry_id", "entries.id"),
        sa.Column("due_on", sa.Date(), nullable=False),
        _number("days"),
        _text("addressee"),
        _json("user_ids"),
        _when("told_at"),
        sa.CheckConstraint("addressee IN ('handler', 'head', 'director')", name="addressee_known"),
        sa.UniqueConstraint("entry_id", "due_on", "days", "addressee"),
    )
    op.create_index(op.f("ix_deadline_reminders_addressee"), "deadline_reminders", ["addressee"])
    op.create_table(
        "contribution_reminders",
        _to("contribution_id", "contributions.id"),
        _number("days"),
        _json("user_ids"),
        _when("told_at"),
        sa.PrimaryKeyConstraint("contribution_id", "days"),
    )
    op.create_table(
        "applicant_notices",
        _id(),
        _to("entry_id", "entries.id"),
        _text("kind"),
        sa.Column("about_on", sa.Date(), nullable=False),
        _text("email"),
        _text("competent", empty=True),
        sa.Column("state", sa.Text(), nullable=False, server_default="queued"),
        _text("problem", nullable=True),
        _when("queued_at"),
        _when("sent_at", nullable=True),
        sa.CheckConstraint("kind IN ('delay', 'forwarded')", name="kind_known"),
        sa.CheckConstraint(
            "state IN ('queued', 'by-hand', 'sent', 'failed', 'dropped')", name="state_known"
        ),
        sa.CheckConstraint("(state = 'sent') = (sent_at IS NOT NULL)", name="sent_has_time"),
        sa.UniqueConstraint("entry_id", "kind", "about_on"),
    )
    op.create_table(
        "calendar_feeds",
        sa.Column("user_id", sa.BigInteger(), sa.ForeignKey("users.id"), primary_key=True),
        _text("token_digest"),
        sa.Column(
            "made_at",
            sa.DateTime(timezone=True),
            nullable=False,
            server_default=sa.text("clock_timestamp()"),
        ),
        _when("read_at", nullable=True),
        sa.UniqueConstraint("token_digest"),
    )


def _guards() -> None:
    for table in WRITTEN_ONCE:
        op.execute(
            f"CREATE TRIGGER written_once BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        op.execute(
            f"CREATE TRIGGER never_emptied BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
    # What was erased gets no new words; a day may still move with the calendar.
    op.execute(
        "CREATE TRIGGER not_of_erased BEFORE INSERT ON clock_events FOR EACH ROW "
        "WHEN (NEW.reason <> '') EXECUTE FUNCTION guard_erased_handling()"
    )
    op.execute(
        "CREATE TRIGGER not_of_erased BEFORE INSERT ON applicant_notices "
        "FOR EACH ROW EXECUTE FUNCTION guard_erased_handling()"
    )
    op.execute(
        f"""
        GRANT SELECT, INSERT ON {", ".join(WRITTEN_ONCE)} TO {APPLICATION};
        GRANT SELECT, INSERT, UPDATE ON body_calendars, calendar_days, applicant_notices,
            calendar_feeds TO {APPLICATION};
        GRANT DELETE ON calendar_feeds TO {APPLICATION};
        GRANT USAGE ON SEQUENCE calendar_days_id_seq, clock_events_id_seq,
            deadline_reminders_id_seq, applicant_notices_id_seq TO {APPLICATION};
        """
    )


def _erasure() -> None:
    acts = "\n".join(
        f"ALTER TABLE {table} DISABLE TRIGGER USER;\n"
        f"EXECUTE $act$UPDATE {table} SET {changes} WHERE {whose}$act$ USING entry;\n"
        f"ALTER TABLE {table} ENABLE TRIGGER USER;"
        for table, whose, changes in ERASED
    )
    op.execute(
        f"""
        CREATE FUNCTION also_erase_clocks(entry bigint) RETURNS void
        LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
        BEGIN
            {acts}
        END $$
        """
    )
    op.execute("REVOKE ALL ON FUNCTION also_erase_clocks(bigint) FROM PUBLIC")


def downgrade() -> None:
    op.execute("DROP FUNCTION also_erase_clocks(bigint)")
    for table in (
        "calendar_feeds",
        "applicant_notices",
        "contribution_reminders",
        "deadline_reminders",
        "clock_events",
        "deadline_terms",
        "calendar_days",
        "body_calendars",
    ):
        op.drop_table(table)
    op.execute("ALTER TABLE handlings DROP COLUMN is_suspended")
