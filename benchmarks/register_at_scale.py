"""The register with a million entries: a registration, today's page, the check of the numbers.

    .venv/bin/python benchmarks/register_at_scale.py [--entries 1000000] [--check 10000000]

Each figure stands beside a baseline of the same run on the same PostgreSQL: a registration in an
empty book, and a bare `SELECT count(*)` over the same rows. The entries are written by SQL with the
triggers asleep, as no register could be filled; counters and times are those of a true one.
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import LiteralString

from sqlalchemy import text

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from docflow import clock, migrations, registry  # noqa: E402  # after the path
from docflow.db import Database  # noqa: E402
from docflow.tables import Base  # noqa: E402, F401  # all tables
from tests import factories, stack  # noqa: E402
from tests.factories import Town  # noqa: E402

# A year of entries, the last of them now: what the office's clerks would have written.
FILL: LiteralString = """
    INSERT INTO entries (id, body_id, book_id, year, number, label, direction, registered_at,
        received_at, registered_by, subject, sender_name, sender_address, sender_email,
        sender_reference, sender_reference_key, delivery_method, delivery_detail,
        attachments_count, attachments_note, verification_code)
    SELECT nextval('entries_id_seq'), {body}, {book}, {year}, n, n || '/' || {year}, 'incoming',
        now() - ({count} - n) * ('300 days'::interval / {count}),
        now() - ({count} - n) * ('300 days'::interval / {count}), {clerk},
        'Αίτηση επισκευής οδοστρώματος αρ. ' || n, 'Σύλλογος Κατοίκων ' || n % 9973, '', '',
        'Α ' || n, 'a' || n, 'post', '', 0, '', 'bench-{book}-' || n
    FROM generate_series(1, {count}) n
"""
HANDLINGS: LiteralString = """
    INSERT INTO handlings (entry_id, state, unit_id, disposal, closed_at)
    SELECT id, 'closed', {unit}, 'filed', registered_at FROM entries WHERE book_id = {book}
"""
ACCESS: LiteralString = """
    INSERT INTO entry_access (entry_id, unit_id) SELECT id, {unit} FROM entries
     WHERE book_id = {book}
"""
COUNTER: LiteralString = """
    INSERT INTO book_years (book_id, year, last_number, last_registered_at)
    VALUES ({book}, {year}, {count}, now())
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--check", type=int, default=0, help="Check this many numbers as well.")
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="docflow-bench-") as folder:
        Path(folder).chmod(0o755)
        with stack.PostgresServer(folder=Path(folder) / "pg", durable=True) as postgres:
            figures = measure(postgres, args.entries, args.rounds)
            if args.check:
                figures |= many(postgres, args.check)
    for name, value in figures.items():
        print(f"{name:44}{value:14.3f}")
    if args.json:
        args.json.write_text(json.dumps(figures, indent=2))


def measure(postgres: stack.PostgresServer, entries: int, rounds: int) -> dict[str, float]:
    """Registration, page and check, with a full book beside an empty one."""
    with database(postgres, "bench_scale") as (db, town):
        with db.begin() as session:
            book = registry.books.create(
                session,
                code="megalo",
                title="Μεγάλο πρωτόκολλο",
                kind=registry.books.BookKind.THEMATIC,
                policy=registry.Policy(),
                by=town.person(session, "administrator"),
            )
            book_id = book.id
        fill(postgres, "bench_scale", town, book_id, entries, with_work=True)
        empty, full = registrations(db, town, rounds)
        figures = {
            "registration, empty book (ms)": empty * 1e3,
            f"registration, {entries:,} entries (ms)": full * 1e3,
            "ratio of the two": full / empty,
        }
        figures |= pages(db, town)
        return figures | check(db, book_id, entries)


def many(postgres: stack.PostgresServer, entries: int) -> dict[str, float]:
    """The check alone, over so many numbers."""
    with database(postgres, "bench_many") as (db, town):
        book_id = town.books["koino"]
        fill(postgres, "bench_many", town, book_id, entries, with_work=False)
        return check(db, book_id, entries)


@contextmanager
def database(postgres: stack.PostgresServer, name: str) -> Iterator[tuple[Database, Town]]:
    """A migrated database with the municipality of the tests."""
    postgres.create_database(name)
    migrations.upgrade(postgres.owner_url(name))
    db = Database(postgres.url(name))
    with db.begin() as session:
        town = factories.municipality(session)
    yield db, town
    db.dispose()
    postgres.drop_database(name)


def fill(
    postgres: stack.PostgresServer,
    name: str,
    town: Town,
    book_id: int,
    entries: int,
    *,
    with_work: bool,
) -> None:
    """Write the entries with every trigger asleep; then let PostgreSQL know its tables."""
    values = {
        "body": town.body_id,
        "book": book_id,
        "year": clock.today(factories.ZONE).year,
        "count": entries,
        "clerk": town.users["clerk"],
        "unit": town.units["ΓΡΑΜ"],
    }
    began = time.perf_counter()
    with postgres.cluster.connect(name) as superuser:
        superuser.execute("SET session_replication_role = replica")
        superuser.execute("SET maintenance_work_mem = '256MB'")
        for statement in (FILL, COUNTER, *((HANDLINGS, ACCESS) if with_work else ())):
            superuser.execute(statement.format(**values).encode())
        superuser.execute("VACUUM (ANALYZE) entries")
        superuser.execute("ANALYZE")
    print(f"filled with {entries:,} entries in {time.perf_counter() - began:.0f} s", flush=True)


def registrations(db: Database, town: Town, rounds: int) -> tuple[float, float]:
    """Seconds of a registration without files in the empty and in the full book, at the median.

    One in the one, one in the other, so that whatever else the machine does falls on both.
    """
    took: dict[str, list[float]] = {"koino": [], "megalo": []}
    for i in range(2 * rounds + 10):
        book = ("koino", "megalo")[i % 2]
        began = time.perf_counter()
        with db.begin() as session:
            factories.letter(session, town, book=book)
        if i >= 10:
            took[book].append(time.perf_counter() - began)
    return statistics.median(took["koino"]), statistics.median(took["megalo"])


def pages(db: Database, town: Town) -> dict[str, float]:
    """Today's register and the book's first page, as the web asks for them."""
    zone = factories.ZONE

    def today() -> None:
        with db.read() as session:
            by = town.person(session, "clerk")
            wanted = registry.Filter(first_day=clock.today(zone))
            registry.listing(session, by, wanted, zone=zone, limit=51)
            registry.count(session, by, wanted, zone=zone)

    def book() -> None:
        with db.read() as session:
            by = town.person(session, "clerk")
            registry.listing(session, by, registry.Filter(), zone=zone, limit=51)

    def of_a_unit() -> None:
        with db.read() as session:
            by = town.person(session, "secretary")
            wanted = registry.Filter(first_day=clock.today(zone))
            registry.listing(session, by, wanted, zone=zone, limit=51)

    return {
        "today's register, a clerk (ms)": median(today, 30) * 1e3,
        "first page of the book, a clerk (ms)": median(book, 30) * 1e3,
        "today's register, a head of unit (ms)": median(of_a_unit, 30) * 1e3,
    }


def check(db: Database, book_id: int, entries: int) -> dict[str, float]:
    """The contiguity check of one series, beside a bare count of its rows."""
    with db.read() as session:
        began = time.perf_counter()
        count = text(f"SELECT count(*) FROM entries WHERE book_id = {book_id}")  # our number
        counted = session.scalar(count)
        bare = time.perf_counter() - began
        book = session.get_one(registry.Book, book_id)
        began = time.perf_counter()
        found = registry.check_year(session, book, clock.today(factories.ZONE).year)
        took = time.perf_counter() - began
    assert [one.problems for one in found] == [()], found
    assert counted is not None
    assert counted >= entries
    return {
        f"count(*) of {entries:,} (s)": bare,
        f"check of {entries:,} numbers (s)": took,
        f"ratio at {entries:,}": took / bare,
    }


def median(act: Callable[[], None], rounds: int) -> float:
    """Seconds of the act at the median, after some that do not count."""
    took = []
    for i in range(rounds + 5):
        began = time.perf_counter()
        act()
        if i >= 5:
            took.append(time.perf_counter() - began)
    return statistics.median(took)


if __name__ == "__main__":
    main()
