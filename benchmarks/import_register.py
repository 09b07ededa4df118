"""Taking over an old register of 100,000 rows, against a bare COPY of the same rows.

python -m benchmarks import [ROWS]. The bare COPY writes the same columns into a table of its own
without index, trigger or foreign key: what PostgreSQL needs at least to make them durable.
"""

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from pydantic import SecretStr
from sqlalchemy import text

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from docflow import imports, migrations, outbox  # noqa: E402
from docflow.imports import Field  # noqa: E402
from docflow.office import Office, open_office  # noqa: E402
from docflow.settings import Settings  # noqa: E402
from tests import factories, stack  # noqa: E402
from tests.docflow.imports import tables  # noqa: E402

COLUMNS = (
    "id, body_id, book_id, year, series, number, sub_number, label, direction, registered_at, "
    "received_at, subject, sender_name, sender_address, sender_email, sender_reference, "
    "sender_reference_key, sender_dated_on, delivery_method, delivery_detail, attachments_count, "
    "attachments_note, verification_code"
)
NAMES = ("number", "date", "direction", "sender", "recipient", "subject", "remarks")


def main() -> int:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    data = tables.csv([tables.row(n) for n in range(1, count + 1)], encoding="windows-1253")
    with (
        tempfile.TemporaryDirectory() as scratch,
        stack.PostgresServer(folder=Path(scratch) / "pg", durable=True) as server,
    ):
        office = _office(server, Path(scratch))
        with office.db.begin() as session:
            town = factories.municipality(session)
        with office.db.read() as session:
            by = town.person(session, "registrar")
        began = time.monotonic()
        upload = factories.uploaded(office, data, "2024.csv")
        import_id = imports.begin(office, upload, by=by, year=2024, taken_from="Παλαιό βιβλίο")
        mapping = {Field(name): place for place, name in enumerate(NAMES)}
        imports.check(office, import_id, by=by, mapping=mapping)
        with _timed("dry run", count):
            _run_jobs(office)
        with office.db.begin() as session:
            imports.confirm(session, import_id, by=by, zone=factories.ZONE)
        with _timed("import with search texts and digest", count):
            _run_jobs(office)
        whole = time.monotonic() - began
        with office.db.read() as session:
            one = imports.info(session, import_id, by=by)
            assert (one.state, one.rows_done) == ("sealed", count), one.problem
        bare = _bare_copy(server)
        print(f"everything            {whole:8.1f} s")
        print(f"bare COPY             {bare:8.1f} s, ratio {whole / bare:.0f}")
        office.db.dispose()
    return 0


def _office(server: stack.PostgresServer, folder: Path) -> Office:
    server.create_database("bench")
    migrations.upgrade(server.owner_url("bench"))
    settings = Settings(  # type: ignore[call-arg]  # the others have defaults
        data=folder,
        database_url=SecretStr(server.url("bench")),
        storage_url=SecretStr(f"file:{folder / 'objects'}"),
        smtp_url=SecretStr(f"file:{folder / 'outbox'}"),
        secret_key=SecretStr("s" * 32),
    )
    office = open_office(settings)
    office.store.prepare()
    return office


def _run_jobs(office: Office) -> None:
    with office.db.read() as session:
        ids = session.scalars(text("SELECT id FROM jobs WHERE state = 'waiting'")).all()
    for job_id in ids:
        outbox.run(office, job_id)


@contextmanager
def _timed(what: str, rows: int) -> Iterator[None]:
    began = time.monotonic()
    yield
    seconds = time.monotonic() - began
    print(f"{what:36} {seconds:8.1f} s, {rows / seconds:8.0f} rows a second", flush=True)


def _bare_copy(server: stack.PostgresServer) -> float:
    """Seconds that the server needs to write the entries' rows from a client, and no more."""
    url = server.owner_url("bench").replace("postgresql+psycopg", "postgresql")
    with psycopg.connect(url) as connection:
        connection.execute(f"CREATE TABLE bare AS SELECT {COLUMNS} FROM entries LIMIT 0")
        rows: list[bytes] = []
        with connection.cursor().copy(f"COPY (SELECT {COLUMNS} FROM entries) TO STDOUT") as out:
            rows = [bytes(piece) for piece in out]
        return _seconds(lambda: _write(connection, rows))


def _write(connection: "psycopg.Connection[tuple[object, ...]]", rows: list[bytes]) -> None:
    with connection.cursor().copy(f"COPY bare ({COLUMNS}) FROM STDIN") as stream:
        for piece in rows:
            stream.write(piece)
    connection.commit()


def _seconds(work: Callable[[], None]) -> float:
    began = time.monotonic()
    work()
    return time.monotonic() - began


if __name__ == "__main__":
    sys.exit(main())
