"""Transactions, and a database that is away."""

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import InternalError

from docflow import parties
from docflow.db import Database, DatabaseUnavailable, OutcomeUnknown
from docflow.office import Office
from docflow.settings import Settings, UnknownSetting, load
from tests import factories


def test_reading_cannot_write(committed: Office) -> None:
    with pytest.raises(InternalError, match="read-only"), committed.db.read() as session:
        session.execute(text("INSERT INTO tries VALUES ('k', now(), 1)"))


def test_a_reader_sees_one_moment(committed: Office) -> None:
    count = text("SELECT count(*) FROM tries")
    with committed.db.read() as reader:
        before = reader.scalar(count)
        with committed.db.begin() as writer:
            writer.execute(text("INSERT INTO tries VALUES ('k', now(), 1)"))
        assert reader.scalar(count) == before
    with committed.db.read() as reader:
        assert reader.scalar(count) == (before or 0) + 1


def test_a_database_that_is_away_is_said_to_be() -> None:
    away = Database("postgresql+psycopg://u:p@127.0.0.1:9/x")
    for open_transaction in (away.begin, away.read):
        with (
            pytest.raises(DatabaseUnavailable, match="Nothing was saved"),
            open_transaction() as session,
        ):
            session.execute(text("SELECT 1"))


def test_a_connection_that_was_cut_is_replaced(committed: Office) -> None:
    """The database was restarted between two requests."""
    with committed.db.begin() as session:
        mine = session.scalar(text("SELECT pg_backend_pid()"))
    other = Database(committed.settings.database_url.get_secret_value(), pool=1)
    with other.begin() as session:
        session.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": mine})
    other.dispose()
    with committed.db.begin() as session:
        assert session.scalar(text("SELECT 1")) == 1


def test_what_copy_raises_is_told_like_any_other(committed: Office) -> None:
    """It comes from the driver itself; the sequencer must wait for it, and not end."""

    def copy_into_a_locked_table() -> None:
        with committed.db.begin() as session:
            driver = session.connection().connection.driver_connection
            assert isinstance(driver, psycopg.Connection)
            session.execute(text("SET LOCAL lock_timeout = '1ms'"))
            with driver.cursor() as cursor, cursor.copy("COPY tries FROM STDIN") as copy:
                copy.write_row(("k", "2026-01-01 00:00:00+00", 1))

    with committed.db.begin() as holder:
        holder.execute(text("LOCK TABLE tries IN ACCESS EXCLUSIVE MODE"))
        with pytest.raises(DatabaseUnavailable):
            copy_into_a_locked_table()


_FAILS = (
    "CREATE TEMP TABLE full_disk (n int) ON COMMIT DROP",
    "CREATE FUNCTION pg_temp.fails() RETURNS trigger LANGUAGE plpgsql AS "
    "$$BEGIN RAISE 'could not write to log file' USING ERRCODE = 'XX000'; END$$",
    "CREATE CONSTRAINT TRIGGER fails AFTER INSERT ON full_disk DEFERRABLE INITIALLY DEFERRED "
    "FOR EACH ROW EXECUTE FUNCTION pg_temp.fails()",
    "INSERT INTO full_disk VALUES (1)",
)


def test_a_database_that_cannot_write_its_log_is_told_like_one_that_is_away(
    committed: Office,
) -> None:
    def carry_out(*statements: str) -> None:
        with committed.db.begin() as session:
            for statement in statements:
                session.execute(text(statement))

    with pytest.raises(OutcomeUnknown):
        carry_out(*_FAILS)
    with pytest.raises(DatabaseUnavailable) as told:
        carry_out(*_FAILS, "SET CONSTRAINTS ALL IMMEDIATE")
    assert not isinstance(told.value, OutcomeUnknown)


def test_a_misspelt_setting_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCFLOW_DATABASE_URL", "postgresql+psycopg://x")
    monkeypatch.setenv("DOCFLOW_SECRET_KEY", "s" * 32)
    assert isinstance(load(), Settings)
    monkeypatch.setenv("DOCFLOW_PUBLIC_ULR", "https://x")
    with pytest.raises(UnknownSetting, match="DOCFLOW_PUBLIC_ULR"):
        load()


def test_a_connection_that_breaks_while_committing_is_not_told_as_nothing_saved(
    committed: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether it was saved only the database knows: the same form again does nothing twice."""
    with committed.db.begin() as session:
        town = factories.municipality(session)

    def register() -> int:
        with committed.db.begin() as session:
            return factories.letter(
                session,
                town,
                idempotency_key="once",
                subject="Αίτηση",
                sender=parties.Contact(name="Σύλλογος"),
            ).number

    dialect = committed.db.engine.dialect
    commit = dialect.do_commit

    def broken(connection: object) -> None:
        monkeypatch.undo()
        commit(connection)  # type: ignore[arg-type]
        raise psycopg.OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(dialect, "do_commit", broken)
    with pytest.raises(OutcomeUnknown, match="Look whether it is there"):
        register()
    assert register() == 1
    with committed.db.read() as session:
        assert session.scalar(text("SELECT count(*) FROM entries")) == 1
