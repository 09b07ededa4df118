"""Who read what; the watch over the store; keys of objects; erasure by two people."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

APPLICATION = "docflow_app"
WRITTEN_ONCE = (
    "reads",
    "read_reasons",
    "read_batches",
    "legal_holds",
    "hold_releases",
    "erasures",
    "erasure_decisions",
)
CHANGES = ("verifications", "store_runs", "store_findings", "store_orphans", "store_guards")
ROLES = ("clerk", "registrar", "head", "employee", "signer", "auditor", "administrator")
ADDED = ("final-signer", "data-protection")


def upgrade() -> None:
    _reads()
    _watch()
    _holds()
    _erasures()
    _guards()
    _erase_entry()
    _refuse_erased()
    _roles((*ROLES, *ADDED))


def _when(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _made(name: str) -> sa.Column[object]:
    now = sa.text("clock_timestamp()")
    return sa.Column(name, sa.DateTime(timezone=True), server_default=now, nullable=False)


def _to(name: str, target: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.BigInteger(), sa.ForeignKey(target), nullable=nullable)


def _id() -> sa.Column[object]:
    return sa.Column("id", sa.BigInteger(), primary_key=True)


def _text(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.Text(), nullable=nullable)


def _reads() -> None:
    op.create_table(
        "read_reasons",
        _id(),
        _made("given_at"),
        _to("body_id", "bodies.id"),
        _to("user_id", "users.id"),
        _to("entry_id", "entries.id"),
        _text("via"),
        _text("reason"),
        sa.CheckConstraint("length(reason) BETWEEN 3 AND 500", name="reason_given"),
    )
    op.create_index(
        op.f("ix_read_reasons_user_id_entry_id_given_at"),
        "read_reasons",
        ["user_id", "entry_id", "given_at"],
    )
    op.create_table(
        "reads",
        _id(),
        _made("at"),
        _to("body_id", "bodies.id"),
        _to("user_id", "users.id"),
        _text("user_name"),
        _text("via"),
        _to("entry_id", "entries.id"),
        _text("what"),
        sa.Column("position", sa.BigInteger(), nullable=True),
        sa.Column("is_confidential", sa.Boolean(), nullable=False),
        _text("basis"),
        _to("reason_id", "read_reasons.id", nullable=True),
        sa.CheckConstraint("what IN ('entry', 'file', 'text', 'paper')", name="what_known"),
        sa.CheckConstraint("basis IN ('ordinary', 'own-work', 'reason')", name="basis_known"),
        sa.CheckConstraint("(basis = 'reason') = (reason_id IS NOT NULL)", name="reason_named"),
    )
    op.create_index(op.f("ix_reads_entry_id_id"), "reads", ["entry_id", "id"])
    op.create_index(op.f("ix_reads_user_id_entry_id_at"), "reads", ["user_id", "entry_id", "at"])
    op.create_index(op.f("ix_reads_body_id_at"), "reads", ["body_id", "at"])
    op.create_table(
        "reads_pending",
        sa.Column("read_id", sa.BigInteger(), sa.ForeignKey("reads.id"), primary_key=True),
    )
    op.create_table(
        "read_batches",
        sa.Column("body_id", sa.BigInteger(), sa.ForeignKey("bodies.id"), primary_key=True),
        sa.Column("number", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("first_number", sa.BigInteger(), nullable=False),
        sa.Column("read_ids", sa.dialects.postgresql.JSONB(), nullable=False),
        _text("digest"),
        _when("sealed_at"),
    )


def _watch() -> None:
    op.create_table(
        "verifications",
        _id(),
        _to("body_id", "bodies.id"),
        _to("asked_by", "users.id", nullable=True),
        _made("asked_at"),
        sa.Column("with_objects", sa.Boolean(), nullable=False),
        sa.Column("state", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("stage", sa.Text(), server_default="", nullable=False),
        sa.Column("done", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("total", sa.BigInteger(), server_default="0", nullable=False),
        _when("finished_at", nullable=True),
        sa.Column("is_sound", sa.Boolean(), nullable=True),
        sa.Column("outcome", sa.dialects.postgresql.JSONB(), server_default="{}", nullable=False),
        _text("problem", nullable=True),
        sa.CheckConstraint("state IN ('waiting', 'running', 'done', 'failed')", name="state_known"),
    )
    op.create_table(
        "store_runs",
        _id(),
        _text("kind"),
        sa.Column("state", sa.Text(), server_default="running", nullable=False),
        _made("started_at"),
        _when("finished_at", nullable=True),
        sa.Column("objects", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("bytes", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("position", sa.Text(), server_default="", nullable=False),
        sa.Column("promises", sa.dialects.postgresql.JSONB(), server_default="[]", nullable=False),
        sa.Column("findings", sa.BigInteger(), server_default="0", nullable=False),
        _text("problem", nullable=True),
        sa.CheckConstraint("kind IN ('probe', 'digests', 'orphans', 'guards')", name="kind_known"),
        sa.CheckConstraint("state IN ('running', 'done', 'failed')", name="state_known"),
    )
    op.create_index(op.f("ix_store_runs_kind_id"), "store_runs", ["kind", "id"])
    op.create_table(
        "store_findings",
        _id(),
        _text("digest"),
        _text("what"),
        _made("found_at"),
        _when("mended_at", nullable=True),
        sa.CheckConstraint("what IN ('missing', 'altered', 'no-key')", name="what_known"),
    )
    op.create_index(
        "ux_store_findings_open",
        "store_findings",
        ["digest"],
        unique=True,
        postgresql_where=sa.text("mended_at IS NULL"),
    )
    op.create_table(
        "store_orphans",
        sa.Column("digest", sa.Text(), primary_key=True),
        sa.Column("size", sa.BigInteger(), nullable=False),
        _when("first_seen_at"),
        _when("last_seen_at"),
        _when("deleted_at", nullable=True),
    )
    op.create_table(
        "store_guards",
        sa.Column("digest", sa.Text(), primary_key=True),
        _when("retain_until", nullable=True),
        sa.Column("is_held", sa.Boolean(), server_default="false", nullable=False),
        _made("guarded_at"),
    )
    op.create_table(
        "object_keys",
        sa.Column("digest", sa.Text(), primary_key=True),
        _to("body_id", "bodies.id"),
        sa.Column("wrapped", sa.LargeBinary(), nullable=True),
        _text("kek"),
        _made("made_at"),
        _when("destroyed_at", nullable=True),
        sa.CheckConstraint(
            "(wrapped IS NULL) = (destroyed_at IS NOT NULL)", name="destroyed_is_gone"
        ),
    )


def _holds() -> None:
    op.create_table(
        "legal_holds",
        _id(),
        _to("body_id", "bodies.id"),
        _to("entry_id", "entries.id"),
        _text("reason"),
        _to("placed_by", "users.id"),
        _made("placed_at"),
        sa.CheckConstraint("length(reason) BETWEEN 3 AND 500", name="reason_given"),
    )
    op.create_index(op.f("ix_legal_holds_entry_id"), "legal_holds", ["entry_id"])
    op.create_table(
        "hold_releases",
        sa.Column("hold_id", sa.BigInteger(), sa.ForeignKey("legal_holds.id"), primary_key=True),
        _text("reason"),
        _to("released_by", "users.id"),
        _made("released_at"),
        sa.CheckConstraint("length(reason) BETWEEN 3 AND 500", name="reason_given"),
    )


def _erasures() -> None:
    op.create_index(
        "ix_audit_events_erasures",
        "audit_events",
        ["subject_id"],
        postgresql_where=sa.text("action = 'entry.erased'"),
    )
    op.create_table(
        "erasures",
        _id(),
        _to("body_id", "bodies.id"),
        _to("entry_id", "entries.id"),
        _text("basis"),
        _text("reason"),
        _to("asked_by", "users.id"),
        _made("asked_at"),
        sa.CheckConstraint("length(basis) BETWEEN 3 AND 500", name="basis_given"),
        sa.CheckConstraint("length(reason) BETWEEN 3 AND 500", name="reason_given"),
    )
    op.create_index(op.f("ix_erasures_entry_id"), "erasures", ["entry_id"])
    op.create_table(
        "erasure_decisions",
        sa.Column("erasure_id", sa.BigInteger(), sa.ForeignKey("erasures.id"), primary_key=True),
        sa.Column("is_approved", sa.Boolean(), nullable=False),
        _text("reason"),
        _to("decided_by", "users.id"),
        _made("decided_at"),
        sa.CheckConstraint("is_approved OR length(reason) > 0", name="refusal_has_reason"),
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
    op.execute(
        """
        CREATE FUNCTION await_seal() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            INSERT INTO reads_pending (read_id) VALUES (NEW.id);
            RETURN NULL;
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER await_seal AFTER INSERT ON reads FOR EACH ROW EXECUTE FUNCTION await_seal()"
    )
    # One person asks, another decides: the database knows it too.
    op.execute(
        """
        CREATE FUNCTION guard_erasure_decision() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            PERFORM 1 FROM erasures e WHERE e.id = NEW.erasure_id AND e.asked_by <> NEW.decided_by;
            IF NOT FOUND THEN
                RAISE EXCEPTION 'an erasure is decided by another person than asked for it'
                    USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER by_two_people BEFORE INSERT ON erasure_decisions "
        "FOR EACH ROW EXECUTE FUNCTION guard_erasure_decision()"
    )
    # A destroyed key stays destroyed until other bytes of the same digest come, and a key is never
    # exchanged for another while its object can be read.
    op.execute(
        """
        CREATE FUNCTION guard_object_key() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF NEW.digest <> OLD.digest OR NEW.body_id <> OLD.body_id
               OR (OLD.wrapped IS NOT NULL AND NEW.wrapped IS NOT NULL AND NEW.kek = OLD.kek
                   AND NEW.wrapped <> OLD.wrapped) THEN
                RAISE EXCEPTION 'the key of an object is not exchanged'
                    USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER not_exchanged BEFORE UPDATE ON object_keys "
        "FOR EACH ROW EXECUTE FUNCTION guard_object_key()"
    )
    op.execute(
        f"""
        GRANT SELECT, INSERT ON {", ".join(WRITTEN_ONCE)} TO {APPLICATION};
        GRANT SELECT, INSERT, UPDATE, DELETE ON {", ".join(CHANGES)} TO {APPLICATION};
        GRANT SELECT, INSERT, UPDATE ON object_keys TO {APPLICATION};
        GRANT SELECT, INSERT, DELETE ON reads_pending TO {APPLICATION};
        GRANT USAGE ON SEQUENCE reads_id_seq, read_reasons_id_seq, verifications_id_seq,
            store_runs_id_seq, store_findings_id_seq, legal_holds_id_seq, erasures_id_seq
            TO {APPLICATION};
        """
    )


# What an erasure empties: table, whose rows, what is written in place of the personal data.
ERASED = (
    ("page_texts", "file_id IN (SELECT f.id FROM files f WHERE f.entry_id = $1)", None),
    ("mail_headers", "file_id IN (SELECT f.id FROM files f WHERE f.entry_id = $1)", None),
    ("search_texts", "entry_id = $1", None),
    (
        "entries",
        "id = $1",
        "subject = '(διαγράφηκε)', sender_address = '', sender_email = '', sender_reference = '', "
        "sender_reference_key = '', sender_dated_on = NULL, sender_party_id = NULL, "
        "delivery_detail = '', attachments_note = '', "
        "sender_name = CASE sender_name WHEN '' THEN '' ELSE '(διαγράφηκε)' END",
    ),
    (
        "recipients",
        "entry_id = $1",
        "name = '(διαγράφηκε)', address = '', email = '', party_id = NULL",
    ),
    ("entry_persons", "entry_id = $1", "name = '(διαγράφηκε)', tax_number = '', party_id = NULL"),
    ("entry_kinds", "entry_id = $1", "values = '{}'"),
    ("depositors", "entry_id = $1", "name = '(διαγράφηκε)'"),
    (
        "corrections",
        "entry_id = $1",
        "old = 'null', new = 'null', key = '', reason = '(διαγράφηκε)', authority = ''",
    ),
    ("corrected", "entry_id = $1", "fields = '{}'"),
    ("annulments", "entry_id = $1", "reason = '(διαγράφηκε)'"),
    (
        "annulment_requests",
        "entry_id = $1",
        "reason = '(διαγράφηκε)', authority = '', "
        "decision_reason = CASE decision_reason WHEN '' THEN '' ELSE '(διαγράφηκε)' END",
    ),
    (
        "charges",
        "entry_id = $1",
        "instructions = '', reason = CASE reason WHEN '' THEN '' ELSE '(διαγράφηκε)' END",
    ),
    (
        "handlings",
        "entry_id = $1",
        "instructions = '', closed_reason = CASE WHEN closed_reason IS NULL THEN NULL "
        "WHEN closed_reason = '' THEN '' ELSE '(διαγράφηκε)' END",
    ),
    (
        "deliveries",
        "entry_id = $1",
        "recipient_name = '(διαγράφηκε)', email = '', "
        "problem = CASE WHEN problem IS NULL THEN NULL ELSE '(διαγράφηκε)' END",
    ),
    (
        "receipt_mails",
        "entry_id = $1",
        "email = 'erased-' || id, "
        "problem = CASE WHEN problem IS NULL THEN NULL ELSE '(διαγράφηκε)' END",
    ),
    ("files", "entry_id = $1", "name = 'file-' || position"),
    (
        "readings",
        "file_id IN (SELECT f.id FROM files f WHERE f.entry_id = $1)",
        "state = 'failed', problem = 'erased', detail = NULL, notes = '[]', pages_done = 0, "
        "settled_at = clock_timestamp()",
    ),
    (
        "file_validations",
        "file_id IN (SELECT f.id FROM files f WHERE f.entry_id = $1)",
        None,
    ),
    (
        "quarantine_acts",
        "file_id IN (SELECT f.id FROM files f WHERE f.entry_id = $1)",
        "reason = '(διαγράφηκε)'",
    ),
    # The draft that was issued as this entry; one that answers it is another document.
    (
        "pending_signatures",
        "step_id IN (SELECT s.id FROM steps s JOIN drafts d ON d.id = s.draft_id "
        "WHERE d.entry_id = $1)",
        None,
    ),
    (
        "objections",
        "step_id IN (SELECT s.id FROM steps s JOIN drafts d ON d.id = s.draft_id "
        "WHERE d.entry_id = $1)",
        "text = '(διαγράφηκε)'",
    ),
    (
        "steps",
        "draft_id IN (SELECT d.id FROM drafts d WHERE d.entry_id = $1)",
        "reason = CASE reason WHEN '' THEN '' ELSE '(διαγράφηκε)' END, certificate = ''",
    ),
    (
        "draft_versions",
        "draft_id IN (SELECT d.id FROM drafts d WHERE d.entry_id = $1)",
        "content = '{}'",
    ),
    (
        "drafts",
        "entry_id = $1",
        "subject = '(διαγράφηκε)', recipient_party_id = NULL, recipient_name = '(διαγράφηκε)', "
        "recipient_address = '', recipient_email = '', copies_to = '[]', body_text = '', "
        "upload_name = NULL, problem = NULL, "
        "correction_reason = CASE correction_reason WHEN '' THEN '' ELSE '(διαγράφηκε)' END",
    ),
    ("sealed_documents", "entry_id = $1", "problem = '', outlook = NULL"),
    ("exact_copies", "entry_id = $1", "purpose = ''"),
    ("emergency_entries", "entry_id = $1", "record = '{}'"),
    ("duplicate_notes", "entry_id = $1", "reason = '(διαγράφηκε)'"),
    (
        "scan_documents",
        "entry_id = $1",
        "note = CASE note WHEN '' THEN '' ELSE '(διαγράφηκε)' END",
    ),
    (
        "scan_pages",
        "document_id IN (SELECT d.id FROM scan_documents d JOIN files f ON f.id = d.file_id "
        "WHERE f.entry_id = $1)",
        "codes = '[]'",
    ),
    (
        "relation_removals",
        "relation_id IN (SELECT r.id FROM relations r WHERE $1 IN (r.entry_id, r.other_id))",
        "reason = '(διαγράφηκε)'",
    ),
    (
        "audit_leaves",
        "event_id IN (SELECT e.id FROM audit_events e "
        "WHERE e.subject_type = 'entry' AND e.subject_id = $1)",
        "salt = decode($2 ->> index::text, 'hex')",
    ),
    (
        "audit_events",
        "subject_type = 'entry' AND subject_id = $1",
        "details = '{\"erased\": true}'",
    ),
)


def _erase_entry() -> None:
    """The one way in which rows that are written once are emptied.

    With its owner's rights, and only where two people decided it. The guards of the tables sleep
    within this transaction, which holds their locks: nobody else slips through. In place of its
    salt a leaf gets the salted digest that it was made from (`digests`, by place): without the salt
    that says nothing, and the log can still be checked.
    """
    acts = "\n".join(
        f"EXECUTE $act${'DELETE FROM ' + table if changes is None else f'UPDATE {table} SET {changes}'}"
        f" WHERE {whose}$act$ USING entry, digests;"
        for table, whose, changes in ERASED
    )
    tables = ", ".join(f"'{table}'" for table, _, _ in ERASED)
    op.execute(
        f"""
        CREATE FUNCTION erase_entry(wanted bigint, digests jsonb) RETURNS bigint[]
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
        DECLARE
            entry bigint;
            leaves bigint[];
            each text;
        BEGIN
            SELECT e.entry_id INTO entry FROM erasures e
              JOIN erasure_decisions d ON d.erasure_id = e.id
             WHERE e.id = wanted AND d.is_approved AND d.decided_by <> e.asked_by;
            IF entry IS NULL THEN
                RAISE EXCEPTION 'nothing is erased that two people did not decide'
                    USING ERRCODE = 'restrict_violation';
            END IF;
            PERFORM 1 FROM legal_holds h LEFT JOIN hold_releases r ON r.hold_id = h.id
              WHERE h.entry_id = entry AND r.hold_id IS NULL;
            IF FOUND THEN
                RAISE EXCEPTION 'the entry is under a legal hold'
                    USING ERRCODE = 'restrict_violation';
            END IF;
            IF EXISTS (SELECT FROM audit_pending p JOIN audit_events e ON e.id = p.event_id
                        WHERE e.subject_type = 'entry' AND e.subject_id = entry) THEN
                RAISE EXCEPTION 'an event of the entry has no place in the log yet'
                    USING ERRCODE = 'restrict_violation';
            END IF;
            SELECT coalesce(array_agg(l.index ORDER BY l.index), '{{}}') INTO leaves
              FROM audit_leaves l JOIN audit_events e ON e.id = l.event_id
             WHERE e.subject_type = 'entry' AND e.subject_id = entry;
            -- A page that is being kept just now is waited for, and no further one comes.
            PERFORM 1 FROM readings r JOIN files f ON f.id = r.file_id
              WHERE f.entry_id = entry ORDER BY r.file_id FOR UPDATE OF r;
            FOREACH each IN ARRAY ARRAY[{tables}] LOOP
                EXECUTE format('ALTER TABLE %I DISABLE TRIGGER USER', each);
            END LOOP;
            {acts}
            FOREACH each IN ARRAY ARRAY[{tables}] LOOP
                EXECUTE format('ALTER TABLE %I ENABLE TRIGGER USER', each);
            END LOOP;
            RETURN leaves;
        END $$
        """
    )
    op.execute("REVOKE ALL ON FUNCTION erase_entry(bigint, jsonb) FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION erase_entry(bigint, jsonb) TO {APPLICATION}")


# What is read or made of an entry, and how its row leads to it.
READ_OF = {
    "files": "NEW.entry_id",
    "search_texts": "NEW.entry_id",
    **dict.fromkeys(
        ("page_texts", "mail_headers", "renditions", "file_validations"),
        "(SELECT f.entry_id FROM files f WHERE f.id = NEW.file_id)",
    ),
}


def _refuse_erased() -> None:
    """What was erased does not come back by work that had begun before, whoever does it."""
    op.execute(
        """
        CREATE FUNCTION is_erased(wanted bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
            SELECT EXISTS (SELECT FROM erasures e JOIN erasure_decisions d ON d.erasure_id = e.id
                            WHERE e.entry_id = wanted AND d.is_approved)
        $$
        """
    )
    for table, entry in READ_OF.items():
        op.execute(
            f"""
            CREATE FUNCTION guard_erased_{table}() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF is_erased({entry}) THEN
                    RAISE EXCEPTION 'the data of this entry were erased'
                        USING ERRCODE = 'restrict_violation';
                END IF;
                RETURN NEW;
            END $$
            """
        )
        op.execute(
            f"CREATE TRIGGER not_of_erased BEFORE INSERT ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION guard_erased_{table}()"
        )


def _roles(known: tuple[str, ...]) -> None:
    listed = ", ".join(f"'{role}'" for role in known)
    op.execute("ALTER TABLE grants DROP CONSTRAINT ck_grants_role_known")
    op.execute(f"ALTER TABLE grants ADD CONSTRAINT ck_grants_role_known CHECK (role IN ({listed}))")


def downgrade() -> None:
    op.execute("DELETE FROM grants WHERE role = 'data-protection'")
    _roles((*ROLES, "final-signer"))
    for table in READ_OF:
        op.execute(f"DROP TRIGGER not_of_erased ON {table}")
        op.execute(f"DROP FUNCTION guard_erased_{table}()")
    op.execute("DROP FUNCTION is_erased(bigint)")
    op.execute("DROP FUNCTION erase_entry(bigint, jsonb)")
    op.drop_index("ix_audit_events_erasures", "audit_events")
    for table in (
        "erasure_decisions",
        "erasures",
        "hold_releases",
        "legal_holds",
        "object_keys",
        "store_guards",
        "store_orphans",
        "store_findings",
        "store_runs",
        "verifications",
        "read_batches",
        "reads_pending",
        "reads",
        "read_reasons",
    ):
        op.drop_table(table)
    for function in ("await_seal", "guard_erasure_decision", "guard_object_key"):
        op.execute(f"DROP FUNCTION {function}()")
