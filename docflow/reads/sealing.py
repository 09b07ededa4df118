"""Sealing reads into the log: a batch, its digest, and one event that names both."""

from collections.abc import Sequence
from datetime import UTC, timedelta
from itertools import groupby

from sqlalchemy import BigInteger, bindparam, delete, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from docflow import audit, canonical, clock, principal
from docflow.reads.models import Batch, Pending, Read, Reason

_LOCK = 0x0D0C_F10B  # pg_advisory_lock key: one at a time seals
MOST = 1000  # reads of a batch
WAITS = timedelta(seconds=30)  # so that a busy morning makes a batch a minute, not one a read


def seal(session: Session, *, waits: timedelta = WAITS) -> int:
    """Seal what waits, once the oldest has waited for so long or many wait; how many were sealed.

    Called by the sequencer between two looks. Another that works at the same time makes it 0.
    """
    waiting, oldest = session.execute(
        select(func.count(), func.min(Read.at)).select_from(Pending).join(Read)
    ).one()
    if not waiting or (waiting < MOST and oldest > clock.now() - waits):
        return 0
    if not session.scalar(select(func.pg_try_advisory_xact_lock(_LOCK))):
        return 0
    rows = session.execute(
        select(Read, Reason.reason)
        .join(Pending, Pending.read_id == Read.id)
        .outerjoin(Reason, Reason.id == Read.reason_id)
        .order_by(Read.body_id, Read.id)
        .limit(MOST)
    ).all()
    for body_id, of_body in groupby(rows, key=lambda row: row[0].body_id):
        _seal(session, body_id, [(read, reason) for read, reason in of_body])
    placed = [read.id for read, _ in rows]
    session.execute(
        delete(Pending).where(
            Pending.read_id == func.any(bindparam("placed", placed, ARRAY(BigInteger)))
        )
    )
    return len(rows)


def _seal(session: Session, body_id: int, reads: Sequence[tuple[Read, str | None]]) -> None:
    last = session.scalar(
        select(Batch).where(Batch.body_id == body_id).order_by(Batch.number.desc()).limit(1)
    )
    batch = Batch(
        body_id=body_id,
        number=last.number + 1 if last else 1,
        first_number=last.first_number + len(last.read_ids) if last else 1,
        read_ids=[read.id for read, _ in reads],
        digest=digest(reads),
        sealed_at=clock.now(),
    )
    session.add(batch)
    audit.record(
        session,
        "reads.sealed",
        by=principal.system(body_id),
        subject=("reads", body_id),
        batch=batch.number,
        first=batch.first_number,
        reads=len(reads),
        digest=batch.digest,
    )


def digest(reads: Sequence[tuple[Read, str | None]]) -> str:
    """SHA-256 over the reads in their order, the words of their reasons included."""
    lines = [
        [
            read.id,
            read.at.astimezone(UTC).isoformat(timespec="microseconds"),
            read.body_id,
            read.user_id,
            read.user_name,
            read.via,
            read.entry_id,
            read.what,
            read.position,
            read.is_confidential,
            read.basis,
            read.reason_id,
            reason,
        ]
        for read, reason in reads
    ]
    return canonical.digest(lines)
