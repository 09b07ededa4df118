"""What the log adds to a registration, a noted read to a page, and encryption to a file.

    .venv/bin/python benchmarks/custody.py [--registrations 1000]

Each is measured against the same work without it, in turns of the same run, so that what else the
machine does falls on both.
"""

import argparse
import os
import random
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

WARM = 30  # registrations before it counts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--registrations", type=int, default=1000)
    wanted = parser.parse_args().registrations
    with tempfile.TemporaryDirectory(prefix="docflow-bench-") as folder:
        place = Path(folder)
        place.chmod(0o755)
        with stack.PostgresServer(folder=place / "pg", durable=True) as postgres:
            registrations(postgres, place, wanted)
            office, town = furnished(postgres, place / "bench_custody", "bench_custody")
            readings(office, town)
            encryption(office, place)
            office.db.dispose()


def registrations(postgres: stack.PostgresServer, place: Path, pairs: int) -> None:
    """Two databases of one server, one without the trigger that announces an event to the log.

    A registration in the one and one in the other, in turn: what the machine does besides falls on
    both of a pair, and the median of the differences is told with its interval.
    """
    houses = []
    for name in ("bench_logged", "bench_bare"):
        office, town = furnished(postgres, place / name, name)
        houses.append((office, town))
    owner = create_engine(postgres.owner_url("bench_bare"))
    with owner.begin() as connection:
        connection.execute(text("ALTER TABLE audit_events DISABLE TRIGGER await_place"))
    owner.dispose()

    def register(which: int) -> float:
        office, town = houses[which]

        def one() -> None:
            with office.db.begin() as session:
                factories.letter(session, town)

        return seconds(one) * 1e3

    for _ in range(WARM):
        register(0)
        register(1)
    logged, bare = [], []
    for pair in range(pairs):
        times = {which: register(which) for which in ((0, 1) if pair % 2 else (1, 0))}
        logged.append(times[0])
        bare.append(times[1])
    for office, _ in houses:
        office.db.dispose()
    differences = [with_log - without for with_log, without in zip(logged, bare, strict=True)]
    usual = statistics.median(bare)
    low, high = interval(differences)
    print(
        f"a registration without the log: median {usual:.2f} ms; the log adds "
        f"{statistics.median(differences) / usual * 100:.1f} % "
        f"(95 % interval {low / usual * 100:.1f} to {high / usual * 100:.1f} %, {pairs} pairs)"
    )


def interval(values: list[float]) -> tuple[float, float]:
    """The 95 % interval of their median, by drawing them again and again."""
    chance = random.Random(1)
    medians = sorted(statistics.median(chance.choices(values, k=len(values))) for _ in range(1000))
    return medians[25], medians[974]


def furnished(
    postgres: stack.PostgresServer, place: Path, name: str
) -> tuple[Office, factories.Town]:
    postgres.create_database(name)
    migrations.upgrade(postgres.owner_url(name))
    office = open_office(
        Settings.model_validate(
            {
                "data": place,
                "database_url": SecretStr(postgres.url(name)),
                "storage_url": f"file:{place / 'objects'}",
                "secret_key": "s" * 32,
            }
        )
    )
    office.store.prepare()
    with office.db.begin() as session:
        town = factories.municipality(session)
    return office, town


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
