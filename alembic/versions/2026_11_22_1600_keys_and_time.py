"""Keys wherever they lie, stamps, lasting proofs, reports of validation, exact copies.

Proofs and exact copies are written once: paper that people hold says the same. A sealed document
never names other first bytes, and its present bytes always stand among its proofs.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

APPLICATION = "docflow_app"
WRITTEN_ONCE = ("document_proofs", "exact_copies")
CHANGING = (
    "stamp_styles",
    "trust_roots",
    "sealed_documents",
    "file_validations",
    "pending_signatures",
)
LEVELS = "('B-B', 'B-T', 'B-LT', 'B-LTA')"


def upgrade() -> None:
    _keyrings()
    _steps_and_drafts()
    _settings_of_bodies()
    _sealed_documents()
    _validations()
    _copies()
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
    for table in CHANGING:
        op.execute(f"GRANT SELECT, INSERT, UPDATE ON {table} TO {APPLICATION}")
    op.execute(f"GRANT DELETE ON keyrings, pending_signatures TO {APPLICATION}")
    for sequence in ("sealed_documents_id_seq", "exact_copies_id_seq"):
        op.execute(f"GRANT USAGE ON SEQUENCE {sequence} TO {APPLICATION}")
    _guards()


def _keyrings() -> None:
    op.alter_column("keyrings", "pkcs12", existing_type=sa.LargeBinary(), nullable=True)
    for column in (
        sa.Column("kind", sa.Text(), server_default="file", nullable=False),
        sa.Column("provider", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("account", JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("certificates", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("administered_by", sa.BigInteger(), nullable=True),
    ):
        op.add_column("keyrings", column)
    op.create_foreign_key(
        op.f("fk_keyrings_administered_by"), "keyrings", "users", ["administered_by"], ["id"]
    )
    for name, rule in (
        ("kind_known", "kind IN ('file', 'token', 'csc', 'otp', 'elsewhere')"),
        ("file_is_kept", "(kind = 'file') = (pkcs12 IS NOT NULL)"),
        ("service_is_named", "(kind IN ('token', 'csc', 'otp')) = (provider <> '')"),
    ):
        op.create_check_constraint(op.f(f"ck_keyrings_{name}"), "keyrings", rule)


def _steps_and_drafts() -> None:
    op.add_column("steps", sa.Column("signature_level", sa.Text(), nullable=True))
    op.create_check_constraint(
        op.f("ck_steps_signature_level_known"), "steps", f"signature_level IN {LEVELS}"
    )
    # With what else was decided on a step; the proofs of later years are of the issued document.
    op.execute(
        "CREATE TRIGGER level_stays BEFORE UPDATE ON steps FOR EACH ROW "
        "WHEN (OLD.state NOT IN ('waiting', 'active') "
        "AND NEW.signature_level IS DISTINCT FROM OLD.signature_level) "
        "EXECUTE FUNCTION refuse_change()"
    )
    op.add_column("drafts", sa.Column("corrects_id", sa.BigInteger(), nullable=True))
    op.add_column(
        "drafts",
        sa.Column("correction_reason", sa.Text(), server_default=sa.text("''"), nullable=False),
    )
    op.create_foreign_key(
        op.f("fk_drafts_corrects_id"), "drafts", "entries", ["corrects_id"], ["id"]
    )
    op.create_check_constraint(
        op.f("ck_drafts_correction_has_reason"),
        "drafts",
        "corrects_id IS NULL OR length(correction_reason) > 0",
    )
    # One correction of a document on its way at a time; one that was issued is judged by its entry.
    op.create_index(
        "ux_drafts_one_correction",
        "drafts",
        ["corrects_id"],
        unique=True,
        postgresql_where=sa.text(
            "corrects_id IS NOT NULL AND state NOT IN ('withdrawn','rejected','issued')"
        ),
    )
    op.create_table(
        "pending_signatures",
        sa.Column("step_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("base_sha256", sa.Text(), nullable=False),
        sa.Column("prepared_sha256", sa.Text(), nullable=False),
        sa.Column("details", JSONB(), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["step_id"], ["steps.id"], name=op.f("fk_pending_signatures_step_id")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_pending_signatures_user_id")
        ),
        sa.PrimaryKeyConstraint("step_id", "user_id", "kind", name=op.f("pk_pending_signatures")),
        sa.CheckConstraint(
            "kind IN ('file', 'digest')", name=op.f("ck_pending_signatures_kind_known")
        ),
    )


def _settings_of_bodies() -> None:
    op.create_table(
        "stamp_styles",
        sa.Column("body_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("heading", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("lines", JSONB(), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("note", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("has_qr", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("changed_by", sa.BigInteger(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["body_id"], ["bodies.id"], name=op.f("fk_stamp_styles_body_id")),
        sa.ForeignKeyConstraint(
            ["changed_by"], ["users.id"], name=op.f("fk_stamp_styles_changed_by")
        ),
        sa.PrimaryKeyConstraint("body_id", name=op.f("pk_stamp_styles")),
    )
    op.create_table(
        "trust_roots",
        sa.Column("body_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("pem", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("not_after", sa.DateTime(timezone=True), nullable=False),
        sa.Column("added_by", sa.BigInteger(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["body_id"], ["bodies.id"], name=op.f("fk_trust_roots_body_id")),
        sa.ForeignKeyConstraint(["added_by"], ["users.id"], name=op.f("fk_trust_roots_added_by")),
        sa.PrimaryKeyConstraint("body_id", "fingerprint", name=op.f("pk_trust_roots")),
    )


def _sealed_documents() -> None:
    op.create_table(
        "sealed_documents",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("body_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("entry_id", sa.BigInteger(), nullable=True),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("current_sha256", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("wanted", sa.Text(), nullable=False),
        sa.Column("problem", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("tries", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("try_after", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("renew_before", sa.DateTime(timezone=True), nullable=True),
        sa.Column("holds", sa.Boolean(), nullable=True),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outlook", JSONB(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('original', 'exact-copy', 'copy')",
            name=op.f("ck_sealed_documents_kind_known"),
        ),
        sa.CheckConstraint(f"level IN {LEVELS}", name=op.f("ck_sealed_documents_level_known")),
        sa.CheckConstraint(f"wanted IN {LEVELS}", name=op.f("ck_sealed_documents_wanted_known")),
        sa.ForeignKeyConstraint(
            ["body_id"], ["bodies.id"], name=op.f("fk_sealed_documents_body_id")
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["entries.id"], name=op.f("fk_sealed_documents_entry_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sealed_documents")),
        sa.UniqueConstraint("sha256", name=op.f("uq_sealed_documents_sha256")),
    )
    op.create_index(
        "ix_sealed_documents_pending",
        "sealed_documents",
        ["try_after"],
        postgresql_where=sa.text("level <> wanted OR checked_at IS NULL"),
    )
    for column in ("renew_before", "entry_id", "current_sha256"):
        op.create_index(op.f(f"ix_sealed_documents_{column}"), "sealed_documents", [column])
    op.create_table(
        "document_proofs",
        sa.Column("document_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(f"level IN {LEVELS}", name=op.f("ck_document_proofs_level_known")),
        sa.ForeignKeyConstraint(
            ["document_id"], ["sealed_documents.id"], name=op.f("fk_document_proofs_document_id")
        ),
        sa.PrimaryKeyConstraint("document_id", "position", name=op.f("pk_document_proofs")),
    )
    op.create_index(op.f("ix_document_proofs_sha256"), "document_proofs", ["sha256"])


def _validations() -> None:
    op.create_table(
        "file_validations",
        sa.Column("file_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("state", sa.Text(), server_default="pending", nullable=False),
        sa.Column("verdict", sa.Text(), nullable=True),
        sa.Column("integrity", sa.Text(), nullable=True),
        sa.Column("signatures", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("report", JSONB(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "state IN ('pending', 'done', 'failed')", name=op.f("ck_file_validations_state_known")
        ),
        sa.ForeignKeyConstraint(
            ["file_id"], ["files.id"], name=op.f("fk_file_validations_file_id")
        ),
        sa.PrimaryKeyConstraint("file_id", name=op.f("pk_file_validations")),
    )


def _copies() -> None:
    op.create_table(
        "exact_copies",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("body_id", sa.BigInteger(), nullable=False),
        sa.Column("entry_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("file_id", sa.BigInteger(), nullable=False),
        sa.Column("source_sha256", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("issued_by", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("capacity", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("paper_place", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("destroy_after", sa.Date(), nullable=True),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind IN ('exact', 'digitised')", name=op.f("ck_exact_copies_kind_known")
        ),
        sa.CheckConstraint(
            "kind <> 'digitised' OR (paper_place <> '' AND destroy_after IS NOT NULL)",
            name=op.f("ck_exact_copies_paper_is_somewhere"),
        ),
        sa.ForeignKeyConstraint(["body_id"], ["bodies.id"], name=op.f("fk_exact_copies_body_id")),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["entries.id"], name=op.f("fk_exact_copies_entry_id")
        ),
        sa.ForeignKeyConstraint(["file_id"], ["files.id"], name=op.f("fk_exact_copies_file_id")),
        sa.ForeignKeyConstraint(
            ["issued_by"], ["users.id"], name=op.f("fk_exact_copies_issued_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exact_copies")),
        sa.UniqueConstraint("entry_id", "position", name=op.f("uq_exact_copies_entry_id_position")),
        sa.UniqueConstraint("code", name=op.f("uq_exact_copies_code")),
    )


def _guards() -> None:
    op.execute(
        """
        CREATE FUNCTION guard_sealed_document() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'DELETE' OR NEW.sha256 <> OLD.sha256 OR NEW.body_id <> OLD.body_id
               OR NEW.kind <> OLD.kind OR NEW.made_at <> OLD.made_at
               OR (OLD.entry_id IS NOT NULL AND NEW.entry_id IS DISTINCT FROM OLD.entry_id)
               OR position(OLD.level in 'B-B B-T B-LT B-LTA')
                  > position(NEW.level in 'B-B B-T B-LT B-LTA') THEN
                RAISE EXCEPTION 'a sealed document is only added to, and never loses a proof'
                    USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER only_added_to BEFORE UPDATE OR DELETE ON sealed_documents "
        "FOR EACH ROW EXECUTE FUNCTION guard_sealed_document()"
    )
    op.execute(
        "CREATE TRIGGER never_emptied BEFORE TRUNCATE ON sealed_documents "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def downgrade() -> None:
    for table in (
        "exact_copies",
        "file_validations",
        "document_proofs",
        "sealed_documents",
        "trust_roots",
        "stamp_styles",
        "pending_signatures",
    ):
        op.drop_table(table)
    op.execute("DROP FUNCTION guard_sealed_document()")
    op.drop_column("drafts", "correction_reason")
    op.drop_column("drafts", "corrects_id")
    op.execute("DROP TRIGGER level_stays ON steps")
    op.drop_column("steps", "signature_level")
    op.execute("REVOKE DELETE ON keyrings FROM docflow_app")
    op.execute("DELETE FROM keyrings WHERE pkcs12 IS NULL")
    for column in ("administered_by", "certificates", "account", "provider", "kind"):
        op.drop_column("keyrings", column)
    op.alter_column("keyrings", "pkcs12", existing_type=sa.LargeBinary(), nullable=False)
