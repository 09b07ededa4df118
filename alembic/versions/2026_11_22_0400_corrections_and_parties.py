"""Corrections, annulment by two, relations and the directory.

What was registered stays as it is: a correction is a row beside it, from which the database itself
keeps the values of now. An annulment needs the request of one person and the approval of another;
without them only the failed issue of a document is struck out. (Domain rows 12 to 16, 32 to 34;
DPR 445/2000 art. 54 as model.)
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

APPLICATION = "docflow_app"
WRITTEN_ONCE = ("corrections", "relation_removals", "entry_persons", "party_changes")
CHANGES = ("annulment_requests", "party_addresses", "party_groups", "party_group_members")
SEQUENCES = (
    "corrections_id_seq",
    "annulment_requests_id_seq",
    "relations_id_seq",
    "entry_persons_id_seq",
    "party_addresses_id_seq",
    "party_changes_id_seq",
    "party_groups_id_seq",
)
ROLES = ("clerk", "registrar", "head", "employee", "signer", "auditor", "administrator")
RELATIONS = ("answers", "replaces", "related", "same-number", "forwards", "corrects")


def upgrade() -> None:
    _known("grants", "role", ROLES)
    _known("relations", "kind", RELATIONS)
    _number_relations()
    _create_corrections()
    _create_requests()
    _create_persons()
    _widen_directory()
    for table in WRITTEN_ONCE:
        op.execute(
            f"CREATE TRIGGER written_once BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        op.execute(
            f"CREATE TRIGGER never_emptied BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
    _guard_corrections()
    _guard_annulments()
    _guard_relations()
    _guard_beside()
    op.execute(f"GRANT SELECT, INSERT ON {', '.join(WRITTEN_ONCE)} TO {APPLICATION}")
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {', '.join(CHANGES)} TO {APPLICATION}")
    op.execute(f"GRANT SELECT ON corrected TO {APPLICATION}")
    op.execute(f"GRANT USAGE ON SEQUENCE {', '.join(SEQUENCES)} TO {APPLICATION}")


def _known(table: str, column: str, values: tuple[str, ...]) -> None:
    name = f"ck_{table}_{column}_known"
    allowed = ", ".join(f"'{value}'" for value in values)
    op.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    op.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({column} IN ({allowed}))")


def _number_relations() -> None:
    """A tie may be struck out and made again, so that its two ends and kind are no key."""
    op.execute("ALTER TABLE relations DROP CONSTRAINT pk_relations")
    op.execute("ALTER TABLE relations ADD COLUMN id bigserial")
    op.execute("ALTER TABLE relations ADD CONSTRAINT pk_relations PRIMARY KEY (id)")
    op.add_column("relations", sa.Column("related_by", sa.BigInteger(), nullable=True))
    op.add_column("relations", sa.Column("related_at", sa.DateTime(timezone=True), nullable=True))
    op.create_foreign_key("fk_relations_related_by", "relations", "users", ["related_by"], ["id"])
    op.create_index("ix_relations_entry_id", "relations", ["entry_id"])
    op.create_table(
        "relation_removals",
        sa.Column("relation_id", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("removed_by", sa.BigInteger(), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("length(reason) > 0", name=op.f("ck_relation_removals_reason_given")),
        sa.ForeignKeyConstraint(
            ["relation_id"], ["relations.id"], name="fk_relation_removals_relation_id"
        ),
        sa.ForeignKeyConstraint(
            ["removed_by"], ["users.id"], name="fk_relation_removals_removed_by"
        ),
        sa.PrimaryKeyConstraint("relation_id", name="pk_relation_removals"),
    )


def _create_corrections() -> None:
    op.create_table(
        "corrections",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("entry_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("old", postgresql.JSONB(), nullable=False),
        sa.Column("new", postgresql.JSONB(), nullable=False),
        sa.Column("key", sa.Text(), server_default="", nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("authority", sa.Text(), nullable=False),
        sa.Column("corrected_by", sa.BigInteger(), nullable=False),
        sa.Column("corrected_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind IN ('correction', 'completion')", name=op.f("ck_corrections_kind_known")
        ),
        sa.CheckConstraint(
            "kind = 'completion' OR length(reason) > 0", name=op.f("ck_corrections_reason_given")
        ),
        sa.CheckConstraint("length(field) > 0", name=op.f("ck_corrections_field_named")),
        sa.ForeignKeyConstraint(["entry_id"], ["entries.id"], name="fk_corrections_entry_id"),
        sa.ForeignKeyConstraint(["corrected_by"], ["users.id"], name="fk_corrections_corrected_by"),
        sa.PrimaryKeyConstraint("id", name="pk_corrections"),
    )
    op.create_index("ix_corrections_entry_id", "corrections", ["entry_id"])
    op.create_index("ix_corrections_corrected_at", "corrections", ["corrected_at"])
    op.create_index(
        "ix_corrections_key_given", "corrections", ["key"], postgresql_where=sa.text("key <> ''")
    )
    op.create_table(
        "corrected",
        sa.Column("entry_id", sa.BigInteger(), nullable=False),
        sa.Column("fields", postgresql.JSONB(), nullable=False),
        sa.Column("is_corrected", sa.Boolean(), nullable=False),
        sa.Column("corrected_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["entries.id"], name="fk_corrected_entry_id"),
        sa.PrimaryKeyConstraint("entry_id", name="pk_corrected"),
    )


def _create_requests() -> None:
    op.create_table(
        "annulment_requests",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("entry_id", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("authority", sa.Text(), nullable=False),
        sa.Column("requested_by", sa.BigInteger(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), server_default="pending", nullable=False),
        sa.Column("decided_by", sa.BigInteger(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decision_reason", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint(
            "state IN ('pending', 'approved', 'refused', 'withdrawn')",
            name=op.f("ck_annulment_requests_state_known"),
        ),
        sa.CheckConstraint("length(reason) > 0", name=op.f("ck_annulment_requests_reason_given")),
        sa.CheckConstraint(
            "(state = 'pending') = (decided_at IS NULL)",
            name=op.f("ck_annulment_requests_decision_has_time"),
        ),
        sa.CheckConstraint(
            "(decided_by IS NULL) = (decided_at IS NULL)",
            name=op.f("ck_annulment_requests_decision_has_person"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('approved', 'refused') OR decided_by <> requested_by",
            name=op.f("ck_annulment_requests_two_people"),
        ),
        sa.CheckConstraint(
            "state <> 'refused' OR length(decision_reason) > 0",
            name=op.f("ck_annulment_requests_refusal_has_reason"),
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["entries.id"], name="fk_annulment_requests_entry_id"
        ),
        sa.ForeignKeyConstraint(
            ["requested_by"], ["users.id"], name="fk_annulment_requests_requested_by"
        ),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["users.id"], name="fk_annulment_requests_decided_by"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_annulment_requests"),
    )
    op.create_index("ix_annulment_requests_entry_id", "annulment_requests", ["entry_id"])
    op.create_index(
        "ux_annulment_requests_pending",
        "annulment_requests",
        ["entry_id"],
        unique=True,
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.add_column("annulments", sa.Column("request_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(
        "fk_annulments_request_id", "annulments", "annulment_requests", ["request_id"], ["id"]
    )
    op.create_unique_constraint("uq_annulments_request_id", "annulments", ["request_id"])


def _create_persons() -> None:
    op.create_table(
        "entry_persons",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("entry_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("tax_number", sa.Text(), nullable=False),
        sa.Column("party_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["entry_id"],
            ["entries.id"],
            name="fk_entry_persons_entry_id",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(["party_id"], ["parties.id"], name="fk_entry_persons_party_id"),
        sa.PrimaryKeyConstraint("id", name="pk_entry_persons"),
        sa.UniqueConstraint("entry_id", "position", name="uq_entry_persons_entry_id_position"),
    )
    op.create_index("ix_entry_persons_party_id", "entry_persons", ["party_id"])
    op.create_index("ix_recipients_party_id", "recipients", ["party_id"])


def _widen_directory() -> None:
    for column in ("code", "network_id", "note"):
        op.add_column("parties", sa.Column(column, sa.Text(), server_default="", nullable=False))
    op.add_column("parties", sa.Column("merged_into_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(
        "fk_parties_merged_into_id", "parties", "parties", ["merged_into_id"], ["id"]
    )
    op.execute(
        "ALTER TABLE parties ADD CONSTRAINT ck_parties_not_merged_into_itself "
        "CHECK (merged_into_id <> id)"
    )
    op.create_index("ix_parties_merged_into_id", "parties", ["merged_into_id"])
    op.create_index(
        "ix_parties_email_folded",
        "parties",
        [sa.text("lower(email)")],
        postgresql_where=sa.text("email <> ''"),
    )
    op.create_table(
        "party_addresses",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("party_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('seat', 'postal', 'home', 'branch')",
            name=op.f("ck_party_addresses_kind_known"),
        ),
        sa.CheckConstraint("length(address) > 0", name=op.f("ck_party_addresses_address_given")),
        sa.CheckConstraint("valid_to >= valid_from", name=op.f("ck_party_addresses_days_in_order")),
        sa.ForeignKeyConstraint(["party_id"], ["parties.id"], name="fk_party_addresses_party_id"),
        sa.PrimaryKeyConstraint("id", name="pk_party_addresses"),
    )
    op.create_index("ix_party_addresses_party_id", "party_addresses", ["party_id"])
    op.create_table(
        "party_changes",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("party_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("old", postgresql.JSONB(), nullable=False),
        sa.Column("new", postgresql.JSONB(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("changed_by", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind IN ('made', 'edited', 'address-added', 'address-ended', 'merged', 'separated')",
            name=op.f("ck_party_changes_kind_known"),
        ),
        sa.ForeignKeyConstraint(["party_id"], ["parties.id"], name="fk_party_changes_party_id"),
        sa.ForeignKeyConstraint(["changed_by"], ["users.id"], name="fk_party_changes_changed_by"),
        sa.PrimaryKeyConstraint("id", name="pk_party_changes"),
    )
    op.create_index("ix_party_changes_party_id", "party_changes", ["party_id"])
    op.create_table(
        "party_groups",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("body_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_key", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["body_id"], ["bodies.id"], name="fk_party_groups_body_id"),
        sa.PrimaryKeyConstraint("id", name="pk_party_groups"),
        sa.UniqueConstraint("body_id", "name_key", name="uq_party_groups_body_id_name_key"),
    )
    op.create_table(
        "party_group_members",
        sa.Column("group_id", sa.BigInteger(), nullable=False),
        sa.Column("party_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"], ["party_groups.id"], name="fk_party_group_members_group_id"
        ),
        sa.ForeignKeyConstraint(
            ["party_id"], ["parties.id"], name="fk_party_group_members_party_id"
        ),
        sa.PrimaryKeyConstraint("group_id", "party_id", name="pk_party_group_members"),
    )
    op.create_index("ix_party_group_members_party_id", "party_group_members", ["party_id"])


def _guard_corrections() -> None:
    """An annulled entry is not corrected; the values of now follow from the corrections alone."""
    op.execute(
        """
        CREATE FUNCTION guard_correction() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF EXISTS (SELECT FROM annulments a WHERE a.entry_id = NEW.entry_id) THEN
                RAISE EXCEPTION 'an annulled entry is not corrected'
                    USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER not_of_annulled BEFORE INSERT ON corrections "
        "FOR EACH ROW EXECUTE FUNCTION guard_correction()"
    )
    # With its owner's rights: the application itself may only read the values of now.
    op.execute(
        """
        CREATE FUNCTION apply_correction() RETURNS trigger
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
        BEGIN
            INSERT INTO corrected (entry_id, fields, is_corrected, corrected_at)
            VALUES (
                NEW.entry_id, jsonb_build_object(NEW.field, NEW.new),
                NEW.kind = 'correction', NEW.corrected_at
            )
            ON CONFLICT (entry_id) DO UPDATE
               SET fields = corrected.fields || excluded.fields,
                   is_corrected = corrected.is_corrected OR excluded.is_corrected,
                   corrected_at = excluded.corrected_at;
            RETURN NULL;
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER applied AFTER INSERT ON corrections "
        "FOR EACH ROW EXECUTE FUNCTION apply_correction()"
    )
    op.execute(
        "CREATE TRIGGER follows_corrections BEFORE INSERT OR UPDATE OR DELETE ON corrected "
        "FOR EACH ROW WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        "CREATE TRIGGER never_emptied BEFORE TRUNCATE ON corrected "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def _guard_annulments() -> None:
    """Requests are decided once, and no annulment of a person is without an approved one."""
    op.execute(
        """
        CREATE FUNCTION guard_request() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'DELETE' THEN
                RAISE EXCEPTION 'a request is never deleted' USING ERRCODE = 'restrict_violation';
            END IF;
            IF TG_OP = 'INSERT' THEN
                IF NEW.state <> 'pending' THEN
                    RAISE EXCEPTION 'a request begins undecided'
                        USING ERRCODE = 'restrict_violation';
                END IF;
                RETURN NEW;
            END IF;
            IF OLD.state <> 'pending' OR NEW.state = 'pending'
               OR (NEW.entry_id, NEW.reason, NEW.authority, NEW.requested_by, NEW.requested_at)
                  IS DISTINCT FROM
                  (OLD.entry_id, OLD.reason, OLD.authority, OLD.requested_by, OLD.requested_at)
            THEN
                RAISE EXCEPTION 'a request is decided once and not rewritten'
                    USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER decided_once BEFORE INSERT OR UPDATE OR DELETE ON annulment_requests "
        "FOR EACH ROW EXECUTE FUNCTION guard_request()"
    )
    op.execute(
        "CREATE TRIGGER never_emptied BEFORE TRUNCATE ON annulment_requests "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        """
        CREATE FUNCTION guard_annulment() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF NEW.request_id IS NULL THEN
                -- Only the installation itself: where the issue of a document failed, or a
                -- reserved number was not used.
                IF NEW.annulled_by IS NOT NULL OR NOT EXISTS (
                    SELECT FROM drafts d WHERE d.entry_id = NEW.entry_id AND d.state = 'issuing'
                    UNION ALL
                    SELECT FROM entries e
                     WHERE e.id = NEW.entry_id AND e.reservation_id IS NOT NULL
                       AND e.registered_by IS NULL
                ) THEN
                    RAISE EXCEPTION 'an annulment needs a request and its approval'
                        USING ERRCODE = 'restrict_violation';
                END IF;
                RETURN NEW;
            END IF;
            PERFORM 1 FROM annulment_requests r
             WHERE r.id = NEW.request_id AND r.entry_id = NEW.entry_id AND r.state = 'approved'
               AND r.decided_by = NEW.annulled_by AND r.requested_by <> r.decided_by
               AND r.reason = NEW.reason;
            IF NOT FOUND THEN
                RAISE EXCEPTION 'the annulment was not approved by another person'
                    USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER by_two_people BEFORE INSERT ON annulments "
        "FOR EACH ROW EXECUTE FUNCTION guard_annulment()"
    )


def _guard_relations() -> None:
    """An annulled entry is related to nothing more; another may only replace it."""
    op.execute(
        """
        CREATE FUNCTION guard_relation() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF EXISTS (
                SELECT FROM annulments a
                 WHERE a.entry_id = NEW.entry_id
                    OR (a.entry_id = NEW.other_id AND NEW.kind <> 'replaces')
            ) THEN
                RAISE EXCEPTION 'an annulled entry is not related'
                    USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER not_of_annulled BEFORE INSERT ON relations "
        "FOR EACH ROW EXECUTE FUNCTION guard_relation()"
    )


def _guard_beside() -> None:
    """What is written with an entry is not added to it later.

    The rows come before their entry, in its transaction. A row of another transaction is seen only
    once that has committed; so an entry that is seen and is not of this transaction is an old one.
    A register that is taken over may come in several.
    """
    op.execute(
        """
        CREATE FUNCTION guard_beside() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            now_id bigint := pg_current_xact_id()::text::bigint;
            ago bigint;
            is_importing boolean;
        BEGIN
            -- xmin has 32 bits: the signed distance from now makes it whole. A savepoint of this
            -- transaction lies ahead of it.
            SELECT (now_id & 4294967295) - e.xmin::text::bigint, y.state = 'importing'
              INTO ago, is_importing
              FROM entries e
              JOIN book_years y ON y.book_id = e.book_id AND y.year = e.year
             WHERE e.id = NEW.entry_id;
            IF NOT FOUND OR is_importing THEN
                RETURN NEW;
            END IF;
            IF ago > 2147483648 THEN
                ago := ago - 4294967296;
            ELSIF ago < -2147483648 THEN
                ago := ago + 4294967296;
            END IF;
            IF pg_xact_status((now_id - ago)::text::xid8) IS DISTINCT FROM 'in progress' THEN
                RAISE EXCEPTION 'rows of % are written with their entry', TG_TABLE_NAME
                    USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        END $$
        """
    )
    for table in ("recipients", "entry_persons"):
        op.execute(
            f"CREATE TRIGGER with_its_entry BEFORE INSERT ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION guard_beside()"
        )
    op.execute(
        "CREATE TRIGGER with_its_entry BEFORE INSERT ON relations "
        "FOR EACH ROW WHEN (NEW.related_by IS NULL) EXECUTE FUNCTION guard_beside()"
    )


def downgrade() -> None:
    for trigger, table in (
        ("with_its_entry", "relations"),
        ("with_its_entry", "entry_persons"),
        ("with_its_entry", "recipients"),
        ("not_of_annulled", "relations"),
        ("by_two_people", "annulments"),
        ("decided_once", "annulment_requests"),
        ("not_of_annulled", "corrections"),
        ("applied", "corrections"),
        ("follows_corrections", "corrected"),
    ):
        op.execute(f"DROP TRIGGER {trigger} ON {table}")
    for function in (
        "guard_beside",
        "guard_relation",
        "guard_annulment",
        "guard_request",
        "guard_correction",
        "apply_correction",
    ):
        op.execute(f"DROP FUNCTION {function}()")
    for table in (
        "party_group_members",
        "party_groups",
        "party_changes",
        "party_addresses",
        "entry_persons",
    ):
        op.drop_table(table)
    op.drop_index("ix_recipients_party_id", "recipients")
    op.drop_index("ix_parties_email_folded", "parties")
    op.execute("ALTER TABLE parties DROP CONSTRAINT ck_parties_not_merged_into_itself")
    for column in ("merged_into_id", "note", "network_id", "code"):
        op.drop_column("parties", column)
    op.drop_column("annulments", "request_id")
    for table in ("annulment_requests", "corrected", "corrections", "relation_removals"):
        op.drop_table(table)
    op.drop_index("ix_relations_entry_id", "relations")
    for column in ("related_at", "related_by", "id"):
        op.drop_column("relations", column)
    op.execute(
        "ALTER TABLE relations ADD CONSTRAINT pk_relations PRIMARY KEY (entry_id, other_id, kind)"
    )
    # Fails, as it must, where somebody has the new role or a tie is of a new kind.
    _known("relations", "kind", ("answers", "replaces"))
    _known("grants", "role", tuple(role for role in ROLES if role != "registrar"))
