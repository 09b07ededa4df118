"""Case files and classification plans in versions.

A version that was put in force keeps its classes and its first day; an entry in a file is a row
with an end, so that where it lay, and why it went, stays told.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

APPLICATION = "docflow_app"
WRITTEN_ONCE = ("classification_classes", "entry_classes", "case_file_acts")
CHANGES = (
    "classification_plans",
    "classification_versions",
    "case_file_masks",
    "case_file_series",
    "case_files",
    "case_file_items",
    "case_file_exports",
)
NUMBERED = (
    "classification_plans",
    "classification_versions",
    "classification_classes",
    "entry_classes",
    "case_files",
    "case_file_acts",
    "case_file_items",
    "case_file_exports",
)
# What an erasure writes in the new tables: table, whose rows, what (see erase_entry, 0021). A file
# that was exported with the entry in it is given to nobody any more, and its bytes go.
ERASED = (
    ("case_file_items", "entry_id = $1 AND reason <> ''", "reason = '(διαγράφηκε)'"),
    ("case_file_exports", "$1 = ANY (entry_ids)", "state = 'expired', entry_ids = NULL"),
    (  # a title that repeats the subject; of the key stay as many words as the code has
        "case_files",
        "titled_from = $1",
        "title = '(διαγράφηκε)', titled_from = NULL, version = version + 1, "
        "key = array_to_string((string_to_array(key, ' '))"
        "[1:cardinality(string_to_array(code, ' '))], ' ') || ' (διαγραφηκε)'",
    ),
)
INSTANT = sa.DateTime(timezone=True)
BIG, TEXT, DAY = sa.BigInteger(), sa.Text(), sa.Date()


def upgrade() -> None:
    _plans()
    _files()
    _items()
    _exports()
    _guards()
    _erasure()
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
    for table in NUMBERED:
        op.execute(f"GRANT USAGE ON SEQUENCE {table}_id_seq TO {APPLICATION}")


def _key(table: str, *names: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*(names or ("id",)), name=f"pk_{table}")


def _to(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=f"fk_{table}_{column}")


def _known(table: str, column: str, *values: str) -> sa.CheckConstraint:
    allowed = ", ".join(f"'{value}'" for value in values)
    return sa.CheckConstraint(f"{column} IN ({allowed})", name=op.f(f"ck_{table}_{column}_known"))


def _check(table: str, name: str, condition: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(condition, name=op.f(f"ck_{table}_{name}"))


def _need(name: str, kind: object, default: str | None = None) -> sa.Column[object]:
    made = None if default is None else sa.text(default)
    return sa.Column(name, kind, nullable=False, server_default=made)  # type: ignore[arg-type]


def _may(name: str, kind: object) -> sa.Column[object]:
    return sa.Column(name, kind, nullable=True)  # type: ignore[arg-type]


def _plans() -> None:
    table = "classification_plans"
    op.create_table(
        table,
        _need("id", BIG),
        _need("body_id", BIG),
        _need("code", TEXT),
        _need("title", TEXT),
        _may("made_by", BIG),
        _need("made_at", INSTANT),
        _to(table, "body_id", "bodies"),
        _to(table, "made_by", "users"),
        _key(table),
        sa.UniqueConstraint("body_id", "code", name=f"uq_{table}_body_id_code"),
    )
    table = "classification_versions"
    op.create_table(
        table,
        _need("id", BIG),
        _need("plan_id", BIG),
        _need("number", BIG),
        _need("content", JSONB()),
        _need("revision", BIG, "1"),
        _may("valid_from", DAY),
        _may("valid_to", DAY),
        _may("changed_by", BIG),
        _need("changed_at", INSTANT),
        _may("put_by", BIG),
        _may("put_at", INSTANT),
        _check(table, "period_forward", "valid_to IS NULL OR valid_to >= valid_from"),
        _check(table, "put_in_force", "(valid_from IS NULL) = (put_at IS NULL)"),
        _to(table, "plan_id", "classification_plans"),
        _to(table, "changed_by", "users"),
        _to(table, "put_by", "users"),
        _key(table),
        sa.UniqueConstraint("plan_id", "number", name=f"uq_{table}_plan_id_number"),
    )
    op.create_index(
        "ux_classification_versions_draft",
        table,
        ["plan_id"],
        unique=True,
        postgresql_where=sa.text("valid_from IS NULL"),
    )
    table = "classification_classes"
    op.create_table(
        table,
        _need("id", BIG),
        _need("version_id", BIG),
        _need("position", BIG),
        _need("code", TEXT),
        _need("parent_code", TEXT),
        _need("depth", BIG),
        _need("title", TEXT),
        _may("retention_years", BIG),
        _need("action", TEXT),
        _need("note", TEXT),
        _known(table, "action", "destroy", "transfer", "permanent", "review"),
        _to(table, "version_id", "classification_versions"),
        _key(table),
        sa.UniqueConstraint("version_id", "code", name=f"uq_{table}_version_id_code"),
    )
    op.create_index(f"ix_{table}_code", table, ["code"])
    table = "entry_classes"
    op.create_table(
        table,
        _need("id", BIG),
        _need("entry_id", BIG),
        _need("class_id", BIG),
        _may("classed_by", BIG),
        _need("classed_at", INSTANT),
        _to(table, "entry_id", "entries"),
        _to(table, "class_id", "classification_classes"),
        _to(table, "classed_by", "users"),
        _key(table),
    )
    op.create_index(f"ix_{table}_entry_id", table, ["entry_id"])
    op.create_index(f"ix_{table}_class_id", table, ["class_id"])


def _files() -> None:
    table = "case_file_masks"
    op.create_table(
        table,
        sa.Column("body_id", BIG, nullable=False, autoincrement=False),
        _need("mask", TEXT),
        _may("set_by", BIG),
        _need("set_at", INSTANT),
        _to(table, "body_id", "bodies"),
        _to(table, "set_by", "users"),
        _key(table, "body_id"),
    )
    table = "case_file_series"
    op.create_table(
        table,
        *(
            sa.Column(name, BIG, nullable=False, autoincrement=False)
            for name in ("body_id", "unit_id", "year")
        ),
        _need("last_number", BIG),
        _to(table, "body_id", "bodies"),
        _key(table, "body_id", "unit_id", "year"),
    )
    table = "case_files"
    op.create_table(
        table,
        _need("id", BIG),
        _need("body_id", BIG),
        _need("code", TEXT),
        _need("year", BIG),
        _may("parent_id", BIG),
        _need("depth", BIG, "0"),
        _need("title", TEXT),
        _need("key", TEXT),
        _need("unit_id", BIG),
        _may("class_id", BIG),
        _may("responsible_id", BIG),
        _need("is_confidential", sa.Boolean(), "false"),
        _need("paper_place", TEXT, "''"),
        _may("titled_from", BIG),
        _may("opened_by", BIG),
        _need("opened_at", INSTANT),
        _may("closed_by", BIG),
        _may("closed_at", INSTANT),
        _need("version", BIG, "1"),
        _may("changed_by", BIG),
        _may("changed_at", INSTANT),
        _check(table, "not_in_itself", "parent_id <> id"),
        _check(table, "two_levels", "depth BETWEEN 0 AND 2"),
        _check(table, "depth_of_parent", "(depth = 0) = (parent_id IS NULL)"),
        _check(table, "title_length", "length(title) BETWEEN 1 AND 300"),
        _check(table, "closed_by_somebody", "(closed_at IS NULL) = (closed_by IS NULL)"),
        _to(table, "body_id", "bodies"),
        _to(table, "parent_id", "case_files"),
        _to(table, "unit_id", "units"),
        _to(table, "class_id", "classification_classes"),
        _to(table, "titled_from", "entries"),
        *(
            _to(table, column, "users")
            for column in ("responsible_id", "opened_by", "closed_by", "changed_by")
        ),
        _key(table),
        sa.UniqueConstraint("body_id", "code", name=f"uq_{table}_body_id_code"),
    )
    for column in ("unit_id", "parent_id", "responsible_id", "class_id"):
        op.create_index(f"ix_{table}_{column}", table, [column])
    op.create_index(
        "ix_case_files_key_trgm",
        table,
        ["key"],
        postgresql_using="gin",
        postgresql_ops={"key": "gin_trgm_ops"},
    )
    table = "case_file_acts"
    op.create_table(
        table,
        _need("id", BIG),
        _need("case_file_id", BIG),
        _need("reason", TEXT),
        _need("acted_by", BIG),
        _need("acted_at", INSTANT),
        _check(table, "reason_length", "length(reason) BETWEEN 1 AND 500"),
        _to(table, "case_file_id", "case_files"),
        _to(table, "acted_by", "users"),
        _key(table),
    )
    op.create_index(f"ix_{table}_case_file_id", table, ["case_file_id"])


def _items() -> None:
    table = "case_file_items"
    op.create_table(
        table,
        _need("id", BIG),
        _need("case_file_id", BIG),
        _need("entry_id", BIG),
        _need("kind", TEXT),
        _need("position", BIG),
        _may("pages", BIG),
        _may("filed_by", BIG),
        _need("filed_at", INSTANT),
        _may("ended_by", BIG),
        _may("ended_at", INSTANT),
        _may("end_kind", TEXT),
        _need("reason", TEXT, "''"),
        _may("moved_to", BIG),
        _known(table, "kind", "main", "reference"),
        _known(table, "end_kind", "moved", "taken-out"),
        _check(table, "end_has_kind", "(ended_at IS NULL) = (end_kind IS NULL)"),
        _check(table, "end_has_reason", "ended_at IS NULL OR length(reason) > 0"),
        _check(table, "pages_in_range", "pages IS NULL OR pages BETWEEN 0 AND 99999"),
        _to(table, "case_file_id", "case_files"),
        _to(table, "entry_id", "entries"),
        _to(table, "filed_by", "users"),
        _to(table, "ended_by", "users"),
        _to(table, "moved_to", "case_file_items"),
        _key(table),
    )
    op.create_index(
        "ux_case_file_items_main",
        table,
        ["entry_id"],
        unique=True,
        postgresql_where=sa.text("kind = 'main' AND ended_at IS NULL"),
    )
    op.create_index(
        "ux_case_file_items_once",
        table,
        ["case_file_id", "entry_id"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index(f"ix_{table}_entry_id", table, ["entry_id"])
    op.create_index(f"ix_{table}_case_file_id_position", table, ["case_file_id", "position"])


def _exports() -> None:
    table = "case_file_exports"
    op.create_table(
        table,
        _need("id", BIG),
        _need("body_id", BIG),
        _need("user_id", BIG),
        _need("case_file_id", BIG),
        _need("form", TEXT),
        _need("language", TEXT),
        _need("state", TEXT),
        _may("documents", BIG),
        _may("sha256", TEXT),
        _may("entry_ids", ARRAY(BIG)),
        _may("size", BIG),
        _may("problem", TEXT),
        _need("created_at", INSTANT),
        _may("finished_at", INSTANT),
        _known(table, "form", "pdf", "zip"),
        _known(table, "state", "waiting", "done", "failed", "expired"),
        _check(table, "done_has_file", "state <> 'done' OR sha256 IS NOT NULL"),
        _check(table, "file_once_done", "state IN ('done', 'expired') OR sha256 IS NULL"),
        _to(table, "body_id", "bodies"),
        _to(table, "user_id", "users"),
        _to(table, "case_file_id", "case_files"),
        _key(table),
    )
    op.create_index(f"ix_{table}_user_id_id", table, ["user_id", "id"])
    op.create_index(f"ix_{table}_case_file_id", table, ["case_file_id"])


def _guards() -> None:
    op.execute(
        """
        CREATE FUNCTION guard_plan_version() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF OLD.valid_from IS NOT NULL AND (
                NEW.valid_from IS DISTINCT FROM OLD.valid_from
                OR NEW.content IS DISTINCT FROM OLD.content
                OR NEW.plan_id <> OLD.plan_id OR NEW.number <> OLD.number
                OR (OLD.valid_to IS NOT NULL AND NEW.valid_to IS DISTINCT FROM OLD.valid_to)
            ) THEN
                RAISE EXCEPTION 'a version in force is not rewritten'
                    USING ERRCODE = 'restrict_violation', CONSTRAINT = 'version_in_force';
            END IF;
            RETURN NEW;
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER version_in_force BEFORE UPDATE ON classification_versions "
        "FOR EACH ROW EXECUTE FUNCTION guard_plan_version()"
    )
    op.execute(
        """
        CREATE FUNCTION guard_filing() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            -- Once ended, only where it went is added: the row there comes into being after it.
            IF (OLD.ended_at IS NOT NULL AND (
                    OLD.moved_to IS NOT NULL OR NEW.moved_to IS NULL
                    OR NEW.ended_at IS DISTINCT FROM OLD.ended_at
                    OR NEW.ended_by IS DISTINCT FROM OLD.ended_by
                    OR NEW.end_kind IS DISTINCT FROM OLD.end_kind
                    OR NEW.reason <> OLD.reason OR NEW.position <> OLD.position
                    OR NEW.pages IS DISTINCT FROM OLD.pages))
               OR NEW.entry_id <> OLD.entry_id OR NEW.case_file_id <> OLD.case_file_id
               OR NEW.kind <> OLD.kind OR NEW.filed_at <> OLD.filed_at
               OR NEW.filed_by IS DISTINCT FROM OLD.filed_by THEN
                RAISE EXCEPTION 'where an entry lay is not rewritten'
                    USING ERRCODE = 'restrict_violation', CONSTRAINT = 'filing_stays';
            END IF;
            RETURN NEW;
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER filing_stays BEFORE UPDATE ON case_file_items "
        "FOR EACH ROW EXECUTE FUNCTION guard_filing()"
    )


def _erasure() -> None:
    """Why an entry was moved goes with its data; where it lay stays told."""
    acts = "\n".join(
        f"ALTER TABLE {table} DISABLE TRIGGER USER;\n"
        f"EXECUTE $act$UPDATE {table} SET {changes} WHERE {whose}$act$ USING entry;\n"
        f"ALTER TABLE {table} ENABLE TRIGGER USER;"
        for table, whose, changes in ERASED
    )
    op.execute(
        f"""
        CREATE FUNCTION also_erase_case_files(entry bigint) RETURNS void
        LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
        BEGIN
            {acts}
        END $$
        """
    )
    op.execute("REVOKE ALL ON FUNCTION also_erase_case_files(bigint) FROM PUBLIC")


def downgrade() -> None:
    op.execute("DROP FUNCTION also_erase_case_files(bigint)")
    for table in (
        "case_file_exports",
        "case_file_items",
        "case_file_acts",
        "case_files",
        "case_file_series",
        "case_file_masks",
        "entry_classes",
        "classification_classes",
        "classification_versions",
        "classification_plans",
    ):
        op.drop_table(table)
    op.execute("DROP FUNCTION guard_filing")
    op.execute("DROP FUNCTION guard_plan_version")
