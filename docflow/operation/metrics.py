"""Metrics in the format of Prometheus: the state of the installation, as gauges.

No names of people. What single processes count (requests, seconds) is not here: `api` adds it.
"""

from prometheus_client import CollectorRegistry, Gauge, generate_latest

from docflow.operation.alarms import passed
from docflow.operation.state import State
from docflow.settings import Settings


def exposed(now: State, settings: Settings) -> bytes:
    """The state as text for Prometheus; ages in seconds, sizes in bytes."""
    registry = CollectorRegistry()

    def gauge(metric: str, what: str, value: float | None, **labels: str) -> None:
        if value is None:
            return
        made = gauges.get(metric)
        if made is None:
            made = Gauge(f"docflow_{metric}", what, list(labels), registry=registry)
            gauges[metric] = made
        (made.labels(**labels) if labels else made).set(value)

    gauges: dict[str, Gauge] = {}
    for queue in now.queues:
        gauge("jobs_open", "Jobs that wait or run.", queue.open, queue=queue.name)
        age = now.since(queue.oldest_at)
        oldest = age.total_seconds() if age else 0
        gauge("oldest_job_seconds", "Age of the oldest due job.", oldest, queue=queue.name)
    gauge("jobs_failed", "Jobs that wait for a person.", now.failed_jobs)
    gauge("log_waiting_events", "Events without a place in the log.", now.waiting_events)
    for name, what, instant in (
        ("log_oldest_event_seconds", "Age of the oldest of them.", now.oldest_event_at),
        ("log_head_seconds", "Age of the newest signed head.", now.head_at),
        ("log_timestamp_seconds", "Age of the newest timestamp of the log.", now.timestamp_at),
        ("backup_seconds", "Age of the newest whole backup.", now.whole_backup_at),
    ):
        since = now.since(instant)
        gauge(name, what, since.total_seconds() if since else None)
    gauge("store_alarms", "What the store does not hold to.", len(now.store_alarms))
    gauge("disk_free_bytes", "Free on the disk of the files.", now.disk_free)
    gauge("disk_size_bytes", "Size of the disk of the files.", now.disk_size)
    gauge("expiring", "Certificates and proofs that end soon.", len(now.expiring))
    standing = {name for name, _ in passed(now, settings)}
    for name in sorted(standing):
        gauge("alarm", "A limit that is passed.", 1, name=name)
    return generate_latest(registry)
