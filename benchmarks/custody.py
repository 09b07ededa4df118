"""What the log adds to a registration, a noted read to a page, and encryption to a file.

    .venv/bin/python benchmarks/custody.py [--registrations 400]

Each is measured against the same work without it, in turns of the same run, so that what else the
machine does falls on both.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from sqlalchemy import create_engine, text

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import storage  # noqa: E402  # after the path
from docflow import migrations, object_keys, reads  # noqa: E402
from docflow.object_keys import KeyRing  # noqa: E402
from docflow.office import Office, open_office  # noqa: E402
from docflow.settings import Settings  # noqa: E402
from tests import factories, stack  # noqa: E402

TURNS = 10


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--registrations", type=int, default=400)
    wanted = parser.parse_args().registrations
    with tempfile.TemporaryDirectory(prefix="docflow-bench-") as folder:
        place = Path(folder)
        place.chmod(0o755)
        with stack.PostgresServer(folder=place / "pg", durable=True) as postgres:
            postgres.create_database("bench_custody")
            migrations.upgrade(postgres.owner_url("bench_custody"))
            office = open_office(
                Settings.model_validate(
                    {
                        "data": place,
                        "database_url": SecretStr(postgres.url("bench_custody")),
                        "storage_url": f"file:{place / 'objects'}",
                        "secret_key": "s" * 32,
                    }
                )
            )
            office.store.prepare()
            with office.db.begin() as session:
                town = factories.municipality(session)
            registrations(office, town, postgres.owner_url("bench_custody"), wanted)
            readings(office, town)
            encryption(office, place)
            office.db.dispose()


def registrations(office: Office, town: factories.Town, owner_url: str, wanted: int) -> None:
    """With the trigger that announces the event to the log, and without it."""
    owner = create_engine(owner_url)

    def register() -> None:
        with office.db.begin() as session:
            factories.letter(session, town)

    times: dict[str, list[float]] = {"ENABLE": [], "DISABLE": []}
    for turn in range(TURNS):
        order = ("ENABLE", "DISABLE") if turn % 2 else ("DISABLE", "ENABLE")
        for how in order:
            with owner.begin() as connection:
                connection.execute(text(f"ALTER TABLE audit_events {how} TRIGGER await_place"))
            times[how] += [seconds(register) for _ in range(wanted // TURNS)]
    with owner.begin() as connection:
        connection.execute(text("ALTER TABLE audit_events ENABLE TRIGGER await_place"))
    owner.dispose()
    logged, bare = (statistics.median(times[how]) * 1e3 for how in ("ENABLE", "DISABLE"))
    print(
        f"a registration: median {logged:.2f} ms, without the log {bare:.2f} ms: "
        f"the log adds {(logged / bare - 1) * 100:.1f} %"
    )


def readings(office: Office, town: factories.Town) -> None:
    with office.db.begin() as session:
        entries = [factories.letter(session, town) for _ in range(300)]
        clerk = town.person(session, "clerk")
    noting = [
        seconds(lambda one=entry: reads.opened(office.db, one, by=clerk)) for entry in entries
    ]
    sealing = seconds(lambda: _seal(office))
    print(
        f"a noted read: median {statistics.median(noting) * 1e3:.2f} ms (durable); "
        f"{len(entries)} sealed in {sealing * 1e3:.0f} ms"
    )


def _seal(office: Office) -> None:
    with office.db.begin() as session:
        assert reads.seal(session, waits=timedelta(0)) == 300


def encryption(office: Office, place: Path) -> None:
    keys = place / "keys"
    keys.mkdir()
    (keys / "paradeigma.001.key").write_text(object_keys.new_body_key())
    plain: Any = office.store
    sealed = storage.SealedStore(plain, KeyRing(office.db, keys))
    for size, count in ((100 << 10, 100), (20 << 20, 8)):
        times: dict[str, list[float]] = {"plain": [], "sealed": [], "read": [], "unsealed": []}
        for _ in range(count):
            for name, store in (("plain", plain), ("sealed", sealed)):
                data = os.urandom(size)
                times[name].append(seconds(lambda s=store, d=data: s.put_bytes(d)))
                digest = store.put_bytes(data).sha256
                reading = "read" if name == "plain" else "unsealed"
                times[reading].append(seconds(lambda s=store, d=digest: s.read(d)))
        put, sealed_put, read, unsealed = (
            statistics.median(times[name]) * 1e3 for name in ("plain", "sealed", "read", "unsealed")
        )
        print(
            f"{size >> 10:,} KiB: put {put:.1f} ms, encrypted {sealed_put:.1f} ms "
            f"({sealed_put / put:.2f}); read {read:.1f} ms, decrypted {unsealed:.1f} ms "
            f"({unsealed / read:.2f})"
        )


def seconds(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
