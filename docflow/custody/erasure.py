"""Erasure where the law allows it: two people, a basis, an event; the log still verifies.

What goes: the personal data in the entry's rows, the text read in its files, the salts of its
leaves, and, by a job, the keys of its objects: with them the bytes, wherever a copy lies. What
stays: number, time, book, direction, who registered it, who erased it and why, and the leaves,
which now say nothing. Source: GDPR art. 17; ν. 4624/2019 art. 34; signing.md's rule of the salt.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, cast, func, select, text, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

import storage
from docflow import audit, clock, objects, organization, outbox, registry
from docflow.custody import reach, references
from docflow.custody.digests import StoreAway
from docflow.custody.holds import is_held
from docflow.custody.models import MOST_REASON, Erasure, ErasureDecision
from docflow.errors import Conflict, Invalid, NotFound, Unavailable
from docflow.folding import line
from docflow.i18n import t
from docflow.object_keys import ObjectKey, ObjectKeyShare
from docflow.office import Office
from docflow.principal import Principal, system

TASK = "custody.erase-objects"


class NoSuchErasure(NotFound):
    """There is no such request for an erasure."""


class ErasureReason(Invalid):
    """The legal basis or the reason is missing, or too long."""


class NotErasable(Conflict):
    """The entry cannot be erased (now)."""


class ErasureDecided(Conflict):
    """The request was decided already."""


class DecidedBySame(Conflict):
    """Who asks for an erasure does not decide on it."""


class LogBehind(Unavailable):
    """An event of the entry has no place in the log yet; it comes within seconds."""


@dataclass(frozen=True, slots=True)
class ErasureInfo:
    """A request, with what was decided."""

    id: int
    entry_id: int
    label: str
    book: str
    basis: str
    reason: str
    asked_by: str
    asked_by_id: int
    asked_at: datetime
    is_approved: bool | None
    decided_by: str
    decided_at: datetime | None
    decision_reason: str


def ask(session: Session, entry_id: int, *, basis: str, reason: str, by: Principal) -> Erasure:
    """Ask that the personal data of an entry be erased; `basis` is the law or the decision.

    Raises NoSuchEntry, NotAllowed, ErasureReason, NotErasable.
    """
    by.require_scope("annul")
    entry = reach.entry(session, entry_id, by=by)
    by.require(
        reach.may_decide(by),
        t("Only the head of the registry and the data protection officer ask for an erasure."),
    )
    _require_erasable(session, entry)
    if session.scalar(_open().where(Erasure.entry_id == entry_id)) is not None:
        raise NotErasable(t("An erasure of this entry was asked for already."))
    row = Erasure(
        body_id=entry.body_id,
        entry_id=entry.id,
        basis=_clean(basis, "basis"),
        reason=_clean(reason, "reason"),
        asked_by=by.person_id,
    )
    session.add(row)
    session.flush()
    audit.record(session, "entry.erasure-asked", by=by, subject=("entry", entry.id), erasure=row.id)
    return row


def refuse(session: Session, erasure_id: int, *, reason: str, by: Principal) -> None:
    """Leave the entry as it is. Raises NoSuchErasure, ErasureDecided, DecidedBySame."""
    row = _to_decide(session, erasure_id, by)
    _decide(session, row, is_approved=False, reason=_clean(reason, "reason"), by=by)
    audit.record(
        session, "entry.erasure-refused", by=by, subject=("entry", row.entry_id), erasure=row.id
    )


def approve(session: Session, erasure_id: int, *, by: Principal) -> None:
    """Erase the personal data of the entry, for good.

    Raises NoSuchErasure, ErasureDecided, DecidedBySame, NotErasable, LogBehind.
    """
    row = _to_decide(session, erasure_id, by)
    entry = reach.entry(session, row.entry_id, by=by)
    _require_erasable(session, entry)
    if _waits_for_log(session, entry.id):
        raise LogBehind(t("The log is still being written. Please try again in a minute."))
    _decide(session, row, is_approved=True, reason="", by=by)
    session.flush()
    digests = references.of_entry(session, entry.id)
    shared = objects.named(session, digests, but_for=references.owners(entry.id))
    alone = sorted(digests - shared)
    salted = audit.salted_digests(session, ("entry", entry.id))
    leaves = session.scalar(select(func.erase_entry(row.id, cast(salted, JSONB))))
    session.expire_all()
    # Afterwards: what they end says so in the trail, and all events so far have their places.
    registry.tell_erased(session, entry)
    session.flush()
    # Only places in the log and a number: the digests of what went would still name it.
    audit.record(
        session,
        "entry.erased",
        by=by,
        subject=("entry", row.entry_id),
        erasure=row.id,
        asked_by=row.asked_by,
        leaves=list(leaves or []),
        objects=len(alone),
    )
    if alone:
        outbox.enqueue(session, TASK, erasure_id=row.id, digests=alone)


def _waits_for_log(session: Session, entry_id: int) -> bool:
    waiting = text(
        "SELECT EXISTS (SELECT FROM audit_pending p JOIN audit_events e ON e.id = p.event_id "
        "WHERE e.subject_type = 'entry' AND e.subject_id = :id)"
    )
    return bool(session.scalar(waiting, {"id": entry_id}))


@outbox.job(TASK)
def erase_objects(run: outbox.Run, *, erasure_id: int, digests: list[str]) -> None:
    """Destroy the keys of the objects and take the bytes away.

    What was put within the last day waits: somebody may be registering the same bytes just now.
    What is under retention stays in the store, unreadable where it was encrypted. Raises StoreAway.
    """
    office = run.office
    with office.db.begin() as session:
        entry_id = session.get_one(Erasure, erasure_id).entry_id
        named = objects.named(session, digests, but_for=references.owners(entry_id))
        alone = [digest for digest in digests if digest not in named]
        destroyed = _destroyed(session, alone)
    outcomes = {digest: _removed(office, digest) for digest in alone}
    young = [digest for digest, removed in outcomes.items() if removed is None]
    with office.db.begin() as session:
        body_id = session.get_one(Erasure, erasure_id).body_id
        audit.record(
            session,
            "entry.objects-erased",
            by=system(body_id),
            subject=("entry", entry_id),
            erasure=erasure_id,
            keys=len(destroyed),
            objects=sum(1 for removed in outcomes.values() if removed),
            waiting=len(young),
        )
        if young:
            outbox.enqueue(
                session, TASK, delay=storage.MIN_AGE, erasure_id=erasure_id, digests=young
            )


def _destroyed(session: Session, digests: Sequence[str]) -> set[str]:
    """Destroy the keys of what nobody put within the last day; whose were destroyed."""
    # Whoever puts an object, for whatever body, renews its first row.
    is_old = select(ObjectKey.digest).where(
        ObjectKey.digest.in_(digests), ObjectKey.made_at < clock.now() - storage.MIN_AGE
    )
    gone = {"wrapped": None, "destroyed_at": clock.now()}
    shares = session.scalars(
        update(ObjectKeyShare)
        .where(ObjectKeyShare.digest.in_(is_old), ObjectKeyShare.wrapped.is_not(None))
        .values(gone)
        .returning(ObjectKeyShare.digest)
    ).all()
    first = session.scalars(
        update(ObjectKey)
        .where(ObjectKey.digest.in_(is_old), ObjectKey.wrapped.is_not(None))
        .values(gone)
        .returning(ObjectKey.digest)
    ).all()
    return {*shares, *first}


def _removed(office: Office, digest: str) -> bool | None:
    """Whether the bytes are gone; None where they are too young to be removed yet."""
    try:
        office.store.delete(digest)
    except storage.NoSuchObject:
        return True
    except storage.Held:
        return False
    except storage.TooYoung:
        return None
    except storage.StorageError as error:
        raise StoreAway(t("The store of the files does not answer as it should.")) from error
    return True


def requests(
    session: Session, *, by: Principal, entry_id: int | None = None, limit: int = 200
) -> list[ErasureInfo]:
    """Requests about entries that the person may see, those to be decided first."""
    query = (
        select(Erasure, ErasureDecision, registry.Entry.label, registry.Book.title)
        .join(registry.Entry, registry.Entry.id == Erasure.entry_id)
        .join(registry.Book, registry.Book.id == registry.Entry.book_id)
        .outerjoin(ErasureDecision, ErasureDecision.erasure_id == Erasure.id)
        .where(reach.reaches(by))
        .order_by(ErasureDecision.erasure_id.is_not(None), Erasure.id.desc())
        .limit(limit)
    )
    if entry_id is not None:
        query = query.where(Erasure.entry_id == entry_id)
    rows = session.execute(query).all()
    people = organization.names(session, _people([(row[0], row[1]) for row in rows]))
    return [
        ErasureInfo(
            row.id,
            row.entry_id,
            label,
            book,
            row.basis,
            row.reason,
            people.get(row.asked_by, ""),
            row.asked_by,
            row.asked_at,
            decision.is_approved if decision else None,
            people.get(decision.decided_by, "") if decision else "",
            decision.decided_at if decision else None,
            decision.reason if decision else "",
        )
        for row, decision, label, book in rows
    ]


def erased_at(session: Session, entry_id: int) -> datetime | None:
    """When the personal data of the entry were erased; None where they were not."""
    return session.scalar(
        select(ErasureDecision.decided_at)
        .join(Erasure, Erasure.id == ErasureDecision.erasure_id)
        .where(Erasure.entry_id == entry_id, ErasureDecision.is_approved)
    )


def _people(rows: Sequence[tuple[Erasure, ErasureDecision | None]]) -> list[int]:
    asked = [row.asked_by for row, _ in rows]
    return asked + [decision.decided_by for _, decision in rows if decision is not None]


def _require_erasable(session: Session, entry: registry.Entry) -> None:
    if is_held(session, entry.id):
        raise NotErasable(t("The entry is under a legal hold. It must be taken away first."))
    if erased_at(session, entry.id) is not None:
        raise NotErasable(t("The data of this entry were erased already."))
    if audit.event_id(session, "entry.registered", ("entry", entry.id)) is None:
        raise NotErasable(
            t("Entries of an old register are sealed as a whole and are not erased one by one.")
        )


def _open() -> Select[int]:
    return (
        select(Erasure.id)
        .outerjoin(ErasureDecision, ErasureDecision.erasure_id == Erasure.id)
        .where(ErasureDecision.erasure_id.is_(None))
    )


def _to_decide(session: Session, erasure_id: int, by: Principal) -> Erasure:
    by.require_scope("annul")
    row = session.scalar(
        select(Erasure).where(Erasure.id == erasure_id, Erasure.body_id == by.body_id)
    )
    if row is None or not reach.may_decide(by):
        raise NoSuchErasure(t("There is no such request, or it is not open to you."))
    reach.entry(session, row.entry_id, by=by)
    if session.get(ErasureDecision, erasure_id) is not None:
        raise ErasureDecided(t("The request was decided already."))
    if row.asked_by == by.person_id:
        raise DecidedBySame(t("You asked for this erasure. Another person decides on it."))
    return row


def _decide(
    session: Session, row: Erasure, *, is_approved: bool, reason: str, by: Principal
) -> None:
    session.add(
        ErasureDecision(
            erasure_id=row.id, is_approved=is_approved, reason=reason, decided_by=by.person_id
        )
    )


def _clean(typed: str, field: str) -> str:
    clean = line(typed)
    if not 3 <= len(clean) <= MOST_REASON:
        raise ErasureReason(t("Write 3 to {max} characters.", max=MOST_REASON), field=field)
    return clean
