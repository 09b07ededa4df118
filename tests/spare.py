"""A database in which tests commit, made as good as new after each of them.

To copy the template costs a file per table and index and two checkpoints: a second where the
machine is busy. To take away the few hundred rows of a test costs hundredths of one. What a test
did to more than rows (a trigger, a right, a column) is noticed: then the database is copied anew.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import psycopg

from tests import stack

_GROWN = 8 << 20  # bytes in tables, of rows that are there or were, from which on a copy is quicker
_STAMP = "alembic_version"  # the one table in which a migrated database has a row

# A row that was written, also to say the same again, has another xmin; one less is counted.
_WRITTEN = ("attribute", "attrdef", "class", "constraint", "index", "namespace", "policy", "proc",
            "rewrite", "sequence", "type")  # fmt: skip
_STATE = " UNION ALL ".join(
    [
        *(
            f"SELECT row('{name}', count(*), max(xmin::text::bigint))::text FROM pg_{name}"
            for name in _WRITTEN
        ),
        # Triggers are switched off and on again: what they are counts, not that it was written.
        "SELECT md5(string_agg(row(t.*)::text, ',' ORDER BY t.oid)) FROM pg_trigger t",
        "SELECT row(t.*)::text FROM pg_db_role_setting t JOIN pg_database d ON d.oid = setdatabase"
        " WHERE datname = current_database()",
        "SELECT row('objects', count(*))::text FROM pg_largeobject_metadata",
        f"SELECT row(t.*)::text FROM {_STAMP} t",
    ]
)
_TOUCHED = (
    "SELECT oid::regclass::text, pg_relation_size(oid) FROM pg_class WHERE relkind = 'r'"
    " AND oid >= 16384 AND relname <> %s AND pg_relation_size(oid) > 0"
)


@dataclass
class Spare:
    """The database of one purpose, lent to one test (or module) after the other."""

    server: stack.PostgresServer
    copy: Callable[[], str]
    """Copies the template; the name of the copy."""
    _name: str | None = field(default=None, init=False)
    _new: list[str] = field(default_factory=list, init=False)
    """What its schema was when it was copied."""

    def lend(self) -> str:
        """The name of the database, in which there is nothing yet."""
        if self._name is None:
            self._name = self.copy()
            with self.server.cluster.connect(self._name) as connection:
                self._new = _state(connection)
        return self._name

    def take_back(self) -> None:
        """Make it as good as new, or drop it where taking rows away does not do that."""
        assert self._name is not None
        with self.server.cluster.connect(self._name) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            touched = dict(connection.execute(_TOUCHED, [_STAMP]).fetchall())
            size = sum(int(str(size)) for size in touched.values())
            is_as_new = size < _GROWN and _state(connection) == self._new
            if is_as_new:
                _empty(connection, map(str, touched))
        if not is_as_new:
            self.drop()

    def drop(self) -> None:
        """The next who asks gets a copy."""
        if self._name is not None:
            self.server.drop_database(self._name)
            self._name = None


def _state(connection: "psycopg.Connection[tuple[object, ...]]") -> list[str]:
    return sorted(str(line) for (line,) in connection.execute(_STATE.encode()))


def _empty(connection: "psycopg.Connection[tuple[object, ...]]", tables: Iterable[str]) -> None:
    """Every row goes, also what is written once, and every number is given again."""
    with connection.transaction():
        # Guards and foreign keys are triggers: none fires where a superuser replays.
        connection.execute("SET LOCAL session_replication_role = replica")
        for table in tables:
            connection.execute(f"DELETE FROM {table}".encode())
        connection.execute(
            "SELECT setval(seqrelid::regclass, seqstart, false) FROM pg_sequence"
            " WHERE pg_sequence_last_value(seqrelid) IS NOT NULL"
        )
