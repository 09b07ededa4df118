"""Notices: what people are told of, how they chose it, and what was sent.

A notice holds no text of a thing, only its kind and its id, and is deleted when it is old.
"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

APPLICATION = "docflow_app"
TABLES = (
    "push_subscriptions",
    "notice_sendings",
    "notices",
    "notice_choices",
    "notice_hours",
)
NUMBERED = ("push_subscriptions", "notice_sendings", "notices")
DELETED = ("push_subscriptions", "notice_sendings", "notices", "notice_choices")
MOMENT = sa.DateTime(timezone=True)
MAILINGS = "mail IN ('at-once', 'daily', 'never')"
# The processes of the web server hear whose count has changed; see `docflow.notices.hearing`.
CHANGED = """
CREATE FUNCTION tell_notice_changed() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM pg_notify('docflow_notices', NEW.user_id::text);
    RETURN NULL;
END $$
"""


def upgrade() -> None:
    op.create_table(
        "push_subscriptions",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("endpoint", sa.Text(), nullable=False),
        sa.Column("p256dh", sa.Text(), nullable=False),
        sa.Column("auth", sa.Text(), nullable=False),
        sa.Column("device", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_push_subscriptions_user_id"),
        sa.PrimaryKeyConstraint("id", name="pk_push_subscriptions"),
        sa.UniqueConstraint("endpoint", name="uq_push_subscriptions_endpoint"),
    )
    op.create_index("ix_push_subscriptions_user_id", "push_subscriptions", ["user_id"])
    op.create_table(
        "notice_sendings",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("body_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("is_daily", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("subscription_id", sa.BigInteger(), nullable=True),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("tries", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("message_id", sa.Text(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.CheckConstraint("channel IN ('mail', 'push')", name="channel_known"),
        sa.CheckConstraint(
            "state IN ('waiting', 'sent', 'failed', 'needless')", name="state_known"
        ),
        sa.CheckConstraint("state <> 'failed' OR problem IS NOT NULL", name="failure_has_reason"),
        sa.CheckConstraint("(state = 'waiting') = (ended_at IS NULL)", name="ended_has_time"),
        sa.ForeignKeyConstraint(["body_id"], ["bodies.id"], name="fk_notice_sendings_body_id"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_notice_sendings_user_id"),
        sa.ForeignKeyConstraint(
            ["subscription_id"],
            ["push_subscriptions.id"],
            name="fk_notice_sendings_subscription_id",
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_notice_sendings"),
    )
    op.create_index("ix_notice_sendings_body_id_id", "notice_sendings", ["body_id", "id"])
    op.create_index("ix_notice_sendings_user_id", "notice_sendings", ["user_id"])
    op.create_table(
        "notices",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("body_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("about_type", sa.Text(), nullable=False),
        sa.Column("about_id", sa.BigInteger(), nullable=False),
        sa.Column("by_id", sa.BigInteger(), nullable=True),
        sa.Column("in_place_of", sa.BigInteger(), nullable=True),
        sa.Column("told_at", MOMENT, nullable=False),
        sa.Column("times", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("read_at", MOMENT, nullable=True),
        sa.Column("mail", sa.Text(), nullable=False),
        sa.Column("sending_id", sa.BigInteger(), nullable=True),
        sa.Column("push", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.CheckConstraint(MAILINGS, name="mail_known"),
        sa.CheckConstraint("kind ~ '^[a-z-]{1,40}$'", name="kind_is_code"),
        sa.CheckConstraint("about_type ~ '^[a-z-]{1,40}$'", name="about_is_code"),
        sa.ForeignKeyConstraint(["body_id"], ["bodies.id"], name="fk_notices_body_id"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_notices_user_id"),
        sa.ForeignKeyConstraint(["by_id"], ["users.id"], name="fk_notices_by_id"),
        sa.ForeignKeyConstraint(["in_place_of"], ["users.id"], name="fk_notices_in_place_of"),
        sa.ForeignKeyConstraint(
            ["sending_id"], ["notice_sendings.id"], name="fk_notices_sending_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_notices"),
    )
    op.create_index(
        "ux_notices_unread",
        "notices",
        ["user_id", "kind", "about_type", "about_id"],
        unique=True,
        postgresql_where=sa.text("read_at IS NULL"),
    )
    op.create_index("ix_notices_user_id_told_at", "notices", ["user_id", "told_at"])
    op.create_index("ix_notices_about_type_about_id", "notices", ["about_type", "about_id"])
    op.create_index(
        "ix_notices_sending_id",
        "notices",
        ["sending_id"],
        postgresql_where=sa.text("sending_id IS NOT NULL"),
    )
    op.create_index(
        "ix_notices_to_mail",
        "notices",
        ["user_id"],
        postgresql_where=sa.text("read_at IS NULL AND sending_id IS NULL AND mail <> 'never'"),
    )
    op.create_index(
        "ix_notices_to_push",
        "notices",
        ["user_id"],
        postgresql_where=sa.text("read_at IS NULL AND push"),
    )
    op.create_table(
        "notice_choices",
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("mail", sa.Text(), nullable=False),
        sa.Column("push", sa.Boolean(), nullable=False),
        sa.CheckConstraint(MAILINGS, name="mail_known"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_notice_choices_user_id"),
        sa.PrimaryKeyConstraint("user_id", "kind", name="pk_notice_choices"),
    )
    op.create_table(
        "notice_hours",
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("daily_at", sa.BigInteger(), nullable=True),
        sa.Column("quiet_from", sa.BigInteger(), nullable=True),
        sa.Column("quiet_to", sa.BigInteger(), nullable=True),
        sa.Column("quiet_days_off", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("last_daily_on", sa.Date(), nullable=True),
        sa.CheckConstraint("daily_at BETWEEN 0 AND 23", name="daily_is_hour"),
        sa.CheckConstraint("quiet_from BETWEEN 0 AND 23", name="quiet_from_is_hour"),
        sa.CheckConstraint("quiet_to BETWEEN 0 AND 23", name="quiet_to_is_hour"),
        sa.CheckConstraint("(quiet_from IS NULL) = (quiet_to IS NULL)", name="quiet_has_both"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_notice_hours_user_id"),
        sa.PrimaryKeyConstraint("user_id", name="pk_notice_hours"),
    )
    for table in TABLES:
        op.execute(f"GRANT SELECT, INSERT, UPDATE ON {table} TO {APPLICATION}")
    for table in DELETED:
        op.execute(f"GRANT DELETE ON {table} TO {APPLICATION}")
    for table in NUMBERED:
        op.execute(f"GRANT USAGE ON SEQUENCE {table}_id_seq TO {APPLICATION}")
    op.execute(CHANGED)
    op.execute(
        "CREATE TRIGGER tell_changed AFTER INSERT OR UPDATE OF read_at, told_at ON notices "
        "FOR EACH ROW EXECUTE FUNCTION tell_notice_changed()"
    )


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
    op.execute("DROP FUNCTION tell_notice_changed()")
