"""`docflow jobs`: what failed in the background, and another try."""

from pathlib import Path
from typing import Any

from sqlalchemy import select

from docflow import outbox, tables
from docflow.cli import finding
from docflow.cli.output import print_json, say
from docflow.i18n import t
from docflow.outbox import Job, JobState

__all__ = ["list_failed", "retry", "tables"]  # `tables` registers every package's jobs


def list_failed(data: Path | None, *, as_json: bool) -> int:
    """The failed jobs, the oldest first, and how many jobs stand in each state."""
    with finding.office(data) as office, office.db.read() as session:
        counts = dict(outbox.counts(session))
        rows = session.scalars(select(Job).where(Job.state == JobState.FAILED).order_by(Job.id))
        failed = [_job(row) for row in rows]
    if as_json:
        print_json({"counts": counts, "failed": failed})
        return 0
    for one in failed:
        say(f"{one['id']:>8}  {one['task']} {one['args']}: {one['problem']}")
    say(", ".join(f"{state}: {count}" for state, count in sorted(counts.items())) or "-")
    return 0


def retry(data: Path | None, *, ids: list[int]) -> int:
    """Let failed jobs run again, all or none. Raises NoSuchJob."""
    with finding.office(data) as office, office.db.begin() as session:
        for job_id in ids:
            outbox.retry(session, job_id)
    say(t("{n} jobs will run again.", n=len(ids)))
    return 0


def _job(row: Job) -> dict[str, Any]:
    return {
        "id": row.id,
        "task": row.task,
        "args": row.args,
        "attempts": row.attempts,
        "problem": row.problem,
        "finished_at": row.finished_at.isoformat() if row.finished_at else None,
    }
