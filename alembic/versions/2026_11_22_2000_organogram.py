"""Organogram with history, bodies, users from elsewhere.

`keep_unit_version` notes what a unit was called from which moment on, whoever changes it; names in
the history of an entry are read there. Tables of the organogram and of people are small: they are
altered in place.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

APPLICATION = "docflow_app"
ROLES = (
    "clerk",
    "registrar",
    "head",
    "employee",
    "signer",
    "final-signer",
    "auditor",
    "administrator",
    "data-protection",
)


def upgrade() -> None:
    _known_roles((*ROLES, "installation"))
    _create_versions()
    _create_positions()
    _create_changes()
    _widen_users()
    op.execute(f"GRANT SELECT, INSERT ON unit_versions TO {APPLICATION}")
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON positions, organogram_changes TO {APPLICATION}")
    op.execute(
        "GRANT USAGE ON SEQUENCE unit_versions_id_seq, positions_id_seq, "
        f"organogram_changes_id_seq TO {APPLICATION}"
    )


def _known_roles(roles: tuple[str, ...]) -> None:
    allowed = ", ".join(f"'{role}'" for role in roles)
    op.execute("ALTER TABLE grants DROP CONSTRAINT ck_grants_role_known")
    op.execute(
        f"ALTER TABLE grants ADD CONSTRAINT ck_grants_role_known CHECK (role IN ({allowed})) "
        "NOT VALID"
    )
    op.execute("ALTER TABLE grants VALIDATE CONSTRAINT ck_grants_role_known")


def _create_versions() -> None:
    op.execute(
        "ALTER TABLE units ADD COLUMN successor_id bigint "
        "CONSTRAINT fk_units_successor_id REFERENCES units (id), "
        "ADD COLUMN changed_at timestamptz NOT NULL DEFAULT clock_timestamp()"
    )
    op.create_table(
        "unit_versions",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("unit_id", sa.BigInteger(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("parent_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_unit_versions_unit_id")),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["units.id"], name=op.f("fk_unit_versions_parent_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit_versions")),
    )
    op.create_index(op.f("ix_unit_versions_unit_id_since"), "unit_versions", ["unit_id", "since"])
    op.execute(
        "INSERT INTO unit_versions (unit_id, since, code, name, parent_id) "
        "SELECT id, changed_at, code, name, parent_id FROM units ORDER BY id"
    )
    op.execute(
        """
        CREATE FUNCTION keep_unit_version() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            INSERT INTO unit_versions (unit_id, since, code, name, parent_id)
            VALUES (NEW.id, NEW.changed_at, NEW.code, NEW.name, NEW.parent_id);
            RETURN NULL;
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER keep_first_version AFTER INSERT ON units "
        "FOR EACH ROW EXECUTE FUNCTION keep_unit_version()"
    )
    op.execute(
        "CREATE TRIGGER keep_next_version AFTER UPDATE ON units FOR EACH ROW "
        "WHEN ((OLD.code, OLD.name, OLD.parent_id) IS DISTINCT FROM "
        "(NEW.code, NEW.name, NEW.parent_id)) EXECUTE FUNCTION keep_unit_version()"
    )
    op.execute(
        "CREATE TRIGGER written_once BEFORE UPDATE OR DELETE ON unit_versions "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        "CREATE TRIGGER never_emptied BEFORE TRUNCATE ON unit_versions "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def _create_positions() -> None:
    op.create_table(
        "positions",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("unit_id", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "role IN ('clerk', 'head', 'employee')", name=op.f("ck_positions_role_of_unit")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_positions_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_positions")),
    )
    op.create_index(op.f("ix_positions_unit_id"), "positions", ["unit_id"])
    op.execute(
        "ALTER TABLE grants ADD COLUMN position_id bigint "
        "CONSTRAINT fk_grants_position_id REFERENCES positions (id)"
    )


def _create_changes() -> None:
    op.create_table(
        "organogram_changes",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("body_id", sa.BigInteger(), nullable=False),
        sa.Column("takes_effect_on", sa.Date(), nullable=False),
        sa.Column("authority", sa.Text(), nullable=False),
        sa.Column("steps", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("placements", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("made_by", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_by", sa.BigInteger(), nullable=True),
        sa.Column(
            "outcome",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "state IN ('planned', 'done', 'cancelled', 'failed')",
            name=op.f("ck_organogram_changes_state_known"),
        ),
        sa.CheckConstraint(
            "(state = 'done') = (done_at IS NOT NULL)",
            name=op.f("ck_organogram_changes_done_has_time"),
        ),
        sa.CheckConstraint(
            "state <> 'failed' OR problem IS NOT NULL",
            name=op.f("ck_organogram_changes_failure_has_reason"),
        ),
        sa.ForeignKeyConstraint(
            ["body_id"], ["bodies.id"], name=op.f("fk_organogram_changes_body_id")
        ),
        sa.ForeignKeyConstraint(
            ["made_by"], ["users.id"], name=op.f("fk_organogram_changes_made_by")
        ),
        sa.ForeignKeyConstraint(
            ["cancelled_by"], ["users.id"], name=op.f("fk_organogram_changes_cancelled_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organogram_changes")),
    )
    op.create_index(
        "ix_organogram_changes_planned",
        "organogram_changes",
        ["takes_effect_on"],
        postgresql_where=sa.text("state = 'planned'"),
    )


def _widen_users() -> None:
    op.execute(
        "ALTER TABLE users ADD COLUMN locked_at timestamptz, "
        "ADD COLUMN must_change_password boolean NOT NULL DEFAULT false, "
        "ADD COLUMN service_ends_on date, "
        "ADD COLUMN service_ended_by bigint "
        "CONSTRAINT fk_users_service_ended_by REFERENCES users (id), "
        "ADD COLUMN work_to_unit_id bigint "
        "CONSTRAINT fk_users_work_to_unit_id REFERENCES units (id), "
        "ADD COLUMN work_to_user_id bigint "
        "CONSTRAINT fk_users_work_to_user_id REFERENCES users (id), "
        "ADD COLUMN oidc_issuer text, ADD COLUMN oidc_subject text, "
        "ADD CONSTRAINT ck_users_oidc_whole "
        "CHECK (oidc_subject IS NULL OR oidc_issuer IS NOT NULL)"
    )
    op.create_index(
        "ux_users_oidc",
        "users",
        ["oidc_issuer", "oidc_subject"],
        unique=True,
        postgresql_where=sa.text("oidc_subject IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index(
        "ux_users_oidc",
        table_name="users",
        postgresql_where=sa.text("oidc_subject IS NOT NULL"),
    )
    for column in (
        "oidc_subject",
        "oidc_issuer",
        "work_to_user_id",
        "work_to_unit_id",
        "service_ended_by",
        "service_ends_on",
        "must_change_password",
        "locked_at",
    ):
        op.drop_column("users", column)
    op.drop_table("organogram_changes")
    op.drop_column("grants", "position_id")
    op.drop_table("positions")
    op.execute("DROP TRIGGER keep_next_version ON units")
    op.execute("DROP TRIGGER keep_first_version ON units")
    op.execute("DROP FUNCTION keep_unit_version()")
    op.drop_table("unit_versions")
    op.drop_column("units", "changed_at")
    op.drop_column("units", "successor_id")
    op.execute("DELETE FROM grants WHERE role = 'installation'")
    _known_roles(ROLES)
