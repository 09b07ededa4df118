"""New migrations run while people register: nobody waits for a scan, and the old code goes on.

Each migration after `SINCE` runs here for real, and after each statement PostgreSQL itself says
which locks are held and which tables were gone through. A lock that stops writers is short as long
as nothing large is scanned or rewritten under it: so a CHECK or a foreign key is added NOT VALID
and validated in another transaction, and an index of a table that has rows is made CONCURRENTLY.
See docs/operations.md, "New versions".
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg
import pytest
from sqlalchemy import Engine, NullPool, create_engine, event, text

from docflow import migrations
from tests import stack

SINCE = "0019"  # later ones run under the watch

# Tables that stay small whatever is registered: to go through them takes no time.
_SMALL = """
alembic_version annulment_requests api_tokens arrival_years audit_keys audit_logs backups bodies
book_grants book_years books chains day_waits deputies emergency_authorisations emergency_kits
emergency_periods grants keyrings kind_versions kinds label_preferences learned_models legal_holds
register_starts schedule stamp_styles store_guards store_runs trust_roots units users year_closings
"""
SMALL = frozenset(_SMALL.split())

_LOCKED = """
SELECT c.relname FROM pg_locks l JOIN pg_class c ON c.oid = l.relation
WHERE l.pid = pg_backend_pid() AND l.granted AND c.relkind IN ('r', 'p')
  AND l.mode IN ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
"""
_SCANNED = """
SELECT relname, seq_scan + coalesce(idx_scan, 0) FROM pg_stat_xact_user_tables
"""
_COLUMNS = """
SELECT table_name, column_name, udt_name, is_nullable = 'NO', column_default IS NOT NULL
    OR is_identity = 'YES' OR is_generated = 'ALWAYS'
FROM information_schema.columns WHERE table_schema = 'public'
"""


@dataclass
class Watch:
    """What the statements of a migration did to tables that were there before it."""

    old: frozenset[str]
    found: list[str] = field(default_factory=list)
    _scans: dict[str, int] = field(default_factory=dict)

    def after(self, cursor: psycopg.Cursor[Any], statement: str) -> None:
        """A table gone through by this statement, while writers of an old table are stopped."""
        with cursor.connection.cursor() as own:
            locked = {name for (name,) in own.execute(_LOCKED)} & self.old
            now = dict(own.execute(_SCANNED).fetchall())
        through = {name for name, count in now.items() if count > self._scans.get(name, 0)}
        self._scans = now
        if locked - SMALL and through & self.old - SMALL:
            self.found.append(
                f"{sorted(through & self.old - SMALL)} scanned while {sorted(locked - SMALL)} "
                f"locked, by: {' '.join(statement.split())[:120]}"
            )


@contextmanager
def watched(watch: Watch, database: str) -> Iterator[None]:
    def after(
        connection: Any, cursor: psycopg.Cursor[Any], statement: str, *ignored: object
    ) -> None:
        if cursor.connection.info.dbname == database:
            watch.after(cursor, statement)

    event.listen(Engine, "after_cursor_execute", after)
    try:
        yield
    finally:
        event.remove(Engine, "after_cursor_execute", after)


Columns = dict[tuple[str, str], tuple[str, bool, bool]]


def columns(url: str) -> Columns:
    """Of each table and column: type, whether NOT NULL, whether the database fills it."""
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        return {
            (t, c): (kind, must, fills)
            for t, c, kind, must, fills in connection.execute(text(_COLUMNS))
        }


def stops_old_code(before: Columns, after: Columns) -> list[str]:
    """What the code of the version before could not do any more."""
    tables = {table for table, _ in before}
    gone = [f"{table}.{column} is gone" for table, column in before.keys() - after.keys()]
    other = [
        f"{table}.{column} was changed"
        for (table, column), (kind, must, _) in before.items()
        if (new := after.get((table, column))) and (new[0] != kind or (new[1] and not must))
    ]
    needed = [
        f"{table}.{column} is needed, and the database does not fill it"
        for (table, column), (_, must, fills) in after.items()
        if table in tables and (table, column) not in before and must and not fills
    ]
    return sorted(gone + other + needed)


@pytest.fixture(scope="module")
def at_rest(postgres: stack.PostgresServer, worker_id: str) -> Iterator[tuple[str, str]]:
    """A database as the last version left it: its name, and the URL of its owner."""
    name = f"docflow_{worker_id}_at_work"
    postgres.create_database(name)
    migrations.upgrade(postgres.owner_url(name), SINCE)
    yield name, postgres.owner_url(name)
    postgres.drop_database(name)


def test_what_stops_people_at_work_is_seen(at_rest):
    """The watch itself: what must be found is found, and the right way is left alone."""
    name, url = at_rest
    stopping = (
        ("ALTER TABLE entries ALTER sender_dated_on SET NOT NULL",),
        ("ALTER TABLE entries ALTER number TYPE bigint, ALTER number TYPE numeric",),
        ("ALTER TABLE entries ADD COLUMN tried timestamptz DEFAULT clock_timestamp()",),
        ("ALTER TABLE entries ADD CONSTRAINT tried CHECK (number > 0)",),
        (
            "ALTER TABLE entries ADD CONSTRAINT tried CHECK (number > 0) NOT VALID",
            "ALTER TABLE entries VALIDATE CONSTRAINT tried",
        ),
        ("CREATE INDEX tried ON entries (number, id)",),
        (
            "ALTER TABLE entries ADD COLUMN tried bigint",
            "ALTER TABLE entries ADD FOREIGN KEY (tried) REFERENCES files",
        ),
        ("ALTER TABLE entries ADD COLUMN tried bigint", "UPDATE files SET size = size"),
    )
    quick = (
        ("ALTER TABLE entries ADD COLUMN tried bigint",),
        ("ALTER TABLE entries ADD COLUMN tried bigint REFERENCES units",),
        ("ALTER TABLE entries ADD COLUMN tried text NOT NULL DEFAULT 'no'",),
        ("ALTER TABLE entries ADD CONSTRAINT tried CHECK (number > 0) NOT VALID",),
        ("ALTER TABLE units ADD CONSTRAINT tried CHECK (id > 0)", "UPDATE units SET name = name"),
        (
            "CREATE TABLE tried (entry_id bigint REFERENCES entries)",
            "CREATE INDEX ON tried (entry_id)",
        ),
    )
    engine = create_engine(url, poolclass=NullPool)
    for statements in (*stopping, *quick):
        with engine.connect() as connection:
            old = frozenset(table for table, _ in columns(url))
            watch = Watch(old)
            with watched(watch, name):
                for statement in statements:
                    connection.exec_driver_sql(statement)
            connection.rollback()
        assert bool(watch.found) == (statements in stopping), statements


def test_the_old_code_is_asked_for_too():
    before: Columns = {
        ("entries", "subject"): ("text", False, False),
        ("entries", "id"): ("int8", True, True),
    }
    assert stops_old_code(before, before) == []
    assert stops_old_code(before, {**before, ("entries", "new"): ("text", True, True)}) == []
    assert stops_old_code(before, {**before, ("tried", "id"): ("text", True, False)}) == []
    assert stops_old_code(
        before,
        {("entries", "subject"): ("text", True, False), ("entries", "new"): ("text", True, False)},
    ) == [
        "entries.id is gone",
        "entries.new is needed, and the database does not fill it",
        "entries.subject was changed",
    ]


def test_new_migrations_stop_nobody(at_rest):
    name, url = at_rest
    newer = migrations.revisions()
    for revision in reversed(newer[: newer.index(SINCE)]):
        before = columns(url)
        watch = Watch(frozenset(table for table, _ in before))
        with watched(watch, name):
            migrations.upgrade(url, revision)
        assert watch.found == [], revision
        assert stops_old_code(before, columns(url)) == [], revision
