"""Whatever dies, at random or on a chosen line, nothing that was acknowledged is lost.

`make test-faults` runs all lines and mishaps, and as many kills at random as FAULT_KILLS says, from
the seed FAULT_SEED. With FAULT_KILLS=0, and without the variable, it is the short form of a minute:
each part of the product dies once on a chosen line, each server once at random, the quick mishaps
come once.
"""

import os
import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from tests.faults import checks, mishaps
from tests.faults.gates import LINES, Line, die_on
from tests.faults.house import PARTS, SERVERS, House, build
from tests.faults.ledger import Ledger
from tests.faults.work import Work, at_work

KILLS = int(os.environ.get("FAULT_KILLS", "0"))
"""How many at random; 0 stands for the short form."""
SEED = int(os.environ.get("FAULT_SEED", "1"))
Mishap = Callable[[Work], None]


@dataclass(frozen=True)
class Scene:
    """What happens while clients work."""

    victims: Sequence[str] = ()
    """Who dies at random moments, one after the other."""
    lines: Sequence[Line] = ()
    mishaps: Sequence[Mishap] = ()


def at_random(count: int) -> Iterator[str]:
    """So many, each as often as the others."""
    rng, all_of_them = random.Random(SEED), (*PARTS, *SERVERS, "backend")
    while True:
        for victim in rng.sample(all_of_them, len(all_of_them)):
            if count == 0:
                return
            count -= 1
            yield victim


SHORT_LINES = {
    "registration committed, not answered",
    "rung, not noted",
    "sealed, not recorded",
    "places in the log",
}
QUICK = (mishaps.lose_messages, mishaps.double_messages)
SHORT = (*QUICK, mishaps.jump_the_clock, mishaps.fill_the_database)
SLOW = (
    mishaps.wrong_clock,
    mishaps.fill_the_broker,
    mishaps.freeze_the_worker,
    mishaps.fill_the_database,
)
SCENES = (
    {
        "lines": Scene(lines=LINES),
        "mishaps": Scene(mishaps=QUICK + SLOW),
        "kills": Scene(victims=list(at_random(KILLS))),
    }
    if KILLS
    else {
        "short": Scene(
            victims=(*SERVERS, "backend"),
            lines=[line for line in LINES if line.name in SHORT_LINES],
            mishaps=SHORT,
        )
    }
)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The installation: servers, processes, municipality."""
    parts = PARTS if KILLS else tuple(part for part in PARTS if part != "relay-2")
    with ExitStack() as stack_of_servers:
        yield build(tmp_path_factory.mktemp("faults"), stack_of_servers, parts)


@pytest.fixture(scope="module")
def ledger() -> Ledger:
    """What was acknowledged in one scene holds in all that follow."""
    return Ledger()


def tell(what: str) -> None:
    """How far it is: where it stands still is what one wants to know."""
    print(f"{datetime.now(UTC):%H:%M:%S} {what}", flush=True)


@pytest.mark.parametrize("name", SCENES)
def test_nothing_that_was_acknowledged_is_lost(house: House, ledger: Ledger, name: str) -> None:
    scene, rng = SCENES[name], random.Random(SEED)
    house.killed.clear()
    with at_work(house, ledger) as work:
        for line in scene.lines:
            work.goes_on()
            tell(f"on the line: {line.name}")
            die_on(house, line)
        for mishap in scene.mishaps:
            work.goes_on()
            tell(mishap.__name__.replace("_", " "))
            mishap(work)
        for number, victim in enumerate(scene.victims, start=1):
            tell(f"at random, {number}: {victim}")
            mishaps.kill_at_random(work, victim, rng)
        work.goes_on(3)
    checks.come_to_rest(house, seconds=600, hurry=not KILLS)
    said = checks.all_is_well(house, ledger)
    died = ", ".join(f"{part} {count}" for part, count in sorted(house.killed.items()))
    print(f"\n{name}: {house.killed.total()} killed ({died}). {said}.")
    assert house.fallen == [], "\n\n".join(house.fallen)
