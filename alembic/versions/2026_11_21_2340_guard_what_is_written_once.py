"""The database itself refuses what must never be: changed entries, a rewritten audit trail.

Two walls. The application's role has no UPDATE or DELETE on what is written once. And a trigger
refuses it to everybody, the owner of the schema included, TRUNCATE too. (Domain rows 12, 14, 105.)
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

APPLICATION = "docflow_app"

WRITTEN_ONCE = (
    "entries",
    "recipients",
    "relations",
    "annulments",
    "files",
    "papers",
    "draft_versions",
    "audit_events",
    "audit_chain",
)
CHANGES = (
    "bodies",
    "units",
    "users",
    "grants",
    "login_sessions",
    "api_tokens",
    "parties",
    "books",
    "book_grants",
    "book_years",
    "entry_access",
    "handlings",
    "idempotency_keys",
    "search_texts",
    "readings",
    "page_texts",
    "renditions",
    "charges",
    "drafts",
    "steps",
    "keyrings",
    "deliveries",
    "jobs",
    "tries",
    "audit_pending",
)


def upgrade() -> None:
    op.execute(
        """
        CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'rows of % are written once: % is refused', TG_TABLE_NAME, TG_OP
                USING ERRCODE = 'restrict_violation';
        END $$
        """
    )
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
        CREATE FUNCTION await_place_in_chain() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            INSERT INTO audit_pending (event_id) VALUES (NEW.id);
            RETURN NULL;
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER await_place AFTER INSERT ON audit_events "
        "FOR EACH ROW EXECUTE FUNCTION await_place_in_chain()"
    )
    # A number only moves forward, by one, and never in a closed year.
    op.execute(
        """
        CREATE FUNCTION guard_series() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'DELETE' THEN
                RAISE EXCEPTION 'a series is never deleted' USING ERRCODE = 'restrict_violation';
            END IF;
            IF TG_OP = 'INSERT' THEN
                IF NEW.last_number <> 0 OR NEW.last_registered_at IS NOT NULL THEN
                    RAISE EXCEPTION 'a series begins before its first number'
                        USING ERRCODE = 'restrict_violation';
                END IF;
                RETURN NEW;
            END IF;
            IF NEW.last_number NOT IN (OLD.last_number, OLD.last_number + 1)
               OR NEW.book_id <> OLD.book_id OR NEW.year <> OLD.year
               OR (NEW.last_number > 0 AND NEW.last_registered_at IS NULL)
               OR NEW.last_registered_at < OLD.last_registered_at THEN
                RAISE EXCEPTION 'a series only moves forward, one number at a time'
                    USING ERRCODE = 'restrict_violation';
            END IF;
            IF OLD.closed_at IS NOT NULL THEN
                RAISE EXCEPTION 'the series of % is closed', OLD.year
                    USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER only_forward BEFORE INSERT OR UPDATE OR DELETE ON book_years "
        "FOR EACH ROW EXECUTE FUNCTION guard_series()"
    )
    op.execute(
        "CREATE TRIGGER never_emptied BEFORE TRUNCATE ON book_years "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    # A number that was taken belongs to an entry when the transaction ends: none is skipped.
    op.execute(
        """
        CREATE FUNCTION guard_use() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            PERFORM 1 FROM entries e
             WHERE e.book_id = NEW.book_id AND e.year = NEW.year AND e.number = NEW.last_number;
            IF NOT FOUND THEN
                RAISE EXCEPTION 'number %/% was taken and not used', NEW.last_number, NEW.year
                    USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NULL;
        END $$
        """
    )
    op.execute(
        "CREATE CONSTRAINT TRIGGER number_is_used AFTER UPDATE OF last_number ON book_years "
        "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW "
        "WHEN (NEW.last_number <> OLD.last_number) EXECUTE FUNCTION guard_use()"
    )
    op.execute(
        """
        CREATE FUNCTION ring_relay() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            NOTIFY docflow_jobs;
            RETURN NULL;
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER ring AFTER INSERT ON jobs FOR EACH STATEMENT EXECUTE FUNCTION ring_relay()"
    )
    # An entry bears the number that its series has just given.
    op.execute(
        """
        CREATE FUNCTION guard_number() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            PERFORM 1 FROM book_years s
             WHERE s.book_id = NEW.book_id AND s.year = NEW.year
               AND s.last_number = NEW.number AND s.last_registered_at = NEW.registered_at;
            IF NOT FOUND THEN
                RAISE EXCEPTION 'number %/% was not given by its series', NEW.number, NEW.year
                    USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER number_from_series BEFORE INSERT ON entries "
        "FOR EACH ROW EXECUTE FUNCTION guard_number()"
    )
    op.execute(
        f"""
        DO $$ BEGIN
            IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{APPLICATION}') THEN
                RAISE EXCEPTION 'create the role {APPLICATION} first (docs/operations.md)';
            END IF;
        END $$
        """
    )
    op.execute(f"GRANT USAGE ON SCHEMA public TO {APPLICATION}")
    op.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {APPLICATION}")
    op.execute(f"GRANT SELECT, INSERT ON {', '.join(WRITTEN_ONCE)} TO {APPLICATION}")
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {', '.join(CHANGES)} TO {APPLICATION}")
    op.execute(f"GRANT SELECT ON alembic_version TO {APPLICATION}")


def downgrade() -> None:
    op.execute(f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {APPLICATION}")
    op.execute(f"REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM {APPLICATION}")
    op.execute(f"REVOKE USAGE ON SCHEMA public FROM {APPLICATION}")
    op.execute("DROP TRIGGER number_from_series ON entries")
    for trigger in ("only_forward", "never_emptied", "number_is_used"):
        op.execute(f"DROP TRIGGER {trigger} ON book_years")
    op.execute("DROP TRIGGER ring ON jobs")
    op.execute("DROP TRIGGER await_place ON audit_events")
    for table in WRITTEN_ONCE:
        op.execute(f"DROP TRIGGER written_once ON {table}")
        op.execute(f"DROP TRIGGER never_emptied ON {table}")
    for function in (
        "guard_number",
        "guard_series",
        "guard_use",
        "ring_relay",
        "await_place_in_chain",
        "refuse_change",
    ):
        op.execute(f"DROP FUNCTION {function}()")
