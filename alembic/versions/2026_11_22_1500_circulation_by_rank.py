"""Circulation by rank: parallel steps, deputies, objections, chains, what each round printed.

`guard_step` keeps the order of signing whoever asks: a step has its turn only when those of earlier
ranks are done, nobody acts before it, and what was decided stays. `guard_issue` keeps a draft from
its number while anybody's signature is missing.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

APPLICATION = "docflow_app"
WRITTEN_ONCE = ("draft_rounds", "objections")
CHANGES = ("deputies", "chains")
ROLES = (
    "clerk",
    "registrar",
    "head",
    "employee",
    "signer",
    "final-signer",
    "auditor",
    "administrator",
)
DRAFT_STATES = (
    "drafting",
    "circulating",
    "issuing",
    "issued",
    "issue-failed",
    "withdrawn",
    "rejected",
)
STEP_STATES = ("waiting", "active", "signed", "returned", "cancelled")
MORE_STEP_STATES = ("rejected", "forwarded", "covered", "skipped", "noted")


def upgrade() -> None:
    _known("grants", "role", ROLES)
    _known("drafts", "state", DRAFT_STATES)
    _known("steps", "state", STEP_STATES + MORE_STEP_STATES)
    _create_deputies()
    _create_chains()
    _widen_steps()
    _create_rounds()
    _guard_steps()
    _guard_deputies()
    _guard_chains()
    for table in WRITTEN_ONCE:
        op.execute(
            f"CREATE TRIGGER written_once BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        op.execute(
            f"CREATE TRIGGER never_emptied BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
    op.execute(f"GRANT SELECT, INSERT ON {', '.join(WRITTEN_ONCE)} TO {APPLICATION}")
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON {', '.join(CHANGES)} TO {APPLICATION}")
    op.execute(f"GRANT USAGE ON SEQUENCE deputies_id_seq, chains_id_seq TO {APPLICATION}")


def _known(table: str, column: str, values: tuple[str, ...]) -> None:
    name = f"ck_{table}_{column}_known"
    allowed = ", ".join(f"'{value}'" for value in values)
    op.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    op.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({column} IN ({allowed}))")


def _create_deputies() -> None:
    op.create_table(
        "deputies",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("body_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("deputy_id", sa.BigInteger(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("acts_as", sa.Text(), nullable=False),
        sa.Column("authority", sa.Text(), nullable=False),
        sa.Column("appointed_by", sa.BigInteger(), nullable=False),
        sa.Column("appointed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_by", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "scope IN ('countersign', 'sign', 'all')", name=op.f("ck_deputies_scope_known")
        ),
        sa.CheckConstraint(
            "acts_as IN ('by-order', 'deputy')", name=op.f("ck_deputies_acts_as_known")
        ),
        sa.CheckConstraint("deputy_id <> person_id", name=op.f("ck_deputies_another_person")),
        sa.CheckConstraint("valid_to >= valid_from", name=op.f("ck_deputies_period_forward")),
        sa.CheckConstraint(
            "(ended_at IS NULL) = (ended_by IS NULL)", name=op.f("ck_deputies_end_has_person")
        ),
        sa.ForeignKeyConstraint(["body_id"], ["bodies.id"], name=op.f("fk_deputies_body_id")),
        sa.ForeignKeyConstraint(["person_id"], ["users.id"], name=op.f("fk_deputies_person_id")),
        sa.ForeignKeyConstraint(["deputy_id"], ["users.id"], name=op.f("fk_deputies_deputy_id")),
        sa.ForeignKeyConstraint(
            ["appointed_by"], ["users.id"], name=op.f("fk_deputies_appointed_by")
        ),
        sa.ForeignKeyConstraint(["ended_by"], ["users.id"], name=op.f("fk_deputies_ended_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deputies")),
    )
    op.create_index(op.f("ix_deputies_person_id"), "deputies", ["person_id"])
    op.create_index(op.f("ix_deputies_deputy_id"), "deputies", ["deputy_id"])


def _create_chains() -> None:
    op.create_table(
        "chains",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("body_id", sa.BigInteger(), nullable=False),
        sa.Column("unit_id", sa.BigInteger(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("steps", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("made_by", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_by", sa.BigInteger(), nullable=True),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["body_id"], ["bodies.id"], name=op.f("fk_chains_body_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_chains_unit_id")),
        sa.ForeignKeyConstraint(["made_by"], ["users.id"], name=op.f("fk_chains_made_by")),
        sa.ForeignKeyConstraint(["retired_by"], ["users.id"], name=op.f("fk_chains_retired_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chains")),
    )
    op.create_index(
        "ux_chains_name",
        "chains",
        ["body_id", "name"],
        unique=True,
        postgresql_where=sa.text("retired_at IS NULL"),
    )


def _widen_steps() -> None:
    """What stands there was one signature after the other, each of its own rank."""
    op.drop_index(
        "ux_steps_one_active", table_name="steps", postgresql_where=sa.text("state = 'active'")
    )
    for name, kind in (
        ("rank", sa.BigInteger()),
        ("rule", sa.Text()),
        ("kind", sa.Text()),
        ("slot", sa.BigInteger()),
        ("acted_by", sa.BigInteger()),
        ("deputy_id", sa.BigInteger()),
        ("forwarded_from", sa.BigInteger()),
        ("activated_at", sa.DateTime(timezone=True)),
        ("reminded_at", sa.DateTime(timezone=True)),
    ):
        op.add_column("steps", sa.Column(name, kind, nullable=True))
    op.add_column(
        "steps", sa.Column("reminders", sa.BigInteger(), server_default="0", nullable=False)
    )
    op.execute(
        """
        UPDATE steps s
           SET rank = position, slot = position, rule = 'all', kind = 'signature',
               acted_by = CASE WHEN state IN ('signed', 'returned') THEN user_id END,
               activated_at = CASE WHEN state = 'active'
                   THEN (SELECT d.changed_at FROM drafts d WHERE d.id = s.draft_id) END
        """
    )
    for column in ("rank", "rule", "kind"):
        op.alter_column("steps", column, nullable=False)
    op.alter_column("steps", "user_id", nullable=True)
    for name, condition in (
        ("rule_known", "rule IN ('all', 'any')"),
        ("kind_known", "kind IN ('countersign', 'signature', 'seal', 'information')"),
        ("return_has_reason", _REASONED),
        ("seal_is_of_the_house", "(kind = 'seal') = (user_id IS NULL)"),
        ("place_on_paper", "(kind = 'information') = (slot IS NULL)"),
        (
            "signed_whole",
            "state <> 'signed' OR (acted_at IS NOT NULL AND signed_sha256 IS NOT NULL)",
        ),
    ):
        full = f"ck_steps_{name}"
        op.execute(f"ALTER TABLE steps DROP CONSTRAINT IF EXISTS {full}")
        op.execute(f"ALTER TABLE steps ADD CONSTRAINT {full} CHECK ({condition})")
    for column, other in (
        ("acted_by", "users"),
        ("deputy_id", "deputies"),
        ("forwarded_from", "steps"),
    ):
        op.create_foreign_key(op.f(f"fk_steps_{column}"), "steps", other, [column], ["id"])
    op.create_index(
        "ux_steps_person_in_rank",
        "steps",
        ["draft_id", "round", "rank", "user_id"],
        unique=True,
        postgresql_where=sa.text("state <> 'forwarded'"),
    )
    op.create_index(
        "ux_steps_slot",
        "steps",
        ["draft_id", "round", "slot"],
        unique=True,
        postgresql_where=sa.text("state <> 'forwarded'"),
    )


_REASONED = "state NOT IN ('returned', 'rejected', 'forwarded') OR length(reason) > 0"


def _create_rounds() -> None:
    op.create_table(
        "draft_rounds",
        sa.Column("draft_id", sa.BigInteger(), nullable=False),
        sa.Column("round", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("chain", sa.Text(), nullable=False),
        sa.Column("started_by", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["draft_id"], ["drafts.id"], name=op.f("fk_draft_rounds_draft_id")),
        sa.ForeignKeyConstraint(
            ["started_by"], ["users.id"], name=op.f("fk_draft_rounds_started_by")
        ),
        sa.PrimaryKeyConstraint("draft_id", "round", name=op.f("pk_draft_rounds")),
    )
    op.create_table(
        "objections",
        sa.Column("step_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("written_by", sa.BigInteger(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("length(text) > 0", name=op.f("ck_objections_text_given")),
        sa.ForeignKeyConstraint(["step_id"], ["steps.id"], name=op.f("fk_objections_step_id")),
        sa.ForeignKeyConstraint(
            ["written_by"], ["users.id"], name=op.f("fk_objections_written_by")
        ),
        sa.PrimaryKeyConstraint("step_id", name=op.f("pk_objections")),
    )


def _guard_steps() -> None:
    op.execute(
        """
        CREATE FUNCTION guard_step() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            of_draft bigint;
        BEGIN
            IF TG_OP = 'DELETE' THEN
                RAISE EXCEPTION 'a step is never deleted' USING ERRCODE = 'restrict_violation';
            END IF;
            IF TG_OP = 'INSERT' THEN
                IF NEW.state NOT IN ('waiting', 'active') THEN
                    RAISE EXCEPTION 'a step begins before anybody acts on it'
                        USING ERRCODE = 'restrict_violation';
                END IF;
            ELSE
                IF (NEW.id, NEW.draft_id, NEW.round, NEW.position, NEW.rank, NEW.rule, NEW.kind,
                    NEW.user_id, NEW.slot, NEW.capacity, NEW.box, NEW.forwarded_from)
                   IS DISTINCT FROM
                   (OLD.id, OLD.draft_id, OLD.round, OLD.position, OLD.rank, OLD.rule, OLD.kind,
                    OLD.user_id, OLD.slot, OLD.capacity, OLD.box, OLD.forwarded_from) THEN
                    RAISE EXCEPTION 'whose step it is, and which, is not rewritten'
                        USING ERRCODE = 'restrict_violation';
                END IF;
                IF OLD.state NOT IN ('waiting', 'active')
                   AND (NEW.state, NEW.acted_at, NEW.acted_by, NEW.deputy_id, NEW.reason,
                        NEW.certificate, NEW.signed_sha256)
                       IS DISTINCT FROM
                       (OLD.state, OLD.acted_at, OLD.acted_by, OLD.deputy_id, OLD.reason,
                        OLD.certificate, OLD.signed_sha256) THEN
                    RAISE EXCEPTION 'what was decided on a step stays'
                        USING ERRCODE = 'restrict_violation';
                END IF;
                IF OLD.state = 'waiting'
                   AND NEW.state IN ('signed', 'returned', 'rejected', 'forwarded', 'noted') THEN
                    RAISE EXCEPTION 'nobody acts before his turn'
                        USING ERRCODE = 'restrict_violation';
                END IF;
                IF OLD.state = 'active' AND NEW.state = 'waiting' THEN
                    RAISE EXCEPTION 'a turn is not taken back' USING ERRCODE = 'restrict_violation';
                END IF;
            END IF;
            IF NEW.state = 'active' AND (TG_OP = 'INSERT' OR OLD.state <> 'active') THEN
                -- Held, so that two transactions do not each see the other's step undone.
                SELECT d.round INTO of_draft FROM drafts d WHERE d.id = NEW.draft_id FOR UPDATE;
                IF NEW.round <> of_draft OR EXISTS (
                    SELECT FROM steps s
                     WHERE s.draft_id = NEW.draft_id AND s.round = NEW.round AND s.id <> NEW.id
                       AND s.kind <> 'information'
                       AND (s.rank < NEW.rank AND s.state IN ('waiting', 'active')
                            OR s.rank > NEW.rank AND s.state = 'active'
                            AND NEW.kind <> 'information')
                ) THEN
                    RAISE EXCEPTION 'a step has its turn when those of earlier ranks are done'
                        USING ERRCODE = 'restrict_violation';
                END IF;
            END IF;
            RETURN NEW;
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER in_order BEFORE INSERT OR UPDATE OR DELETE ON steps "
        "FOR EACH ROW EXECUTE FUNCTION guard_step()"
    )
    op.execute(
        """
        CREATE FUNCTION guard_issue() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF EXISTS (
                SELECT FROM steps s
                 WHERE s.draft_id = NEW.id AND s.round = NEW.round AND s.kind <> 'information'
                   AND s.state IN ('waiting', 'active')
            ) OR NOT EXISTS (
                SELECT FROM steps s
                 WHERE s.draft_id = NEW.id AND s.round = NEW.round AND s.state = 'signed'
                   AND s.kind IN ('countersign', 'signature')
            ) THEN
                RAISE EXCEPTION 'a document is issued when all have signed'
                    USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER when_all_signed BEFORE UPDATE ON drafts FOR EACH ROW "
        "WHEN (NEW.state = 'issuing' AND OLD.state <> 'issuing') EXECUTE FUNCTION guard_issue()"
    )


def _guard_deputies() -> None:
    """No deputy has a deputy in the same days, whoever came first; a period is only ended."""
    op.execute(
        """
        CREATE FUNCTION guard_deputy() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'DELETE' THEN
                RAISE EXCEPTION 'an appointment is ended, never deleted'
                    USING ERRCODE = 'restrict_violation';
            END IF;
            IF TG_OP = 'UPDATE' THEN
                IF OLD.ended_at IS NOT NULL OR NEW.ended_at IS NULL
                   OR (NEW.id, NEW.body_id, NEW.person_id, NEW.deputy_id, NEW.valid_from,
                       NEW.valid_to, NEW.scope, NEW.acts_as, NEW.authority, NEW.appointed_by,
                       NEW.appointed_at)
                      IS DISTINCT FROM
                      (OLD.id, OLD.body_id, OLD.person_id, OLD.deputy_id, OLD.valid_from,
                       OLD.valid_to, OLD.scope, OLD.acts_as, OLD.authority, OLD.appointed_by,
                       OLD.appointed_at) THEN
                    RAISE EXCEPTION 'an appointment is only ended, once'
                        USING ERRCODE = 'restrict_violation';
                END IF;
                RETURN NEW;
            END IF;
            -- Held, so that two appointments do not each miss the other.
            PERFORM 1 FROM users u WHERE u.id IN (NEW.person_id, NEW.deputy_id)
             ORDER BY u.id FOR UPDATE;
            IF EXISTS (
                SELECT FROM deputies d
                 WHERE d.ended_at IS NULL
                   AND d.valid_from <= NEW.valid_to AND d.valid_to >= NEW.valid_from
                   AND (d.person_id = NEW.deputy_id OR d.deputy_id = NEW.person_id)
            ) THEN
                RAISE EXCEPTION 'a deputy has no deputy' USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER no_chain_of_deputies BEFORE INSERT OR UPDATE OR DELETE ON deputies "
        "FOR EACH ROW EXECUTE FUNCTION guard_deputy()"
    )


def _guard_chains() -> None:
    """A chain is never rewritten: drafts went by it. It is retired, once."""
    op.execute(
        """
        CREATE FUNCTION guard_chain() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'DELETE' THEN
                RAISE EXCEPTION 'a chain is retired, never deleted'
                    USING ERRCODE = 'restrict_violation';
            END IF;
            IF OLD.retired_at IS NOT NULL OR NEW.retired_at IS NULL OR NEW.retired_by IS NULL
               OR (NEW.id, NEW.body_id, NEW.unit_id, NEW.name, NEW.steps, NEW.made_by, NEW.made_at)
                  IS DISTINCT FROM
                  (OLD.id, OLD.body_id, OLD.unit_id, OLD.name, OLD.steps, OLD.made_by, OLD.made_at)
            THEN
                RAISE EXCEPTION 'a chain is only retired, once'
                    USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER only_retired BEFORE UPDATE OR DELETE ON chains "
        "FOR EACH ROW EXECUTE FUNCTION guard_chain()"
    )


def downgrade() -> None:
    # Fails, as it must, where a step, a draft or a role is of a kind that was not known before.
    op.execute("DROP TRIGGER when_all_signed ON drafts")
    op.execute("DROP FUNCTION guard_issue()")
    op.execute("DROP TRIGGER in_order ON steps")
    op.execute("DROP FUNCTION guard_step()")
    op.drop_table("objections")
    op.drop_table("draft_rounds")
    op.drop_index("ux_steps_slot", table_name="steps")
    op.drop_index("ux_steps_person_in_rank", table_name="steps")
    for name in (
        "rule_known",
        "kind_known",
        "return_has_reason",
        "seal_is_of_the_house",
        "place_on_paper",
        "signed_whole",
    ):
        op.execute(f"ALTER TABLE steps DROP CONSTRAINT ck_steps_{name}")
    op.execute(
        "ALTER TABLE steps ADD CONSTRAINT ck_steps_return_has_reason "
        "CHECK (state <> 'returned' OR length(reason) > 0)"
    )
    op.alter_column("steps", "user_id", nullable=False)
    for column in (
        "reminders",
        "reminded_at",
        "activated_at",
        "forwarded_from",
        "deputy_id",
        "acted_by",
        "slot",
        "kind",
        "rule",
        "rank",
    ):
        op.drop_column("steps", column)
    op.create_index(
        "ux_steps_one_active",
        "steps",
        ["draft_id"],
        unique=True,
        postgresql_where=sa.text("state = 'active'"),
    )
    op.drop_table("chains")
    op.execute("DROP FUNCTION guard_chain()")
    op.drop_table("deputies")
    op.execute("DROP FUNCTION guard_deputy()")
    _known("steps", "state", STEP_STATES)
    _known("drafts", "state", tuple(state for state in DRAFT_STATES if state != "rejected"))
    _known("grants", "role", tuple(role for role in ROLES if role != "final-signer"))
