"""The state of the installation, and the alarms that tell of it once."""

from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from docflow import audit, backups, clock, operation, outbox
from docflow.i18n import Text, t
from docflow.office import Office
from docflow.operation import alarms
from docflow.organization import User
from docflow.outbox import Job, JobState
from tests import factories

NOW = clock.now()
QUIET = operation.State(
    at=NOW,
    queues=(operation.Queue("default", 0, None),),
    failed_jobs=0,
    waiting_events=0,
    oldest_event_at=None,
    head_at=NOW,
    timestamp_at=NOW,
    backup=None,
    whole_backup_at=None,
    store_alarms=(),
    expiring=(),
    disk_free=None,
    disk_size=None,
)


def told(office: Office, now: operation.State, **settings: object) -> dict[str, str]:
    changed = office.settings.model_copy(update=settings)
    return {name: str(what) for name, what in operation.passed(now, changed)}


def run_all(office: Office) -> None:
    """Do the jobs that tell of alarms, as a worker would."""
    with office.db.begin() as session:
        ids = session.scalars(
            select(Job.id).where(Job.task == alarms.MAIL_TASK, Job.state == JobState.WAITING)
        ).all()
    for job_id in ids:
        outbox.run(office, job_id)


def mails(office: Office) -> list[tuple[str, str, str]]:
    folder = Path(office.settings.smtp_url.get_secret_value().removeprefix("file:"))
    found = [
        message_from_bytes(path.read_bytes(), policy=policy.default)
        for path in sorted(folder.glob("*.eml"))
    ]
    return [(one["To"], one["Subject"], one.get_content()) for one in found]


def test_a_quiet_installation_has_no_alarm(office: Office) -> None:
    assert told(office, QUIET) == {}


LATE = NOW - timedelta(hours=2)


@pytest.mark.parametrize(
    ("name", "now", "set_to"),
    [
        (
            "jobs-late",
            replace(QUIET, queues=(operation.Queue("ocr", 3, LATE),)),
            {"alarm_job_minutes": 119},
        ),
        ("jobs-failed", replace(QUIET, failed_jobs=1), {}),
        ("log-behind", replace(QUIET, waiting_events=1, oldest_event_at=LATE), {}),
        (
            "log-unstamped",
            replace(QUIET, timestamp_at=NOW - timedelta(hours=37)),
            {"tsa_urls": ["http://tsa.example"]},
        ),
        (
            "backup-old",
            replace(QUIET, whole_backup_at=NOW - timedelta(hours=37)),
            {"backup_directory": Path("/backups")},
        ),
        ("store", replace(QUIET, store_alarms=(Text("Files can be deleted."),)), {}),
        ("disk", replace(QUIET, disk_free=9, disk_size=100), {}),
        (
            "seal-ends",
            replace(QUIET, expiring=(operation.Expiring("seal", "", NOW + timedelta(days=29)),)),
            {},
        ),
    ],
)
def test_each_limit_is_told_when_it_is_passed(
    office: Office, name: str, now: operation.State, set_to: dict[str, object]
) -> None:
    assert list(told(office, now, **set_to)) == [name]


@pytest.mark.parametrize(
    ("now", "set_to"),
    [
        (
            replace(QUIET, queues=(operation.Queue("ocr", 3, LATE),)),
            {"alarm_job_minutes": 121},
        ),
        (replace(QUIET, whole_backup_at=NOW - timedelta(days=9)), {"backup_directory": None}),
        (replace(QUIET, disk_free=10, disk_size=100), {}),
        (
            replace(QUIET, expiring=(operation.Expiring("seal", "", NOW + timedelta(days=31)),)),
            {},
        ),
    ],
)
def test_below_the_limit_nothing_is_told(
    office: Office, now: operation.State, set_to: dict[str, object]
) -> None:
    assert told(office, now, **set_to) == {}


def test_an_alarm_is_mailed_once_and_once_when_it_is_over(
    office: Office, town: factories.Town
) -> None:
    office = replace(
        office,
        settings=office.settings.model_copy(update={"alarm_mails": ["watch@example.gr"]}),
    )
    found = {"disk": t("The disk of the files is nearly full: {percent} % are free.", percent=3)}
    for _ in range(3):
        operation.compare(office, found)
        run_all(office)
    assert [(to, subject) for to, subject, _ in mails(office)] == [
        ("watch@example.gr", "Docflow: Ο δίσκος των αρχείων είναι σχεδόν γεμάτος: ελεύθερο 3 %.")
    ]
    operation.compare(office, {})
    operation.compare(office, {})
    run_all(office)
    assert len(mails(office)) == 2
    assert "/system" in mails(office)[0][2]
    with office.db.begin() as session:
        assert operation.open_alarms(session) == []
        row = session.scalars(select(operation.Alarm)).one()
        assert None not in (row.told_at, row.over_at, row.over_told_at)
        acts = session.scalars(
            select(audit.Event.action).where(audit.Event.action.startswith("alarm."))
        )
        assert sorted(acts) == ["alarm.begun", "alarm.over"]
    operation.compare(office, found)  # it comes back: a new alarm
    run_all(office)
    assert len(mails(office)) == 3


def test_without_an_address_the_administrators_are_told(
    office: Office, town: factories.Town
) -> None:
    with office.db.begin() as session:
        session.execute(
            update(User)
            .where(User.id == town.users["administrator"])
            .values(email="admin@example.gr")
        )
    operation.compare(office, {"store": t("Stored files are missing or were altered.")})
    run_all(office)
    assert [to for to, _, _ in mails(office)] == ["admin@example.gr"]


def test_the_state_counts_what_waits(office: Office, town: factories.Town) -> None:
    with office.db.begin() as session:
        audit.record(
            session,
            "test.done",
            by=town.person(session, "clerk"),
            subject=("body", town.body_id),
        )
        session.add(backups.Backup(place="/b", name="n"))
        job = outbox.enqueue(session, alarms.TASK)
        session.flush()
        session.execute(
            update(Job)
            .where(Job.id == job.id)
            .values(run_after=func.clock_timestamp() - timedelta(hours=1))
        )
    with office.db.begin() as session:
        now = operation.state(session, office.settings)
    [default] = [queue for queue in now.queues if queue.name == "default"]
    assert default.open >= 1
    age = now.since(default.oldest_at)
    assert age is not None
    assert age >= timedelta(minutes=59)
    assert now.waiting_events >= 1
    assert now.backup is not None
    assert (now.backup.state, now.whole_backup_at) == ("running", None)
    assert now.disk_size is not None
    text = operation.exposed(now, office.settings).decode()
    assert 'docflow_jobs_open{queue="default"}' in text
    assert 'docflow_alarm{name="jobs-late"} 1.0' in text
