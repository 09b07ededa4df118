"""The database, the office, signing keys and servers of the tests.

One PostgreSQL serves a whole run; each xdist worker has its own database, a copy of one that
Alembic migrated. A test of a use case lives in one transaction that is rolled back; each `begin()`
in it is a savepoint with a new session, so that it sees what production sees.
"""

import fcntl
import gc
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.orm import Session

import storage
from docflow import circulation, migrations
from docflow.db import Database
from docflow.office import Office, open_office
from docflow.settings import Settings
from docflow.tables import Base  # noqa: F401  # every table, job and check is known to the tests
from signing.testpki import TestPki
from tests import factories, stack
from tests.spare import Spare

TEMPLATE = "docflow_template"


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What is imported and collected stays: it is not gone over again and again for garbage."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.fixture(scope="session", autouse=True)
def scanners(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """SANE knows its `test` device alone: no test asks the network, which takes seconds."""
    folder = tmp_path_factory.mktemp("sane")
    (folder / "dll.conf").write_text("test\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SANE_CONFIG_DIR", str(folder))
        yield


@pytest.fixture(scope="session")
def postgres() -> stack.PostgresServer:
    """The server of this run, with a migrated database to copy from."""
    server = stack.shared(stack.PostgresServer)
    folder = stack.run_folder()
    done = folder / "PostgresServer.template"
    with (folder / "PostgresServer.template-lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            server.create_database(TEMPLATE)
            migrations.upgrade(server.owner_url(TEMPLATE))
            done.touch()
    return server


@pytest.fixture(scope="session")
def clone(postgres: stack.PostgresServer, worker_id: str) -> Callable[[str], str]:
    """Make a fresh migrated database; its name."""

    def make(purpose: str) -> str:
        name = f"docflow_{worker_id}_{purpose}"
        with (stack.run_folder() / "PostgresServer.template-lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # PostgreSQL copies a template for one at a time
            postgres.clone_database(TEMPLATE, name)
        return name

    return make


@pytest.fixture(scope="session")
def spare(
    postgres: stack.PostgresServer, clone: Callable[[str], str]
) -> Iterator[Callable[[str], AbstractContextManager[str]]]:
    """`with spare("races") as name`: a migrated database in which nothing is, lent for a while."""
    known: dict[str, Spare] = {}

    @contextmanager
    def lent(purpose: str) -> Iterator[str]:
        one = known.setdefault(purpose, Spare(postgres, partial(clone, purpose)))
        yield one.lend()
        one.take_back()

    yield lent
    for one in known.values():
        one.drop()


@dataclass(frozen=True)
class Keys:
    """Keys of the test authority: the body's seal, and those of the persons who sign."""

    pki: TestPki
    tsa_url: str
    seal: Path
    roots: Path
    persons: dict[str, bytes]


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    server = stack.shared(stack.TsaServer)
    pki = TestPki(server.folder / "pki")
    folder = tmp_path_factory.mktemp("keys")
    seal, roots = folder / "seal.p12", folder / "roots.pem"
    since = datetime.now(UTC) - timedelta(days=1)
    seal.write_bytes(pki.issue_seal(name="Δήμος Παραδείγματος", password="σφραγίδα", since=since))
    roots.write_bytes(b"".join(pki.trust_roots))
    persons = {
        username: pki.issue_person(
            name=factories.PEOPLE[username][0],
            title=factories.PEOPLE[username][1],
            password=factories.KEY_PASSWORD,
            since=since,
        )
        for username in ("engineer", "director", "mayor", "secretary", "colleague")
    }
    return Keys(pki, server.url, seal, roots, persons)


class OneTransaction(Database):
    """The database of a test: each `begin()` is a savepoint of one transaction of the test's."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.engine = connection.engine

    @contextmanager
    def begin(self) -> Iterator[Session]:
        with self._session() as session, session.begin():
            yield session

    @contextmanager
    def read(self) -> Iterator[Session]:
        with self._session() as session:
            session.execute(text("SET LOCAL transaction_read_only = on"))
            try:
                yield session
            finally:
                session.expunge_all()  # or the rollback would make what was read unreadable
                session.rollback()  # of the savepoint: ends the setting

    def _session(self) -> Session:
        return Session(
            self.connection, expire_on_commit=False, join_transaction_mode="create_savepoint"
        )


@pytest.fixture(scope="session")
def engine(postgres: stack.PostgresServer, clone: Callable[[str], str]) -> Iterator[Any]:
    made = create_engine(postgres.url(clone("main")), connect_args={"options": "-c timezone=UTC"})
    yield made
    made.dispose()


@dataclass(frozen=True)
class Peopled:
    """A database in which the municipality stands already, and its ids."""

    engine: Any
    town: factories.Town


@pytest.fixture(scope="session")
def peopled(postgres: stack.PostgresServer, clone: Callable[[str], str]) -> Iterator[Peopled]:
    """The database of tests with a municipality: made once, each test's acts are rolled back."""
    yield from _peopled(postgres.url(clone("peopled")))


@pytest.fixture(scope="session")
def keyed(
    postgres: stack.PostgresServer,
    clone: Callable[[str], str],
    keys: Keys,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Peopled]:
    """As `peopled`, and those who sign have their keys."""
    settings = _plain(tmp_path_factory.mktemp("keyed"))
    for made in _peopled(postgres.url(clone("keyed"))):
        for username, data in keys.persons.items():
            with Session(made.engine) as session, session.begin():
                by = made.town.person(session, username)
                circulation.keys.add(
                    session, data, factories.KEY_PASSWORD, by=by, settings=settings
                )
        yield made


def _peopled(url: str) -> Iterator[Peopled]:
    engine = create_engine(url, connect_args={"options": "-c timezone=UTC"})
    with Session(engine) as session, session.begin():
        town = factories.municipality(session)
    yield Peopled(engine, town)
    engine.dispose()


@pytest.fixture
def base(request: pytest.FixtureRequest) -> Peopled | None:
    """What stands before the test begins: the municipality, its keys, or nothing."""
    for name, wanted in (("signing_office", "keyed"), ("town", "peopled")):
        if name in request.fixturenames:
            found: Peopled = request.getfixturevalue(wanted)
            return found
    return None


@pytest.fixture
def db(request: pytest.FixtureRequest, base: Peopled | None) -> Iterator[OneTransaction]:
    engine = base.engine if base else request.getfixturevalue("engine")
    with engine.connect() as connection:
        transaction = connection.begin()
        yield OneTransaction(connection)
        transaction.rollback()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """No seal, no time-stamps, mail into a folder; `signing_office` has the rest."""
    return _plain(tmp_path)


def _plain(folder: Path) -> Settings:
    return Settings(  # type: ignore[call-arg]  # the others have defaults
        data=folder,
        database_url=SecretStr("postgresql+psycopg://unused"),
        storage_url=SecretStr(f"file:{folder / 'objects'}"),
        smtp_url=SecretStr(f"file:{folder / 'outbox'}"),
        secret_key=SecretStr("s" * 32),
        public_url="https://protocol.paradeigma.example",
    )


@pytest.fixture
def office(settings: Settings, db: OneTransaction) -> Office:
    """Settings, the test's transaction, and an object store in the test's folder."""
    store = storage.open_store(settings.storage_url.get_secret_value())
    store.prepare()
    return Office(settings, db, store)


@pytest.fixture
def session(db: OneTransaction) -> Iterator[Session]:
    """A session in the test's transaction."""
    with db.begin() as session:
        yield session


@pytest.fixture
def town(base: Peopled) -> factories.Town:
    """The municipality in which the test's transaction begins."""
    return deepcopy(base.town)


@pytest.fixture
def signing_office(office: Office, keys: Keys) -> Office:
    """The office with seal, time-stamps and the keys of engineer, director and mayor."""
    return replace(
        office,
        settings=office.settings.model_copy(
            update={
                "tsa_urls": [keys.tsa_url],
                "trust_roots": keys.roots,
                "seal_key": keys.seal,
                "seal_password": SecretStr("σφραγίδα"),
            }
        ),
    )


@pytest.fixture
def committed(
    settings: Settings,
    postgres: stack.PostgresServer,
    spare: Callable[[str], AbstractContextManager[str]],
) -> Iterator[Office]:
    """An office whose transactions really commit, for races and faults: nobody else is in it."""
    with spare("committed") as name:
        url = SecretStr(postgres.url(name))
        office = open_office(settings.model_copy(update={"database_url": url}), pool=20)
        office.store.prepare()
        yield office
        office.db.dispose()
