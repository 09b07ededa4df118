"""When a limit is passed the administrators get a mail, once; and once when it is over."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from docflow import audit, clock, mail, organization, outbox, principal, schedule
from docflow.i18n import DEFAULT_LANGUAGE, Text, t
from docflow.office import Office
from docflow.operation.models import Alarm
from docflow.operation.state import State, state
from docflow.settings import Settings

TASK, MAIL_TASK = "operation.look", "operation.tell"
_STALE_STAMP = timedelta(hours=36)  # stamped each night
_SEAL_ENDS = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Limit:
    """Something to be looked at, and what is told when it is passed."""

    name: str
    passed: Callable[[State, Settings], Text | None]


def _late_jobs(now: State, settings: Settings) -> Text | None:
    for queue in now.queues:
        age = now.since(queue.oldest_at)
        if age is not None and age > timedelta(minutes=settings.alarm_job_minutes):
            return t(
                "Jobs of the queue {queue} have waited for {minutes} minutes. Is a worker running?",
                queue=queue.name,
                minutes=int(age.total_seconds() // 60),
            )
    return None


def _failed_jobs(now: State, _: Settings) -> Text | None:
    if not now.failed_jobs:
        return None
    return t("{n} jobs have failed and wait for a person.", n=now.failed_jobs)


def _log_behind(now: State, settings: Settings) -> Text | None:
    age = now.since(now.oldest_event_at)
    if age is None or age <= timedelta(minutes=settings.alarm_log_minutes):
        return None
    return t(
        "Events have waited for {minutes} minutes for their place in the log. Is the sequencer "
        "running?",
        minutes=int(age.total_seconds() // 60),
    )


def _no_stamp(now: State, settings: Settings) -> Text | None:
    age = now.since(now.timestamp_at)
    if not settings.tsa_urls or age is None or age <= _STALE_STAMP:
        return None
    return t("The log got no timestamp for {hours} hours.", hours=int(age.total_seconds() // 3600))


def _old_backup(now: State, settings: Settings) -> Text | None:
    if settings.backup_directory is None:
        return None
    age = now.since(now.whole_backup_at)
    if age is not None and age <= timedelta(hours=settings.alarm_backup_hours):
        return None
    if age is None:
        return None if now.backup is None else t("No whole backup was ever made.")
    return t("The last whole backup is {hours} hours old.", hours=int(age.total_seconds() // 3600))


def _store(now: State, _: Settings) -> Text | None:
    return now.store_alarms[0] if now.store_alarms else None


def _disk(now: State, settings: Settings) -> Text | None:
    if now.disk_free is None or not now.disk_size:
        return None
    percent = 100 * now.disk_free // now.disk_size
    if percent >= settings.alarm_disk_percent:
        return None
    return t("The disk of the files is nearly full: {percent} % are free.", percent=percent)


def _seal(now: State, _: Settings) -> Text | None:
    for one in now.expiring:
        if one.what == "seal" and one.ends_at and one.ends_at - now.at < _SEAL_ENDS:
            return t("The certificate of the seal ends on {day}.", day=f"{one.ends_at:%d/%m/%Y}")
    return None


def _guessing(now: State, settings: Settings) -> Text | None:
    if now.wrong_codes < settings.alarm_wrong_codes:
        return None
    return t(
        "Somebody guesses codes on the citizens’ pages: {n} wrong ones came from one address "
        "within an hour. The log of the web server says from which.",
        n=now.wrong_codes,
    )


LIMITS = (
    Limit("jobs-late", _late_jobs),
    Limit("jobs-failed", _failed_jobs),
    Limit("log-behind", _log_behind),
    Limit("log-unstamped", _no_stamp),
    Limit("backup-old", _old_backup),
    Limit("store", _store),
    Limit("disk", _disk),
    Limit("seal-ends", _seal),
    Limit("codes-guessed", _guessing),
)


def passed(now: State, settings: Settings) -> Iterator[tuple[str, Text]]:
    """The limits that are passed, with what to tell."""
    for limit in LIMITS:
        told = limit.passed(now, settings)
        if told is not None:
            yield limit.name, told


@outbox.job(TASK)
def look(run: outbox.Run) -> None:
    """Compare the state with the limits; begin and end alarms."""
    office = run.office
    with office.db.read() as session:
        now = state(session, office.settings)
    compare(office, dict(passed(now, office.settings)))


def compare(office: Office, found: dict[str, Text]) -> None:
    """Begin an alarm for what is new, end those that are over; each is told by a job."""
    with office.db.begin() as session:
        stands = {row.name: row for row in open_alarms(session, lock=True)}
        for name, what in found.items():
            if name not in stands:
                row = Alarm(name=name, what=what.in_language(DEFAULT_LANGUAGE))
                session.add(row)
                session.flush()
                _record(session, "alarm.begun", row)
        for name, row in stands.items():
            if name not in found:
                row.over_at = clock.now()
                _record(session, "alarm.over", row)


def _record(session: Session, action: str, row: Alarm) -> None:
    for body in organization.bodies(session):
        by = principal.system(body.id)
        audit.record(session, action, by=by, subject=("alarm", row.id), name=row.name)
    outbox.enqueue(session, MAIL_TASK, alarm_id=row.id, is_over=action == "alarm.over")


@outbox.job(MAIL_TASK)
def tell(run: outbox.Run, *, alarm_id: int, is_over: bool) -> None:
    """Mail it to the addresses of the settings, else to the administrators. Raises MailUnavailable.

    The subject names no person and nothing of a document.
    """
    office = run.office
    with office.db.read() as session:
        row = session.get_one(Alarm, alarm_id)
        if (row.over_told_at if is_over else row.told_at) is not None:
            return
        to = office.settings.alarm_mails or organization.administrator_mails(session)
        what, since = row.what, clock.local(row.since, office.settings.zone)
    subject = t("Docflow: over: {what}", what=what) if is_over else t("Docflow: {what}", what=what)
    text = t(
        "{what}\n\nSince {since}. The state of the system: {url}",
        what=what,
        since=f"{since:%d/%m/%Y %H:%M}",
        url=f"{office.settings.public_url}/system",
    )
    for address in to:
        mail.send(
            office.settings,
            to=address,
            subject=subject.in_language(DEFAULT_LANGUAGE),
            text=text.in_language(DEFAULT_LANGUAGE),
        )
    with office.db.begin() as session:
        row = session.get_one(Alarm, alarm_id)
        if is_over:
            row.over_told_at = clock.now()
        else:
            row.told_at = clock.now()


def open_alarms(session: Session, *, lock: bool = False) -> list[Alarm]:
    """What stands, the oldest first."""
    query = select(Alarm).where(Alarm.over_at.is_(None)).order_by(Alarm.id)
    return list(session.scalars(query.with_for_update() if lock else query))


schedule.every(TASK, timedelta(minutes=2))
