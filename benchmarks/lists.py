"""Work lists with a million entries: counts and first page, as the page asks for them.

    .venv/bin/python benchmarks/lists.py [--entries 1000000] [--small 100000]

People with rights in one unit of forty, a head, the secretary who sent everything on, and a mayor
who heads all forty units. The baseline, of the same run on the same PostgreSQL, is a bare query:
the fifty ids of one unit's open items, straight from the index. Statistics and the board are
measured besides.
"""

import argparse
import json
import statistics as numbers
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import partial
from itertools import cycle
from pathlib import Path

from sqlalchemy import text

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks import million  # noqa: E402  # after the path
from docflow import clock, routing, statistics  # noqa: E402
from docflow.organization import Principal  # noqa: E402
from docflow.principal import Role  # noqa: E402
from docflow.registry import Priority  # noqa: E402
from docflow.routing import Basket, Narrowing  # noqa: E402
from docflow.statistics import By, Wanted  # noqa: E402
from docflow.tables import Base  # noqa: E402, F401  # all tables
from tests import stack  # noqa: E402

BARE = text(
    "SELECT entry_id FROM handlings WHERE unit_id = :unit AND state <> 'closed' ORDER BY "
    "(priority = 'normal'), (priority = 'urgent'), "
    "COALESCE(due_on, DATE '9999-12-31'), entry_id LIMIT 50"
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--small", type=int, default=100_000, help="Compare with so many; 0: no.")
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="docflow-bench-") as folder:
        Path(folder).chmod(0o755)
        with stack.PostgresServer(folder=Path(folder) / "pg", durable=True) as postgres:
            for entries in filter(None, (args.small, args.entries)):
                with million.house(postgres, f"lists_{entries}", entries=entries, texts=0) as house:
                    figures |= measure(house, args.rounds)
    if args.small:
        name = "work list of an employee, p95 (ms)"
        growth = figures[f"{args.entries:,}: {name}"] / figures[f"{args.small:,}: {name}"]
        figures[f"growth of {name.removesuffix(' (ms)')}"] = growth
    for label, value in figures.items():
        print(f"{label:72}{value:12.2f}")
    if args.json:
        args.json.write_text(json.dumps(figures, indent=2))


def measure(house: million.House, rounds: int) -> dict[str, float]:
    """Each figure in milliseconds, under the number of entries."""
    staff = [house.person(f"staff-{n}-2") for n in range(1, len(house.units))]
    heads = [house.person(f"head-{n}") for n in range(1, len(house.units))]
    mayor = replace(
        heads[0],
        roles=frozenset({Role.HEAD, Role.SIGNER}),
        headed_unit_ids=frozenset(house.units),
    )
    secretary = house.person("secretary")
    found: dict[str, float] = {}

    def note(name: str, took: list[float]) -> None:
        found[f"{name}, median (ms)"] = numbers.median(took) * 1e3
        found[f"{name}, p95 (ms)"] = numbers.quantiles(took, n=20)[-1] * 1e3

    note("bare query of the ids", timed(partial(bare, house), staff, rounds))
    pages: tuple[tuple[str, list[Principal], Basket], ...] = (
        ("work list of an employee", staff, Basket.UNIT),
        ("work list of an employee, his own", staff, Basket.MINE),
        ("work list of a head, to be charged", heads, Basket.TO_CHARGE),
        ("work list of a head, overdue", heads, Basket.OVERDUE),
        ("work list of the secretary, sent", [secretary], Basket.SENT),
        ("work list of the head of all forty units", [mayor], Basket.UNIT),
    )
    for name, people, basket in pages:
        note(name, timed(partial(page, house, basket=basket), people, rounds))
    urgent = Narrowing(priority=Priority.URGENT)
    narrowed = timed(partial(page, house, basket=Basket.UNIT, narrowing=urgent), staff, rounds)
    note("work list of an employee, urgent items alone", narrowed)
    deep = timed(partial(deeper, house), staff, rounds)
    note("second page of an employee’s list", deep)
    note("board of a head", timed(partial(board, house), heads, 20))
    note("board of the head of all forty units", timed(partial(board, house), [mayor], 5))
    auditor = house.person("auditor")
    for by in (By.UNIT, By.MONTH):
        took = timed(partial(year, house, group=by), [auditor], 5)
        note(f"statistics of this year by {by}", took)
    ratio = found["work list of an employee, p95 (ms)"] / found["bare query of the ids, p95 (ms)"]
    found["work list of an employee, p95, times the bare query"] = ratio
    return {f"{house.entries:,}: {name}": value for name, value in found.items()}


def bare(house: million.House, by: Principal) -> None:
    with house.db.read() as session:
        session.execute(BARE, {"unit": next(iter(by.unit_ids))}).all()


def page(
    house: million.House, by: Principal, basket: Basket, narrowing: Narrowing | None = None
) -> None:
    """What the page asks: all counts, fifty lines and whether there is one more."""
    narrowing = narrowing or Narrowing()
    with house.db.read() as session:
        routing.counts(session, by=by)
        routing.basket(session, basket, by=by, narrowing=narrowing, limit=51)
        if narrowing:
            routing.basket_count(session, basket, by=by, narrowing=narrowing)


def deeper(house: million.House, by: Principal) -> None:
    with house.db.read() as session:
        first = routing.basket(session, Basket.UNIT, by=by, limit=50)
        routing.basket(session, Basket.UNIT, by=by, after=first[-1].id, limit=51)


def board(house: million.House, by: Principal) -> None:
    with house.db.read() as session:
        statistics.board(session, by=by)


def year(house: million.House, by: Principal, group: By) -> None:
    today = clock.today()
    with house.db.read() as session:
        wanted = Wanted(date(today.year, 1, 1), today, group)
        statistics.figures(session, wanted, by=by, language="el")


def timed(act: Callable[[Principal], None], people: list[Principal], rounds: int) -> list[float]:
    """Seconds of each round, one person after the other; the first five do not count."""
    took = []
    for n, by in zip(range(rounds + 5), cycle(people), strict=False):
        began = time.perf_counter()
        act(by)
        if n >= 5:
            took.append(time.perf_counter() - began)
    return took


if __name__ == "__main__":
    main()
