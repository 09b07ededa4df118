"""What goes wrong besides death: messages lost and doubled, frozen, full, a wrong clock."""

import random
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import psutil
import psycopg
import redis

from docflow import clock
from docflow.embedded import processes
from docflow.embedded.privileges import unprivileged_account
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
    process, jobs = _frozen_in_a_job(work)
    house.spawn("worker")
    waits = "SELECT count(*) FROM jobs WHERE id = ANY(%(ids)s) AND attempts = 1 AND state <> 'done'"
    try:
        house.wait_for("worker")
        stack.wait_until(lambda: house.ask(waits, ids=jobs) == 0, what="the takeover", seconds=120)
        processes.signal_group(process.pid, signal.SIGCONT)
        work.goes_on(2)
    finally:
        processes.signal_group(process.pid, signal.SIGKILL)
        process.wait()


def _frozen_in_a_job(work: Work) -> tuple["subprocess.Popen[bytes]", list[int]]:
    """The worker, and the jobs that it has begun for the first time."""
    running = "SELECT array_agg(id) FROM jobs WHERE state = 'running' AND attempts = 1"
    while True:
        work.house.tend()
        process = work.house.freeze("worker")
        if jobs := work.house.ask(running):
            return process, jobs
        processes.signal_group(process.pid, signal.SIGCONT)
        work.house.adopt("worker", process)
        work.goes_on()


def wrong_clock(work: Work) -> None:
    """The clock of our machine jumps by two hours, and back; PostgreSQL's keeps the time.

    Away from midnight, where a day might be closed: that is a fault of its own, which is refused
    (`closings.ClockBehind`) until the clock is right.
    """
    hours = 2 if clock.local(clock.now()).hour < 12 else -2
    for wrong in (hours * 3600, -hours * 600, 0):
        work.house.set_clock(wrong)
        work.goes_on(3)


def jump_the_clock(work: Work) -> None:
    """The same in short: one jump of two hours, and back."""
    hours = 2 if clock.local(clock.now()).hour < 12 else -2
    for wrong in (hours * 3600, 0):
        work.house.set_clock(wrong)
        work.goes_on()


def fill_the_database(work: Work) -> None:
    """PostgreSQL can write no new piece of its log: it panics, restarts, and waits for room.

    A limit on the size of files does what a full disk does, without one.
    """
    house = work.house
    _limit(house.pid("postgres"), str(1 << 20))
    try:
        stack.wait_until(lambda: _panics(house), what="the panic of PostgreSQL", seconds=60)
    finally:
        _limit(house.pid("postgres"), "unlimited")
    house.wait_for("postgres")


def _panics(house: House) -> bool:
    """Begin another piece of the log; True when there is no room for it."""
    house.tend()
    with suppress(psycopg.Error):
        house.ask("SELECT pg_switch_wal() FROM pg_logical_emit_message(true, 'fault', 'x')")
    return b"PANIC" in Path(house.postgres.log).read_bytes()


def _limit(pid: int, size: str) -> None:
    """The largest file that a process and its children of this moment may write."""
    account = unprivileged_account()  # the one that PostgreSQL runs as, where we are root
    parent = psutil.Process(pid)
    for process in (parent, *parent.children(recursive=True)):
        subprocess.run(
            ["prlimit", "--pid", str(process.pid), f"--fsize={size}:unlimited"],
            user=account.uid if account else None,
            group=account.gid if account else None,
            check=process == parent,  # a child may have ended
            capture_output=True,
        )
