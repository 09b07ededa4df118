"""Objects that no row names: seen twice, a week apart, and removed when still nobody names them.

Three things keep the sweep from taking what is needed. A digest that stands in any column of any
table, or in the arguments of an open job, is named. An object is removed only when it was an orphan
for days, and is asked for once more right before. And the store itself refuses an object that was
put within the last day, under a lock that whoever puts it takes too: bytes that come again at that
very moment are young again.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import islice

from sqlalchemy import String, case, cast, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

import storage
from docflow import audit, clock, objects, organization, outbox, principal, schedule
from docflow.custody.digests import StoreAway
from docflow.custody.models import Orphan, RunKind, RunState, StoreRun
from docflow.i18n import t
from docflow.office import Office

TASK = "custody.orphans"
_STEP = 500


@outbox.job(TASK)
def sweep(run: outbox.Run) -> None:
    """Note the orphans of now; remove those that were orphans long enough. Raises StoreAway."""
    office = run.office
    with office.db.begin() as session:
        row = StoreRun(kind=RunKind.ORPHANS)
        session.add(row)
        session.flush()
        run_id = row.id
    try:
        seen, size = _note(office)
        removed = _remove(office)
    except storage.StorageError as error:
        _end(office, run_id, state=RunState.FAILED, problem=str(error)[:500])
        raise StoreAway(t("The store of the files does not answer as it should.")) from error
    _end(office, run_id, state=RunState.DONE, objects=seen, bytes=size, findings=removed)


def _end(office: Office, run_id: int, **values: object) -> None:
    with office.db.begin() as session:
        session.execute(
            update(StoreRun).where(StoreRun.id == run_id).values(finished_at=clock.now(), **values)
        )


def _note(office: Office) -> tuple[int, int]:
    """Which of the stored objects no row names now; how many were seen, and their bytes."""
    seen = size = 0
    listing = office.store.iterate()
    while part := list(islice(listing, _STEP)):
        seen, size = seen + len(part), size + sum(item.size for item in part)
        with office.db.begin() as session:
            named = _named(session, [item.sha256 for item in part])
            session.execute(delete(Orphan).where(Orphan.digest.in_(named)))
            old = clock.now() - storage.MIN_AGE
            orphans = [i for i in part if i.sha256 not in named and i.stored_at < old]
            if orphans:
                _keep(session, orphans)
    return seen, size


def _keep(session: Session, found: Sequence[storage.Listed]) -> None:
    now = clock.now()
    rows = insert(Orphan).values(
        [
            {"digest": i.sha256, "size": i.size, "first_seen_at": now, "last_seen_at": now}
            for i in found
        ]
    )
    # One that was removed and came again begins anew.
    session.execute(
        rows.on_conflict_do_update(
            index_elements=[Orphan.digest],
            set_={
                "last_seen_at": now,
                "first_seen_at": case(
                    (Orphan.deleted_at.is_not(None), now), else_=Orphan.first_seen_at
                ),
                "deleted_at": None,
            },
        )
    )


def _remove(office: Office) -> int:
    """Remove what was an orphan long enough; how many went."""
    removed = 0
    long_ago = clock.now() - timedelta(days=office.settings.orphan_days)
    with office.db.read() as session:
        due = session.scalars(
            select(Orphan.digest).where(
                Orphan.deleted_at.is_(None), Orphan.first_seen_at <= long_ago
            )
        ).all()
    for part in _parts(due):
        with office.db.begin() as session:
            named = _named(session, part)
            session.execute(delete(Orphan).where(Orphan.digest.in_(named)))
        gone = [digest for digest in part if digest not in named and _is_removed(office, digest)]
        removed += len(gone)
        if gone:
            with office.db.begin() as session:
                session.execute(
                    update(Orphan).where(Orphan.digest.in_(gone)).values(deleted_at=clock.now())
                )
                for body in organization.bodies(session):
                    audit.record(
                        session,
                        "store.orphans-removed",
                        by=principal.system(body.id),
                        subject=("store", 0),
                        sha256=gone,
                    )
    return removed


def _is_removed(office: Office, digest: str) -> bool:
    try:
        office.store.delete(digest)
    except storage.NoSuchObject:
        return True
    except (storage.TooYoung, storage.Held):
        return False
    return True


def _named(session: Session, digests: Sequence[str]) -> set[str]:
    """Those of the digests that a row names, or the arguments of a job that is not done."""
    found = objects.named(session, digests)
    args = cast(outbox.Job.args, String)
    waiting = session.scalars(select(args).where(outbox.Job.state != outbox.JobState.DONE)).all()
    return found | {digest for digest in digests if any(digest in one for one in waiting)}


def _parts(digests: Sequence[str], size: int = 50) -> Iterator[Sequence[str]]:
    for at in range(0, len(digests), size):
        yield digests[at : at + size]


def listed(session: Session, *, limit: int = 100) -> list[Orphan]:
    """The orphans of now, the oldest first."""
    return list(
        session.scalars(
            select(Orphan)
            .where(Orphan.deleted_at.is_(None))
            .order_by(Orphan.first_seen_at, Orphan.digest)
            .limit(limit)
        )
    )


def totals(session: Session) -> tuple[int, int]:
    """How many orphans there are, and their bytes."""
    count, size = session.execute(
        select(func.count(), func.coalesce(func.sum(Orphan.size), 0)).where(
            Orphan.deleted_at.is_(None)
        )
    ).one()
    return count, int(size)


schedule.every(TASK, timedelta(days=1))
