"""The state of the installation, for those who look after it."""

from datetime import datetime

from fastapi import APIRouter
from pydantic import BaseModel

from api.deps import TheOffice
from api.v1.security import Administrator
from docflow import backups, operation
from docflow.i18n import t

router = APIRouter(tags=["operation"])


class QueueShape(BaseModel):
    """Open jobs of a queue."""

    name: str
    open: int
    oldest_at: datetime | None


class BackupShape(BaseModel):
    """The newest backup that was begun."""

    name: str
    state: backups.BackupState
    started_at: datetime
    finished_at: datetime | None
    objects: int
    problem: str | None


class AlarmShape(BaseModel):
    """A limit that is passed."""

    name: str
    what: str


class StateShape(BaseModel):
    """The installation now. Sizes in bytes; null where there is none yet, or it is not known."""

    at: datetime
    queues: list[QueueShape]
    failed_jobs: int
    waiting_events: int
    head_at: datetime | None
    timestamp_at: datetime | None
    backup: BackupShape | None
    whole_backup_at: datetime | None
    expiring: int
    disk_free: int | None
    disk_size: int | None
    alarms: list[AlarmShape]


@router.get("/system/state")
def state(by: Administrator, office: TheOffice) -> StateShape:
    """Queues, log, backups, store, what ends soon, and the limits that are passed."""
    by.require(by.is_administrator, t("Only an administrator sees this page."))
    with office.db.read() as session:
        now = operation.state(session, office.settings)
    last = now.backup
    return StateShape(
        at=now.at,
        queues=[
            QueueShape(name=one.name, open=one.open, oldest_at=one.oldest_at) for one in now.queues
        ],
        failed_jobs=now.failed_jobs,
        waiting_events=now.waiting_events,
        head_at=now.head_at,
        timestamp_at=now.timestamp_at,
        backup=BackupShape(
            name=last.name,
            state=backups.BackupState(last.state),
            started_at=last.started_at,
            finished_at=last.finished_at,
            objects=last.objects,
            problem=last.problem,
        )
        if last
        else None,
        whole_backup_at=now.whole_backup_at,
        expiring=len(now.expiring),
        disk_free=now.disk_free,
        disk_size=now.disk_size,
        alarms=[
            AlarmShape(name=name, what=what.in_language(by.language))
            for name, what in operation.passed(now, office.settings)
        ],
    )
