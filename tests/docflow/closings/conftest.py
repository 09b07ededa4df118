"""An office whose transactions commit, with seal and time-stamps: for races and alterations."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import psycopg
import pytest
from pydantic import SecretStr
from sqlalchemy.engine import make_url

from docflow.office import Office
from tests import factories, stack
from tests.conftest import Keys


@dataclass(frozen=True)
class Place:
    """The office, its town, and what the owner of the database may do behind its back."""

    office: Office
    town: factories.Town
    as_owner: Callable[[str], None]


@pytest.fixture
def place(committed: Office, keys: Keys, postgres: stack.PostgresServer) -> Place:
    changes = {
        "tsa_urls": [keys.tsa_url],
        "trust_roots": keys.roots,
        "seal_key": keys.seal,
        "seal_password": SecretStr("σφραγίδα"),
    }
    office = replace(committed, settings=committed.settings.model_copy(update=changes))
    with office.db.begin() as session:
        town = factories.municipality(session)
    name = make_url(committed.settings.database_url.get_secret_value()).database
    assert name is not None
    url = make_url(postgres.owner_url(name)).set(drivername="postgresql")

    def as_owner(statement: str) -> None:
        """One statement with the triggers of the entries off, as a thief in the house would."""
        with psycopg.connect(url.render_as_string(hide_password=False)) as connection:
            for table in ("entries", "daily_registers", "year_closings", "annulments"):
                connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            connection.execute(statement)
            for table in ("entries", "daily_registers", "year_closings", "annulments"):
                connection.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")

    return Place(office, town, as_owner)
