"""Celery: one task that runs one job. The row of the job says everything; the ring only its id."""

import logging
import os
from functools import cache

from celery import Celery
from kombu.transport.redis import Channel

from docflow import outbox, settings, tables
from docflow.errors import Unavailable
from docflow.office import Office, open_office

log = logging.getLogger(__name__)

RING = "docflow.run_job"
QUEUES = ("default", "ocr", "signing")

__all__ = ["QUEUES", "RING", "app", "make_app", "tables"]


def make_app(broker_url: str) -> Celery:
    """A Celery application on this broker; results are rows, so there is no result backend."""
    # The broker owes us nothing: the lease of a row brings its job back. So a ring is taken when it
    # is heard, and never put back. With Celery's usual late acknowledgement a broker that goes away
    # during a job ends the worker: kombu (5.7) looks for the address of the lost connection.
    Channel.do_restore = False
    celery = Celery("docflow", broker=broker_url)
    celery.conf.update(
        task_ignore_result=True,
        task_acks_late=False,
        worker_prefetch_multiplier=1,
        worker_hijack_root_logger=False,
        broker_connection_retry_on_startup=True,
        broker_transport_options={"ack_emulation": False, "socket_timeout": 5},
        task_default_queue="default",
        worker_send_task_events=False,
    )
    celery.task(name=RING)(run_job)
    return celery


def run_job(job_id: int) -> None:
    """The one task: do the job of this row."""
    try:
        outbox.run(_office(os.getpid()), job_id)
    except Unavailable as error:
        log.warning("job %s is left until it is rung again: %s", job_id, error)


app = make_app(os.environ.get("DOCFLOW_BROKER_URL", "redis://127.0.0.1:6379/0"))


@cache
def _office(pid: int) -> Office:
    """One engine a process: made after the fork, as psycopg connections must be."""
    return open_office(settings.load(), pool=2)
