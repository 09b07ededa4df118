"""Legal holds and retention: what nobody may take away, and how the store is told so.

A hold is a fact of the register first: no erasure passes it, whatever the store can do. The store
is asked besides (S3 Object Lock), for the objects that are there and for those that come later.
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, exists, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

import storage
from docflow import audit, clock, documents, organization, outbox, registry, schedule
from docflow.custody import reach, references
from docflow.custody.digests import StoreAway
from docflow.custody.models import (
    MOST_REASON,
    Guard,
    HoldRelease,
    LegalHold,
    RunKind,
    RunState,
    StoreRun,
)
from docflow.errors import Conflict, Invalid, NotFound
from docflow.folding import line
from docflow.i18n import t
from docflow.office import Office
from docflow.principal import Principal

TASK = "custody.guard"
_STEP = 500


class NoSuchHold(NotFound):
    """There is no such hold."""


class HoldEnded(Conflict):
    """The hold was taken away already."""


class HoldReason(Invalid):
    """The reason is missing, or too long."""


@dataclass(frozen=True, slots=True)
class HoldInfo:
    """A hold, with the entry that it keeps, and its end where it has one."""

    id: int
    entry_id: int
    label: str
    book: str
    reason: str
    placed_by: str
    placed_at: datetime
    released_by: str
    released_at: datetime | None
    release_reason: str


def place(session: Session, entry_id: int, reason: str, *, by: Principal) -> LegalHold:
    """Let nothing of the entry be taken away until the hold is.

    Raises NoSuchEntry, NotAllowed, HoldReason.
    """
    by.require_scope("annul")
    entry = reach.entry(session, entry_id, by=by)
    by.require(
        reach.may_decide(by),
        t("Only the head of the registry and the data protection officer place a legal hold."),
    )
    hold = LegalHold(
        body_id=entry.body_id,
        entry_id=entry.id,
        reason=_clean(reason),
        placed_by=by.person_id,
    )
    session.add(hold)
    session.flush()
    audit.record(session, "entry.hold-placed", by=by, subject=("entry", entry.id), hold=hold.id)
    outbox.enqueue(session, TASK, entry_id=entry.id)
    return hold


def release(session: Session, hold_id: int, reason: str, *, by: Principal) -> None:
    """Take a hold away. Raises NoSuchHold, NotAllowed, HoldEnded, HoldReason."""
    by.require_scope("annul")
    hold = session.scalar(
        select(LegalHold).where(LegalHold.id == hold_id, LegalHold.body_id == by.body_id)
    )
    if hold is None or not reach.may_decide(by):
        raise NoSuchHold(t("There is no such hold, or it is not open to you."))
    reach.entry(session, hold.entry_id, by=by)
    if session.get(HoldRelease, hold_id) is not None:
        raise HoldEnded(t("The hold was taken away already."))
    session.add(HoldRelease(hold_id=hold_id, reason=_clean(reason), released_by=by.person_id))
    audit.record(
        session, "entry.hold-released", by=by, subject=("entry", hold.entry_id), hold=hold_id
    )
    outbox.enqueue(session, TASK, entry_id=hold.entry_id)


def is_held(session: Session, entry_id: int) -> bool:
    """Whether a hold of the entry stands."""
    return bool(session.scalar(select(exists().where(LegalHold.entry_id == entry_id, _stands()))))


def holds(
    session: Session, *, by: Principal, entry_id: int | None = None, limit: int = 200
) -> list[HoldInfo]:
    """The holds of entries that the person may see, those that stand first."""
    query = (
        select(LegalHold, HoldRelease, registry.Entry.label, registry.Book.title)
        .join(registry.Entry, registry.Entry.id == LegalHold.entry_id)
        .join(registry.Book, registry.Book.id == registry.Entry.book_id)
        .outerjoin(HoldRelease, HoldRelease.hold_id == LegalHold.id)
        .where(reach.reaches(by))
        .order_by(HoldRelease.hold_id.is_not(None), LegalHold.id.desc())
        .limit(limit)
    )
    if entry_id is not None:
        query = query.where(LegalHold.entry_id == entry_id)
    rows = session.execute(query).all()
    ended = [end.released_by for _, end, *_ in rows if end is not None]
    people = organization.names(session, [*ended, *(hold.placed_by for hold, *_ in rows)])
    return [
        HoldInfo(
            hold.id,
            hold.entry_id,
            label,
            book,
            hold.reason,
            people.get(hold.placed_by, ""),
            hold.placed_at,
            people.get(end.released_by, "") if end else "",
            end.released_at if end else None,
            end.reason if end else "",
        )
        for hold, end, label, book in rows
    ]


@outbox.job(TASK)
def guard(run: outbox.Run, *, entry_id: int | None = None) -> None:
    """Tell the store of holds and retention: of one entry, or of all that is new.

    Raises StoreAway. A store without locks is named by the probe, and asked again at the next run.
    """
    try:
        if entry_id is not None:
            _guard_entry(run.office, entry_id)
        else:
            _guard_new(run.office)
    except storage.NoRetention as error:
        with run.office.db.begin() as session:
            session.add(
                StoreRun(
                    kind=RunKind.GUARDS,
                    state=RunState.FAILED,
                    finished_at=clock.now(),
                    problem=str(error)[:500],
                )
            )
    except storage.StorageError as error:
        raise StoreAway(t("The store of the files does not answer as it should.")) from error


def _guard_entry(office: Office, entry_id: int) -> None:
    with office.db.read() as session:
        held = is_held(session, entry_id)
        digests = references.of_entry(session, entry_id)
        elsewhere = set() if held else _held_elsewhere(session, entry_id, digests)
    for digest in sorted(digests - elsewhere):
        _hold(office, digest, held=held)


def _guard_new(office: Office) -> None:
    """Objects that came since: under the holds of their entries, and under retention."""
    with office.db.read() as session:
        entries = session.scalars(
            select(LegalHold.entry_id).where(_stands()).distinct().order_by(LegalHold.entry_id)
        ).all()
        known = set(session.scalars(select(Guard.digest).where(Guard.is_held)))
        late = {
            digest
            for entry_id in entries
            for digest in references.of_entry(session, entry_id) - known
        }
    for digest in sorted(late):
        _hold(office, digest, held=True)
    if not office.settings.retention_days:
        return
    keep = timedelta(days=office.settings.retention_days)
    while True:
        with office.db.read() as session:
            fresh = session.execute(_unretained()).all()
        for digest, since in fresh:
            _retain(office, digest, since + keep)
        if len(fresh) < _STEP:
            return


def _unretained() -> Select[str, datetime]:
    done = exists().where(Guard.digest == documents.File.sha256, Guard.retain_until.is_not(None))
    return (
        select(documents.File.sha256, func.max(documents.File.added_at))
        .where(~done)
        .group_by(documents.File.sha256)
        .order_by(func.max(documents.File.added_at))
        .limit(_STEP)
    )


def _hold(office: Office, digest: str, *, held: bool) -> None:
    try:
        (office.store.hold if held else office.store.release)(digest)
    except storage.NoSuchObject:
        return  # the digest check names it
    _note(office, digest, is_held=held)


def _retain(office: Office, digest: str, until: datetime) -> None:
    # One that is missing is noted all the same: the digest check names it, and this must end.
    # What is older than the period needs no lock, and no store takes one that ended already.
    if until > clock.now():
        with suppress(storage.NoSuchObject):
            office.store.retain(digest, until=until)
    _note(office, digest, retain_until=until)


def _note(office: Office, digest: str, **values: object) -> None:
    row = insert(Guard).values(digest=digest, **values)
    with office.db.begin() as session:
        session.execute(
            row.on_conflict_do_update(
                index_elements=[Guard.digest],
                set_={**values, "guarded_at": func.clock_timestamp()},
            )
        )


def _held_elsewhere(session: Session, entry_id: int, digests: set[str]) -> set[str]:
    """Those of the digests that another entry under a hold has too."""
    others = session.scalars(
        select(LegalHold.entry_id).where(LegalHold.entry_id != entry_id, _stands()).distinct()
    )
    return {one for other in others for one in references.of_entry(session, other) & digests}


def _stands() -> ColumnElement[bool]:
    return ~exists().where(HoldRelease.hold_id == LegalHold.id)


def _clean(reason: str) -> str:
    clean = line(reason)
    if not 3 <= len(clean) <= MOST_REASON:
        raise HoldReason(
            t("Write the reason in 3 to {max} characters.", max=MOST_REASON), field="reason"
        )
    return clean


def counts(session: Session) -> tuple[int, int, int]:
    """Entries under a hold, objects held in the store, objects under retention."""
    entries = session.scalar(select(func.count(LegalHold.entry_id.distinct())).where(_stands()))
    held, retained = session.execute(
        select(
            func.count().filter(Guard.is_held),
            func.count().filter(Guard.retain_until > func.clock_timestamp()),
        ).select_from(Guard)
    ).one()
    return entries or 0, held, retained


schedule.every(TASK, timedelta(minutes=10))
