"""How the installation is: queues, log, backups, store, certificates, disk. One moment, no names.

The page of the administrator, the metrics and the alarms all read this, so that they never differ.
"""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.serialization import pkcs12
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from docflow import (
    audit,
    backups,
    clock,
    custody,
    organization,
    outbox,
    registry,
    signatures,
    throttle,
)
from docflow.i18n import Text
from docflow.settings import Settings

SOON = timedelta(days=60)
"""A certificate or time proof that ends within so many days is shown."""


@dataclass(frozen=True, slots=True)
class Queue:
    """Open jobs of a queue; `oldest_at` is when the longest-waiting one became due."""

    name: str
    open: int
    oldest_at: datetime | None


@dataclass(frozen=True, slots=True)
class Expiring:
    """A certificate or a time proof that ends; `what` is seal, key or document."""

    what: str
    title: str
    ends_at: datetime | None


@dataclass(frozen=True, slots=True)
class State:
    """The installation at one moment; None where there is no such thing yet."""

    at: datetime
    queues: tuple[Queue, ...]
    failed_jobs: int
    waiting_events: int
    oldest_event_at: datetime | None
    head_at: datetime | None
    timestamp_at: datetime | None
    backup: backups.Backup | None
    whole_backup_at: datetime | None
    store_alarms: tuple[Text, ...]
    expiring: tuple[Expiring, ...]
    disk_free: int | None
    disk_size: int | None
    wrong_codes: int = 0  # the most of one address, within an hour or two

    def since(self, instant: datetime | None) -> timedelta | None:
        """How long ago that was."""
        return None if instant is None else self.at - instant


def state(session: Session, settings: Settings) -> State:
    """Look at everything. Reads only."""
    log = audit.standing(session)
    whole = backups.latest(session, backups.BackupState.DONE)
    free, size = _disk(settings)
    now = clock.now()
    return State(
        at=now,
        queues=_queues(session),
        failed_jobs=outbox.counts(session).get(outbox.JobState.FAILED, 0),
        waiting_events=log.waiting,
        oldest_event_at=log.oldest_at,
        head_at=log.head_at,
        timestamp_at=log.timestamp_at,
        backup=backups.latest(session),
        whole_backup_at=whole.started_at if whole else None,
        store_alarms=tuple(custody.alarms(session, settings)),
        expiring=_expiring(session, settings, now + SOON),
        disk_free=free,
        disk_size=size,
        wrong_codes=throttle.most_wrong(session),
    )


def _queues(session: Session) -> tuple[Queue, ...]:
    is_open = outbox.Job.state.in_([outbox.JobState.WAITING, outbox.JobState.RUNNING])
    is_due = outbox.Job.run_after <= func.clock_timestamp()
    rows = session.execute(
        select(
            outbox.Job.queue,
            func.count(),
            func.min(outbox.Job.run_after).filter(is_due),
        )
        .where(is_open)
        .group_by(outbox.Job.queue)
    ).all()
    found: Mapping[str, Queue] = {name: Queue(name, n, oldest) for name, n, oldest in rows}
    return tuple(found.get(name, Queue(name, 0, None)) for name in outbox.queues())


def _expiring(session: Session, settings: Settings, before: datetime) -> tuple[Expiring, ...]:
    found = [Expiring("seal", "", end) for end in _seal_ends(session, settings) if end < before]
    for body in organization.bodies(session):
        keys = signatures.keys.expiring(session, body.id, before=before)
        found += [Expiring("key", name, key.not_after) for name, key in keys]
        for row in signatures.lasting.expiring(session, body.id, before=before):
            found.append(Expiring("document", str(row.id), row.renew_before))
    return tuple(sorted(found, key=lambda one: (one.ends_at is not None, one.ends_at)))


def _seal_ends(session: Session, settings: Settings) -> list[datetime]:
    """Only the signer has the seals; elsewhere there is nothing to say of them."""
    found = []
    for file in registry.seal_files(session, settings):
        try:
            held = pkcs12.load_pkcs12(file.path.read_bytes(), file.password.encode() or None)
        except (ValueError, OSError):
            continue  # it is not here, or signing itself says what is wrong with it
        certificate: x509.Certificate | None = held.cert.certificate if held.cert else None
        if certificate is not None:
            found.append(certificate.not_valid_after_utc)
    return found


def _disk(settings: Settings) -> tuple[int | None, int | None]:
    """Free and whole bytes of the disk that the files lie on; unknown for a store elsewhere."""
    url = urlsplit(settings.storage_url.get_secret_value())
    if url.scheme != "file":
        return None, None
    try:
        usage = shutil.disk_usage(Path(settings.storage_url.get_secret_value()[5:]))
    except OSError:
        return None, None
    return usage.free, usage.total
