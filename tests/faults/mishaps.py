"""What goes wrong besides death: messages lost and doubled, frozen, full, a wrong clock."""

import random
import resource
import signal
import time
from contextlib import suppress
from pathlib import Path

import psutil
import redis

from docflow import clock
from docflow.embedded import processes
from docflow.worker import RING, make_app
from tests import stack
from tests.faults.house import House
from tests.faults.work import Work

_JOBS = "SELECT array_agg(id) FROM jobs"


def kill_at_random(work: Work, victim: str, rng: random.Random) -> None:
    """Let the clients work for a moment, kill, let it be dead for a moment, start it again.

    Mostly the house has come back from the last fault before the next one; now and then not.
    """
    house = work.house
    if rng.random() < 0.75:
        work.goes_on()
    rest(house, rng.uniform(0, 1.5))
    if victim == "backend":
        house.kill_backend()
        return
    house.kill(victim)
    rest(house, rng.choice((0.0, 0.0, rng.uniform(0, 2))))
    house.restart(victim)


def rest(house: House, seconds: float) -> None:
    """Time passes; who watches over the processes goes on watching."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        house.tend()
        time.sleep(min(left, 0.1))


def lose_messages(work: Work) -> None:
    """All that the broker held is gone."""
    redis.Redis.from_url(work.house.broker.url).flushall()


def double_messages(work: Work) -> None:
    """Each job that there ever was is rung twice more: those done, running, and waiting."""
    house = work.house
    celery = make_app(house.broker.url)
    for job_id in (house.ask(_JOBS) or []) * 2:
        queue = house.ask("SELECT queue FROM jobs WHERE id = %(id)s", id=job_id)
        celery.send_task(RING, args=[job_id], queue=queue, ignore_result=True, retry=False)
    celery.close()


def fill_the_broker(work: Work) -> None:
    """It refuses every message, as without memory; registering must not notice."""
    broker = redis.Redis.from_url(work.house.broker.url)
    before = str(broker.config_get("maxmemory")["maxmemory"])
    broker.config_set("maxmemory", 1)
    try:
        work.goes_on(5)
    finally:
        broker.config_set("maxmemory", before)


def freeze_the_worker(work: Work) -> None:
    """It is taken for dead in the midst of a job, which another does; then it comes back."""
    house = work.house
    running = "SELECT count(*) FROM jobs WHERE state = 'running'"
    stack.wait_until(lambda: house.ask(running) > 0, what="a running job", seconds=60)
    frozen = house.freeze("worker")
    house.spawn("worker")
    taken = "SELECT count(*) FROM jobs WHERE state = 'running' AND lease_until < now()"
    try:
        house.wait_for("worker")
        stack.wait_until(lambda: house.ask(taken) == 0, what="the takeover", seconds=60)
        work.goes_on()
        processes.signal_group(frozen.pid, signal.SIGCONT)
        work.goes_on(2)
    finally:
        processes.signal_group(frozen.pid, signal.SIGKILL)
        frozen.wait()


def wrong_clock(work: Work) -> None:
    """The clock of our machine jumps by two hours, and back; PostgreSQL's keeps the time.

    Away from midnight, where a day might be closed: that is a fault of its own, which is refused
    (`closings.ClockBehind`) until the clock is right.
    """
    hours = 2 if clock.local(clock.now()).hour < 12 else -2
    for wrong in (hours * 3600, -hours * 600, 0):
        work.house.set_clock(wrong)
        work.goes_on(3)


def fill_the_database(work: Work) -> None:
    """PostgreSQL can write no new piece of its log: it panics, restarts, and waits for room.

    A limit on the size of files does what a full disk does, without one.
    """
    house = work.house
    stop = resource.RLIM_INFINITY
    _limit(house.pid("postgres"), 1 << 20, stop)
    for _ in range(3):
        with suppress(Exception):  # at the latest the third finds no piece to use again
            house.ask("SELECT pg_switch_wal()")
            house.ask("SELECT pg_logical_emit_message(false, 'fault', repeat('x', 1000000))")
    work.house.tend()
    stack.wait_until(lambda: _panicked(house), what="the panic of PostgreSQL", seconds=60)
    _limit(house.pid("postgres"), stop, stop)
    house.wait_for("postgres")


def _panicked(house: House) -> bool:
    house.tend()
    return b"PANIC" in Path(house.postgres.log).read_bytes()


def _limit(pid: int, soft: int, hard: int) -> None:
    """For a process and its children of this moment."""
    with suppress(psutil.NoSuchProcess):
        parent = psutil.Process(pid)
        for process in (parent, *parent.children(recursive=True)):
            with suppress(ProcessLookupError):
                resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (soft, hard))
