"""Migrations lead up and down, to the schema that the models say, with the rights of 0002."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, NullPool, create_engine, event, text

from docflow import migrations, tables
from tests import stack


@pytest.fixture
def empty(postgres: stack.PostgresServer, worker_id: str) -> Iterator[tuple[str, str]]:
    """URLs of the owner and of the application for a database without a schema."""
    name = f"docflow_{worker_id}_migrations"
    postgres.create_database(name)
    yield postgres.owner_url(name), postgres.url(name)
    postgres.drop_database(name)


def test_there_is_one_head(empty):
    assert len(ScriptDirectory.from_config(migrations.config(empty[0])).get_heads()) == 1


def test_up_down_and_up_again_is_the_schema_of_the_models(empty):
    owner, _ = empty
    assert migrations.current(owner) is None
    migrations.upgrade(owner)
    migrations.downgrade(owner, "base")
    with create_engine(owner, poolclass=NullPool).connect() as connection:
        left = connection.scalars(
            text(
                "SELECT relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
                "WHERE n.nspname = 'public' AND relkind = 'r' AND relname <> 'alembic_version' "
                "UNION ALL SELECT proname FROM pg_proc p JOIN pg_namespace n "
                "ON n.oid = p.pronamespace LEFT JOIN pg_depend d ON d.objid = p.oid "
                "AND d.deptype = 'e' WHERE n.nspname = 'public' AND d.objid IS NULL"
            )
        ).all()
    assert left == []
    migrations.upgrade(owner)
    command.check(migrations.config(owner))  # raises where models and schema differ
    assert migrations.current(owner) == migrations.head()


@contextmanager
def broken_off_at(words: str) -> Iterator[None]:
    """Whoever migrates is gone before the first statement with these words."""

    def before(connection: object, cursor: object, statement: str, *ignored: object) -> None:
        if words in statement:
            raise BrokenOffError(statement)

    event.listen(Engine, "before_cursor_execute", before)
    try:
        with pytest.raises(BrokenOffError):
            yield
    finally:
        event.remove(Engine, "before_cursor_execute", before)


class BrokenOffError(Exception):
    """The migration ends here."""


def test_a_migration_that_broke_off_between_its_transactions_is_run_again(empty):
    """Those of several transactions: their first part stands, and the version does not say so."""
    owner, _ = empty
    for words in (
        "VALIDATE CONSTRAINT ck_charges_return_has_reason",  # 0021
        "CREATE INDEX CONCURRENTLY ix_search_texts_found",  # 0024
        "DROP INDEX CONCURRENTLY IF EXISTS ix_search_texts_fields_trgm",
        "CREATE INDEX CONCURRENTLY ix_charges_sent",  # 0026
    ):
        with broken_off_at(words):
            migrations.upgrade(owner)
    migrations.upgrade(owner)
    command.check(migrations.config(owner))
    with broken_off_at("CREATE INDEX CONCURRENTLY ix_handlings_user_open"):
        migrations.downgrade(owner, "0020")
    with broken_off_at("VALIDATE CONSTRAINT ck_handlings_disposal_known"):
        migrations.downgrade(owner, "0020")
    migrations.downgrade(owner, "0020")
    migrations.upgrade(owner)
    command.check(migrations.config(owner))


def test_the_application_may_use_every_table_and_change_no_history(empty):
    owner, _ = empty
    migrations.upgrade(owner)
    with create_engine(owner, poolclass=NullPool).connect() as connection:
        rows = connection.execute(
            text(
                "SELECT table_name, array_agg(privilege_type::text) "
                "FROM information_schema.role_table_grants "
                "WHERE grantee = 'docflow_app' AND table_schema = 'public' GROUP BY 1"
            )
        ).all()
    rights = {table: set(granted) for table, granted in rows}
    assert set(tables.Base.metadata.tables) <= set(rights)
    for table in (
        "entries",
        "recipients",
        "relations",
        "annulments",
        "audit_events",
        "audit_checkpoints",
    ):
        assert rights[table] == {"SELECT", "INSERT"}, table
    assert "TRUNCATE" not in set().union(*rights.values())
