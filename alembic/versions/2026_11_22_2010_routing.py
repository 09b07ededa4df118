"""Charge and circulation completed: refusals, opinions and parts, notes, forwarding, lists of paper.

Revision ID: 0021
Revises: 0020
"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

APPLICATION = "docflow_app"
WRITTEN_ONCE = ("delivery_list_items", "delivery_lists", "forwardings", "handling_notes")
OF_ENTRIES = ("contributions", "forwardings", "handling_notes")

# What an erasure writes in the new tables: table, whose rows, what (see erase_entry, 0017).
ERASED = (
    ("handling_notes", "entry_id = $1", "text = '(διαγράφηκε)'"),
    (
        "contributions",
        "entry_id = $1",
        "question = '(διαγράφηκε)', answer = CASE answer WHEN '' THEN '' ELSE '(διαγράφηκε)' END",
    ),
    (
        "forwardings",
        "entry_id = $1",
        "reason = '(διαγράφηκε)', to_name = '(διαγράφηκε)', to_address = '', to_email = ''",
    ),
)
CHECKS = {
    ("charges", "state_known"): (
        "state IN ('open', 'accepted', 'returned', 'passed-on', 'done')",
        "state IN ('open', 'accepted', 'refused', 'returned', 'passed-on', 'done')",
    ),
    ("charges", "ended_has_time"): (
        "(state IN ('returned', 'passed-on', 'done')) = (ended_at IS NOT NULL)",
        "(state IN ('refused', 'returned', 'passed-on', 'done')) = (ended_at IS NOT NULL)",
    ),
    ("charges", "return_has_reason"): (
        "state <> 'returned' OR length(reason) > 0",
        "state NOT IN ('refused', 'returned') OR length(reason) > 0",
    ),
    ("handlings", "disposal_known"): (
        "disposal IN ('answered', 'filed')",
        "disposal IN ('answered', 'filed', 'forwarded', 'for-information')",
    ),
}


def upgrade() -> None:
    # The checks are validated in transactions of their own: where that broke off, all before it
    # stands already, and only the version does not say so.
    if not _stands("contributions"):
        op.execute("ALTER TABLE handlings ADD COLUMN version bigint NOT NULL DEFAULT 0")
        _contributions()
        _notes_and_forwardings()
        _delivery_lists()
        _guards()
        _erasure()
        _checks(new=True)
    _validate()


def _stands(table: str) -> bool:
    return bool(sa.inspect(op.get_bind()).has_table(table))


def _when(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _to(name: str, target: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.BigInteger(), sa.ForeignKey(target), nullable=nullable)


def _text(name: str, *, empty: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.Text(), nullable=False, server_default="" if empty else None)


def _id() -> sa.Column[object]:
    return sa.Column("id", sa.BigInteger(), primary_key=True)


def _contributions() -> None:
    op.create_table(
        "contributions",
        _id(),
        _to("entry_id", "entries.id"),
        _text("kind"),
        sa.Column("state", sa.Text(), nullable=False, server_default="asked"),
        _to("unit_id", "units.id"),
        _to("user_id", "users.id", nullable=True),
        _text("question"),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("is_awaited", sa.Boolean(), nullable=False),
        _to("asked_by", "users.id"),
        _when("asked_at"),
        _to("taken_by", "users.id", nullable=True),
        _when("taken_at", nullable=True),
        _to("ended_by", "users.id", nullable=True),
        _when("ended_at", nullable=True),
        _text("answer", empty=True),
        sa.CheckConstraint("kind IN ('opinion', 'part')", name="kind_known"),
        sa.CheckConstraint(
            "state IN ('asked', 'given', 'refused', 'withdrawn')", name="state_known"
        ),
        sa.CheckConstraint("length(question) > 0", name="question_asked"),
        sa.CheckConstraint("(state = 'asked') = (ended_at IS NULL)", name="ended_has_time"),
        sa.CheckConstraint(
            "state NOT IN ('given', 'refused') OR length(answer) > 0", name="answer_said"
        ),
        sa.CheckConstraint("(taken_at IS NULL) = (taken_by IS NULL)", name="taken_has_time"),
    )
    op.create_index(op.f("ix_contributions_entry_id"), "contributions", ["entry_id"])
    for column in ("unit_id", "user_id", "taken_by"):
        op.create_index(
            f"ix_contributions_{column}_open",
            "contributions",
            [column],
            postgresql_where=sa.text("ended_at IS NULL"),
        )


def _notes_and_forwardings() -> None:
    op.create_table(
        "handling_notes",
        _id(),
        _to("entry_id", "entries.id"),
        _text("text"),
        _to("written_by", "users.id"),
        _when("written_at"),
        sa.CheckConstraint("length(text) > 0", name="text_written"),
    )
    op.create_index(op.f("ix_handling_notes_entry_id"), "handling_notes", ["entry_id"])
    op.create_table(
        "forwardings",
        _id(),
        _to("entry_id", "entries.id"),
        _text("to_name"),
        _text("to_address", empty=True),
        _text("to_email", empty=True),
        _text("reason"),
        _to("forwarded_by", "users.id"),
        _when("forwarded_at"),
        sa.CheckConstraint("length(to_name) > 0", name="addressee_named"),
        sa.CheckConstraint("length(reason) > 0", name="reason_given"),
    )
    op.create_index(op.f("ix_forwardings_entry_id"), "forwardings", ["entry_id"])


def _delivery_lists() -> None:
    op.create_table(
        "delivery_lists",
        _id(),
        _to("body_id", "bodies.id"),
        sa.Column("year", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        _to("unit_id", "units.id"),
        _to("made_by", "users.id"),
        _when("made_at"),
        sa.CheckConstraint("number > 0", name="number_positive"),
        sa.UniqueConstraint("body_id", "year", "number"),
    )
    op.create_index(op.f("ix_delivery_lists_made_by"), "delivery_lists", ["made_by"])
    op.create_table(
        "delivery_list_items",
        _to("list_id", "delivery_lists.id"),
        sa.Column("position", sa.BigInteger(), nullable=False),
        _to("charge_id", "charges.id"),
        sa.PrimaryKeyConstraint("list_id", "position"),
        sa.UniqueConstraint("charge_id"),
        sa.CheckConstraint("position > 0", name="position_positive"),
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
    # What was asked stays as it was asked, and what was answered as it was answered.
    op.execute(
        """
        CREATE FUNCTION guard_contribution() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF OLD.ended_at IS NOT NULL
               OR (NEW.entry_id, NEW.kind, NEW.question, NEW.is_awaited, NEW.asked_by, NEW.asked_at)
                  IS DISTINCT FROM
                  (OLD.entry_id, OLD.kind, OLD.question, OLD.is_awaited, OLD.asked_by, OLD.asked_at)
               THEN
                RAISE EXCEPTION 'what was asked or answered is not changed'
                    USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER answered_once BEFORE UPDATE ON contributions "
        "FOR EACH ROW EXECUTE FUNCTION guard_contribution()"
    )
    op.execute(
        "CREATE TRIGGER never_deleted BEFORE DELETE ON contributions "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        """
        CREATE FUNCTION guard_erased_handling() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF is_erased(NEW.entry_id) THEN
                RAISE EXCEPTION 'the data of this entry were erased'
                    USING ERRCODE = 'restrict_violation', CONSTRAINT = 'not_of_erased';
            END IF;
            RETURN NEW;
        END $$
        """
    )
    for table in OF_ENTRIES:
        op.execute(
            f"CREATE TRIGGER not_of_erased BEFORE INSERT ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION guard_erased_handling()"
        )
    op.execute(
        f"""
        GRANT SELECT, INSERT ON {", ".join(WRITTEN_ONCE)} TO {APPLICATION};
        GRANT SELECT, INSERT, UPDATE ON contributions TO {APPLICATION};
        GRANT USAGE ON SEQUENCE contributions_id_seq, handling_notes_id_seq, forwardings_id_seq,
            delivery_lists_id_seq TO {APPLICATION};
        """
    )


def _erasure() -> None:
    """An erasure reaches tables that came after it: each brings a function also_erase_*(entry).

    The function of 0017 keeps its checks and does its part under another name, which the
    application may not call by itself.
    """
    op.execute("ALTER FUNCTION erase_entry(bigint, jsonb) RENAME TO erase_registered")
    op.execute(f"REVOKE EXECUTE ON FUNCTION erase_registered(bigint, jsonb) FROM {APPLICATION}")
    op.execute(
        """
        CREATE FUNCTION erase_entry(wanted bigint, digests jsonb) RETURNS bigint[]
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
        DECLARE
            entry bigint;
            leaves bigint[];
            each text;
        BEGIN
            leaves := erase_registered(wanted, digests);
            SELECT e.entry_id INTO entry FROM erasures e WHERE e.id = wanted;
            FOR each IN
                SELECT p.proname FROM pg_proc p
                 WHERE p.pronamespace = 'public'::regnamespace
                   AND p.proname LIKE 'also\\_erase\\_%' ORDER BY 1
            LOOP
                EXECUTE format('SELECT %I($1)', each) USING entry;
            END LOOP;
            RETURN leaves;
        END $$
        """
    )
    acts = "\n".join(
        f"ALTER TABLE {table} DISABLE TRIGGER USER;\n"
        f"EXECUTE $act$UPDATE {table} SET {changes} WHERE {whose}$act$ USING entry;\n"
        f"ALTER TABLE {table} ENABLE TRIGGER USER;"
        for table, whose, changes in ERASED
    )
    op.execute(
        f"""
        CREATE FUNCTION also_erase_routing(entry bigint) RETURNS void
        LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
        BEGIN
            {acts}
        END $$
        """
    )
    for function in ("erase_entry(bigint, jsonb)", "also_erase_routing(bigint)"):
        op.execute(f"REVOKE ALL ON FUNCTION {function} FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION erase_entry(bigint, jsonb) TO {APPLICATION}")


def _checks(*, new: bool) -> None:
    """Let more codes in; existing rows are looked at in another transaction, without a lock."""
    for (table, name), conditions in CHECKS.items():
        op.execute(f"ALTER TABLE {table} DROP CONSTRAINT ck_{table}_{name}")
        op.execute(
            f"ALTER TABLE {table} ADD CONSTRAINT ck_{table}_{name} "
            f"CHECK ({conditions[new]}) NOT VALID"
        )


def _validate() -> None:
    with op.get_context().autocommit_block():
        for table, name in CHECKS:
            op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT ck_{table}_{name}")


def downgrade() -> None:
    if _stands("contributions"):
        _take_away()
    _validate()


def _take_away() -> None:
    op.execute("UPDATE charges SET state = 'returned' WHERE state = 'refused'")
    op.execute(
        "UPDATE handlings SET disposal = 'filed' WHERE disposal IN ('forwarded', 'for-information')"
    )
    op.execute("DROP FUNCTION also_erase_routing(bigint)")
    op.execute("DROP FUNCTION erase_entry(bigint, jsonb)")
    op.execute("ALTER FUNCTION erase_registered(bigint, jsonb) RENAME TO erase_entry")
    op.execute(f"GRANT EXECUTE ON FUNCTION erase_entry(bigint, jsonb) TO {APPLICATION}")
    for table in ("delivery_list_items", "delivery_lists", *OF_ENTRIES):
        op.drop_table(table)
    op.execute("DROP FUNCTION guard_contribution()")
    op.execute("DROP FUNCTION guard_erased_handling()")
    op.execute("ALTER TABLE handlings DROP COLUMN version")
    _checks(new=False)
