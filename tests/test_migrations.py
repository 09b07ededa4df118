"""Migrations lead up and down, to the schema that the models say, with the rights of 0002."""

from collections.abc import Iterator

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import NullPool, create_engine, text

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
