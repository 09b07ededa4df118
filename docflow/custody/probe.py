"""Does the store hold its word? Tried at each start and every day; pages say when it does not."""

from datetime import datetime, timedelta

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

import storage
from docflow import audit, clock, organization, outbox, principal, schedule
from docflow.custody.models import (
    HoldRelease,
    LegalHold,
    RunKind,
    RunState,
    StoreFinding,
    StoreRun,
)
from docflow.i18n import Text, t
from docflow.settings import Settings

TASK = "custody.probe"
STALE = timedelta(days=2)

BROKEN = {
    "unchanged": t("Bytes do not come back as they were stored."),
    "digest": t("Bytes are taken in under a digest that is not theirs."),
    "retention": t("Files under retention can be deleted."),
    "shortening": t("The retention of a file can be shortened."),
    "hold": t("Files under a legal hold can be deleted."),
    "overwriting": t("Overwriting a file destroys it."),
    "side-door": t("Another port of the store’s server lets files be deleted."),
}


@outbox.job(TASK)
def probe(run: outbox.Run) -> None:
    """Try each promise of the store, and keep the outcome."""
    office = run.office
    try:
        promises = office.store.probe()
    except storage.StorageError as error:
        _keep(run, [], problem=str(error)[:500])
        return
    _keep(run, [[one.name, one.is_kept, one.detail] for one in promises], problem=None)


def _keep(run: outbox.Run, promises: list[list[object]], *, problem: str | None) -> None:
    broken = [one for one in promises if one[1] is False]
    with run.office.db.begin() as session:
        was_sound = not alarms(session, run.office.settings)
        session.add(
            StoreRun(
                kind=RunKind.PROBE,
                state=RunState.FAILED if problem else RunState.DONE,
                finished_at=clock.now(),
                promises=promises,
                findings=len(broken),
                problem=problem,
            )
        )
        session.flush()
        # The log gets the change, not each day's word that all is well.
        if was_sound == bool(alarms(session, run.office.settings)):
            for body in organization.bodies(session):
                audit.record(
                    session,
                    "store.broke-its-word" if was_sound else "store.holds-its-word",
                    by=principal.system(body.id),
                    subject=("store", 0),
                    promises=[one[0] for one in broken],
                )


def soon(session: Session) -> None:
    """Have the store probed now: at a start, or at a person's wish."""
    waits = outbox.Job.state.in_([outbox.JobState.WAITING, outbox.JobState.RUNNING])
    if not session.scalar(select(exists().where(outbox.Job.task == TASK, waits))):
        outbox.enqueue(session, TASK)


def last(session: Session, kind: RunKind) -> StoreRun | None:
    """The newest run of this kind that ended."""
    return session.scalar(
        select(StoreRun)
        .where(StoreRun.kind == kind, StoreRun.state != RunState.RUNNING)
        .order_by(StoreRun.id.desc())
        .limit(1)
    )


def alarms(session: Session, settings: Settings, *, at: datetime | None = None) -> list[Text]:
    """What every page of the staff should warn of; nothing where the store holds its word.

    Before the first probe of an installation nothing is said.
    """
    found: list[Text] = []
    probed = last(session, RunKind.PROBE)
    if probed is not None:
        if probed.problem:
            found.append(t("The store of the files does not answer as it should."))
        elif (at or clock.now()) - probed.started_at > STALE:
            found.append(t("The store of the files was not probed for two days."))
        needed = settings.retention_days > 0 or _is_anything_held(session)
        for name, is_kept, _ in probed.promises:
            if is_kept is False:
                found.append(BROKEN.get(name, Text(name)))
            elif is_kept is None and needed and name == "retention":
                found.append(t("The store cannot keep files from being deleted (no Object Lock)."))
    if session.scalar(select(exists().where(StoreFinding.mended_at.is_(None)))):
        found.append(t("Stored files are missing or were altered."))
    return found


def _is_anything_held(session: Session) -> bool:
    stands = ~exists().where(HoldRelease.hold_id == LegalHold.id)
    return session.scalar(select(LegalHold.id).where(stands).limit(1)) is not None


schedule.every(TASK, timedelta(days=1))
