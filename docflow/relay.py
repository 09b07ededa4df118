"""The relay rings Celery for the jobs that are due; the sequencer gives audit events their places.

Both are small loops over PostgreSQL. The relay is woken by NOTIFY; the sequencer looks twice a
second. Any number of relays may run (SKIP LOCKED); of sequencers only one works at a time.
"""

import logging
import threading
import time
from collections.abc import Sequence

import psycopg
from celery import Celery
from kombu.exceptions import OperationalError as BrokerError

from docflow import audit, custody, organization, outbox, reads, schedule, throttle
from docflow.db import Database
from docflow.errors import Unavailable
from docflow.worker import RING

log = logging.getLogger(__name__)
_PAUSE = 1.0  # seconds: longest wait between two looks
_SWEEP_EVERY = 3600.0
_LOOK_EVERY = 20.0  # seconds between two looks at what is done again and again


def relay(db: Database, celery: Celery, *, stop: threading.Event) -> None:
    """Ring until `stop` is set. A broker or database that is away is waited for."""
    listener: psycopg.Connection | None = None
    swept, looked = 0.0, time.monotonic()  # a start is not burdened with periodic work
    while not stop.is_set():
        try:
            if listener is None or listener.closed:
                listener = _listen(db)
                with db.begin() as session:
                    # At each start, and when the database was away: does the store hold its word?
                    custody.probe.soon(session)
            if time.monotonic() - looked > _LOOK_EVERY:
                with db.begin() as session:
                    schedule.enqueue_due(session)
                looked = time.monotonic()
            rung = ring(db, celery)
            if time.monotonic() - swept > _SWEEP_EVERY:
                _sweep(db)
                swept = time.monotonic()
            if not rung:
                for _ in listener.notifies(timeout=_PAUSE, stop_after=1):
                    pass
        except (Unavailable, BrokerError, OSError, psycopg.Error) as error:
            log.warning("relay waits: %s", error)
            if listener is not None:
                listener.close()
                listener = None
            stop.wait(_PAUSE)
    if listener is not None:
        listener.close()


def ring(db: Database, celery: Celery) -> int:
    """Publish the jobs that are due; the number of them.

    The rows are marked in the transaction of the publishing: a broker that is down leaves them due.
    """
    with db.begin() as session:
        jobs = outbox.due(session)
        for job_id, queue in jobs:
            celery.send_task(
                RING,
                args=[job_id],
                queue=queue,
                task_id=f"job-{job_id}-{time.time_ns()}",
                ignore_result=True,
                retry=False,
            )
    return len(jobs)


def sequencer(
    db: Database,
    *,
    stop: threading.Event,
    keys: Sequence[audit.SigningKey] = (),
    host: str = "",
    pause: float = 0.5,
) -> None:
    """Give each new event its place in its log, and sign the logs' heads, until `stop` is set.

    `keys` sign; without any, the logs grow unsigned. `host` is where the logs are published.
    """
    if not keys:
        log.warning("no DOCFLOW_LOG_KEYS: the log grows, its heads are not signed (docs/proof.md)")
    while not stop.is_set():
        try:
            with db.begin() as session:
                placed = audit.sequence(session)
            if not placed:
                with db.begin() as session:
                    reads.seal(session)
            if keys and not placed:  # when the queue is empty, at most once a pause
                with db.begin() as session:
                    origins = {
                        body.id: audit.origin_of(host, body.code)
                        for body in organization.bodies(session)
                    }
                    audit.sign_heads(session, origins=origins, keys=keys)
        except Unavailable as error:
            log.warning("sequencer waits: %s", error)
            placed = 0
        if not placed:
            stop.wait(pause)


def _listen(db: Database) -> psycopg.Connection:
    url = db.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    connection = psycopg.connect(url, autocommit=True, connect_timeout=5)
    connection.execute(f"LISTEN {outbox.CHANNEL}")  # a constant of ours
    return connection


def _sweep(db: Database) -> None:
    with db.begin() as session:
        outbox.sweep(session)
        throttle.sweep(session)
