"""Citizens' accounts: who they are, their logins, codes, proofs of identity and representations.

Personal data of an account go when it is closed and nothing needs them, so its rows are emptied,
not written once; what a clerk proved or decided stays, without them.

Revision ID: 0028
Revises: 0027
"""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

APPLICATION = "docflow_app"
MOMENT = sa.DateTime(timezone=True)
TABLES = (
    "citizen_accounts",
    "citizen_proofs",
    "citizen_identities",
    "citizen_representations",
    "citizen_sessions",
    "citizen_codes",
)
DELETED = ("citizen_identities", "citizen_sessions", "citizen_codes")
PROVEN = "level IN ('temporary', 'verified')"


def upgrade() -> None:
    _accounts()
    _proofs()
    _representations()
    _logins()
    for table in TABLES:
        op.execute(f"GRANT SELECT, INSERT ON {table} TO {APPLICATION}")
        op.execute(f"GRANT USAGE ON SEQUENCE {table}_id_seq TO {APPLICATION}")
        columns = " (ended_at, ended_by)" if table == "citizen_proofs" else ""
        op.execute(f"GRANT UPDATE{columns} ON {table} TO {APPLICATION}")
    for table in DELETED:
        op.execute(f"GRANT DELETE ON {table} TO {APPLICATION}")


def _accounts() -> None:
    op.create_table(
        "citizen_accounts",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("body_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), server_default="open", nullable=False),
        sa.Column("email", sa.Text(), server_default="", nullable=False),
        sa.Column("email_key", sa.Text(), server_default="", nullable=False),
        sa.Column("email_problem", sa.Text(), server_default="", nullable=False),
        sa.Column("full_name", sa.Text(), server_default="", nullable=False),
        sa.Column("name_key", sa.Text(), server_default="", nullable=False),
        sa.Column("phone", sa.Text(), server_default="", nullable=False),
        sa.Column("tax_number", sa.Text(), server_default="", nullable=False),
        sa.Column("language", sa.Text(), server_default="el", nullable=False),
        sa.Column("channel", sa.Text(), server_default="email", nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("failed_logins", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("rests_until", MOMENT, nullable=True),
        sa.Column("locked_at", MOMENT, nullable=True),
        sa.Column("level", sa.Text(), nullable=True),
        sa.Column("level_until", sa.Date(), nullable=True),
        sa.Column("merged_into_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "created_at", MOMENT, server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("closed_at", MOMENT, nullable=True),
        sa.Column("erased_at", MOMENT, nullable=True),
        sa.Column("step", sa.BigInteger(), server_default="1", nullable=False),
        sa.CheckConstraint("state IN ('open', 'closed', 'merged')", name="state_known"),
        sa.CheckConstraint("channel IN ('email', 'sms', 'both', 'none')", name="channel_known"),
        sa.CheckConstraint(PROVEN, name="level_known"),
        sa.CheckConstraint(
            "level <> 'temporary' OR level_until IS NOT NULL", name="temporary_ends"
        ),
        sa.CheckConstraint("level IS NULL OR full_name <> ''", name="proven_has_name"),
        sa.CheckConstraint(
            "(state = 'merged') = (merged_into_id IS NOT NULL)", name="merged_has_target"
        ),
        sa.CheckConstraint("merged_into_id <> id", name="not_merged_into_itself"),
        sa.CheckConstraint("(state = 'open') = (closed_at IS NULL)", name="closed_has_time"),
        sa.ForeignKeyConstraint(["body_id"], ["bodies.id"], name="fk_citizen_accounts_body_id"),
        sa.ForeignKeyConstraint(
            ["merged_into_id"], ["citizen_accounts.id"], name="fk_citizen_accounts_merged_into_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_citizen_accounts"),
    )
    op.create_index(
        "ux_citizen_accounts_email",
        "citizen_accounts",
        ["body_id", "email_key"],
        unique=True,
        postgresql_where=sa.text("state = 'open' AND email_key <> ''"),
    )
    op.create_index(
        "ux_citizen_accounts_proven",
        "citizen_accounts",
        ["body_id", "tax_number"],
        unique=True,
        postgresql_where=sa.text("state = 'open' AND level IS NOT NULL AND tax_number <> ''"),
    )
    op.create_index("ix_citizen_accounts_tax_number", "citizen_accounts", ["tax_number"])
    op.create_index("ix_citizen_accounts_merged_into_id", "citizen_accounts", ["merged_into_id"])
    op.create_index(
        "ix_citizen_accounts_name_key_trgm",
        "citizen_accounts",
        ["name_key"],
        postgresql_using="gin",
        postgresql_ops={"name_key": "gin_trgm_ops"},
    )
    op.create_index(
        "ix_citizen_accounts_to_erase",
        "citizen_accounts",
        ["id"],
        postgresql_where=sa.text("state <> 'open' AND erased_at IS NULL"),
    )


def _proofs() -> None:
    op.create_table(
        "citizen_proofs",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("paper", sa.Text(), nullable=True),
        sa.Column("provider", sa.Text(), nullable=True),
        sa.Column("given_by", sa.BigInteger(), nullable=True),
        sa.Column("given_at", MOMENT, nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("ended_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(PROVEN, name="level_known"),
        sa.CheckConstraint("(paper IS NULL) = (provider IS NOT NULL)", name="one_source"),
        sa.CheckConstraint("(paper IS NULL) = (given_by IS NULL)", name="paper_seen_by_somebody"),
        sa.CheckConstraint(
            "paper IN ('identity-card', 'passport', 'residence-permit', 'driving-licence', "
            "'other')",
            name="paper_known",
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["citizen_accounts.id"], name="fk_citizen_proofs_account_id"
        ),
        sa.ForeignKeyConstraint(["given_by"], ["users.id"], name="fk_citizen_proofs_given_by"),
        sa.ForeignKeyConstraint(["ended_by"], ["users.id"], name="fk_citizen_proofs_ended_by"),
        sa.PrimaryKeyConstraint("id", name="pk_citizen_proofs"),
    )
    op.create_index("ix_citizen_proofs_account_id", "citizen_proofs", ["account_id"])
    op.create_table(
        "citizen_identities",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("body_id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("tied_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["body_id"], ["bodies.id"], name="fk_citizen_identities_body_id"),
        sa.ForeignKeyConstraint(
            ["account_id"], ["citizen_accounts.id"], name="fk_citizen_identities_account_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_citizen_identities"),
    )
    op.create_index(
        "ux_citizen_identities_subject",
        "citizen_identities",
        ["body_id", "issuer", "subject"],
        unique=True,
    )
    op.create_index("ix_citizen_identities_account_id", "citizen_identities", ["account_id"])


def _representations() -> None:
    op.create_table(
        "citizen_representations",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("body_id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("tax_number", sa.Text(), nullable=False),
        sa.Column("ground", sa.Text(), nullable=False),
        sa.Column("proof_sha256", sa.Text(), nullable=True),
        sa.Column("proof_name", sa.Text(), nullable=False),
        sa.Column("proof_type", sa.Text(), nullable=False),
        sa.Column("proof_size", sa.BigInteger(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("state", sa.Text(), server_default="asked", nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("decided_by", sa.BigInteger(), nullable=True),
        sa.Column("decided_at", MOMENT, nullable=True),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("step", sa.BigInteger(), server_default="1", nullable=False),
        sa.CheckConstraint("kind IN ('person', 'company')", name="kind_known"),
        sa.CheckConstraint(
            "ground IN ('power-of-attorney', 'legal-representative', 'parent', 'guardian', "
            "'other')",
            name="ground_known",
        ),
        sa.CheckConstraint(
            "state IN ('asked', 'accepted', 'refused', 'withdrawn', 'revoked')",
            name="state_known",
        ),
        sa.CheckConstraint("valid_to >= valid_from", name="days_in_order"),
        sa.CheckConstraint(
            "state NOT IN ('accepted', 'refused', 'revoked') OR decided_by IS NOT NULL",
            name="decided_by_somebody",
        ),
        sa.CheckConstraint(
            "state NOT IN ('refused', 'revoked') OR reason <> ''", name="refusal_has_reason"
        ),
        sa.ForeignKeyConstraint(
            ["body_id"], ["bodies.id"], name="fk_citizen_representations_body_id"
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["citizen_accounts.id"], name="fk_citizen_representations_account_id"
        ),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["users.id"], name="fk_citizen_representations_decided_by"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_citizen_representations"),
    )
    op.create_index(
        "ix_citizen_representations_account_id", "citizen_representations", ["account_id"]
    )
    op.create_index(
        "ix_citizen_representations_tax_number", "citizen_representations", ["tax_number"]
    )
    op.create_index(
        "ix_citizen_representations_asked",
        "citizen_representations",
        ["body_id", "id"],
        postgresql_where=sa.text("state = 'asked'"),
    )


def _logins() -> None:
    op.create_table(
        "citizen_sessions",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("token_digest", sa.Text(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("way", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=True),
        sa.Column("client", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("last_used_at", MOMENT, nullable=False),
        sa.Column("ends_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("representation_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("way IN ('code', 'password', 'provider')", name="way_known"),
        sa.CheckConstraint(
            "level IN ('none', 'visitor', 'registered', 'temporary', 'verified')",
            name="level_known",
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["citizen_accounts.id"], name="fk_citizen_sessions_account_id"
        ),
        sa.ForeignKeyConstraint(
            ["representation_id"],
            ["citizen_representations.id"],
            name="fk_citizen_sessions_representation_id",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_citizen_sessions"),
        sa.UniqueConstraint("token_digest", name="uq_citizen_sessions_token_digest"),
    )
    op.create_index("ix_citizen_sessions_account_id", "citizen_sessions", ["account_id"])
    op.create_index("ix_citizen_sessions_ends_at", "citizen_sessions", ["ends_at"])
    op.create_table(
        "citizen_codes",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("body_id", sa.BigInteger(), nullable=False),
        sa.Column("token_digest", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("code_digest", sa.Text(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("sent_at", MOMENT, nullable=True),
        sa.Column("failed_tries", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("used_at", MOMENT, nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.CheckConstraint("purpose IN ('enter', 'change-email')", name="purpose_known"),
        sa.ForeignKeyConstraint(["body_id"], ["bodies.id"], name="fk_citizen_codes_body_id"),
        sa.ForeignKeyConstraint(
            ["account_id"], ["citizen_accounts.id"], name="fk_citizen_codes_account_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_citizen_codes"),
        sa.UniqueConstraint("token_digest", name="uq_citizen_codes_token_digest"),
    )
    op.create_index("ix_citizen_codes_created_at", "citizen_codes", ["created_at"])


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
