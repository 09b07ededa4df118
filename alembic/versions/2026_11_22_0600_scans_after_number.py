"""Scans after the number: batches, what was found in them, and the place of each of their pages.

Every page stands in exactly one place, none is ever deleted, and what was filed stays as it was
filed (domain row 39). Beside it depositors, mailed receipts, sizes of labels (rows 18 and 27), and
the role of a scan among the files of an entry.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

APPLICATION = "docflow_app"
WRITTEN_ONCE = ("depositors",)
CHANGES = ("receipt_mails", "label_preferences")
KEPT = ("scan_batches", "scan_documents", "scan_pages")  # changed, never deleted
ROLES = "'original', 'signed-original', 'exact-copy', 'scan'"
ROLES_BEFORE = "'original', 'signed-original', 'exact-copy'"
MOMENT = sa.DateTime(timezone=True)
NOW = sa.text("clock_timestamp()")


def upgrade() -> None:
    _allow_roles(ROLES)
    op.create_table(
        "depositors",
        sa.Column("entry_id", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.CheckConstraint("length(name) BETWEEN 1 AND 300", name="name_length"),
        sa.ForeignKeyConstraint(["entry_id"], ["entries.id"], name="fk_depositors_entry_id"),
        sa.PrimaryKeyConstraint("entry_id", name="pk_depositors"),
    )
    op.create_table(
        "label_preferences",
        sa.Column("user_id", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("size", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_label_preferences_user_id"),
        sa.PrimaryKeyConstraint("user_id", name="pk_label_preferences"),
    )
    op.create_table(
        "receipt_mails",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("entry_id", sa.BigInteger(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="queued", nullable=False),
        sa.Column("asked_by", sa.BigInteger(), nullable=False),
        sa.Column("asked_at", MOMENT, server_default=NOW, nullable=False),
        sa.Column("sent_at", MOMENT, nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.CheckConstraint("state IN ('queued', 'sent', 'failed')", name="state_known"),
        sa.CheckConstraint("state <> 'failed' OR problem IS NOT NULL", name="failure_has_reason"),
        sa.ForeignKeyConstraint(["entry_id"], ["entries.id"], name="fk_receipt_mails_entry_id"),
        sa.ForeignKeyConstraint(["asked_by"], ["users.id"], name="fk_receipt_mails_asked_by"),
        sa.PrimaryKeyConstraint("id", name="pk_receipt_mails"),
        sa.UniqueConstraint("entry_id", "email", name="uq_receipt_mails_entry_id_email"),
    )
    _create_batches()
    _create_documents()
    _create_pages()
    _guard()


def _create_batches() -> None:
    op.create_table(
        "scan_batches",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("body_id", sa.BigInteger(), nullable=False),
        sa.Column("owner_id", sa.BigInteger(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=True),
        sa.Column("size", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("media_type", sa.Text(), server_default="", nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("options", JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("pages_total", sa.BigInteger(), nullable=True),
        sa.Column("pages_done", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("again", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("again_at", MOMENT, nullable=True),
        sa.Column("added_by", sa.BigInteger(), nullable=True),
        sa.Column("added_at", MOMENT, server_default=NOW, nullable=False),
        sa.Column("finished_at", MOMENT, nullable=True),
        sa.CheckConstraint("source IN ('folder', 'upload', 'scanner')", name="source_known"),
        sa.CheckConstraint(
            "state IN ('scanning', 'waiting', 'splitting', 'split', 'unreadable')",
            name="state_known",
        ),
        sa.CheckConstraint(
            "state <> 'unreadable' OR problem IS NOT NULL", name="failure_has_reason"
        ),
        sa.ForeignKeyConstraint(["body_id"], ["bodies.id"], name="fk_scan_batches_body_id"),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name="fk_scan_batches_owner_id"),
        sa.ForeignKeyConstraint(["added_by"], ["users.id"], name="fk_scan_batches_added_by"),
        sa.PrimaryKeyConstraint("id", name="pk_scan_batches"),
    )
    op.create_index("ix_scan_batches_body_id_id", "scan_batches", ["body_id", "id"])
    op.create_index(
        "ux_scan_batches_digest",
        "scan_batches",
        ["body_id", "owner_id", "sha256"],
        unique=True,
        postgresql_nulls_not_distinct=True,
        postgresql_where=sa.text("sha256 IS NOT NULL"),
    )


def _create_documents() -> None:
    op.create_table(
        "scan_documents",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("batch_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("entry_id", sa.BigInteger(), nullable=True),
        sa.Column("file_id", sa.BigInteger(), nullable=True),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("decided_by", sa.BigInteger(), nullable=True),
        sa.Column("decided_at", MOMENT, nullable=True),
        sa.CheckConstraint(
            "state IN ('review', 'filing', 'filed', 'same', 'discarded', 'superseded')",
            name="state_known",
        ),
        sa.CheckConstraint(
            "reason IN ('no-label', 'two-labels', 'foreign-label', 'unknown-code', "
            "'doubtful-code', 'annulled', 'has-scan', 'same-scan', 'signed', 'unreadable', "
            "'page-failed', 'by-hand', 'failed')",
            name="reason_known",
        ),
        sa.CheckConstraint("state <> 'review' OR reason IS NOT NULL", name="review_has_reason"),
        sa.CheckConstraint(
            "state NOT IN ('filing', 'filed', 'same') OR entry_id IS NOT NULL",
            name="filed_has_entry",
        ),
        sa.CheckConstraint("state <> 'filed' OR file_id IS NOT NULL", name="filed_has_file"),
        sa.CheckConstraint("state <> 'discarded' OR length(note) > 0", name="discarded_has_reason"),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["scan_batches.id"], name="fk_scan_documents_batch_id"
        ),
        sa.ForeignKeyConstraint(["entry_id"], ["entries.id"], name="fk_scan_documents_entry_id"),
        sa.ForeignKeyConstraint(["file_id"], ["files.id"], name="fk_scan_documents_file_id"),
        sa.ForeignKeyConstraint(["decided_by"], ["users.id"], name="fk_scan_documents_decided_by"),
        sa.PrimaryKeyConstraint("id", name="pk_scan_documents"),
        sa.UniqueConstraint("id", "batch_id", name="uq_scan_documents_id_batch_id"),
    )
    for column in ("batch_id", "entry_id", "fingerprint"):
        op.create_index(f"ix_scan_documents_{column}", "scan_documents", [column])
    op.create_index(
        "ix_scan_documents_review",
        "scan_documents",
        ["id"],
        postgresql_where=sa.text("state = 'review'"),
    )


def _create_pages() -> None:
    op.create_table(
        "scan_pages",
        sa.Column("batch_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("document_id", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("rotation", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("print", sa.Text(), nullable=False),
        sa.Column("codes", JSONB(), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.CheckConstraint("kind IN ('page', 'separator', 'blank')", name="kind_known"),
        sa.CheckConstraint("rotation IN (0, 90, 180, 270)", name="rotation_known"),
        sa.CheckConstraint("(kind = 'page') = (document_id IS NOT NULL)", name="one_place"),
        sa.ForeignKeyConstraint(["batch_id"], ["scan_batches.id"], name="fk_scan_pages_batch_id"),
        sa.ForeignKeyConstraint(
            ["document_id", "batch_id"],
            ["scan_documents.id", "scan_documents.batch_id"],
            name="fk_scan_pages_document_id_batch_id",
        ),
        sa.PrimaryKeyConstraint("batch_id", "number", name="pk_scan_pages"),
    )
    op.create_index("ix_scan_pages_document_id", "scan_pages", ["document_id"])


def _guard() -> None:
    # A split batch has a place for each of its pages, and no page that it does not have.
    op.execute(
        """
        CREATE FUNCTION guard_batch() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF (SELECT b.state = 'split' AND (
                       b.pages_total IS NULL
                       OR b.pages_total <> (SELECT count(*) FROM scan_pages p
                                             WHERE p.batch_id = b.id)
                       OR b.pages_total <> (SELECT count(*) FROM scan_pages p
                                             WHERE p.batch_id = b.id
                                               AND p.number BETWEEN 1 AND b.pages_total))
                  FROM scan_batches b WHERE b.id = NEW.id) THEN
                RAISE EXCEPTION 'a page of batch % has no place', NEW.id
                    USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NULL;
        END $$
        """
    )
    op.execute(
        "CREATE CONSTRAINT TRIGGER every_page_has_a_place AFTER INSERT OR UPDATE ON scan_batches "
        "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION guard_batch()"
    )
    # The bytes of a batch do not change once they are there.
    op.execute(
        """
        CREATE FUNCTION guard_batch_bytes() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF OLD.sha256 IS NOT NULL AND NEW.sha256 IS DISTINCT FROM OLD.sha256
               OR (OLD.state = 'split' AND NEW.state <> 'split') THEN
                RAISE EXCEPTION 'batch % stays as it came', OLD.id
                    USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER bytes_stay BEFORE UPDATE ON scan_batches "
        "FOR EACH ROW EXECUTE FUNCTION guard_batch_bytes()"
    )
    # A page comes while its batch is being split, stays what it is, and moves only between
    # documents of its batch that stand open: into none that was filed or that is over.
    op.execute(
        """
        CREATE FUNCTION guard_page() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'INSERT' THEN
                IF (SELECT b.state = 'split' FROM scan_batches b WHERE b.id = NEW.batch_id) THEN
                    RAISE EXCEPTION 'batch % takes no more pages', NEW.batch_id
                        USING ERRCODE = 'restrict_violation';
                END IF;
                RETURN NEW;
            END IF;
            IF (NEW.batch_id, NEW.number, NEW.print, NEW.codes)
               IS DISTINCT FROM (OLD.batch_id, OLD.number, OLD.print, OLD.codes)
               OR (OLD.kind = 'page' AND NEW.kind <> 'page') THEN
                RAISE EXCEPTION 'page % of batch % stays what it is', OLD.number, OLD.batch_id
                    USING ERRCODE = 'restrict_violation';
            END IF;
            IF NEW.document_id IS DISTINCT FROM OLD.document_id AND EXISTS (
                SELECT FROM scan_documents d WHERE d.id = NEW.document_id
                   AND d.state IN ('filed', 'same', 'superseded')) THEN
                RAISE EXCEPTION 'scan document % takes no more pages', NEW.document_id
                    USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER stays_in_its_batch BEFORE INSERT OR UPDATE ON scan_pages "
        "FOR EACH ROW EXECUTE FUNCTION guard_page()"
    )
    # No page is hidden in a document that is over.
    op.execute(
        """
        CREATE FUNCTION guard_superseded() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF EXISTS (SELECT FROM scan_documents d JOIN scan_pages p ON p.document_id = d.id
                        WHERE d.id = NEW.id AND d.state = 'superseded') THEN
                RAISE EXCEPTION 'scan document % has pages still', NEW.id
                    USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NULL;
        END $$
        """
    )
    op.execute(
        "CREATE CONSTRAINT TRIGGER no_page_is_hidden AFTER INSERT OR UPDATE ON scan_documents "
        "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.state = 'superseded') "
        "EXECUTE FUNCTION guard_superseded()"
    )
    # What was filed stays as it was filed, and so do its pages.
    op.execute(
        """
        CREATE FUNCTION guard_filed() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_TABLE_NAME = 'scan_documents' THEN
                IF OLD.state IN ('filed', 'same') THEN
                    RAISE EXCEPTION 'scan document % was filed', OLD.id
                        USING ERRCODE = 'restrict_violation';
                END IF;
            ELSIF EXISTS (SELECT FROM scan_documents d
                           WHERE d.id = OLD.document_id AND d.state IN ('filed', 'same')) THEN
                RAISE EXCEPTION 'page % of batch % was filed', OLD.number, OLD.batch_id
                    USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        END $$
        """
    )
    for table in ("scan_documents", "scan_pages"):
        op.execute(
            f"CREATE TRIGGER filed_stays BEFORE UPDATE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION guard_filed()"
        )
    for table in KEPT:
        op.execute(
            f"CREATE TRIGGER never_deleted BEFORE DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
    for table in (*KEPT, *WRITTEN_ONCE):
        op.execute(
            f"CREATE TRIGGER never_emptied BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
    for table in WRITTEN_ONCE:
        op.execute(
            f"CREATE TRIGGER written_once BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
    op.execute(
        "CREATE TRIGGER with_its_entry BEFORE INSERT ON depositors "
        "FOR EACH ROW EXECUTE FUNCTION guard_beside()"
    )
    op.execute(f"GRANT SELECT, INSERT ON {', '.join(WRITTEN_ONCE)} TO {APPLICATION}")
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON {', '.join(KEPT)} TO {APPLICATION}")
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {', '.join(CHANGES)} TO {APPLICATION}")
    for table in ("receipt_mails", "scan_batches", "scan_documents"):
        op.execute(f"GRANT USAGE ON SEQUENCE {table}_id_seq TO {APPLICATION}")


def downgrade() -> None:
    for table in ("scan_pages", "scan_documents", "scan_batches"):
        op.drop_table(table)
    for table in ("receipt_mails", "label_preferences", "depositors"):
        op.drop_table(table)
    for function in (
        "guard_batch",
        "guard_batch_bytes",
        "guard_page",
        "guard_superseded",
        "guard_filed",
    ):
        op.execute(f"DROP FUNCTION {function}()")
    _allow_roles(ROLES_BEFORE)


def _allow_roles(roles: str) -> None:
    op.execute("ALTER TABLE files DROP CONSTRAINT ck_files_role_known")
    op.execute(f"ALTER TABLE files ADD CONSTRAINT ck_files_role_known CHECK (role IN ({roles}))")
