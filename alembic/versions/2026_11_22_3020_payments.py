"""Payments: what is owed, the bank's files, what counts for what, receipts, refunds, events.

What was demanded never changes: the application may write the columns that say what became of it.

Revision ID: 0029
Revises: 0028
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

APPLICATION = "docflow_app"
MOMENT = sa.DateTime(timezone=True)
WRITTEN_ONCE = ("payment_parts", "payment_receipts", "payment_papers")
CHANGED = {
    "collection_accounts": "unit_id, bank, holder, bic, creditor_code, profile, is_current, "
    "changed_by, changed_at",
    "payables": "state, bank_number, told_at, ended_at, ended_why, version, changed_by, changed_at",
    "bank_statements": "counts",
    "bank_lines": "state, payable_id, certainty, reason, decided_by, decided_at, version, apart",
    "card_payments": "state, provider_id, address, problem, changed_at",
    "payment_series": "last_number",
    "refunds": "state, ended_by, ended_at, ended_note",
    "payment_events": "position, told_at",
}
NUMBERED = (
    "collection_accounts",
    "payables",
    "bank_statements",
    "bank_lines",
    "card_payments",
    "payment_parts",
    "refunds",
    "payment_events",
)


def upgrade() -> None:
    _payables()
    _statements()
    _money()
    _receipts()
    _refunds_and_events()
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
    for table, columns in CHANGED.items():
        op.execute(f"GRANT SELECT, INSERT, UPDATE ({columns}) ON {table} TO {APPLICATION}")
    for table in NUMBERED:
        op.execute(f"GRANT USAGE ON SEQUENCE {table}_id_seq TO {APPLICATION}")


def _payables() -> None:
    op.create_table(
        "collection_accounts",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("body_id", sa.BigInteger(), nullable=False),
        sa.Column("unit_id", sa.BigInteger(), nullable=False),
        sa.Column("bank", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("iban", sa.Text(), nullable=False),
        sa.Column("bic", sa.Text(), server_default="", nullable=False),
        sa.Column("creditor_code", sa.Text(), server_default="", nullable=False),
        sa.Column("profile", JSONB(), nullable=False),
        sa.Column("is_current", sa.Boolean(), nullable=False),
        sa.Column("changed_by", sa.BigInteger(), nullable=True),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["body_id"], ["bodies.id"], name=op.f("fk_collection_accounts_body_id")
        ),
        sa.ForeignKeyConstraint(
            ["changed_by"], ["users.id"], name=op.f("fk_collection_accounts_changed_by")
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["units.id"], name=op.f("fk_collection_accounts_unit_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_collection_accounts")),
        sa.UniqueConstraint("body_id", "iban", name=op.f("uq_collection_accounts_body_id_iban")),
    )
    op.create_index(
        "ux_collection_accounts_current",
        "collection_accounts",
        ["body_id"],
        unique=True,
        postgresql_where=sa.text("is_current"),
    )
    op.create_table(
        "payables",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("body_id", sa.BigInteger(), nullable=False),
        sa.Column("unit_id", sa.BigInteger(), nullable=False),
        sa.Column("subject_type", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("shown_as", sa.Text(), server_default="", nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("reason", JSONB(), nullable=False),
        sa.Column("rule", JSONB(), nullable=False),
        sa.Column("data", JSONB(), nullable=False),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("payer_name", sa.Text(), nullable=False),
        sa.Column("payer_name_key", sa.Text(), nullable=False),
        sa.Column("payer_tax_number", sa.Text(), server_default="", nullable=False),
        sa.Column("payer_email", sa.Text(), server_default="", nullable=False),
        sa.Column("payer_phone", sa.Text(), server_default="", nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("tells", sa.Boolean(), nullable=False),
        sa.Column("state", sa.Text(), server_default="open", nullable=False),
        sa.Column("bank_number", sa.Text(), server_default="", nullable=False),
        sa.Column("told_at", MOMENT, nullable=True),
        sa.Column("demanded_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("ended_why", sa.Text(), server_default="", nullable=False),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("changed_by", sa.BigInteger(), nullable=True),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.CheckConstraint(
            "(state IN ('paid','refused','withdrawn')) = (ended_at IS NOT NULL)",
            name=op.f("ck_payables_end_has_time"),
        ),
        sa.CheckConstraint(
            "state <> 'told' OR bank_number <> ''", name=op.f("ck_payables_told_has_number")
        ),
        sa.CheckConstraint(
            "state IN ('open', 'told', 'part', 'paid', 'refused', 'withdrawn')",
            name=op.f("ck_payables_state_known"),
        ),
        sa.CheckConstraint("cents BETWEEN 1 AND 1000000000", name=op.f("ck_payables_amount_sane")),
        sa.ForeignKeyConstraint(["body_id"], ["bodies.id"], name=op.f("fk_payables_body_id")),
        sa.ForeignKeyConstraint(["changed_by"], ["users.id"], name=op.f("fk_payables_changed_by")),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_payables_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payables")),
        sa.UniqueConstraint(
            "body_id",
            "subject_type",
            "subject_id",
            "key",
            name=op.f("uq_payables_body_id_subject_type_subject_id_key"),
        ),
        sa.UniqueConstraint("reference", name=op.f("uq_payables_reference")),
        sa.UniqueConstraint("token", name=op.f("uq_payables_token")),
    )
    op.create_index(
        "ix_payables_bank_number",
        "payables",
        ["bank_number"],
        unique=False,
        postgresql_where=sa.text("bank_number <> ''"),
    )
    op.create_index(op.f("ix_payables_unit_id"), "payables", ["unit_id"])
    op.create_index(
        "ix_payables_body_id_state", "payables", ["body_id", "state", "id"], unique=False
    )
    op.create_index(
        "ix_payables_payer_tax_number",
        "payables",
        ["payer_tax_number"],
        unique=False,
        postgresql_where=sa.text("payer_tax_number <> ''"),
    )


def _statements() -> None:
    op.create_table(
        "bank_statements",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("body_id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("first_on", sa.Date(), nullable=True),
        sa.Column("last_on", sa.Date(), nullable=True),
        sa.Column("counts", JSONB(), nullable=False),
        sa.Column("imported_by", sa.BigInteger(), nullable=True),
        sa.Column("imported_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["collection_accounts.id"], name=op.f("fk_bank_statements_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["body_id"], ["bodies.id"], name=op.f("fk_bank_statements_body_id")
        ),
        sa.ForeignKeyConstraint(
            ["imported_by"], ["users.id"], name=op.f("fk_bank_statements_imported_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_statements")),
        sa.UniqueConstraint("body_id", "sha256", name=op.f("uq_bank_statements_body_id_sha256")),
    )
    op.create_table(
        "bank_lines",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("body_id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("statement_id", sa.BigInteger(), nullable=False),
        sa.Column("place", sa.BigInteger(), nullable=False),
        sa.Column("file_line", sa.BigInteger(), nullable=False),
        sa.Column("movement", sa.Text(), nullable=False),
        sa.Column("apart", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("booked_on", sa.Date(), nullable=False),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        sa.Column("bank_number", sa.Text(), nullable=False),
        sa.Column("payer_name", sa.Text(), nullable=False),
        sa.Column("payer_iban", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("references", JSONB(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("payable_id", sa.BigInteger(), nullable=True),
        sa.Column("certainty", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("decided_by", sa.BigInteger(), nullable=True),
        sa.Column("decided_at", MOMENT, nullable=True),
        sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
        sa.CheckConstraint(
            "certainty IN ('sure', 'reference', 'number', 'payer')",
            name=op.f("ck_bank_lines_certainty_known"),
        ),
        sa.CheckConstraint(
            "state <> 'ignored' OR reason <> ''", name=op.f("ck_bank_lines_ignored_has_reason")
        ),
        sa.CheckConstraint(
            "state IN ('open', 'proposed', 'marked', 'counted', 'ignored', 'refund', 'known', 'twin', 'outgoing')",
            name=op.f("ck_bank_lines_state_known"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('proposed','marked','counted') OR payable_id IS NOT NULL",
            name=op.f("ck_bank_lines_match_has_payable"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["collection_accounts.id"], name=op.f("fk_bank_lines_account_id")
        ),
        sa.ForeignKeyConstraint(["body_id"], ["bodies.id"], name=op.f("fk_bank_lines_body_id")),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["users.id"], name=op.f("fk_bank_lines_decided_by")
        ),
        sa.ForeignKeyConstraint(
            ["payable_id"], ["payables.id"], name=op.f("fk_bank_lines_payable_id")
        ),
        sa.ForeignKeyConstraint(
            ["statement_id"], ["bank_statements.id"], name=op.f("fk_bank_lines_statement_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_lines")),
        sa.UniqueConstraint("statement_id", "place", name=op.f("uq_bank_lines_statement_id_place")),
    )
    op.create_index("ix_bank_lines_bank_number", "bank_lines", ["bank_number"], unique=False)
    op.create_index(
        "ix_bank_lines_body_id_state_id", "bank_lines", ["body_id", "state", "id"], unique=False
    )
    op.create_index("ix_bank_lines_payable_id", "bank_lines", ["payable_id"], unique=False)
    op.create_index(
        "ux_bank_lines_movement",
        "bank_lines",
        ["account_id", "movement", "apart"],
        unique=True,
        postgresql_where=sa.text("state NOT IN ('known','twin')"),
    )


def _money() -> None:
    op.create_table(
        "card_payments",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("payable_id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), server_default="asked", nullable=False),
        sa.Column("provider_id", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), server_default="", nullable=False),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.CheckConstraint(
            "state <> 'failed' OR problem IS NOT NULL",
            name=op.f("ck_card_payments_failure_has_reason"),
        ),
        sa.CheckConstraint(
            "state IN ('asked', 'open', 'paid', 'failed')",
            name=op.f("ck_card_payments_state_known"),
        ),
        sa.ForeignKeyConstraint(
            ["payable_id"], ["payables.id"], name=op.f("fk_card_payments_payable_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_card_payments")),
        sa.UniqueConstraint("key", name=op.f("uq_card_payments_key")),
        sa.UniqueConstraint("provider_id", name=op.f("uq_card_payments_provider_id")),
    )
    op.create_index(
        "ix_card_payments_changed_at",
        "card_payments",
        ["changed_at"],
        unique=False,
        postgresql_where=sa.text("state IN ('asked','open')"),
    )
    op.create_index("ix_card_payments_payable_id", "card_payments", ["payable_id"], unique=False)
    op.create_table(
        "payment_parts",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("payable_id", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("bank_number", sa.Text(), server_default="", nullable=False),
        sa.Column("bank_line_id", sa.BigInteger(), nullable=True),
        sa.Column("card_payment_id", sa.BigInteger(), nullable=True),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("noted_by", sa.BigInteger(), nullable=True),
        sa.Column("noted_at", MOMENT, nullable=False),
        sa.CheckConstraint(
            "(source = 'bank') = (bank_line_id IS NOT NULL) AND (source = 'card') = (card_payment_id IS NOT NULL)",
            name=op.f("ck_payment_parts_source_named"),
        ),
        sa.CheckConstraint(
            "source IN ('bank', 'card', 'hand')", name=op.f("ck_payment_parts_source_known")
        ),
        sa.CheckConstraint("cents > 0", name=op.f("ck_payment_parts_amount_positive")),
        sa.ForeignKeyConstraint(
            ["bank_line_id"], ["bank_lines.id"], name=op.f("fk_payment_parts_bank_line_id")
        ),
        sa.ForeignKeyConstraint(
            ["card_payment_id"], ["card_payments.id"], name=op.f("fk_payment_parts_card_payment_id")
        ),
        sa.ForeignKeyConstraint(["noted_by"], ["users.id"], name=op.f("fk_payment_parts_noted_by")),
        sa.ForeignKeyConstraint(
            ["payable_id"], ["payables.id"], name=op.f("fk_payment_parts_payable_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_parts")),
        sa.UniqueConstraint("bank_line_id", name=op.f("uq_payment_parts_bank_line_id")),
        sa.UniqueConstraint("card_payment_id", name=op.f("uq_payment_parts_card_payment_id")),
    )
    op.create_index("ix_payment_parts_payable_id", "payment_parts", ["payable_id"], unique=False)


def _receipts() -> None:
    op.create_table(
        "payment_series",
        sa.Column("body_id", sa.BigInteger(), nullable=False),
        sa.Column("year", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("last_number", sa.BigInteger(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["body_id"], ["bodies.id"], name=op.f("fk_payment_series_body_id")),
        sa.PrimaryKeyConstraint("body_id", "year", name=op.f("pk_payment_series")),
    )
    op.create_table(
        "payment_receipts",
        sa.Column("payable_id", sa.BigInteger(), nullable=False),
        sa.Column("body_id", sa.BigInteger(), nullable=False),
        sa.Column("year", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        sa.Column("lines", JSONB(), nullable=False),
        sa.Column("issued_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["body_id"], ["bodies.id"], name=op.f("fk_payment_receipts_body_id")
        ),
        sa.ForeignKeyConstraint(
            ["payable_id"], ["payables.id"], name=op.f("fk_payment_receipts_payable_id")
        ),
        sa.PrimaryKeyConstraint("payable_id", name=op.f("pk_payment_receipts")),
        sa.UniqueConstraint(
            "body_id", "year", "number", name=op.f("uq_payment_receipts_body_id_year_number")
        ),
    )
    op.create_table(
        "payment_papers",
        sa.Column("payable_id", sa.BigInteger(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["payable_id"], ["payables.id"], name=op.f("fk_payment_papers_payable_id")
        ),
        sa.PrimaryKeyConstraint("payable_id", "language", name=op.f("pk_payment_papers")),
    )


def _refunds_and_events() -> None:
    op.create_table(
        "refunds",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("body_id", sa.BigInteger(), nullable=False),
        sa.Column("payable_id", sa.BigInteger(), nullable=True),
        sa.Column("bank_line_id", sa.BigInteger(), nullable=True),
        sa.Column("card_payment_id", sa.BigInteger(), nullable=True),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("state", sa.Text(), server_default="open", nullable=False),
        sa.Column("opened_at", MOMENT, nullable=False),
        sa.Column("ended_by", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("ended_note", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint(
            "(state = 'open') = (ended_at IS NULL)", name=op.f("ck_refunds_end_has_time")
        ),
        sa.CheckConstraint(
            "state IN ('open', 'done', 'dropped')", name=op.f("ck_refunds_state_known")
        ),
        sa.CheckConstraint(
            "why IN ('overpaid', 'ended', 'twice', 'withdrawn', 'not-ours')",
            name=op.f("ck_refunds_why_known"),
        ),
        sa.CheckConstraint("cents > 0", name=op.f("ck_refunds_amount_positive")),
        sa.ForeignKeyConstraint(
            ["bank_line_id"], ["bank_lines.id"], name=op.f("fk_refunds_bank_line_id")
        ),
        sa.ForeignKeyConstraint(["body_id"], ["bodies.id"], name=op.f("fk_refunds_body_id")),
        sa.ForeignKeyConstraint(
            ["card_payment_id"], ["card_payments.id"], name=op.f("fk_refunds_card_payment_id")
        ),
        sa.ForeignKeyConstraint(["ended_by"], ["users.id"], name=op.f("fk_refunds_ended_by")),
        sa.ForeignKeyConstraint(
            ["payable_id"], ["payables.id"], name=op.f("fk_refunds_payable_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refunds")),
    )
    op.create_index(
        "ix_refunds_body_id_state_id", "refunds", ["body_id", "state", "id"], unique=False
    )
    op.create_table(
        "payment_events",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("body_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("payable_id", sa.BigInteger(), nullable=False),
        sa.Column("content", JSONB(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("told_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["body_id"], ["bodies.id"], name=op.f("fk_payment_events_body_id")),
        sa.ForeignKeyConstraint(
            ["payable_id"], ["payables.id"], name=op.f("fk_payment_events_payable_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_events")),
        sa.UniqueConstraint("body_id", "position", name=op.f("uq_payment_events_body_id_position")),
    )
    op.create_index(
        "ix_payment_events_id",
        "payment_events",
        ["id"],
        unique=False,
        postgresql_where=sa.text("position IS NULL"),
    )


def downgrade() -> None:
    for table in (
        "payment_events",
        "refunds",
        "payment_papers",
        "payment_receipts",
        "payment_series",
        "payment_parts",
        "card_payments",
        "bank_lines",
        "bank_statements",
        "payables",
        "collection_accounts",
    ):
        op.drop_table(table)
