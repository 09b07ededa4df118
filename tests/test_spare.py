"""The database that tests lend to each other is new for each of them, whatever the last one did."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
from sqlalchemy import create_engine, func, select, text
from sqlalchemy.orm import Session

from docflow.tables import Base
from tests import factories, stack

Lent = Callable[[], AbstractContextManager[Session]]


@pytest.fixture
def lent(
    spare: Callable[[str], AbstractContextManager[str]], postgres: stack.PostgresServer
) -> Lent:
    """The spare database in the hands of the schema's owner; what he does is committed."""

    @contextmanager
    def lend() -> Iterator[Session]:
        with spare("spare") as name:
            engine = create_engine(postgres.owner_url(name))
            with Session(engine) as session, session.begin():
                yield session
            engine.dispose()

    return lend


def which(session: Session) -> int:
    """The database itself: another copy under its name has another number."""
    found = session.scalar(text("SELECT oid FROM pg_database WHERE datname = current_database()"))
    assert isinstance(found, int)
    return found


def test_neither_a_row_nor_a_number_is_left(lent: Lent) -> None:
    done = []
    for _ in range(2):
        with lent() as session:
            for table in Base.metadata.tables.values():
                assert session.scalar(select(func.count()).select_from(table)) == 0, table.name
            entry = factories.letter(session, factories.municipality(session))
            done.append((which(session), entry.id, entry.body_id, entry.number))
    assert done[0] == done[1]


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE entries DISABLE TRIGGER USER",
        "ALTER TABLE entries ADD COLUMN tried int",
        "CREATE TABLE tried ()",
        "DROP INDEX ix_charges_sent",
        "GRANT DELETE ON entries TO docflow_app",
        "CREATE FUNCTION tried() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "UPDATE alembic_version SET version_num = 'tried'",
    ],
)
def test_what_is_changed_in_the_schema_comes_to_nobody(lent: Lent, change: str) -> None:
    with lent() as session:
        before = which(session)
        session.execute(text(change))
    with lent() as session:
        assert which(session) != before
