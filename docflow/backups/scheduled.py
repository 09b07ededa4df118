"""A backup of its own accord, where the operator names a directory."""

from datetime import timedelta

from docflow import outbox, schedule
from docflow.backups import making

TASK = "backups.make"


@outbox.job(TASK)
def make_due(run: outbox.Run) -> None:
    """Make a backup when the last whole one is old enough. Raises as `making.make`."""
    settings = run.office.settings
    if settings.backup_directory is None:
        return
    with run.office.db.read() as session:
        last = making.latest(session, is_done=True)
        due = last is None or making.age(last) >= timedelta(hours=settings.backup_hours)
    if due:
        making.make(run.office, settings.backup_directory, keep=settings.backup_keep)


schedule.every(TASK, timedelta(minutes=15))
