"""An office whose transactions commit, with a letter that has a file; and one with S3."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import psycopg
import pytest
from sqlalchemy.engine import make_url

import storage
from docflow import audit, outbox, registry
from docflow.office import Office
from docflow.organization import Role, User, grant
from tests import factories, stack

PDF = b"%PDF-1.4\n% a letter\n"


@dataclass(frozen=True)
class House:
    """The office, its town, and a letter with a file."""

    office: Office
    town: factories.Town
    entry: registry.Entry
    digest: str

    def person(self, username: str) -> Any:
        with self.office.db.read() as session:
            return self.town.person(session, username)

    def sequenced(self) -> None:
        with self.office.db.begin() as session:
            while audit.sequence(session):
                pass

    def verified(self) -> audit.Verification:
        with self.office.db.read() as session:
            return audit.verify(session)


def run(office: Office) -> outbox.Run:
    return outbox.Run(office, 0, 1)


def furnished(office: Office) -> House:
    upload = factories.uploaded(office, PDF)
    with office.db.begin() as session:
        town = factories.municipality(session)
        officer = session.get_one(User, town.users["lawyer"])
        grant(session, officer, Role.DATA_PROTECTION, None)
        entry = factories.letter(session, town, upload)
    return House(office, town, entry, upload.sha256)


@pytest.fixture
def house(committed: Office) -> House:
    return furnished(committed)


@pytest.fixture
def s3(committed: Office) -> Office:
    """The office over a real S3 server, in a bucket with Object Lock."""
    url = stack.shared(stack.S3Server).url(f"custody-{uuid.uuid4().hex}")
    store = storage.open_store(url)
    store.prepare()
    return replace(committed, store=store)


@pytest.fixture
def by_hand(house: House, postgres: stack.PostgresServer) -> Iterator[psycopg.Connection[Any]]:
    """Somebody with all rights, who has switched the triggers off."""
    url = make_url(house.office.settings.database_url.get_secret_value())
    with postgres.cluster._connect(str(url.database)) as connection:
        connection.autocommit = True
        connection.execute("SET session_replication_role = replica")
        yield connection
