"""Whatever dies, at random or on a chosen line, nothing that was acknowledged is lost.

`make test` runs the short form: each part dies once, somebody dies on a few chosen lines, and the
quick mishaps come once. `make test-faults` runs all lines and mishaps, and as many kills at random
as FAULT_KILLS says, from the seed FAULT_SEED.
"""

import os
import random
from collections.abc import Callable, Iterator

import pytest

from tests.faults import checks, mishaps
from tests.faults.gates import LINES, die_on
from tests.faults.house import PARTS, SERVERS, House
from tests.faults.ledger import Ledger
from tests.faults.work import Work, at_work

KILLS = int(os.environ.get("FAULT_KILLS", "0"))
"""How many at random; 0 stands for the short form."""
SEED = int(os.environ.get("FAULT_SEED", "1"))
LONG = KILLS > 0
VICTIMS = (*PARTS, *SERVERS, "backend")
SHORT_LINES = {
    "registration committed, not answered",
    "rung, not noted",
    "sealed, not recorded",
    "places in the log",
}
QUICK: tuple[Callable[[Work], None], ...] = (mishaps.lose_messages, mishaps.double_messages)
SLOW: tuple[Callable[[Work], None], ...] = (
    mishaps.wrong_clock,
    mishaps.fill_the_broker,
    mishaps.freeze_the_worker,
    mishaps.fill_the_database,
)


def victims(count: int, rng: random.Random) -> Iterator[str]:
    """So many, each as often as the others."""
    while True:
        for victim in rng.sample(VICTIMS, len(VICTIMS)):
            if count == 0:
                return
            count -= 1
            yield victim


@pytest.mark.parametrize("seed", [SEED])
def test_nothing_that_was_acknowledged_is_lost(house: House, seed: int) -> None:
    rng, ledger = random.Random(seed), Ledger()
    lines = [line for line in LINES if LONG or line.name in SHORT_LINES]
    with at_work(house, ledger) as work:
        work.goes_on()
        for victim in victims(KILLS or len(VICTIMS), rng):
            mishaps.kill_at_random(work, victim, rng)
        for line in lines:
            work.goes_on()
            die_on(house, line)
        for mishap in QUICK + (SLOW if LONG else ()):
            work.goes_on()
            mishap(work)
        work.goes_on(3)
    checks.come_to_rest(house, seconds=600, hurry=not LONG)
    said = checks.all_is_well(house, ledger)
    died = ", ".join(f"{name} {count}" for name, count in sorted(house.killed.items()))
    total = house.killed.total()
    print(f"\n{total} killed ({died}), {len(lines)} of them on chosen lines. {said}.")
    assert house.fallen == [], "\n\n".join(house.fallen)
