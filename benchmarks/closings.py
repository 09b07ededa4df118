"""A daily register of 300 entries, and the export of a year of 100,000 in each form.

python -m benchmarks closings [ROWS]. Each export runs in a process of its own, whose largest
resident memory is told beside its time; the ratio is to writing the bare rows with COPY.
"""

import io
import multiprocessing
import resource
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from datetime import date, timedelta
from pathlib import Path

import psycopg
from pydantic import SecretStr
from sqlalchemy.engine import make_url

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from docflow import clock, closings, exports, migrations  # noqa: E402
from docflow.office import Office, open_office  # noqa: E402
from docflow.settings import Settings  # noqa: E402
from signing.testpki import TestPki  # noqa: E402
from tests import factories, stack  # noqa: E402

YEAR = 2025
DAILY = 300
_PASSWORD = "bench"  # noqa: S105 - of a key that lives as long as the run
_FILL = """
INSERT INTO entries (body_id, book_id, year, number, label, direction, registered_at, received_at,
    registered_by, subject, sender_name, sender_address, sender_email, sender_reference,
    sender_reference_key, sender_dated_on, delivery_method, delivery_detail, attachments_count,
    attachments_note, verification_code)
SELECT {body}, {book}, {year}, n, n || '/{year}',
    (ARRAY['incoming', 'outgoing', 'internal'])[1 + n % 3],
    timestamptz '{year}-01-02 08:00+02' + n * interval '300 seconds',
    timestamptz '{year}-01-02 08:00+02' + n * interval '300 seconds', {user},
    'Αίτηση επισκευής οδοστρώματος στην οδό Παπαδιαμάντη αρ. ' || n,
    'Σύλλογος Κατοίκων ' || n % 900,
    'Πλατεία Δημαρχείου 1', 'katoikoi@example.gr', 'Α ' || n, 'α' || n, date '{year}-01-02',
    'post', '', n % 4, '', 'BENCH' || lpad(n::text, 11, '0')
FROM generate_series(1, {rows}) n
"""


def main() -> int:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with (
        tempfile.TemporaryDirectory() as scratch,
        stack.PostgresServer(folder=Path(scratch) / "pg", durable=True) as server,
        stack.TsaServer(folder=Path(scratch) / "tsa") as tsa,
    ):
        settings = _settings(server, tsa, Path(scratch))
        office = open_office(settings)
        office.store.prepare()
        with office.db.begin() as session:
            town = factories.municipality(session)
        _a_day(office, town)
        bare = _fill(server, town, rows)
        print(f"bare COPY of {rows} rows            {bare:7.1f} s")
        for form in exports.Format:
            seconds, megabytes, size = _apart(settings, town, form)
            print(
                f"{form:<5} of {rows} entries  {seconds:7.1f} s ({seconds / bare:5.0f} x bare), "
                f"{megabytes:6.0f} MB of memory, {size / 1e6:6.1f} MB of file"
            )
        office.db.dispose()
    return 0


def _settings(server: stack.PostgresServer, tsa: stack.TsaServer, folder: Path) -> Settings:
    server.create_database("bench")
    migrations.upgrade(server.owner_url("bench"))
    pki = TestPki(tsa.folder / "pki")
    seal, roots = folder / "seal.p12", folder / "roots.pem"
    since = clock.now() - timedelta(days=1)
    made = pki.issue_seal(name="Δήμος Παραδείγματος", password=_PASSWORD, since=since)
    seal.write_bytes(made)
    roots.write_bytes(b"".join(pki.trust_roots))
    return Settings(  # type: ignore[call-arg]  # the others have defaults
        data=folder,
        database_url=SecretStr(server.url("bench")),
        storage_url=SecretStr(f"file:{folder / 'objects'}"),
        secret_key=SecretStr("s" * 32),
        tsa_urls=[tsa.url],
        trust_roots=roots,
        seal_key=seal,
        seal_password=SecretStr(_PASSWORD),
    )


def _a_day(office: Office, town: factories.Town) -> None:
    """Close days of the past with 1, 300 and no letters; the first one loads the libraries."""
    day = date(2026, 2, 2)
    for n, letters in enumerate((1, DAILY, 0)):
        on = day + timedelta(days=n)
        with clock.pretend(_at(on, 10)), office.db.begin() as session:
            for _ in range(letters):
                factories.secret_letter(session, town)
        began = time.monotonic()
        with clock.pretend(_at(on + timedelta(days=1), 1)):
            assert closings.close_due(office, town.books["empisteftiko"]) == 1
        if n:
            print(f"daily register of {letters:3} entries      {time.monotonic() - began:7.2f} s")


def _at(day: date, hour: int) -> "clock.datetime":
    return clock.datetime(day.year, day.month, day.day, hour, tzinfo=clock.UTC)


def _fill(server: stack.PostgresServer, town: factories.Town, rows: int) -> float:
    """Put the year into the book past its guards; seconds of a bare COPY of it."""
    url = make_url(server.owner_url("bench")).set(drivername="postgresql")
    with psycopg.connect(url.render_as_string(hide_password=False)) as connection:
        connection.execute("ALTER TABLE entries DISABLE TRIGGER USER")
        connection.execute(
            _FILL.format(
                body=town.body_id,
                book=town.books["koino"],
                user=town.users["clerk"],
                year=YEAR,
                rows=rows,
            )
        )
        connection.execute("ALTER TABLE entries ENABLE TRIGGER USER")
        connection.commit()
        connection.autocommit = True
        connection.execute("ANALYZE entries")
        began, sink = time.monotonic(), io.BytesIO()
        with connection.cursor().copy("COPY entries TO STDOUT") as copy:
            for data in copy:
                sink.write(data)
                sink.seek(0)
        return time.monotonic() - began


def _apart(
    settings: Settings, town: factories.Town, form: exports.Format
) -> tuple[float, float, int]:
    """Seconds, megabytes of memory, bytes of the file; in a process that does nothing else."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(max_workers=1, mp_context=context) as pool:
        seconds, kilobytes, size = pool.submit(_export, settings, town, form.value).result()
    return seconds, kilobytes / 1024, size


def _export(settings: Settings, town: factories.Town, form: str) -> tuple[float, int, int]:
    office = open_office(settings)
    with office.db.read() as session:
        by = town.person(session, "clerk")
    wanted = exports.Wanted(date(YEAR, 1, 1), date(YEAR, 12, 31))
    began = time.monotonic()
    with exports.made(office, wanted, exports.Format(form), by=by, language="el") as made:
        seconds, size = time.monotonic() - began, made.path.stat().st_size
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return seconds, peak, size


if __name__ == "__main__":
    sys.exit(main())
