"""Bringing the schema to the version of the code, as the owner of the schema."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

ROOT = Path(__file__).resolve().parent.parent


def config(database_url: str) -> Config:
    """Alembic's configuration for this database; the URL is that of the schema's owner."""
    made = Config(str(ROOT / "alembic.ini"))
    made.attributes["database_url"] = database_url
    return made


def upgrade(database_url: str, revision: str = "head") -> None:
    command.upgrade(config(database_url), revision)


def downgrade(database_url: str, revision: str) -> None:
    command.downgrade(config(database_url), revision)


def head() -> str | None:
    """The newest revision of the code."""
    return ScriptDirectory.from_config(config("")).get_current_head()


def current(database_url: str) -> str | None:
    """The revision of the database, None for an empty one."""
    engine = create_engine(database_url)
    try:
        with engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()
    finally:
        engine.dispose()


def revisions() -> list[str]:
    """All revisions of the code, the newest first."""
    script = ScriptDirectory.from_config(config(""))
    return [one.revision for one in script.walk_revisions()]
