"""Is everything as it was written? The log is made again from the events, and compared.

Each event that was changed, removed, inserted or moved is named, and so is each hash, head or
signature that does not follow from the leaves. What was cut off with its hashes and heads, and a
whole database set back to an older day, shows only against a checkpoint that was kept elsewhere.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from docflow.audit import notes
from docflow.audit.erased import erased_leaves
from docflow.audit.findings import Finding
from docflow.audit.models import Event, Leaf, Log, Pending
from docflow.audit.walking import STEP, Walk

__all__ = ["Check", "Finding", "Verification", "check", "verify"]


@dataclass(frozen=True, slots=True)
class Verification:
    """The outcome of a check of the whole trail.

    `heads` are the logs as they stand now (to be kept elsewhere); `waiting` events have no place
    yet, which is no finding.
    """

    leaves: int
    waiting: int
    checkpoints: int
    heads: tuple[notes.Checkpoint, ...]
    findings: tuple[Finding, ...]

    @property
    def is_sound(self) -> bool:
        return not self.findings


Check = Callable[[Session], Iterable[Finding]]
_checks: list[Check] = []


def check(function: Check) -> Check:
    """Register a check of the database against its events, done by every verification."""
    _checks.append(function)
    return function


def verify(
    session: Session,
    *,
    kept: Sequence[str] = (),
    trust_roots: Sequence[bytes] = (),
    progress: Callable[[int, int], None] | None = None,
) -> Verification:
    """Make the log again from the events, and compare the database with both.

    `kept` are checkpoints (signed notes) that somebody kept elsewhere: each must be a head that
    this log once had. With `trust_roots` (PEM or DER, of the time-stamping services) the timestamps
    over the days' heads are judged too. Needs one moment of the database, hence
    `Database.read()`: registering goes on meanwhile. Raises notes.BadNote where a kept checkpoint
    is none.
    """
    outside = [notes.Checkpoint.parse(notes.split(note)[0]) for note in kept]
    total = session.scalar(select(func.count()).select_from(Leaf)) or 0
    findings: list[Finding] = []
    erased = erased_leaves(session)
    heads, checkpoints, done = [], 0, 0
    for log in session.scalars(select(Log).order_by(Log.body_id)).all():
        walk = Walk(session, log, outside, erased)
        for _ in walk.leaves():
            done += 1
            if progress and done % STEP == 0:
                progress(done, total)
        walk.finish(trust_roots)
        findings += walk.findings
        checkpoints += len(walk.signed)
        heads.append(notes.Checkpoint(walk.origin, log.size, log.root))
    findings += _unknown_logs(outside, heads)
    findings += _outside_the_log(session)
    waiting = session.scalar(select(func.count()).select_from(Pending)) or 0
    for compare in _checks:
        findings += compare(session)
    return Verification(done, waiting, checkpoints, tuple(heads), tuple(findings))


def _unknown_logs(
    outside: Sequence[notes.Checkpoint], heads: Sequence[notes.Checkpoint]
) -> list[Finding]:
    known = {head.origin for head in heads}
    return [
        Finding(
            "rolled-back",
            None,
            None,
            f"a checkpoint of the log {head.origin} was kept elsewhere; there is no such log here",
        )
        for head in outside
        if head.origin not in known
    ]


def _outside_the_log(session: Session) -> list[Finding]:
    """Events that have no leaf and were not announced: written past the trigger, by hand."""
    events = session.scalars(
        select(Event)
        .outerjoin(Leaf, Leaf.event_id == Event.id)
        .outerjoin(Pending, Pending.event_id == Event.id)
        .where(Leaf.event_id.is_(None), Pending.event_id.is_(None))
        .order_by(Event.id)
    )
    return [
        Finding("inserted", None, e.id, f"event {e.id} ({e.action}) was inserted past the log")
        for e in events
    ]
