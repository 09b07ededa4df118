"""The long-running processes: relay, sequencer, worker, web. SIGTERM ends each of them in order."""

import os
import signal
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path

from docflow.cli import finding, logs


def relay(data: Path | None) -> int:
    """Ring until SIGTERM."""
    # Each process loads its own engine: a web process needs no Celery, a relay no uvicorn.
    from docflow.db import Database
    from docflow.relay import relay as ring_on
    from docflow.worker import make_app

    settings = finding.settings(data)
    logs.configure(settings.log_level, settings.log_format)
    database = Database(settings.database_url.get_secret_value(), pool=1)
    ring_on(database, make_app(settings.broker_url.get_secret_value()), stop=until_stopped())
    database.dispose()
    return 0


def sequencer(data: Path | None) -> int:
    """Give events their places in the log until SIGTERM."""
    # As above.
    from docflow import audit
    from docflow.db import Database
    from docflow.relay import sequencer as place_on

    settings = finding.settings(data)
    logs.configure(settings.log_level, settings.log_format)
    database = Database(settings.database_url.get_secret_value(), pool=1)
    place_on(
        database,
        stop=until_stopped(),
        keys=audit.keys.load(settings.log_keys),
        host=settings.public_url,
    )
    database.dispose()
    return 0


def worker(data: Path | None, *, concurrency: int, queues: str) -> int:
    """A Celery worker (prefork); on SIGTERM it ends the jobs that it has begun."""
    # The settings must stand in the environment first: the Celery app is made from them.
    settings = finding.export(data)
    from celery import signals

    from docflow.worker import app

    def keep_logs(**_: object) -> None:
        logs.configure(
            settings.log_level, settings.log_format
        )  # connected, it keeps Celery from setting up its own

    def begin(args: Sequence[object] = (), **_: object) -> None:
        logs.job.set(str(args[0]) if args else "")

    def end(**_: object) -> None:
        logs.job.set("")

    for hook, receiver in (
        (signals.setup_logging, keep_logs),
        (signals.task_prerun, begin),
        (signals.task_postrun, end),
    ):
        hook.connect(receiver, weak=False)
    keep_logs()
    app.worker_main(
        [
            *("--quiet", "worker", "--pool", "prefork", "--concurrency", str(concurrency)),
            *("--queues", queues, "--loglevel", settings.log_level),
            *("--without-gossip", "--without-mingle"),
        ]
    )


def serve(
    data: Path | None, *, host: str, port: int, workers: int, trusted_proxies: str | None
) -> int:
    """Serve until SIGTERM; requests that have begun are answered first."""
    # As above.
    import uvicorn

    settings = finding.export(data)
    with tempfile.TemporaryDirectory(prefix="docflow-counters-") as counters:
        # Where the processes of one server count requests together (prometheus_client).
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = counters
        uvicorn.run(
            "api.asgi:app",
            host=host,
            port=port,
            workers=workers,
            loop="uvloop",
            http="httptools",
            ws="none",
            proxy_headers=True,
            forwarded_allow_ips=trusted_proxies,  # None: uvicorn's own, the loopback
            access_log=False,  # it would keep addresses of citizens, and tokens in paths
            log_config=logs.for_uvicorn(settings.log_level, settings.log_format),
            server_header=False,
            timeout_graceful_shutdown=6,
        )
    return 0


def until_stopped() -> threading.Event:
    """Set by SIGTERM or Ctrl-C."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop
