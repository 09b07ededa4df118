"""Search in a register of a million entries, a fifth of them with the text of their pages.

    .venv/bin/python benchmarks/searching.py [--entries 1000000] [--texts 200000] [--rounds 200]

A search is what the page asks the domain for: hits, the count, the facets, the lines and passages
of the first page. It is asked by a member of one unit of forty, by a clerk, and as a suggestion
while typing, in the full register and in one of a tenth of its size. Beside it stands a bare
`SELECT count(*)` of one rare word's index entries on the same server in the same run.
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from random import Random

from sqlalchemy import text
from sqlalchemy.orm import Session

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks import million  # noqa: E402  # after the path
from docflow import search  # noqa: E402
from docflow.principal import Principal  # noqa: E402
from docflow.tables import Base  # noqa: E402, F401  # all tables
from tests import stack  # noqa: E402

_BARE = text(
    "SELECT count(*) FROM search_texts WHERE vector @@ '''ξενοφων'' & ''διαμακησ'''::tsquery"
)

BUFFERS = "1GB"  # a quarter of the data, as a register of this size would have
COMMON = "αίτηση πιστοποιητικό βεβαίωση άδεια οδοστρώματος έγγραφο υπογραφή εργασίες"
SECOND = "Ελευθερίας κατοικίας Μαρτίου αποκατάσταση προμήθειας φωτισμός καθαριότητας"


@dataclass(frozen=True)
class Figures:
    """Milliseconds of one kind of question in one house."""

    median: float
    p95: float
    mean: float
    hits: float  # at the mean, as counted

    @classmethod
    def of(cls, took: list[float], hits: list[int]) -> "Figures":
        ordered = sorted(took)
        return cls(
            statistics.median(ordered) * 1e3,
            ordered[int(len(ordered) * 0.95)] * 1e3,
            statistics.mean(ordered) * 1e3,
            statistics.mean(hits),
        )


def questions(random: Random) -> dict[str, Callable[[], str]]:
    """What people type, by kind; each call gives another one."""
    ends = million.ENDINGS.split()
    surnames = [root + end for root in million.ROOTS.split() for end in ends]
    common, second = COMMON.split(), SECOND.split()
    first = million.FIRST.split()

    def number() -> int:
        return random.randrange(1, 20_000)

    return {
        "number": lambda: str(number()),
        "number and year": lambda: f"{number()}/{random.randrange(2022, 2027)}",
        "reference": lambda: f"{random.randrange(1, 99_999)}/{random.randrange(2022, 2027)}",
        "surname": lambda: random.choice(surnames),
        "name": lambda: f"{random.choice(first)} {random.choice(surnames)}",
        "common word": lambda: random.choice(common),
        "two words": lambda: f"{random.choice(common)} {random.choice(second)}",
        "word and name": lambda: f"{random.choice(common)} {random.choice(surnames)}",
        "phrase": lambda: f'"{random.choice(("αίτηση χορήγησης", "μόνιμης κατοικίας"))}"',
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--texts", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    sizes = {args.entries // 10: args.texts // 10, args.entries: args.texts}
    with ExitStack() as closing:
        folder = Path(closing.enter_context(tempfile.TemporaryDirectory(prefix="docflow-bench-")))
        folder.chmod(0o755)
        postgres = closing.enter_context(
            stack.PostgresServer(folder=folder / "pg", durable=True, shared_buffers=BUFFERS)
        )
        houses = {
            f"{entries:,}": closing.enter_context(
                million.house(postgres, f"search_{entries}", entries=entries, texts=texts)
            )
            for entries, texts in sizes.items()
        }
        figures = measure(houses, args.rounds)
    show(figures)
    if args.json:
        plain = {
            size: {name: vars(one) for name, one in of.items()} for size, of in figures.items()
        }
        args.json.write_text(json.dumps(plain, indent=2, ensure_ascii=False))


def measure(houses: Mapping[str, million.House], rounds: int) -> dict[str, dict[str, Figures]]:
    """All kinds of question by a member of one unit; the whole mix by him and by a clerk."""
    asked = questions(Random(11))
    of_kind = {name: [make() for _ in range(max(10, rounds // 5))] for name, make in asked.items()}
    random = Random(12)
    mix = [random.choice(list(asked.values()))() for _ in range(rounds)]
    warm = [make() for make in questions(Random(10)).values() for _ in range(rounds // 4)]
    for who in ("staff-7-2", "clerk"):
        _timed(houses, who, warm, _searched)
    begun = [one[:4] for one in (*of_kind["surname"], *of_kind["common word"])]
    taken = {
        "bare count of a rare word": _timed(houses, "staff-7-2", mix, _bare),
        **{
            f"one unit: {name}": _timed(houses, "staff-7-2", typed, _searched)
            for name, typed in of_kind.items()
        },
        "one unit: the mix": _timed(houses, "staff-7-2", mix, _searched),
        "clerk: the mix": _timed(houses, "clerk", mix, _searched),
        "one unit: while typing": _timed(houses, "staff-7-2", begun, _suggested),
    }
    return {size: {name: by_size[size] for name, by_size in taken.items()} for size in houses}


Ask = Callable[[Session, Principal, str], int]


def _timed(
    houses: Mapping[str, million.House], who: str, typed: Sequence[str], ask: Ask
) -> dict[str, Figures]:
    """Each question in each house in turn, so that whatever else the machine does falls on all."""
    people = {size: house.person(who) for size, house in houses.items()}
    took: dict[str, list[float]] = {size: [] for size in houses}
    hits: dict[str, list[int]] = {size: [] for size in houses}
    for one in typed:
        for size, house in houses.items():
            began = time.perf_counter()
            with house.db.read() as session:
                hits[size].append(ask(session, people[size], one))
            took[size].append(time.perf_counter() - began)
    return {size: Figures.of(took[size], hits[size]) for size in houses}


def _searched(session: Session, by: Principal, typed: str) -> int:
    return search.search(session, typed, by=by).total


def _suggested(session: Session, by: Principal, typed: str) -> int:
    return len(search.suggest(session, typed, by=by, zone=million.ZONE))


def _bare(session: Session, by: Principal, typed: str) -> int:
    return session.scalar(_BARE) or 0


def show(figures: dict[str, dict[str, Figures]]) -> None:
    small, large = figures
    print(f"{'ms':34}{small:>30}{large:>30}{'growth':>9}{'× bare':>9}")
    print(f"{'':34}" + f"{'median':>8}{'p95':>8}{'mean':>8}{'hits':>6}" * 2)
    bare = figures[large]["bare count of a rare word"].mean
    for name, one in figures[large].items():
        before = figures[small][name]
        cells = "".join(
            f"{f.median:8.1f}{f.p95:8.1f}{f.mean:8.1f}{f.hits:6.0f}" for f in (before, one)
        )
        print(f"{name:34}{cells}{one.mean / before.mean:9.2f}{one.mean / bare:9.1f}")


if __name__ == "__main__":
    main()
