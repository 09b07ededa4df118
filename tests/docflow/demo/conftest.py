"""One demo municipality for all tests of this folder: making it takes its time."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from pydantic import SecretStr

from docflow import demo
from docflow.office import Office, open_office
from docflow.settings import Settings
from tests import stack
from tests.conftest import Keys


@dataclass(frozen=True)
class Town:
    """The demo in its database, and what was said while it was made."""

    office: Office
    made: demo.Demo
    said: list[str]
    keys: Keys


@pytest.fixture(scope="session")
def town(
    postgres: stack.PostgresServer,
    clone: Callable[[str], str],
    keys: Keys,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Town]:
    folder = tmp_path_factory.mktemp("demo")
    name = clone("demo")
    settings = Settings.model_validate(
        {
            "data": folder,
            "database_url": SecretStr(postgres.url(name)),
            "storage_url": SecretStr(f"file:{folder / 'objects'}"),
            "smtp_url": SecretStr(f"file:{folder / 'outbox'}"),
            "secret_key": SecretStr("d" * 32),
            "tsa_urls": [keys.tsa_url],
            "trust_roots": keys.roots,
            "seal_key": keys.seal,
            "seal_password": SecretStr("σφραγίδα"),
        }
    )
    office = open_office(settings)
    said: list[str] = []
    made = demo.create(office, keys=keys.pki, progress=said.append)
    yield Town(office, made, said, keys)
    office.db.dispose()
    postgres.drop_database(name)
