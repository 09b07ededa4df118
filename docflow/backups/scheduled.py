"""A backup of its own accord, where the operator names a directory."""

from datetime import timedelta

from docflow import outbox, schedule
from docflow.backups import making
from docflow.backups.models import BackupState

TASK = "backups.make"


@outbox.job(TASK)
def make_due(run: outbox.Run) -> None:
    """Make a backup when the last that came to its end is old enough. Raises as `making.make`.

    One that lacks an object counts: to make the next at once would not bring the object back.
    """
    settings = run.office.settings
    if settings.backup_directory is None:
        return
    with run.office.db.read() as session:
        last = making.latest(session, BackupState.DONE, BackupState.INCOMPLETE)
        due = last is None or making.age(last) >= timedelta(hours=settings.backup_hours)
    if due:
        making.make(run.office, settings.backup_directory, keep=settings.backup_keep)


schedule.every(TASK, timedelta(minutes=15))
