"""Stopping a process on a chosen line, with nothing of it in the product: PostgreSQL holds it.

A trigger of the superuser lets whoever reaches a table wait for a lock that the test holds: at the
statement itself, or at the commit. There the process is killed. Then the lock is given up. What the
dead process had begun is rolled back; a commit that it had asked for is done, and nobody hears of
it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from psycopg import Connection, OperationalError, sql

from docflow.embedded.parts import application_name
from tests import stack
from tests.faults.house import House

_KEY = 0x0FA0_17  # of pg_advisory_lock; the product's own are others
_WAITS = (
    "SELECT activity.pid, application_name FROM pg_locks JOIN pg_stat_activity AS activity "
    "USING (pid) WHERE locktype = 'advisory' AND NOT granted AND objid = %s"
)


@dataclass(frozen=True)
class Line:
    """A line of the product, named by what it does to the database."""

    name: str
    part: str
    """Which process is awaited there."""
    table: str
    act: str
    """INSERT or UPDATE."""
    condition: str = "true"
    """Of the row (NEW, OLD)."""
    at_commit: bool = False
    victim: str = ""
    """What dies there; the part itself if not named."""


LINES = (
    Line("number taken, entry not written", "serve", "entries", "INSERT"),
    Line("registration committed, not answered", "serve", "entries", "INSERT", at_commit=True),
    Line("event of an act", "serve", "audit_events", "INSERT"),
    Line("job of a file", "serve", "jobs", "INSERT"),
    Line(
        *("signature recorded, not committed", "serve", "steps", "UPDATE"),
        condition="NEW.state = 'signed'",
    ),
    Line(
        *("signature committed, not answered", "serve", "steps", "UPDATE"),
        condition="NEW.state = 'signed'",
        at_commit=True,
    ),
    Line(
        *("picked up, not answered", "serve", "deliveries", "UPDATE"),
        condition="NEW.state = 'picked-up'",
        at_commit=True,
    ),
    Line(
        *("rung, not noted", "relay", "jobs", "UPDATE"),
        condition="NEW.rung_at IS DISTINCT FROM OLD.rung_at",
        at_commit=True,
    ),
    Line(
        *("job claimed, not begun", "worker", "jobs", "UPDATE"),
        condition="NEW.state = 'running' AND OLD.state = 'waiting'",
        at_commit=True,
    ),
    Line("page read", "worker", "page_texts", "INSERT"),
    Line(
        *("job done, not noted", "worker", "jobs", "UPDATE"),
        condition="NEW.state = 'done'",
    ),
    Line("number of an issue", "worker", "entries", "INSERT"),
    Line("number of an issue committed", "worker", "entries", "INSERT", at_commit=True),
    Line("sealed, not recorded", "worker", "sealed_documents", "INSERT"),
    Line("issue committed", "worker", "sealed_documents", "INSERT", at_commit=True),
    Line(
        *("mail sent, not noted", "worker", "deliveries", "UPDATE"),
        condition="NEW.state = 'sent'",
    ),
    Line("places in the log", "sequencer", "audit_leaves", "INSERT"),
    Line("places in the log committed", "sequencer", "audit_leaves", "INSERT", at_commit=True),
    Line("tiles of the log", "sequencer", "audit_tiles", "INSERT"),
    Line("head of the log signed", "sequencer", "audit_checkpoints", "INSERT", at_commit=True),
    Line("database: entry", "serve", "entries", "INSERT", victim="postgres"),
    Line(
        *("database: entry at commit", "serve", "entries", "INSERT"),
        at_commit=True,
        victim="backend",
    ),
    Line("database: places in the log", "sequencer", "audit_leaves", "INSERT", victim="backend"),
    Line("database: issue", "worker", "sealed_documents", "INSERT", victim="postgres"),
    Line("store: entry", "serve", "entries", "INSERT", victim="store"),
    Line("broker: rung, not noted", "relay", "jobs", "UPDATE", at_commit=True, victim="broker"),
)


def die_on(house: House, line: Line) -> None:
    """Wait until the part comes to the line, and kill it there, or what dies in its place."""
    with _closed(house, line) as (connection, lock):
        waiting: list[tuple[int, str]] = []

        def comes() -> bool:
            house.tend()
            waiting[:] = connection.execute(_WAITS, [_KEY]).fetchall()
            return bool(waiting)

        stack.wait_until(comes, what=f"{line.part} at “{line.name}”", seconds=120)
        part = waiting[0][1].removeprefix("docflow-")
        victim = line.victim or part
        if victim == "backend":
            house.kill_backend(waiting[0][0])
        else:
            house.kill(victim)
        if not lock.closed:
            lock.close()
    if victim != "backend":
        house.restart(victim)
    stack.wait_until(lambda: _is_removed(house, line), what="PostgreSQL", seconds=120)


@contextmanager
def _closed(
    house: House, line: Line
) -> Iterator[tuple["Connection[tuple[int, str]]", "Connection[tuple[int, str]]"]]:
    """Nobody of the part passes the line in the block; a connection to look, and the lock's."""
    with house.superuser() as connection, house.superuser() as lock:
        lock.execute("SELECT pg_advisory_lock(%s)", [_KEY])
        try:
            _install(connection, line)
            yield connection, lock
        finally:
            lock.close()


def _install(connection: "Connection[tuple[int, str]]", line: Line) -> None:
    connection.execute(
        sql.SQL(
            "CREATE OR REPLACE FUNCTION fault_gate() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN PERFORM pg_advisory_xact_lock_shared({key}); RETURN NEW; END $$"
        ).format(key=sql.Literal(_KEY))
    )
    when = f"current_setting('application_name') LIKE '{application_name(line.part)}%'"
    kind, timing = ("CONSTRAINT ", "AFTER") if line.at_commit else ("", "BEFORE")
    connection.execute(
        sql.SQL(
            f"CREATE {kind}TRIGGER a_fault_gate {timing} {line.act} ON {{table}} "
            f"{'DEFERRABLE INITIALLY DEFERRED ' if line.at_commit else ''}"
            f"FOR EACH ROW WHEN ({when} AND {line.condition}) EXECUTE FUNCTION fault_gate()"
        ).format(table=sql.Identifier(line.table))
    )


def _is_removed(house: House, line: Line) -> bool:
    """Take the trigger away; False while PostgreSQL is not back."""
    house.tend()
    try:
        with house.superuser() as connection:
            connection.execute(
                sql.SQL("DROP TRIGGER IF EXISTS a_fault_gate ON {}").format(
                    sql.Identifier(line.table)
                )
            )
    except OperationalError:
        return False
    return True
