"""The start skips the migration exactly where it would do nothing."""

from pathlib import Path

from docflow import migrations
from docflow.embedded import postgres, schema
from tests import stack


def test_the_newest_revision_is_that_of_alembic() -> None:
    assert schema.newest_revision(schema.VERSIONS) == migrations.head()


def test_two_heads_are_in_doubt(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text('revision = "a"\ndown_revision = None\n')
    assert schema.newest_revision(tmp_path) == "a"
    (tmp_path / "b.py").write_text('revision: str = "b"\ndown_revision: str | None = "a"\n')
    assert schema.newest_revision(tmp_path) == "b"
    (tmp_path / "c.py").write_text("revision = 'c'\ndown_revision = 'a'\n")
    assert schema.newest_revision(tmp_path) is None


def test_a_migrated_database_is_current_and_an_empty_one_is_not() -> None:
    server = stack.shared(stack.PostgresServer)
    server.create_database(postgres.DATABASE)
    assert not schema.is_current(server.cluster)
    migrations.upgrade(server.owner_url(postgres.DATABASE))
    assert schema.is_current(server.cluster)
    server.drop_database(postgres.DATABASE)
