"""Is each stored object there, and unchanged? Every night, a slice at a time, not faster than set.

A slice reads for about a minute's worth of bytes, and asks for the next with the pause that keeps
the rate: nobody sleeps, and no worker is held all night. A run goes on where the last slice ended.
"""

import math
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta

from sqlalchemy import exists, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

import storage
from docflow import audit, clock, organization, outbox, principal, schedule
from docflow.custody import references
from docflow.custody.models import Flaw, RunKind, RunState, StoreFinding, StoreRun
from docflow.errors import Unavailable
from docflow.i18n import t
from docflow.office import Office

NIGHT = (1, 5)  # hours of the office's clock in which a run begins by itself
_SLICE = 60  # seconds that a slice stands for
_STEP = 100  # objects between two looks at the clock of the database
TASK, SLICE_TASK = "custody.digests", "custody.digests-slice"


class StoreAway(Unavailable):
    """The store does not answer; the check goes on when it does."""


@outbox.job(TASK)
def begin_at_night(run: outbox.Run) -> None:
    """Begin the night's run, once a night."""
    office = run.office
    local = clock.local(clock.now(), office.settings.zone)
    if not NIGHT[0] <= local.hour < NIGHT[1]:
        return
    since = local.replace(hour=0, minute=0, second=0, microsecond=0)
    with office.db.begin() as session:
        begun = exists().where(StoreRun.kind == RunKind.DIGESTS, StoreRun.started_at >= since)
        if not session.scalar(select(begun)):
            begin(session)


def begin(session: Session) -> StoreRun:
    """Begin a run over all objects, unless one is under way."""
    running = session.scalar(
        select(StoreRun).where(StoreRun.kind == RunKind.DIGESTS, StoreRun.state == RunState.RUNNING)
    )
    if running is not None:
        return running
    row = StoreRun(kind=RunKind.DIGESTS)
    session.add(row)
    session.flush()
    outbox.enqueue(session, SLICE_TASK, run_id=row.id)
    return row


def give_up(run: outbox.Run, *, run_id: int, why: str) -> None:
    """The run ends; the next night begins another."""
    with run.office.db.begin() as session:
        row = session.get_one(StoreRun, run_id, with_for_update=True)
        if row.state == RunState.RUNNING:
            row.state, row.problem, row.finished_at = RunState.FAILED, why[:500], clock.now()


@outbox.job(SLICE_TASK, given_up=give_up)
def check_slice(run: outbox.Run, *, run_id: int) -> None:
    """Read the objects of one slice, note what is wrong, and ask for the next slice."""
    office = run.office
    budget = office.settings.digest_mb_per_second * _SLICE << 20
    read = 0
    while read < budget:
        with office.db.read() as session:
            row = session.get_one(StoreRun, run_id)
            if row.state != RunState.RUNNING:
                return
            wanted = references.needed(session, after=row.position, limit=_STEP)
        found, taken = {}, 0
        for digest in wanted:
            flaw, size = check(office, digest)
            taken += size
            found[digest] = flaw
        read += taken
        with office.db.begin() as session:
            note(session, found)
            row = session.get_one(StoreRun, run_id, with_for_update=True)
            row.objects, row.bytes = row.objects + len(found), row.bytes + taken
            row.findings += sum(flaw is not None for flaw in found.values())
            if len(wanted) < _STEP:
                row.state, row.finished_at = RunState.DONE, clock.now()
                return
            row.position = wanted[-1]
    pause = math.ceil(read / (office.settings.digest_mb_per_second << 20))
    with office.db.begin() as session:
        outbox.enqueue(session, SLICE_TASK, delay=timedelta(seconds=pause), run_id=run_id)


def check(office: Office, digest: str) -> tuple[Flaw | None, int]:
    """What is wrong with an object, and how many bytes were read. Raises StoreAway."""
    try:
        with office.store.open(digest) as reading:
            for _ in reading:
                pass
            return None, reading.size
    except storage.KeyDestroyed:
        return Flaw.NO_KEY, 0
    except storage.NoSuchObject:
        return Flaw.MISSING, 0
    except storage.DigestMismatch:
        return Flaw.ALTERED, 0
    except storage.StorageError as error:
        raise StoreAway(t("The store of the files does not answer as it should.")) from error


def note(session: Session, found: dict[str, Flaw | None]) -> None:
    """Keep what was found; what is sound again is mended. The log hears of both."""
    for digest, flaw in found.items():
        if flaw is None:
            continue
        row = insert(StoreFinding).values(digest=digest, what=flaw)
        known = row.on_conflict_do_nothing(
            index_elements=[StoreFinding.digest], index_where=StoreFinding.mended_at.is_(None)
        )
        if session.scalar(known.returning(StoreFinding.id)):
            _tell(session, "store.object-damaged", digest, flaw)
    sound = [digest for digest, flaw in found.items() if flaw is None]
    mended = session.scalars(
        update(StoreFinding)
        .where(StoreFinding.digest.in_(sound), StoreFinding.mended_at.is_(None))
        .values(mended_at=func.clock_timestamp())
        .returning(StoreFinding.digest)
    )
    for digest in mended.all():
        _tell(session, "store.object-mended", digest, None)


def _tell(session: Session, action: str, digest: str, flaw: Flaw | None) -> None:
    for body in organization.bodies(session):
        audit.record(
            session,
            action,
            by=principal.system(body.id),
            subject=("store", 0),
            sha256=digest,
            what=flaw,
        )


def findings(session: Session, *, limit: int = 200) -> list[StoreFinding]:
    """What stands open, then what was mended, the newest first."""
    return list(
        session.scalars(
            select(StoreFinding)
            .order_by(StoreFinding.mended_at.is_not(None), StoreFinding.id.desc())
            .limit(limit)
        )
    )


def verify_objects(
    office: Office, *, progress: Callable[[int, int], None] | None = None
) -> Iterator[audit.Finding]:
    """Every object that a row needs, read to its end and held against its digest.

    As part of `docflow audit verify --objects`; nothing is written. Raises StoreAway.
    """
    with office.db.read() as session:
        wanted = list(_all(session))
    for done, digest in enumerate(wanted, start=1):
        flaw, _ = check(office, digest)
        if flaw is Flaw.MISSING:
            yield audit.Finding("missing", None, None, f"object {digest} is not in the store")
        elif flaw is Flaw.NO_KEY:
            yield audit.Finding("missing", None, None, f"the key of object {digest} was destroyed")
        elif flaw is Flaw.ALTERED:
            yield audit.Finding("altered", None, None, f"object {digest} was altered in the store")
        if progress and (done % _STEP == 0 or done == len(wanted)):
            progress(done, len(wanted))


def _all(session: Session) -> Iterable[str]:
    after = ""
    while part := references.needed(session, after=after, limit=5000):
        yield from part
        after = part[-1]


schedule.every(TASK, timedelta(hours=1))
