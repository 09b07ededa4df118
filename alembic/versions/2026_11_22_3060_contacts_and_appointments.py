"""Contacts over every channel, views of persons and their purpose, appointments; came by phone.

The checks of how a document came are looked at in a transaction of its own, without a lock; so the
migration may be run again where it broke off there.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

APPLICATION = "docflow_app"
MOMENT = sa.DateTime(timezone=True)
CHANGED = ("appointment_calendars", "appointment_exceptions", "appointments", "contacts")
WRITTEN_ONCE = ("contact_steps", "person_views")
TABLES = (*CHANGED, *WRITTEN_ONCE)
BEFORE = "'counter', 'post', 'registered-post', 'courier', 'email', 'fax', 'portal', 'system'"
SINCE = (
    "'counter', 'phone', 'post', 'registered-post', 'courier', 'email', 'fax', 'portal', 'system'"
)
CAME_BY = ("entries", "arrivals")


def upgrade() -> None:
    if not _stands("person_views"):
        _calendars()
        _appointments()
        _contacts()
        _views()
        _rights()
        _came_by(SINCE)
    with op.get_context().autocommit_block():
        for table in CAME_BY:
            op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT ck_{table}_delivery_method_known")


def _stands(table: str) -> bool:
    return bool(sa.inspect(op.get_bind()).has_table(table))


def _came_by(methods: str) -> None:
    for table in CAME_BY:
        name = f"ck_{table}_delivery_method_known"
        op.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        op.execute(
            f"ALTER TABLE {table} ADD CONSTRAINT {name} "
            f"CHECK (delivery_method IN ({methods})) NOT VALID"
        )


def _rights() -> None:
    for table in TABLES:
        op.execute(f"GRANT SELECT, INSERT ON {table} TO {APPLICATION}")
        op.execute(f"GRANT USAGE ON SEQUENCE {table}_id_seq TO {APPLICATION}")
    for table in CHANGED:
        op.execute(f"GRANT UPDATE ON {table} TO {APPLICATION}")
    for table in WRITTEN_ONCE:
        op.execute(
            f"CREATE TRIGGER written_once BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        op.execute(
            f"CREATE TRIGGER never_emptied BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )


def _calendars() -> None:
    op.create_table(
        "appointment_calendars",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("body_id", sa.BigInteger(), nullable=False),
        sa.Column("unit_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("title_en", sa.Text(), server_default="", nullable=False),
        sa.Column("place", sa.Text(), server_default="", nullable=False),
        sa.Column("week", postgresql.JSONB(), nullable=False),
        sa.Column("minutes", sa.BigInteger(), nullable=False),
        sa.Column("places", sa.BigInteger(), nullable=False),
        sa.Column("services", postgresql.JSONB(), nullable=False),
        sa.Column("lead_hours", sa.BigInteger(), nullable=False),
        sa.Column("horizon_days", sa.BigInteger(), nullable=False),
        sa.Column("remind_hours", sa.BigInteger(), nullable=False),
        sa.Column("is_public", sa.Boolean(), nullable=False),
        sa.Column("is_open", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("changed_by", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.CheckConstraint("horizon_days BETWEEN 1 AND 366", name="horizon_fits"),
        sa.CheckConstraint("lead_hours BETWEEN 0 AND 720", name="lead_fits"),
        sa.CheckConstraint("minutes BETWEEN 5 AND 480", name="minutes_fit"),
        sa.CheckConstraint("places BETWEEN 1 AND 50", name="places_fit"),
        sa.CheckConstraint("remind_hours BETWEEN 0 AND 168", name="reminder_fits"),
        sa.ForeignKeyConstraint(
            ["body_id"], ["bodies.id"], name="fk_appointment_calendars_body_id"
        ),
        sa.ForeignKeyConstraint(
            ["changed_by"], ["users.id"], name="fk_appointment_calendars_changed_by"
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name="fk_appointment_calendars_unit_id"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_appointment_calendars_user_id"),
        sa.PrimaryKeyConstraint("id", name="pk_appointment_calendars"),
    )
    op.create_index("ix_appointment_calendars_body_id", "appointment_calendars", ["body_id"])
    op.create_table(
        "appointment_exceptions",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("calendar_id", sa.BigInteger(), nullable=False),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("is_closed", sa.Boolean(), nullable=False),
        sa.Column("from_minute", sa.BigInteger(), nullable=True),
        sa.Column("to_minute", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("added_by", sa.BigInteger(), nullable=False),
        sa.Column("added_at", MOMENT, nullable=False),
        sa.Column("removed_by", sa.BigInteger(), nullable=True),
        sa.Column("removed_at", MOMENT, nullable=True),
        sa.CheckConstraint(
            "(from_minute IS NULL) = (to_minute IS NULL)",
            name="hours_whole",
        ),
        sa.CheckConstraint(
            "(removed_at IS NULL) = (removed_by IS NULL)",
            name="removal_has_person",
        ),
        sa.CheckConstraint(
            "from_minute >= 0 AND from_minute < to_minute AND to_minute <= 1440",
            name="hours_in_order",
        ),
        sa.CheckConstraint(
            "is_closed OR from_minute IS NOT NULL",
            name="opening_has_hours",
        ),
        sa.ForeignKeyConstraint(
            ["added_by"], ["users.id"], name="fk_appointment_exceptions_added_by"
        ),
        sa.ForeignKeyConstraint(
            ["calendar_id"],
            ["appointment_calendars.id"],
            name="fk_appointment_exceptions_calendar_id",
        ),
        sa.ForeignKeyConstraint(
            ["removed_by"], ["users.id"], name="fk_appointment_exceptions_removed_by"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_appointment_exceptions"),
    )
    op.create_index(
        "ix_appointment_exceptions_calendar_id_on_date",
        "appointment_exceptions",
        ["calendar_id", "on_date"],
    )


def _appointments() -> None:
    op.create_table(
        "appointments",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("body_id", sa.BigInteger(), nullable=False),
        sa.Column("calendar_id", sa.BigInteger(), nullable=False),
        sa.Column("starts_at", MOMENT, nullable=False),
        sa.Column("ends_at", MOMENT, nullable=False),
        sa.Column("place_number", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("service_code", sa.Text(), server_default="", nullable=False),
        sa.Column("entry_id", sa.BigInteger(), nullable=True),
        sa.Column("party_id", sa.BigInteger(), nullable=True),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("full_name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), server_default="", nullable=False),
        sa.Column("phone", sa.Text(), server_default="", nullable=False),
        sa.Column("language", sa.Text(), server_default="", nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), server_default="", nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("booked_via", sa.Text(), nullable=False),
        sa.Column("booked_by", sa.BigInteger(), nullable=True),
        sa.Column("booked_at", MOMENT, nullable=False),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("changed_by", sa.BigInteger(), nullable=True),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("cancelled_at", MOMENT, nullable=True),
        sa.Column("reminded_at", MOMENT, nullable=True),
        sa.CheckConstraint(
            "(state = 'cancelled') = (cancelled_at IS NOT NULL)",
            name="cancelled_at",
        ),
        sa.CheckConstraint("booked_via IN ('portal', 'phone', 'counter')", name="booked_via_known"),
        sa.CheckConstraint("channel IN ('email', 'sms', 'both', 'none')", name="channel_known"),
        sa.CheckConstraint(
            "state IN ('booked', 'kept', 'missed', 'called-off', 'cancelled')",
            name="state_known",
        ),
        sa.CheckConstraint("place_number > 0", name="place_positive"),
        sa.CheckConstraint("starts_at < ends_at", name="times_in_order"),
        sa.ForeignKeyConstraint(
            ["account_id"], ["citizen_accounts.id"], name="fk_appointments_account_id"
        ),
        sa.ForeignKeyConstraint(["body_id"], ["bodies.id"], name="fk_appointments_body_id"),
        sa.ForeignKeyConstraint(["booked_by"], ["users.id"], name="fk_appointments_booked_by"),
        sa.ForeignKeyConstraint(
            ["calendar_id"], ["appointment_calendars.id"], name="fk_appointments_calendar_id"
        ),
        sa.ForeignKeyConstraint(["changed_by"], ["users.id"], name="fk_appointments_changed_by"),
        sa.ForeignKeyConstraint(["entry_id"], ["entries.id"], name="fk_appointments_entry_id"),
        sa.ForeignKeyConstraint(["party_id"], ["parties.id"], name="fk_appointments_party_id"),
        sa.PrimaryKeyConstraint("id", name="pk_appointments"),
        sa.UniqueConstraint("token", name="uq_appointments_token"),
    )
    op.create_index(
        "ix_appointments_account_id",
        "appointments",
        ["account_id"],
        postgresql_where=sa.text("account_id IS NOT NULL"),
    )
    op.create_index(
        "ix_appointments_calendar_id_starts_at", "appointments", ["calendar_id", "starts_at"]
    )
    op.create_index(
        "ix_appointments_email_folded", "appointments", [sa.literal_column("lower(email)")]
    )
    op.create_index(
        "ix_appointments_entry_id",
        "appointments",
        ["entry_id"],
        postgresql_where=sa.text("entry_id IS NOT NULL"),
    )
    op.create_index(
        "ix_appointments_party_id",
        "appointments",
        ["party_id"],
        postgresql_where=sa.text("party_id IS NOT NULL"),
    )
    op.create_index(
        "ix_appointments_to_remind",
        "appointments",
        ["starts_at"],
        postgresql_where=sa.text("state = 'booked' AND reminded_at IS NULL"),
    )
    op.create_index(
        "ux_appointments_place",
        "appointments",
        ["calendar_id", "starts_at", "place_number"],
        unique=True,
        postgresql_where=sa.text("state IN ('booked', 'kept', 'missed')"),
    )


def _contacts() -> None:
    op.create_table(
        "contacts",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("body_id", sa.BigInteger(), nullable=False),
        sa.Column("party_id", sa.BigInteger(), nullable=True),
        sa.Column("full_name", sa.Text(), server_default="", nullable=False),
        sa.Column("phone", sa.Text(), server_default="", nullable=False),
        sa.Column("email", sa.Text(), server_default="", nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), server_default="", nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("service_code", sa.Text(), server_default="", nullable=False),
        sa.Column("article", sa.Text(), server_default="", nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("began_at", MOMENT, nullable=False),
        sa.Column("answered_at", MOMENT, nullable=True),
        sa.Column("call_at", MOMENT, nullable=True),
        sa.Column("entry_id", sa.BigInteger(), nullable=True),
        sa.Column("taken_by", sa.BigInteger(), nullable=False),
        sa.Column("unit_id", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("changed_by", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.CheckConstraint(
            "(state IN ('solved', 'closed')) = (answered_at IS NOT NULL)", name="end"
        ),
        sa.CheckConstraint(
            "channel IN ('counter', 'phone', 'post', 'email', 'fax', 'portal')",
            name="channel_known",
        ),
        sa.CheckConstraint("state <> 'passed' OR entry_id IS NOT NULL", name="passed_has_entry"),
        sa.CheckConstraint("state <> 'to-call' OR call_at IS NOT NULL", name="call_has_time"),
        sa.CheckConstraint(
            "state IN ('open', 'solved', 'to-call', 'passed', 'closed')",
            name="state_known",
        ),
        sa.ForeignKeyConstraint(["body_id"], ["bodies.id"], name="fk_contacts_body_id"),
        sa.ForeignKeyConstraint(["changed_by"], ["users.id"], name="fk_contacts_changed_by"),
        sa.ForeignKeyConstraint(["entry_id"], ["entries.id"], name="fk_contacts_entry_id"),
        sa.ForeignKeyConstraint(["party_id"], ["parties.id"], name="fk_contacts_party_id"),
        sa.ForeignKeyConstraint(["taken_by"], ["users.id"], name="fk_contacts_taken_by"),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name="fk_contacts_unit_id"),
        sa.PrimaryKeyConstraint("id", name="pk_contacts"),
    )
    op.create_index("ix_contacts_body_id_began_at", "contacts", ["body_id", "began_at"])
    op.create_index(
        "ix_contacts_email_folded",
        "contacts",
        [sa.literal_column("lower(email)")],
        postgresql_where=sa.text("email <> ''"),
    )
    op.create_index(
        "ix_contacts_entry_id",
        "contacts",
        ["entry_id"],
        postgresql_where=sa.text("entry_id IS NOT NULL"),
    )
    op.create_index(
        "ix_contacts_party_id",
        "contacts",
        ["party_id"],
        postgresql_where=sa.text("party_id IS NOT NULL"),
    )
    op.create_index(
        "ix_contacts_waiting",
        "contacts",
        ["body_id", "call_at"],
        postgresql_where=sa.text("state IN ('open', 'to-call', 'passed')"),
    )
    op.create_table(
        "contact_steps",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("contact_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("call_at", MOMENT, nullable=True),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.CheckConstraint(
            "kind IN ('taken', 'identified', 'classified', 'solved', 'promised', 'tried', "
            "'passed', 'closed', 'reopened')",
            name="kind_known",
        ),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contacts.id"], name="fk_contact_steps_contact_id"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_contact_steps_user_id"),
        sa.PrimaryKeyConstraint("id", name="pk_contact_steps"),
        sa.UniqueConstraint("contact_id", "position", name="uq_contact_steps_contact_id_position"),
    )


def _views() -> None:
    op.create_table(
        "person_views",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("at", MOMENT, server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("body_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("user_name", sa.Text(), nullable=False),
        sa.Column("via", sa.Text(), nullable=False),
        sa.Column("party_id", sa.BigInteger(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("contact_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "purpose IN ('serving', 'handling', 'payment', 'access', 'directory', 'audit')",
            name="purpose_known",
        ),
        sa.ForeignKeyConstraint(["body_id"], ["bodies.id"], name="fk_person_views_body_id"),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name="fk_person_views_contact_id"),
        sa.ForeignKeyConstraint(["party_id"], ["parties.id"], name="fk_person_views_party_id"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_person_views_user_id"),
        sa.PrimaryKeyConstraint("id", name="pk_person_views"),
    )
    op.create_index("ix_person_views_body_id_at", "person_views", ["body_id", "at"])
    op.create_index("ix_person_views_party_id_id", "person_views", ["party_id", "id"])
    op.create_index(
        "ix_person_views_user_id_party_id_at", "person_views", ["user_id", "party_id", "at"]
    )


def downgrade() -> None:
    _came_by(BEFORE)  # not looked at: what came by telephone stays as it was registered
    for table in reversed(TABLES):
        op.drop_table(table)
